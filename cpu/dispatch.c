/* The run loop, and every way into and out of the chain of handlers. Read it first.
 *
 * cpu_run() enters the chain at the block of cpu->rip with an accumulator that counts up to the end of a slice. Handlers
 * follow each other (NEXT is exec.h's go()) until one ends the chain by returning NULL, having set cpu->exit, cpu->rip and
 * cpu->acc; or until cpu_raise() jumps back here from anywhere. */
#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "cpu/block.h"
#include "cpu/debug.h"
#include "cpu/exec.h"
#include "cpu/flags.h"
#include "cpu/fpenv.h"
#include "cpu/lanes.h"
#include "cpu/record.h"
#include "cpu/x87.h"

enum { SLICE = 1 << 16 }; /* instructions between looks at cpu->interrupt; ACC_ fields hold eight accesses for each */

/* ---- life ---------------------------------------------------------------------------------------------------- */

void cpu_state_init(CpuState *state)
{
    *state = (CpuState){ .rflags = FLAG_ONE | FLAG_IF, .mxcsr = 0x1f80 };
    state->x87.control = 0x37f;
    u8 *selectors = (u8 *)state->r + SLOT_SELECTORS; /* Linux: CS 0x33, SS 0x2b, the others null */
    store16(selectors + 2, 0x33);
    store16(selectors + 4, 0x2b);
}

static void code_written(void *context, u64 paddr, u32 size) { block_invalidate(context, paddr, size); }
static void code_freed(void *context, u64 paddr) { block_invalidate(context, paddr, PAGE_SIZE); }

bool cpu_init(Cpu *cpu, Phys *phys, u64 code_bytes)
{
    memset(cpu, 0, sizeof *cpu);
    cpu_state_init(&cpu->state);
    cpu->level = CPU_V3;
    cpu->mode = MODE_FAST;
    cpu->seen_mode = MODES; /* none yet */
    mmu_init(&cpu->mmu, phys);
    cpu->mmu.code_written = code_written;
    cpu->mmu.context = cpu;
    phys->code_freed = code_freed;
    phys->code_context = cpu;
    cpu->blocks = block_cache_create(code_bytes);
    return cpu->blocks;
}

void cpu_destroy(Cpu *cpu)
{
    block_cache_destroy(cpu->blocks);
    cpu->blocks = NULL;
    mmu_destroy(&cpu->mmu);
}

void cpu_interrupt(Cpu *cpu) { cpu->interrupt = 1; }

u32 cpu_mxcsr(const Cpu *cpu) { return cpu->mxcsr; }

/* ---- leaving ------------------------------------------------------------------------------------------------- */

const OpCold *cpu_op_cold(const Cpu *cpu, const Op *op) { return &cpu->blocks->cold[op - cpu->blocks->ops]; }

/* acc with everything before `op`'s instruction / the instruction too. */
static u64 acc_before(const OpCold *cold, u64 acc) { return acc + ACC_PACK(cold->insns, cold->reads, cold->writes); }
static u64 acc_after(const OpCold *cold, u64 acc) { return acc_before(cold, acc) + ACC_PACK(1, cold->own >> 4, cold->own & 15); }

static NORETURN void unwind(Cpu *cpu) { longjmp(*(jmp_buf *)cpu->raise_target, 1); }

void cpu_raise(Cpu *cpu, u8 vector, u32 error, u64 address)
{
    const OpCold *cold = cpu_op_cold(cpu, cpu->op);
    cpu->exception = (CpuException){ .vector = vector, .error = error, .address = address };
    cpu->exit = CPU_EXIT_EXCEPTION;
    cpu->rip = cold->rip;
    cpu->acc = acc_before(cold, cpu->acc);
    cpu_record_abandon(cpu, cold->rip);
    unwind(cpu);
}

void cpu_trap(Cpu *cpu, u8 vector)
{
    const OpCold *cold = cpu_op_cold(cpu, cpu->op);
    cpu->exception = (CpuException){ .vector = vector };
    cpu->exit = CPU_EXIT_EXCEPTION;
    cpu->rip = cold->rip + cold->length;
    cpu->acc = acc_after(cold, cpu->acc);
    unwind(cpu);
}

const Op *cpu_leave(Cpu *cpu, const Op *op, u64 acc, CpuExit exit)
{
    const OpCold *cold = cpu_op_cold(cpu, op);
    cpu->leave = 0;
    cpu->exit = exit;
    cpu->rip = cold->rip + cold->length;
    cpu->acc = acc_after(cold, acc);
    return NULL;
}

const Op *cpu_slice_end(Cpu *cpu, const Op *target, u64 acc)
{
    cpu->rip = cpu_op_cold(cpu, target)->rip;
    cpu->acc = acc;
    cpu->exit = CPU_EXIT_BUDGET;
    return NULL;
}

const Op *cpu_continue(Cpu *cpu, u64 acc)
{
    cpu->acc = acc;
    cpu->exit = CPU_EXIT_BUDGET;
    if ((i64)acc >= 0)
        return NULL;
    const Op *op = block_find(cpu);
    if (op)
        return go(cpu, op, acc);
    cpu->exit = CPU_EXIT_EXCEPTION;
    return NULL;
}

/* ---- block machinery's own ops -------------------------------------------------------------------------------- */

/* The first time an exit is taken: find the block, and remember it in the exit (same page) or here (another page, whose
 * translation must be checked each time). */
const Op *block_op_link(Cpu *cpu, const Op *op, u64 acc)
{
    u32 generation = cpu->blocks->generation;
    cpu->rip = (u64)op->disp;
    const Op *target = block_find(cpu);
    if (!target) {
        cpu->acc = acc;
        cpu->exit = CPU_EXIT_EXCEPTION;
        return NULL;
    }
    if (generation == cpu->blocks->generation) {
        Op *link = (Op *)op;
        if (op->a) {
            *(const Op **)(uintptr_t)op->imm = target;
        } else {
            link->imm = tlb_exec_entry(&cpu->mmu.tlb, cpu->rip)->paddr;
            link->taken = target;
            link->handler = block_join_link(cpu, link, block_op_goto_page);
        }
    }
    return go(cpu, target, acc);
}

const Op *block_op_goto_page(Cpu *cpu, const Op *op, u64 acc)
{
    const TlbExecEntry *entry = tlb_exec_entry(&cpu->mmu.tlb, (u64)op->disp);
    if (LIKELY(entry->tag == ((u64)op->disp & PAGE_MASK) && entry->paddr == op->imm))
        return go(cpu, op->taken, acc);
    cpu->rip = (u64)op->disp;
    return cpu_continue(cpu, acc);
}

const Op *block_op_dead(Cpu *cpu, const Op *op, u64 acc)
{
    cpu->rip = (u64)op->disp;
    return cpu_continue(cpu, acc);
}

/* In front of an instruction that crosses into another page: is that still the page it was decoded from? */
/* Is the block's second page still the one that was decoded? By a walk; raises when it cannot be fetched any more. Out of
 * line: a local whose address is passed on would forbid the handler's tail call. */
static NOINLINE bool second_page_is(Cpu *cpu, const Op *op, u64 acc)
{
    Fault fault;
    cpu->op = op;
    cpu->acc = acc;
    const u8 *host = mmu_translate(&cpu->mmu, (u64)op->disp, ACCESS_FETCH, &fault);
    if (!host)
        cpu_raise(cpu, fault.kind == FAULT_PAGE ? VECTOR_PF : VECTOR_GP, fault.kind == FAULT_PAGE ? fault.error : 0, fault.address);
    return (u64)(host - cpu->mmu.phys->ram) == op->imm;
}

const Op *block_op_second_page(Cpu *cpu, const Op *op, u64 acc)
{
    const TlbExecEntry *entry = tlb_exec_entry(&cpu->mmu.tlb, (u64)op->disp);
    if (LIKELY(entry->tag == (u64)op->disp && entry->paddr == op->imm))
        return next(cpu, op, acc);
    if (second_page_is(cpu, op, acc))
        return next(cpu, op, acc);
    cpu->rip = cpu_op_cold(cpu, op)->rip;
    block_invalidate(cpu, (u64)(uintptr_t)op->imm, 1);
    cpu->leave = 0;
    return cpu_continue(cpu, acc);
}

/* ---- watches --------------------------------------------------------------------------------------------------- */

/* Tells mmu->watched of an access to a watched frame. If that is one to stop for, leaves in front of its instruction, which
 * changes nothing yet (accesses come first); run_until() then executes it alone and reports the watch behind it. */
static COLD void check_watch(Cpu *cpu, const u8 *host, u64 address, u32 size, Access access)
{
    mmu_touching(&cpu->mmu, host, address, size, access);
    if (!cpu->watch_hit || cpu->watch_stepping)
        return;
    const OpCold *cold = cpu_op_cold(cpu, cpu->op);
    cpu->exit = CPU_EXIT_WATCH;
    cpu->rip = cold->rip;
    cpu->acc = acc_before(cold, cpu->acc);
    cpu_record_abandon(cpu, cold->rip);
    unwind(cpu);
}

static INLINE void touch(Cpu *cpu, const u8 *host, u64 address, u32 size, Access access)
{
    if (UNLIKELY(cpu->mmu.watched != NULL))
        check_watch(cpu, host, address, size, access);
}

/* ---- memory, the slow way -------------------------------------------------------------------------------------- */

/* Does the instruction at rip reach `address` through SS (then a non-canonical address is #SS, not #GP)? Its registers are as
 * they were. An instruction with two memory operands (PUSH [rsi]) has at most one of them on the stack, near RSP. */
static bool uses_stack_segment(Cpu *cpu, const OpCold *cold, u64 address)
{
    Insn insn;
    u8 bytes[15];
    u32 operands = 0, stack = 0;
    bool pushes = false;
    u64 have = mmu_peek(cpu->mmu.phys, cpu->mmu.cr3, cold->rip, bytes, cold->length);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&cpu->blocks->decoder, bytes, have, &insn.z, insn.operand)))
        return false;
    for (unsigned i = 0; i < insn.z.operand_count; i++) {
        const ZydisDecodedOperand *o = &insn.operand[i];
        if (!is_memory(o))
            continue;
        operands++;
        stack += o->mem.segment == ZYDIS_REGISTER_SS;
        pushes |= o->mem.segment == ZYDIS_REGISTER_SS && o->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN;
    }
    return stack == operands ? stack != 0 : stack && (!pushes || address - cpu->r[RSP] + PAGE_SIZE < 2 * PAGE_SIZE);
}

static NORETURN void raise_fault(Cpu *cpu, const Fault *fault)
{
    if (fault->kind == FAULT_PAGE)
        cpu_raise(cpu, VECTOR_PF, fault->error, fault->address);
    if (fault->kind == FAULT_BUS)
        cpu_raise(cpu, VECTOR_PF, fault->error | 1 << 3, fault->address);
    cpu_raise(cpu, uses_stack_segment(cpu, cpu_op_cold(cpu, cpu->op), fault->address) ? VECTOR_SS : VECTOR_GP, 0, fault->address);
}

static u8 *translate_or_raise(Cpu *cpu, u64 address, Access access)
{
    Fault fault;
    u8 *host = mmu_translate(&cpu->mmu, address, access, &fault);
    if (UNLIKELY(!host))
        raise_fault(cpu, &fault);
    return host;
}

/* EFLAGS.AC: operands must lie at multiples of their size. SDM Vol. 3A, "Alignment Check Exception"; YMM ones as XMM ones, 80-bit ones
 * and whatever is longer and no power of two at multiples of 8 (Zen 5). A non-canonical address comes first. */
static COLD void check_alignment(Cpu *cpu, u64 address, u32 size)
{
    u32 alignment = size == 32 ? 16 : size & (size - 1) ? (size < 8 ? 4 : 8) : size;
    if (address & (alignment - 1) && mmu_canonical(address))
        cpu_raise(cpu, VECTOR_AC, 0, 0);
}

/* An access over the end of the canonical addresses is refused as a whole: before its first page can fault. */
static INLINE void check_edge(Cpu *cpu, u64 address, u32 size, u32 left, Access access)
{
    if (UNLIKELY(size > left) && UNLIKELY(!mmu_canonical(address + left)) && mmu_canonical(address))
        translate_or_raise(cpu, address + left, access);
}

const u8 *cpu_slow_read(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size)
{
    cpu_enter_slow(cpu, op, acc);
    u32 left = PAGE_SIZE - (u32)(address & (PAGE_SIZE - 1));
    check_edge(cpu, address, size, left, ACCESS_READ);
    if (UNLIKELY(cpu->rflags & FLAG_AC))
        check_alignment(cpu, address, size);
    const u8 *host = translate_or_raise(cpu, address, ACCESS_READ), *second = NULL;
    touch(cpu, host, address, size <= left ? size : left, ACCESS_READ);
    if (UNLIKELY(size > left)) {
        second = translate_or_raise(cpu, address + left, ACCESS_READ);
        touch(cpu, second, address + left, size - left, ACCESS_READ);
        cpu->mmu.stats.extra_lookups++;
    }
    if (UNLIKELY(cpu_observed(cpu)))
        cpu_show_read(cpu, address, size, host, second);
    if (LIKELY(!second))
        return host;
    memcpy(cpu->bounce[0], host, left);
    memcpy(cpu->bounce[0] + left, second, size - left);
    return cpu->bounce[0];
}

static u8 *slow_write(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, bool modify, bool keep)
{
    cpu_enter_slow(cpu, op, acc);
    u32 left = PAGE_SIZE - (u32)(address & (PAGE_SIZE - 1));
    Access access = modify ? ACCESS_MODIFY : ACCESS_WRITE;
    check_edge(cpu, address, size, left, ACCESS_WRITE);
    if (UNLIKELY(cpu->rflags & FLAG_AC))
        check_alignment(cpu, address, size);
    u8 *host = translate_or_raise(cpu, address, ACCESS_WRITE), *second = NULL;
    touch(cpu, host, address, size <= left ? size : left, access);
    if (UNLIKELY(size > left)) {
        second = translate_or_raise(cpu, address + left, ACCESS_WRITE);
        touch(cpu, second, address + left, size - left, access);
        cpu->mmu.stats.extra_lookups++;
    }
    if (UNLIKELY(cpu_observed(cpu)))
        cpu_show_write(cpu, address, size, host, second, modify);
    if (LIKELY(!second))
        return host;
    cpu->split.host[0] = host, cpu->split.host[1] = second;
    cpu->split.size[0] = left, cpu->split.size[1] = size - left;
    if (keep) {
        memcpy(cpu->bounce[1], host, left);
        memcpy(cpu->bounce[1] + left, second, size - left);
    }
    return cpu->bounce[1];
}

u8 *cpu_slow_write(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, bool modify)
{
    return slow_write(cpu, op, acc, address, size, modify, modify);
}

u8 *cpu_slow_write_over(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size)
{
    return slow_write(cpu, op, acc, address, size, false, true);
}

void cpu_slow_check(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, Access access)
{
    cpu_enter_slow(cpu, op, acc);
    if (UNLIKELY(cpu->rflags & FLAG_AC))
        check_alignment(cpu, address, size);
    translate_or_raise(cpu, address, access);
    if (((address ^ (address + size - 1)) & PAGE_MASK) != 0)
        translate_or_raise(cpu, (address + size - 1) & PAGE_MASK, access);
}

void cpu_slow_written(Cpu *cpu, u8 *p, u32 size)
{
    if (LIKELY(p != cpu->bounce[1])) {
        mmu_wrote(&cpu->mmu, p, size);
        return;
    }
    for (int i = 0; i < 2; i++) {
        memcpy(cpu->split.host[i], p + (i ? cpu->split.size[0] : 0), cpu->split.size[i]);
        mmu_wrote(&cpu->mmu, cpu->split.host[i], cpu->split.size[i]);
    }
}

void cpu_count_accesses(Cpu *cpu, const Op *op, u64 reads, u64 writes)
{
    if (LIKELY(!cpu_observed(cpu)))
        return;
    const OpCold *cold = cpu_op_cold(cpu, op);
    cpu->stats.reads += reads - (u64)(cold->own >> 4);
    cpu->stats.writes += writes - (u64)(cold->own & 15);
}

/* ---- the loop -------------------------------------------------------------------------------------------------- */

static void run_chain(Cpu *cpu, u64 acc)
{
    cpu->acc = acc;
    cpu->exit = CPU_EXIT_EXCEPTION;
    const Op *op = block_find(cpu);
#ifdef EMU_TAIL_CALLS
    if (op)
        op->handler(cpu, op, acc);
#else
    while (op)
        op = op->handler(cpu, op, cpu->acc);
#endif
}

/* One entry into the chain, at most `limit` instructions (all of them, but for a block's length of overshoot). */
static u64 run_slice(Cpu *cpu, u32 limit)
{
    jmp_buf target;
    if (UNLIKELY(cpu->model != NULL))
        cpu_model_slice(cpu, limit);
    cpu->raise_target = &target;
    if (setjmp(target) == 0)
        run_chain(cpu, ACC_PACK(-(i64)limit, 0, 0));
    cpu->raise_target = NULL;
    u64 retired = (u64)(ACC_INSNS(cpu->acc) + (i64)limit);
    cpu->stats.insns += retired;
    cpu->stats.reads += ACC_READS(cpu->acc);
    cpu->stats.writes += ACC_WRITES(cpu->acc);
    cpu->leave = 0;
    cpu_record_settle(cpu);
    return retired;
}

static void jump_cache_refresh(Cpu *cpu)
{
    cpu->run_mode = fpenv_unmasked(cpu) || cpu->rflags & FLAG_AC ? MODE_SLOW : cpu->mode;
    u32 epoch = cpu->mmu.exec_epoch;
    if (LIKELY(cpu->seen_epoch == epoch && cpu->seen_mode == cpu->run_mode))
        return;
    if (cpu->seen_epoch >> 15 != epoch >> 15) /* the salt would repeat itself */
        memset(cpu->jump_cache, 0, sizeof cpu->jump_cache);
    cpu->seen_epoch = epoch;
    cpu->seen_mode = cpu->run_mode;
    /* bit 47: no user address makes the key of an empty entry */
    cpu->jump_salt = (u64)(epoch & 0x7fff) << 49 | (u64)cpu->run_mode << 48 | 1ull << 47;
}

/* The instruction in front of which check_watch() has left, alone. */
static u64 run_watched(Cpu *cpu)
{
    cpu->stepping = true;
    cpu->watch_stepping = true;
    jump_cache_refresh(cpu);
    u64 retired = run_slice(cpu, 1);
    cpu->watch_stepping = cpu->watch_hit = false;
    if (cpu->exit == CPU_EXIT_BUDGET)
        cpu->exit = CPU_EXIT_WATCH;
    return retired;
}

void cpu_pass_breakpoint(Cpu *cpu, bool pass) { cpu->blocks->pass_breakpoint = pass; }
bool cpu_passes_breakpoint(const Cpu *cpu) { return cpu->blocks->pass_breakpoint; }

/* Blocks of one instruction are decoded without looking for breakpoints: here is where they stop. */
static bool stops_here(const Cpu *cpu)
{
    const BlockCache *blocks = cpu->blocks;
    return cpu->stepping && UNLIKELY(blocks->breakpoint_count) && !blocks->pass_breakpoint && block_breakpoint_at(blocks, cpu->rip);
}

static CpuExit run_until(Cpu *cpu, u64 max_insns)
{
    for (u64 done = 0; done < max_insns;) {
        u64 left = max_insns - done;
        bool trap = cpu->rflags & FLAG_TF;
        cpu->stepping = left < BLOCK_MAX_INSNS || trap || cpu->blocks->pass_breakpoint;
        if (stops_here(cpu))
            return CPU_EXIT_BREAKPOINT;
        jump_cache_refresh(cpu);
        u64 limit = cpu->stepping ? 1 : left - (BLOCK_MAX_INSNS - 1);
        u64 retired = run_slice(cpu, limit < SLICE ? (u32)limit : SLICE);
        done += retired;
        if (cpu->exit == CPU_EXIT_WATCH) {
            retired += run_watched(cpu);
            cpu->blocks->pass_breakpoint &= retired == 0;
            return cpu->exit;
        }
        cpu->blocks->pass_breakpoint &= retired == 0;
        if (cpu->exit == CPU_EXIT_BUDGET && trap && retired) {
            cpu->exception = (CpuException){ .vector = VECTOR_DB };
            cpu->exit = CPU_EXIT_EXCEPTION;
        }
        if (cpu->exit != CPU_EXIT_BUDGET)
            return cpu->exit;
        if (cpu->interrupt) {
            cpu->interrupt = 0;
            return CPU_EXIT_INTERRUPT;
        }
    }
    return CPU_EXIT_BUDGET;
}

CpuExit cpu_run(Cpu *cpu, u64 max_insns)
{
    if (UNLIKELY(fpenv_host_get() != MXCSR_DEFAULT)) /* flags of our caller's own arithmetic are not the program's */
        fpenv_host_set(MXCSR_DEFAULT);
    fpenv_enter(cpu);
    CpuExit exit = run_until(cpu, max_insns);
    x87_settle(cpu);
    fpenv_leave(cpu);
    return exit;
}

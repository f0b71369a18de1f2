/* How handlers touch memory, and how they follow each other. Read this before writing a handler.
 *
 * Every file of handlers is compiled once per mode (CMake sets EMU_MODE):
 *   MODE_FAST  the TLB hit inlined; whatever misses it tail-calls the same handler's slow twin, which starts over
 *   MODE_SLOW  every access through the MMU, faults raised, page-crossing, watches, code pages: always right
 *   MODE_MODEL compiled as MODE_FAST with EMU_MODEL, together with the translators that name handlers, into an object that
 *              exports nothing but its translate_block; each access is shown to the modelled hierarchy (model.h)
 * A handler is written once, as an INLINE template whose parameters (semantics, width, registers) are constants, and
 * instantiated with DEFINE_HANDLER. Its rule: all accesses first, all architectural change after the last access that
 * can fault, so that starting over is exact.
 *
 *     static INLINE const Op *alu_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, ...)
 *     {
 *         const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), 4);
 *         if (MISSED(p))
 *             return slow(cpu, op, acc);
 *         ... change registers ...
 *         return next(cpu, op, acc);
 *     }
 */
#ifndef EMU_CPU_EXEC_H
#define EMU_CPU_EXEC_H

#include "base/bits.h"
#include "cpu/cpu.h"
#include "cpu/model.h"

#define MODE_FAST 0
#define MODE_SLOW 1
#define MODE_MODEL 2 /* only as Cpu.mode: in its own objects it is MODE_FAST */
enum { MODES = 2 };
#ifndef EMU_MODE
#define EMU_MODE MODE_SLOW /* files that are compiled once (rare instructions) are slow-only */
#endif

#define CONCAT_(a, b) a##b
#define CONCAT(a, b) CONCAT_(a, b)
#if EMU_MODE == MODE_FAST
#define H(name) CONCAT(fast_, name)
#else
#define H(name) CONCAT(slow_, name)
#endif

/* DEFINE_HANDLER(add_rr_64, alu_rr, arguments…) makes fast_add_rr_64 / slow_add_rr_64 from the template alu_rr. */
#define DEFINE_HANDLER(name, template, ...)                                   \
    const Op *CONCAT(slow_, name)(Cpu * cpu, const Op *op, u64 acc);          \
    const Op *H(name)(Cpu * cpu, const Op *op, u64 acc);                      \
    const Op *H(name)(Cpu * cpu, const Op *op, u64 acc)                       \
    {                                                                         \
        return template(cpu, op, acc, CONCAT(slow_, name), __VA_ARGS__);      \
    }

/* ---- out of line (dispatch.c) ------------------------------------------------------------------------------- */

/* Leaves the interpreter with an exception at cpu->op's instruction: counts what retired before it, sets RIP to it.
 * Only from slow code: cpu->op and cpu->acc must be set (mem_* of MODE_SLOW do; else call cpu_enter_slow). */
NORETURN void cpu_raise(Cpu *cpu, u8 vector, u32 error, u64 address);
/* As cpu_raise, for traps: the instruction retires first, RIP behind it (INT3, INT n). */
NORETURN void cpu_trap(Cpu *cpu, u8 vector);
static INLINE void cpu_enter_slow(Cpu *cpu, const Op *op, u64 acc) { cpu->op = op; cpu->acc = acc; }

/* Host pointer to `size` readable bytes at address (a bounce buffer when they cross a page), or raises. size <= 64. */
const u8 *cpu_slow_read(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size);
/* The same for writing; `modify`: the pointer shows the present contents. slow_written() must follow the store. */
u8 *cpu_slow_write(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, bool modify);
void cpu_slow_written(Cpu *cpu, u8 *p, u32 size);
/* For a store that may turn out not to happen: the pointer shows the present contents, but it is no read. */
u8 *cpu_slow_write_over(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size);
/* Raises what an access would raise, without making it (ENTER's new stack top, CLFLUSH). */
void cpu_slow_check(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, Access access);

/* Ends the chain behind `op`'s instruction, which has retired; cpu->exit as given. */
const Op *cpu_leave(Cpu *cpu, const Op *op, u64 acc, CpuExit exit);
/* Continues at cpu->rip after an exit op (its counts already in acc): block look-up, or leaves when the slice is over. */
const Op *cpu_continue(Cpu *cpu, u64 acc);
/* The slice is over: stops in front of `target`. */
const Op *cpu_slice_end(Cpu *cpu, const Op *target, u64 acc);

/* The cold half of an op; index-parallel to the op arena. */
const OpCold *cpu_op_cold(const Cpu *cpu, const Op *op);

/* ---- memory -------------------------------------------------------------------------------------------------- */

#define MISSED(p) (EMU_MODE == MODE_FAST && UNLIKELY(!(p)))

static INLINE u64 *reg64(Cpu *cpu, u8 slot) { return (u64 *)((u8 *)cpu->r + slot); }
static INLINE u8 *reg_bytes(Cpu *cpu, u8 slot) { return (u8 *)cpu->r + slot; }

/* Effective address of the op's memory operand: all parts / base and displacement only (index is SLOT_ZERO). */
static INLINE u64 op_address(Cpu *cpu, const Op *op)
{
    return *reg64(cpu, op->base) + (*reg64(cpu, op->index) << op->scale) + (u64)op->disp;
}
static INLINE u64 op_address_base(Cpu *cpu, const Op *op) { return *reg64(cpu, op->base) + (u64)op->disp; }

static INLINE const u8 *mem_read(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size)
{
    if (EMU_MODE == MODE_FAST) {
        const u8 *p = tlb_lookup(cpu->mmu.tlb.read, address, size);
        model_see_read(cpu, op, acc, address, size, p);
        return p;
    }
    return cpu_slow_read(cpu, op, acc, address, size);
}

/* For a store. After storing through the pointer: mem_written, then next_written. */
static INLINE u8 *mem_write(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size)
{
    if (EMU_MODE == MODE_FAST) {
        u8 *p = tlb_lookup(cpu->mmu.tlb.write, address, size);
        model_see_write(cpu, op, acc, address, size, p);
        return p;
    }
    return cpu_slow_write(cpu, op, acc, address, size, false);
}

/* For a read-modify-write: one access, through the write TLB. */
static INLINE u8 *mem_modify(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size)
{
    if (EMU_MODE == MODE_FAST) {
        u8 *p = tlb_lookup(cpu->mmu.tlb.write, address, size);
        model_see_modify(cpu, op, acc, address, size, p);
        return p;
    }
    return cpu_slow_write(cpu, op, acc, address, size, true);
}

/* For a store that may turn out not to happen (cpu_slow_write_over). */
static INLINE u8 *mem_write_over(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size)
{
    if (EMU_MODE == MODE_FAST) {
        u8 *p = tlb_lookup(cpu->mmu.tlb.write, address, size);
        model_see_write(cpu, op, acc, address, size, p);
        return p;
    }
    return cpu_slow_write_over(cpu, op, acc, address, size);
}

static INLINE void mem_written(Cpu *cpu, u8 *p, u32 size)
{
    if (EMU_MODE != MODE_FAST)
        cpu_slow_written(cpu, p, size);
}

/* ---- NEXT ---------------------------------------------------------------------------------------------------- */

/* To `op`. The only place that knows how handlers follow each other. */
static INLINE const Op *go(Cpu *cpu, const Op *op, u64 acc)
{
#ifdef EMU_TAIL_CALLS
    return op->handler(cpu, op, acc);
#else
    cpu->acc = acc;
    return op;
#endif
}

static INLINE const Op *next(Cpu *cpu, const Op *op, u64 acc) { return go(cpu, op + 1, acc); }

/* After a store: when it changed decoded code (or a watch fired), the block ends here. */
static INLINE const Op *next_written(Cpu *cpu, const Op *op, u64 acc)
{
    if (EMU_MODE != MODE_FAST && UNLIKELY(cpu->leave))
        return cpu_leave(cpu, op, acc, CPU_EXIT_BUDGET);
    return next(cpu, op, acc);
}

/* ---- exits --------------------------------------------------------------------------------------------------- */

/* From an exit op, whose counts are in acc already, to a block (or to a link op that finds it). */
static INLINE const Op *exit_to(Cpu *cpu, const Op *target, u64 acc)
{
    if (UNLIKELY((i64)acc >= 0))
        return cpu_slice_end(cpu, target, acc);
    return go(cpu, target, acc);
}

static INLINE JumpCacheEntry *jump_cache_entry(Cpu *cpu, u64 rip)
{
    return &cpu->jump_cache[(rip ^ rip >> 12) & (JUMP_CACHE_SIZE - 1)];
}

/* To an address known only now (RET, indirect JMP and CALL): in fast code where it leads, or NULL, and then the slow
 * handler decides; the exec TLB must still know the page. In slow code always NULL, and a non-canonical target is #GP
 * before anything has changed. */
static INLINE const Op *indirect_target(Cpu *cpu, const Op *op, u64 acc, u64 rip)
{
    if (EMU_MODE == MODE_FAST) {
        const JumpCacheEntry *entry = jump_cache_entry(cpu, rip);
        bool known = entry->key == (rip ^ cpu->jump_salt) && tlb_exec_entry(&cpu->mmu.tlb, rip)->tag == (rip & PAGE_MASK);
        if (UNLIKELY(!known || (i64)(acc + op->counts) >= 0))
            return NULL;
        if (!entry->op)
            __builtin_unreachable(); /* saves callers a second test */
        return entry->op;
    }
    if (UNLIKELY(!mmu_canonical(rip))) {
        cpu_enter_slow(cpu, op, acc);
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    }
    return NULL;
}
#define NO_TARGET(target) (EMU_MODE == MODE_FAST && UNLIKELY(!(target)))

/* Goes there; acc includes the block's counts. */
static INLINE const Op *exit_indirect(Cpu *cpu, const Op *target, u64 rip, u64 acc)
{
    if (EMU_MODE == MODE_FAST)
        return go(cpu, target, acc);
    cpu->rip = rip;
    return cpu_continue(cpu, acc);
}

#endif

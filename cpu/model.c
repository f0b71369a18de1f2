/* Telling the modelled hierarchy and the recorder: the slow half of model.h. */
#include "cpu/model.h"

#include "cpu/block.h"
#include "cpu/lanes.h"
#include "cpu/record.h"
#include "mmu/hierarchy/inspect.h"

static Reference reference_at(const Cpu *cpu, u64 address, u32 size, const u8 *host, const u8 *second)
{
    const u8 *ram = cpu->mmu.phys->ram;
    return (Reference){.address = address, .size = size, .paddr = (u64)(host - ram), .paddr2 = second ? (u64)(second - ram) : 0};
}

static void record_access(Recorder *recorder, const Reference *reference, AccessKind kind, bool modify)
{
    bool write = modify || kind == KIND_WRITE;
    recorder->reads += !write;
    recorder->writes += write;
    recorder->access(recorder->context, reference, kind, modify);
}

CpuShown cpu_shown(const Cpu *cpu)
{
    CpuShown shown;
    if (cpu->blocks->recorder)
        return (CpuShown){cpu->blocks->recorder->reads, cpu->blocks->recorder->writes};
    hierarchy_shown(cpu->model, &shown.reads, &shown.writes);
    return shown;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

/* Out of line, because the reference's address escapes: what calls this has callers that must keep their registers. */
static NOINLINE void model_access(Cpu *cpu, const Reference *reference, AccessKind kind, bool modify, i64 time, i64 end)
{
    hierarchy_tell_time(cpu->model, time);
    if (modify)
        hierarchy_miss_modify(cpu->model, reference);
    else if (kind == KIND_WRITE)
        hierarchy_miss_write(cpu->model, reference);
    else
        hierarchy_miss_read(cpu->model, reference);
    hierarchy_keep_time(cpu->model, end);
}

void MODEL_CALL cpu_model_read(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, const u8 *host)
{
    Reference reference = reference_at(cpu, address, size, host, NULL);
    i64 time = model_time(op, acc);
    model_access(cpu, &reference, KIND_READ, false, time, time + MODEL_STORES);
    hierarchy_note_shown(cpu->model, time, address, size, KIND_READ);
}

void MODEL_CALL cpu_model_write(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, const u8 *host)
{
    Reference reference = reference_at(cpu, address, size, host, NULL);
    i64 time = model_time(op, acc) + MODEL_STORES;
    model_access(cpu, &reference, KIND_WRITE, false, time, time + MODEL_STORES);
    hierarchy_note_shown(cpu->model, time - MODEL_STORES, address, size, KIND_WRITE);
}

void MODEL_CALL cpu_model_modify(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, const u8 *host)
{
    Reference reference = reference_at(cpu, address, size, host, NULL);
    i64 time = model_time(op, acc) + MODEL_STORES;
    model_access(cpu, &reference, KIND_WRITE, true, time, time + MODEL_STORES);
}

static void show(Cpu *cpu, const Reference *reference, AccessKind kind, bool modify)
{
    i64 time = model_time(cpu->op, cpu->acc);
    if (cpu->blocks->recorder)
        record_access(cpu->blocks->recorder, reference, modify ? KIND_READ : kind, modify);
    else if (!hierarchy_was_shown(cpu->model, time, reference->address, reference->size, kind))
        model_access(cpu, reference, kind, modify, time, time + MODEL_TIMES);
}

void cpu_show_read(Cpu *cpu, u64 address, u32 size, const u8 *host, const u8 *second)
{
    Reference reference = reference_at(cpu, address, size, host, second);
    show(cpu, &reference, KIND_READ, false);
}

void cpu_show_write(Cpu *cpu, u64 address, u32 size, const u8 *host, const u8 *second, bool modify)
{
    Reference reference = reference_at(cpu, address, size, host, second);
    cpu->stats.modifies += modify;
    show(cpu, &reference, KIND_WRITE, modify);
}

/* ---- fetches ----------------------------------------------------------------------------------------------------- */

/* Where the code at `address` lies, which runs: the TLB for code has it, or had it just now. */
static u64 code_paddr(Cpu *cpu, u64 address)
{
    const TlbExecEntry *entry = tlb_exec_entry(&cpu->mmu.tlb, address);
    if (LIKELY(entry->tag == (address & PAGE_MASK)))
        return entry->paddr | (address & ~PAGE_MASK);
    Fault fault;
    const u8 *host = mmu_translate(&cpu->mmu, address, ACCESS_FETCH, &fault);
    return host ? (u64)(host - cpu->mmu.phys->ram) : 0;
}

static NOINLINE void fetch_instruction(Cpu *cpu, const Op *op, i64 time)
{
    const OpCold *cold = cpu_op_cold(cpu, op);
    u64 last = cold->rip + cold->length - 1;
    Reference reference = {.address = cold->rip, .size = cold->length, .paddr = code_paddr(cpu, cold->rip)};
    if (last >> PAGE_SHIFT != cold->rip >> PAGE_SHIFT)
        reference.paddr2 = code_paddr(cpu, last & PAGE_MASK);
    hierarchy_tell_time(cpu->model, time);
    hierarchy_miss_fetch(cpu->model, &reference);
    hierarchy_keep_time(cpu->model, time + MODEL_TIMES);
}

static NOINLINE void MODEL_CALL model_fetch(Cpu *cpu, const Op *op, u64 acc) { fetch_instruction(cpu, op, model_time(op, acc)); }

const Op *cpu_model_op_fetch(Cpu *cpu, const Op *op, u64 acc)
{
    if (UNLIKELY(!hierarchy_passes_cell_at(cpu->model, (const u16 *)(uintptr_t)op->imm, (u64)op->disp, model_time(op, acc))))
        model_fetch(cpu, op, acc);
    return next(cpu, op, acc);
}

const Op *cpu_model_op_fetches(Cpu *cpu, const Op *op, u64 acc)
{
    if (UNLIKELY(!hierarchy_passes_cells_at(cpu->model, (const u16 *)(uintptr_t)op->imm, (u64)op->disp, model_time(op, acc))))
        model_fetch(cpu, op, acc);
    return next(cpu, op, acc);
}

bool cpu_model_keeps_registers(const u8 *function)
{
    return MODEL_CALL_KEEPS && (function == (const u8 *)(uintptr_t)cpu_model_read || function == (const u8 *)(uintptr_t)cpu_model_write ||
                     function == (const u8 *)(uintptr_t)cpu_model_modify || function == (const u8 *)(uintptr_t)model_fetch);
}

void cpu_model_slice(Cpu *cpu, u32 limit)
{
    hierarchy_note_shown(cpu->model, 0, 0, 0, KIND_READ);
    if (cpu->blocks->recorder) /* who shows accesses without times */
        return;
    /* No access of the last slice was later than its end; the model's own clock is somewhere else while a recorder shows. */
    i64 first = -((i64)limit << ACC_INSN_SHIFT), last = (i64)cpu->acc + ((i64)2 << ACC_INSN_SHIFT);
    i64 clock = ((const HierarchyFront *)cpu->model)->clock;
    hierarchy_age(cpu->model, (clock > last ? clock : last) - first);
}

/* ---- recorders --------------------------------------------------------------------------------------------------- */

void cpu_record_end(Cpu *cpu, bool retired)
{
    Recorder *recorder = cpu->blocks->recorder;
    recorder->begun = false;
    recorder->end(recorder->context, retired);
}

static void record_begin(Recorder *recorder)
{
    recorder->begun = true;
    recorder->begin(recorder->context, &recorder->fetch);
}

void cpu_record_again(Cpu *cpu)
{
    if (cpu->blocks->recorder) {
        cpu_record_end(cpu, true);
        record_begin(cpu->blocks->recorder);
        return;
    }
    const OpCold *cold = cpu_op_cold(cpu, cpu->op);
    i64 time = model_time(cpu->op, cpu->acc);
    hierarchy_tell_time(cpu->model, time);
    if (!hierarchy_passes_fetch(cpu->model, cold->rip, cold->length))
        fetch_instruction(cpu, cpu->op, time);
    hierarchy_keep_time(cpu->model, time + MODEL_TIMES);
}

static NOINLINE void record_op(Cpu *cpu, const Op *op)
{
    Recorder *recorder = cpu->blocks->recorder;
    cpu_record_settle(cpu);
    recorder->fetch = (Reference){.address = (u64)op->disp, .size = (u32)(op->imm >> 56), .paddr = op->imm << 8 >> 8,
                                  .paddr2 = (u64)(uintptr_t)op->taken};
    record_begin(recorder);
}

const Op *cpu_record_op_begin(Cpu *cpu, const Op *op, u64 acc)
{
    record_op(cpu, op);
    return next(cpu, op, acc);
}

/* ---- what the MMU is told, the model's TLBs are told too --------------------------------------------------------- */

static bool walk(void *context, u64 address, Walk *walk)
{
    const Cpu *cpu = context;
    return pt_walk(cpu->mmu.phys, cpu->mmu.cr3, address, walk);
}

static u32 space_of(u64 cr3) { return (u32)(cr3 >> PAGE_SHIFT); }

static void on_flush(void *context, u64 cr3, u64 start, u64 end)
{
    Cpu *cpu = context;
    if (cpu->blocks->recorder)
        cpu->blocks->recorder->flushed(cpu->blocks->recorder->context, cr3, start, end);
    if (!cpu->model)
        return;
    if (cr3 == cpu->mmu.cr3)
        hierarchy_flush_pages(cpu->model, start, end);
    else
        hierarchy_flush_space(cpu->model, space_of(cr3));
}

static void on_switch(void *context, u64 cr3, bool renewed)
{
    Cpu *cpu = context;
    if (cpu->blocks->recorder)
        cpu->blocks->recorder->switched(cpu->blocks->recorder->context, cr3, renewed);
    if (!cpu->model)
        return;
    hierarchy_switch_space(cpu->model, space_of(cr3));
    if (renewed)
        hierarchy_flush_space(cpu->model, space_of(cr3));
}

/* Who watches has changed: other handlers, and other ops in front of instructions. */
static void attached(Cpu *cpu)
{
    block_flush(cpu);
    bool slow = cpu->blocks->recorder || (cpu->model && hierarchy_wants_each_once(cpu->model));
    cpu->mode = slow ? MODE_SLOW : cpu->model ? MODE_MODEL : MODE_FAST;
    cpu->mmu.model_flush = cpu_observed(cpu) ? on_flush : NULL;
    cpu->mmu.model_switch = cpu_observed(cpu) ? on_switch : NULL;
    cpu->mmu.model_context = cpu;
}

void cpu_model_attach(Cpu *cpu, Hierarchy *model)
{
    if (cpu->model)
        cpu_model_sync(cpu);
    cpu->model = model;
    cpu->model_synced = cpu->stats;
    attached(cpu);
    if (!model)
        return;
    hierarchy_set_walker(model, walk, cpu);
    hierarchy_switch_space(model, space_of(cpu->mmu.cr3));
}

void cpu_record_attach(Cpu *cpu, Recorder *recorder)
{
    cpu->blocks->recorder = recorder;
    attached(cpu);
}

void cpu_model_sync(Cpu *cpu)
{
    const CpuStats *now = &cpu->stats, *then = &cpu->model_synced;
    u64 modifies = now->modifies - then->modifies;
    u64 repeats = now->rep_iterations - then->rep_iterations - (now->rep_matches - then->rep_matches);
    hierarchy_add_references(cpu->model, now->insns - then->insns + repeats, now->reads - then->reads + modifies,
                             now->writes - then->writes - modifies);
    cpu->model_synced = *now;
}

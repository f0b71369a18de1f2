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

void cpu_model_read(Cpu *cpu, u64 address, u32 size, const u8 *host, const u8 *second)
{
    Reference reference = reference_at(cpu, address, size, host, second);
    if (cpu->blocks->recorder)
        record_access(cpu->blocks->recorder, &reference, KIND_READ, false);
    else
        hierarchy_miss_read(cpu->model, &reference);
}

void cpu_model_write(Cpu *cpu, u64 address, u32 size, const u8 *host, const u8 *second)
{
    Reference reference = reference_at(cpu, address, size, host, second);
    if (cpu->blocks->recorder)
        record_access(cpu->blocks->recorder, &reference, KIND_WRITE, false);
    else
        hierarchy_miss_write(cpu->model, &reference);
}

void cpu_model_modify(Cpu *cpu, u64 address, u32 size, const u8 *host, const u8 *second)
{
    Reference reference = reference_at(cpu, address, size, host, second);
    if (cpu->blocks->recorder)
        record_access(cpu->blocks->recorder, &reference, KIND_READ, true);
    else
        hierarchy_miss_modify(cpu->model, &reference);
}

/* Out of line, because the reference's address escapes: the handler itself must end in a tail call. */
static NOINLINE void model_fetch(Cpu *cpu, const Op *op, u32 size)
{
    Reference reference = {.address = (u64)op->disp, .size = size, .paddr = op->imm << 8 >> 8, .paddr2 = (u64)(uintptr_t)op->taken};
    hierarchy_miss_fetch(cpu->model, &reference);
}

static NOINLINE const Op *fetch_refused(Cpu *cpu, const Op *op, u64 acc)
{
    model_fetch(cpu, op, (u32)(op->imm >> 56));
    return next(cpu, op, acc);
}

const Op *cpu_model_op_fetch(Cpu *cpu, const Op *op, u64 acc)
{
    u32 size = (u32)(op->imm >> 56);
    if (UNLIKELY(!hierarchy_passes_fetch(cpu->model, (u64)op->disp, size)))
        return fetch_refused(cpu, op, acc);
    return next(cpu, op, acc);
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
    const Op *fetch = cpu->op - 1; /* none stands there when the line was that of the instruction before: then it hits */
    const OpCold *cold = cpu_op_cold(cpu, cpu->op);
    u32 size = (u32)(fetch->imm >> 56);
    if ((u64)fetch->disp == cold->rip && size == cold->length && !hierarchy_passes_fetch(cpu->model, cold->rip, size))
        model_fetch(cpu, fetch, size);
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

/* The modelled hierarchy's view of the processor: which accesses it sees, and when.
 *
 * MODE_MODEL is the fast expansion of every handler, compiled again with EMU_MODEL (CMakeLists.txt): each access that hits
 * the TLB also asks the model's filter, inline, and tells the model when the filter refuses. Accesses out of line
 * (cpu_slow_read, cpu_slow_write) tell it at run time. Fetches are told by an op of their own, emitted in front of each
 * instruction that begins a block or touches another line than the one before it: all other fetches hit. In the plain
 * expansion nothing of this exists.
 *
 * Order: an instruction's fetch, then its accesses as it makes them. An instruction that starts over after a fault or a TLB
 * miss shows its first access twice in a row, which changes no count and no order. The model only needs to know what came before
 * what, and that a handler can tell without a clock: `acc` grows from block to block, the op's address within one. A new slice,
 * where acc begins again, moves the past back (cpu_model_slice). */
#ifndef EMU_CPU_MODEL_H
#define EMU_CPU_MODEL_H

#include "cpu/cpu.h"
#include "mmu/hierarchy/hierarchy.h"

/* Everything that runs from now on is seen by `model` (NULL: nothing any more). Blocks decoded so far are forgotten. */
void cpu_model_attach(Cpu *cpu, Hierarchy *model);
/* Brings the model's Ir, Dr, Dw up to date with what has retired. Conventions of cachegrind: a read-modify-write is a read, a
 * `rep` counts each iteration, and once more when it finds RCX zero. */
void cpu_model_sync(Cpu *cpu);
/* A slice of so many instructions begins: acc starts at minus that. */
void cpu_model_slice(Cpu *cpu, u32 limit);

/* The time of an op's first access: each has TIMES of its own, stores in the second half. The last ones of a block are before the
 * first ones of the next, whose acc is greater by one instruction or more. */
enum { MODEL_TIMES = 8 * sizeof(Op), MODEL_STORES = MODEL_TIMES / 2 };
static INLINE i64 model_time(const Op *op, u64 acc)
{
#ifdef __x86_64__
    i64 time; /* in one instruction that stencil.c can give an op's address to */
    __asm__("leaq (%1,%2,8), %0" : "=r"(time) : "r"(acc), "r"(op));
    return time;
#else
    return (i64)(acc + ((u64)(uintptr_t)op << 3));
#endif
}

/* Called in the middle of a handler: with a convention under which all registers survive, so that handlers need not save any where
 * nothing is called. */
#if defined(__clang__) && defined(__x86_64__)
#define MODEL_CALL __attribute__((preserve_most))
#define MODEL_CALL_KEEPS true
#else
#define MODEL_CALL
#define MODEL_CALL_KEEPS false
#endif
/* Is that the address of such a function, under such a convention? (cpu/stencil_read.c follows what registers hold.) */
bool cpu_model_keeps_registers(const u8 *function);

/* The op's access is about to happen at `host`, and the filter has not passed it. */
void MODEL_CALL cpu_model_read(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, const u8 *host);
void MODEL_CALL cpu_model_write(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, const u8 *host);
void MODEL_CALL cpu_model_modify(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, const u8 *host);
/* An access out of line, of cpu->op (`second`: in the next page, where it reaches into it). Also for recorders. */
void cpu_show_read(Cpu *cpu, u64 address, u32 size, const u8 *host, const u8 *second);
void cpu_show_write(Cpu *cpu, u64 address, u32 size, const u8 *host, const u8 *second, bool modify);

/* Emitted by the translator: imm is the filter's cell of the line (fetches: of the second line), disp the page's number; what else is
 * needed is that of the op's instruction. */
OpHandler cpu_model_op_fetch, cpu_model_op_fetches;

#ifdef EMU_MODEL
static INLINE void model_see_read(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, const u8 *p)
{
    if (LIKELY(p) && UNLIKELY(!hierarchy_passes_read_at(cpu->model, address, size, model_time(op, acc))))
        cpu_model_read(cpu, op, acc, address, size, p);
}
static INLINE void model_see_write(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, const u8 *p)
{
    if (LIKELY(p) && UNLIKELY(!hierarchy_passes_write_at(cpu->model, address, size, model_time(op, acc) + MODEL_STORES)))
        cpu_model_write(cpu, op, acc, address, size, p);
}
static INLINE void model_see_modify(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, const u8 *p)
{
    if (LIKELY(p)) {
        cpu->stats.modifies++;
        if (UNLIKELY(!hierarchy_passes_modify_at(cpu->model, address, size, model_time(op, acc) + MODEL_STORES)))
            cpu_model_modify(cpu, op, acc, address, size, p);
    }
}
#else
#define MODEL_SEES_NOTHING(name) \
    static INLINE void name(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, const u8 *p) \
    { \
        (void)cpu, (void)op, (void)acc, (void)address, (void)size, (void)p; \
    }
MODEL_SEES_NOTHING(model_see_read)
MODEL_SEES_NOTHING(model_see_write)
MODEL_SEES_NOTHING(model_see_modify)
#undef MODEL_SEES_NOTHING
#endif

#endif

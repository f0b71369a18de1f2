/* The modelled hierarchy's view of the processor: which accesses it sees, and when.
 *
 * MODE_MODEL is the fast expansion of every handler, compiled again with EMU_MODEL (CMakeLists.txt): each access that hits
 * the TLB also asks the model's filter, inline, and tells the model when the filter refuses. Accesses out of line
 * (cpu_slow_read, cpu_slow_write) tell it at run time. Fetches are told by an op of their own, emitted in front of each
 * instruction that begins a block or touches another line than the one before it: all other fetches hit. In the plain
 * expansion nothing of this exists.
 *
 * Order: an instruction's fetch, then its accesses as it makes them. An instruction that starts over after a fault or a TLB
 * miss shows its first access twice in a row, which changes no count and no order. */
#ifndef EMU_CPU_MODEL_H
#define EMU_CPU_MODEL_H

#include "cpu/cpu.h"
#include "mmu/hierarchy/hierarchy.h"

/* Everything that runs from now on is seen by `model` (NULL: nothing any more). Blocks decoded so far are forgotten. */
void cpu_model_attach(Cpu *cpu, Hierarchy *model);
/* Brings the model's Ir, Dr, Dw up to date with what has retired. Conventions of cachegrind: a read-modify-write is a read, a
 * `rep` counts each iteration, and once more when it finds RCX zero. */
void cpu_model_sync(Cpu *cpu);

/* Accesses that are about to happen at `host` (`second`: in the next page, where they reach into it). */
void cpu_model_read(Cpu *cpu, u64 address, u32 size, const u8 *host, const u8 *second);
void cpu_model_write(Cpu *cpu, u64 address, u32 size, const u8 *host, const u8 *second);
void cpu_model_modify(Cpu *cpu, u64 address, u32 size, const u8 *host, const u8 *second);

/* Emitted by the translator: disp is the instruction's address; imm its paddr, with its length in the upper 8 bits; taken the
 * paddr of the next page where it reaches into it. */
OpHandler cpu_model_op_fetch;

#ifdef EMU_MODEL
static INLINE void model_see_read(Cpu *cpu, u64 address, u32 size, const u8 *p)
{
    if (LIKELY(p) && UNLIKELY(!hierarchy_passes_read(cpu->model, address, size)))
        cpu_model_read(cpu, address, size, p, NULL);
}
static INLINE void model_see_write(Cpu *cpu, u64 address, u32 size, const u8 *p)
{
    if (LIKELY(p) && UNLIKELY(!hierarchy_passes_write(cpu->model, address, size)))
        cpu_model_write(cpu, address, size, p, NULL);
}
static INLINE void model_see_modify(Cpu *cpu, u64 address, u32 size, const u8 *p)
{
    if (LIKELY(p)) {
        cpu->stats.modifies++;
        if (UNLIKELY(!hierarchy_passes_modify(cpu->model, address, size)))
            cpu_model_modify(cpu, address, size, p, NULL);
    }
}
#else
static INLINE void model_see_read(Cpu *cpu, u64 address, u32 size, const u8 *p) { (void)cpu, (void)address, (void)size, (void)p; }
static INLINE void model_see_write(Cpu *cpu, u64 address, u32 size, const u8 *p) { (void)cpu, (void)address, (void)size, (void)p; }
static INLINE void model_see_modify(Cpu *cpu, u64 address, u32 size, const u8 *p) { (void)cpu, (void)address, (void)size, (void)p; }
#endif

#endif

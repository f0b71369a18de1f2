/* Instructions whose accesses are known only when they run: gathers, masked moves, XSAVE, FSAVE, ENTER. Blocks count each operand as
 * one access; while somebody observes, the real number is counted, so that counts are those of what was observed. */
#ifndef EMU_CPU_LANES_H
#define EMU_CPU_LANES_H

#include "cpu/cpu.h"

/* `op`'s instruction, which retires, made so many accesses. Nothing without an observer. */
void cpu_count_accesses(Cpu *cpu, const Op *op, u64 reads, u64 writes);

/* How many accesses observers have been shown by instructions out of line; modifies are writes, as in CpuStats. */
typedef struct CpuShown {
    u64 reads, writes;
} CpuShown;
CpuShown cpu_shown(const Cpu *cpu);

#endif

/* The processor as a debugger drives it. */
#ifndef EMU_CPU_DEBUG_H
#define EMU_CPU_DEBUG_H

#include "cpu/cpu.h"

/* The next instruction that retires does so even if a breakpoint lies at it: how to go on from one. A fault or an exit before
 * it retires leaves the wish standing; cpu_passes_breakpoint() says whether it is. */
void cpu_pass_breakpoint(Cpu *cpu, bool pass);
bool cpu_passes_breakpoint(const Cpu *cpu);

#endif

/* The processor as a debugger drives it. */
#ifndef EMU_CPU_DEBUG_H
#define EMU_CPU_DEBUG_H

#include "cpu/cpu.h"

/* The next instruction that retires does so even if a breakpoint lies at it: how to go on from one. A fault or an exit before
 * it retires leaves the wish standing; cpu_passes_breakpoint() says whether it is. */
void cpu_pass_breakpoint(Cpu *cpu, bool pass);
bool cpu_passes_breakpoint(const Cpu *cpu);

/* The Cpu and all of memory were overwritten with older copies: decoded code and translations are void. `kept` is what the
 * Cpu was before, for what does not travel in time: breakpoints, a model, the mode it runs in. */
void cpu_put_back(Cpu *cpu, const Cpu *kept);

#endif

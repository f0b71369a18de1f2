/* Superinstructions found in a finished block: runs of ops whose first handler can do the work of all. */
#ifndef EMU_CPU_PEEPHOLE_H
#define EMU_CPU_PEEPHOLE_H

#include "cpu/exec.h"

enum { STACK_RUN_MAX = 6 };
extern OpHandler *const stack_push_runs[STACK_RUN_MAX + 1][2];   /* [pushes][then sub rsp] */
extern OpHandler *const stack_pop_runs[2][STACK_RUN_MAX + 1][2]; /* [add rsp first][pops][then ret] */

/* Looks through the block's ops (fast mode, not stepping) and replaces first handlers. The other ops stay as they are. */
void peephole(Op *ops, u32 count);

#endif

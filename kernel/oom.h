/* When guest RAM is full: who has to go. */
#ifndef EMU_KERNEL_OOM_H
#define EMU_KERNEL_OOM_H

#include "kernel/kernel.h"

/* Kills the process that holds the most memory, says so in one line, frees its memory. true: another than `task`'s, so
 * that what failed is worth trying again; false: `task` itself is dying. */
bool oom_kill(Task *task);

#endif

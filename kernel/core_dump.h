/* Core files: core(5). */
#ifndef EMU_KERNEL_CORE_DUMP_H
#define EMU_KERNEL_CORE_DUMP_H

#include "kernel/kernel.h"

/* Writes the core file of the task's process, which `info` kills, as RLIMIT_CORE and core_pattern ask. The task is current
 * and its space loaded. true: there is one, and wait(2)'s status says so (WCOREDUMP). */
bool core_dump(Task *task, const SigInfo *info);

#endif

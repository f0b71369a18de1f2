/* Filters of system calls: see seccomp.c. */
#ifndef EMU_KERNEL_SECCOMP_H
#define EMU_KERNEL_SECCOMP_H

#include "kernel/kernel.h"

/* Judges the call in task->call. true: it may run; false: `*result` is what it returns instead (SYS_NORETURN: the task has
 * ended, or gets SIGSYS with its registers as they were). */
bool seccomp_allows(Task *task, i64 *result);
/* prctl(PR_SET_SECCOMP, mode, filter) */
i64 seccomp_set(Task *task, u64 mode, u64 filter);
/* A new thread or process keeps its maker's filters, a dead one lets them go. */
void seccomp_inherit(Task *child, const Task *parent);
void seccomp_release(Task *task);
/* How many filters judge the task. */
u32 seccomp_filter_count(const Task *task);

#endif

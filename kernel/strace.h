/* System calls as text, in strace's format, derived from syscalls.def. */
#ifndef EMU_KERNEL_STRACE_H
#define EMU_KERNEL_STRACE_H

#include "kernel/kernel.h"

/* Starts tracing as kernel->config says. false: a filter word is unknown (one line has been logged). */
bool strace_start(Kernel *kernel);
void strace_stop(Kernel *kernel);

/* The first line: execve("path", ["arg", …], n vars) = 0 */
void strace_started(Task *task, const char *path, const char *const *argv, const char *const *envp);
void strace_enter(Task *task);
void strace_exit(Task *task, i64 result);
/* The line of the running call is left unfinished because another task will print. */
void strace_signal(Task *task, const SigInfo *info);
/* +++ exited with 0 +++, +++ killed by SIGSEGV +++; `status` as wait4(2) reports it. */
void strace_task_exit(Task *task, i32 status);

#endif

/* Timers of processes: setitimer(2), alarm(2), timer_create(2). */
#ifndef EMU_KERNEL_TIMER_H
#define EMU_KERNEL_TIMER_H

#include "kernel/kernel.h"

/* Fires what is due at `now` and notes the next deadline. */
void timers_run(Kernel *kernel, u64 now);
/* Fires the processor-time timers of the current task's process; called at the end of time slices. */
void timers_run_cpu(Task *task);
/* exec: POSIX timers go, itimers stay. Exit: all go. */
void timers_exec(Process *process);
void timers_exit(Process *process);

#endif

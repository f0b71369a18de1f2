/* Who runs: one task at a time, by instruction count. */
#ifndef EMU_KERNEL_SCHED_H
#define EMU_KERNEL_SCHED_H

#include "kernel/kernel.h"

/* Puts a runnable task (that is not the current one, or has just woken) at the end of the run queue. */
void sched_enqueue(Task *task);
/* Takes it off the queue, if it is there. */
void sched_dequeue(Task *task);
/* A runnable task (that is not held) will be the next to run. */
void sched_run_next(Task *task);
/* The current task gives way: behind the others. */
void sched_yield_current(Kernel *kernel);
/* Makes `task` the current one: its registers and its address space are loaded. NULL: nobody. */
void sched_switch(Kernel *kernel, Task *task);
/* Loads the space without changing registers (exec; work on behalf of a process that is not current). */
void sched_load_space(Kernel *kernel, Space *space);
/* The task to run now, switched to; NULL: none is runnable. */
Task *sched_pick(Kernel *kernel);
/* Wakes tasks and fires timers whose deadline has passed, looks at host descriptors. Cheap when nothing is due. */
void sched_poll(Kernel *kernel);
/* Nobody can run: waits on the host until somebody may. false: nothing could ever wake anybody. */
bool sched_idle(Kernel *kernel);
/* Counts the current task's time up to now. */
void sched_account(Kernel *kernel, u64 insns);
/* Parks the current task after its handler returned SYS_BLOCK. */
void sched_park(Task *task);
/* Forgets what a task waits for. */
void wait_clear(Task *task);
/* Something has become due at this time (kernel_now() nanoseconds). */
static inline void sched_note_deadline(Kernel *kernel, u64 deadline)
{
    if (deadline < kernel->next_deadline)
        kernel->next_deadline = deadline;
}
void sched_destroy(Kernel *kernel);

/* May the task give the process this nice value? */
bool nice_allowed(const Task *task, const Process *process, i32 nice);

#endif

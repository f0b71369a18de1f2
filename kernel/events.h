/* What a debugger waits for, as ptrace(2) tells a tracer: signals before they act, system calls on entry and return, fork and its
 * relatives, exec, ends of processes, single steps of one thread. Each becomes a KernelStop, told one at a time by kernel_run().
 *
 * Off (kernel->events NULL) it costs nothing; on, processes tell unless they are `untraced`, as children are that nobody is told of. */
#ifndef EMU_KERNEL_EVENTS_H
#define EMU_KERNEL_EVENTS_H

#include "kernel/kernel.h"

enum { EVENT_CALLS = 512 }; /* system calls that can be told apart */

typedef struct Events {
    u64 signals;                 /* tell these: SIGNAL_BIT() */
    bool forks, execs, ends;
    bool calls;                  /* tell system calls: those in call_set, all when it is empty */
    bool some_calls;
    u8 call_set[EVENT_CALLS / 8];
    KernelStop *queue;           /* not yet told, oldest first */
    u32 count, capacity;
} Events;

/* The machine's, made when there is none; NULL: no host memory. */
Events *events_get(Kernel *kernel);
void events_destroy(Kernel *kernel);

/* kernel_run() stops with it; `kind` about the task. The rest of the event is the caller's to fill in until then. */
KernelStop *event_post(const Task *task, KernelStopKind kind);
/* The oldest event, taken off the queue. false: there is none. */
bool event_next(Kernel *kernel, KernelStop *stop);

/* The hooks. Each first asks whether anybody wants to know. */
bool event_signal(Task *task, const SigInfo *info); /* true: the signal waits in task->told, and the machine stops */
bool event_wants_signal(const Task *task, i32 signo);
bool event_call_entry(Task *task);                  /* true: the call begins when the machine runs on */
void event_call_return(Task *task, i64 result);
void event_forked(Task *parent, Task *child, bool vfork);
void event_vfork_done(Task *parent);
void event_ended(Process *process, i32 status);
/* The task has had its instruction; it is asked again when a call parked it. */
void event_stepped(Task *task);
/* Puts what the processor said into a stop that is about a signal. */
void event_describe_signal(const Task *task, const SigInfo *info, KernelStop *stop);

/* KERNEL_STEPPED behind the task's next instruction. */
void task_step(Task *task, bool step);
/* A held task does not run, whatever its state. */
void task_hold(Task *task, bool held);
/* Ends the call that the task is parked in as a signal would, so that its registers mean something and may be changed: it will be
 * made again, or not, as they then say. false: it is in no call that can be ended. */
bool task_interrupt_call(Task *task);

#endif

/* Signals, for the files that implement them (signal*.c, exception.c) and the life of processes. */
#ifndef EMU_KERNEL_SIGNAL_INTERNAL_H
#define EMU_KERNEL_SIGNAL_INTERNAL_H

#include "kernel/kernel.h"

/* ---- dispositions (signal.c) ---- */
Handlers *handlers_create(void);
Handlers *handlers_copy(const Handlers *handlers);
void handlers_unref(Handlers *handlers);
/* exec: handlers become default, SIG_IGN stays; `all` (CLONE_CLEAR_SIGHAND is the same rule). */
void handlers_reset(Handlers *handlers, bool keep_ignored);

/* What the default action of a signal is. signal(7). */
typedef enum DefaultAction { ACTION_TERMINATE, ACTION_CORE, ACTION_IGNORE, ACTION_STOP, ACTION_CONTINUE } DefaultAction;
DefaultAction signal_default(i32 signo);
const char *signal_name(i32 signo); /* "SIGSEGV", "SIGRT_3" (strace's names) */

/* ---- queues (signal.c) ---- */
void signals_clear(PendingSignals *pending);
void signals_discard(PendingSignals *pending, u64 set);
/* The queued signal of a POSIX timer, NULL: none. */
SigInfo *signal_find_timer(PendingSignals *pending, i32 timer_id);
/* All that is pending for the task, its process's too. */
u64 signals_pending(const Task *task);
/* A signal that cannot be refused, as faults are: unblocked and un-ignored if need be (force_sig_info). */
void signal_force(Task *task, const SigInfo *info);
/* May `task` signal `target`? kill(2), EPERM. */
bool signal_permitted(const Task *task, const Process *target, i32 signo);
/* kill to a process (or one `thread` of it) after checking rights; signo 0 only checks. */
i64 signal_send_checked(Task *task, Process *process, Task *thread, i32 signo, const SigInfo *info);

/* ---- delivery (signal_deliver.c) ---- */
/* Acts on what is pending: sets up handlers' frames, stops, ends. Also settles restarts of interrupted calls. The task is
 * current; afterwards it may be dead or stopped. false: a fatal signal was found and the machine is to stop first
 * (config.stop_on_fatal): kernel->stop is filled. */
bool signal_deliver(Task *task);
/* Is there anything for signal_deliver to do? */
static inline bool signal_work(const Task *task)
{
    return task->restart_result || task->restore_mask || task->told || ((task->pending.set | task->process->pending.set) & ~task->blocked) ||
           task->process->exiting;
}

/* ---- frames (signal_frame.c) ---- */
/* Pushes the frame for `info` and points the registers at the handler. false: the stack cannot take it. */
bool signal_frame_push(Task *task, const SigInfo *info, const SignalAction *action);

/* ---- exceptions of the processor (exception.c) ---- */
/* The signal that Linux makes of the exception (after page faults have been tried); sent to the task. */
void exception_signal(Task *task, const CpuException *exception);

#endif

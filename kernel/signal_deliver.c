/* What a task does about its signals before it runs on: handlers, default actions, and the fate of the call that was
 * interrupted. arch/x86/kernel/signal.c and kernel/signal.c (get_signal) are the model. signal(7). */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "kernel/events.h"
#include "kernel/core_dump.h"
#include "kernel/host_signals.h"
#include "kernel/sched.h"
#include "kernel/signal_internal.h"
#include "kernel/strace.h"
#include "kernel/task.h"

enum { SYSCALL_LENGTH = 2, NUMBER_RESTART_SYSCALL = 219 };

/* The interrupted call is made again when the task runs on. */
static void restart_call(Task *task, u64 number)
{
    CpuState *registers = task_registers(task);
    registers->r[RAX] = number;
    registers->rip -= SYSCALL_LENGTH;
}

/* A handler will run: which interrupted calls begin again behind it? signal(7), "Interruption of system calls". */
static void settle_for_handler(Task *task, const SignalAction *action)
{
    i64 result = task->restart_result;
    task->restart_result = 0;
    if (result == SYS_RESTARTNOINTR || (result == SYS_RESTARTSYS && (action->flags & SA_RESTART)))
        restart_call(task, task->call.number);
    else if (result)
        task_registers(task)->r[RAX] = (u64)-EINTR;
}

static void settle_without_handler(Task *task)
{
    i64 result = task->restart_result;
    task->restart_result = 0;
    if (result)
        restart_call(task, result == SYS_RESTART_BLOCK ? NUMBER_RESTART_SYSCALL : task->call.number);
    if (task->restore_mask) {
        task->restore_mask = false;
        task->blocked = task->saved_mask;
    }
}

static void run_handler(Task *task, const SigInfo *info, SignalAction *action)
{
    SignalAction copy = *action;
    settle_for_handler(task, &copy);
    if (task->rseq && !rseq_preempted(task))
        signal_force(task, &(SigInfo){.signo = SIGSEGV, .code = SI_KERNEL});
    if (copy.flags & SA_RESETHAND)
        action->handler = (u64)SIG_DFL;
    if (!signal_frame_push(task, info, &copy)) {
        if (info->signo == SIGSEGV) /* it would only fail again */
            task->process->handlers->actions[SIGSEGV - 1].handler = (u64)SIG_DFL;
        task->has_exception = false;
        signal_force(task, &(SigInfo){.signo = SIGSEGV, .code = SI_KERNEL});
        return;
    }
    task->handler_entered = true;
    task->pass_breakpoint = false;
    task->restore_mask = false;
    task->blocked |= copy.mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
    if (!(copy.flags & SA_NODEFER))
        task->blocked |= SIGNAL_BIT(info->signo);
}

static void stop_process(Task *task, i32 signo)
{
    Process *process = task->process;
    if (signo != SIGSTOP && group_orphaned(process->kernel, process->pgid, NULL))
        return; /* terminal stops do not apply */
    process->stopped = true;
    process->stop_signal = signo;
    process->stop_reported = false;
    process->continued_pending = false;
    for (Task *thread = process->threads; thread; thread = thread->next_thread)
        sched_dequeue(thread);
    process_notify_parent(process, SIGCHLD, CLD_STOPPED, signo);
    if (process == process->kernel->init)
        host_signals_stopped(process->kernel, signo);
}

/* The signal kills. false: first the machine stops, once, so that somebody can look. */
static bool die(Task *task, const SigInfo *info)
{
    Kernel *kernel = task->kernel;
    if (kernel->config.stop_on_fatal && !task->fatal_seen) {
        task->fatal_seen = true;
        task->blocked &= ~SIGNAL_BIT(info->signo);
        kernel->stop = (KernelStop){.kind = KERNEL_FATAL, .pid = task->process->pid, .tid = task->tid};
        event_describe_signal(task, info, &kernel->stop);
        signal_send_task(task, info);
        return false;
    }
    task->fatal_seen = false;
    bool core = signal_default(info->signo) == ACTION_CORE && core_dump(task, info);
    process_exit_group(task, status_killed(info->signo, core));
    return true;
}

/* Acts on one signal. false: the machine stops first. */
static bool act(Task *task, const SigInfo *info)
{
    SignalAction *action = &task->process->handlers->actions[info->signo - 1];
    if (action->handler == (u64)SIG_IGN && info->signo != SIGKILL && info->signo != SIGSTOP)
        return true;
    if (action->handler != (u64)SIG_DFL) {
        run_handler(task, info, action);
        return true;
    }
    switch (signal_default(info->signo)) {
    case ACTION_IGNORE:
    case ACTION_CONTINUE: return true;
    case ACTION_STOP: stop_process(task, info->signo); return true;
    default: return die(task, info);
    }
}

/* The signal that a debugger has been told of, and has let through. */
static bool take_told(Task *task, SigInfo *info)
{
    bool told = task->told && task->told_signal.signo;
    task->told = false;
    if (told)
        *info = task->told_signal;
    return told;
}

bool signal_deliver(Task *task)
{
    if (task->process->exiting) {
        task_exit(task, task->process->exit_status);
        return true;
    }
    SigInfo info;
    while (task->state == TASK_RUNNABLE && !task->process->stopped) {
        bool told = take_told(task, &info);
        if (!told && !signal_take(task, ~task->blocked, &info))
            break;
        if (!told && UNLIKELY(task->kernel->events != NULL) && event_signal(task, &info))
            return false;
        if (task->kernel->strace && !task->fatal_seen)
            strace_signal(task, &info);
        if (!act(task, &info))
            return false;
    }
    if (task->state == TASK_RUNNABLE && !task->process->stopped)
        settle_without_handler(task);
    return true;
}

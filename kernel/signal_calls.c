/* The system calls about signals, but sigaltstack and rt_sigreturn, which belong to frames. */
#include <errno.h>
#include <signal.h>

#include "kernel/sched.h"
#include "kernel/signal_internal.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"
#include "kernel/time_types.h"

enum { SIGSET_SIZE = 8 };
#define UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

i64 signal_mask_from_guest(Task *task, u64 address, u64 size, u64 *mask)
{
    if (!address)
        return 1;
    if (size != SIGSET_SIZE)
        return -EINVAL;
    if (!copy_from_guest(task, mask, address, SIGSET_SIZE))
        return -EFAULT;
    *mask &= ~UNBLOCKABLE;
    return 0;
}

void signal_mask_for_call(Task *task, u64 mask)
{
    if (!task->restore_mask) {
        task->saved_mask = task->blocked;
        task->restore_mask = true;
    }
    task->blocked = mask & ~UNBLOCKABLE;
}

/* rt_sigaction(2) */
i64 sys_rt_sigaction(Task *task, const u64 *arg)
{
    i32 signo = (i32)arg[0];
    SignalAction new;
    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (arg[1] && !copy_from_guest(task, &new, arg[1], sizeof new))
        return -EFAULT;
    if (signo < 1 || signo > SIGNALS || (arg[1] && (UNBLOCKABLE & SIGNAL_BIT(signo))))
        return -EINVAL;
    Process *process = task->process;
    SignalAction *action = &process->handlers->actions[signo - 1], old = *action;
    if (arg[1]) {
        new.mask &= ~UNBLOCKABLE;
        new.flags &= SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND |
                     0x04000000 | 0x800 /* SA_EXPOSE_TAGBITS */;
        *action = new;
        bool ignores = new.handler == (u64)SIG_IGN || (new.handler == (u64)SIG_DFL && signal_default(signo) == ACTION_IGNORE);
        if (ignores) { /* what is pending is dropped, blocked or not. POSIX, 2.4.3 */
            signals_discard(&process->pending, SIGNAL_BIT(signo));
            for (Task *thread = process->threads; thread; thread = thread->next_thread)
                signals_discard(&thread->pending, SIGNAL_BIT(signo));
        }
    }
    return arg[2] && !copy_to_guest(task, arg[2], &old, sizeof old) ? -EFAULT : 0;
}

/* rt_sigprocmask(2) */
i64 sys_rt_sigprocmask(Task *task, const u64 *arg)
{
    u64 old = task->blocked, set;
    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (arg[1]) {
        if (!copy_from_guest(task, &set, arg[1], sizeof set))
            return -EFAULT;
        set &= ~UNBLOCKABLE;
        switch ((i32)arg[0]) {
        case SIG_BLOCK: task->blocked |= set; break;
        case SIG_UNBLOCK: task->blocked &= ~set; break;
        case SIG_SETMASK: task->blocked = set; break;
        default: return -EINVAL;
        }
    }
    return arg[2] && !copy_to_guest(task, arg[2], &old, sizeof old) ? -EFAULT : 0;
}

i64 sys_rt_sigpending(Task *task, const u64 *arg)
{
    u64 set = signals_pending(task) & task->blocked;
    if (arg[1] > SIGSET_SIZE)
        return -EINVAL;
    return copy_to_guest(task, arg[0], &set, arg[1]) ? 0 : -EFAULT;
}

/* rt_sigsuspend(2): the mask is put back by the delivery that ends it. */
i64 sys_rt_sigsuspend(Task *task, const u64 *arg)
{
    if (task->woken == WOKEN_SIGNAL)
        return SYS_RESTARTNOHAND;
    u64 mask;
    if (arg[1] != SIGSET_SIZE)
        return -EINVAL;
    if (!copy_from_guest(task, &mask, arg[0], sizeof mask))
        return -EFAULT;
    signal_mask_for_call(task, mask);
    return wait_forever(task);
}

i64 sys_pause(Task *task, const u64 *arg)
{
    (void)arg;
    return task->woken == WOKEN_SIGNAL ? SYS_RESTARTNOHAND : wait_forever(task);
}

/* rt_sigtimedwait(2) */
i64 sys_rt_sigtimedwait(Task *task, const u64 *arg)
{
    u64 set, timeout = NO_DEADLINE;
    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (!copy_from_guest(task, &set, arg[0], sizeof set))
        return -EFAULT;
    if (arg[2]) {
        i64 result = timespec_read(task, arg[2], &timeout);
        if (result)
            return result;
    }
    SigInfo info;
    if (signal_take(task, set & ~UNBLOCKABLE, &info)) {
        if (arg[1] && !copy_to_guest(task, arg[1], &info, sizeof info))
            return -EFAULT;
        return info.signo;
    }
    if (task->woken == WOKEN_SIGNAL)
        return -EINTR;
    if (task->woken == WOKEN_TIMEOUT || timeout == 0)
        return -EAGAIN;
    if (arg[2])
        wait_deadline(task, call_deadline(task, timeout));
    return wait_event(task, signal_event(task->process));
}

/* ---- sending ------------------------------------------------------------------------------------------------------------ */

/* To each process that `pgid` (0: all but the first and the caller) names. kill(2). */
static i64 kill_many(Task *task, i32 pgid, i32 signo, const SigInfo *info)
{
    i64 sent = 0, denied = 0, error = -ESRCH;
    for (Process *process = task->kernel->processes, *next; process; process = next) {
        next = process->next;
        if (pgid ? process->pgid != pgid : process == task->process || process == task->kernel->init)
            continue;
        i64 result = signal_send_checked(task, process, NULL, signo, info);
        sent += result == 0;
        denied += result == -EPERM;
        if (result)
            error = result;
    }
    return sent ? 0 : denied ? -EPERM : error;
}

i64 sys_kill(Task *task, const u64 *arg)
{
    i32 pid = (i32)arg[0], signo = (i32)arg[1];
    SigInfo info = signal_info_user(task, signo, SI_USER);
    bool outside = pid == 1 || pid == FIRST_PID - 1; /* init and our parent: they exist, and are not the guest's to signal */
    if (signo < 0 || signo > SIGNALS)
        return pid > 0 && !outside && !process_find(task->kernel, pid) ? -ESRCH : -EINVAL;
    if (outside)
        return -EPERM;
    if (pid == INT32_MIN)
        return -ESRCH;
    if (pid <= 0)
        return kill_many(task, pid == 0 ? task->process->pgid : pid == -1 ? 0 : -pid, signo, &info);
    Process *process = process_find(task->kernel, pid);
    if (!process) {
        Task *thread = task_find(task->kernel, pid); /* a thread's number stands for its process */
        process = thread ? thread->process : NULL;
    }
    return process ? signal_send_checked(task, process, NULL, signo, &info) : -ESRCH;
}

static i64 send_thread(Task *task, i32 tgid, i32 tid, i32 signo, const SigInfo *info)
{
    Task *target = task_find(task->kernel, tid);
    if (!target || (tgid > 0 && target->process->pid != tgid)) {
        /* A leader that has left before its threads is still found, and hears nothing. */
        Process *process = process_find(task->kernel, tid);
        return process && (tgid <= 0 || tgid == tid) && signo >= 0 && signo <= SIGNALS ? 0 : -ESRCH;
    }
    return signal_send_checked(task, target->process, target, signo, info);
}

i64 sys_tkill(Task *task, const u64 *arg)
{
    SigInfo info = signal_info_user(task, (i32)arg[1], SI_TKILL);
    return (i32)arg[0] <= 0 ? -EINVAL : send_thread(task, 0, (i32)arg[0], (i32)arg[1], &info);
}

i64 sys_tgkill(Task *task, const u64 *arg)
{
    SigInfo info = signal_info_user(task, (i32)arg[2], SI_TKILL);
    if ((i32)arg[0] <= 0 || (i32)arg[1] <= 0)
        return -EINVAL;
    return send_thread(task, (i32)arg[0], (i32)arg[1], (i32)arg[2], &info);
}

/* Reads a siginfo from user space for `signo`; only to oneself may it look like the kernel's or kill's. */
static i64 read_info(Task *task, u64 address, i32 signo, bool self, SigInfo *info)
{
    if (!copy_from_guest(task, info, address, sizeof *info))
        return -EFAULT;
    info->signo = signo;
    return (info->code >= 0 || info->code == SI_TKILL) && !self ? -EPERM : 0;
}

i64 sys_rt_sigqueueinfo(Task *task, const u64 *arg)
{
    SigInfo info;
    i32 pid = (i32)arg[0];
    i64 result = read_info(task, arg[2], (i32)arg[1], pid == task->process->pid, &info);
    if (result)
        return result;
    Process *process = pid > 0 ? process_find(task->kernel, pid) : NULL;
    return process ? signal_send_checked(task, process, NULL, (i32)arg[1], &info) : -ESRCH;
}

i64 sys_rt_tgsigqueueinfo(Task *task, const u64 *arg)
{
    SigInfo info;
    if ((i32)arg[0] <= 0 || (i32)arg[1] <= 0)
        return -EINVAL;
    i64 result = read_info(task, arg[3], (i32)arg[2], (i32)arg[1] == task->tid, &info);
    return result ? result : send_thread(task, (i32)arg[0], (i32)arg[1], (i32)arg[2], &info);
}

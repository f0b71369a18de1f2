/* wait4(2) and waitid(2). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "kernel/fd.h"
#include "kernel/identity.h"
#include "kernel/pidfd.h"
#include "kernel/signal_internal.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"

typedef struct WaitFor {
    i32 pid;          /* one process; 0: any */
    i32 pgid;         /* one group; 0: any */
    u32 options;
    bool nonblocking; /* -EAGAIN instead of waiting */
} WaitFor;

typedef struct WaitResult {
    i32 pid;
    u32 uid;
    i32 status;       /* as wait4 reports it */
    i32 code;         /* CLD_… */
    i32 value;        /* si_status */
    GuestRusage usage;
} WaitResult;

static bool eligible(const Process *child, const WaitFor *what)
{
    if ((what->pid && child->pid != what->pid) || (what->pgid && child->pgid != what->pgid))
        return false;
    /* "Clone" children deliver no signal, or another than SIGCHLD. wait(2), Linux notes. */
    bool clone_child = child->exit_signal != SIGCHLD;
    return (what->options & __WALL) || clone_child == !!(what->options & __WCLONE);
}

/* Has this child something to report? Takes it unless WNOWAIT. */
static bool take_report(Process *child, u32 options, WaitResult *result)
{
    bool keep = options & WNOWAIT;
    *result = (WaitResult){.pid = child->pid, .uid = child->credentials.uid};
    if (child->zombie && (options & WEXITED)) {
        i32 status = child->exit_status;
        result->status = status;
        result->code = WIFEXITED(status) ? CLD_EXITED : WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED;
        result->value = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
        result->usage = rusage_of(child, RUSAGE_BOTH);
        if (!keep)
            process_reap(child);
        return true;
    }
    if (child->stopped && !child->stop_reported && (options & WSTOPPED)) {
        result->status = child->stop_signal << 8 | 0x7f;
        result->code = CLD_STOPPED;
        result->value = child->stop_signal;
        result->usage = rusage_of(child, RUSAGE_BOTH);
        child->stop_reported = !keep;
        return true;
    }
    if (child->continued_pending && (options & WCONTINUED)) {
        result->status = 0xffff;
        result->code = CLD_CONTINUED;
        result->value = SIGCONT;
        result->usage = rusage_of(child, RUSAGE_BOTH);
        child->continued_pending = keep;
        return true;
    }
    return false;
}

/* 1: *result is filled; 0: none has anything (WNOHANG); else what the call returns. */
static i64 wait_for(Task *task, const WaitFor *what, WaitResult *result)
{
    Process *process = task->process;
    bool any = false;
    /* Oldest first: children are linked youngest first. */
    Process *found = NULL;
    for (Process *child = process->children; child; child = child->next_sibling) {
        if (!eligible(child, what))
            continue;
        any = true;
        WaitResult look;
        if (take_report(child, what->options | WNOWAIT, &look))
            found = child;
    }
    if (found) {
        take_report(found, what->options, result);
        return 1;
    }
    if (!any)
        return -ECHILD;
    if (what->options & WNOHANG)
        return 0;
    if (what->nonblocking)
        return -EAGAIN;
    if (task->woken == WOKEN_SIGNAL)
        return SYS_RESTARTSYS;
    return wait_event(task, process);
}

i64 sys_wait4(Task *task, const u64 *arg)
{
    i32 pid = (i32)arg[0];
    u32 options = (u32)arg[2];
    if (options & ~(u32)(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
        return -EINVAL;
    if (pid == INT32_MIN)
        return -ESRCH;
    WaitFor what = {.options = options | WEXITED, .pid = pid > 0 ? pid : 0,
                    .pgid = pid == 0 ? task->process->pgid : pid < -1 ? -pid : 0};
    WaitResult result;
    i64 got = wait_for(task, &what, &result);
    if (got != 1)
        return got;
    if (arg[3] && !copy_to_guest(task, arg[3], &result.usage, sizeof result.usage))
        return -EFAULT;
    if (arg[1] && !copy_to_guest(task, arg[1], &result.status, 4))
        return -EFAULT;
    return result.pid;
}

static i64 waitid_target(Task *task, const u64 *arg, WaitFor *what)
{
    i32 id = (i32)arg[1];
    switch ((i32)arg[0]) {
    case P_ALL: return 0;
    case P_PID:
        what->pid = id;
        return id <= 0 ? -EINVAL : 0;
    case P_PGID:
        what->pgid = id ? id : task->process->pgid;
        return id < 0 ? -EINVAL : 0;
    case P_PIDFD: {
        Process *process = id < 0 ? NULL : pidfd_process(task, (u64)id);
        if (id < 0 || !process)
            return id < 0 ? -EINVAL : -EBADF;
        what->pid = process->reaped ? -1 : process->pid;
        what->nonblocking = file_get(task, (u64)id)->flags & O_NONBLOCK;
        return 0;
    }
    default: return -EINVAL;
    }
}

/* What waitid is asked for: 0 or -errno. */
static i64 waitid_request(Task *task, const u64 *arg, WaitFor *what)
{
    u32 options = (u32)arg[3];
    *what = (WaitFor){.options = options};
    if (options & ~(u32)(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
        return -EINVAL;
    if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
        return -EINVAL;
    return waitid_target(task, arg, what);
}

i64 sys_waitid(Task *task, const u64 *arg)
{
    WaitFor what;
    WaitResult result;
    SigInfo info = {0};
    i64 got = waitid_request(task, arg, &what);
    got = got ? got : wait_for(task, &what, &result);
    if (got == SYS_BLOCK)
        return got;
    if (got == 1) {
        info.signo = SIGCHLD;
        info.code = result.code;
        info.from.pid = result.pid;
        info.from.uid = result.uid;
        info.from.status = result.value;
        if (arg[4] && !copy_to_guest(task, arg[4], &result.usage, sizeof result.usage))
            return -EFAULT;
    }
    /* Linux writes the seven fields up to si_status only, and (as zeroes) also when the call fails. */
    if (arg[2] && (!guest_range_ok(arg[2], 128) || !copy_to_guest(task, arg[2], &info, 28)))
        return -EFAULT;
    return got < 0 ? got : 0;
}

/* Tasks and processes end: what is released, who is told, wait4(2) and waitid(2). */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/heap.h"
#include "kernel/events.h"
#include "kernel/page_cache.h"
#include "kernel/pidfd.h"
#include "kernel/sched.h"
#include "kernel/signal_internal.h"
#include "kernel/space.h"
#include "kernel/strace.h"
#include "kernel/syscalls.h"
#include "kernel/sysv.h"
#include "kernel/task.h"
#include "kernel/terminal.h"
#include "kernel/timer.h"

/* ---- threads ------------------------------------------------------------------------------------------------------------ */

void task_unlink_thread(Task *task)
{
    Process *process = task->process;
    for (Task **link = &process->threads; *link; link = &(*link)->next_thread)
        if (*link == task) {
            *link = task->next_thread;
            process->thread_count--;
            break;
        }
    if (process->leader == task)
        process->leader = NULL;
}

void task_release_vfork(Task *task)
{
    if (!task->vfork_parent)
        return;
    Task *parent = task_find(task->kernel, task->vfork_parent);
    task->vfork_parent = 0;
    if (!parent)
        return;
    wake_event(task->kernel, parent, 1);
    if (UNLIKELY(task->kernel->events != NULL))
        event_vfork_done(parent);
}

void task_release_memory(Task *task)
{
    Process *process = task->process;
    futex_exit(task);
    if (task->clear_child_tid && (process->thread_count > 1 || process->space->refs > 1)) {
        u32 zero = 0;
        if (copy_to_guest(task, task->clear_child_tid, &zero, 4))
            futex_wake_address(task, task->clear_child_tid, 1);
    }
    task->clear_child_tid = 0;
    task->robust_list = 0;
}

/* The figures of a dead thread stay with its process. */
static void keep_accounts(Task *task)
{
    Process *process = task->process;
    CpuTime time = task_cpu_time(task);
    process->dead_cpu_ns += time.user + time.system;
    process->dead_calls += task->system_calls;
    process->dead_minor_faults += task->minor_faults;
    process->dead_major_faults += task->major_faults;
    process->dead_voluntary += task->voluntary_switches;
    process->dead_involuntary += task->involuntary_switches;
}

static void process_end(Task *last, i32 status);

void task_exit(Task *task, i32 status)
{
    if (task->state == TASK_DEAD)
        return;
    Kernel *kernel = task->kernel;
    if (kernel->strace)
        strace_task_exit(task, status);
    task_release_memory(task);
    wait_clear(task);
    futex_forget(task);
    sched_dequeue(task);
    task->state = TASK_DEAD;
    kernel->dead_tasks++;
    if (task->call.file)
        file_call_ended(task);
    heap_free(task->call.data);
    task->call.data = NULL;
    signals_clear(&task->pending);
    keep_accounts(task);
    files_unref(task, task->files);
    fs_unref(task->fs);
    task->files = NULL;
    task->fs = NULL;
    task_unlink_thread(task);
    task_release_vfork(task);
    if (task->process->thread_count == 0)
        process_end(task, task->process->exiting ? task->process->exit_status : status);
}

void task_kill_siblings(Task *task)
{
    Process *process = task->process;
    for (Task *other = process->threads, *next; other; other = next) {
        next = other->next_thread;
        if (other != task)
            task_exit(other, process->exit_status);
    }
}

void process_exit_group(Task *task, i32 status)
{
    Process *process = task->process;
    if (!process->exiting) {
        process->exiting = true;
        process->exit_status = status;
    }
    task_kill_siblings(task);
    task_exit(task, process->exit_status);
}

void process_kill(Process *process, i32 status)
{
    Kernel *kernel = process->kernel;
    Task *current = kernel->current;
    if (process->zombie || !process->space)
        return;
    sched_load_space(kernel, process->space);
    process->exiting = true;
    process->exit_status = status;
    process->refs++; /* its end may be the end of the structure: nobody waits for orphans */
    while (process->threads)
        task_exit(process->threads, status);
    if (current && current->state != TASK_DEAD && current->process->space)
        sched_load_space(kernel, current->process->space);
    process_unref(process);
}

/* ---- processes --------------------------------------------------------------------------------------------------- */

void process_unref(Process *process)
{
    if (--process->refs == 0)
        heap_free(process);
}

void process_reap(Process *process)
{
    Kernel *kernel = process->kernel;
    Process *parent = process->parent;
    if (parent) {
        parent->children_cpu_ns += process->dead_cpu_ns + process->children_cpu_ns;
        parent->children_calls += process->dead_calls + process->children_calls;
        parent->children_minor_faults += process->dead_minor_faults + process->children_minor_faults;
        parent->children_major_faults += process->dead_major_faults + process->children_major_faults;
        u64 peak = process->peak_rss > process->children_peak_rss ? process->peak_rss : process->children_peak_rss;
        if (peak > parent->children_peak_rss)
            parent->children_peak_rss = peak;
        for (Process **link = &parent->children; *link; link = &(*link)->next_sibling)
            if (*link == process) {
                *link = process->next_sibling;
                break;
            }
    }
    if (process->previous)
        process->previous->next = process->next;
    else
        kernel->processes = process->next;
    if (process->next)
        process->next->previous = process->previous;
    else
        kernel->last_process = process->previous;
    kernel->process_count--;
    process->reaped = true;
    process->parent = process->next = process->previous = process->next_sibling = NULL;
    process_unref(process);
}

/* Does the parent not care (SIGCHLD ignored, SA_NOCLDWAIT)? Then a child leaves no zombie. */
static bool parent_ignores(const Process *parent)
{
    const SignalAction *action = &parent->handlers->actions[SIGCHLD - 1];
    return action->handler == (u64)SIG_IGN || (action->flags & SA_NOCLDWAIT);
}

void process_notify_parent(Process *process, i32 signo, i32 code, i32 status)
{
    Process *parent = process->parent;
    if (!parent || !parent->handlers)
        return;
    SigInfo info = {.signo = signo, .code = code};
    CpuTime time = process_cpu_time(process);
    info.from.pid = process->pid;
    info.from.uid = process->credentials.uid;
    info.from.status = status;
    info.from.utime = (i64)(time.user / 10000000); /* clock ticks */
    info.from.stime = (i64)(time.system / 10000000);
    bool stop_quiet = code != CLD_EXITED && code != CLD_KILLED && code != CLD_DUMPED &&
                      (parent->handlers->actions[SIGCHLD - 1].flags & SA_NOCLDSTOP);
    if (signo && !stop_quiet)
        signal_send_process(parent, &info);
    wake_event(process->kernel, parent, UINT32_MAX);
}

/* The nearest ancestor that adopts orphans. */
static Process *find_reaper(Process *process)
{
    for (Process *ancestor = process->parent; ancestor; ancestor = ancestor->parent)
        if (ancestor->child_subreaper && !ancestor->zombie)
            return ancestor;
    Process *init = process->kernel->init;
    return init != process && !init->zombie ? init : NULL;
}

bool group_orphaned(const Kernel *kernel, i32 pgid, const Process *leaving)
{
    bool shell = kernel->job_of_shell && kernel->config.forward_signals;
    for (const Process *p = kernel->processes; p; p = p->next) {
        if (p->pgid != pgid || p == leaving || p->zombie)
            continue;
        if (p == kernel->init ? shell : p->parent && p->parent->pgid != pgid && p->parent->sid == p->sid)
            return false;
    }
    return true;
}

/* A stopped member of a process group that has become an orphan gets SIGHUP and SIGCONT. setpgid(2), POSIX _exit. */
static void hang_up_orphans(Kernel *kernel, i32 pgid, const Process *leaving)
{
    bool stopped = false;
    for (Process *p = kernel->processes; p; p = p->next)
        stopped |= p->pgid == pgid && p != leaving && p->stopped;
    if (!stopped || !group_orphaned(kernel, pgid, leaving))
        return;
    signal_send_group(kernel, pgid, &(SigInfo){.signo = SIGHUP, .code = SI_KERNEL});
    signal_send_group(kernel, pgid, &(SigInfo){.signo = SIGCONT, .code = SI_KERNEL});
}

static void give_away_children(Process *process)
{
    Process *reaper = find_reaper(process);
    while (process->children) {
        Process *child = process->children;
        process->children = child->next_sibling;
        child->parent = reaper;
        child->next_sibling = NULL;
        if (reaper) {
            child->next_sibling = reaper->children;
            reaper->children = child;
        }
        if (child->parent_death_signal && !child->zombie)
            signal_send_process(child, &(SigInfo){.signo = child->parent_death_signal, .code = SI_USER,
                                                  .from = {.pid = process->pid, .uid = process->credentials.uid}});
        if (child->pgid != process->pgid)
            hang_up_orphans(process->kernel, child->pgid, process);
        if (child->zombie && (!reaper || parent_ignores(reaper)))
            process_reap(child);
        else if (child->zombie)
            process_notify_parent(child, SIGCHLD, WIFSIGNALED(child->exit_status) ? CLD_KILLED : CLD_EXITED,
                                  child->exit_status >> 8);
    }
}

/* The last thread has gone. */
static void process_end(Task *last, i32 status)
{
    Process *process = last->process;
    Kernel *kernel = process->kernel;
    timers_exit(process);
    sysv_process_exit(process);
    if (process->space->resident_peak > process->peak_rss)
        process->peak_rss = process->space->resident_peak;
    space_unref(process->space);
    process->space = NULL;
    signals_clear(&process->pending);
    handlers_unref(process->handlers);
    process->handlers = NULL;
    if (process->exe_file)
        cached_file_unref(process->exe_file);
    process->exe_file = NULL;
    heap_free(process->exe_path);
    process->exe_path = NULL;
    process->exit_status = status;
    process->exiting = true;
    process->zombie = true;
    process->stopped = false;
    if (process == kernel->init)
        kernel->init_ended = true;
    event_ended(process, status);
    if (process->sid == process->pid)
        terminal_session_ended(kernel, process->sid);
    give_away_children(process);
    hang_up_orphans(kernel, process->pgid, process);
    wake_event(kernel, &process->zombie, UINT32_MAX);
    Process *parent = process->parent;
    if (!parent) {
        if (process != kernel->init)
            process_reap(process); /* an orphan whose reaper has gone before it */
        return;
    }
    i32 code = WIFEXITED(status) ? CLD_EXITED : WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED;
    bool ignored = process->exit_signal == SIGCHLD && parent_ignores(parent);
    process_notify_parent(process, process->exit_signal, code, WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    if (ignored)
        process_reap(process);
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

i64 sys_exit(Task *task, const u64 *arg)
{
    task_exit(task, status_exited((i32)arg[0]));
    return SYS_NORETURN;
}

i64 sys_exit_group(Task *task, const u64 *arg)
{
    process_exit_group(task, status_exited((i32)arg[0]));
    return SYS_NORETURN;
}

/* Limits, usage, priorities: what a process may use, and has used. */
#include <errno.h>
#include <sys/resource.h>

#include <linux/capability.h>

#include "kernel/credentials.h"
#include "kernel/identity.h"
#include "kernel/space.h"
#include "kernel/sched.h"
#include "kernel/syscalls.h"
#include "kernel/time_types.h"

/* ---- limits ------------------------------------------------------------------------------------------------------ */

static i64 set_limit(Task *task, Process *process, u32 resource, const Limit *new)
{
    Limit *limit = &process->limits[resource];
    if (new->soft > new->hard)
        return -EINVAL;
    bool may_raise = credentials_capabilities(task->kernel, &task->credentials) >> CAP_SYS_RESOURCE & 1;
    if (new->hard > limit->hard && !may_raise)
        return -EPERM;
    if (resource == LIMIT_NOFILE && new->hard > 1048576) /* fs.nr_open */
        return -EPERM;
    *limit = *new;
    return 0;
}

i64 sys_prlimit64(Task *task, const u64 *arg)
{
    i32 pid = (i32)arg[0];
    u32 resource = (u32)arg[1];
    Limit new, old;
    if (resource >= LIMITS)
        return -EINVAL;
    if (arg[2] && !copy_from_guest(task, &new, arg[2], sizeof new))
        return -EFAULT;
    Process *process = pid ? process_find(task->kernel, pid) : task->process;
    if (!process) {
        Task *thread = task_find(task->kernel, pid);
        process = thread ? thread->process : NULL;
    }
    if (!process)
        return -ESRCH;
    const Credentials *mine = &task->credentials, *its = &process->credentials;
    if (process != task->process && mine->uid && (mine->uid != its->euid || mine->uid != its->suid || mine->uid != its->uid))
        return -EPERM;
    old = process->limits[resource];
    i64 result = arg[2] ? set_limit(task, process, resource, &new) : 0;
    if (result)
        return result;
    return arg[3] && !copy_to_guest(task, arg[3], &old, sizeof old) ? -EFAULT : 0;
}

i64 sys_getrlimit(Task *task, const u64 *arg)
{
    u32 resource = (u32)arg[0];
    if (resource >= LIMITS)
        return -EINVAL;
    return copy_to_guest(task, arg[1], &task->process->limits[resource], sizeof(Limit)) ? 0 : -EFAULT;
}

i64 sys_setrlimit(Task *task, const u64 *arg)
{
    u32 resource = (u32)arg[0];
    Limit new;
    if (!copy_from_guest(task, &new, arg[1], sizeof new))
        return -EFAULT;
    return resource >= LIMITS ? -EINVAL : set_limit(task, task->process, resource, &new);
}

/* ---- usage ------------------------------------------------------------------------------------------------------- */

static void add_time(GuestRusage *usage, u64 user_ns, u64 system_ns)
{
    u64 user = rusage_user_ns(usage) + user_ns, system = rusage_system_ns(usage) + system_ns;
    usage->user_seconds = (i64)(user / SECOND);
    usage->user_microseconds = (i64)(user % SECOND / 1000);
    usage->system_seconds = (i64)(system / SECOND);
    usage->system_microseconds = (i64)(system % SECOND / 1000);
}

u64 rusage_user_ns(const GuestRusage *usage)
{
    return (u64)usage->user_seconds * SECOND + (u64)usage->user_microseconds * 1000;
}

u64 rusage_system_ns(const GuestRusage *usage)
{
    return (u64)usage->system_seconds * SECOND + (u64)usage->system_microseconds * 1000;
}

static void add_task(GuestRusage *usage, Task *task)
{
    usage->minor_faults += (i64)task->minor_faults;
    usage->major_faults += (i64)task->major_faults;
    usage->voluntary_switches += (i64)task->voluntary_switches;
    usage->involuntary_switches += (i64)task->involuntary_switches;
}

GuestRusage rusage_of(Process *process, RusageWho who)
{
    GuestRusage usage = {0};
    u64 peak = 0;
    if (who != RUSAGE_DEAD_CHILDREN) {
        CpuTime time = process_cpu_time(process);
        add_time(&usage, time.user, time.system);
        usage.minor_faults = (i64)process->dead_minor_faults;
        usage.major_faults = (i64)process->dead_major_faults;
        usage.voluntary_switches = (i64)process->dead_voluntary;
        usage.involuntary_switches = (i64)process->dead_involuntary;
        for (Task *task = process->threads; task; task = task->next_thread)
            add_task(&usage, task);
        peak = process->peak_rss;
        if (process->space && process->space->resident_peak > peak)
            peak = process->space->resident_peak;
    }
    if (who != RUSAGE_OWN) {
        u64 system = process->children_calls * 200;
        if (system > process->children_cpu_ns)
            system = process->children_cpu_ns;
        add_time(&usage, process->children_cpu_ns - system, system);
        usage.minor_faults += (i64)process->children_minor_faults;
        usage.major_faults += (i64)process->children_major_faults;
        if (process->children_peak_rss > peak)
            peak = process->children_peak_rss;
    }
    usage.max_rss = (i64)(peak * (PAGE_SIZE / 1024));
    return usage;
}

i64 sys_getrusage(Task *task, const u64 *arg)
{
    GuestRusage usage = {0};
    switch ((i32)arg[0]) {
    case RUSAGE_SELF: usage = rusage_of(task->process, RUSAGE_OWN); break;
    case RUSAGE_CHILDREN: usage = rusage_of(task->process, RUSAGE_DEAD_CHILDREN); break;
    case RUSAGE_THREAD: {
        CpuTime time = task_cpu_time(task);
        add_time(&usage, time.user, time.system);
        add_task(&usage, task);
        usage.max_rss = (i64)(task->process->space->resident_peak * (PAGE_SIZE / 1024));
        break;
    }
    default: return -EINVAL;
    }
    return copy_to_guest(task, arg[1], &usage, sizeof usage) ? 0 : -EFAULT;
}

/* ---- priorities -------------------------------------------------------------------------------------------------- */

static bool priority_matches(const Task *task, const Process *process, i32 which, i32 who)
{
    switch (which) {
    case PRIO_PROCESS: return process->pid == (who ? who : task->process->pid);
    case PRIO_PGRP: return process->pgid == (who ? who : task->process->pgid);
    default: return process->credentials.uid == (who ? (u32)who : task->credentials.uid);
    }
}

/* The result is 20 - nice, so that it is never negative. getpriority(2), "C library/kernel differences". */
i64 sys_getpriority(Task *task, const u64 *arg)
{
    i32 which = (i32)arg[0], best = -1;
    if (which < PRIO_PROCESS || which > PRIO_USER)
        return -EINVAL;
    for (Process *process = task->kernel->processes; process; process = process->next)
        if (!process->zombie && priority_matches(task, process, which, (i32)arg[1]) && 20 - process->nice > best)
            best = 20 - process->nice;
    return best < 0 ? -ESRCH : best;
}

i64 sys_setpriority(Task *task, const u64 *arg)
{
    i32 which = (i32)arg[0], nice = (i32)arg[2] < -20 ? -20 : (i32)arg[2] > 19 ? 19 : (i32)arg[2];
    i64 result = -ESRCH;
    if (which < PRIO_PROCESS || which > PRIO_USER)
        return -EINVAL;
    for (Process *process = task->kernel->processes; process; process = process->next) {
        if (process->zombie || !priority_matches(task, process, which, (i32)arg[1]))
            continue;
        bool allowed = nice_allowed(task, process, nice);
        if (allowed)
            process->nice = nice;
        result = allowed ? (result == -ESRCH ? 0 : result) : -EACCES;
    }
    return result;
}

/* Limits, usage, priorities, scheduling parameters: what a process may use, and has used. */
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#include "kernel/identity.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/syscalls.h"
#include "kernel/time_types.h"

/* ---- limits ------------------------------------------------------------------------------------------------------------------ */

static i64 set_limit(Task *task, Process *process, u32 resource, const Limit *new)
{
    Limit *limit = &process->limits[resource];
    if (new->soft > new->hard)
        return -EINVAL;
    if (new->hard > limit->hard && task->process->credentials.euid != 0)
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
    const Credentials *mine = &task->process->credentials, *its = &process->credentials;
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

/* ---- usage ------------------------------------------------------------------------------------------------------------------- */

static void add_time(GuestRusage *usage, u64 user_ns, u64 system_ns)
{
    u64 user = rusage_user_ns(usage) + user_ns, system = rusage_system_ns(usage) + system_ns;
    usage->user_seconds = (i64)(user / SECOND);
    usage->user_microseconds = (i64)(user % SECOND / 1000);
    usage->system_seconds = (i64)(system / SECOND);
    usage->system_microseconds = (i64)(system % SECOND / 1000);
}

u64 rusage_user_ns(const GuestRusage *usage) { return (u64)usage->user_seconds * SECOND + (u64)usage->user_microseconds * 1000; }
u64 rusage_system_ns(const GuestRusage *usage) { return (u64)usage->system_seconds * SECOND + (u64)usage->system_microseconds * 1000; }

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
        u64 system = process->children_calls * 200 < process->children_cpu_ns ? process->children_calls * 200 : process->children_cpu_ns;
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

/* ---- priorities ---------------------------------------------------------------------------------------------------------------- */

static bool priority_matches(const Task *task, const Process *process, i32 which, i32 who)
{
    switch (which) {
    case PRIO_PROCESS: return process->pid == (who ? who : task->process->pid);
    case PRIO_PGRP: return process->pgid == (who ? who : task->process->pgid);
    default: return process->credentials.uid == (who ? (u32)who : task->process->credentials.uid);
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
        bool allowed = nice >= process->nice || task->process->credentials.euid == 0 ||
                       process->limits[LIMIT_NICE].soft >= (u64)(20 - nice);
        if (allowed)
            process->nice = nice;
        result = allowed ? (result == -ESRCH ? 0 : result) : -EACCES;
    }
    return result;
}

/* ---- scheduling: one core, round robin ------------------------------------------------------------------------------------------ */

static Task *self_or(Task *task, i32 tid) { return tid == 0 ? task : task_find(task->kernel, tid); }

i64 sys_sched_yield(Task *task, const u64 *arg)
{
    (void)arg;
    sched_yield_current(task->kernel);
    return 0;
}

i64 sys_sched_getaffinity(Task *task, const u64 *arg)
{
    Task *other = self_or(task, (i32)arg[0]);
    if (arg[1] < 8 || (arg[1] & 7))
        return -EINVAL;
    if (!other)
        return -ESRCH;
    return copy_to_guest(task, arg[2], &other->affinity, 8) ? 8 : -EFAULT;
}

i64 sys_sched_setaffinity(Task *task, const u64 *arg)
{
    u64 mask = 0;
    if (!copy_from_guest(task, &mask, arg[2], arg[1] < 8 ? arg[1] : 8))
        return -EFAULT;
    Task *other = self_or(task, (i32)arg[0]);
    if (!other)
        return -ESRCH;
    return mask & 1 ? 0 : -EINVAL; /* the only processor must be among them */
}

i64 sys_getcpu(Task *task, const u64 *arg)
{
    u32 zero = 0;
    return (arg[0] && !copy_to_guest(task, arg[0], &zero, 4)) || (arg[1] && !copy_to_guest(task, arg[1], &zero, 4)) ? -EFAULT : 0;
}

i64 sys_sched_getscheduler(Task *task, const u64 *arg)
{
    if ((i32)arg[0] < 0)
        return -EINVAL;
    Task *other = self_or(task, (i32)arg[0]);
    return other ? other->policy : -ESRCH;
}

static i64 range_of(i32 policy, bool top)
{
    switch (policy) {
    case SCHED_FIFO: case SCHED_RR: return top ? 99 : 1;
    case SCHED_OTHER: case SCHED_BATCH: case SCHED_IDLE: case 6 /* SCHED_DEADLINE */: return 0;
    default: return -EINVAL;
    }
}

i64 sys_sched_get_priority_max(Task *task, const u64 *arg) { (void)task; return range_of((i32)arg[0], true); }
i64 sys_sched_get_priority_min(Task *task, const u64 *arg) { (void)task; return range_of((i32)arg[0], false); }

static i64 set_policy(Task *task, i32 tid, i32 policy, u64 parameter)
{
    i32 priority;
    if (tid < 0 || !parameter)
        return -EINVAL;
    if (!copy_from_guest(task, &priority, parameter, 4))
        return -EFAULT;
    Task *other = self_or(task, tid);
    if (!other)
        return -ESRCH;
    i32 plain = policy == -1 ? other->policy : policy & ~SCHED_RESET_ON_FORK;
    i64 low = range_of(plain, false), high = range_of(plain, true);
    if (low < 0 || plain == 6 || priority < low || priority > high)
        return -EINVAL;
    if (high > 0 && task->process->credentials.euid && (u64)priority > task->process->limits[LIMIT_RTPRIO].soft)
        return -EPERM;
    other->policy = plain;
    other->priority = priority;
    return 0;
}

i64 sys_sched_setscheduler(Task *task, const u64 *arg)
{
    return (i32)arg[1] < 0 ? -EINVAL : set_policy(task, (i32)arg[0], (i32)arg[1], arg[2]);
}

i64 sys_sched_setparam(Task *task, const u64 *arg) { return set_policy(task, (i32)arg[0], -1, arg[1]); }

i64 sys_sched_getparam(Task *task, const u64 *arg)
{
    if ((i32)arg[0] < 0 || !arg[1])
        return -EINVAL;
    Task *other = self_or(task, (i32)arg[0]);
    if (!other)
        return -ESRCH;
    return copy_to_guest(task, arg[1], &other->priority, 4) ? 0 : -EFAULT;
}

i64 sys_sched_rr_get_interval(Task *task, const u64 *arg)
{
    if ((i32)arg[0] < 0)
        return -EINVAL;
    Task *other = self_or(task, (i32)arg[0]);
    if (!other)
        return -ESRCH;
    return timespec_write(task, arg[1], other->policy == SCHED_RR ? 100000000 : other->policy == SCHED_FIFO ? 0 : 4000000);
}

/* Clocks and sleeping. The vDSO is not offered, so these are real calls; clock_gettime is kept short. */
#include <errno.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <time.h>

#include "kernel/host.h"
#include "kernel/identity.h"
#include "kernel/syscalls.h"
#include "kernel/time_types.h"

/* ---- times in guest memory --------------------------------------------------------------------------------------------- */

static i64 pair_read(Task *task, u64 address, u64 fraction_limit, u64 *ns)
{
    i64 pair[2];
    if (!copy_from_guest(task, pair, address, sizeof pair))
        return -EFAULT;
    if (pair[0] < 0 || pair[1] < 0 || (u64)pair[1] >= fraction_limit)
        return -EINVAL;
    u64 fraction = (u64)pair[1] * (SECOND / fraction_limit);
    *ns = (u64)pair[0] > (UINT64_MAX - 1 - SECOND) / SECOND ? NO_DEADLINE - 1 : (u64)pair[0] * SECOND + fraction;
    return 0;
}

static i64 pair_write(Task *task, u64 address, u64 ns, u64 fraction_limit)
{
    u64 pair[2] = {ns / SECOND, ns % SECOND / (SECOND / fraction_limit)};
    return copy_to_guest(task, address, pair, sizeof pair) ? 0 : -EFAULT;
}

i64 timespec_read(Task *task, u64 address, u64 *ns) { return pair_read(task, address, SECOND, ns); }
i64 timeval_read(Task *task, u64 address, u64 *ns) { return pair_read(task, address, 1000000, ns); }
i64 timespec_write(Task *task, u64 address, u64 ns) { return pair_write(task, address, ns, SECOND); }
i64 timeval_write(Task *task, u64 address, u64 ns) { return pair_write(task, address, ns, 1000000); }

/* ---- clocks -------------------------------------------------------------------------------------------------------------- */

static u64 sum(CpuTime time) { return time.user + time.system; }

/* Clocks of other processes and threads: ~pid << 3 | 4 for a thread | kind. clock_getcpuclockid(3). */
static i64 cpu_clock_read(Task *task, i32 clock, u64 *ns)
{
    i32 id = ~(clock >> 3);
    u32 kind = (u32)clock & 3;
    if (kind == 3)
        return -EINVAL; /* a dynamic clock: a descriptor of /dev/ptp0 and the like */
    if (clock & 4) {
        Task *other = id ? task_find(task->kernel, id) : task;
        if (!other || other->process != task->process)
            return -EINVAL;
        CpuTime time = task_cpu_time(other);
        *ns = kind == 1 ? time.user : sum(time);
        return 0;
    }
    Process *process = id ? process_find(task->kernel, id) : task->process;
    if (!process)
        return -EINVAL;
    CpuTime time = process_cpu_time(process);
    *ns = kind == 1 ? time.user : sum(time);
    return 0;
}

i64 clock_read(Task *task, i32 clock, u64 *ns)
{
    Kernel *kernel = task->kernel;
    switch (clock) {
    case CLOCK_REALTIME: case CLOCK_REALTIME_COARSE: case CLOCK_REALTIME_ALARM: *ns = kernel_realtime(kernel); return 0;
    case CLOCK_TAI: *ns = kernel_realtime(kernel); return 0;
    case CLOCK_MONOTONIC: case CLOCK_MONOTONIC_RAW: case CLOCK_MONOTONIC_COARSE: case CLOCK_BOOTTIME: case CLOCK_BOOTTIME_ALARM:
        *ns = kernel_monotonic(kernel);
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID: *ns = sum(process_cpu_time(task->process)); return 0;
    case CLOCK_THREAD_CPUTIME_ID: *ns = sum(task_cpu_time(task)); return 0;
    default: return clock < 0 ? cpu_clock_read(task, clock, ns) : -EINVAL;
    }
}

i64 clock_to_deadline(Task *task, i32 clock, u64 ns, u64 *deadline)
{
    Kernel *kernel = task->kernel;
    u64 now = kernel_now(kernel), shown;
    switch (clock) {
    case CLOCK_REALTIME: case CLOCK_TAI: case CLOCK_REALTIME_ALARM: shown = kernel_realtime(kernel); break;
    case CLOCK_MONOTONIC: case CLOCK_BOOTTIME: case CLOCK_BOOTTIME_ALARM: shown = kernel_monotonic(kernel); break;
    default: return -EINVAL;
    }
    u64 distance = ns > shown ? ns - shown : 0;
    *deadline = distance >= NO_DEADLINE - 1 - now ? NO_DEADLINE - 1 : now + distance;
    return 0;
}

i64 sys_clock_gettime(Task *task, const u64 *arg)
{
    u64 ns;
    i64 result = clock_read(task, (i32)arg[0], &ns);
    return result ? result : timespec_write(task, arg[1], ns);
}

i64 sys_clock_getres(Task *task, const u64 *arg)
{
    u64 ns;
    i64 result = clock_read(task, (i32)arg[0], &ns);
    if (result || !arg[1])
        return result;
    bool coarse = (i32)arg[0] == CLOCK_REALTIME_COARSE || (i32)arg[0] == CLOCK_MONOTONIC_COARSE;
    return timespec_write(task, arg[1], coarse ? 4000000 : 1);
}

/* Setting the host's clock is not the guest's to do, whoever it runs as. */
i64 sys_clock_settime(Task *task, const u64 *arg)
{
    u64 ns;
    i64 result = clock_read(task, (i32)arg[0], &ns);
    if (result || (i32)arg[0] != CLOCK_REALTIME)
        return -EINVAL;
    result = timespec_read(task, arg[1], &ns);
    return result ? result : -EPERM;
}

i64 sys_settimeofday(Task *task, const u64 *arg)
{
    u64 ns;
    u32 zone[2];
    i64 result = arg[0] ? timeval_read(task, arg[0], &ns) : 0;
    if (!result && arg[1] && !copy_from_guest(task, zone, arg[1], sizeof zone))
        result = -EFAULT;
    return result ? result : -EPERM;
}

/* adjtimex(2): the host's clock may be looked at, not turned. */
i64 sys_adjtimex(Task *task, const u64 *arg)
{
    struct timex t;
    if (!copy_from_guest(task, &t, arg[0], sizeof t))
        return -EFAULT;
    if (t.modes)
        return -EPERM;
    i64 state = host_adjtimex(&t);
    if (state < 0)
        return -errno;
    return copy_to_guest(task, arg[0], &t, sizeof t) ? state : -EFAULT;
}

i64 sys_clock_adjtime(Task *task, const u64 *arg)
{
    u64 shown;
    struct timex t;
    i64 result = copy_from_guest(task, &t, arg[1], sizeof t) ? 0 : -EFAULT;
    if (!result && (i32)arg[0] >= 0)
        result = clock_read(task, (i32)arg[0], &shown);
    if (result)
        return result;
    return (i32)arg[0] == CLOCK_REALTIME ? sys_adjtimex(task, arg + 1) : -EOPNOTSUPP;
}

i64 sys_gettimeofday(Task *task, const u64 *arg)
{
    u32 zone[2] = {0, 0};
    if (arg[0] && timeval_write(task, arg[0], kernel_realtime(task->kernel)))
        return -EFAULT;
    return arg[1] && !copy_to_guest(task, arg[1], zone, sizeof zone) ? -EFAULT : 0;
}

i64 sys_time(Task *task, const u64 *arg)
{
    u64 seconds = kernel_realtime(task->kernel) / SECOND;
    return arg[0] && !copy_to_guest(task, arg[0], &seconds, 8) ? -EFAULT : (i64)seconds;
}

/* times(2): in clock ticks of 10 ms; the result counts from some moment in the past. */
i64 sys_times(Task *task, const u64 *arg)
{
    const u64 tick = 10000000;
    GuestRusage own = rusage_of(task->process, RUSAGE_OWN), children = rusage_of(task->process, RUSAGE_DEAD_CHILDREN);
    u64 ticks[4] = {rusage_user_ns(&own) / tick, rusage_system_ns(&own) / tick, rusage_user_ns(&children) / tick,
                    rusage_system_ns(&children) / tick};
    if (arg[0] && !copy_to_guest(task, arg[0], ticks, sizeof ticks))
        return -EFAULT;
    return (i64)(kernel_monotonic(task->kernel) / tick);
}

/* ---- sleeping ---------------------------------------------------------------------------------------------------- */

/* Sleeps until task->call.deadline. Interrupted: what is left goes to `remain` when the sleep was relative. */
static i64 sleep_on(Task *task, u64 remain, bool absolute)
{
    u64 now = kernel_now(task->kernel), deadline = task->call.deadline;
    if (now >= deadline)
        return 0;
    if (task->woken == WOKEN_SIGNAL) {
        if (absolute)
            return SYS_RESTARTNOHAND;
        if (remain && timespec_write(task, remain, deadline - now))
            return -EFAULT;
        return SYS_RESTART_BLOCK;
    }
    return wait_deadline(task, deadline);
}

i64 sys_nanosleep(Task *task, const u64 *arg)
{
    if (!task->call.deadline) {
        u64 ns;
        i64 result = timespec_read(task, arg[0], &ns);
        if (result)
            return result;
        call_deadline(task, ns);
    }
    return sleep_on(task, arg[1], false);
}

/* Until a processor-time clock shows call.scratch[0]. It runs no faster than time does, so a look is due no earlier than what
 * is left on it; whose process has died never gets there. */
static i64 sleep_on_cpu_clock(Task *task, i32 clock, u64 remain, bool absolute)
{
    enum { SHORTEST_NS = 1000000 };
    u64 shown, target = task->call.scratch[0];
    if (clock_read(task, clock, &shown))
        shown = 0;
    if (shown >= target)
        return 0;
    if (task->woken == WOKEN_SIGNAL) {
        if (absolute)
            return SYS_RESTARTNOHAND;
        return remain && timespec_write(task, remain, target - shown) ? -EFAULT : SYS_RESTART_BLOCK;
    }
    u64 left = target - shown < SHORTEST_NS ? SHORTEST_NS : target - shown, now = kernel_now(task->kernel);
    return wait_deadline(task, left < NO_DEADLINE - now ? now + left : NO_DEADLINE);
}

i64 sys_clock_nanosleep(Task *task, const u64 *arg)
{
    i32 clock = (i32)arg[0];
    bool absolute = arg[1] & TIMER_ABSTIME, cpu_clock = clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID;
    u64 *target = &task->call.scratch[0], *begun = &task->call.scratch[1];
    if (!*begun) {
        u64 ns, shown;
        i64 result = clock_read(task, clock, &shown);
        if (result)
            return result;
        if (clock == CLOCK_THREAD_CPUTIME_ID || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE ||
            clock == CLOCK_MONOTONIC_COARSE)
            return -EOPNOTSUPP;
        result = timespec_read(task, arg[2], &ns);
        if (result)
            return result;
        *begun = true;
        if (cpu_clock)
            *target = absolute ? ns : ns < UINT64_MAX - shown ? shown + ns : UINT64_MAX;
        else if (!absolute)
            call_deadline(task, ns);
        else if (clock_to_deadline(task, clock, ns, &task->call.deadline))
            return -EINVAL;
    }
    return cpu_clock ? sleep_on_cpu_clock(task, clock, arg[3], absolute) : sleep_on(task, arg[3], absolute);
}

/* Timers: setitimer(2), alarm(2), timer_create(2). Those on wall clocks have a deadline on kernel_now()'s scale and are fired
 * by the scheduler; those on processor time are looked at whenever a turn ends. */
#include "kernel/timer.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "base/heap.h"
#include "kernel/sched.h"
#include "kernel/signal_internal.h"
#include "kernel/syscalls.h"
#include "kernel/time_types.h"

typedef enum TimerBase { BASE_WALL, BASE_USER_TIME, BASE_CPU_TIME, BASE_THREAD_TIME } TimerBase;

struct ProcessTimer {
    ProcessTimer *next;
    bool posix;        /* timer_create's; else an interval timer, `id` = ITIMER_… */
    i32 id;
    i32 clock;
    TimerBase base;
    i32 subject;       /* whose processor time: a pid, also another's; a tid for BASE_THREAD_TIME */
    bool armed;
    u64 expires;       /* nanoseconds on the base */
    u64 interval;      /* 0: once */
    i32 notify, signo; /* SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD_ID */
    i32 target;        /* SIGEV_THREAD_ID */
    u64 value;
    i32 overrun;       /* of the last delivery */
};

static u64 base_now(Process *process, const ProcessTimer *timer)
{
    if (timer->base == BASE_WALL)
        return kernel_now(process->kernel);
    CpuTime time = {0, 0};
    if (timer->base == BASE_THREAD_TIME) {
        Task *thread = task_find(process->kernel, timer->subject);
        if (thread)
            time = task_cpu_time(thread);
    } else {
        Process *subject = timer->subject == process->pid ? process : process_find(process->kernel, timer->subject);
        if (subject)
            time = process_cpu_time(subject);
    }
    return timer->base == BASE_USER_TIME ? time.user : time.user + time.system;
}

/* It runs on another process's time, and must be looked at when that one's turn ends. */
static bool foreign(const Process *process, const ProcessTimer *timer)
{
    return (timer->base == BASE_USER_TIME || timer->base == BASE_CPU_TIME) && timer->subject != process->pid;
}

/* The timer's signal, or one more overrun if the last one has not been taken yet. */
static void notify(Process *process, ProcessTimer *timer, u64 expirations)
{
    if (!timer->posix) {
        signal_send_process(process, &(SigInfo){.signo = timer->signo, .code = SI_KERNEL});
        return;
    }
    if (timer->notify == SIGEV_NONE)
        return;
    Task *thread = timer->notify == SIGEV_THREAD_ID ? task_find(process->kernel, timer->target) : NULL;
    if (timer->notify == SIGEV_THREAD_ID && !thread)
        return;
    SigInfo *queued = signal_find_timer(thread ? &thread->pending : &process->pending, timer->id);
    if (queued) {
        queued->timer.overrun += (i32)expirations;
        timer->overrun = queued->timer.overrun;
        return;
    }
    timer->overrun = (i32)(expirations - 1);
    SigInfo info = {.signo = timer->signo, .code = SI_TIMER,
                    .timer = {.timer_id = timer->id, .overrun = timer->overrun, .value = timer->value}};
    if (thread)
        signal_send_task(thread, &info);
    else
        signal_send_process(process, &info);
}

/* Fires if due. */
static void look(Process *process, ProcessTimer *timer)
{
    u64 now = timer->armed ? base_now(process, timer) : 0;
    if (!timer->armed || now < timer->expires)
        return;
    u64 expirations = 1;
    if (timer->interval) {
        expirations += (now - timer->expires) / timer->interval;
        timer->expires += expirations * timer->interval;
    } else {
        timer->armed = false;
    }
    notify(process, timer, expirations);
}

void timers_run(Kernel *kernel, u64 now)
{
    (void)now;
    for (Process *process = kernel->processes; process; process = process->next)
        for (ProcessTimer *timer = process->timers; timer; timer = timer->next) {
            if (timer->base != BASE_WALL)
                continue;
            look(process, timer);
            if (timer->armed)
                sched_note_deadline(kernel, timer->expires);
        }
}

/* RLIMIT_CPU: SIGXCPU at the soft limit and every second after, SIGKILL at the hard one. */
static void check_cpu_limit(Process *process)
{
    const Limit *limit = &process->limits[LIMIT_CPU];
    if (limit->soft == UINT64_MAX && limit->hard == UINT64_MAX)
        return;
    CpuTime time = process_cpu_time(process);
    u64 seconds = (time.user + time.system) / SECOND;
    if (seconds >= limit->hard) {
        signal_send_process(process, &(SigInfo){.signo = SIGKILL, .code = SI_KERNEL});
    } else if (seconds >= limit->soft && seconds >= process->cpu_limit_told) {
        process->cpu_limit_told = seconds + 1;
        signal_send_process(process, &(SigInfo){.signo = SIGXCPU, .code = SI_KERNEL});
    }
}

static void run_foreign(const Process *subject)
{
    for (Process *process = subject->kernel->processes; process; process = process->next)
        for (ProcessTimer *timer = process->timers; timer; timer = timer->next)
            if (foreign(process, timer) && timer->subject == subject->pid)
                look(process, timer);
}

void timers_run_cpu(Task *task)
{
    Process *process = task->process;
    if (process->zombie)
        return;
    for (ProcessTimer *timer = process->timers; timer; timer = timer->next)
        if (timer->base != BASE_WALL && !foreign(process, timer))
            look(process, timer);
    if (process->kernel->foreign_timers)
        run_foreign(process);
    check_cpu_limit(process);
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static ProcessTimer *find(Process *process, bool posix, i32 id)
{
    for (ProcessTimer *timer = process->timers; timer; timer = timer->next)
        if (timer->posix == posix && timer->id == id)
            return timer;
    return NULL;
}

static ProcessTimer *add(Process *process, bool posix, i32 id)
{
    ProcessTimer *timer = heap_calloc(1, sizeof *timer);
    if (!timer)
        return NULL;
    timer->posix = posix;
    timer->id = id;
    timer->next = process->timers;
    process->timers = timer;
    return timer;
}

static void discard(Process *process, ProcessTimer *timer)
{
    process->kernel->foreign_timers -= foreign(process, timer);
    heap_free(timer);
}

static void remove_timers(Process *process, bool posix_only)
{
    for (ProcessTimer **link = &process->timers; *link;) {
        ProcessTimer *timer = *link;
        if (posix_only && !timer->posix) {
            link = &timer->next;
            continue;
        }
        *link = timer->next;
        discard(process, timer);
    }
}

void timers_exec(Process *process) { remove_timers(process, true); }
void timers_exit(Process *process) { remove_timers(process, false); }

/* Nanoseconds until it fires, at least 1 while armed; 0: disarmed. */
static u64 remaining(Process *process, const ProcessTimer *timer)
{
    if (!timer || !timer->armed)
        return 0;
    u64 now = base_now(process, timer);
    return timer->expires > now ? timer->expires - now : 1;
}

/* Arms for `ns` from now on the timer's base; 0 disarms. */
static void arm(Process *process, ProcessTimer *timer, u64 ns, u64 interval)
{
    timer->interval = interval;
    timer->armed = ns != 0;
    if (!ns)
        return;
    u64 now = base_now(process, timer);
    timer->expires = ns >= NO_DEADLINE - 1 - now ? NO_DEADLINE - 1 : now + ns;
    if (timer->base == BASE_WALL)
        sched_note_deadline(process->kernel, timer->expires);
}

/* ---- interval timers --------------------------------------------------------------------------------------------- */

static ProcessTimer *interval_timer(Process *process, i32 which)
{
    static const i32 signals[] = {SIGALRM, SIGVTALRM, SIGPROF};
    static const TimerBase bases[] = {BASE_WALL, BASE_USER_TIME, BASE_CPU_TIME};
    ProcessTimer *timer = find(process, false, which);
    if (!timer && (timer = add(process, false, which))) {
        timer->signo = signals[which];
        timer->base = bases[which];
        timer->subject = process->pid;
    }
    return timer;
}

static i64 write_itimer(Task *task, u64 address, ProcessTimer *timer)
{
    u64 interval = timer ? timer->interval : 0, value = remaining(task->process, timer);
    if (value && value < 1000)
        value = 1000; /* armed must not look disarmed */
    i64 result = timeval_write(task, address, interval);
    return result ? result : timeval_write(task, address + 16, value);
}

i64 sys_getitimer(Task *task, const u64 *arg)
{
    if (arg[0] > ITIMER_PROF)
        return -EINVAL;
    return write_itimer(task, arg[1], find(task->process, false, (i32)arg[0]));
}

i64 sys_setitimer(Task *task, const u64 *arg)
{
    u64 interval = 0, value = 0;
    if (arg[0] > ITIMER_PROF)
        return -EINVAL;
    if (arg[1]) {
        i64 result = timeval_read(task, arg[1], &interval);
        result = result ? result : timeval_read(task, arg[1] + 16, &value);
        if (result)
            return result;
    }
    ProcessTimer *timer = interval_timer(task->process, (i32)arg[0]);
    if (!timer)
        return -ENOMEM;
    if (arg[2] && write_itimer(task, arg[2], timer))
        return -EFAULT;
    if (!value && arg[0] == ITIMER_REAL)
        interval = 0; /* kernel/time/itimer.c: the others remember theirs */
    arm(task->process, timer, value, interval);
    return 0;
}

i64 sys_alarm(Task *task, const u64 *arg)
{
    ProcessTimer *timer = interval_timer(task->process, ITIMER_REAL);
    if (!timer)
        return -ENOMEM;
    u64 left = remaining(task->process, timer);
    arm(task->process, timer, (u64)(u32)arg[0] * SECOND, 0);
    if (!left)
        return 0;
    u64 seconds = left / SECOND, rest = left % SECOND;
    return (i64)(seconds + ((!seconds && rest) || rest >= SECOND / 2 ? 1 : 0)); /* alarm_setitimer()'s rounding */
}

/* ---- POSIX timers ------------------------------------------------------------------------------------------------ */

static i64 choose_base(Task *task, i32 clock, ProcessTimer *timer)
{
    u64 shown;
    i64 result = clock_read(task, clock, &shown);
    if (result)
        return result;
    switch (clock) {
    case CLOCK_MONOTONIC_RAW: case CLOCK_REALTIME_COARSE: case CLOCK_MONOTONIC_COARSE: return -EOPNOTSUPP;
    case CLOCK_PROCESS_CPUTIME_ID: clock = -6; break; /* ~0 << 3 | CPUCLOCK_SCHED: the same clock by its long name */
    case CLOCK_THREAD_CPUTIME_ID: clock = -2; break;
    }
    timer->base = BASE_WALL;
    if (clock < 0) {
        bool thread = clock & 4;
        timer->base = thread ? BASE_THREAD_TIME : (clock & 3) == 1 ? BASE_USER_TIME : BASE_CPU_TIME;
        timer->subject = ~(clock >> 3);
        if (!timer->subject)
            timer->subject = thread ? task->tid : task->process->pid;
    }
    return 0;
}

/* timer_create(2) */
i64 sys_timer_create(Task *task, const u64 *arg)
{
    Process *process = task->process;
    struct { u64 value; i32 signo, notify, thread, pad[11]; } event = {.signo = SIGALRM, .notify = SIGEV_SIGNAL};
    _Static_assert(sizeof event == 64, "struct sigevent");
    ProcessTimer probe = {0};
    i64 result = choose_base(task, (i32)arg[0], &probe);
    if (result)
        return result;
    if (arg[1] && !copy_from_guest(task, &event, arg[1], sizeof event))
        return -EFAULT;
    Task *thread = event.notify == SIGEV_THREAD_ID ? task_find(task->kernel, event.thread) : NULL;
    bool known = event.notify == SIGEV_SIGNAL || event.notify == SIGEV_NONE || event.notify == SIGEV_THREAD ||
                 (event.notify == SIGEV_THREAD_ID && thread && thread->process == process);
    if (!known || (event.notify != SIGEV_NONE && (event.signo < 1 || event.signo > SIGNALS)))
        return -EINVAL;
    i32 id = process->next_timer_id++;
    if (!copy_to_guest(task, arg[2], &id, 4))
        return -EFAULT;
    ProcessTimer *timer = add(process, true, id);
    if (!timer)
        return -EAGAIN;
    timer->clock = (i32)arg[0];
    timer->base = probe.base;
    timer->subject = probe.subject;
    task->kernel->foreign_timers += foreign(process, timer);
    timer->notify = event.notify;
    timer->signo = event.signo;
    timer->target = event.thread;
    timer->value = arg[1] ? event.value : (u64)id;
    return 0;
}

static i64 write_spec(Task *task, u64 address, const ProcessTimer *timer)
{
    i64 result = timespec_write(task, address, timer->interval);
    return result ? result : timespec_write(task, address + 16, remaining(task->process, timer));
}

i64 sys_timer_settime(Task *task, const u64 *arg)
{
    u64 interval, value;
    if (!arg[2])
        return -EINVAL;
    i64 result = timespec_read(task, arg[2], &interval);
    result = result ? result : timespec_read(task, arg[2] + 16, &value);
    ProcessTimer *timer = find(task->process, true, (i32)arg[0]);
    if (result || !timer)
        return result ? result : -EINVAL;
    if (arg[3] && write_spec(task, arg[3], timer))
        return -EFAULT;
    timer->overrun = 0;
    if (value && (arg[1] & TIMER_ABSTIME)) {
        u64 deadline, now = base_now(task->process, timer);
        if (timer->base != BASE_WALL)
            deadline = value;
        else if (clock_to_deadline(task, timer->clock, value, &deadline))
            return -EINVAL;
        value = deadline > now ? deadline - now : 1;
    }
    if (!value && timer->base == BASE_WALL)
        interval = 0; /* as disarmed timers show themselves */
    arm(task->process, timer, value, interval);
    return 0;
}

i64 sys_timer_gettime(Task *task, const u64 *arg)
{
    ProcessTimer *timer = find(task->process, true, (i32)arg[0]);
    return timer ? write_spec(task, arg[1], timer) : -EINVAL;
}

i64 sys_timer_getoverrun(Task *task, const u64 *arg)
{
    const ProcessTimer *timer = find(task->process, true, (i32)arg[0]);
    return timer ? timer->overrun : -EINVAL;
}

i64 sys_timer_delete(Task *task, const u64 *arg)
{
    ProcessTimer *timer = find(task->process, true, (i32)arg[0]);
    if (!timer)
        return -EINVAL;
    for (ProcessTimer **link = &task->process->timers; *link; link = &(*link)->next)
        if (*link == timer) {
            *link = timer->next;
            break;
        }
    discard(task->process, timer);
    return 0;
}

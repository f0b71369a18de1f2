/* timerfd_create(2): a timer that is read. Kept here and not on the host, because its clock is the machine's: virtual time
 * when deterministic. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/heap.h"
#include "kernel/guest_io.h"
#include "kernel/poll.h"
#include "kernel/syscalls.h"

typedef struct TimerFile {
    u32 clock;
    u64 next;     /* kernel_now() of the next expiry; 0: disarmed */
    u64 interval; /* nanoseconds; 0: fires once */
    u64 expired;  /* not read yet, up to the last update */
} TimerFile;

typedef struct GuestItimerspec { struct { i64 seconds, nanoseconds; } interval, value; } GuestItimerspec;
_Static_assert(sizeof(GuestItimerspec) == 32, "struct itimerspec");
#define NS_PER_S 1000000000ull

/* Counts what has expired by now. */
static void timer_update(Task *task, TimerFile *timer)
{
    u64 now = kernel_now(task->kernel);
    if (!timer->next || now < timer->next)
        return;
    if (!timer->interval) {
        timer->expired++;
        timer->next = 0;
        return;
    }
    u64 times = (now - timer->next) / timer->interval + 1;
    timer->expired += times;
    timer->next += times * timer->interval;
}

static u32 timerfd_poll(Task *task, OpenFile *file)
{
    TimerFile *timer = file->data;
    timer_update(task, timer);
    return timer->expired ? POLLIN | POLLRDNORM : 0;
}

static void timerfd_wait(Task *task, OpenFile *file)
{
    const TimerFile *timer = file->data;
    if (timer->next)
        wait_deadline(task, timer->next);
}

static i64 timerfd_read(Task *task, OpenFile *file, GuestCursor *to, i64 offset)
{
    (void)offset;
    TimerFile *timer = file->data;
    if (to->left < sizeof(u64))
        return -EINVAL;
    timer_update(task, timer);
    if (!timer->expired) {
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        if (task->woken == WOKEN_SIGNAL)
            return SYS_RESTARTSYS;
        file_hold(task, file);
        file_poll_wait(task, file, POLLIN);
        return SYS_BLOCK;
    }
    u64 expired = timer->expired;
    timer->expired = 0;
    return cursor_write(task, to, &expired, sizeof expired) == sizeof expired ? (i64)sizeof expired : -EFAULT;
}

static void timerfd_release(Kernel *kernel, OpenFile *file)
{
    (void)kernel;
    heap_free(file->data);
}

static const FileOps timerfd_ops = {.name = "anon_inode:[timerfd]", .read = timerfd_read, .poll = timerfd_poll,
                                    .wait = timerfd_wait, .release = timerfd_release};

i64 sys_timerfd_create(Task *task, const u64 *arg)
{
    u32 clock = (u32)arg[0], flags = (u32)arg[1];
    if (flags & ~(u32)(TFD_CLOEXEC | TFD_NONBLOCK))
        return -EINVAL;
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME && clock != CLOCK_REALTIME_ALARM &&
        clock != CLOCK_BOOTTIME_ALARM)
        return -EINVAL;
    TimerFile *timer = heap_calloc(1, sizeof *timer);
    OpenFile *file = timer ? file_new(task->kernel, &timerfd_ops, -1, O_RDWR | (flags & O_NONBLOCK)) : NULL;
    if (!file) {
        heap_free(timer);
        return -ENOMEM;
    }
    timer->clock = clock;
    file->data = timer;
    return file_install(task, file, 0, flags & TFD_CLOEXEC);
}

static void timer_remaining(Task *task, TimerFile *timer, GuestItimerspec *spec)
{
    timer_update(task, timer);
    u64 now = kernel_now(task->kernel), left = timer->next > now ? timer->next - now : timer->next ? 1 : 0;
    *spec = (GuestItimerspec){{(i64)(timer->interval / NS_PER_S), (i64)(timer->interval % NS_PER_S)},
                              {(i64)(left / NS_PER_S), (i64)(left % NS_PER_S)}};
}

static TimerFile *timer_get(Task *task, u64 fd, i64 *error, OpenFile **file)
{
    *file = file_get_usable(task, fd);
    *error = !*file ? -EBADF : (*file)->ops != &timerfd_ops ? -EINVAL : 0;
    return *error ? NULL : (*file)->data;
}

static bool time_valid(i64 seconds, i64 nanoseconds)
{
    return seconds >= 0 && nanoseconds >= 0 && nanoseconds < (i64)NS_PER_S;
}

/* Nanoseconds of a valid time, saturated far below overflow. */
static u64 time_ns(i64 seconds, i64 nanoseconds)
{
    return (u64)seconds > INT64_MAX / NS_PER_S / 2 ? INT64_MAX / 2 : (u64)seconds * NS_PER_S + (u64)nanoseconds;
}

/* When an absolute time of the timer's clock is, as kernel_now() counts. */
static u64 absolute_to_now(Task *task, const TimerFile *timer, u64 value)
{
    bool realtime = timer->clock == CLOCK_REALTIME || timer->clock == CLOCK_REALTIME_ALARM;
    u64 clock = realtime ? kernel_realtime(task->kernel) : kernel_monotonic(task->kernel);
    u64 now = kernel_now(task->kernel);
    return value > clock ? now + (value - clock) : now > clock - value ? now - (clock - value) : 1;
}

i64 sys_timerfd_settime(Task *task, const u64 *arg)
{
    GuestItimerspec spec, old;
    u32 flags = (u32)arg[1];
    i64 error;
    OpenFile *file;
    if (!copy_from_guest(task, &spec, arg[2], sizeof spec))
        return -EFAULT;
    if ((flags & ~(u32)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) ||
        !time_valid(spec.value.seconds, spec.value.nanoseconds) ||
        !time_valid(spec.interval.seconds, spec.interval.nanoseconds))
        return -EINVAL;
    TimerFile *timer = timer_get(task, arg[0], &error, &file);
    if (!timer)
        return error;
    timer_remaining(task, timer, &old);
    u64 value = time_ns(spec.value.seconds, spec.value.nanoseconds);
    timer->expired = 0;
    timer->interval = time_ns(spec.interval.seconds, spec.interval.nanoseconds);
    timer->next = 0;
    if (value)
        timer->next = flags & TFD_TIMER_ABSTIME ? absolute_to_now(task, timer, value) : kernel_now(task->kernel) + value;
    wake_event(task->kernel, file, UINT32_MAX);
    return arg[3] && !copy_to_guest(task, arg[3], &old, sizeof old) ? -EFAULT : 0;
}

i64 sys_timerfd_gettime(Task *task, const u64 *arg)
{
    GuestItimerspec now;
    i64 error;
    OpenFile *file;
    TimerFile *timer = timer_get(task, arg[0], &error, &file);
    if (!timer)
        return error;
    timer_remaining(task, timer, &now);
    return copy_to_guest(task, arg[1], &now, sizeof now) ? 0 : -EFAULT;
}

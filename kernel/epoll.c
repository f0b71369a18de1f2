/* epoll(7): each guest instance has one on the host, which watches whatever has a host descriptor, so that a thousand
 * connections cost one wait. What only the emulator knows (signalfd, timerfd, nested instances) is a *soft* watch, asked
 * one by one.
 *
 *   Epoll ──► host epoll descriptor ◄── watches of host files: event data is the watch's number in `numbered`, not its address,
 *        └──► soft watches                which another run or a damaged recording would have otherwise                        */
#include "kernel/epoll.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/heap.h"
#include "kernel/host.h"
#include "kernel/poll.h"
#include "kernel/syscalls.h"

typedef struct Epoll Epoll;

struct EpollWatch {
    Epoll *epoll;
    OpenFile *file;            /* not counted: epoll_file_gone() tells when it ends */
    i32 fd;                    /* (file, fd) is the key, as in Linux */
    int host_fd;               /* what the host watches: file->host_fd, or a duplicate of it; -1: soft */
    u32 events;                /* 0 but for flags: disabled by EPOLLONESHOT */
    u32 reported;              /* soft, EPOLLET: what has been reported since it was last not ready */
    u64 data;
    u32 number;                /* in epoll->numbered */
    EpollWatch *next_of_file;
    EpollWatch *next, *previous; /* of the instance */
};

struct Epoll {
    OpenFile *file;
    EpollWatch *watches;
    u32 soft_count;
    EpollWatch **numbered;     /* NULL where free */
    u32 numbers, free_number;  /* room; where to look for a free one first */
};

typedef struct GuestEpollEvent { u32 events; u64 data; } __attribute__((packed)) GuestEpollEvent;
_Static_assert(sizeof(GuestEpollEvent) == 12, "struct epoll_event is packed on x86-64");

enum { BATCH = 128, NESTING_MAX = 5 };
#define EPOLL_FLAGS_MASK (EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)

/* ---- watches ----------------------------------------------------------------------------------------------------- */

static EpollWatch *watch_find(const Epoll *epoll, const OpenFile *file, i32 fd)
{
    EpollWatch *watch = file->watches;
    while (watch && (watch->epoll != epoll || watch->fd != fd))
        watch = watch->next_of_file;
    return watch;
}

/* Gives the watch a number; false: no memory. */
static bool watch_number(Epoll *epoll, EpollWatch *watch)
{
    u32 number = epoll->free_number;
    while (number < epoll->numbers && epoll->numbered[number])
        number++;
    if (number == epoll->numbers) {
        u32 room = epoll->numbers * 2 + 16;
        EpollWatch **grown = heap_realloc(epoll->numbered, room * sizeof *grown);
        if (!grown)
            return false;
        memset(grown + epoll->numbers, 0, (room - epoll->numbers) * sizeof *grown);
        epoll->numbered = grown;
        epoll->numbers = room;
    }
    epoll->numbered[number] = watch;
    epoll->free_number = number + 1;
    watch->number = number;
    return true;
}

static void watch_number_free(const EpollWatch *watch)
{
    Epoll *epoll = watch->epoll;
    epoll->numbered[watch->number] = NULL;
    if (watch->number < epoll->free_number)
        epoll->free_number = watch->number;
}

/* Tells the host. The same description under a second number needs a second host descriptor: the host's key is a pair too. */
static i64 watch_add_to_host(Epoll *epoll, EpollWatch *watch)
{
    struct epoll_event event = {.events = watch->events, .data.u64 = watch->number};
    watch->host_fd = watch->file->host_fd;
    if (host_epoll_ctl(epoll->file->host_fd, EPOLL_CTL_ADD, watch->host_fd, &event) == 0)
        return 0;
    i64 error = -errno;
    if (error == -EEXIST) {
        watch->host_fd = host_fcntl(watch->file->host_fd, F_DUPFD_CLOEXEC, 3);
        if (watch->host_fd >= 0 && host_epoll_ctl(epoll->file->host_fd, EPOLL_CTL_ADD, watch->host_fd, &event) == 0)
            return 0;
        error = -errno;
        if (watch->host_fd >= 0)
            host_close(watch->host_fd);
    }
    watch->host_fd = -1;
    return error;
}

static void watch_remove(EpollWatch *watch)
{
    Epoll *epoll = watch->epoll;
    if (watch->host_fd >= 0) {
        host_epoll_ctl(epoll->file->host_fd, EPOLL_CTL_DEL, watch->host_fd, NULL);
        if (watch->host_fd != watch->file->host_fd)
            host_close(watch->host_fd);
    } else {
        epoll->soft_count--;
    }
    EpollWatch **link = &watch->file->watches;
    while (*link != watch)
        link = &(*link)->next_of_file;
    *link = watch->next_of_file;
    if (watch->next)
        watch->next->previous = watch->previous;
    if (watch->previous)
        watch->previous->next = watch->next;
    else
        epoll->watches = watch->next;
    watch_number_free(watch);
    heap_free(watch);
}

void epoll_file_gone(Kernel *kernel, OpenFile *file)
{
    (void)kernel;
    while (UNLIKELY(file->watches != NULL))
        watch_remove(file->watches);
}

static void epoll_release(Kernel *kernel, OpenFile *file)
{
    (void)kernel;
    Epoll *epoll = file->data;
    while (epoll->watches)
        watch_remove(epoll->watches);
    heap_free(epoll->numbered);
    heap_free(epoll);
}

/* ---- readiness --------------------------------------------------------------------------------------------------- */

static u32 watch_ready(Task *task, EpollWatch *watch)
{
    u32 wanted = watch->events & ~(u32)EPOLL_FLAGS_MASK;
    if (!wanted && !(watch->events & ~(u32)(EPOLLET | EPOLLONESHOT)))
        return 0;
    u32 ready = file_poll(task, watch->file, wanted);
    if (watch->events & EPOLLET) {
        u32 fresh = ready & ~watch->reported;
        watch->reported &= ready;
        return fresh;
    }
    return ready;
}

static u32 epoll_poll(Task *task, OpenFile *file)
{
    Epoll *epoll = file->data;
    struct pollfd host = {.fd = file->host_fd, .events = POLLIN};
    if (host_poll(&host, 1, 0) > 0)
        return POLLIN | POLLRDNORM;
    for (EpollWatch *watch = epoll->watches; watch && epoll->soft_count; watch = watch->next)
        if (watch->host_fd < 0 && watch_ready(task, watch))
            return POLLIN | POLLRDNORM;
    return 0;
}

static void epoll_wait_on(Task *task, OpenFile *file)
{
    Epoll *epoll = file->data;
    wait_host_fd(task, file->host_fd, POLLIN);
    wait_event(task, file); /* epoll_ctl() by another task */
    for (EpollWatch *watch = epoll->watches; watch && epoll->soft_count; watch = watch->next)
        if (watch->host_fd < 0)
            file_poll_wait(task, watch->file, watch->events);
}

static const FileOps epoll_ops = {
    .name = "anon_inode:[eventpoll]", .poll = epoll_poll, .wait = epoll_wait_on, .release = epoll_release};

static Epoll *epoll_of(OpenFile *file)
{
    return file && file->ops == &epoll_ops ? file->data : NULL;
}

/* ---- creating ---------------------------------------------------------------------------------------------------- */

static i64 make_epoll(Task *task, u32 flags)
{
    if (flags & ~(u32)EPOLL_CLOEXEC)
        return -EINVAL;
    int host = host_epoll_create1(EPOLL_CLOEXEC);
    if (host < 0)
        return -errno;
    Epoll *epoll = heap_calloc(1, sizeof *epoll);
    OpenFile *file = file_new(task->kernel, epoll ? &epoll_ops : NULL, host, O_RDWR);
    if (!epoll || !file) {
        if (file)
            file_unref(task->kernel, file);
        heap_free(epoll);
        return -ENOMEM;
    }
    epoll->file = file;
    file->data = epoll;
    return file_install(task, file, 0, flags & EPOLL_CLOEXEC);
}

i64 sys_epoll_create(Task *task, const u64 *arg)
{
    return (i32)arg[0] <= 0 ? -EINVAL : make_epoll(task, 0);
}

i64 sys_epoll_create1(Task *task, const u64 *arg)
{
    return make_epoll(task, (u32)arg[0]);
}

/* ---- epoll_ctl --------------------------------------------------------------------------------------------------- */

/* Would watching `target` close a circle, or make a chain too long? */
static i64 epoll_nesting(const Epoll *epoll, const OpenFile *target, u32 depth)
{
    if (target->ops != &epoll_ops)
        return 0;
    if (target == epoll->file || depth >= NESTING_MAX)
        return -ELOOP;
    const Epoll *inner = target->data;
    for (EpollWatch *watch = inner->watches; watch; watch = watch->next) {
        i64 error = epoll_nesting(epoll, watch->file, depth + 1);
        if (error)
            return error;
    }
    return 0;
}

static i64 epoll_add(Task *task, Epoll *epoll, OpenFile *file, i32 fd, const GuestEpollEvent *event)
{
    i64 error = epoll_nesting(epoll, file, 0);
    if (error)
        return error;
    EpollWatch *watch = heap_calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    *watch = (EpollWatch){.epoll = epoll, .file = file, .fd = fd, .host_fd = -1, .events = event->events, .data = event->data};
    if (!watch_number(epoll, watch)) {
        heap_free(watch);
        return -ENOMEM;
    }
    if (!file_poll_soft(file)) {
        error = watch_add_to_host(epoll, watch);
        if (error) {
            watch_number_free(watch);
            heap_free(watch);
            return error;
        }
    } else {
        epoll->soft_count++;
    }
    watch->next_of_file = file->watches;
    file->watches = watch;
    watch->next = epoll->watches;
    if (watch->next)
        watch->next->previous = watch;
    epoll->watches = watch;
    wake_event(task->kernel, epoll->file, UINT32_MAX);
    return 0;
}

static i64 epoll_modify(Task *task, Epoll *epoll, EpollWatch *watch, const GuestEpollEvent *event)
{
    if (watch->events & EPOLLEXCLUSIVE)
        return -EINVAL;
    watch->events = event->events;
    watch->data = event->data;
    watch->reported = 0;
    if (watch->host_fd < 0) {
        wake_event(task->kernel, epoll->file, UINT32_MAX);
        return 0;
    }
    struct epoll_event host = {.events = event->events, .data.u64 = watch->number};
    return host_result(host_epoll_ctl(epoll->file->host_fd, EPOLL_CTL_MOD, watch->host_fd, &host));
}

i64 sys_epoll_ctl(Task *task, const u64 *arg)
{
    u32 operation = (u32)arg[1];
    GuestEpollEvent event = {0, 0};
    if (operation != EPOLL_CTL_DEL && !copy_from_guest(task, &event, arg[3], sizeof event))
        return -EFAULT;
    OpenFile *instance = file_get_usable(task, arg[0]), *file = file_get_usable(task, arg[2]);
    if (!instance || !file)
        return -EBADF;
    Epoll *epoll = epoll_of(instance);
    if (file->mode == S_IFREG || file->mode == S_IFDIR)
        return -EPERM;
    if (!epoll || file == instance)
        return -EINVAL;
    EpollWatch *watch = watch_find(epoll, file, (i32)arg[2]);
    bool exclusive = event.events & EPOLLEXCLUSIVE;
    if (exclusive &&
        (operation == EPOLL_CTL_MOD || file->ops == &epoll_ops ||
         (event.events & ~(u32)(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE))))
        return -EINVAL;
    switch (operation) {
    case EPOLL_CTL_ADD:
        return watch ? -EEXIST : epoll_add(task, epoll, file, (i32)arg[2], &event);
    case EPOLL_CTL_DEL:
        if (!watch)
            return -ENOENT;
        watch_remove(watch);
        return 0;
    case EPOLL_CTL_MOD:
        return watch ? epoll_modify(task, epoll, watch, &event) : -ENOENT;
    default:
        return -EINVAL;
    }
}

/* ---- epoll_wait -------------------------------------------------------------------------------------------------- */

static void watch_reported(EpollWatch *watch, u32 events)
{
    if (watch->host_fd < 0)
        watch->reported |= events;
    if (watch->events & EPOLLONESHOT)
        watch->events &= EPOLL_FLAGS_MASK;
}

typedef struct Ready { EpollWatch *watch; u32 events; } Ready;

/* What is ready now, at most `room`; its number. `host` has room for as many. */
static u32 epoll_collect(Task *task, Epoll *epoll, Ready *ready, struct epoll_event *host, u32 room)
{
    u32 count = 0;
    for (EpollWatch *watch = epoll->watches; watch && epoll->soft_count && count < room; watch = watch->next) {
        u32 events = watch->host_fd < 0 ? watch_ready(task, watch) : 0;
        if (events)
            ready[count++] = (Ready){watch, events};
    }
    i32 got = count < room ? host_epoll_wait(epoll->file->host_fd, host, (int)(room - count), 0) : 0;
    for (i32 i = 0; i < got; i++) {
        EpollWatch *watch = host[i].data.u64 < epoll->numbers ? epoll->numbered[host[i].data.u64] : NULL;
        if (watch)
            ready[count++] = (Ready){watch, host[i].events};
    }
    return count;
}

/* The ready ones, up to `room`, go to the guest; their number, or -EFAULT. */
static i64 epoll_report(Task *task, Epoll *epoll, u64 address, u32 room)
{
    Ready few[BATCH], *ready = few, *many = NULL;
    struct epoll_event few_host[BATCH], *host = few_host;
    if (room > epoll->numbers)
        room = epoll->numbers;
    if (room > BATCH) {
        many = heap_alloc(room * (sizeof *ready + sizeof *host));
        room = many ? room : BATCH; /* the rest is still ready next time */
    }
    if (many) {
        ready = many;
        host = (struct epoll_event *)(many + room);
    }
    i64 count = epoll_collect(task, epoll, ready, host, room);
    for (i64 i = 0; i < count; i++) {
        GuestEpollEvent event = {ready[i].events, ready[i].watch->data};
        if (!copy_to_guest(task, address + (u64)i * sizeof event, &event, sizeof event)) {
            count = i ? i : -EFAULT;
            break;
        }
        watch_reported(ready[i].watch, event.events);
    }
    heap_free(many);
    return count;
}

static i64 epoll_wait_guest(Task *task, const u64 *arg, i64 timeout_ns)
{
    OpenFile *file = file_get_usable(task, arg[0]);
    i32 room = (i32)arg[2];
    if (!file)
        return -EBADF;
    if (room <= 0 || room > (i32)(INT32_MAX / sizeof(GuestEpollEvent)))
        return -EINVAL;
    if (!guest_range_ok(arg[1], (u64)room * sizeof(GuestEpollEvent)))
        return -EFAULT;
    Epoll *epoll = epoll_of(file);
    if (!epoll)
        return -EINVAL;
    u64 deadline = timeout_ns < 0 ? NO_DEADLINE : call_deadline(task, (u64)timeout_ns);
    i64 count = epoll_report(task, epoll, arg[1], (u32)room);
    if (count || timeout_ns == 0 || deadline <= kernel_now(task->kernel))
        return count;
    if (task->woken == WOKEN_SIGNAL)
        return -EINTR;
    file_hold(task, file);
    epoll_wait_on(task, file);
    return deadline == NO_DEADLINE ? SYS_BLOCK : wait_deadline(task, deadline);
}

static i64 milliseconds(u64 argument)
{
    return (i32)argument < 0 ? -1 : (i32)argument * 1000000ll;
}

i64 sys_epoll_wait(Task *task, const u64 *arg)
{
    return epoll_wait_guest(task, arg, milliseconds(arg[3]));
}

i64 sys_epoll_pwait(Task *task, const u64 *arg)
{
    u64 mask;
    i64 none = signal_mask_from_guest(task, arg[4], arg[5], &mask);
    if (none < 0)
        return none;
    if (!none)
        signal_mask_for_call(task, mask);
    return epoll_wait_guest(task, arg, milliseconds(arg[3]));
}

i64 sys_epoll_pwait2(Task *task, const u64 *arg)
{
    i64 time[2], timeout_ns = -1;
    u64 mask;
    if (arg[3]) {
        if (!copy_from_guest(task, time, arg[3], sizeof time))
            return -EFAULT;
        if (time[0] < 0 || time[1] < 0 || time[1] >= 1000000000)
            return -EINVAL;
        timeout_ns = time[0] > INT64_MAX / 2000000000 ? INT64_MAX / 2 : time[0] * 1000000000 + time[1];
    }
    i64 none = signal_mask_from_guest(task, arg[4], arg[5], &mask);
    if (none < 0)
        return none;
    if (!none)
        signal_mask_for_call(task, mask);
    return epoll_wait_guest(task, arg, timeout_ns);
}

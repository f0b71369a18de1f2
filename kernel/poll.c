/* poll, ppoll, select, pselect6: one host poll(2) over what the host knows, questions to the rest; nothing ready: the task
 * parks on all of it and asks again when it wakes. */
#include "kernel/poll.h"
#include "base/heap.h"
#include "kernel/host.h"

#include <errno.h>
#include <poll.h>

#include "kernel/syscalls.h"

typedef struct GuestPollFd { i32 fd; i16 events, revents; } GuestPollFd;
_Static_assert(sizeof(GuestPollFd) == sizeof(struct pollfd), "struct pollfd is the same everywhere");

enum { FEW = 64 };
#define NS_PER_S 1000000000ll

u32 file_poll(Task *task, OpenFile *file, u32 events)
{
    if (file_poll_soft(file))
        return file->ops->poll(task, file) & (events | POLLERR | POLLHUP);
    struct pollfd fd = {.fd = file->host_fd, .events = (short)events};
    return host_poll(&fd, 1, 0) > 0 ? (u32)(u16)fd.revents : 0;
}

void file_poll_wait(Task *task, OpenFile *file, u32 events)
{
    if (!file_poll_soft(file)) {
        wait_host_fd(task, file->host_fd, (short)events);
        return;
    }
    wait_event(task, file);
    if (file->ops->wait)
        file->ops->wait(task, file);
}

/* Fills revents: how many are not zero. One host call for all that the host knows. */
static u32 poll_all(Task *task, struct pollfd *fds, struct pollfd *host, u32 count)
{
    u32 ready = 0, asked = 0;
    for (u32 i = 0; i < count; i++) {
        OpenFile *file = fds[i].fd < 0 ? NULL : file_get_usable(task, (u64)fds[i].fd);
        host[i] = (struct pollfd){.fd = -1};
        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        if (!file)
            fds[i].revents = POLLNVAL;
        else if (file_poll_soft(file))
            fds[i].revents = (short)file_poll(task, file, (u16)fds[i].events);
        else
            host[i] = (struct pollfd){.fd = file->host_fd, .events = fds[i].events}, asked++;
        ready += fds[i].revents != 0;
    }
    if (asked && host_poll(host, count, 0) > 0)
        for (u32 i = 0; i < count; i++)
            if (host[i].fd >= 0 && host[i].revents)
                fds[i].revents = host[i].revents, ready++;
    return ready;
}

static void park_on_all(Task *task, const struct pollfd *fds, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        OpenFile *file = fds[i].fd < 0 ? NULL : file_get_usable(task, (u64)fds[i].fd);
        if (file)
            file_poll_wait(task, file, (u16)fds[i].events);
    }
}

/* The heart of all four. timeout_ns < 0: none. How many are ready, or 0 (timeout), or `restart` after a signal. */
static i64 poll_or_park(Task *task, struct pollfd *fds, u32 count, i64 timeout_ns, i64 restart)
{
    struct pollfd few[FEW], *host = count <= FEW ? few : heap_alloc(count * sizeof *host);
    if (!host)
        return -ENOMEM;
    u64 deadline = timeout_ns < 0 ? NO_DEADLINE : call_deadline(task, (u64)timeout_ns);
    u32 ready = poll_all(task, fds, host, count);
    if (host != few)
        heap_free(host);
    if (ready || timeout_ns == 0 || deadline <= kernel_now(task->kernel))
        return ready;
    if (task->woken == WOKEN_SIGNAL)
        return restart;
    park_on_all(task, fds, count);
    if (deadline != NO_DEADLINE)
        wait_deadline(task, deadline);
    else
        wait_forever(task);
    return SYS_BLOCK;
}

/* ---- poll, ppoll ------------------------------------------------------------------------------------------------- */

static i64 poll_guest(Task *task, u64 address, u64 count, i64 timeout_ns, i64 restart)
{
    if (count > task->process->limits[LIMIT_NOFILE].soft)
        return -EINVAL;
    struct pollfd few[FEW], *fds = count <= FEW ? few : heap_alloc(count * sizeof *fds);
    if (!fds)
        return -ENOMEM;
    i64 result = -EFAULT;
    if (copy_from_guest(task, fds, address, count * sizeof *fds))
        result = poll_or_park(task, fds, (u32)count, timeout_ns, restart);
    if (result >= 0 && !guest_range_ok(address, count * sizeof *fds))
        result = -EFAULT; /* even of none */
    if (result >= 0)
        for (u64 i = 0; i < count; i++) /* only revents: another thread may be changing the rest */
            if (!copy_to_guest(task, address + i * sizeof *fds + offsetof(GuestPollFd, revents), &fds[i].revents, 2)) {
                result = -EFAULT;
                break;
            }
    if (fds != few)
        heap_free(fds);
    return result;
}

i64 sys_poll(Task *task, const u64 *arg)
{
    i32 milliseconds = (i32)arg[2];
    return poll_guest(task, arg[0], (u32)arg[1], milliseconds < 0 ? -1 : milliseconds * 1000000ll, SYS_RESTART_BLOCK);
}

/* A timeout argument of two words. `unit`: nanoseconds per unit of the second. 0, or -errno; address 0: none (-1). */
static i64 timeout_from_guest(Task *task, u64 address, i64 unit, i64 *timeout_ns)
{
    i64 time[2];
    *timeout_ns = -1;
    if (!address)
        return 0;
    if (!copy_from_guest(task, time, address, sizeof time))
        return -EFAULT;
    if (unit > 1) { /* timeval: microseconds may be many, select(2) carries them over */
        time[0] += time[1] / 1000000;
        time[1] %= 1000000;
    }
    if (time[0] < 0 || time[1] < 0 || time[1] * unit >= NS_PER_S)
        return -EINVAL;
    *timeout_ns = time[0] > INT64_MAX / NS_PER_S - 1 ? INT64_MAX / 2 : time[0] * NS_PER_S + time[1] * unit;
    return 0;
}

/* The time that is left goes back to the guest. Linux: where that fails, an interrupted call cannot be restarted. */
static i64 timeout_to_guest(Task *task, u64 address, i64 unit, i64 timeout_ns, i64 result)
{
    if (!address || timeout_ns == 0 || result == SYS_BLOCK)
        return result;
    u64 now = kernel_now(task->kernel), deadline = call_deadline(task, (u64)timeout_ns);
    u64 left = deadline > now ? deadline - now : 0;
    i64 time[2] = {(i64)(left / NS_PER_S), (i64)(left % NS_PER_S) / unit};
    if (!copy_to_guest(task, address, time, sizeof time) && result == SYS_RESTARTNOHAND)
        return -EINTR;
    return result;
}

/* The temporary signal mask of ppoll and pselect6. */
static i64 mask_from_guest(Task *task, u64 address, u64 size)
{
    u64 mask;
    i64 none = signal_mask_from_guest(task, address, size, &mask);
    if (!none)
        signal_mask_for_call(task, mask);
    return none < 0 ? none : 0;
}

i64 sys_ppoll(Task *task, const u64 *arg)
{
    i64 timeout_ns;
    i64 error = timeout_from_guest(task, task->woken ? 0 : arg[2], 1, &timeout_ns);
    if (task->woken) /* a rerun: the guest's copy may have changed, the deadline has not */
        timeout_ns = arg[2] ? (i64)task->call.scratch[0] : -1;
    else
        task->call.scratch[0] = (u64)timeout_ns;
    if (!error)
        error = mask_from_guest(task, arg[3], arg[4]);
    if (error)
        return error;
    i64 result = poll_guest(task, arg[0], (u32)arg[1], timeout_ns, SYS_RESTARTNOHAND);
    return timeout_to_guest(task, arg[2], 1, timeout_ns, result);
}

/* ---- select, pselect6 -------------------------------------------------------------------------------------------- */

enum { READ_SET, WRITE_SET, EXCEPT_SET, SETS };
static const u32 asks[SETS] = {POLLIN | POLLRDNORM | POLLRDBAND, POLLOUT | POLLWRNORM | POLLWRBAND, POLLPRI};
static const u32 means[SETS] = {POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR | POLLNVAL,
                                POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR | POLLNVAL, POLLPRI | POLLNVAL};

typedef struct Selection {
    u32 count, words;    /* descriptors, and 64-bit words of a set */
    u64 address[SETS];
    u64 *in;             /* [SETS * words], then as many results */
} Selection;

static i64 selection_read(Task *task, Selection *s, const u64 *arg)
{
    i32 count = (i32)arg[0];
    if (count < 0)
        return -EINVAL;
    s->count = (u32)count < task->files->capacity ? (u32)count : task->files->capacity;
    s->words = (s->count + 63) / 64;
    s->in = heap_calloc(2 * SETS * (s->words + 1), sizeof(u64));
    if (!s->in)
        return -ENOMEM;
    for (int k = 0; k < SETS; k++) {
        s->address[k] = arg[1 + k];
        if (s->address[k] && !copy_from_guest(task, s->in + k * s->words, s->address[k], s->words * sizeof(u64)))
            return -EFAULT;
    }
    return 0;
}

/* One pollfd per descriptor that is in some set. -EBADF: one of them is not open. */
static i64 selection_to_poll(Task *task, const Selection *s, struct pollfd *fds)
{
    u32 used = 0;
    for (u32 i = 0; i < s->count; i++) {
        u32 events = 0;
        for (int k = 0; k < SETS; k++)
            if (s->in[k * s->words + i / 64] >> (i % 64) & 1)
                events |= asks[k];
        if (!events)
            continue;
        if (!file_get_usable(task, i))
            return -EBADF;
        fds[used++] = (struct pollfd){.fd = (int)i, .events = (short)events};
    }
    return used;
}

static i64 selection_write(Task *task, const Selection *s, const struct pollfd *fds, u32 used)
{
    u64 *out = s->in + SETS * s->words;
    i64 bits = 0;
    for (u32 i = 0; i < used; i++)
        for (int k = 0; k < SETS; k++) {
            u32 fd = (u32)fds[i].fd;
            if (((u16)fds[i].revents & means[k]) && (s->in[k * s->words + fd / 64] >> (fd % 64) & 1)) {
                out[k * s->words + fd / 64] |= 1ull << (fd % 64);
                bits++;
            }
        }
    for (int k = 0; k < SETS; k++)
        if (s->address[k] && !copy_to_guest(task, s->address[k], out + k * s->words, s->words * sizeof(u64)))
            return -EFAULT;
    return bits;
}

static i64 select_guest(Task *task, const u64 *arg, i64 timeout_ns)
{
    Selection s = {0};
    struct pollfd *fds = NULL;
    i64 result = selection_read(task, &s, arg), used = 0;
    if (!result && !(fds = heap_calloc(s.count + 1, sizeof *fds)))
        result = -ENOMEM;
    if (!result)
        result = used = selection_to_poll(task, &s, fds);
    if (result >= 0)
        result = poll_or_park(task, fds, (u32)used, timeout_ns, SYS_RESTARTNOHAND);
    if (result >= 0)
        result = selection_write(task, &s, fds, (u32)used);
    heap_free(fds);
    heap_free(s.in);
    return result;
}

static i64 select_timed(Task *task, const u64 *arg, i64 unit)
{
    i64 timeout_ns;
    i64 error = timeout_from_guest(task, task->woken ? 0 : arg[4], unit, &timeout_ns);
    if (error)
        return error;
    if (task->woken)
        timeout_ns = arg[4] ? (i64)task->call.scratch[0] : -1;
    else
        task->call.scratch[0] = (u64)timeout_ns;
    return timeout_to_guest(task, arg[4], unit, timeout_ns, select_guest(task, arg, timeout_ns));
}

i64 sys_select(Task *task, const u64 *arg)
{
    return select_timed(task, arg, 1000);
}

/* The sixth argument points to the mask's address and size. */
i64 sys_pselect6(Task *task, const u64 *arg)
{
    u64 mask[2] = {0, 0};
    if (arg[5] && !copy_from_guest(task, mask, arg[5], sizeof mask))
        return -EFAULT;
    i64 error = mask_from_guest(task, mask[0], mask[1]);
    return error ? error : select_timed(task, arg, 1);
}

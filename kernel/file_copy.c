/* Moving bytes between two descriptors: sendfile, copy_file_range, splice, tee, vmsplice.
 *
 * The host moves them, never waiting; when it would, the task parks on the side that is not ready. vmsplice copies: a pipe
 * that kept references to guest frames would see them after they belong to somebody else. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "kernel/file.h"
#include "kernel/host.h"
#include "kernel/page_cache.h"
#include "kernel/syscalls.h"
#include "kernel/terminal.h"

enum {
    SCRATCH_DONE = 0,
    STRETCH = 16 << 20, /* one host call: between two, signals are looked at */
};

typedef struct Copy {
    OpenFile *in, *out;
    u64 in_address, out_address; /* of offsets in guest memory; 0: the file's own */
    off64_t in_offset, out_offset;
    u64 size;
    u32 flags;
    bool nonblocking;            /* the call says so */
    bool offsets_when_moved;     /* offsets are stored only when bytes have gone */
    bool writes;                 /* the call is one that writes to `out`, if the host takes it: RLIMIT_FSIZE holds */
} Copy;

typedef i64 CopyCall(Copy *copy, u64 size);

static off64_t *in_pointer(Copy *c) { return c->in_address ? &c->in_offset : NULL; }
static off64_t *out_pointer(Copy *c) { return c->out_address ? &c->out_offset : NULL; }

/* The descriptors. What they allow, the host knows as well; but not of files whose contents are ours. */
static i64 copy_files(Task *task, Copy *c, u64 in, u64 out)
{
    c->in = file_get_usable(task, in);
    c->out = file_get_usable(task, out);
    if (!c->in || !c->out)
        return -EBADF;
    return (c->in->ops && c->in->mode) || (c->out->ops && c->out->mode) ? -EINVAL : 0;
}

/* The offsets as the guest has them. */
static i64 copy_offsets(Task *task, Copy *c)
{
    if (c->in_address && !copy_from_guest(task, &c->in_offset, c->in_address, sizeof c->in_offset))
        return -EFAULT;
    if (c->out_address && !copy_from_guest(task, &c->out_offset, c->out_address, sizeof c->out_offset))
        return -EFAULT;
    return 0;
}

static i64 copy_finish(Task *task, const Copy *c, u64 moved)
{
    Kernel *kernel = task->kernel;
    if (!moved && c->offsets_when_moved)
        return 0;
    if (c->out->mode == S_IFREG && kernel->watched_files && moved) {
        i64 end = c->out_address ? c->out_offset : host_lseek(c->out->host_fd, 0, SEEK_CUR);
        cached_file_changed(kernel, c->out->host_fd, (u64)end - moved, moved);
    }
    if (c->in_address && !copy_to_guest(task, c->in_address, &c->in_offset, sizeof c->in_offset))
        return -EFAULT;
    if (c->out_address && !copy_to_guest(task, c->out_address, &c->out_offset, sizeof c->out_offset))
        return -EFAULT;
    return (i64)moved;
}

static bool ready_now(const OpenFile *file, short events)
{
    struct pollfd fd = {.fd = file->host_fd, .events = events};
    return file->wait == WAIT_NEVER || host_poll(&fd, 1, 0) > 0;
}

/* Parks on the side that keeps the host from going on. */
static i64 copy_park(Task *task, const Copy *c)
{
    if (!ready_now(c->in, POLLIN))
        return file_park(task, c->in, POLLIN, SYS_RESTARTSYS);
    return file_park(task, c->out, POLLOUT, SYS_RESTARTSYS);
}

static bool end_nonblocking(const OpenFile *file)
{
    return file->wait != WAIT_NEVER && (file->flags & O_NONBLOCK);
}

static bool copy_nonblocking(const Copy *c)
{
    return c->nonblocking || end_nonblocking(c->in) || end_nonblocking(c->out);
}

/* Terminals at either end are for the foreground group, as in read and write. */
static i64 copy_access(Task *task, const Copy *c)
{
    i64 refused = c->in->terminal ? terminal_access(task, c->in, SIGTTIN, false) : 0;
    return !refused && c->out->terminal ? terminal_access(task, c->out, SIGTTOU, true) : refused;
}

/* RLIMIT_FSIZE, of which the host knows nothing: how much of `*stretch` may go. */
static i64 copy_limit(Task *task, const Copy *c, u64 *stretch)
{
    u64 limit = task->process->limits[LIMIT_FSIZE].soft;
    if (LIKELY(limit == UINT64_MAX) || !c->writes || c->out->mode != S_IFREG || (i64)*stretch <= 0)
        return 0;
    i64 offset = c->out_address ? c->out_offset : host_lseek(c->out->host_fd, 0, SEEK_CUR);
    if (offset < 0)
        return 0; /* the host's to refuse */
    if ((u64)offset >= limit)
        return file_size_allowed(task, c->out, (u64)offset + 1);
    if (*stretch > limit - (u64)offset)
        *stretch = limit - (u64)offset;
    return 0;
}

/* Between two stretches others have their turn, and signals and timers are looked at. */
static i64 copy_pause(Task *task, Copy *c, u64 done)
{
    task->call.scratch[SCRATCH_DONE] = done;
    i64 result = copy_finish(task, c, 0);
    return result < 0 ? result : wait_deadline(task, kernel_now(task->kernel));
}

/* Calls the host until `size` bytes have gone (`all`), or once. */
static i64 copy_run(Task *task, Copy *c, CopyCall *call, bool all)
{
    u64 done = task->call.scratch[SCRATCH_DONE];
    if (done && task->woken == WOKEN_SIGNAL)
        return copy_finish(task, c, done);
    for (;;) {
        u64 stretch = c->size - done;
        if (all && stretch > STRETCH && stretch <= TRANSFER_MAX) /* a size that is an error must reach the host as it is */
            stretch = STRETCH;
        i64 refused = copy_access(task, c);
        refused = refused ? refused : copy_limit(task, c, &stretch);
        if (refused)
            return done ? copy_finish(task, c, done) : refused;
        i64 moved = file_host_ready(c->in, POLLIN) && file_host_ready(c->out, POLLOUT) ? call(c, stretch) : -EAGAIN;
        if (moved == -EAGAIN && !copy_nonblocking(c) && !(done && task->woken == WOKEN_SIGNAL)) {
            task->call.scratch[SCRATCH_DONE] = done;
            i64 result = copy_finish(task, c, 0);
            return result < 0 ? result : copy_park(task, c);
        }
        if (moved == -EPIPE)
            signal_raise(task, SIGPIPE);
        if (moved < 0)
            return done ? copy_finish(task, c, done) : moved;
        done += (u64)moved;
        if (!moved || !all || done >= c->size || signal_waiting(task))
            return copy_finish(task, c, done);
        if ((u64)moved == STRETCH)
            return copy_pause(task, c, done);
    }
}

static i64 call_sendfile(Copy *c, u64 size)
{
    return host_result(host_sendfile(c->out->host_fd, c->in->host_fd, in_pointer(c), size));
}

i64 sys_sendfile(Task *task, const u64 *arg)
{
    bool cut = arg[3] > TRANSFER_MAX && (i64)arg[3] > 0;
    Copy c = {.in_address = arg[2], .size = cut ? TRANSFER_MAX : arg[3], .writes = true};
    i64 error = copy_offsets(task, &c);
    if (!error)
        error = copy_files(task, &c, arg[1], arg[0]);
    if (error)
        return error;
    if (task->kernel->watched_files && c.in->mode == S_IFREG)
        cached_file_sync(task->kernel, c.in->host_fd, 0, UINT64_MAX);
    return copy_run(task, &c, call_sendfile, true);
}

static i64 call_copy_file_range(Copy *c, u64 size)
{
    return host_result(host_copy_file_range(c->in->host_fd, in_pointer(c), c->out->host_fd, out_pointer(c), size, c->flags));
}

i64 sys_copy_file_range(Task *task, const u64 *arg)
{
    Copy c = {.in_address = arg[1], .out_address = arg[3], .size = arg[4], .flags = (u32)arg[5], .nonblocking = true,
              .offsets_when_moved = true, .writes = true};
    i64 error = copy_files(task, &c, arg[0], arg[2]);
    if (!error)
        error = copy_offsets(task, &c);
    if (error)
        return error;
    if (task->kernel->watched_files) {
        cached_file_sync(task->kernel, c.in->host_fd, 0, UINT64_MAX);
        cached_file_sync(task->kernel, c.out->host_fd, 0, UINT64_MAX);
    }
    return copy_run(task, &c, call_copy_file_range, false);
}

static i64 call_splice(Copy *c, u64 size)
{
    return host_result(
        host_splice(c->in->host_fd, in_pointer(c), c->out->host_fd, out_pointer(c), size, c->flags | SPLICE_F_NONBLOCK));
}

static i64 call_tee(Copy *c, u64 size)
{
    return host_result(host_tee(c->in->host_fd, c->out->host_fd, size, c->flags | SPLICE_F_NONBLOCK));
}

enum { SPLICE_FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT };

i64 sys_splice(Task *task, const u64 *arg)
{
    u32 flags = (u32)arg[5];
    if (!arg[4])
        return 0;
    if (flags & ~(u32)SPLICE_FLAGS)
        return -EINVAL;
    Copy c = {
        .in_address = arg[1], .out_address = arg[3], .size = arg[4], .flags = flags, .nonblocking = flags & SPLICE_F_NONBLOCK};
    i64 error = copy_files(task, &c, arg[0], arg[2]);
    if (!error && ((c.in->mode == S_IFIFO && c.in_address) || (c.out->mode == S_IFIFO && c.out_address)))
        error = -ESPIPE;
    if (!error)
        error = copy_offsets(task, &c);
    if (error)
        return error;
    c.writes = c.in->mode == S_IFIFO;
    return copy_run(task, &c, call_splice, false);
}

i64 sys_tee(Task *task, const u64 *arg)
{
    u32 flags = (u32)arg[3];
    if (flags & ~(u32)SPLICE_FLAGS)
        return -EINVAL;
    if (!arg[2])
        return 0;
    Copy c = {.size = arg[2], .flags = flags, .nonblocking = flags & SPLICE_F_NONBLOCK};
    i64 error = copy_files(task, &c, arg[0], arg[1]);
    return error ? error : copy_run(task, &c, call_tee, false);
}

/* vmsplice(2): into a pipe it is a write, out of one a read; here without page references. */
i64 sys_vmsplice(Task *task, const u64 *arg)
{
    GuestVector vectors[GUEST_VECTORS_MAX];
    GuestCursor cursor;
    if ((u32)arg[3] & ~(u32)SPLICE_FLAGS)
        return -EINVAL;
    OpenFile *file = file_get_usable(task, arg[0]);
    if (!file)
        return -EBADF;
    i64 error = cursor_vectors(task, &cursor, vectors, arg[1], arg[2]);
    if (error || !cursor.left)
        return error;
    if (file->mode != S_IFIFO)
        return -EBADF;
    u32 flags = (u32)arg[3] & SPLICE_F_NONBLOCK ? TRANSFER_NOWAIT : 0;
    return file_transfer(task, file, &(Transfer){&cursor, -1, file_writable(file), flags});
}

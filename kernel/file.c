/* Reading and writing: read, write and their vector, positioned and flagged forms, and lseek.
 *
 * One transfer loop serves them all: stretches of guest pages go to the host as one readv/writev each, straight from and
 * to guest frames. A call that would block parks its task; a write that had moved a part remembers how much. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/file.h"
#include "kernel/host.h"
#include "kernel/host_signals.h"
#include "kernel/page_cache.h"
#include "kernel/socket.h"
#include "kernel/syscalls.h"
#include "kernel/terminal.h"

enum {
    FIRST_STRETCH = 64 << 10, /* a short read must not touch pages of a large buffer that it does not fill */
    SCRATCH_DONE = 0,         /* call.scratch: bytes that a parked write has moved */
};
#define NO_OFFSET (-1ll)

/* One host call over the stretch. Plain read/write where they do: the most frequent calls of all. */
static i64 host_transfer(const Transfer *t, const OpenFile *file, const HostVectors *host, i64 offset)
{
    const struct iovec *v = host->v;
    const int flags = (int)(t->flags & ~(u32)TRANSFER_NOWAIT);
    i64 result;
    do {
        if (flags)
            result = (t->write ? host_pwritev2 : host_preadv2)(file->host_fd, v, (int)host->count, offset, flags);
        else if (offset == NO_OFFSET && host->count == 1)
            result = t->write ? host_write(file->host_fd, v->iov_base, v->iov_len)
                              : host_read(file->host_fd, v->iov_base, v->iov_len);
        else if (offset == NO_OFFSET)
            result = t->write ? host_writev(file->host_fd, v, (int)host->count)
                              : host_readv(file->host_fd, v, (int)host->count);
        else
            result = t->write ? host_pwritev(file->host_fd, v, (int)host->count, offset)
                              : host_preadv(file->host_fd, v, (int)host->count, offset);
    } while (result < 0 && errno == EINTR);
    return host_result(result);
}

/* The next stretch: 0 or more bytes, -EAGAIN when the host would block. */
static i64 transfer_stretch(Task *task, const Transfer *t, OpenFile *file, u64 limit, HostVectors *host, i64 offset)
{
    if (!file_host_ready(file, t->write ? POLLOUT : POLLIN))
        return -EAGAIN;
    if (file->wait == WAIT_POLL && t->write && file->mode == S_IFIFO && limit > PIPE_BUF)
        limit = PIPE_BUF; /* POLLOUT promises room for that much */
    host_vectors(task, host, t->cursor, limit, t->write ? ACCESS_READ : ACCESS_WRITE);
    i64 moved = host_transfer(t, file, host, offset);
    if (moved > 0 && !t->write)
        host_vectors_wrote(task, host, (u64)moved);
    if (UNLIKELY(file->pty_master) && moved > 0 && t->write)
        terminal_typed(task, file, host->v[0].iov_base, (u64)moved < host->v[0].iov_len ? (u64)moved : host->v[0].iov_len);
    return moved;
}

/* What a transfer that cannot go on just now comes to. */
static i64 transfer_would_block(Task *task, const Transfer *t, OpenFile *file, u64 done)
{
    bool nonblocking = (file->flags & O_NONBLOCK) || (t->flags & (RWF_NOWAIT | TRANSFER_NOWAIT));
    if (done && (!t->write || nonblocking || task->woken == WOKEN_SIGNAL))
        return (i64)done;
    if (nonblocking)
        return -EAGAIN;
    task->call.scratch[SCRATCH_DONE] = done;
    if (file->mode == S_IFSOCK)
        return socket_park(task, file, t->write ? POLLOUT : POLLIN, SYS_RESTARTSYS);
    return file_park(task, file, t->write ? POLLOUT : POLLIN, SYS_RESTARTSYS);
}

static i64 transfer_failed(Task *task, const Transfer *t, OpenFile *file, i64 error, u64 done)
{
    if (error == -EAGAIN)
        return transfer_would_block(task, t, file, done);
    if (error == -EPIPE && t->write)
        signal_raise(task, SIGPIPE);
    return done ? (i64)done : error;
}

i64 file_transfer(Task *task, OpenFile *file, const Transfer *t)
{
    GuestCursor *cursor = t->cursor;
    HostVectors host;
    u64 done = task->call.scratch[SCRATCH_DONE];
    u64 start = (u64)t->offset;
    if (done)
        cursor_skip(cursor, done);
    u64 limit = file->message ? TRANSFER_MAX : FIRST_STRETCH;
    for (;;) {
        i64 offset = t->offset == NO_OFFSET ? NO_OFFSET : (i64)(start + done);
        i64 moved = transfer_stretch(task, t, file, limit, &host, offset);
        if (moved < 0)
            return transfer_failed(task, t, file, moved, done);
        done += (u64)moved;
        cursor_skip(cursor, (u64)moved);
        bool shortened = (u64)moved < host.size;
        if (!cursor->left || file->message || !moved || (shortened && (!t->write || file->wait == WAIT_NEVER)))
            return (i64)done;
        limit = TRANSFER_MAX;
    }
}

/* Shared mappings and read/write see the same bytes: page_cache.h. */
static i64 transfer_cached(Task *task, OpenFile *file, const Transfer *t)
{
    Kernel *kernel = task->kernel;
    i64 offset = t->offset == NO_OFFSET ? host_lseek(file->host_fd, 0, SEEK_CUR) : t->offset;
    u64 size = t->cursor->left;
    if (!t->write) {
        cached_file_sync(kernel, file->host_fd, (u64)offset, size);
        return file_transfer(task, file, t);
    }
    cached_file_sync(kernel, file->host_fd, (u64)offset, size); /* pages are read again whole: bring their rest up first */
    i64 moved = file_transfer(task, file, t);
    if (moved > 0 && (file->flags & O_APPEND))
        offset = host_lseek(file->host_fd, 0, SEEK_CUR) - moved;
    if (moved > 0)
        cached_file_changed(kernel, file->host_fd, (u64)offset, (u64)moved);
    return moved;
}

/* RLIMIT_FSIZE: a write that starts beyond it fails, one that would cross it is cut. */
static i64 limit_size(Task *task, const OpenFile *file, const Transfer *t)
{
    u64 limit = task->process->limits[LIMIT_FSIZE].soft;
    struct stat st;
    i64 offset = t->offset == NO_OFFSET ? host_lseek(file->host_fd, 0, SEEK_CUR) : t->offset;
    if ((file->flags & O_APPEND) && host_fstat(file->host_fd, &st) == 0)
        offset = st.st_size;
    if ((u64)offset >= limit && t->cursor->left)
        return file_size_allowed(task, file, (u64)offset + 1);
    if (t->cursor->left > limit - (u64)offset)
        t->cursor->left = limit - (u64)offset;
    return 0;
}

static i64 transfer_regular(Task *task, OpenFile *file, const Transfer *t)
{
    if (UNLIKELY(t->write && task->process->limits[LIMIT_FSIZE].soft != UINT64_MAX)) {
        i64 error = limit_size(task, file, t);
        if (error)
            return error;
    }
    return task->kernel->watched_files ? transfer_cached(task, file, t) : file_transfer(task, file, t);
}

static i64 transfer_terminal(Task *task, OpenFile *file, const Transfer *t)
{
    sigset_t mask;
    i64 refused = terminal_access(task, file, t->write ? SIGTTOU : SIGTTIN, t->write);
    if (refused)
        return refused;
    host_signals_block_terminal(&mask);
    i64 moved = file_transfer(task, file, t);
    host_signals_unblock(&mask);
    return moved;
}

static i64 transfer(Task *task, OpenFile *file, const Transfer *t)
{
    if (UNLIKELY(file->ops != NULL)) {
        i64 (*op)(Task *, OpenFile *, GuestCursor *, i64) = t->write ? file->ops->write : file->ops->read;
        return op ? op(task, file, t->cursor, t->offset) : -EINVAL;
    }
    if (file->mode == S_IFREG)
        return transfer_regular(task, file, t);
    return UNLIKELY(file->terminal) ? transfer_terminal(task, file, t) : file_transfer(task, file, t);
}

/* Checks in Linux's order: EBADF for the number and the access mode, then EFAULT or EINVAL for the buffers. */
static OpenFile *transfer_file(Task *task, u64 fd, bool write)
{
    OpenFile *file = file_get(task, fd);
    return file && (write ? file_writable(file) : file_readable(file)) ? file : NULL;
}

static i64 transfer_single(Task *task, const u64 *arg, bool write, i64 offset)
{
    OpenFile *file = transfer_file(task, arg[0], write);
    if (!file)
        return -EBADF;
    GuestCursor cursor;
    i64 error = cursor_single(&cursor, arg[1], arg[2]);
    if (error)
        return error;
    return transfer(task, file, &(Transfer){&cursor, offset, write, 0});
}

i64 sys_read(Task *task, const u64 *arg)
{
    return transfer_single(task, arg, false, NO_OFFSET);
}

i64 sys_write(Task *task, const u64 *arg)
{
    return transfer_single(task, arg, true, NO_OFFSET);
}

/* pread(2): a negative position is EINVAL before the descriptor is looked at; what cannot seek is ESPIPE. */
static i64 positioned(Task *task, const u64 *arg, bool write)
{
    i64 offset = (i64)arg[3];
    if (offset < 0)
        return -EINVAL;
    OpenFile *file = file_get_usable(task, arg[0]);
    if (!file)
        return -EBADF;
    if (!file_can_seek(file))
        return -ESPIPE;
    return transfer_single(task, arg, write, offset);
}

i64 sys_pread64(Task *task, const u64 *arg)
{
    return positioned(task, arg, false);
}

i64 sys_pwrite64(Task *task, const u64 *arg)
{
    return positioned(task, arg, true);
}

static i64 transfer_vectors(Task *task, const u64 *arg, bool write, i64 offset, u32 flags)
{
    GuestVector vectors[GUEST_VECTORS_MAX];
    OpenFile *file = transfer_file(task, arg[0], write);
    if (!file)
        return -EBADF;
    if (file->ops && !(write ? file->ops->write : file->ops->read))
        return -EINVAL;
    GuestCursor cursor;
    i64 error = cursor_vectors(task, &cursor, vectors, arg[1], arg[2]);
    if (error || !cursor.left)
        return error;
    return transfer(task, file, &(Transfer){&cursor, offset, write, flags});
}

i64 sys_readv(Task *task, const u64 *arg)
{
    return transfer_vectors(task, arg, false, NO_OFFSET, 0);
}

i64 sys_writev(Task *task, const u64 *arg)
{
    return transfer_vectors(task, arg, true, NO_OFFSET, 0);
}

static i64 positioned_vectors(Task *task, const u64 *arg, bool write, u32 flags)
{
    i64 offset = (i64)arg[3];
    if (offset < 0)
        return -EINVAL;
    OpenFile *file = file_get_usable(task, arg[0]);
    if (!file)
        return -EBADF;
    if (!file_can_seek(file))
        return -ESPIPE;
    return transfer_vectors(task, arg, write, offset, flags);
}

i64 sys_preadv(Task *task, const u64 *arg)
{
    return positioned_vectors(task, arg, false, 0);
}

i64 sys_pwritev(Task *task, const u64 *arg)
{
    return positioned_vectors(task, arg, true, 0);
}

/* preadv2(2): position -1 means the file's own; flags that the host does not know are its own EOPNOTSUPP. */
static i64 flagged_vectors(Task *task, const u64 *arg, bool write)
{
    u32 flags = (u32)arg[5];
    if ((i64)arg[3] == -1)
        return transfer_vectors(task, arg, write, NO_OFFSET, flags);
    return positioned_vectors(task, arg, write, flags);
}

i64 sys_preadv2(Task *task, const u64 *arg)
{
    return flagged_vectors(task, arg, false);
}

i64 sys_pwritev2(Task *task, const u64 *arg)
{
    return flagged_vectors(task, arg, true);
}

bool file_can_seek(const OpenFile *file)
{
    if (file->ops)
        return file->ops->seek != NULL;
    return file->mode == S_IFREG || file->mode == S_IFDIR || file->mode == S_IFBLK ||
           (file->mode == S_IFCHR && !file->terminal);
}

i64 sys_lseek(Task *task, const u64 *arg)
{
    OpenFile *file = file_get_usable(task, arg[0]);
    if (!file)
        return -EBADF;
    i64 offset = (i64)arg[1];
    u32 whence = (u32)arg[2];
    if (whence > SEEK_HOLE)
        return -EINVAL;
    if (file->ops)
        return file->ops->seek ? file->ops->seek(task, file, offset, (int)whence) : 0; /* anonymous inodes: noop_llseek */
    return host_result(host_lseek(file->host_fd, offset, (int)whence));
}

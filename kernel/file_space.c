/* Sizes and storage of files: truncation, allocation, what goes to disk when, and advice. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel/file.h"
#include "kernel/host.h"
#include "kernel/page_cache.h"
#include "kernel/path.h"
#include "kernel/syscalls.h"

i64 file_size_allowed(Task *task, const OpenFile *file, u64 end)
{
    if (LIKELY(end <= task->process->limits[LIMIT_FSIZE].soft) || file->mode != S_IFREG)
        return 0;
    signal_raise(task, SIGXFSZ);
    return -EFBIG;
}

/* Regular host files only; -EINVAL for what has no size. */
static i64 sized_file(Task *task, u64 fd, OpenFile **file)
{
    *file = file_get_usable(task, fd);
    if (!*file)
        return -EBADF;
    return (*file)->ops ? -EINVAL : 0;
}

static void size_changed(Task *task, int host_fd)
{
    if (task->kernel->watched_files)
        cached_file_changed(task->kernel, host_fd, 0, UINT64_MAX);
}

static void bring_up_to_date(Task *task, int host_fd)
{
    if (task->kernel->watched_files)
        cached_file_sync(task->kernel, host_fd, 0, UINT64_MAX);
}

i64 sys_ftruncate(Task *task, const u64 *arg)
{
    OpenFile *file;
    if ((i64)arg[1] < 0)
        return -EINVAL;
    i64 error = sized_file(task, arg[0], &file);
    if (!error)
        error = file_size_allowed(task, file, arg[1]);
    if (error)
        return error;
    bring_up_to_date(task, file->host_fd);
    i64 result = host_result(host_ftruncate(file->host_fd, (off_t)arg[1]));
    if (!result)
        size_changed(task, file->host_fd);
    return result;
}

i64 sys_truncate(Task *task, const u64 *arg)
{
    if ((i64)arg[1] < 0)
        return -EINVAL;
    Path path;
    char link[PATH_MAX + 128];
    i64 result = path_from_guest(task, &path, (u64)AT_FDCWD, arg[0], 0);
    if (!result && (path.proc.kind || (path.file && path.file->path)))
        result = -EINVAL;
    if (!result) {
        const char *name = path_link(&path, link, sizeof link);
        int fd = task->kernel->watched_files ? host_open(name, O_PATH | O_CLOEXEC, 0) : -1;
        if (fd >= 0)
            bring_up_to_date(task, fd);
        result = host_result(host_truncate(name, (off_t)arg[1]));
        if (fd >= 0) {
            size_changed(task, fd);
            host_close(fd);
        }
    }
    path_done(&path);
    return result;
}

/* A memfd lies on a file system without a limit, in memory: what asks for more than the machine has would take the host's, and
 * its out-of-memory killer would end us and others. It gets what a limited tmpfs answers. */
static bool exceeds_memory(const Kernel *kernel, int host_fd, u64 size)
{
    struct statfs system;
    return size > kernel->config.claimed_memory && host_fstatfs(host_fd, &system) == 0 && system.f_type == TMPFS_MAGIC &&
           system.f_blocks == 0;
}

i64 sys_fallocate(Task *task, const u64 *arg)
{
    OpenFile *file;
    i64 error = sized_file(task, arg[0], &file), end;
    if (error)
        return error == -EINVAL ? -ENODEV : error;
    if ((i64)arg[2] < 0 || (i64)arg[3] <= 0)
        return -EINVAL;
    if (__builtin_add_overflow((i64)arg[2], (i64)arg[3], &end))
        return -EFBIG;
    error = file_size_allowed(task, file, (u64)end);
    if (!error && !(arg[1] & FALLOC_FL_PUNCH_HOLE) && exceeds_memory(task->kernel, file->host_fd, arg[3]))
        error = -ENOSPC;
    if (error)
        return error;
    bring_up_to_date(task, file->host_fd);
    i64 result = host_result(host_fallocate(file->host_fd, (int)arg[1], (off_t)arg[2], (off_t)arg[3]));
    if (!result)
        size_changed(task, file->host_fd);
    return result;
}

/* fsync(2) and its kin: dirty pages of shared mappings go to the host first. Files without storage are EINVAL. */
static i64 sync_file(Task *task, u64 fd, int (*host_sync)(int))
{
    OpenFile *file;
    i64 error = sized_file(task, fd, &file);
    if (error)
        return error;
    bring_up_to_date(task, file->host_fd);
    return host_result(host_sync(file->host_fd));
}

i64 sys_fsync(Task *task, const u64 *arg)
{
    return sync_file(task, arg[0], host_fsync);
}

i64 sys_fdatasync(Task *task, const u64 *arg)
{
    return sync_file(task, arg[0], host_fdatasync);
}

i64 sys_syncfs(Task *task, const u64 *arg)
{
    return sync_file(task, arg[0], host_syncfs);
}

i64 sys_sync(Task *task, const u64 *arg)
{
    (void)task, (void)arg;
    host_sync();
    return 0;
}

i64 sys_sync_file_range(Task *task, const u64 *arg)
{
    OpenFile *file;
    i64 error = sized_file(task, arg[0], &file);
    if (error)
        return error == -EINVAL ? -ESPIPE : error;
    bring_up_to_date(task, file->host_fd);
    return host_result(host_sync_file_range(file->host_fd, (off64_t)arg[1], (off64_t)arg[2], (unsigned)arg[3]));
}

i64 sys_fadvise64(Task *task, const u64 *arg)
{
    OpenFile *file = file_get_usable(task, arg[0]);
    if (!file)
        return -EBADF;
    if (file->mode == S_IFIFO)
        return -ESPIPE;
    if (file->path)
        return (u32)arg[3] > POSIX_FADV_NOREUSE || (i64)arg[2] < 0 ? -EINVAL : 0;
    return host_result(host_fadvise64(file->host_fd, (off_t)arg[1], (off_t)arg[2], (int)arg[3]));
}

i64 sys_readahead(Task *task, const u64 *arg)
{
    OpenFile *file;
    i64 error = sized_file(task, arg[0], &file);
    if (error)
        return error;
    return file_readable(file) ? host_result(host_readahead(file->host_fd, (off_t)arg[1], arg[2])) : -EBADF;
}

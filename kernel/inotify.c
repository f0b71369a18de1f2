/* inotify(7): the files are the host's, and so are the events. Only the guest's /proc cannot be watched. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "kernel/host.h"
#include "kernel/path.h"
#include "kernel/syscalls.h"

static i64 make_inotify(Task *task, u32 flags)
{
    if (flags & ~(u32)(IN_CLOEXEC | IN_NONBLOCK))
        return -EINVAL;
    int host = host_inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (host < 0)
        return -errno;
    OpenFile *file = file_from_host(task->kernel, host, O_RDONLY | (flags & O_NONBLOCK));
    if (!file)
        return -ENOMEM;
    file->message = true;
    return file_install(task, file, 0, flags & IN_CLOEXEC);
}

i64 sys_inotify_init(Task *task, const u64 *arg)
{
    (void)arg;
    return make_inotify(task, 0);
}

i64 sys_inotify_init1(Task *task, const u64 *arg)
{
    return make_inotify(task, (u32)arg[0]);
}

i64 sys_inotify_add_watch(Task *task, const u64 *arg)
{
    OpenFile *file = file_get_usable(task, arg[0]);
    u32 mask = (u32)arg[2];
    if (!mask)
        return -EINVAL;
    if (!file)
        return -EBADF;
    if (file->ops || file->mode)
        return -EINVAL; /* not an inotify instance: those have no file type */
    Path path;
    char link[PATH_MAX + 128];
    i64 result = path_from_guest(task, &path, (u64)AT_FDCWD, arg[1], mask & IN_DONT_FOLLOW ? PATH_NOFOLLOW : 0);
    if (!result)
        result = path.proc.kind || (path.file && path.file->path)
                     ? -EPERM
                     : host_result(host_inotify_add_watch(file->host_fd, path_link(&path, link, sizeof link), mask));
    path_done(&path);
    return result;
}

i64 sys_inotify_rm_watch(Task *task, const u64 *arg)
{
    OpenFile *file = file_get_usable(task, arg[0]);
    if (!file)
        return -EBADF;
    if (file->ops || file->mode)
        return -EINVAL;
    return host_result(host_inotify_rm_watch(file->host_fd, (int)arg[1]));
}

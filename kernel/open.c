/* open, openat, openat2, creat, and opening programs for execve and files for mmap.
 *
 * The host always opens with O_NONBLOCK (fd.h says why). That changes one thing that a guest could see: a FIFO opened for
 * one side waits for the other. fifo.c makes the task wait instead of the host. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel/devices.h"
#include "kernel/fifo.h"
#include "kernel/host.h"
#include "kernel/page_cache.h"
#include "kernel/path.h"
#include "kernel/proc_fs.h"
#include "kernel/syscalls.h"
#include "kernel/terminal.h"

typedef struct OpenHow { u64 flags, mode, resolve; } OpenHow; /* struct open_how */
_Static_assert(sizeof(OpenHow) == 24, "struct open_how");

#define OPEN_VALID (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | O_ASYNC | O_DIRECT | \
                    0100000 | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE)

/* The host's open of a resolved path. -errno. */
static int open_on_host(Task *task, const Path *path, const OpenHow *how, bool strict)
{
    u64 flags = how->flags | O_CLOEXEC | (how->flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY);
    if (flags & O_ACCMODE)
        flags &= ~(u64)O_TRUNC; /* open_for_writing() does it, when it is allowed */
    if (flags & (O_CREAT | __O_TMPFILE))
        fs_use_umask(task);
    int fd;
    if (strict || task->fs->root_fd >= 0) {
        struct open_how host = {.flags = flags, .mode = how->mode, .resolve = how->resolve};
        fd = host_openat2(path->dir, path->name, &host, sizeof host);
    } else {
        fd = host_openat(path->dir, path->name, (int)flags, (mode_t)how->mode);
    }
    return fd < 0 ? -errno : fd;
}

/* A path that reached the host's /proc by a detour (a symbolic link, mostly): what it names there is the emulator's view.
 * Opens the guest's instead. -errno. */
static i64 reopen_in_proc(Task *task, int fd, const OpenHow *how, OpenFile **file)
{
    char name[PATH_MAX], self[32];
    i64 length = path_of_descriptor(task, fd, name, sizeof name);
    host_close(fd);
    if (length < 0)
        return length;
    snprintf(self, sizeof self, "/proc/%d", (int)host_getpid());
    size_t self_length = strlen(self);
    char guest[PATH_MAX + 16];
    if (!strncmp(name, self, self_length) && (name[self_length] == '/' || !name[self_length]))
        snprintf(guest, sizeof guest, "/proc/self%s", name + self_length);
    else
        snprintf(guest, sizeof guest, "%s", name);
    Path path;
    i64 error = path_from_name(task, &path, (u64)AT_FDCWD, guest, 0);
    if (!error && path.proc.kind) {
        error = proc_open(task, &path, (u32)how->flags, file);
    } else if (!error) {
        int again = open_on_host(task, &path, how, false);
        *file = again < 0 ? NULL : file_from_host(task->kernel, again, (u32)how->flags);
        error = again < 0 ? again : *file ? 0 : -ENOMEM;
    }
    path_done(&path);
    return error;
}

static bool in_host_proc(Task *task, const Path *path, const OpenFile *file)
{
    return UNLIKELY(file->device == task->kernel->vfs->proc_device) && strncmp(path->name, "/proc", 5);
}

/* ETXTBSY: a program that runs is not written to. The host does not know that it runs, so it must not truncate it first. */
static i64 open_for_writing(Task *task, const OpenFile *file, const OpenHow *how)
{
    Kernel *kernel = task->kernel;
    for (const Process *p = kernel->processes; p; p = p->next)
        if (p->exe_file && cached_file_inode(p->exe_file) == file->inode && cached_file_device(p->exe_file) == file->device)
            return -ETXTBSY;
    if (!(how->flags & O_TRUNC))
        return 0;
    i64 result = host_result(host_ftruncate(file->host_fd, 0));
    cached_file_changed(kernel, file->host_fd, 0, UINT64_MAX);
    return result;
}

static i64 open_path(Task *task, Path *path, const OpenHow *how, bool strict, OpenFile **file)
{
    if (path->proc.kind)
        return proc_open(task, path, (u32)how->flags, file);
    if (UNLIKELY(!strcmp(path->name, "/dev/tty")) && !(how->flags & O_PATH))
        return terminal_open_own(task, (u32)how->flags, file);
    int fd = open_on_host(task, path, how, strict);
    if (fd == -ENXIO && !(how->flags & O_NONBLOCK) && (how->flags & O_ACCMODE) == O_WRONLY)
        return fifo_open_writer(task, path);
    if (fd < 0)
        return fd;
    *file = file_from_host(task->kernel, fd, (u32)how->flags);
    if (!*file)
        return -ENOMEM;
    if (in_host_proc(task, path, *file)) {
        int own = host_fcntl(fd, F_DUPFD_CLOEXEC, 0);
        file_unref(task->kernel, *file);
        return own < 0 ? -errno : reopen_in_proc(task, own, how, file);
    }
    if ((how->flags & O_ACCMODE) && (*file)->mode == S_IFREG && !(how->flags & O_PATH)) {
        i64 error = open_for_writing(task, *file, how);
        if (error)
            file_unref(task->kernel, *file);
        return error;
    }
    if ((*file)->mode == S_IFCHR && !(how->flags & O_PATH))
        device_opened(task, *file, (u32)how->flags);
    if ((*file)->mode == S_IFIFO && !(how->flags & (O_NONBLOCK | O_PATH)) && (how->flags & O_ACCMODE) == O_RDONLY)
        return fifo_opened_reader(task, file);
    return 0;
}

static i64 open_at(Task *task, u64 dirfd, u64 address, const OpenHow *how, bool strict)
{
    bool follow = !(how->flags & O_NOFOLLOW) && (how->flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
    OpenFile *file = NULL;
    i64 error = 0;
    if (fifo_reopening(task, &file)) {
        error = fifo_opened_reader(task, &file);
    } else {
        Path path;
        error = path_from_guest(task, &path, dirfd, address,
                                (follow ? 0 : PATH_NOFOLLOW) | (how->flags & O_CREAT ? PATH_CREATE : 0));
        if (!error)
            error = files_have_room(task) ? open_path(task, &path, how, strict, &file) : -EMFILE;
        path_done(&path);
    }
    return error ? error : file_install(task, file, 0, how->flags & O_CLOEXEC);
}

static i64 open_plain(Task *task, u64 dirfd, u64 address, u64 flags, u64 mode)
{
    OpenHow how = {(u32)flags & OPEN_VALID, mode & 07777, 0};
    if (how.flags & O_PATH)
        how.flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    else
        how.flags |= 0100000; /* O_LARGEFILE, as for every 64-bit program */
    return open_at(task, dirfd, address, &how, false);
}

i64 sys_open(Task *task, const u64 *arg)
{
    return open_plain(task, (u64)AT_FDCWD, arg[0], arg[1], arg[2]);
}

i64 sys_creat(Task *task, const u64 *arg)
{
    return open_plain(task, (u64)AT_FDCWD, arg[0], O_CREAT | O_WRONLY | O_TRUNC, arg[1]);
}

i64 sys_openat(Task *task, const u64 *arg)
{
    return open_plain(task, arg[0], arg[1], arg[2], arg[3]);
}

/* openat2(2): a structure that may have grown; what we do not know must be zero. */
i64 sys_openat2(Task *task, const u64 *arg)
{
    u64 size = arg[3];
    OpenHow how;
    if (size < sizeof how)
        return -EINVAL;
    if (size > PAGE_SIZE)
        return -E2BIG;
    u8 tail[PAGE_SIZE];
    if (!copy_from_guest(task, &how, arg[2], sizeof how) ||
        !copy_from_guest(task, tail, arg[2] + sizeof how, size - sizeof how))
        return -EFAULT;
    for (u64 i = 0; i < size - sizeof how; i++)
        if (tail[i])
            return -E2BIG;
    if ((how.flags & O_PATH) && (how.flags & ~(u64)(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)))
        return -EINVAL;
    return open_at(task, arg[0], arg[1], &how, true);
}

/* ---- for execve and mmap ----------------------------------------------------------------------------------------------- */

/* Does a guest have the file open for writing? */
static bool open_written(const Kernel *kernel, const struct stat *st)
{
    for (const OpenFile *file = kernel->vfs->open_files; file; file = file->next)
        if (file->mode == S_IFREG && file_writable(file) && file->inode == st->st_ino && file->device == st->st_dev)
            return true;
    return false;
}

/* fexecve(3): a description of its own of the file behind a descriptor, whatever O_PATH says. What O_PATH opened may be no
 * file: a link is not followed, and a fifo or device must not be opened for this. */
static i64 open_again(int fd)
{
    struct stat st;
    char link[32];
    if (host_fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return S_ISLNK(st.st_mode) ? -ELOOP : -EACCES;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return host_result(host_open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0));
}

i64 file_open_program(Task *task, i32 dirfd, const char *name, u32 at_flags, char *real_path)
{
    Path path;
    u32 how = (at_flags & AT_SYMLINK_NOFOLLOW ? PATH_NOFOLLOW : 0) | (at_flags & AT_EMPTY_PATH ? PATH_EMPTY : 0);
    i64 result = path_from_name(task, &path, (u64)(i64)dirfd, name, how);
    if (result)
        return result;
    if (path.proc.kind || (path.file && path.file->path)) {
        result = -EACCES;
    } else if (path.at_flags & AT_EMPTY_PATH) {
        result = open_again(path.dir);
    } else {
        int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (how & PATH_NOFOLLOW ? O_NOFOLLOW : 0);
        result = host_result(host_openat(path.dir, path.name, flags, 0));
        if (result == -ENXIO) /* a socket */
            result = -EACCES;
    }
    path_done(&path);
    if (result < 0)
        return result;
    int fd = (int)result;
    struct stat st;
    if (host_fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || host_faccessat(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) < 0)
        result = -EACCES;
    else if (open_written(task->kernel, &st))
        result = -ETXTBSY;
    else
        result = path_of_descriptor(task, fd, real_path, PATH_MAX);
    if (result < 0) {
        host_close(fd);
        return result;
    }
    return fd;
}

i64 file_for_mapping(Task *task, i32 fd, bool write_shared, char *real_path, bool *zero)
{
    OpenFile *file = file_get_usable(task, (u64)(i64)fd);
    *zero = false;
    if (!file)
        return -EBADF;
    if (!file_readable(file) || (write_shared && !file_writable(file)))
        return -EACCES;
    if (file->ops)
        return -ENODEV;
    if (file->mode == S_IFCHR) {
        struct stat st;
        *zero = host_fstat(file->host_fd, &st) == 0 && st.st_rdev == makedev(1, 5);
        return *zero ? file->host_fd : -ENODEV;
    }
    if (file->mode != S_IFREG)
        return -ENODEV;
    i64 length = path_of_descriptor(task, file->host_fd, real_path, PATH_MAX);
    return length < 0 ? length : file->host_fd;
}

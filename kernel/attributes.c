/* Changing what an inode says of itself: mode, owner, times. */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/host.h"
#include "kernel/path.h"
#include "kernel/syscalls.h"

/* A name whose inode is to change. The guest's /proc refuses. */
static i64 inode_from_guest(Task *task, Path *path, u64 dirfd, u64 address, u32 how)
{
    i64 error = path_from_guest(task, path, dirfd, address, how);
    if (!error && (path->proc.kind || (path->file && path->file->path)))
        error = -EPERM;
    return error;
}

/* The host descriptor behind a number; -EBADF, -EPERM in the guest's /proc. */
static i64 inode_descriptor(Task *task, u64 fd)
{
    OpenFile *file = file_get_usable(task, fd);
    if (!file)
        return -EBADF;
    return file->path ? -EPERM : file->host_fd;
}

static i64 change_mode(Task *task, u64 dirfd, u64 address, u64 mode)
{
    Path path;
    i64 result = inode_from_guest(task, &path, dirfd, address, 0);
    if (!result)
        result = host_result(host_fchmodat(path.dir, path.name, (u32)mode));
    path_done(&path);
    return result;
}

i64 sys_chmod(Task *task, const u64 *arg)
{
    return change_mode(task, (u64)AT_FDCWD, arg[0], arg[1]);
}

i64 sys_fchmodat(Task *task, const u64 *arg)
{
    return change_mode(task, arg[0], arg[1], arg[2]);
}

i64 sys_fchmod(Task *task, const u64 *arg)
{
    i64 fd = inode_descriptor(task, arg[0]);
    return fd < 0 ? fd : host_result(host_fchmod((int)fd, (mode_t)arg[1]));
}

static i64 change_owner(Task *task, u64 dirfd, u64 address, u64 uid, u64 gid, u32 flags)
{
    if (flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    Path path;
    i64 result = inode_from_guest(task, &path, dirfd, address,
                                  (flags & AT_SYMLINK_NOFOLLOW ? PATH_NOFOLLOW : 0) | (flags & AT_EMPTY_PATH ? PATH_EMPTY : 0));
    if (!result)
        result = host_result(host_fchownat(path.dir, path.name, (uid_t)uid, (gid_t)gid, (int)(flags | path.at_flags)));
    path_done(&path);
    return result;
}

i64 sys_chown(Task *task, const u64 *arg)
{
    return change_owner(task, (u64)AT_FDCWD, arg[0], arg[1], arg[2], 0);
}

i64 sys_lchown(Task *task, const u64 *arg)
{
    return change_owner(task, (u64)AT_FDCWD, arg[0], arg[1], arg[2], AT_SYMLINK_NOFOLLOW);
}

i64 sys_fchownat(Task *task, const u64 *arg)
{
    return change_owner(task, arg[0], arg[1], arg[2], arg[3], (u32)arg[4]);
}

i64 sys_fchown(Task *task, const u64 *arg)
{
    i64 fd = inode_descriptor(task, arg[0]);
    return fd < 0 ? fd : host_result(host_fchown((int)fd, (uid_t)arg[1], (gid_t)arg[2]));
}

/* ---- times --------------------------------------------------------------------------------------------------------------- */

typedef struct GuestTimespec { i64 seconds, nanoseconds; } GuestTimespec;
typedef struct GuestTimeval { i64 seconds, microseconds; } GuestTimeval;

/* times NULL: now. address 0: the descriptor itself. */
static i64 change_times(Task *task, u64 dirfd, u64 address, const struct timespec *times, u32 flags)
{
    if (flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    if (!address && (i32)dirfd != AT_FDCWD) {
        i64 fd = flags ? -EINVAL : inode_descriptor(task, dirfd);
        return fd < 0 ? fd : host_result(host_utimensat((int)fd, NULL, times, 0));
    }
    Path path;
    i64 result = inode_from_guest(task, &path, dirfd, address,
                                  (flags & AT_SYMLINK_NOFOLLOW ? PATH_NOFOLLOW : 0) | (flags & AT_EMPTY_PATH ? PATH_EMPTY : 0));
    if (!result)
        result = host_result(host_utimensat(path.dir, path.name, times, flags | path.at_flags));
    path_done(&path);
    return result;
}

i64 sys_utimensat(Task *task, const u64 *arg)
{
    GuestTimespec guest[2];
    if (!arg[2])
        return change_times(task, arg[0], arg[1], NULL, (u32)arg[3]);
    if (!copy_from_guest(task, guest, arg[2], sizeof guest))
        return -EFAULT;
    if (guest[0].nanoseconds == UTIME_OMIT && guest[1].nanoseconds == UTIME_OMIT)
        return 0; /* before anything else is looked at */
    struct timespec times[2] = {{guest[0].seconds, guest[0].nanoseconds}, {guest[1].seconds, guest[1].nanoseconds}};
    return change_times(task, arg[0], arg[1], times, (u32)arg[3]);
}

static i64 change_times_micro(Task *task, u64 dirfd, u64 address, u64 times_address)
{
    GuestTimeval guest[2];
    if (!times_address)
        return change_times(task, dirfd, address, NULL, 0);
    if (!copy_from_guest(task, guest, times_address, sizeof guest))
        return -EFAULT;
    struct timespec times[2];
    for (int i = 0; i < 2; i++) {
        if (guest[i].microseconds < 0 || guest[i].microseconds >= 1000000)
            return -EINVAL;
        times[i] = (struct timespec){guest[i].seconds, guest[i].microseconds * 1000};
    }
    return change_times(task, dirfd, address, times, 0);
}

i64 sys_utimes(Task *task, const u64 *arg)
{
    return change_times_micro(task, (u64)AT_FDCWD, arg[0], arg[1]);
}

i64 sys_futimesat(Task *task, const u64 *arg)
{
    return change_times_micro(task, arg[0], arg[1], arg[2]);
}

i64 sys_utime(Task *task, const u64 *arg)
{
    i64 guest[2]; /* struct utimbuf */
    if (!arg[1])
        return change_times(task, (u64)AT_FDCWD, arg[0], NULL, 0);
    if (!copy_from_guest(task, guest, arg[1], sizeof guest))
        return -EFAULT;
    struct timespec times[2] = {{.tv_sec = guest[0]}, {.tv_sec = guest[1]}};
    return change_times(task, (u64)AT_FDCWD, arg[0], times, 0);
}

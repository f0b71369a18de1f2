/* What a name or a descriptor is: the stat family, statx, statfs, access, readlink.
 *
 * The host answers; structures are converted field by field, so that a host of another architecture would do. */
#include "kernel/stat.h"
#include "kernel/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel/credentials.h"
#include "kernel/path.h"
#include "kernel/proc_fs.h"
#include "kernel/syscalls.h"

i64 stat_to_guest(Task *task, u64 address, const struct stat *st)
{
    GuestStat guest = {
        .device = st->st_dev, .inode = st->st_ino, .links = st->st_nlink,
        .mode = st->st_mode, .uid = st->st_uid, .gid = st->st_gid, .rdevice = st->st_rdev,
        .size = st->st_size, .block_size = st->st_blksize, .blocks = st->st_blocks,
        .atime = (u64)st->st_atim.tv_sec, .atime_ns = (u64)st->st_atim.tv_nsec,
        .mtime = (u64)st->st_mtim.tv_sec, .mtime_ns = (u64)st->st_mtim.tv_nsec,
        .ctime = (u64)st->st_ctim.tv_sec, .ctime_ns = (u64)st->st_ctim.tv_nsec,
    };
    return copy_to_guest(task, address, &guest, sizeof guest) ? 0 : -EFAULT;
}

i64 file_stat(Task *task, OpenFile *file, struct stat *st)
{
    if (file->ops && file->ops->stat)
        return file->ops->stat(task, file, st);
    return host_result(host_fstat(file->host_fd, st));
}

static i64 stat_path(Task *task, u64 dirfd, u64 address, u64 buffer, u32 flags)
{
    Path path;
    struct stat st;
    bool nofollow = flags & AT_SYMLINK_NOFOLLOW;
    i64 result;
    if (address || !(flags & AT_EMPTY_PATH))
        result = path_from_guest(task, &path, dirfd, address,
                                 (nofollow ? PATH_NOFOLLOW : 0) | (flags & AT_EMPTY_PATH ? PATH_EMPTY : 0));
    else /* Linux 6.11: a NULL path means "" */
        result = path_from_name(task, &path, dirfd, "", PATH_EMPTY);
    if (!result) {
        if (path.proc.kind)
            result = proc_stat(task, &path.proc, &st);
        else if (path.file)
            result = file_stat(task, path.file, &st);
        else
            result = host_result(host_fstatat(path.dir, path.name, &st, (int)(flags | path.at_flags)));
    }
    path_done(&path);
    return result ? result : stat_to_guest(task, buffer, &st);
}

i64 sys_stat(Task *task, const u64 *arg)
{
    return stat_path(task, (u64)AT_FDCWD, arg[0], arg[1], 0);
}

i64 sys_lstat(Task *task, const u64 *arg)
{
    return stat_path(task, (u64)AT_FDCWD, arg[0], arg[1], AT_SYMLINK_NOFOLLOW);
}

i64 sys_fstat(Task *task, const u64 *arg)
{
    OpenFile *file = file_get(task, arg[0]);
    struct stat st;
    if (!file)
        return -EBADF;
    i64 result = file_stat(task, file, &st);
    return result ? result : stat_to_guest(task, arg[1], &st);
}

i64 sys_newfstatat(Task *task, const u64 *arg)
{
    u32 flags = (u32)arg[3];
    if (flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
        return -EINVAL;
    return stat_path(task, arg[0], arg[1], arg[2], flags);
}

/* ---- statx ------------------------------------------------------------------------------------------------------------- */

_Static_assert(sizeof(struct statx) == 256, "struct statx is the same everywhere");

static void statx_from_stat(struct statx *x, const struct stat *st)
{
    *x = (struct statx){
        .stx_mask = STATX_BASIC_STATS, .stx_blksize = (u32)st->st_blksize, .stx_nlink = (u32)st->st_nlink,
        .stx_uid = st->st_uid, .stx_gid = st->st_gid, .stx_mode = (u16)st->st_mode, .stx_ino = st->st_ino,
        .stx_size = (u64)st->st_size, .stx_blocks = (u64)st->st_blocks,
        .stx_atime = {.tv_sec = st->st_atim.tv_sec, .tv_nsec = (u32)st->st_atim.tv_nsec},
        .stx_mtime = {.tv_sec = st->st_mtim.tv_sec, .tv_nsec = (u32)st->st_mtim.tv_nsec},
        .stx_ctime = {.tv_sec = st->st_ctim.tv_sec, .tv_nsec = (u32)st->st_ctim.tv_nsec},
        .stx_dev_minor = (u32)st->st_dev,
    };
}

i64 sys_statx(Task *task, const u64 *arg)
{
    u32 flags = (u32)arg[2], mask = (u32)arg[3];
    if ((mask & STATX__RESERVED) || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
        return -EINVAL;
    if (flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
        return -EINVAL;
    Path path;
    struct stat st;
    struct statx x;
    u32 how = (flags & AT_SYMLINK_NOFOLLOW ? PATH_NOFOLLOW : 0) | (flags & AT_EMPTY_PATH ? PATH_EMPTY : 0);
    bool empty = !arg[1] && (flags & AT_EMPTY_PATH);
    i64 result = empty ? path_from_name(task, &path, arg[0], "", how) : path_from_guest(task, &path, arg[0], arg[1], how);
    if (!result) {
        if (path.proc.kind || (path.file && path.file->path)) {
            result = path.proc.kind ? proc_stat(task, &path.proc, &st) : file_stat(task, path.file, &st);
            if (!result)
                statx_from_stat(&x, &st);
        } else {
            result = host_result(host_statx(path.dir, path.name, (int)(flags | path.at_flags), mask, &x));
        }
    }
    path_done(&path);
    if (result)
        return result;
    return copy_to_guest(task, arg[4], &x, sizeof x) ? 0 : -EFAULT;
}

/* ---- statfs ------------------------------------------------------------------------------------------------------------- */

typedef struct GuestStatfs {
    i64 type, block_size, blocks, blocks_free, blocks_available, files, files_free;
    i32 id[2];
    i64 name_max, fragment_size, flags, spare[4];
} GuestStatfs;
_Static_assert(sizeof(GuestStatfs) == 120, "struct statfs");

static i64 statfs_to_guest(Task *task, u64 address, const struct statfs *s)
{
    GuestStatfs guest = {
        .type = s->f_type, .block_size = s->f_bsize, .blocks = (i64)s->f_blocks, .blocks_free = (i64)s->f_bfree,
        .blocks_available = (i64)s->f_bavail, .files = (i64)s->f_files, .files_free = (i64)s->f_ffree,
        .id = {s->f_fsid.__val[0], s->f_fsid.__val[1]}, .name_max = s->f_namelen, .fragment_size = s->f_frsize,
        .flags = s->f_flags,
    };
    return copy_to_guest(task, address, &guest, sizeof guest) ? 0 : -EFAULT;
}

i64 sys_statfs(Task *task, const u64 *arg)
{
    Path path;
    struct statfs s;
    i64 result = path_from_guest(task, &path, (u64)AT_FDCWD, arg[0], 0);
    if (!result) {
        char link[PATH_MAX + 128];
        result = host_result(host_statfs(path.proc.kind ? "/proc" : path_link(&path, link, sizeof link), &s));
    }
    path_done(&path);
    return result ? result : statfs_to_guest(task, arg[1], &s);
}

i64 sys_fstatfs(Task *task, const u64 *arg)
{
    OpenFile *file = file_get(task, arg[0]);
    struct statfs s;
    if (!file)
        return -EBADF;
    i64 result = host_result(file->path ? host_statfs("/proc", &s) : host_fstatfs(file->host_fd, &s));
    return result ? result : statfs_to_guest(task, arg[1], &s);
}

/* ---- access, readlink -------------------------------------------------------------------------------------------- */

/* Asked with the real ids unless AT_EACCESS: the host would take our own for the real ones. */
static i64 access_host(Task *task, const Path *path, u32 mode, u32 flags)
{
    if (!(flags & AT_EACCESS))
        credentials_use_real(task);
    i64 result = host_result(host_faccessat2(path->dir, path->name, (int)mode, (int)(flags | AT_EACCESS | path->at_flags)));
    credentials_use(task);
    return result;
}

static i64 access_path(Task *task, u64 dirfd, u64 address, u32 mode, u32 flags)
{
    if ((mode & ~7u) || (flags & ~(u32)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
        return -EINVAL;
    Path path;
    i64 result = path_from_guest(task, &path, dirfd, address,
                                 (flags & AT_SYMLINK_NOFOLLOW ? PATH_NOFOLLOW : 0) | (flags & AT_EMPTY_PATH ? PATH_EMPTY : 0));
    if (!result) {
        if (path.proc.kind)
            result = proc_access(task, &path.proc, mode);
        else if (path.file && path.file->path)
            result = mode & X_OK ? -EACCES : 0;
        else
            result = access_host(task, &path, mode, flags);
    }
    path_done(&path);
    return result;
}

i64 sys_access(Task *task, const u64 *arg)
{
    return access_path(task, (u64)AT_FDCWD, arg[0], (u32)arg[1], 0);
}

i64 sys_faccessat(Task *task, const u64 *arg)
{
    return access_path(task, arg[0], arg[1], (u32)arg[2], 0);
}

i64 sys_faccessat2(Task *task, const u64 *arg)
{
    return access_path(task, arg[0], arg[1], (u32)arg[2], (u32)arg[3]);
}

static i64 readlink_path(Task *task, u64 dirfd, u64 address, u64 buffer, i32 size)
{
    if (size <= 0)
        return -EINVAL;
    Path path;
    char target[PATH_MAX];
    i64 length = path_from_guest(task, &path, dirfd, address, PATH_NOFOLLOW | PATH_EMPTY);
    if (!length) {
        if (path.proc.kind)
            length = proc_readlink(task, &path.proc, target, sizeof target);
        else if (path.file && !(path.file->flags & O_PATH))
            length = -ENOENT; /* "" reads the link that an O_PATH|O_NOFOLLOW descriptor names */
        else
            length = host_result(host_readlinkat(path.dir, path.name, target, sizeof target));
    }
    path_done(&path);
    if (length < 0)
        return length;
    if (length > size)
        length = size;
    return copy_to_guest(task, buffer, target, (u64)length) ? length : -EFAULT;
}

i64 sys_readlink(Task *task, const u64 *arg)
{
    return readlink_path(task, (u64)AT_FDCWD, arg[0], arg[1], (i32)arg[2]);
}

i64 sys_readlinkat(Task *task, const u64 *arg)
{
    return readlink_path(task, arg[0], arg[1], arg[2], (i32)arg[3]);
}

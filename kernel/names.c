/* Making, removing and renaming directory entries. The host does it all; /proc is nobody's to change. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/host.h"
#include "kernel/path.h"
#include "kernel/syscalls.h"

/* A name to act on, not followed. The guest's /proc refuses with `refusal`. */
static i64 name_from_guest(Task *task, Path *path, u64 dirfd, u64 address, i64 refusal)
{
    i64 error = path_from_guest(task, path, dirfd, address, PATH_NOFOLLOW | PATH_CREATE);
    if (!error && path->proc.kind)
        error = refusal;
    return error;
}

static i64 make_directory(Task *task, u64 dirfd, u64 address, u64 mode)
{
    Path path;
    i64 result = name_from_guest(task, &path, dirfd, address, -EEXIST);
    if (!result) {
        fs_use_umask(task);
        result = host_result(host_mkdirat(path.dir, path.name, (mode_t)mode));
    }
    path_done(&path);
    return result;
}

i64 sys_mkdir(Task *task, const u64 *arg)
{
    return make_directory(task, (u64)AT_FDCWD, arg[0], arg[1]);
}

i64 sys_mkdirat(Task *task, const u64 *arg)
{
    return make_directory(task, arg[0], arg[1], arg[2]);
}

static i64 make_node(Task *task, u64 dirfd, u64 address, u64 mode, u64 device)
{
    Path path;
    i64 result = name_from_guest(task, &path, dirfd, address, -EEXIST);
    if (!result) {
        fs_use_umask(task);
        result = host_result(host_mknodat(path.dir, path.name, (u32)mode & 0xffff, (u32)device));
    }
    path_done(&path);
    return result;
}

i64 sys_mknod(Task *task, const u64 *arg)
{
    return make_node(task, (u64)AT_FDCWD, arg[0], arg[1], arg[2]);
}

i64 sys_mknodat(Task *task, const u64 *arg)
{
    return make_node(task, arg[0], arg[1], arg[2], arg[3]);
}

static i64 remove_name(Task *task, u64 dirfd, u64 address, u32 flags)
{
    Path path;
    i64 result = name_from_guest(task, &path, dirfd, address, -EPERM);
    if (!result)
        result = host_result(host_unlinkat(path.dir, path.name, (int)flags));
    path_done(&path);
    return result;
}

i64 sys_unlink(Task *task, const u64 *arg)
{
    return remove_name(task, (u64)AT_FDCWD, arg[0], 0);
}

i64 sys_rmdir(Task *task, const u64 *arg)
{
    return remove_name(task, (u64)AT_FDCWD, arg[0], AT_REMOVEDIR);
}

i64 sys_unlinkat(Task *task, const u64 *arg)
{
    u32 flags = (u32)arg[2];
    return flags & ~(u32)AT_REMOVEDIR ? -EINVAL : remove_name(task, arg[0], arg[1], flags);
}

/* ---- two names ----------------------------------------------------------------------------------------------------------- */

static i64 rename_names(Task *task, u64 from_dir, u64 from, u64 to_dir, u64 to, u32 flags)
{
    Path a, b;
    b.owned = -1;
    i64 result = name_from_guest(task, &a, from_dir, from, -EPERM);
    if (!result)
        result = name_from_guest(task, &b, to_dir, to, -EPERM);
    if (!result)
        result = host_result(host_renameat2(a.dir, a.name, b.dir, b.name, flags));
    path_done(&a);
    path_done(&b);
    return result;
}

i64 sys_rename(Task *task, const u64 *arg)
{
    return rename_names(task, (u64)AT_FDCWD, arg[0], (u64)AT_FDCWD, arg[1], 0);
}

i64 sys_renameat(Task *task, const u64 *arg)
{
    return rename_names(task, arg[0], arg[1], arg[2], arg[3], 0);
}

i64 sys_renameat2(Task *task, const u64 *arg)
{
    u32 flags = (u32)arg[4];
    bool exchange = flags & RENAME_EXCHANGE;
    if ((flags & ~(u32)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) ||
        (exchange && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT))))
        return -EINVAL;
    return rename_names(task, arg[0], arg[1], arg[2], arg[3], flags);
}

/* linkat(2). A link to an open descriptor (AT_EMPTY_PATH, /proc/self/fd/N) works where the host's does. */
static i64 link_names(Task *task, u64 from_dir, u64 from, u64 to_dir, u64 to, u32 flags)
{
    if (flags & ~(u32)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    Path a, b;
    b.owned = -1;
    u32 how = (flags & AT_SYMLINK_FOLLOW ? 0 : PATH_NOFOLLOW) | (flags & AT_EMPTY_PATH ? PATH_EMPTY : 0);
    i64 result = path_from_guest(task, &a, from_dir, from, how);
    if (!result) {
        result = name_from_guest(task, &b, to_dir, to, -EPERM);
        bool host = !a.proc.kind && !a.file;
        if (result && host && host_faccessat(a.dir, a.name, F_OK, how & PATH_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0) < 0)
            result = -errno; /* what is wrong with the first comes first */
    }
    if (!result && (a.proc.kind || (a.file && a.file->path)))
        result = -EXDEV;
    if (!result)
        result = host_result(host_linkat(a.dir, a.name, b.dir, b.name, (int)flags));
    path_done(&a);
    path_done(&b);
    return result;
}

i64 sys_link(Task *task, const u64 *arg)
{
    return link_names(task, (u64)AT_FDCWD, arg[0], (u64)AT_FDCWD, arg[1], 0);
}

i64 sys_linkat(Task *task, const u64 *arg)
{
    return link_names(task, arg[0], arg[1], arg[2], arg[3], (u32)arg[4]);
}

static i64 make_symlink(Task *task, u64 target_address, u64 dirfd, u64 address)
{
    char target[PATH_MAX];
    i64 length = string_from_guest(task, target, target_address, sizeof target);
    if (length <= 0)
        return length < 0 ? length : -ENOENT;
    Path path;
    i64 result = name_from_guest(task, &path, dirfd, address, -EEXIST);
    if (!result)
        result = host_result(host_symlinkat(target, path.dir, path.name));
    path_done(&path);
    return result;
}

i64 sys_symlink(Task *task, const u64 *arg)
{
    return make_symlink(task, arg[0], (u64)AT_FDCWD, arg[1]);
}

i64 sys_symlinkat(Task *task, const u64 *arg)
{
    return make_symlink(task, arg[0], arg[1], arg[2]);
}

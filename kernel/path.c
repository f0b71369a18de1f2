/* Guest paths (path.h). */
#include "kernel/path.h"
#include "kernel/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/proc_fs.h"
#include "kernel/syscalls.h"

void path_done(Path *path)
{
    if (path->owned >= 0)
        host_close(path->owned);
    path->owned = -1;
}

void path_normalise(char *name)
{
    char *out = name;
    for (const char *in = name; *in;) {
        while (*in == '/')
            in++;
        size_t length = strcspn(in, "/");
        if (length == 2 && in[0] == '.' && in[1] == '.') {
            while (out > name && *--out != '/')
                ;
        } else if (length && !(length == 1 && in[0] == '.')) {
            *out++ = '/';
            memmove(out, in, length);
            out += length;
        }
        in += length;
    }
    if (out == name)
        *out++ = '/';
    *out = 0;
}

/* ---- /proc, and the links in /dev that lead there --------------------------------------------------------------------- */

static bool starts_with_component(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);
    return !strncmp(name, prefix, length) && (name[length] == '/' || !name[length]);
}

/* /dev/fd, /dev/stdin … as devtmpfs links them. The last component itself is a link: not when it is not followed. */
static bool rewrite_dev(char *name, u32 how)
{
    static const struct { const char *from, *to; } links[] = {
        {"/dev/fd", "/proc/self/fd"}, {"/dev/stdin", "/proc/self/fd/0"},
        {"/dev/stdout", "/proc/self/fd/1"}, {"/dev/stderr", "/proc/self/fd/2"},
    };
    for (u32 i = 0; i < ARRAY_LEN(links); i++) {
        if (!starts_with_component(name, links[i].from))
            continue;
        const char *rest = name + strlen(links[i].from);
        if (!*rest && (how & PATH_NOFOLLOW))
            return false;
        char target[PATH_MAX + 64];
        snprintf(target, sizeof target, "%s%s", links[i].to, rest);
        memcpy(name, target, strlen(target) + 1);
        return true;
    }
    return false;
}

/* Could a path lead to /proc by its text? Cheap: most paths are not even near. */
static bool path_may_be_special(const char *name)
{
    const char *p = name + strspn(name, "/.");
    return !strncmp(p, "proc", 4) || !strncmp(p, "dev/", 4) || !strncmp(p, "sys/dev", 7) || strstr(p, "/../");
}

/* Absolute guest path in path->name. */
static i64 resolve_special(Task *task, Path *path, u32 how)
{
    if (LIKELY(!path_may_be_special(path->name)))
        return 0;
    char name[sizeof path->name];
    memcpy(name, path->name, strlen(path->name) + 1);
    size_t length = strlen(name);
    if (length && name[length - 1] == '/')
        how &= ~(u32)PATH_NOFOLLOW;
    path_normalise(name);
    bool cpus = starts_with_component(name, PROC_CPU_DIRECTORY);
    if (!rewrite_dev(name, how) && !starts_with_component(name, "/proc") && !cpus)
        return 0;
    memcpy(path->name, name, strlen(name) + 1);
    if (cpus)
        return proc_resolve_cpu(path);
    return proc_resolve(task, path, how);
}

/* A relative path below a directory of the guest's /proc. */
static i64 resolve_below(Task *task, Path *path, const char *directory, u32 how)
{
    char name[sizeof path->name];
    if ((size_t)snprintf(name, sizeof name, "%s/%s", directory, path->name) >= sizeof name)
        return -ENAMETOOLONG;
    memcpy(path->name, name, strlen(name) + 1);
    path->dir = AT_FDCWD;
    return resolve_special(task, path, how);
}

/* ---- chroot ------------------------------------------------------------------------------------------------------------ */

/* A host name as one below the task's root; false: it lies outside, and stays as it is. `*length` counts no NUL. */
static bool name_below_root(const Task *task, char *name, i64 *length)
{
    const char *root = task->fs->root_path;
    if (!root || !*root)
        return true;
    if (!starts_with_component(name, root))
        return false;
    size_t cut = strlen(root);
    *length -= (i64)cut;
    memmove(name, name + cut, (size_t)*length + 1);
    if (!*length) {
        memcpy(name, "/", 2);
        *length = 1;
    }
    return true;
}

static i64 descriptor_name(int host_fd, char *name, u64 size)
{
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", host_fd);
    i64 length = host_result(host_readlink(link, name, size - 1));
    if (length >= 0)
        name[length] = 0;
    return length;
}

/* The guest's name of a host directory; AT_FDCWD: where the emulator was started. Length without the NUL, or -errno. */
static i64 directory_name(const Task *task, int dir, char *name, u64 size, bool *outside)
{
    i64 length = dir == AT_FDCWD ? host_result(host_getcwd(name, size)) - 1 : descriptor_name(dir, name, size);
    if (length < 0)
        return dir == AT_FDCWD ? length + 1 : length;
    *outside = !name_below_root(task, name, &length);
    return length;
}

/* Replaces the path by (host descriptor of what it leads to, last name): every component is resolved below the root. */
static i64 resolve_in_root(Task *task, Path *path, u32 how)
{
    FsInfo *fs = task->fs;
    char absolute[sizeof path->name];
    if (path->name[0] == '/') {
        memcpy(absolute, path->name, strlen(path->name) + 1);
    } else {
        char base[PATH_MAX];
        bool outside;
        i64 length = directory_name(task, path->dir, base, sizeof base, &outside);
        if (length < 0 || outside) /* from outside nothing leads in but the name itself: chroot(2), NOTES */
            return length < 0 ? length : 0;
        if ((size_t)snprintf(absolute, sizeof absolute, "%s/%s", base, path->name) >= sizeof absolute)
            return -ENAMETOOLONG;
    }
    struct open_how open_how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    if (!(how & (PATH_NOFOLLOW | PATH_CREATE))) {
        int fd = host_openat2(fs->root_fd, absolute, &open_how, sizeof open_how);
        if (fd < 0)
            return -errno;
        path->owned = path->dir = fd;
        snprintf(path->name, sizeof path->name, "/proc/self/fd/%d", fd);
        return 0;
    }
    char *slash = strrchr(absolute, '/');
    while (slash > absolute && !slash[1]) { /* trailing slashes belong to the last name */
        *slash = 0;
        slash = strrchr(absolute, '/');
    }
    const char *last = slash[1] ? slash + 1 : ".";
    char name[NAME_MAX + 1];
    if (strlen(last) >= sizeof name)
        return -ENAMETOOLONG;
    memcpy(name, last, strlen(last) + 1);
    slash[1] = 0;
    open_how.flags |= O_DIRECTORY;
    int fd = host_openat2(fs->root_fd, absolute, &open_how, sizeof open_how);
    if (fd < 0)
        return -errno;
    path->owned = path->dir = fd;
    snprintf(path->name, sizeof path->name, "%s", strcmp(name, "..") ? name : ".");
    return 0;
}

/* ---- the front door ------------------------------------------------------------------------------------------------------ */

static i64 resolve_empty(Task *task, Path *path, u64 dirfd)
{
    path->at_flags = AT_EMPTY_PATH;
    if ((i32)dirfd == AT_FDCWD) {
        if (task->fs->proc_cwd)
            return resolve_below(task, path, task->fs->proc_cwd, 0);
        path->dir = task->fs->cwd_fd;
        return 0;
    }
    path->file = file_get(task, dirfd);
    if (!path->file)
        return -EBADF;
    path->dir = path->file->host_fd;
    return 0;
}

/* The directory that a relative name starts from. */
static i64 resolve_relative(Task *task, Path *path, u64 dirfd, u32 how)
{
    if ((i32)dirfd == AT_FDCWD) {
        path->dir = task->fs->cwd_fd;
        if (UNLIKELY(task->fs->proc_cwd))
            return resolve_below(task, path, task->fs->proc_cwd, how);
    } else {
        OpenFile *directory = file_get(task, dirfd);
        if (!directory)
            return -EBADF;
        if (directory->mode != S_IFDIR)
            return -ENOTDIR;
        if (directory->path)
            return resolve_below(task, path, directory->path, how);
        path->dir = directory->host_fd;
    }
    const char *start = path->name + strspn(path->name, "./");
    if (UNLIKELY(!strncmp(start, "proc/", 5) || !strncmp(start, "dev/", 4))) { /* from the root: the guest's own */
        char base[PATH_MAX];
        bool outside;
        if (directory_name(task, path->dir, base, sizeof base, &outside) > 0 && !strcmp(base, "/"))
            return resolve_below(task, path, "", how);
    }
    return 0;
}

static i64 resolve(Task *task, Path *path, u64 dirfd, u32 how)
{
    path->dir = AT_FDCWD;
    path->owned = -1;
    path->at_flags = 0;
    path->file = NULL;
    path->proc = (ProcNode){0};
    if (!path->name[0])
        return how & PATH_EMPTY ? resolve_empty(task, path, dirfd) : -ENOENT;
    bool absolute = path->name[0] == '/';
    if (UNLIKELY(task->fs->root_fd >= 0) && absolute)
        return resolve_in_root(task, path, how);
    i64 error = absolute ? resolve_special(task, path, how) : resolve_relative(task, path, dirfd, how);
    if (LIKELY(error || task->fs->root_fd < 0) || path->proc.kind || path->file)
        return error;
    return resolve_in_root(task, path, how);
}

i64 path_from_guest(Task *task, Path *path, u64 dirfd, u64 address, u32 how)
{
    path->owned = -1;
    i64 length = string_from_guest(task, path->name, address, PATH_MAX);
    return length < 0 ? length : resolve(task, path, dirfd, how);
}

i64 path_from_name(Task *task, Path *path, u64 dirfd, const char *name, u32 how)
{
    path->owned = -1;
    size_t length = strlen(name);
    if (length >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(path->name, name, length + 1);
    return resolve(task, path, dirfd, how);
}

/* ---- the other way ------------------------------------------------------------------------------------------------------- */

i64 path_of_descriptor(Task *task, int host_fd, char *name, u64 size)
{
    i64 length = descriptor_name(host_fd, name, size);
    if (length < 0)
        return length;
    name_below_root(task, name, &length);
    return length + 1;
}

i64 path_cwd(Task *task, char *name, u64 size, bool *outside)
{
    FsInfo *fs = task->fs;
    *outside = false;
    if (fs->proc_cwd) {
        if (strlen(fs->proc_cwd) >= size)
            return -ERANGE;
        memcpy(name, fs->proc_cwd, strlen(fs->proc_cwd) + 1);
        return (i64)strlen(name) + 1;
    }
    i64 length = directory_name(task, fs->cwd_fd, name, size, outside);
    return length < 0 ? length : length + 1;
}

const char *path_link(const Path *path, char *buffer, u64 size)
{
    if (path->name[0] == '/' || path->dir == AT_FDCWD)
        return path->name;
    snprintf(buffer, size, path->name[0] ? "/proc/self/fd/%d/%s" : "/proc/self/fd/%d", path->dir, path->name);
    return buffer;
}

void fs_use_umask(Task *task)
{
    Vfs *vfs = task->kernel->vfs;
    if (UNLIKELY(vfs->host_umask != task->fs->umask)) {
        host_umask(task->fs->umask);
        vfs->host_umask = task->fs->umask;
    }
}

/* Directories: their entries, and the task's own place in the tree (cwd, root, umask).
 *
 * The emulator's own working directory never changes: a guest's is a host O_PATH descriptor that relative names start from. */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/heap.h"
#include "kernel/host.h"
#include "kernel/path.h"
#include "kernel/proc_fs.h"
#include "kernel/syscalls.h"

enum { DENTS_MAX = 32 << 10 }; /* one host call; the guest calls again for more */

/* getdents(2) and getdents64(2). Room is checked before the host moves its position; entries are copied whole. */
static i64 getdents(Task *task, const u64 *arg, bool wide)
{
    OpenFile *file = file_get_usable(task, arg[0]);
    if (!file)
        return -EBADF;
    u64 size = (u32)arg[2];
    if (file->ops)
        return file->ops->getdents ? file->ops->getdents(task, file, arg[1], size, wide) : -ENOTDIR;
    if ((i32)size < 0)
        size = 0;
    if (!guest_range_ok(arg[1], size))
        return file->mode == S_IFDIR ? -EFAULT : -ENOTDIR;
    char entries[DENTS_MAX];
    if (size > sizeof entries)
        size = sizeof entries;
    off_t before = host_lseek(file->host_fd, 0, SEEK_CUR);
    i64 got = host_result((wide ? host_getdents64 : host_getdents)(file->host_fd, entries, size));
    if (got > 0 && !copy_to_guest(task, arg[1], entries, (u64)got)) {
        host_lseek(file->host_fd, before, SEEK_SET);
        return -EFAULT;
    }
    return got;
}

i64 sys_getdents(Task *task, const u64 *arg)
{
    return getdents(task, arg, false);
}

i64 sys_getdents64(Task *task, const u64 *arg)
{
    return getdents(task, arg, true);
}

/* ---- cwd --------------------------------------------------------------------------------------------------------------- */

i64 sys_getcwd(Task *task, const u64 *arg)
{
    static const char unreachable[] = "(unreachable)"; /* getcwd(2), NOTES: left outside by chroot(2) */
    enum { PREFIX = sizeof unreachable - 1 };
    char text[PREFIX + PATH_MAX], *name = text + PREFIX;
    bool outside;
    i64 length = path_cwd(task, name, PATH_MAX, &outside);
    if (length < 0)
        return length;
    if (length > 10 && !strcmp(name + length - 11, " (deleted)") && task->fs->cwd_fd != AT_FDCWD)
        return -ENOENT;
    if (outside) {
        name = memcpy(text, unreachable, PREFIX);
        length += PREFIX;
    }
    if (length > PATH_MAX)
        return -ENAMETOOLONG;
    if ((u64)length > arg[1])
        return -ERANGE;
    return copy_to_guest(task, arg[0], name, (u64)length) ? length : -EFAULT;
}

/* An O_PATH descriptor of a directory that may be entered. -errno. */
static i64 open_directory(const Path *path)
{
    int fd;
    if (path->at_flags & AT_EMPTY_PATH)
        fd = host_openat(path->dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    else
        fd = host_openat(path->dir, path->name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (host_faccessat(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) < 0) {
        i64 error = -errno;
        host_close(fd);
        return error;
    }
    return fd;
}

static void set_cwd(FsInfo *fs, int fd, char *proc_cwd)
{
    if (fs->cwd_fd >= 0)
        host_close(fs->cwd_fd);
    heap_free(fs->proc_cwd);
    fs->cwd_fd = fd;
    fs->proc_cwd = proc_cwd;
}

/* Into a directory of the guest's /proc: only its name is kept; host names start from the host's /proc. */
static i64 enter_proc(Task *task, const Path *path)
{
    struct stat st;
    i64 error = proc_stat(task, &path->proc, &st);
    if (error)
        return error;
    if (!S_ISDIR(st.st_mode))
        return -ENOTDIR;
    char canonical[PATH_MAX];
    proc_name(&path->proc, canonical, sizeof canonical);
    char *name = heap_strdup(canonical);
    int fd = host_open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (!name || fd < 0) {
        heap_free(name);
        return -ENOMEM;
    }
    set_cwd(task->fs, fd, name);
    return 0;
}

i64 sys_chdir(Task *task, const u64 *arg)
{
    Path path;
    i64 result = path_from_guest(task, &path, (u64)AT_FDCWD, arg[0], 0);
    if (!result && path.proc.kind) {
        result = enter_proc(task, &path);
    } else if (!result) {
        result = open_directory(&path);
        if (result >= 0) {
            set_cwd(task->fs, (int)result, NULL);
            result = 0;
        }
    }
    path_done(&path);
    return result;
}

i64 sys_fchdir(Task *task, const u64 *arg)
{
    OpenFile *file = file_get(task, arg[0]);
    if (!file)
        return -EBADF;
    if (file->mode != S_IFDIR)
        return -ENOTDIR;
    if (file->path) {
        Path path;
        i64 result = path_from_name(task, &path, (u64)AT_FDCWD, file->path, 0);
        result = result ? result : path.proc.kind ? enter_proc(task, &path) : -ENOENT;
        path_done(&path);
        return result;
    }
    i64 fd = open_directory(&(Path){.dir = file->host_fd, .at_flags = AT_EMPTY_PATH});
    if (fd < 0)
        return fd;
    set_cwd(task->fs, (int)fd, NULL);
    return 0;
}

/* chroot(2): the guest's effective user decides, as its credentials are emulated. Names are then resolved by path.c. */
i64 sys_chroot(Task *task, const u64 *arg)
{
    Path path;
    FsInfo *fs = task->fs;
    i64 result = path_from_guest(task, &path, (u64)AT_FDCWD, arg[0], 0);
    if (!result)
        result = path.proc.kind ? -EPERM : open_directory(&path);
    path_done(&path);
    if (result < 0)
        return result;
    int fd = (int)result;
    char *old_root = fs->root_path, name[PATH_MAX];
    fs->root_path = NULL; /* the new root's name on the host */
    i64 length = task->credentials.euid ? -EPERM : path_of_descriptor(task, fd, name, sizeof name);
    char *root_path = length < 0 ? NULL : heap_strdup(strcmp(name, "/") ? name : "");
    if (!root_path) {
        fs->root_path = old_root;
        host_close(fd);
        return length < 0 ? length : -ENOMEM;
    }
    heap_free(old_root);
    if (fs->root_fd >= 0)
        host_close(fs->root_fd);
    fs->root_path = root_path;
    fs->root_fd = fd;
    return 0;
}

i64 sys_umask(Task *task, const u64 *arg)
{
    u32 old = task->fs->umask;
    task->fs->umask = (u32)arg[0] & 0777;
    return old;
}

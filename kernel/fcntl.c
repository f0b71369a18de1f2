/* fcntl(2): flags, duplication and pipe sizes here; locks in lock.c. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/async_io.h"
#include "kernel/host.h"
#include "kernel/lock.h"
#include "kernel/page_cache.h"
#include "kernel/space.h"
#include "kernel/syscalls.h"

static i64 duplicate(Task *task, OpenFile *file, u64 minimum, bool cloexec)
{
    if ((u32)minimum >= task->process->limits[LIMIT_NOFILE].soft)
        return -EINVAL;
    return file_install(task, file_ref(file), (u32)minimum, cloexec);
}

/* The host knows all flags but the one that is ours to play with (fd.h). */
static i64 get_flags(const OpenFile *file)
{
    if (file->ops)
        return file->flags;
    int flags = host_fcntl(file->host_fd, F_GETFL, 0);
    if (flags < 0)
        return -errno;
    return ((u32)flags & ~(u32)O_NONBLOCK) | (file->flags & (O_NONBLOCK | O_PATH | O_ASYNC));
}

static i64 set_flags(Kernel *kernel, OpenFile *file, u32 flags)
{
    const u32 settable = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;
    u32 wanted = (file->flags & ~settable) | (flags & settable);
    if ((flags ^ file->flags) & O_ASYNC) {
        i64 result = async_arm(kernel, file, flags & O_ASYNC);
        if (result)
            return result;
        wanted ^= O_ASYNC;
        file->flags ^= O_ASYNC;
    }
    if (!file->ops && ((wanted ^ file->flags) & ~(u32)O_NONBLOCK)) {
        int host = host_fcntl(file->host_fd, F_GETFL, 0);
        const u32 forwarded = settable & ~(u32)O_NONBLOCK;
        if (host < 0 || host_fcntl(file->host_fd, F_SETFL, ((u32)host & ~forwarded) | (flags & forwarded)) < 0)
            return -errno;
    }
    file->flags = wanted;
    return 0;
}

/* Commands whose argument is a number and whose meaning the host shares. */
static i64 forward(const OpenFile *file, u32 command, u64 argument)
{
    return host_result(host_fcntl(file->host_fd, (int)command, (long)argument));
}

static i64 forward_hint(Task *task, const OpenFile *file, u32 command, u64 address)
{
    u64 hint = 0;
    bool set = command == F_SET_RW_HINT || command == F_SET_FILE_RW_HINT;
    if (set && !copy_from_guest(task, &hint, address, sizeof hint))
        return -EFAULT;
    i64 result = host_result(host_fcntl_hint(file->host_fd, (int)command, &hint));
    if (!result && !set && !copy_to_guest(task, address, &hint, sizeof hint))
        return -EFAULT;
    return result;
}

static bool writably_mapped(const Kernel *kernel, const struct stat *st)
{
    for (const Process *process = kernel->processes; process; process = process->next)
        for (u32 i = 0; process->space && i < process->space->count; i++) {
            const Vma *vma = &process->space->vmas[i];
            u32 both = VMA_SHARED | VMA_MAY_WRITE;
            if (vma->file && (vma->flags & both) == both && cached_file_device(vma->file) == st->st_dev &&
                cached_file_inode(vma->file) == st->st_ino)
                return true;
        }
    return false;
}

/* F_ADD_SEALS: the host does not know of the guest's mappings, which forbid F_SEAL_WRITE. */
static i64 add_seals(Task *task, const OpenFile *file, u64 seals)
{
    struct stat st;
    int old = host_fcntl(file->host_fd, F_GET_SEALS, 0);
    if (old >= 0 && task->kernel->watched_files && host_fstat(file->host_fd, &st) == 0) {
        bool new = seals & F_SEAL_WRITE && !(old & (F_SEAL_SEAL | F_SEAL_WRITE)) && file_writable(file);
        if (new && writably_mapped(task->kernel, &st))
            return -EBUSY;
        cached_file_sync(task->kernel, file->host_fd, 0, UINT64_MAX);
    }
    return forward(file, F_ADD_SEALS, seals);
}

i64 sys_fcntl(Task *task, const u64 *arg)
{
    OpenFile *file = file_get(task, arg[0]);
    u32 command = (u32)arg[1];
    if (!file)
        return -EBADF;
    bool path_allows =
        command == F_DUPFD || command == F_DUPFD_CLOEXEC || command == F_GETFD || command == F_SETFD || command == F_GETFL;
    if ((file->flags & O_PATH) && !path_allows)
        return -EBADF;
    FdSlot *slot = &task->files->slots[(u32)arg[0]];
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return duplicate(task, file, arg[2], command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return slot->cloexec ? FD_CLOEXEC : 0;
    case F_SETFD:
        slot->cloexec = arg[2] & FD_CLOEXEC;
        return 0;
    case F_GETFL:
        return get_flags(file);
    case F_SETFL:
        return set_flags(task->kernel, file, (u32)arg[2]);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return lock_fcntl(task, file, command, arg[2]);
    case F_SETOWN:
    case F_GETOWN:
    case F_SETOWN_EX:
    case F_GETOWN_EX:
    case F_SETSIG:
    case F_GETSIG:
        return async_fcntl(task, file, command, arg[2]);
    case F_SETPIPE_SZ:
    case F_GETPIPE_SZ:
    case F_GET_SEALS:
    case F_GETLEASE:
        return forward(file, command, arg[2]);
    case F_ADD_SEALS:
        return add_seals(task, file, arg[2]);
    case F_GET_RW_HINT:
    case F_SET_RW_HINT:
    case F_GET_FILE_RW_HINT:
    case F_SET_FILE_RW_HINT:
        return forward_hint(task, file, command, arg[2]);
    default:
        return -EINVAL;
    }
}

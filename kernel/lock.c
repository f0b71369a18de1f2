/* File locks (lock.h).
 *
 * flock(2) and OFD locks belong to open file descriptions, of which each has exactly one on the host: the host does them.
 * POSIX locks belong to processes, and to the host all guests are one; so they are kept here, and mirrored as OFD locks on
 * one private host description per (process, inode), for programs outside the emulator that share the file. */
#include "kernel/lock.h"
#include "base/heap.h"
#include "kernel/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "kernel/syscalls.h"

enum { OUTSIDE_RETRY_NS = 20 * 1000 * 1000 }; /* how often a lock that the outside holds is asked for again */

typedef struct GuestFlock { i16 type, whence; i32 pad; i64 start, length; i32 pid, pad2; } GuestFlock;
_Static_assert(sizeof(GuestFlock) == 32, "struct flock");

typedef struct RecordLock {
    struct RecordLock *next;
    i64 start, end; /* inclusive */
    i32 pid;
    i16 type;       /* F_RDLCK, F_WRLCK */
} RecordLock;

/* All POSIX locks of one process on one inode. */
typedef struct LockOwner {
    struct LockOwner *next;
    const Files *files; /* Linux's owner too: threads and CLONE_FILES share their locks */
    u64 device, inode;
    int mirror;         /* host description for the outside; -1: could not be made */
    RecordLock *locks;  /* disjoint */
} LockOwner;

typedef struct LockRequest { /* call.data of a parked F_SETLKW */
    u64 device, inode;
    i64 start, end;
    i16 type;
} LockRequest;

/* The event that any unlocking announces. */
static const void *lock_event(const Kernel *kernel)
{
    return &kernel->vfs->lock_owners;
}

void lock_wake(Kernel *kernel, const OpenFile *file)
{
    if (file->lockable)
        wake_event(kernel, lock_event(kernel), UINT32_MAX);
}

/* ---- POSIX locks ------------------------------------------------------------------------------------------------- */

static LockOwner *owner_find(Kernel *kernel, const Files *files, u64 device, u64 inode)
{
    LockOwner *owner = kernel->vfs->lock_owners;
    while (owner && (owner->files != files || owner->device != device || owner->inode != inode))
        owner = owner->next;
    return owner;
}

static LockOwner *owner_get(Kernel *kernel, const Files *files, const OpenFile *file)
{
    LockOwner *owner = owner_find(kernel, files, file->device, file->inode);
    if (owner || !(owner = heap_calloc(1, sizeof *owner)))
        return owner;
    *owner = (LockOwner){kernel->vfs->lock_owners, files, file->device, file->inode, -1, NULL};
    kernel->vfs->lock_owners = owner;
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file->host_fd);
    owner->mirror = host_open(link, O_RDWR | O_CLOEXEC | O_NONBLOCK, 0);
    if (owner->mirror < 0)
        owner->mirror = host_open(link, (int)(file->flags & O_ACCMODE) | O_CLOEXEC | O_NONBLOCK, 0);
    return owner;
}

static void owner_free(Kernel *kernel, LockOwner *owner)
{
    LockOwner **link = &kernel->vfs->lock_owners;
    while (*link != owner)
        link = &(*link)->next;
    *link = owner->next;
    while (owner->locks) {
        RecordLock *lock = owner->locks;
        owner->locks = lock->next;
        heap_free(lock);
    }
    if (owner->mirror >= 0)
        host_close(owner->mirror);
    heap_free(owner);
    wake_event(kernel, lock_event(kernel), UINT32_MAX);
}

void lock_closed(Kernel *kernel, const Files *files, const OpenFile *file)
{
    if (LIKELY(!kernel->vfs->lock_owners))
        return;
    LockOwner *owner = owner_find(kernel, files, file->device, file->inode);
    if (owner)
        owner_free(kernel, owner);
}

/* The first lock of somebody else that stands in the request's way; `*holder` is whose. */
static RecordLock *lock_conflict(Kernel *kernel, const Files *files, const LockRequest *request, LockOwner **holder)
{
    RecordLock *first = NULL;
    for (LockOwner *owner = kernel->vfs->lock_owners; owner; owner = owner->next) {
        if (owner->files == files || owner->device != request->device || owner->inode != request->inode)
            continue;
        for (RecordLock *lock = owner->locks; lock; lock = lock->next)
            if (lock->start <= request->end && request->start <= lock->end &&
                (lock->type == F_WRLCK || request->type == F_WRLCK) && (!first || lock->start < first->start)) {
                *holder = owner;
                first = lock;
            }
    }
    return first;
}

/* Replaces what the owner has in the range by one lock of the request's type (F_UNLCK: none). false: no memory. */
static bool owner_set(LockOwner *owner, const LockRequest *request, i32 pid)
{
    RecordLock *added = heap_alloc(sizeof *added), *split = heap_alloc(sizeof *split);
    if (!added || !split) {
        heap_free(added);
        heap_free(split);
        return false;
    }
    for (RecordLock **link = &owner->locks; *link;) {
        RecordLock *lock = *link;
        if (lock->end < request->start || lock->start > request->end) {
            link = &lock->next;
        } else if (lock->start < request->start && lock->end > request->end) {
            *split = (RecordLock){lock->next, request->end + 1, lock->end, lock->pid, lock->type};
            lock->end = request->start - 1;
            lock->next = split;
            split = NULL;
            break;
        } else if (lock->start < request->start) {
            lock->end = request->start - 1;
            link = &lock->next;
        } else if (lock->end > request->end) {
            lock->start = request->end + 1;
            link = &lock->next;
        } else {
            *link = lock->next;
            heap_free(lock);
        }
    }
    heap_free(split);
    if (request->type == F_UNLCK) {
        heap_free(added);
        return true;
    }
    *added = (RecordLock){owner->locks, request->start, request->end, pid, request->type};
    owner->locks = added;
    return true;
}

static struct flock lock_for_host(const LockRequest *request)
{
    return (struct flock){.l_type = request->type, .l_whence = SEEK_SET, .l_start = request->start,
                          .l_len = request->end == INT64_MAX ? 0 : request->end - request->start + 1};
}

/* Does the process whose lock is in the way wait, directly or through others, for a lock of ours? */
static bool lock_deadlock(Task *task, const Files *holder)
{
    for (int depth = 0; depth < 32; depth++) {
        LockOwner *next = NULL;
        for (Task *other = task->kernel->tasks; other && !next; other = other->next)
            if (other->files == holder && other->state == TASK_PARKED && other->call.number == 72 && other->call.data)
                lock_conflict(task->kernel, holder, other->call.data, &next);
        if (!next)
            return false;
        if (next->files == task->files)
            return true;
        holder = next->files;
    }
    return false;
}

static i64 lock_wait(Task *task, const LockRequest *request, bool outside)
{
    if (task->woken == WOKEN_SIGNAL)
        return SYS_RESTARTSYS;
    if (!task->call.data && !(task->call.data = heap_alloc(sizeof *request)))
        return -ENOLCK;
    memcpy(task->call.data, request, sizeof *request);
    if (outside)
        wait_deadline(task, kernel_now(task->kernel) + OUTSIDE_RETRY_NS);
    return wait_event(task, lock_event(task->kernel));
}

static i64 posix_set(Task *task, OpenFile *file, const LockRequest *request, bool wait)
{
    Kernel *kernel = task->kernel;
    LockOwner *holder = NULL;
    if (request->type != F_UNLCK && lock_conflict(kernel, task->files, request, &holder)) {
        if (!wait)
            return -EAGAIN;
        return lock_deadlock(task, holder->files) ? -EDEADLK : lock_wait(task, request, false);
    }
    LockOwner *owner = owner_get(kernel, task->files, file);
    if (!owner)
        return -ENOLCK;
    struct flock host = lock_for_host(request);
    if (owner->mirror >= 0 && host_fcntl_lock(owner->mirror, F_OFD_SETLK, &host) < 0 && (errno == EAGAIN || errno == EACCES))
        return wait ? lock_wait(task, request, true) : -EAGAIN;
    if (!owner_set(owner, request, task->process->pid))
        return -ENOLCK;
    file->lockable = true;
    if (!owner->locks)
        owner_free(kernel, owner);
    else
        wake_event(kernel, lock_event(kernel), UINT32_MAX);
    return 0;
}

static i64 posix_get(Task *task, OpenFile *file, const LockRequest *request, GuestFlock *guest)
{
    LockOwner *holder = NULL;
    RecordLock *lock = lock_conflict(task->kernel, task->files, request, &holder);
    if (lock) {
        *guest = (GuestFlock){.type = lock->type, .whence = SEEK_SET, .start = lock->start, .pid = lock->pid,
                              .length = lock->end == INT64_MAX ? 0 : lock->end - lock->start + 1};
        return 0;
    }
    LockOwner *own = owner_find(task->kernel, task->files, file->device, file->inode);
    struct flock host = lock_for_host(request);
    int fd = own && own->mirror >= 0 ? own->mirror : file->host_fd;
    if (host_fcntl_lock(fd, F_OFD_GETLK, &host) == 0 && host.l_type != F_UNLCK)
        *guest = (GuestFlock){
            .type = host.l_type, .whence = SEEK_SET, .start = host.l_start, .length = host.l_len, .pid = host.l_pid};
    else
        guest->type = F_UNLCK;
    return 0;
}

/* ---- fcntl ------------------------------------------------------------------------------------------------------- */

/* The absolute range of a struct flock. -EINVAL, -EOVERFLOW. */
static i64 lock_range(OpenFile *file, const GuestFlock *guest, LockRequest *request)
{
    i64 base = 0;
    struct stat st;
    if (guest->whence == SEEK_CUR)
        base = host_lseek(file->host_fd, 0, SEEK_CUR);
    else if (guest->whence == SEEK_END)
        base = host_fstat(file->host_fd, &st) == 0 ? st.st_size : 0;
    else if (guest->whence != SEEK_SET)
        return -EINVAL;
    if (base < 0)
        base = 0;
    i64 start, end = INT64_MAX;
    if (__builtin_add_overflow(base, guest->start, &start))
        return -EOVERFLOW;
    if (start < 0)
        return -EINVAL;
    if (guest->length > 0) {
        if (__builtin_add_overflow(start, guest->length - 1, &end))
            return -EOVERFLOW;
    } else if (guest->length < 0) {
        end = start - 1;
        start += guest->length;
        if (start < 0)
            return -EINVAL;
    }
    *request = (LockRequest){file->device, file->inode, start, end, guest->type};
    return 0;
}

static i64 lock_allowed(const OpenFile *file, i16 type)
{
    if (type == F_RDLCK)
        return file_readable(file) ? 0 : -EBADF;
    if (type == F_WRLCK)
        return file_writable(file) ? 0 : -EBADF;
    return type == F_UNLCK ? 0 : -EINVAL;
}

/* Does another guest description of the inode exist, whose closing or unlocking will be announced? Else ask again later. */
static bool lock_holder_inside(Kernel *kernel, const OpenFile *file)
{
    for (OpenFile *other = kernel->vfs->open_files; other; other = other->next)
        if (other != file && other->lockable && other->device == file->device && other->inode == file->inode)
            return true;
    return false;
}

static i64 ofd_lock(Task *task, OpenFile *file, u32 command, const LockRequest *request, GuestFlock *guest)
{
    struct flock host = lock_for_host(request);
    if (command == F_OFD_GETLK) {
        i64 result = host_result(host_fcntl_lock(file->host_fd, F_OFD_GETLK, &host));
        if (!result && host.l_type == F_UNLCK)
            guest->type = F_UNLCK;
        else if (!result)
            *guest = (GuestFlock){
                .type = host.l_type, .whence = SEEK_SET, .start = host.l_start, .length = host.l_len, .pid = host.l_pid};
        return result;
    }
    i64 result = host_result(host_fcntl_lock(file->host_fd, F_OFD_SETLK, &host));
    if (result == -EAGAIN && command == F_OFD_SETLKW)
        return lock_wait(task, request, !lock_holder_inside(task->kernel, file));
    file->lockable = true;
    if (!result)
        lock_wake(task->kernel, file);
    return result;
}

i64 lock_fcntl(Task *task, OpenFile *file, u32 command, u64 address)
{
    GuestFlock guest;
    LockRequest request;
    if (!copy_from_guest(task, &guest, address, sizeof guest))
        return -EFAULT;
    bool get = command == F_GETLK || command == F_OFD_GETLK, ofd = command >= F_OFD_GETLK;
    if ((ofd && guest.pid) || (get && guest.type != F_RDLCK && guest.type != F_WRLCK))
        return -EINVAL;
    i64 result = lock_range(file, &guest, &request);
    if (!result && !get)
        result = lock_allowed(file, guest.type);
    if (result)
        return result;
    if (ofd)
        result = ofd_lock(task, file, command, &request, &guest);
    else if (get)
        result = posix_get(task, file, &request, &guest);
    else
        return posix_set(task, file, &request, command == F_SETLKW);
    if (!result && get && !copy_to_guest(task, address, &guest, sizeof guest))
        return -EFAULT;
    return result;
}

i64 sys_flock(Task *task, const u64 *arg)
{
    OpenFile *file = file_get_usable(task, arg[0]);
    u32 operation = (u32)arg[1];
    if (!file)
        return -EBADF;
    i64 result = host_result(host_flock(file->host_fd, (int)operation | LOCK_NB));
    if (result == -EWOULDBLOCK && !(operation & LOCK_NB))
        return lock_wait(task, &(LockRequest){.device = file->device, .inode = file->inode},
                         !lock_holder_inside(task->kernel, file));
    file->lockable = true;
    if (!result)
        lock_wake(task->kernel, file);
    return result;
}

/* Pipes, and descriptors that are memory or counters. All are the host's own objects, O_NONBLOCK there: guest tasks on both
 * ends park and wake through the scheduler's poll. */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/pipe.h"
#include "kernel/host.h"
#include "kernel/syscalls.h"

i64 file_install_pair(Task *task, OpenFile *a, OpenFile *b, u64 address, bool cloexec)
{
    i32 numbers[2];
    i64 first = a && b ? file_install(task, a, 0, cloexec) : -ENOMEM;
    if (first < 0) {
        OpenFile *left = !a || b ? b : a; /* a was released by file_install */
        if (left)
            file_unref(task->kernel, left);
        return first;
    }
    i64 second = file_install(task, b, 0, cloexec);
    if (second < 0) {
        files_close(task, (u32)first);
        return second;
    }
    numbers[0] = (i32)first;
    numbers[1] = (i32)second;
    if (copy_to_guest(task, address, numbers, sizeof numbers))
        return 0;
    files_close(task, (u32)first);
    files_close(task, (u32)second);
    return -EFAULT;
}

static i64 make_pipe(Task *task, u64 address, u32 flags)
{
    const u32 valid = O_CLOEXEC | O_NONBLOCK | O_DIRECT;
    int host[2];
    if (flags & ~valid)
        return -EINVAL;
    if (host_pipe2(host, (int)flags | O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    OpenFile *reader = file_from_host(task->kernel, host[0], O_RDONLY | (flags & ~(u32)O_CLOEXEC));
    OpenFile *writer = file_from_host(task->kernel, host[1], O_WRONLY | (flags & ~(u32)O_CLOEXEC));
    if (reader && writer)
        reader->message = writer->message = flags & O_DIRECT;
    return file_install_pair(task, reader, writer, address, flags & O_CLOEXEC);
}

i64 sys_pipe(Task *task, const u64 *arg)
{
    return make_pipe(task, arg[0], 0);
}

i64 sys_pipe2(Task *task, const u64 *arg)
{
    return make_pipe(task, arg[0], (u32)arg[1]);
}

static i64 make_eventfd(Task *task, u32 count, u32 flags)
{
    if (flags & ~(u32)(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK))
        return -EINVAL;
    int host = host_eventfd(count, (int)flags | EFD_CLOEXEC | EFD_NONBLOCK);
    if (host < 0)
        return -errno;
    OpenFile *file = file_from_host(task->kernel, host, O_RDWR | (flags & O_NONBLOCK));
    if (!file)
        return -ENOMEM;
    file->message = true;
    return file_install(task, file, 0, flags & EFD_CLOEXEC);
}

i64 sys_eventfd(Task *task, const u64 *arg)
{
    return make_eventfd(task, (u32)arg[0], 0);
}

i64 sys_eventfd2(Task *task, const u64 *arg)
{
    return make_eventfd(task, (u32)arg[0], (u32)arg[1]);
}

i64 sys_memfd_create(Task *task, const u64 *arg)
{
    enum { NAME_MAX_BYTES = 249 + 1 }; /* memfd_create(2) */
    char name[NAME_MAX_BYTES];
    u32 flags = (u32)arg[1];
    if (flags & ~(u32)(MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x18)) /* 0x18: MFD_NOEXEC_SEAL, MFD_EXEC; no huge pages */
        return -EINVAL;
    i64 length = string_from_guest(task, name, arg[0], sizeof name);
    if (length < 0)
        return length == -ENAMETOOLONG ? -EINVAL : length;
    int host = host_memfd_create(name, flags | MFD_CLOEXEC);
    if (host < 0)
        return -errno;
    OpenFile *file = file_from_host(task->kernel, host, O_RDWR | 0100000);
    return file ? file_install(task, file, 0, flags & MFD_CLOEXEC) : -ENOMEM;
}

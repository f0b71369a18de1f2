/* pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2): processes as descriptors. They become readable at the process's end. */
#include "kernel/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "kernel/credentials.h"
#include "kernel/signal_internal.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"

static u32 pidfd_poll(Task *task, OpenFile *file)
{
    (void)task;
    const Process *process = file->data;
    return process->zombie || process->reaped ? POLLIN | POLLRDNORM : 0;
}

/* Its end is announced as an event of the process itself. */
static void pidfd_wait(Task *task, OpenFile *file) { wait_event(task, &((Process *)file->data)->zombie); }

static void pidfd_release(Kernel *kernel, OpenFile *file)
{
    (void)kernel;
    process_unref(file->data);
}

static const FileOps pidfd_ops = {.name = "anon_inode:[pidfd]", .poll = pidfd_poll, .wait = pidfd_wait,
    .release = pidfd_release};

i64 pidfd_create(Task *task, Process *process, u32 flags)
{
    OpenFile *file = file_new(task->kernel, &pidfd_ops, -1, O_RDWR | flags);
    if (!file)
        return -ENOMEM;
    process->refs++;
    file->data = process;
    return file_install(task, file, 0, true);
}

bool pidfd_is(const OpenFile *file) { return file->ops == &pidfd_ops; }

Process *pidfd_process(Task *task, u64 fd)
{
    OpenFile *file = file_get(task, fd);
    return file && pidfd_is(file) ? file->data : NULL;
}

i64 sys_pidfd_open(Task *task, const u64 *arg)
{
    if (arg[1] & ~(u64)O_NONBLOCK)
        return -EINVAL;
    if ((i32)arg[0] <= 0)
        return -EINVAL;
    Process *process = process_find(task->kernel, (i32)arg[0]);
    if (!process)
        return task_find(task->kernel, (i32)arg[0]) ? -EINVAL : -ESRCH;
    return pidfd_create(task, process, (u32)arg[1]);
}

i64 sys_pidfd_send_signal(Task *task, const u64 *arg)
{
    enum { TO_THREAD = 1, TO_PROCESS = 2, TO_GROUP = 4 };
    i32 signo = (i32)arg[1];
    u32 flags = (u32)arg[3];
    if ((flags & ~7u) || (flags & (flags - 1)))
        return -EINVAL;
    Process *process = pidfd_process(task, arg[0]);
    if (!process)
        return -EBADF;
    SigInfo info = signal_info_user(task, signo, flags == TO_THREAD ? SI_TKILL : SI_USER);
    if (arg[2]) {
        if (!copy_from_guest(task, &info, arg[2], sizeof info))
            return -EFAULT;
        if (info.signo != signo)
            return -EINVAL;
        if (process != task->process && (info.code >= 0 || info.code == SI_TKILL))
            return -EPERM;
    }
    if (process->reaped)
        return -ESRCH;
    if (flags == TO_GROUP) {
        i64 result = signal_send_checked(task, process, NULL, 0, &info);
        if (!result && signo)
            signal_send_group(task->kernel, process->pgid, &info);
        return result;
    }
    return signal_send_checked(task, process, flags == TO_THREAD ? process->leader : NULL, signo, &info);
}

/* pidfd_getfd(2) */
i64 sys_pidfd_getfd(Task *task, const u64 *arg)
{
    if (arg[2])
        return -EINVAL;
    Process *process = pidfd_process(task, arg[0]);
    if (!process)
        return -EBADF;
    if (process->zombie || process->reaped || !process->threads)
        return -ESRCH;
    if (!credentials_may_inspect(task, process))
        return -EPERM;
    Task *other = process->threads;
    if (arg[1] >= other->files->capacity || !other->files->slots[arg[1]].file)
        return -EBADF;
    return file_install(task, file_ref(other->files->slots[arg[1]].file), 0, true);
}

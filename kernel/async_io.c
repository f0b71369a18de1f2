/* Signal-driven I/O. Armed descriptions are members of one edge-triggered epoll instance of the host: its events are just
 * the moments at which Linux sends SIGIO. The scheduler polls the instance among the rest. */
#include "kernel/async_io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "base/heap.h"
#include "kernel/host.h"
#include "kernel/signal_internal.h"
#include "kernel/task.h"

struct AsyncOwner {
    i32 type, id; /* F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP; 0: nobody */
    i32 signo;    /* 0: SIGIO, without details */
    bool armed, watched; /* watched: the host has it in the instance (regular files never have news) */
};

int async_events(const Kernel *kernel) { return kernel->vfs->async_count ? kernel->vfs->async_epoll : -1; }

static struct AsyncOwner *owner_of(OpenFile *file)
{
    if (!file->owner)
        file->owner = heap_calloc(1, sizeof *file->owner);
    return file->owner;
}

/* ---- who is told -------------------------------------------------------------------------------------------------- */

/* Is there anybody to tell? */
static bool exists(Kernel *kernel, i32 type, i32 id)
{
    if (type == F_OWNER_TID)
        return task_find(kernel, id);
    if (type == F_OWNER_PID)
        return process_find(kernel, id);
    for (const Process *process = kernel->processes; process; process = process->next)
        if (process->pgid == id)
            return true;
    return false;
}

static i64 set_owner(const Task *task, OpenFile *file, i32 type, i32 id)
{
    struct AsyncOwner *owner = owner_of(file);
    if (!owner)
        return -ENOMEM;
    if (id && !task_pid_taken(task->kernel, id)) /* any number in use will do, whatever it numbers. fs/fcntl.c, f_setown() */
        return -ESRCH;
    owner->type = id ? type : 0;
    owner->id = id;
    return 0;
}

i64 async_fcntl(Task *task, OpenFile *file, u32 command, u64 argument)
{
    struct AsyncOwner *owner = file->owner;
    bool anybody = owner && exists(task->kernel, owner->type, owner->id);
    struct { i32 type, id; } ex = {F_OWNER_PID, anybody ? owner->id : 0};
    i32 number = (i32)argument;
    switch (command) {
    case F_SETOWN:
        if (number == INT32_MIN)
            return -EINVAL;
        return set_owner(task, file, number < 0 ? F_OWNER_PGRP : F_OWNER_PID, number < 0 ? -number : number);
    case F_GETOWN: return !anybody ? 0 : owner->type == F_OWNER_PGRP ? -owner->id : owner->id;
    case F_SETOWN_EX:
        if (!copy_from_guest(task, &ex, argument, sizeof ex))
            return -EFAULT;
        return (u32)ex.type > F_OWNER_PGRP ? -EINVAL : set_owner(task, file, ex.type, ex.id);
    case F_GETOWN_EX:
        ex.type = owner && owner->id ? owner->type : F_OWNER_TID;
        return copy_to_guest(task, argument, &ex, sizeof ex) ? 0 : -EFAULT;
    case F_GETSIG: return owner ? owner->signo : 0;
    default: /* F_SETSIG */
        if ((u32)number > SIGNALS)
            return -EINVAL;
        owner = owner_of(file);
        if (!owner)
            return -ENOMEM;
        owner->signo = number;
        return 0;
    }
}

/* ---- news --------------------------------------------------------------------------------------------------------- */

static void tell(Kernel *kernel, const OpenFile *file, u32 events)
{
    const struct AsyncOwner *owner = file->owner;
    bool in = events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP);
    SigInfo info = {.signo = owner->signo ? owner->signo : SIGIO, .code = SI_KERNEL};
    if (owner->signo) {
        info.code = in ? POLL_IN : POLL_OUT;
        info.poll.band = in ? POLLIN | POLLRDNORM : POLLOUT | POLLWRNORM | POLLWRBAND;
        info.poll.fd = file->last_number;
    }
    Process *process = owner->type == F_OWNER_PID && owner->id ? process_find(kernel, owner->id) : NULL;
    Task *thread = owner->type == F_OWNER_TID && owner->id ? task_find(kernel, owner->id) : NULL;
    if (process)
        signal_send_process(process, &info);
    else if (thread)
        signal_send_task(thread, &info);
    else if (owner->type == F_OWNER_PGRP)
        signal_send_group(kernel, owner->id, &info);
}

/* Sends signals for all events but those of `quiet`. */
static void drain(Kernel *kernel, const OpenFile *quiet)
{
    struct epoll_event events[16];
    int count = host_epoll_wait(kernel->vfs->async_epoll, events, (int)ARRAY_LEN(events), 0);
    for (int i = 0; i < count; i++)
        for (const OpenFile *file = kernel->vfs->open_files; file; file = file->next)
            if (file != quiet && file->host_fd == events[i].data.fd && file->owner && file->owner->watched)
                tell(kernel, file, events[i].events);
}

void async_deliver(Kernel *kernel) { drain(kernel, NULL); }

i64 async_arm(Kernel *kernel, OpenFile *file, bool on)
{
    Vfs *vfs = kernel->vfs;
    struct AsyncOwner *owner = owner_of(file);
    if (!owner)
        return -ENOMEM;
    if (owner->armed == on)
        return 0;
    if (!vfs->async_epoll)
        vfs->async_epoll = host_epoll_create1(O_CLOEXEC);
    if (vfs->async_epoll <= 0) {
        vfs->async_epoll = 0;
        return -errno;
    }
    owner->armed = on;
    vfs->async_count += on ? 1 : -1u;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.fd = file->host_fd};
    if (on)
        owner->watched = host_epoll_ctl(vfs->async_epoll, EPOLL_CTL_ADD, file->host_fd, &event) == 0;
    else if (owner->watched)
        owner->watched = host_epoll_ctl(vfs->async_epoll, EPOLL_CTL_DEL, file->host_fd, &event) != 0;
    if (owner->watched)
        drain(kernel, file); /* how things stand is no news */
    return 0;
}

void async_gone(Kernel *kernel, OpenFile *file)
{
    if (!file->owner)
        return;
    async_arm(kernel, file, false);
    heap_free(file->owner);
    file->owner = NULL;
}

/* signalfd(2): reading takes pending signals of whoever reads, as sigtimedwait(2) would. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "base/heap.h"
#include "kernel/guest_io.h"
#include "kernel/poll.h"
#include "kernel/syscalls.h"

_Static_assert(sizeof(struct signalfd_siginfo) == 128, "struct signalfd_siginfo is the same everywhere");

static u64 *mask_of(OpenFile *file) { return file->data; }

static u32 signalfd_poll(Task *task, OpenFile *file)
{
    return (task->pending.set | task->process->pending.set) & *mask_of(file) ? POLLIN | POLLRDNORM : 0;
}

static void signalfd_wait(Task *task, OpenFile *file)
{
    (void)file;
    wait_event(task, signal_event(task->process));
}

/* signalfd_copyinfo() of fs/signalfd.c: which fields count depends on where the signal came from. */
static void store_info(struct signalfd_siginfo *to, const SigInfo *info)
{
    *to = (struct signalfd_siginfo){.ssi_signo = (u32)info->signo, .ssi_errno = info->error, .ssi_code = info->code};
    if (info->code == SI_TIMER) {
        to->ssi_tid = (u32)info->timer.timer_id;
        to->ssi_overrun = (u32)info->timer.overrun;
        to->ssi_ptr = info->timer.value;
        to->ssi_int = (i32)info->timer.value;
    } else if (info->code > 0 &&
               (info->signo == SIGSEGV || info->signo == SIGBUS || info->signo == SIGILL || info->signo == SIGFPE)) {
        to->ssi_addr = info->fault.address;
    } else if (info->code > 0 && info->signo == SIGPOLL) {
        to->ssi_band = (u32)info->poll.band;
        to->ssi_fd = info->poll.fd;
    } else {
        to->ssi_pid = (u32)info->from.pid;
        to->ssi_uid = info->from.uid;
        if (info->signo == SIGCHLD && info->code > 0) {
            to->ssi_status = info->from.status;
            to->ssi_utime = (u64)info->from.utime;
            to->ssi_stime = (u64)info->from.stime;
        } else if (info->code < 0) {
            to->ssi_ptr = info->from.value;
            to->ssi_int = (i32)info->from.value;
        }
    }
}

static i64 signalfd_read(Task *task, OpenFile *file, GuestCursor *to, i64 offset)
{
    (void)offset;
    i64 done = 0;
    SigInfo info;
    if (to->left < sizeof(struct signalfd_siginfo))
        return -EINVAL;
    while (to->left >= sizeof(struct signalfd_siginfo) && signal_take(task, *mask_of(file), &info)) {
        struct signalfd_siginfo guest;
        store_info(&guest, &info);
        if (cursor_write(task, to, &guest, sizeof guest) != sizeof guest)
            return done ? done : -EFAULT;
        done += sizeof guest;
    }
    if (done)
        return done;
    if (file->flags & O_NONBLOCK)
        return -EAGAIN;
    if (task->woken == WOKEN_SIGNAL)
        return SYS_RESTARTSYS;
    file_hold(task, file);
    file_poll_wait(task, file, POLLIN);
    return SYS_BLOCK;
}

static void signalfd_release(Kernel *kernel, OpenFile *file)
{
    (void)kernel;
    heap_free(file->data);
}

static const FileOps signalfd_ops = {.name = "anon_inode:[signalfd]", .read = signalfd_read, .poll = signalfd_poll,
                                     .wait = signalfd_wait, .release = signalfd_release};

static i64 make_signalfd(Task *task, const u64 *arg, u32 flags)
{
    u64 mask;
    if (flags & ~(u32)(SFD_CLOEXEC | SFD_NONBLOCK) || arg[2] != sizeof mask)
        return -EINVAL;
    if (!copy_from_guest(task, &mask, arg[1], sizeof mask))
        return -EFAULT;
    mask &= ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
    if ((i32)arg[0] != -1) {
        OpenFile *file = file_get_usable(task, arg[0]);
        if (!file || file->ops != &signalfd_ops)
            return file ? -EINVAL : -EBADF;
        *mask_of(file) = mask;
        wake_event(task->kernel, file, UINT32_MAX);
        return (i32)arg[0];
    }
    u64 *data = heap_alloc(sizeof *data);
    OpenFile *file = data ? file_new(task->kernel, &signalfd_ops, -1, O_RDWR | (flags & O_NONBLOCK)) : NULL;
    if (!file) {
        heap_free(data);
        return -ENOMEM;
    }
    *data = mask;
    file->data = data;
    return file_install(task, file, 0, flags & SFD_CLOEXEC);
}

i64 sys_signalfd(Task *task, const u64 *arg)
{
    return make_signalfd(task, arg, 0);
}

i64 sys_signalfd4(Task *task, const u64 *arg)
{
    return make_signalfd(task, arg, (u32)arg[3]);
}

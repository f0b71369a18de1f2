/* ioctl(2). A request's argument may hold pointers, so nothing is forwarded that is not in the table: which requests, how
 * many bytes, which way. The rest is ENOTTY, as for any device that does not know a request. */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "kernel/async_io.h"
#include "kernel/host.h"
#include "kernel/host_signals.h"
#include "kernel/syscalls.h"
#include "kernel/terminal.h"

typedef enum IoctlForm {
    NUMBER,   /* the argument is a number (or nothing) */
    IN, OUT,  /* it points to `size` bytes that the host reads / writes */
    IN_OUT,
    CHANGES,  /* IN, and changes the terminal: a background group is stopped */
} IoctlForm;

typedef struct IoctlRow { u32 request; u8 form; u16 size; } IoctlRow;

enum { TERMIOS_SIZE = 36, TERMIOS2_SIZE = 44, TERMIO_SIZE = 18, IFREQ_SIZE = 40 };
_Static_assert(sizeof(struct termios) == TERMIOS_SIZE && sizeof(struct termios2) == TERMIOS2_SIZE, "the kernel's termios");

static const IoctlRow rows[] = {
    {TCGETS, OUT, TERMIOS_SIZE},
    {TCSETS, CHANGES, TERMIOS_SIZE},
    {TCSETSW, CHANGES, TERMIOS_SIZE},
    {TCSETSF, CHANGES, TERMIOS_SIZE},
    {TCGETS2, OUT, TERMIOS2_SIZE},
    {TCSETS2, CHANGES, TERMIOS2_SIZE},
    {TCSETSW2, CHANGES, TERMIOS2_SIZE},
    {TCSETSF2, CHANGES, TERMIOS2_SIZE},
    {TCGETA, OUT, TERMIO_SIZE},
    {TCSETA, CHANGES, TERMIO_SIZE},
    {TCSETAW, CHANGES, TERMIO_SIZE},
    {TCSETAF, CHANGES, TERMIO_SIZE},
    {TCSBRK, NUMBER, 0},
    {TCSBRKP, NUMBER, 0},
    {TCXONC, NUMBER, 0},
    {TCFLSH, NUMBER, 0},
    {TIOCEXCL, NUMBER, 0},
    {TIOCNXCL, NUMBER, 0},
    {TIOCSBRK, NUMBER, 0},
    {TIOCCBRK, NUMBER, 0},
    {TIOCGWINSZ, OUT, 8},
    {TIOCSWINSZ, IN, 8},
    {TIOCOUTQ, OUT, 4},
    {FIONREAD, OUT, 4},
    {TIOCGETD, OUT, 4},
    {TIOCMGET, OUT, 4},
    {TIOCMSET, IN, 4},
    {TIOCMBIS, IN, 4},
    {TIOCMBIC, IN, 4},
    {TIOCGSOFTCAR, OUT, 4},
    {TIOCSSOFTCAR, IN, 4},
    {TIOCPKT, IN, 4},
    {TIOCGPKT, OUT, 4},
    {TIOCGPTN, OUT, 4},
    {TIOCSPTLCK, IN, 4},
    {TIOCGPTLCK, OUT, 4},
    {TIOCGEXCL, OUT, 4},
    {FIGETBSZ, OUT, 4},
    {FIBMAP, IN_OUT, 4},
    {FIOQSIZE, OUT, 8},
    {FS_IOC_GETFLAGS, OUT, 4},
    {FS_IOC_SETFLAGS, IN, 4},
    {FS_IOC_GETVERSION, OUT, 4},
    {FS_IOC_FSGETXATTR, OUT, 28},
    {FS_IOC_FSSETXATTR, IN, 28},
    {BLKGETSIZE64, OUT, 8},
    {BLKGETSIZE, OUT, 8},
    {BLKSSZGET, OUT, 4},
    {BLKBSZGET, OUT, 4},
    {BLKROGET, OUT, 4},
    {BLKFLSBUF, NUMBER, 0},
    {SIOCATMARK, OUT, 4},
    {SIOCGIFNAME, IN_OUT, IFREQ_SIZE},
    {SIOCGIFINDEX, IN_OUT, IFREQ_SIZE},
    {SIOCGIFFLAGS, IN_OUT, IFREQ_SIZE},
    {SIOCGIFADDR, IN_OUT, IFREQ_SIZE},
    {SIOCGIFNETMASK, IN_OUT, IFREQ_SIZE},
    {SIOCGIFBRDADDR, IN_OUT, IFREQ_SIZE},
    {SIOCGIFHWADDR, IN_OUT, IFREQ_SIZE},
    {SIOCGIFMTU, IN_OUT, IFREQ_SIZE},
    {SIOCGIFMETRIC, IN_OUT, IFREQ_SIZE},
    {SIOCGIFTXQLEN, IN_OUT, IFREQ_SIZE},
    {SIOCGSTAMP_OLD, OUT, 16},
};

static const IoctlRow *row_of(u32 request)
{
    for (u32 i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].request == request)
            return &rows[i];
    return NULL;
}

static i64 pass(Task *task, OpenFile *file, const IoctlRow *row, u64 argument)
{
    u8 buffer[64] = {0};
    if (row->form == NUMBER)
        return host_result(host_ioctl_value(file->host_fd, row->request, argument));
    if (row->form != OUT && !copy_from_guest(task, buffer, argument, row->size))
        return row->form == CHANGES && !file->terminal ? -ENOTTY : -EFAULT;
    i64 result = host_result(host_ioctl_bytes(file->host_fd, row->request, buffer, row->size));
    if (result >= 0 && row->request == TIOCSWINSZ)
        terminal_resized(task, file);
    if (result >= 0 && (row->form == OUT || row->form == IN_OUT) && !copy_to_guest(task, argument, buffer, row->size))
        return -EFAULT;
    return result;
}

static i64 forward(Task *task, OpenFile *file, const IoctlRow *row, u64 argument)
{
    if (row->form != CHANGES || !file->terminal)
        return pass(task, file, row, argument);
    sigset_t mask;
    i64 refused = terminal_access(task, file, SIGTTOU, false);
    if (refused)
        return refused;
    host_signals_block_terminal(&mask);
    i64 result = pass(task, file, row, argument);
    host_signals_unblock(&mask);
    return result;
}

/* FIONBIO: O_NONBLOCK by another name. */
static i64 set_nonblocking(Task *task, OpenFile *file, u64 address)
{
    i32 on;
    if (!copy_from_guest(task, &on, address, sizeof on))
        return -EFAULT;
    file->flags = on ? file->flags | O_NONBLOCK : file->flags & ~(u32)O_NONBLOCK;
    return 0;
}

/* FIOASYNC: O_ASYNC by another name. */
static i64 set_async(Task *task, OpenFile *file, u64 address)
{
    i32 on;
    if (!copy_from_guest(task, &on, address, sizeof on))
        return -EFAULT;
    i64 result = async_arm(task->kernel, file, on != 0);
    if (!result)
        file->flags = on ? file->flags | O_ASYNC : file->flags & ~(u32)O_ASYNC;
    return result;
}

/* TIOCGPTPEER: the slave side of a pty, without its path. */
static i64 open_peer(Task *task, OpenFile *file, u32 flags)
{
    int fd = (int)host_ioctl_value(file->host_fd, TIOCGPTPEER, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    OpenFile *peer = file_from_host(task->kernel, fd, flags);
    if (!peer)
        return -ENOMEM;
    if (!(flags & O_NOCTTY))
        terminal_opened(task, peer);
    return file_install(task, peer, 0, flags & O_CLOEXEC);
}

/* FICLONE and FICLONERANGE name another descriptor. */
static i64 clone_range(Task *task, OpenFile *file, u32 request, u64 argument)
{
    struct file_clone_range range = {.src_fd = (i64)(i32)argument};
    if (request == FICLONERANGE && !copy_from_guest(task, &range, argument, sizeof range))
        return -EFAULT;
    OpenFile *source = file_get_usable(task, (u64)range.src_fd);
    if (!source)
        return -EBADF;
    if (source->ops || file->ops)
        return -EINVAL;
    range.src_fd = source->host_fd;
    if (request == FICLONE)
        return host_result(host_ioctl_value(file->host_fd, FICLONE, (unsigned long)source->host_fd));
    return host_result(host_ioctl_bytes(file->host_fd, FICLONERANGE, &range, sizeof range));
}

static i64 file_ioctl(Task *task, OpenFile *file, u32 request, u64 argument)
{
    switch (request) {
    case TIOCGPGRP:
    case TIOCSPGRP:
    case TIOCSCTTY:
    case TIOCNOTTY:
    case TIOCGSID:
        return terminal_ioctl(task, file, request, argument);
    case TIOCGPTPEER:
        return open_peer(task, file, (u32)argument);
    case FICLONE:
    case FICLONERANGE:
        return clone_range(task, file, request, argument);
    }
    if (file->ops && file->ops->ioctl)
        return file->ops->ioctl(task, file, request, argument);
    const IoctlRow *row = row_of(request);
    if (!row) {
        if (file->mode != S_IFREG && file->mode != S_IFDIR)
            log_unimplemented(0x10c71000000000ull | request, "ioctl request %#x: ENOTTY", request);
        return -ENOTTY;
    }
    return forward(task, file, row, argument);
}

i64 sys_ioctl(Task *task, const u64 *arg)
{
    OpenFile *file = file_get_usable(task, arg[0]);
    u32 request = (u32)arg[1];
    if (!file)
        return -EBADF;
    switch (request) {
    case FIOCLEX:
    case FIONCLEX:
        task->files->slots[(u32)arg[0]].cloexec = request == FIOCLEX;
        return 0;
    case FIONBIO:
        return set_nonblocking(task, file, arg[2]);
    case FIOASYNC:
        return set_async(task, file, arg[2]);
    default:
        return file_ioctl(task, file, request, arg[2]);
    }
}

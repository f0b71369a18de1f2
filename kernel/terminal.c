/* Job control between guest processes.
 *
 * Sessions and process groups exist only inside the emulator, so which group is in the foreground of a terminal is kept
 * here, one record per terminal device. The line discipline, and all settings, stay the host's. */
#include "kernel/terminal.h"
#include "base/heap.h"
#include "kernel/host.h"
#include "kernel/task.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

enum { UNIX98_PTY_MAJOR = 136 };

typedef struct Terminal {
    struct Terminal *next;
    u64 device;  /* st_rdev of the terminal (a pty's slave side) */
    i32 sid;     /* whose controlling terminal it is; 0: nobody's */
    i32 pgid;    /* its foreground group */
    bool hosts;  /* it is the emulator's own controlling terminal: its foreground may be a group outside */
} Terminal;

enum { GROUP_OUTSIDE = FIRST_PID - 2 }; /* what tcgetpgrp(3) says of a group outside: no guest has this number */

/* The device that a descriptor's terminal is; a pty's master side stands for its slave. 0: no terminal. */
static u64 terminal_device(const OpenFile *file)
{
    struct stat st;
    unsigned number;
    if (file->pty_master && host_ioctl_bytes(file->host_fd, TIOCGPTN, &number, sizeof number) == 0)
        return makedev(UNIX98_PTY_MAJOR, number);
    return host_fstat(file->host_fd, &st) == 0 ? st.st_rdev : 0;
}

static Terminal *terminal_find(Kernel *kernel, u64 device)
{
    Terminal *terminal = kernel->vfs->terminals;
    while (terminal && terminal->device != device)
        terminal = terminal->next;
    return terminal;
}

static Terminal *terminal_get(Kernel *kernel, u64 device)
{
    Terminal *terminal = terminal_find(kernel, device);
    if (terminal || !(terminal = heap_calloc(1, sizeof *terminal)))
        return terminal;
    *terminal = (Terminal){kernel->vfs->terminals, device, 0, 0, false};
    kernel->vfs->terminals = terminal;
    return terminal;
}

static Terminal *terminal_of_session(Kernel *kernel, i32 sid)
{
    Terminal *terminal = kernel->vfs->terminals;
    while (terminal && terminal->sid != sid)
        terminal = terminal->next;
    return terminal;
}

void terminals_destroy(Kernel *kernel)
{
    while (kernel->vfs->terminals) {
        Terminal *terminal = kernel->vfs->terminals;
        kernel->vfs->terminals = terminal->next;
        heap_free(terminal);
    }
}

/* The emulator's controlling terminal, if it has one, is found when the first process first asks for it. */
static Terminal *terminal_adopt(Task *task, OpenFile *file, u64 device)
{
    Kernel *kernel = task->kernel;
    Terminal *terminal = terminal_find(kernel, device);
    if (terminal || task->process->sid != kernel->init->sid || host_tcgetsid(file->host_fd) != host_getsid(0))
        return terminal;
    terminal = terminal_get(kernel, device);
    if (terminal) {
        terminal->sid = kernel->init->sid;
        terminal->pgid = kernel->init->pgid;
        terminal->hosts = true;
    }
    return terminal;
}

/* A shell outside has put the emulator in the background. */
static bool foreground_outside(const Terminal *terminal, const OpenFile *file)
{
    return terminal->hosts && host_tcgetpgrp(file->host_fd) != host_getpgrp();
}

static bool group_in_session(Kernel *kernel, i32 pgid, i32 sid)
{
    for (Process *p = kernel->processes; p; p = p->next)
        if (p->pgid == pgid)
            return p->sid == sid;
    return false;
}

static i64 terminal_set_group(Task *task, OpenFile *file, Terminal *terminal, u64 address)
{
    i32 pgid;
    if (!terminal || terminal->sid != task->process->sid)
        return -ENOTTY;
    i64 refused = terminal_access(task, file, SIGTTOU, false);
    if (refused)
        return refused;
    if (!copy_from_guest(task, &pgid, address, sizeof pgid))
        return -EFAULT;
    if (pgid < 0)
        return -EINVAL;
    bool exists = false;
    for (Process *p = task->kernel->processes; p && !exists; p = p->next)
        exists = p->pgid == pgid;
    if (!exists)
        return -ESRCH;
    if (!group_in_session(task->kernel, pgid, terminal->sid))
        return -EPERM;
    terminal->pgid = pgid;
    if (terminal->sid == task->kernel->init->sid)
        task->kernel->terminal_pgid = pgid;
    return 0;
}

/* TIOCSCTTY: a session leader without a terminal takes one that nobody has. */
static i64 terminal_take(Task *task, u64 device, u64 steal)
{
    Process *process = task->process;
    Terminal *terminal = terminal_get(task->kernel, device);
    if (!terminal)
        return -ENOMEM;
    if (terminal->sid == process->sid && process->pid == process->sid)
        return 0;
    if (process->pid != process->sid || terminal_of_session(task->kernel, process->sid))
        return -EPERM;
    if (terminal->sid && !(steal == 1 && !process->credentials.euid))
        return -EPERM;
    terminal->sid = process->sid;
    terminal->pgid = process->pgid;
    return 0;
}

void terminal_opened(Task *task, OpenFile *file)
{
    Process *process = task->process;
    if (!file->terminal || process->pid != process->sid || terminal_of_session(task->kernel, process->sid))
        return;
    if (file->pty_master) /* nobody's controlling terminal */
        return;
    u64 device = terminal_device(file);
    Terminal *terminal = device ? terminal_adopt(task, file, device) : NULL;
    if (device && (!terminal || !terminal->sid))
        terminal_take(task, device, 0);
}

/* Which host file is the session's terminal. */
i64 terminal_open_own(Task *task, u32 flags, OpenFile **file)
{
    Terminal *terminal = terminal_of_session(task->kernel, task->process->sid);
    char name[32] = "/dev/tty";
    if (!terminal && task->process->sid != task->kernel->init->sid)
        return -ENXIO;
    if (terminal && terminal->sid != task->kernel->init->sid)
        snprintf(name, sizeof name, "/dev/pts/%u", minor(terminal->device));
    int fd = host_open(name, (int)(flags & (O_ACCMODE | O_APPEND)) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    *file = file_from_host(task->kernel, fd, flags);
    return *file ? 0 : -ENOMEM;
}

/* The host's line discipline works on what was typed a little later, and flushes output when it meets such a character: not
 * what the signal's handler prints. Polling the slave side makes it finish. */
static void wait_for_discipline(const OpenFile *master)
{
    const unsigned long flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    struct pollfd slave = {.fd = (int)host_ioctl_value(master->host_fd, TIOCGPTPEER, flags), .events = POLLIN};
    if (slave.fd < 0)
        return;
    host_poll(&slave, 1, 0);
    host_close(slave.fd);
}

void terminal_typed(Task *task, OpenFile *master, const u8 *bytes, u64 size)
{
    static const struct { u32 character; i32 signo; } keys[] = {{VINTR, SIGINT}, {VQUIT, SIGQUIT}, {VSUSP, SIGTSTP}};
    Terminal *terminal = terminal_find(task->kernel, terminal_device(master));
    struct termios settings;
    if (!terminal || terminal->pgid <= 0 || host_tcgetattr(master->host_fd, &settings) < 0 || !(settings.c_lflag & ISIG))
        return;
    bool waited = false;
    for (u64 i = 0; i < size; i++)
        for (u32 k = 0; k < ARRAY_LEN(keys); k++) {
            if (!settings.c_cc[keys[k].character] || bytes[i] != settings.c_cc[keys[k].character])
                continue;
            if (!waited)
                wait_for_discipline(master);
            waited = true;
            signal_send_group(task->kernel, terminal->pgid, &(SigInfo){.signo = keys[k].signo, .code = SI_KERNEL});
        }
}

void terminal_resized(Task *task, OpenFile *file)
{
    Terminal *terminal = terminal_find(task->kernel, terminal_device(file));
    if (terminal && terminal->pgid > 0)
        signal_send_group(task->kernel, terminal->pgid, &(SigInfo){.signo = SIGWINCH, .code = SI_KERNEL});
}

/* Nobody's terminal any more; its foreground group hears SIGHUP and SIGCONT. */
static void terminal_drop(Kernel *kernel, Terminal *terminal)
{
    i32 pgid = terminal->pgid;
    terminal->sid = terminal->pgid = 0;
    if (pgid <= 0)
        return;
    signal_send_group(kernel, pgid, &(SigInfo){.signo = SIGHUP, .code = SI_KERNEL});
    signal_send_group(kernel, pgid, &(SigInfo){.signo = SIGCONT, .code = SI_KERNEL});
}

void terminal_hung_up(Kernel *kernel, OpenFile *master)
{
    Terminal *terminal = terminal_find(kernel, terminal_device(master));
    if (!terminal || !terminal->sid)
        return;
    Process *leader = process_find(kernel, terminal->sid);
    if (leader && !leader->zombie && leader->pgid != terminal->pgid) {
        signal_send_process(leader, &(SigInfo){.signo = SIGHUP, .code = SI_KERNEL});
        signal_send_process(leader, &(SigInfo){.signo = SIGCONT, .code = SI_KERNEL});
    }
    terminal_drop(kernel, terminal);
}

void terminal_session_ended(Kernel *kernel, i32 sid)
{
    Terminal *terminal = kernel->vfs ? terminal_of_session(kernel, sid) : NULL;
    if (terminal && sid != kernel->init->sid)
        terminal_drop(kernel, terminal);
}

i64 terminal_ioctl(Task *task, OpenFile *file, u32 request, u64 argument)
{
    if (!file->terminal)
        return -ENOTTY;
    u64 device = terminal_device(file);
    Terminal *terminal = terminal_adopt(task, file, device);
    bool own = terminal && terminal->sid == task->process->sid;
    switch (request) {
    case TIOCGPGRP:
    case TIOCGSID: {
        if (!own && !(terminal && terminal->sid && file->pty_master))
            return -ENOTTY;
        i32 id = request == TIOCGSID ? terminal->sid : foreground_outside(terminal, file) ? GROUP_OUTSIDE : terminal->pgid;
        return copy_to_guest(task, argument, &id, sizeof id) ? 0 : -EFAULT;
    }
    case TIOCSPGRP:
        return terminal_set_group(task, file, terminal, argument);
    case TIOCSCTTY:
        return terminal_take(task, device, argument);
    default: /* TIOCNOTTY */
        if (!own)
            return -ENOTTY;
        if (task->process->pid == task->process->sid)
            terminal->sid = terminal->pgid = 0;
        return 0;
    }
}

static bool signal_ignored(const Task *task, i32 signo)
{
    return (task->blocked & SIGNAL_BIT(signo)) ||
           task->process->handlers->actions[signo - 1].handler == (u64)(uintptr_t)SIG_IGN;
}

i64 terminal_access(Task *task, OpenFile *file, i32 signo, bool write)
{
    Kernel *kernel = task->kernel;
    if (file->pty_master)
        return 0;
    u64 device = terminal_device(file);
    Terminal *terminal = terminal_adopt(task, file, device);
    i32 pgid = task->process->pgid;
    if (!terminal || terminal->sid != task->process->sid || (terminal->pgid == pgid && !foreground_outside(terminal, file)))
        return 0;
    struct termios settings;
    if (write && (host_tcgetattr(file->host_fd, &settings) < 0 || !(settings.c_lflag & TOSTOP)))
        return 0;
    if (signal_ignored(task, signo))
        return signo == SIGTTIN ? -EIO : 0;
    if (group_orphaned(kernel, pgid, NULL))
        return -EIO;
    kernel->terminal_fd = file->host_fd;
    signal_send_group(kernel, pgid, &(SigInfo){.signo = signo, .code = SI_KERNEL});
    return SYS_RESTARTSYS;
}

/* Job control between guest processes.
 *
 * Sessions and process groups exist only inside the emulator, so which group is in the foreground of a terminal is kept
 * here, one record per terminal device. The line discipline, and all settings, stay the host's. */
#include "kernel/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

typedef struct Terminal {
    struct Terminal *next;
    u64 device;  /* st_rdev of the terminal (a pty's slave side) */
    i32 sid;     /* whose controlling terminal it is; 0: nobody's */
    i32 pgid;    /* its foreground group */
} Terminal;

/* The device that a descriptor's terminal is; a pty's master side stands for its slave. 0: no terminal. */
static u64 terminal_device(Task *task, const OpenFile *file)
{
    struct stat st;
    unsigned number;
    if (fstat(file->host_fd, &st) < 0)
        return 0;
    if (ioctl(file->host_fd, TIOCGPTN, &number) == 0)
        return makedev(136, number);
    if (st.st_rdev != makedev(5, 0))
        return st.st_rdev;
    for (Terminal *t = task->kernel->vfs->terminals; t; t = t->next) /* /dev/tty: the session's own */
        if (t->sid == task->process->sid)
            return t->device;
    return 0;
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
    if (terminal || !(terminal = calloc(1, sizeof *terminal)))
        return terminal;
    *terminal = (Terminal){kernel->vfs->terminals, device, 0, 0};
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
        free(terminal);
    }
}

/* The emulator's controlling terminal, if it has one, is found when the first process first asks for it. */
static Terminal *terminal_adopt(Task *task, OpenFile *file, u64 device)
{
    Kernel *kernel = task->kernel;
    Terminal *terminal = terminal_find(kernel, device);
    if (terminal || task->process->sid != kernel->init->sid || tcgetsid(file->host_fd) != getsid(0))
        return terminal;
    terminal = terminal_get(kernel, device);
    if (terminal) {
        terminal->sid = kernel->init->sid;
        terminal->pgid = kernel->init->pgid;
    }
    return terminal;
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
    i64 refused = terminal_access(task, file, SIGTTOU);
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
    unsigned number;
    if (ioctl(file->host_fd, TIOCGPTN, &number) == 0) /* a master is nobody's controlling terminal */
        return;
    u64 device = terminal_device(task, file);
    Terminal *terminal = device ? terminal_adopt(task, file, device) : NULL;
    if (device && (!terminal || !terminal->sid))
        terminal_take(task, device, 0);
}

i64 terminal_ioctl(Task *task, OpenFile *file, u32 request, u64 argument)
{
    if (!file->terminal)
        return -ENOTTY;
    u64 device = terminal_device(task, file);
    Terminal *terminal = terminal_adopt(task, file, device);
    bool own = terminal && terminal->sid == task->process->sid;
    switch (request) {
    case TIOCGPGRP:
    case TIOCGSID: {
        if (!own && !(terminal && terminal->sid && ioctl(file->host_fd, TIOCGPTN, &(unsigned){0}) == 0))
            return -ENOTTY;
        i32 id = request == TIOCGPGRP ? terminal->pgid : terminal->sid;
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
    return (task->blocked & SIGNAL_BIT(signo)) || task->process->handlers->actions[signo - 1].handler == (u64)(uintptr_t)SIG_IGN;
}

/* A group none of whose members has a parent in another group of the session: nobody could continue it. setpgid(2). */
static bool group_orphaned(Kernel *kernel, i32 pgid)
{
    for (Process *p = kernel->processes; p; p = p->next)
        if (p->pgid == pgid && p->parent && p->parent->pgid != pgid && p->parent->sid == p->sid)
            return false;
    return true;
}

i64 terminal_access(Task *task, OpenFile *file, i32 signo)
{
    Kernel *kernel = task->kernel;
    Terminal *terminal = terminal_of_session(kernel, task->process->sid);
    i32 pgid = task->process->pgid;
    if (LIKELY(!terminal || terminal->pgid == pgid || terminal->device != terminal_device(task, file)))
        return 0;
    if (signal_ignored(task, signo))
        return signo == SIGTTIN ? -EIO : 0;
    if (group_orphaned(kernel, pgid))
        return -EIO;
    signal_send_group(kernel, pgid, &(SigInfo){.signo = signo, .code = SI_KERNEL});
    return SYS_RESTARTSYS;
}

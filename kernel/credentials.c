/* What a change of identity means outside. The guest's credentials are emulated, but files are the host's: when the emulator
 * runs as root, the host is asked as whoever the guest's thread is (its fsuid, fsgid and groups), so that what a program may
 * open, and whose the files are that it makes, come out as natively. Any other emulator cannot change, and its guests cannot
 * either. credentials(7), setfsuid(2). */
#include "kernel/credentials.h"

#include <sys/syscall.h>
#include <unistd.h>

bool credentials_may_inspect(const Task *task, const Process *process)
{
    enum { SYS_PTRACE = 19 }; /* capabilities(7) */
    const Credentials *mine = &task->credentials, *its = &process->credentials;
    if (task->process == process || credentials_capabilities(task->kernel, mine) >> SYS_PTRACE & 1)
        return true;
    return process->dumpable && mine->uid == its->euid && mine->uid == its->suid && mine->uid == its->uid &&
           mine->gid == its->egid && mine->gid == its->sgid && mine->gid == its->gid;
}

void credentials_changed(Task *task)
{
    Kernel *kernel = task->kernel;
    task->credentials.generation = ++kernel->credentials_made;
    if (task->process->leader == task || !task->process->leader)
        task->process->credentials = task->credentials;
    credentials_use(task);
}

/* No rows of host_calls.def: that would make a log depend on where runs are cut into pieces. */
static void become(const Credentials *c)
{
    syscall(SYS_setfsuid, 0); /* only root may take any groups */
    syscall(SYS_setgroups, (size_t)c->group_count, c->groups); /* libc's would tell our other threads too */
    syscall(SYS_setfsgid, c->fsgid);
    syscall(SYS_setfsuid, c->fsuid);
}

void credentials_use(Task *task)
{
    Kernel *kernel = task->kernel;
    if (LIKELY(kernel->credentials_used == task->credentials.generation) || !kernel->host_root)
        return;
    kernel->credentials_used = task->credentials.generation;
    become(&task->credentials);
}

void credentials_leave(Kernel *kernel)
{
    if (!kernel->credentials_used)
        return;
    kernel->credentials_used = 0;
    become(&kernel->host_credentials);
}

void credentials_use_real(Task *task)
{
    Kernel *kernel = task->kernel;
    const Credentials *c = &task->credentials;
    if (!kernel->host_root || (c->uid == c->fsuid && c->gid == c->fsgid))
        return;
    Credentials real = *c;
    real.fsuid = c->uid;
    real.fsgid = c->gid;
    kernel->credentials_used = UINT64_MAX;
    become(&real);
}

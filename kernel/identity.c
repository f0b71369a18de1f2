/* Who a process is: numbers, users, groups, sessions, capabilities. Credentials are emulated;
 * credentials.c passes them on to the host where that is possible. credentials(7). */
#include <errno.h>

#include "kernel/credentials.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"

i64 sys_getpid(Task *task, const u64 *arg) { (void)arg; return task->process->pid; }
i64 sys_getppid(Task *task, const u64 *arg)
{
    (void)arg;
    return process_parent_pid(task->process);
}

i64 sys_getuid(Task *task, const u64 *arg) { (void)arg; return task->credentials.uid; }
i64 sys_geteuid(Task *task, const u64 *arg) { (void)arg; return task->credentials.euid; }
i64 sys_getgid(Task *task, const u64 *arg) { (void)arg; return task->credentials.gid; }
i64 sys_getegid(Task *task, const u64 *arg) { (void)arg; return task->credentials.egid; }

/* ---- process groups and sessions --------------------------------------------------------------------------------- */

static Process *self_or(Task *task, i32 pid)
{
    if (pid == 0)
        return task->process;
    Process *process = process_find(task->kernel, pid);
    if (!process) {
        Task *thread = task_find(task->kernel, pid);
        process = thread ? thread->process : NULL;
    }
    return process;
}

i64 sys_getpgid(Task *task, const u64 *arg)
{
    Process *process = self_or(task, (i32)arg[0]);
    return process ? process->pgid : -ESRCH;
}

i64 sys_getpgrp(Task *task, const u64 *arg) { (void)arg; return task->process->pgid; }

i64 sys_getsid(Task *task, const u64 *arg)
{
    Process *process = self_or(task, (i32)arg[0]);
    return process ? process->sid : -ESRCH;
}

static bool group_in_session(Kernel *kernel, i32 pgid, i32 sid)
{
    for (Process *process = kernel->processes; process; process = process->next)
        if (process->pgid == pgid && process->sid == sid)
            return true;
    return false;
}

/* setpgid(2) */
i64 sys_setpgid(Task *task, const u64 *arg)
{
    Process *self = task->process;
    i32 pid = (i32)arg[0] ? (i32)arg[0] : self->pid, pgid = (i32)arg[1] ? (i32)arg[1] : pid;
    if (pgid < 0)
        return -EINVAL;
    Process *process = process_find(task->kernel, pid);
    if (!process || (process != self && process->parent != self))
        return -ESRCH;
    if (process != self && process->sid != self->sid)
        return -EPERM;
    if (process != self && process->exec_done)
        return -EACCES;
    if (process->sid == process->pid)
        return -EPERM; /* a session leader */
    if (pgid != pid && !group_in_session(task->kernel, pgid, self->sid))
        return -EPERM;
    process->pgid = pgid;
    return 0;
}

i64 sys_setsid(Task *task, const u64 *arg)
{
    (void)arg;
    Process *self = task->process;
    for (Process *process = task->kernel->processes; process; process = process->next)
        if (process->pgid == self->pid)
            return -EPERM;
    self->sid = self->pgid = self->pid;
    return self->pid;
}

/* ---- users and groups -------------------------------------------------------------------------------------------- */

static bool privileged(const Task *task) { return task->credentials.euid == 0; }

/* May the caller take `id` as one of its ids? */
static bool may_take(bool root, u32 id, u32 real, u32 effective, u32 saved)
{
    return root || id == UINT32_MAX || id == real || id == effective || id == saved;
}

static i64 set_uids(Task *task, u32 real, u32 effective, u32 saved)
{
    Credentials *c = &task->credentials;
    bool root = privileged(task);
    if (!may_take(root, real, c->uid, c->euid, c->suid) || !may_take(root, effective, c->uid, c->euid, c->suid) ||
        !may_take(root, saved, c->uid, c->euid, c->suid))
        return -EPERM;
    c->uid = real == UINT32_MAX ? c->uid : real;
    c->euid = effective == UINT32_MAX ? c->euid : effective;
    c->suid = saved == UINT32_MAX ? c->suid : saved;
    c->fsuid = c->euid;
    credentials_changed(task);
    return 0;
}

static i64 set_gids(Task *task, u32 real, u32 effective, u32 saved)
{
    Credentials *c = &task->credentials;
    bool root = privileged(task);
    if (!may_take(root, real, c->gid, c->egid, c->sgid) || !may_take(root, effective, c->gid, c->egid, c->sgid) ||
        !may_take(root, saved, c->gid, c->egid, c->sgid))
        return -EPERM;
    c->gid = real == UINT32_MAX ? c->gid : real;
    c->egid = effective == UINT32_MAX ? c->egid : effective;
    c->sgid = saved == UINT32_MAX ? c->sgid : saved;
    c->fsgid = c->egid;
    credentials_changed(task);
    return 0;
}

/* setuid(2): root sets all three, others the effective one only. */
i64 sys_setuid(Task *task, const u64 *arg)
{
    const Credentials *c = &task->credentials;
    u32 id = (u32)arg[0];
    if (id == UINT32_MAX)
        return -EINVAL;
    if (privileged(task))
        return set_uids(task, id, id, id);
    return id == c->uid || id == c->suid ? set_uids(task, UINT32_MAX, id, UINT32_MAX) : -EPERM;
}

i64 sys_setgid(Task *task, const u64 *arg)
{
    const Credentials *c = &task->credentials;
    u32 id = (u32)arg[0];
    if (id == UINT32_MAX)
        return -EINVAL;
    if (privileged(task))
        return set_gids(task, id, id, id);
    return id == c->gid || id == c->sgid ? set_gids(task, UINT32_MAX, id, UINT32_MAX) : -EPERM;
}

/* setreuid(2): the saved id follows when the real one is set or the effective one becomes another than the real. */
i64 sys_setreuid(Task *task, const u64 *arg)
{
    Credentials *c = &task->credentials;
    u32 real = (u32)arg[0], effective = (u32)arg[1], old = c->uid;
    if (!privileged(task) && real != UINT32_MAX && real != c->uid && real != c->euid)
        return -EPERM;
    i64 result = set_uids(task, real, effective, UINT32_MAX);
    if (!result && (real != UINT32_MAX || (effective != UINT32_MAX && effective != old)))
        c->suid = c->euid;
    credentials_changed(task);
    return result;
}

i64 sys_setregid(Task *task, const u64 *arg)
{
    Credentials *c = &task->credentials;
    u32 real = (u32)arg[0], effective = (u32)arg[1], old = c->gid;
    if (!privileged(task) && real != UINT32_MAX && real != c->gid && real != c->egid)
        return -EPERM;
    i64 result = set_gids(task, real, effective, UINT32_MAX);
    if (!result && (real != UINT32_MAX || (effective != UINT32_MAX && effective != old)))
        c->sgid = c->egid;
    credentials_changed(task);
    return result;
}

i64 sys_setresuid(Task *task, const u64 *arg) { return set_uids(task, (u32)arg[0], (u32)arg[1], (u32)arg[2]); }
i64 sys_setresgid(Task *task, const u64 *arg) { return set_gids(task, (u32)arg[0], (u32)arg[1], (u32)arg[2]); }

static i64 put_three(Task *task, const u64 *arg, u32 a, u32 b, u32 c)
{
    bool ok = copy_to_guest(task, arg[0], &a, 4) && copy_to_guest(task, arg[1], &b, 4) && copy_to_guest(task, arg[2], &c, 4);
    return ok ? 0 : -EFAULT;
}

i64 sys_getresuid(Task *task, const u64 *arg)
{
    const Credentials *c = &task->credentials;
    return put_three(task, arg, c->uid, c->euid, c->suid);
}

i64 sys_getresgid(Task *task, const u64 *arg)
{
    const Credentials *c = &task->credentials;
    return put_three(task, arg, c->gid, c->egid, c->sgid);
}

/* setfsuid(2): always the old one. */
i64 sys_setfsuid(Task *task, const u64 *arg)
{
    Credentials *c = &task->credentials;
    u32 old = c->fsuid, id = (u32)arg[0];
    if (privileged(task) || id == c->uid || id == c->euid || id == c->suid || id == c->fsuid)
        c->fsuid = id == UINT32_MAX ? old : id;
    credentials_changed(task);
    return old;
}

i64 sys_setfsgid(Task *task, const u64 *arg)
{
    Credentials *c = &task->credentials;
    u32 old = c->fsgid, id = (u32)arg[0];
    if (privileged(task) || id == c->gid || id == c->egid || id == c->sgid || id == c->fsgid)
        c->fsgid = id == UINT32_MAX ? old : id;
    credentials_changed(task);
    return old;
}

i64 sys_getgroups(Task *task, const u64 *arg)
{
    const Credentials *c = &task->credentials;
    i32 room = (i32)arg[0];
    if (room < 0)
        return -EINVAL;
    if (room == 0)
        return c->group_count;
    if ((u32)room < c->group_count)
        return -EINVAL;
    return copy_to_guest(task, arg[1], c->groups, c->group_count * 4) ? (i64)c->group_count : -EFAULT;
}

i64 sys_setgroups(Task *task, const u64 *arg)
{
    Credentials *c = &task->credentials;
    if (!privileged(task))
        return -EPERM;
    if (arg[0] > ARRAY_LEN(c->groups))
        return arg[0] > 65536 ? -EINVAL : -ENOMEM;
    u32 groups[ARRAY_LEN(c->groups)];
    if (!copy_from_guest(task, groups, arg[1], arg[0] * 4))
        return -EFAULT;
    memcpy(c->groups, groups, arg[0] * 4);
    c->group_count = (u32)arg[0];
    credentials_changed(task);
    return 0;
}

/* ---- capabilities: all for root, none for others. capget(2) ------------------------------------------------------ */


/* Words in the version that the header names; 0: unknown, and the preferred one has been written into it. */
static i64 capability_words(Task *task, u64 address, u32 *header)
{
    if (!copy_from_guest(task, header, address, 8))
        return -EFAULT;
    switch (header[0]) {
    case 0x19980330: return 1;
    case 0x20071026:
    case 0x20080522: return 2;
    default: {
        u32 preferred = 0x20080522;
        return copy_to_guest(task, address, &preferred, 4) ? 0 : -EFAULT;
    }
    }
}

i64 sys_capget(Task *task, const u64 *arg)
{
    u32 header[2];
    i64 words = capability_words(task, arg[0], header);
    if (words < 0)
        return words;
    if (words == 0)
        return arg[1] ? -EINVAL : 0;
    if ((i32)header[1] < 0)
        return -EINVAL;
    Process *process = header[1] ? process_find(task->kernel, (i32)header[1]) : task->process;
    if (!process)
        return -ESRCH;
    u64 caps = credentials_capabilities(task->kernel, &process->credentials);
    u32 data[6] = {(u32)caps, (u32)caps, 0, (u32)(caps >> 32), (u32)(caps >> 32), 0};
    if (!arg[1])
        return 0;
    return copy_to_guest(task, arg[1], data, (u64)words * 12) ? 0 : -EFAULT;
}

/* Dropping capabilities is accepted and has no effect on an emulated identity; gaining them is refused. */
i64 sys_capset(Task *task, const u64 *arg)
{
    u32 header[2], data[6] = {0};
    i64 words = capability_words(task, arg[0], header);
    if (words <= 0)
        return words ? words : -EINVAL;
    if (header[1] && (i32)header[1] != task->process->pid)
        return -EPERM;
    if (!copy_from_guest(task, data, arg[1], (u64)words * 12))
        return -EFAULT;
    u64 effective = data[0] | (u64)data[3] << 32, permitted = data[1] | (u64)data[4] << 32;
    u64 have = credentials_capabilities(task->kernel, &task->credentials);
    return (permitted & ~have) || (effective & ~permitted) ? -EPERM : 0;
}

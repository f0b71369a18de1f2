/* Scheduling as programs ask about it. There is one core and turns are equal: policies and priorities are kept and told. */
#include <errno.h>
#include <sched.h>

#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/syscalls.h"
#include "kernel/time_types.h"

static Task *self_or(Task *task, i32 tid) { return tid == 0 ? task : task_find(task->kernel, tid); }

i64 sys_sched_yield(Task *task, const u64 *arg)
{
    (void)arg;
    sched_yield_current(task->kernel);
    return 0;
}

i64 sys_sched_getaffinity(Task *task, const u64 *arg)
{
    Task *other = self_or(task, (i32)arg[0]);
    if (arg[1] < 8 || (arg[1] & 7) || (u32)arg[1] * 8 == 0) /* counted in bits, of 32 */
        return -EINVAL;
    if (!other)
        return -ESRCH;
    return copy_to_guest(task, arg[2], &other->affinity, 8) ? 8 : -EFAULT;
}

i64 sys_sched_setaffinity(Task *task, const u64 *arg)
{
    u64 mask = 0;
    if (!copy_from_guest(task, &mask, arg[2], arg[1] < 8 ? arg[1] : 8))
        return -EFAULT;
    Task *other = self_or(task, (i32)arg[0]);
    if (!other)
        return -ESRCH;
    return mask & 1 ? 0 : -EINVAL; /* the only processor must be among them */
}

i64 sys_getcpu(Task *task, const u64 *arg)
{
    u32 zero = 0;
    return (arg[0] && !copy_to_guest(task, arg[0], &zero, 4)) || (arg[1] && !copy_to_guest(task, arg[1], &zero, 4)) ?
        -EFAULT : 0;
}

i64 sys_sched_getscheduler(Task *task, const u64 *arg)
{
    if ((i32)arg[0] < 0)
        return -EINVAL;
    Task *other = self_or(task, (i32)arg[0]);
    return other ? other->policy : -ESRCH;
}

static i64 range_of(i32 policy, bool top)
{
    switch (policy) {
    case SCHED_FIFO: case SCHED_RR: return top ? 99 : 1;
    case SCHED_OTHER: case SCHED_BATCH: case SCHED_IDLE: case 6 /* SCHED_DEADLINE */: return 0;
    default: return -EINVAL;
    }
}

i64 sys_sched_get_priority_max(Task *task, const u64 *arg) { (void)task; return range_of((i32)arg[0], true); }
i64 sys_sched_get_priority_min(Task *task, const u64 *arg) { (void)task; return range_of((i32)arg[0], false); }

bool nice_allowed(const Task *task, const Process *process, i32 nice)
{
    return nice >= process->nice || task->credentials.euid == 0 ||
           process->limits[LIMIT_NICE].soft >= (u64)(20 - nice); /* getrlimit(2), RLIMIT_NICE */
}

static bool real_time(i32 policy) { return policy == SCHED_FIFO || policy == SCHED_RR; }

/* sched(7), "Privileges and resource limits" */
static bool may_schedule(const Task *task, const Task *other, i32 policy, i32 priority)
{
    const Credentials *mine = &task->credentials, *its = &other->credentials;
    u64 limit = other->process->limits[LIMIT_RTPRIO].soft;
    if (mine->euid == 0)
        return true;
    if (mine->euid != its->euid && mine->euid != its->uid)
        return false;
    if (real_time(policy) && ((policy != other->policy && !limit) || (priority > other->priority && (u64)priority > limit)))
        return false;
    return other->policy != SCHED_IDLE || policy == SCHED_IDLE ||
           other->process->limits[LIMIT_NICE].soft >= (u64)(20 - other->process->nice);
}

static i64 set_policy(Task *task, i32 tid, i32 policy, u64 parameter)
{
    i32 priority;
    if (tid < 0 || !parameter)
        return -EINVAL;
    if (!copy_from_guest(task, &priority, parameter, 4))
        return -EFAULT;
    Task *other = self_or(task, tid);
    if (!other)
        return -ESRCH;
    i32 plain = policy == -1 ? other->policy : policy & ~SCHED_RESET_ON_FORK;
    i64 low = range_of(plain, false), high = range_of(plain, true);
    if (low < 0 || plain == 6 || priority < low || priority > high)
        return -EINVAL;
    if (!may_schedule(task, other, plain, priority))
        return -EPERM;
    other->policy = plain;
    other->priority = priority;
    return 0;
}

i64 sys_sched_setscheduler(Task *task, const u64 *arg)
{
    return (i32)arg[1] < 0 ? -EINVAL : set_policy(task, (i32)arg[0], (i32)arg[1], arg[2]);
}

i64 sys_sched_setparam(Task *task, const u64 *arg) { return set_policy(task, (i32)arg[0], -1, arg[1]); }

i64 sys_sched_getparam(Task *task, const u64 *arg)
{
    if ((i32)arg[0] < 0 || !arg[1])
        return -EINVAL;
    Task *other = self_or(task, (i32)arg[0]);
    if (!other)
        return -ESRCH;
    return copy_to_guest(task, arg[1], &other->priority, 4) ? 0 : -EFAULT;
}

i64 sys_sched_rr_get_interval(Task *task, const u64 *arg)
{
    if ((i32)arg[0] < 0)
        return -EINVAL;
    Task *other = self_or(task, (i32)arg[0]);
    if (!other)
        return -ESRCH;
    return timespec_write(task, arg[1], other->policy == SCHED_RR ? 100000000 : other->policy == SCHED_FIFO ? 0 : 4000000);
}

/* struct sched_attr, 48 bytes in its first version. sched_setattr(2) */
typedef struct SchedAttributes {
    u32 size, policy;
    u64 flags;
    i32 nice;
    u32 priority;
    u64 runtime, deadline, period;
} SchedAttributes;
_Static_assert(sizeof(SchedAttributes) == 48, "struct sched_attr");

i64 sys_sched_getattr(Task *task, const u64 *arg)
{
    u32 size = (u32)arg[2];
    if (!arg[1] || size < sizeof(SchedAttributes) || size > PAGE_SIZE || arg[3] || (i32)arg[0] < 0)
        return -EINVAL;
    Task *other = self_or(task, (i32)arg[0]);
    if (!other)
        return -ESRCH;
    SchedAttributes attributes = {.size = sizeof attributes, .policy = (u32)other->policy, .nice = other->process->nice,
                                  .priority = (u32)other->priority};
    return copy_to_guest(task, arg[1], &attributes, sizeof attributes) ? 0 : -EFAULT;
}

i64 sys_sched_setattr(Task *task, const u64 *arg)
{
    SchedAttributes a;
    u32 size;
    if (!arg[1] || (i32)arg[0] < 0 || arg[2])
        return -EINVAL;
    if (!copy_from_guest(task, &size, arg[1], 4))
        return -EFAULT;
    if (size && size < sizeof a)
        return -E2BIG;
    if (!copy_from_guest(task, &a, arg[1], sizeof a))
        return -EFAULT;
    Task *other = self_or(task, (i32)arg[0]);
    if (!other)
        return -ESRCH;
    i64 low = range_of((i32)a.policy, false), high = range_of((i32)a.policy, true);
    if (low < 0 || a.policy == 6 || a.priority < low || a.priority > high)
        return -EINVAL;
    i32 nice = a.nice < -20 ? -20 : a.nice > 19 ? 19 : a.nice;
    bool normal = a.policy == SCHED_OTHER || a.policy == SCHED_BATCH;
    if (!may_schedule(task, other, (i32)a.policy, (i32)a.priority) || (normal && !nice_allowed(task, other->process, nice)))
        return -EPERM;
    other->policy = (i32)a.policy;
    other->priority = (i32)a.priority;
    if (normal)
        other->process->nice = nice;
    return 0;
}

/* ioprio_get(2), ioprio_set(2): class << 13 | level. */
i64 sys_ioprio_get(Task *task, const u64 *arg)
{
    if (arg[0] < 1 || arg[0] > 3)
        return -EINVAL;
    Task *other = arg[0] == 1 ? self_or(task, (i32)arg[1]) : task;
    return other ? (i64)other->io_priority : -ESRCH;
}

i64 sys_ioprio_set(Task *task, const u64 *arg)
{
    u32 class = (u32)arg[2] >> 13, level = (u32)arg[2] & 0x1fff;
    if (arg[0] < 1 || arg[0] > 3 || class > 3 || (class == 0 && level) || ((class == 1 || class == 2) && level > 7))
        return -EINVAL;
    if (class == 1 && task->credentials.euid)
        return -EPERM;
    Task *other = arg[0] == 1 ? self_or(task, (i32)arg[1]) : task;
    if (!other)
        return -ESRCH;
    other->io_priority = (u32)arg[2];
    return 0;
}

/* ---- memory policy: one node ---------------------------------------------------------------------------------------- */

i64 sys_get_mempolicy(Task *task, const u64 *arg)
{
    i32 policy = 0; /* MPOL_DEFAULT */
    u64 nodes = 1;
    enum { F_NODE = 1, F_ADDR = 2, F_ALLOWED = 4 };
    if ((arg[4] & ~7ull) || (arg[1] && arg[2] < 64))
        return -EINVAL;
    if ((arg[4] & F_ALLOWED) ? arg[4] & (F_NODE | F_ADDR) : !(arg[4] & F_ADDR) && (arg[3] || (arg[4] & F_NODE)))
        return -EINVAL; /* the default policy has no node to name */
    if ((arg[4] & F_ADDR) && !space_find(task->process->space, arg[3]))
        return -EFAULT;
    if (arg[0] && !copy_to_guest(task, arg[0], &policy, 4))
        return -EFAULT;
    if (!(arg[4] & F_ALLOWED)) /* asks for the nodes; else the default policy names none */
        nodes = 0;
    return arg[1] && !copy_to_guest(task, arg[1], &nodes, 8) ? -EFAULT : 0;
}

/* A set of nodes is read as Linux reads it; there is one node, so what it says changes nothing. mm/mempolicy.c, get_nodes() */
static i64 check_policy(Task *task, u64 mode, u64 nodes, u64 count)
{
    enum { MOST_BITS = 8 * PAGE_SIZE };
    u8 mask[PAGE_SIZE];
    if ((mode & 0x3fff) > 6)
        return -EINVAL;
    if (count-- == 1 || !nodes)
        return 0;
    if (count > MOST_BITS)
        return -EINVAL;
    return copy_from_guest(task, mask, nodes, (count + 63) / 64 * 8) ? 0 : -EFAULT;
}

i64 sys_set_mempolicy(Task *task, const u64 *arg) { return check_policy(task, arg[0], arg[1], arg[2]); }
i64 sys_mbind(Task *task, const u64 *arg)
{
    return (arg[0] & (PAGE_SIZE - 1)) ? -EINVAL : check_policy(task, arg[2], arg[3], arg[4]);
}

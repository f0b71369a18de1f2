/* Robust lists: what a dying thread still holds is marked and passed on. get_robust_list(2), Documentation/robust-futexes. */
#include <errno.h>
#include <linux/futex.h>

#include "kernel/futex_internal.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"

enum { ROBUST_LIMIT = 2048 };

i64 sys_set_robust_list(Task *task, const u64 *arg)
{
    if (arg[1] != 24)
        return -EINVAL;
    task->robust_list = arg[0];
    return 0;
}

i64 sys_get_robust_list(Task *task, const u64 *arg)
{
    Task *other = (i32)arg[0] ? task_find(task->kernel, (i32)arg[0]) : task;
    u64 size = 24;
    if (!other)
        return -ESRCH;
    return copy_to_guest(task, arg[2], &size, 8) && copy_to_guest(task, arg[1], &other->robust_list, 8) ? 0 : -EFAULT;
}

/* The owner of the lock at `address` dies: whoever waits is told. */
static bool robust_death(Task *task, u64 address, bool pi, bool pending)
{
    u32 value;
    if ((address & 3) || !copy_from_guest(task, &value, address, 4))
        return false;
    if (pending && !pi && !value) { /* unlocked, died before waking */
        futex_wake_address(task, address, 1);
        return true;
    }
    if ((value & FUTEX_TID_MASK) != (u32)task->tid)
        return true;
    if (pi)
        return futex_hand_over(task, address, FUTEX_OWNER_DIED) == 0;
    u32 new = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
    if (!copy_to_guest(task, address, &new, 4))
        return false;
    if (value & FUTEX_WAITERS)
        futex_wake_address(task, address, 1);
    return true;
}

void futex_exit(Task *task)
{
    struct { u64 next, offset, pending; } head;
    if (!task->robust_list || !futex_ready(task->kernel) || !copy_from_guest(task, &head, task->robust_list, sizeof head))
        return;
    u64 entry = head.next, pending = head.pending & ~1ull;
    for (u32 i = 0; i < ROBUST_LIMIT && (entry & ~1ull) != task->robust_list; i++) {
        u64 next, address = entry & ~1ull;
        bool more = copy_from_guest(task, &next, address, 8);
        if (address != pending && !robust_death(task, address + head.offset, entry & 1, false))
            return;
        if (!more)
            return;
        entry = next;
    }
    if (pending)
        robust_death(task, pending + head.offset, head.pending & 1, true);
}

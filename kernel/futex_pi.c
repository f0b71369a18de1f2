/* Futexes that hold their owner's tid (priority inheritance): the lock is handed over by whoever unlocks it. Priorities do not
 * matter here, where turns are equal. futex(2), FUTEX_LOCK_PI …; Documentation/locking/futex-requeue-pi. */
#include <errno.h>
#include <linux/futex.h>

#include "kernel/futex_internal.h"
#include "kernel/sched.h"
#include "kernel/task.h"

/* Takes the free lock whose word is `value` for `task`; its death mark stays for the new owner to see. */
static i64 take_lock(Task *task, const Task *owner, u64 address, u32 value, bool others)
{
    u32 mine = (u32)owner->tid | (value & FUTEX_OWNER_DIED) | (others ? FUTEX_WAITERS : 0);
    return copy_to_guest(task, address, &mine, 4) ? 0 : -EFAULT;
}

/* Looks at the lock at `address` for `waiter`: taken for it (0), or 1 when it has to wait: the word says so then. */
static i64 try_lock(Task *task, const Task *waiter, u64 address, bool only_try)
{
    FutexKey key;
    u32 value;
    i64 result = futex_key(task, address, false, &key);
    if (result)
        return result;
    if (!copy_from_guest(task, &value, address, 4))
        return -EFAULT;
    u32 owner = value & FUTEX_TID_MASK;
    if (owner == (u32)waiter->tid)
        return -EDEADLK;
    if (!owner)
        return take_lock(task, waiter, address, value, futex_first(task->kernel, &key, FUTEX_ANY) != NULL);
    if (only_try)
        return -EAGAIN;
    if (!task_find(task->kernel, (i32)owner))
        return -ESRCH;
    value |= FUTEX_WAITERS;
    return copy_to_guest(task, address, &value, 4) ? 1 : -EFAULT;
}

i64 futex_lock_pi(Task *task, const u64 *arg, bool try, i32 clock)
{
    u64 deadline = NO_DEADLINE;
    FutexKey key;
    i64 result = futex_wait_ended(task, false);
    if (result <= 0)
        return result == SYS_RESTARTSYS ? SYS_RESTARTNOINTR : result;
    result = try ? 0 : futex_timeout(task, arg[3], true, clock, &deadline);
    result = result ? result : try_lock(task, task, arg[0], try);
    if (result != 1)
        return result;
    if (deadline <= kernel_now(task->kernel))
        return -ETIMEDOUT;
    futex_key(task, arg[0], futex_shared(arg), &key);
    task->futex = (FutexWait){.task = task, .bitset = FUTEX_ANY, .pi = true};
    futex_enqueue(task->kernel, &task->futex, &key);
    return wait_deadline(task, deadline);
}

i64 futex_hand_over(Task *task, u64 address, u32 died)
{
    FutexKey key;
    i64 result = futex_key(task, address, false, &key);
    if (result)
        return result;
    FutexWait *next = futex_first(task->kernel, &key, FUTEX_ANY);
    u32 value = died;
    if (next) {
        futex_wake(next);
        value |= (u32)next->task->tid | (futex_first(task->kernel, &key, FUTEX_ANY) ? FUTEX_WAITERS : 0);
    }
    return copy_to_guest(task, address, &value, 4) ? 0 : -EFAULT;
}

i64 futex_unlock_pi(Task *task, const u64 *arg)
{
    u32 value;
    if (!copy_from_guest(task, &value, arg[0], 4))
        return -EFAULT;
    if (arg[0] & 3)
        return -EINVAL;
    if ((value & FUTEX_TID_MASK) != (u32)task->tid)
        return -EPERM;
    return futex_hand_over(task, arg[0], 0);
}

/* ---- condition variables over such locks: waiters are moved to the lock and never all woken ----------------------- */

i64 futex_wait_requeue_pi(Task *task, const u64 *arg, i32 clock)
{
    u64 deadline;
    u32 value;
    FutexKey key, lock;
    bool requeued = task->futex.requeued;
    i64 result = futex_wait_ended(task, false);
    if (result <= 0) /* the condition has been signalled and must not be waited for again; the caller takes the lock itself */
        return result != SYS_RESTARTSYS ? result : requeued ? -EAGAIN : SYS_RESTARTNOINTR;
    result = futex_timeout(task, arg[3], true, clock, &deadline);
    if (!result && arg[0] == arg[4])
        result = -EINVAL;
    result = result ? result : futex_key(task, arg[0], futex_shared(arg), &key);
    result = result ? result : futex_key(task, arg[4], futex_shared(arg), &lock);
    if (result)
        return result;
    if (!copy_from_guest(task, &value, arg[0], 4))
        return -EFAULT;
    if (value != (u32)arg[2])
        return -EAGAIN;
    if (futex_same(&key, &lock))
        return -EINVAL;
    if (deadline <= kernel_now(task->kernel))
        return -ETIMEDOUT;
    task->futex = (FutexWait){.task = task, .bitset = FUTEX_ANY, .pi = true, .lock = arg[4]};
    futex_enqueue(task->kernel, &task->futex, &key);
    return wait_deadline(task, deadline);
}

/* One waiter gets the lock if it is free, or joins its queue. */
static i64 move_to_lock(Task *task, FutexWait *wait, u64 lock_address, const FutexKey *lock)
{
    FutexKey wanted;
    if (!wait->lock || futex_key(wait->task, wait->lock, false, &wanted) || !futex_same(&wanted, lock))
        return -EINVAL;
    i64 result = try_lock(task, wait->task, lock_address, false);
    if (result == 0) {
        futex_wake(wait);
    } else if (result == 1) {
        futex_dequeue(task->kernel, wait);
        futex_enqueue(task->kernel, wait, lock);
        wait->requeued = true;
        wait->lock = 0;
    }
    return result;
}

i64 futex_cmp_requeue_pi(Task *task, const u64 *arg)
{
    FutexKey from, lock;
    u32 value;
    i32 wakes = (i32)arg[2], moves = (i32)arg[3];
    if (wakes < 0 || moves < 0 || arg[0] == arg[4] || wakes != 1)
        return -EINVAL;
    i64 result = futex_key(task, arg[0], futex_shared(arg), &from);
    result = result ? result : futex_key(task, arg[4], futex_shared(arg), &lock);
    if (result)
        return result;
    if (futex_same(&from, &lock))
        return -EINVAL;
    if (!copy_from_guest(task, &value, arg[0], 4))
        return -EFAULT;
    if (value != (u32)arg[5])
        return -EAGAIN;
    i64 done = 0;
    FutexWait *wait;
    while (done < (i64)wakes + moves && (wait = futex_first(task->kernel, &from, FUTEX_ANY))) {
        result = move_to_lock(task, wait, arg[4], &lock);
        if (result < 0)
            return done ? done : result;
        done++;
    }
    return done;
}

/* futex(2) and robust lists. A word is known by what it lies in: the address space when private, the file (or shared
 * anonymous object) when shared, so that processes meet on it wherever each has it mapped. */
#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>

#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"
#include "kernel/time_types.h"

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
enum { FUTEX_BUCKETS = 1024, ROBUST_LIMIT = 2048 };

typedef struct FutexKey {
    const void *object;
    u64 offset;
} FutexKey;

struct Futexes {
    struct { Task *first, *last; } bucket[FUTEX_BUCKETS];
};

/* ---- queues ------------------------------------------------------------------------------------------------------ */

static bool ready(Kernel *kernel)
{
    if (!kernel->futexes)
        kernel->futexes = calloc(1, sizeof *kernel->futexes);
    return kernel->futexes != NULL;
}

/* The key of the aligned word at `address`; -EINVAL, -EFAULT. */
static i64 key_of(Task *task, u64 address, FutexKey *key)
{
    Space *space = task->process->space;
    if (address & 3)
        return -EINVAL;
    if (!guest_range_ok(address, 4))
        return -EFAULT;
    const Vma *vma = space_find(space, address);
    if (vma && (vma->flags & VMA_SHARED) && vma->file)
        *key = (FutexKey){vma->file, vma->offset + (address - vma->start)};
    else
        *key = (FutexKey){space, address};
    return 0;
}

static u32 bucket_of(const FutexKey *key)
{
    u64 hash = ((u64)key->object >> 4 ^ key->offset >> 2) * 0x9e3779b97f4a7c15ull;
    return (u32)(hash >> 54) & (FUTEX_BUCKETS - 1);
}

static void enqueue(Task *task, const FutexKey *key, u32 bitset)
{
    struct Futexes *futexes = task->kernel->futexes;
    u32 b = bucket_of(key);
    task->futex = (FutexWait){.object = key->object, .offset = key->offset, .bitset = bitset,
        .previous = futexes->bucket[b].last};
    if (futexes->bucket[b].last)
        futexes->bucket[b].last->futex.next = task;
    else
        futexes->bucket[b].first = task;
    futexes->bucket[b].last = task;
}

void futex_forget(Task *task)
{
    FutexWait *wait = &task->futex;
    if (!wait->object)
        return;
    u32 b = bucket_of(&(FutexKey){wait->object, wait->offset});
    struct Futexes *futexes = task->kernel->futexes;
    if (wait->previous)
        wait->previous->futex.next = wait->next;
    else
        futexes->bucket[b].first = wait->next;
    if (wait->next)
        wait->next->futex.previous = wait->previous;
    else
        futexes->bucket[b].last = wait->previous;
    wait->object = NULL;
    wait->next = wait->previous = NULL;
}

static Task *first_waiter(Kernel *kernel, const FutexKey *key, u32 bitset)
{
    for (Task *task = kernel->futexes->bucket[bucket_of(key)].first; task; task = task->futex.next)
        if (task->futex.object == key->object && task->futex.offset == key->offset && (task->futex.bitset & bitset))
            return task;
    return NULL;
}

static void wake(Task *task)
{
    futex_forget(task);
    task->futex.woken = true;
    wake_task(task, WOKEN_READY);
}

static u32 wake_key(Kernel *kernel, const FutexKey *key, u32 count, u32 bitset)
{
    u32 woken = 0;
    Task *task;
    while (woken < count && (task = first_waiter(kernel, key, bitset))) {
        wake(task);
        woken++;
    }
    return woken;
}

u32 futex_wake_address(Task *task, u64 address, u32 count)
{
    FutexKey key;
    if (!ready(task->kernel) || key_of(task, address, &key))
        return 0;
    return wake_key(task->kernel, &key, count, FUTEX_BITSET_MATCH_ANY);
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

/* The moment at which the call gives up: *timed false when it has no timeout. */
static i64 read_timeout(Task *task, const u64 *arg, bool absolute, i32 clock, u64 *deadline, bool *timed)
{
    u64 ns;
    *timed = arg[3] != 0;
    *deadline = NO_DEADLINE;
    if (!arg[3])
        return 0;
    i64 result = timespec_read(task, arg[3], &ns);
    if (result)
        return result;
    if (absolute)
        return clock_to_deadline(task, clock, ns, deadline);
    *deadline = call_deadline(task, ns);
    return 0;
}

/* The end of a wait, if this is a rerun: woken, timed out, interrupted. 1: neither, go and wait. */
static i64 wait_ended(Task *task, bool timed)
{
    if (task->woken == WOKEN_NOT)
        return 1;
    bool woken = task->futex.woken;
    futex_forget(task);
    task->futex.woken = false;
    if (woken)
        return 0;
    if (task->woken == WOKEN_TIMEOUT)
        return -ETIMEDOUT;
    if (task->woken == WOKEN_SIGNAL)
        return timed ? SYS_RESTART_BLOCK : SYS_RESTARTSYS;
    return 1;
}

static i64 futex_wait(Task *task, const u64 *arg, u32 bitset, bool absolute, i32 clock)
{
    u64 deadline;
    u32 value;
    bool timed;
    FutexKey key;
    if (!bitset)
        return -EINVAL;
    i64 result = wait_ended(task, arg[3] != 0);
    if (result <= 0)
        return result;
    result = read_timeout(task, arg, absolute, clock, &deadline, &timed);
    result = result ? result : key_of(task, arg[0], &key);
    if (result)
        return result;
    if (!copy_from_guest(task, &value, arg[0], 4))
        return -EFAULT;
    if (value != (u32)arg[2])
        return -EAGAIN;
    if (timed && deadline <= kernel_now(task->kernel))
        return -ETIMEDOUT;
    enqueue(task, &key, bitset);
    return wait_deadline(task, deadline);
}

/* ---- waking ------------------------------------------------------------------------------------------------------ */

static i64 futex_requeue(Task *task, const u64 *arg, bool compare)
{
    FutexKey from, to;
    i32 wakes = (i32)arg[2], moves = (i32)arg[3];
    i64 result = key_of(task, arg[0], &from);
    result = result ? result : key_of(task, arg[4], &to);
    if (wakes < 0 || moves < 0)
        return -EINVAL;
    if (result)
        return result;
    if (compare) {
        u32 value;
        if (!copy_from_guest(task, &value, arg[0], 4))
            return -EFAULT;
        if (value != (u32)arg[5])
            return -EAGAIN;
    }
    i64 done = wake_key(task->kernel, &from, (u32)wakes, FUTEX_BITSET_MATCH_ANY);
    bool same = from.object == to.object && from.offset == to.offset;
    Task *waiter;
    for (i32 i = 0; i < moves && !same && (waiter = first_waiter(task->kernel, &from, FUTEX_BITSET_MATCH_ANY)); i++) {
        u32 bitset = waiter->futex.bitset;
        futex_forget(waiter);
        enqueue(waiter, &to, bitset);
        done++;
    }
    return done;
}

/* FUTEX_WAKE_OP: an operation on the second word decides whether its waiters are woken too. */
static i64 futex_wake_op(Task *task, const u64 *arg)
{
    u32 code = (u32)arg[5], old, new;
    i32 operand = (i32)(code << 8) >> 20, compared = (i32)(code << 20) >> 20;
    FutexKey first, second;
    i64 result = key_of(task, arg[0], &first);
    result = result ? result : key_of(task, arg[4], &second);
    if (result)
        return result;
    if (code >> 28 & FUTEX_OP_OPARG_SHIFT)
        operand = (i32)(1u << (operand & 31));
    if (!copy_from_guest(task, &old, arg[4], 4))
        return -EFAULT;
    switch (code >> 28 & 7) {
    case FUTEX_OP_SET: new = (u32)operand; break;
    case FUTEX_OP_ADD: new = old + (u32)operand; break;
    case FUTEX_OP_OR: new = old | (u32)operand; break;
    case FUTEX_OP_ANDN: new = old & ~(u32)operand; break;
    case FUTEX_OP_XOR: new = old ^ (u32)operand; break;
    default: return -ENOSYS;
    }
    if (!copy_to_guest(task, arg[4], &new, 4))
        return -EFAULT;
    bool holds;
    switch (code >> 24 & 15) {
    case FUTEX_OP_CMP_EQ: holds = (i32)old == compared; break;
    case FUTEX_OP_CMP_NE: holds = (i32)old != compared; break;
    case FUTEX_OP_CMP_LT: holds = (i32)old < compared; break;
    case FUTEX_OP_CMP_LE: holds = (i32)old <= compared; break;
    case FUTEX_OP_CMP_GT: holds = (i32)old > compared; break;
    case FUTEX_OP_CMP_GE: holds = (i32)old >= compared; break;
    default: return -ENOSYS;
    }
    i64 woken = wake_key(task->kernel, &first, (u32)arg[2], FUTEX_BITSET_MATCH_ANY);
    if (holds)
        woken += wake_key(task->kernel, &second, (u32)arg[3], FUTEX_BITSET_MATCH_ANY);
    return woken;
}

/* ---- priority inheritance: ownership is handed over; priorities do not matter where turns are equal -------------- */

static i64 futex_lock_pi(Task *task, const u64 *arg, bool try, i32 clock)
{
    u64 deadline = NO_DEADLINE;
    u32 value;
    bool timed = false;
    FutexKey key;
    i64 result = wait_ended(task, false);
    if (result <= 0)
        return result == SYS_RESTARTSYS ? SYS_RESTARTNOINTR : result;
    result = try ? 0 : read_timeout(task, arg, true, clock, &deadline, &timed);
    result = result ? result : key_of(task, arg[0], &key);
    if (result)
        return result;
    if (!copy_from_guest(task, &value, arg[0], 4))
        return -EFAULT;
    u32 owner = value & FUTEX_TID_MASK;
    if (owner == (u32)task->tid)
        return -EDEADLK;
    if (!owner) {
        bool others = first_waiter(task->kernel, &key, FUTEX_BITSET_MATCH_ANY);
        u32 mine = (u32)task->tid | (value & FUTEX_OWNER_DIED) | (others ? FUTEX_WAITERS : 0);
        return copy_to_guest(task, arg[0], &mine, 4) ? 0 : -EFAULT;
    }
    if (try)
        return -EAGAIN;
    if (!task_find(task->kernel, (i32)owner))
        return -ESRCH;
    value |= FUTEX_WAITERS;
    if (!copy_to_guest(task, arg[0], &value, 4))
        return -EFAULT;
    if (timed && deadline <= kernel_now(task->kernel))
        return -ETIMEDOUT;
    enqueue(task, &key, FUTEX_BITSET_MATCH_ANY);
    return wait_deadline(task, deadline);
}

/* Hands the word to the longest waiter, or frees it. `died`: its owner has. */
static i64 pi_hand_over(Task *task, u64 address, u32 died)
{
    FutexKey key;
    i64 result = key_of(task, address, &key);
    if (result)
        return result;
    Task *next = first_waiter(task->kernel, &key, FUTEX_BITSET_MATCH_ANY);
    u32 value = died;
    if (next) {
        wake(next);
        bool more = first_waiter(task->kernel, &key, FUTEX_BITSET_MATCH_ANY);
        value |= (u32)next->tid | (more ? FUTEX_WAITERS : 0);
    }
    return copy_to_guest(task, address, &value, 4) ? 0 : -EFAULT;
}

static i64 futex_unlock_pi(Task *task, const u64 *arg)
{
    u32 value;
    if (arg[0] & 3)
        return -EINVAL;
    if (!copy_from_guest(task, &value, arg[0], 4))
        return -EFAULT;
    if ((value & FUTEX_TID_MASK) != (u32)task->tid)
        return -EPERM;
    return pi_hand_over(task, arg[0], 0);
}

/* futex(2) */
i64 sys_futex(Task *task, const u64 *arg)
{
    u32 operation = (u32)arg[1], command = operation & (u32)FUTEX_CMD_MASK;
    i32 clock = operation & FUTEX_CLOCK_REALTIME ? 0 : 1; /* CLOCK_REALTIME : CLOCK_MONOTONIC */
    FutexKey key;
    if (!ready(task->kernel))
        return -ENOMEM;
    if (!clock && command != FUTEX_WAIT_BITSET && command != FUTEX_WAIT_REQUEUE_PI && command != FUTEX_LOCK_PI2)
        return -ENOSYS;
    switch (command) {
    case FUTEX_WAIT: return futex_wait(task, arg, FUTEX_BITSET_MATCH_ANY, false, clock);
    case FUTEX_WAIT_BITSET: return futex_wait(task, arg, (u32)arg[5], true, clock);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET: {
        u32 bitset = command == FUTEX_WAKE ? FUTEX_BITSET_MATCH_ANY : (u32)arg[5];
        i64 result = bitset ? key_of(task, arg[0], &key) : -EINVAL;
        /* Linux wakes one where none was asked for. */
        u32 count = (i32)arg[2] < 1 ? 1 : (u32)arg[2];
        return result ? result : (i64)wake_key(task->kernel, &key, count, bitset);
    }
    case FUTEX_REQUEUE: return futex_requeue(task, arg, false);
    case FUTEX_CMP_REQUEUE: return futex_requeue(task, arg, true);
    case FUTEX_WAKE_OP: return futex_wake_op(task, arg);
    case FUTEX_LOCK_PI: return futex_lock_pi(task, arg, false, 0);
    case FUTEX_LOCK_PI2: return futex_lock_pi(task, arg, false, clock);
    case FUTEX_TRYLOCK_PI: return futex_lock_pi(task, arg, true, 0);
    case FUTEX_UNLOCK_PI: return futex_unlock_pi(task, arg);
    default: return -ENOSYS;
    }
}

/* ---- robust lists: get_robust_list(2), Documentation/robust-futexes ---------------------------------------------- */

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
        return pi_hand_over(task, address, FUTEX_OWNER_DIED) == 0;
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
    if (!task->robust_list || !ready(task->kernel) || !copy_from_guest(task, &head, task->robust_list, sizeof head))
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

/* futex(2): the queues, waiting, waking. Locks that know their owner are in futex_pi.c, robust lists in futex_robust.c,
 * waiting for several words in futex_waitv.c. */
#include <errno.h>
#include <linux/futex.h>

#include "base/heap.h"
#include "kernel/futex_internal.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"
#include "kernel/time_types.h"

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
enum { FUTEX_BUCKETS = 1024 };

struct Futexes {
    struct { FutexWait *first, *last; } bucket[FUTEX_BUCKETS];
};

/* ---- queues ------------------------------------------------------------------------------------------------------ */

bool futex_ready(Kernel *kernel)
{
    if (!kernel->futexes)
        kernel->futexes = heap_calloc(1, sizeof *kernel->futexes);
    return kernel->futexes != NULL;
}

i64 futex_key(Task *task, u64 address, bool shared, FutexKey *key)
{
    Space *space = task->process->space;
    if (address & 3)
        return -EINVAL;
    if (!guest_range_ok(address, 4))
        return -EFAULT;
    const Vma *vma = space_find(space, address);
    if (shared && (!vma || !(vma->flags & (VMA_READ | VMA_WRITE)) || (!vma->file && !(vma->flags & VMA_WRITE))))
        return -EFAULT; /* private memory that cannot be written will never change either */
    if (vma && (vma->flags & VMA_SHARED) && vma->file)
        *key = (FutexKey){vma->file, vma->offset + (address - vma->start)};
    else
        *key = (FutexKey){space, address};
    return 0;
}

static u32 bucket_of(const void *object, u64 offset)
{
    u64 hash = ((u64)object >> 4 ^ offset >> 2) * 0x9e3779b97f4a7c15ull;
    return (u32)(hash >> 54) & (FUTEX_BUCKETS - 1);
}

void futex_enqueue(Kernel *kernel, FutexWait *wait, const FutexKey *key)
{
    struct Futexes *futexes = kernel->futexes;
    u32 b = bucket_of(key->object, key->offset);
    wait->object = key->object;
    wait->offset = key->offset;
    wait->next = NULL;
    wait->previous = futexes->bucket[b].last;
    if (wait->previous)
        wait->previous->next = wait;
    else
        futexes->bucket[b].first = wait;
    futexes->bucket[b].last = wait;
}

void futex_dequeue(Kernel *kernel, FutexWait *wait)
{
    if (!wait->object)
        return;
    struct Futexes *futexes = kernel->futexes;
    u32 b = bucket_of(wait->object, wait->offset);
    if (wait->previous)
        wait->previous->next = wait->next;
    else
        futexes->bucket[b].first = wait->next;
    if (wait->next)
        wait->next->previous = wait->previous;
    else
        futexes->bucket[b].last = wait->previous;
    wait->object = NULL;
    wait->next = wait->previous = NULL;
}

void futex_forget(Task *task)
{
    futex_dequeue(task->kernel, &task->futex);
    for (u32 i = 0; i < task->futex_count; i++)
        futex_dequeue(task->kernel, &task->futex_vector[i]);
    task->futex_vector = NULL;
    task->futex_count = 0;
}

FutexWait *futex_first(Kernel *kernel, const FutexKey *key, u32 bitset)
{
    FutexWait *wait = kernel->futexes->bucket[bucket_of(key->object, key->offset)].first;
    while (wait && !(wait->object == key->object && wait->offset == key->offset && (wait->bitset & bitset)))
        wait = wait->next;
    return wait;
}

void futex_wake(FutexWait *wait)
{
    futex_dequeue(wait->task->kernel, wait);
    wait->woken = true;
    wake_task(wait->task, WOKEN_READY);
}

i64 futex_wake_key(Kernel *kernel, const FutexKey *key, u32 count, u32 bitset)
{
    u32 woken = 0;
    FutexWait *wait;
    while (woken < count && (wait = futex_first(kernel, key, bitset))) {
        if (wait->pi)
            return -EINVAL;
        futex_wake(wait);
        woken++;
    }
    return woken;
}

u32 futex_wake_address(Task *task, u64 address, u32 count)
{
    FutexKey key;
    if (!futex_ready(task->kernel) || futex_key(task, address, false, &key))
        return 0;
    i64 woken = futex_wake_key(task->kernel, &key, count, FUTEX_ANY);
    return woken < 0 ? 0 : (u32)woken;
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

i64 futex_timeout(Task *task, u64 address, bool absolute, i32 clock, u64 *deadline)
{
    u64 ns;
    *deadline = NO_DEADLINE;
    if (!address)
        return 0;
    i64 result = timespec_read(task, address, &ns);
    if (result)
        return result;
    if (absolute)
        return clock_to_deadline(task, clock, ns, deadline);
    *deadline = call_deadline(task, ns);
    return 0;
}

i64 futex_wait_ended(Task *task, bool timed)
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
    FutexKey key;
    if (!bitset)
        return -EINVAL;
    i64 result = futex_wait_ended(task, arg[3] != 0);
    if (result <= 0)
        return result;
    result = futex_timeout(task, arg[3], absolute, clock, &deadline);
    result = result ? result : futex_key(task, arg[0], futex_shared(arg), &key);
    if (result)
        return result;
    if (!copy_from_guest(task, &value, arg[0], 4))
        return -EFAULT;
    if (value != (u32)arg[2])
        return -EAGAIN;
    if (deadline <= kernel_now(task->kernel))
        return -ETIMEDOUT;
    task->futex = (FutexWait){.task = task, .bitset = bitset};
    futex_enqueue(task->kernel, &task->futex, &key);
    return wait_deadline(task, deadline);
}

/* ---- waking ------------------------------------------------------------------------------------------------------ */

static i64 futex_requeue(Task *task, const u64 *arg, bool compare)
{
    FutexKey from, to;
    i32 wakes = (i32)arg[2], moves = (i32)arg[3];
    i64 result = futex_key(task, arg[0], futex_shared(arg), &from);
    result = result ? result : futex_key(task, arg[4], futex_shared(arg), &to);
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
    i64 done = futex_wake_key(task->kernel, &from, (u32)wakes, FUTEX_ANY);
    FutexWait *wait;
    bool same = futex_same(&from, &to);
    for (i32 i = 0; done >= 0 && i < moves && !same && (wait = futex_first(task->kernel, &from, FUTEX_ANY)); i++) {
        if (wait->pi)
            return -EINVAL;
        futex_dequeue(task->kernel, wait);
        futex_enqueue(task->kernel, wait, &to);
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
    i64 result = futex_key(task, arg[0], futex_shared(arg), &first);
    result = result ? result : futex_key(task, arg[4], futex_shared(arg), &second);
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
    i64 woken = futex_wake_key(task->kernel, &first, (u32)arg[2], FUTEX_ANY);
    i64 others = holds && woken >= 0 ? futex_wake_key(task->kernel, &second, (u32)arg[3], FUTEX_ANY) : 0;
    return woken < 0 ? woken : others < 0 ? others : woken + others;
}

/* futex(2) */
i64 sys_futex(Task *task, const u64 *arg)
{
    u32 operation = (u32)arg[1], command = operation & (u32)FUTEX_CMD_MASK;
    i32 clock = operation & FUTEX_CLOCK_REALTIME ? 0 : 1; /* CLOCK_REALTIME : CLOCK_MONOTONIC */
    FutexKey key;
    if (!futex_ready(task->kernel))
        return -ENOMEM;
    if (!clock && command != FUTEX_WAIT_BITSET && command != FUTEX_WAIT_REQUEUE_PI && command != FUTEX_LOCK_PI2)
        return -ENOSYS;
    switch (command) {
    case FUTEX_WAIT: return futex_wait(task, arg, FUTEX_ANY, false, clock);
    case FUTEX_WAIT_BITSET: return futex_wait(task, arg, (u32)arg[5], true, clock);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET: {
        u32 bitset = command == FUTEX_WAKE ? FUTEX_ANY : (u32)arg[5];
        i64 result = bitset ? futex_key(task, arg[0], futex_shared(arg), &key) : -EINVAL;
        /* Linux wakes one where none was asked for. */
        u32 count = (i32)arg[2] < 1 ? 1 : (u32)arg[2];
        return result ? result : futex_wake_key(task->kernel, &key, count, bitset);
    }
    case FUTEX_REQUEUE: return futex_requeue(task, arg, false);
    case FUTEX_CMP_REQUEUE: return futex_requeue(task, arg, true);
    case FUTEX_WAKE_OP: return futex_wake_op(task, arg);
    case FUTEX_LOCK_PI: return futex_lock_pi(task, arg, false, 0);
    case FUTEX_LOCK_PI2: return futex_lock_pi(task, arg, false, clock);
    case FUTEX_TRYLOCK_PI: return futex_lock_pi(task, arg, true, 0);
    case FUTEX_WAIT_REQUEUE_PI: return futex_wait_requeue_pi(task, arg, clock);
    case FUTEX_CMP_REQUEUE_PI: return futex_cmp_requeue_pi(task, arg);
    case FUTEX_UNLOCK_PI: return futex_unlock_pi(task, arg);
    default: return -ENOSYS;
    }
}

/* The queues of waiting tasks, for the futex files. A word is known by what it lies in: the address space when private, the
 * file (or shared anonymous object) when shared, so that processes meet on it wherever each has it mapped. */
#ifndef EMU_KERNEL_FUTEX_INTERNAL_H
#define EMU_KERNEL_FUTEX_INTERNAL_H

#include "kernel/kernel.h"

#define FUTEX_ANY 0xffffffffu /* a bitset that matches all */

typedef struct FutexKey {
    const void *object;
    u64 offset;
} FutexKey;

/* The queues exist after this; false: no host memory. */
bool futex_ready(Kernel *kernel);
/* The key of the aligned word at `address`; -EINVAL, -EFAULT. `shared` (no FUTEX_PRIVATE_FLAG): its page must be there. */
i64 futex_key(Task *task, u64 address, bool shared, FutexKey *key);
static inline bool futex_shared(const u64 *arg) { return !(arg[1] & 128 /* FUTEX_PRIVATE_FLAG */); }
static inline bool futex_same(const FutexKey *a, const FutexKey *b) { return a->object == b->object && a->offset == b->offset; }

/* Appends; only object, offset, next and previous of `wait` change. */
void futex_enqueue(Kernel *kernel, FutexWait *wait, const FutexKey *key);
void futex_dequeue(Kernel *kernel, FutexWait *wait);
/* Who has waited longest for the word with one of these bits. */
FutexWait *futex_first(Kernel *kernel, const FutexKey *key, u32 bitset);
/* Off the queue, and on with its task. */
void futex_wake(FutexWait *wait);
/* Wakes up to `count`: how many. -EINVAL: who waits is to be handed a lock instead. */
i64 futex_wake_key(Kernel *kernel, const FutexKey *key, u32 count, u32 bitset);

/* The moment at which a call with the timeout at `address` gives up (0: never); -EFAULT, -EINVAL. */
i64 futex_timeout(Task *task, u64 address, bool absolute, i32 clock, u64 *deadline);
/* The end of a wait, if this is a rerun: woken (0), -ETIMEDOUT, interrupted. 1: neither, go and wait. */
i64 futex_wait_ended(Task *task, bool timed);

/* Locks with an owner (futex_pi.c). `arg` as futex(2)'s. */
i64 futex_lock_pi(Task *task, const u64 *arg, bool try, i32 clock);
i64 futex_unlock_pi(Task *task, const u64 *arg);
i64 futex_wait_requeue_pi(Task *task, const u64 *arg, i32 clock);
i64 futex_cmp_requeue_pi(Task *task, const u64 *arg);
/* Hands the lock at `address` to the longest waiter, or frees it; `died`: FUTEX_OWNER_DIED or 0. */
i64 futex_hand_over(Task *task, u64 address, u32 died);

#endif

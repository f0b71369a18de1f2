/* futex_waitv(2): waiting for whichever of several words is woken first. One entry per word stands in the queues; they live
 * in call.data and leave the queues together. */
#include <errno.h>
#include <linux/futex.h>

#include "base/heap.h"
#include "kernel/futex_internal.h"
#include "kernel/sched.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"

enum { WAITV_MOST = 128, WAITV_SIZE_U32 = 2, WAITV_PRIVATE = 128 };

typedef struct Waiter { /* struct futex_waitv */
    u64 value, address;
    u32 flags, reserved;
} Waiter;
_Static_assert(sizeof(Waiter) == 24, "guest layout");

/* The index of a word that was woken; -1: none. */
static i64 woken_index(const Task *task, u32 count)
{
    const FutexWait *waits = task->call.data;
    for (u32 i = 0; i < count; i++)
        if (waits[i].woken)
            return i;
    return -1;
}

/* Checks and reads one entry; its word must still have the expected value. */
static i64 prepare(Task *task, u64 address, FutexKey *key, bool look)
{
    Waiter waiter;
    u32 value;
    if (!copy_from_guest(task, &waiter, address, sizeof waiter))
        return -EFAULT;
    if (waiter.flags != WAITV_SIZE_U32 && waiter.flags != (WAITV_SIZE_U32 | WAITV_PRIVATE))
        return -EINVAL;
    if (waiter.reserved)
        return -EINVAL;
    i64 result = look ? futex_key(task, waiter.address, !(waiter.flags & WAITV_PRIVATE), key) : 0;
    if (!look || result)
        return result;
    if (!copy_from_guest(task, &value, waiter.address, 4))
        return -EFAULT;
    return value == (u32)waiter.value ? 0 : -EAGAIN;
}

static i64 enqueue_all(Task *task, u64 address, u32 count)
{
    FutexWait *waits = heap_calloc(count, sizeof *waits);
    FutexKey keys[WAITV_MOST];
    if (!waits)
        return -ENOMEM;
    task->call.data = waits;
    for (u32 i = 0; i < count; i++) {
        i64 result = prepare(task, address + i * sizeof(Waiter), &keys[i], true);
        if (result)
            return result;
    }
    for (u32 i = 0; i < count; i++) {
        waits[i] = (FutexWait){.task = task, .bitset = FUTEX_ANY};
        futex_enqueue(task->kernel, &waits[i], &keys[i]);
    }
    task->futex_vector = waits;
    task->futex_count = count;
    return 0;
}

i64 sys_futex_waitv(Task *task, const u64 *arg)
{
    u64 deadline;
    u32 count = (u32)arg[1];
    if (arg[2] || !count || count > WAITV_MOST || !arg[0])
        return -EINVAL;
    if (arg[3] && arg[4] != 0 && arg[4] != 1) /* CLOCK_REALTIME, CLOCK_MONOTONIC */
        return -EINVAL;
    if (task->woken != WOKEN_NOT) {
        i64 index = woken_index(task, count);
        if (index >= 0 || task->woken == WOKEN_TIMEOUT || task->woken == WOKEN_SIGNAL) {
            futex_forget(task);
            return index >= 0 ? index : task->woken == WOKEN_TIMEOUT ? -ETIMEDOUT : SYS_RESTARTSYS;
        }
    }
    i64 result = futex_timeout(task, arg[3], true, (i32)arg[4], &deadline);
    if (result || !futex_ready(task->kernel))
        return result ? result : -ENOMEM;
    for (u32 i = 0; i < count && !result; i++) /* all are looked at before the first word is */
        result = prepare(task, arg[0] + i * sizeof(Waiter), NULL, false);
    if (!result && task->woken == WOKEN_NOT)
        result = enqueue_all(task, arg[0], count);
    if (result)
        return result;
    if (deadline <= kernel_now(task->kernel)) {
        futex_forget(task);
        return -ETIMEDOUT;
    }
    return wait_deadline(task, deadline);
}

/* futex(2) below the C library: waits, wakes, requeueing with and without owners, several words at once, robust lists.
 * variants: gcc-O2
 * flags: -pthread */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long r = (call); printf("%s: %ld %s\n", #call, r, r < 0 ? strerror(errno) : ""); } while (0)
static uint32_t word, other, lock;
static volatile int ready;

static long futex(uint32_t *address, int op, uint32_t value, const void *timeout, uint32_t *second, uint32_t third)
{
    return syscall(SYS_futex, address, op, value, timeout, second, third);
}

static void settle(void) { usleep(30000); }

static void *waiter(void *result)
{
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    *(long *)result = futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    return NULL;
}

static void *pi_waiter(void *result)
{
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    *(long *)result = futex(&word, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, NULL, &lock, 0);
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    return NULL;
}

struct waitv { uint64_t value, address; uint32_t flags, reserved; };

static void *vector_waiter(void *result)
{
    struct waitv v[2] = {{0, (uintptr_t)&word, 2 | 128, 0}, {0, (uintptr_t)&other, 2 | 128, 0}};
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    *(long *)result = syscall(449, v, 2, 0, NULL, 0);
    return NULL;
}

static pthread_t threads[4];
static long results[4];

static void start(void *(*body)(void *), int count)
{
    ready = 0;
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, body, &results[i]);
    while (ready < count)
        usleep(1000);
    settle();
}

static void finish(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        printf("  waiter %d: %ld\n", i, results[i]);
    }
}

static void wrong(void)
{
    struct timespec t = {0, 1000000}, bad = {0, -1};
    SHOW(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT, 0, &t, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT, 0, &bad, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &t, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &t, NULL, 1));
    SHOW(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &t, NULL, 1));
    SHOW(futex((uint32_t *)((char *)&word + 1), FUTEX_WAIT, 0, NULL, NULL, 0));
    SHOW(futex((uint32_t *)((char *)&word + 1), FUTEX_WAKE, 1, NULL, NULL, 0));
    SHOW(futex((uint32_t *)8, FUTEX_WAIT, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
    SHOW(futex(&word, 99, 1, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 5));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &lock, 5));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 2, (void *)1, &lock, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &word, 0));
    SHOW(futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, &t, &word, 0));
    SHOW(futex(&word, FUTEX_WAIT_REQUEUE_PI, 1, &t, &lock, 0));
    SHOW(futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, &t, &lock, 0));
    struct waitv v[1] = {{0, (uintptr_t)&word, 2, 0}};
    SHOW(syscall(449, v, 0, 0, NULL, 0));
    SHOW(syscall(449, v, 129, 0, NULL, 0));
    SHOW(syscall(449, v, 1, 1, NULL, 0));
    SHOW(syscall(449, NULL, 1, 0, NULL, 0));
    SHOW(syscall(449, v, 1, 0, &t, 77));
    SHOW(syscall(449, v, 1, 0, &t, CLOCK_MONOTONIC));
    v[0].value = 3;
    SHOW(syscall(449, v, 1, 0, &t, CLOCK_MONOTONIC));
    v[0].flags = 1;
    SHOW(syscall(449, v, 1, 0, &t, CLOCK_MONOTONIC));
}

static void owners(void)
{
    lock = 0;
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    printf("mine: %d\n", (lock & FUTEX_TID_MASK) == (uint32_t)syscall(SYS_gettid));
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    SHOW(futex(&lock, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    lock = 999999;
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    lock = 0;
}

int main(void)
{
    wrong();
    owners();
    start(waiter, 3);
    SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)9, &other, 0));
    SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
    SHOW(futex(&other, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
    finish(3);
    start(waiter, 2);
    SHOW(futex(&other, FUTEX_WAKE_OP_PRIVATE, 1, (void *)9, &word, FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0)));
    printf("word %u\n", word);
    word = 0;
    finish(2);
    SHOW(futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    start(pi_waiter, 3);
    SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)9, &lock, 0));
    SHOW(futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    finish(3);
    start(pi_waiter, 1);
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)0, &lock, 0));
    finish(1);
    start(vector_waiter, 1);
    SHOW(futex(&other, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
    finish(1);
    return 0;
}

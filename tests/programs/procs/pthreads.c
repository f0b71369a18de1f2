/* POSIX threads: mutexes, conditions, barriers, rwlocks, keys, once, detached, cancellation, semaphores, spin locks, return values.
 * flags: -pthread */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
enum { THREADS = 8, ROUNDS = 2000 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static sem_t semaphore;
static long plain, turn, serial;
static atomic_long shared, destroyed, cleaned;
static __thread long own = 100;
static void first_time(void) { puts("once"); }
static void destroy(void *value) { atomic_fetch_add(&destroyed, (long)value); }
static void clean(void *value) { atomic_fetch_add(&cleaned, (long)value); }
static void *worker(void *argument)
{
    long id = (long)argument;
    pthread_once(&once, first_time);
    pthread_setspecific(key, (void *)(id + 1));
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        plain += i;
        pthread_mutex_unlock(&mutex);
        atomic_fetch_add(&shared, id);
        own += id;
    }
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
        serial++;
    pthread_mutex_lock(&mutex);
    while (turn != id)
        pthread_cond_wait(&condition, &mutex);
    printf("thread %ld own %ld\n", id, own);
    turn++;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
    pthread_rwlock_rdlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
    sem_post(&semaphore);
    return (void *)(id * id);
}
static void *sleeper(void *argument)
{
    pthread_cleanup_push(clean, (void *)5);
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    return NULL;
}
static void *detached(void *argument)
{
    sem_post(&semaphore);
    pthread_exit(NULL);
}
int main(void)
{
    pthread_t thread[THREADS], other;
    pthread_barrier_init(&barrier, NULL, THREADS);
    pthread_key_create(&key, destroy);
    sem_init(&semaphore, 0, 0);
    for (long i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, worker, (void *)i);
    long results = 0;
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(thread[i], &result);
        results += (long)result;
    }
    printf("%ld %ld results %ld destroyed %ld serial %ld own %ld\n", plain, shared, results, destroyed, serial, own);
    pthread_create(&other, NULL, sleeper, NULL);
    usleep(1000);
    pthread_cancel(other);
    void *result;
    pthread_join(other, &result);
    printf("cancelled %d cleaned %ld\n", result == PTHREAD_CANCELED, cleaned);
    int posts;
    sem_getvalue(&semaphore, &posts);
    printf("posts %d\n", posts);
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, 1 << 16);
    for (int i = 0; i < THREADS; i++)
        sem_wait(&semaphore);
    pthread_create(&other, &attr, detached, NULL);
    sem_wait(&semaphore);
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 2000000;
    if (soon.tv_nsec >= 1000000000)
        soon.tv_sec++, soon.tv_nsec -= 1000000000;
    pthread_mutex_lock(&mutex);
    printf("timed wait %s\n", strerror(pthread_cond_timedwait(&condition, &mutex, &soon)));
    printf("try lock %s\n", strerror(pthread_mutex_trylock(&mutex)));
    pthread_mutex_unlock(&mutex);
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_t checked;
    pthread_mutex_init(&checked, &kind);
    pthread_mutex_lock(&checked);
    printf("again %s\n", strerror(pthread_mutex_lock(&checked)));
    for (int i = 0; i < 500; i++) {
        pthread_create(&other, NULL, (void *(*)(void *))labs, (void *)(long)-i);
        pthread_join(other, &result);
        results += (long)result;
    }
    printf("%ld\n", results);
}

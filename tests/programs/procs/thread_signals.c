/* Signals and threads: pthread_kill, masks per thread, a fault in a thread, fork in a threaded program, exit of the main thread.
 * flags: -pthread */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static pthread_t target;
static atomic_int hits, wrong, ready;
static __thread sigjmp_buf back;
static void on_usr(int n)
{
    hits++;
    wrong += !pthread_equal(pthread_self(), target);
}
static void on_fault(int n) { siglongjmp(back, 1); }
static void *receiver(void *argument)
{
    ready = 1;
    while (hits < 3)
        usleep(100);
    return NULL;
}
static void *faulting(void *argument)
{
    if (sigsetjmp(back, 1))
        return (void *)1;
    *(volatile int *)(16 + (long)argument) = 1;
    return NULL;
}
static void *waiter(void *argument)
{
    sigset_t *set = argument;
    int number;
    sigwait(set, &number);
    return (void *)(long)number;
}
static void *finisher(void *argument)
{
    void *result;
    pthread_join(*(pthread_t *)argument, &result);
    printf("main ended, the process goes on: %ld\n", (long)result);
    fflush(stdout);
    _exit(21);
}
int main(void)
{
    signal(SIGUSR1, on_usr);
    signal(SIGSEGV, on_fault);
    pthread_create(&target, NULL, receiver, NULL);
    while (!ready)
        usleep(100);
    for (int i = 0; i < 3; i++) {
        int before = hits;
        pthread_kill(target, SIGUSR1);
        while (hits == before)
            usleep(100);
    }
    pthread_join(target, NULL);
    printf("hits %d wrong thread %d\n", hits, wrong);
    pthread_t t[4];
    long caught = 0;
    for (long i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, faulting, (void *)i);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(t[i], &result);
        caught += (long)result;
    }
    printf("faults caught %ld\n", caught);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&t[0], NULL, waiter, &set);
    kill(getpid(), SIGUSR2);
    void *number;
    pthread_join(t[0], &number);
    printf("sigwait %ld\n", (long)number);
    fflush(stdout);
    if (fork() == 0) {
        printf("child of a threaded program\n");
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    pthread_t self = pthread_self(), last;
    pthread_create(&last, NULL, finisher, &self);
    pthread_exit((void *)77);
}

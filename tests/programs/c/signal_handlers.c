/* Handlers, masks, pending signals, SA_RESETHAND, SA_NODEFER, ignoring, nested delivery, order of delivery. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static volatile int calls, depth, deepest;
static void simple(int number) { calls++; printf("handler %d\n", number); }
static void nested(int number)
{
    if (++depth > deepest)
        deepest = depth;
    if (calls++ < 5)
        raise(number);
    depth--;
}
static void detailed(int number, siginfo_t *info, void *context)
{
    printf("signal %d code %d value %d from us %d\n", number, info->si_code, info->si_value.sival_int, info->si_pid == getpid());
}
static void act(int number, void (*function)(int), int flags, int blocked)
{
    struct sigaction action = {.sa_handler = function, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    if (blocked)
        sigaddset(&action.sa_mask, blocked);
    if (sigaction(number, &action, NULL))
        printf("sigaction %d: %s\n", number, strerror(errno));
}
int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    act(SIGUSR1, simple, 0, 0);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    act(SIGUSR2, simple, SA_RESETHAND, 0);
    raise(SIGUSR2);
    struct sigaction now;
    sigaction(SIGUSR2, NULL, &now);
    printf("reset to default %d\n", now.sa_handler == SIG_DFL);
    calls = 0;
    act(SIGUSR1, nested, SA_NODEFER, 0);
    raise(SIGUSR1);
    printf("nested depth %d\n", deepest);
    calls = deepest = depth = 0;
    act(SIGUSR1, nested, 0, 0);
    raise(SIGUSR1);
    printf("deferred depth %d calls %d\n", deepest, calls);
    sigset_t set, old, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &old);
    struct sigaction info = {.sa_sigaction = detailed, .sa_flags = SA_SIGINFO};
    sigaction(SIGRTMIN, &info, NULL);
    sigaction(SIGTERM, &info, NULL);
    for (int i = 0; i < 3; i++)
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 100 + i});
    kill(getpid(), SIGTERM);
    kill(getpid(), SIGTERM);
    sigpending(&pending);
    printf("pending %d %d %d\n", sigismember(&pending, SIGRTMIN), sigismember(&pending, SIGTERM), sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_SETMASK, &old, NULL);
    signal(SIGINT, SIG_IGN);
    raise(SIGINT);
    puts("ignored");
    act(SIGKILL, simple, 0, 0);
    int gone = kill(999999999, 0);
    printf("kill nobody %d %s\n", gone, strerror(errno));
    siginfo_t taken;
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 7});
    int number = sigwaitinfo(&set, &taken);
    printf("sigwaitinfo %d value %d", number, taken.si_value.sival_int);
    struct timespec soon = {0, 1000000};
    number = sigtimedwait(&set, &taken, &soon);
    printf(" sigtimedwait %d %s\n", number, strerror(errno));
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    raise(SIGTERM);
}

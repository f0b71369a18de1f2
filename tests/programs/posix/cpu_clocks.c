/* Clocks of processor time, one's own and another process's: reading, sleeping on them, timers that fire on them.
 * variants: gcc-O2 musl-O2
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void busy(void)
{
    for (volatile unsigned i = 0;; i++)
        ;
}

static pid_t child_start(void)
{
    pid_t pid = fork();
    if (pid == 0)
        busy();
    return pid;
}

static void child_end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static clockid_t clock_of(pid_t pid)
{
    clockid_t clock = 0;
    printf("clock_getcpuclockid %s\n", strerror(clock_getcpuclockid(pid, &clock)));
    return clock;
}

static void wait_for(int signo)
{
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, signo);
    while (sigwaitinfo(&set, &info) < 0 && errno == EINTR)
        ;
    printf("signal %d code %d value %d\n", info.si_signo, info.si_code, info.si_value.sival_int);
}

/* A child's clock: it has used as much as was waited for. */
static void other_process(void)
{
    struct timespec t, wait = {0, 60000000};
    pid_t pid = child_start();
    clockid_t clock = clock_of(pid);
    printf("sleep %d\n", clock_nanosleep(clock, 0, &wait, NULL));
    clock_gettime(clock, &t);
    printf("slept %d\n", t.tv_sec > 0 || t.tv_nsec >= 60000000);

    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 7};
    struct itimerspec when = {{0, 20000000}, {0, 50000000}}, now;
    printf("timer_create %d\n", timer_create(clock, &event, &timer));
    printf("timer_settime %d\n", timer_settime(timer, 0, &when, NULL));
    wait_for(SIGUSR1);
    wait_for(SIGUSR1);
    timer_gettime(timer, &now);
    printf("interval %ld, running %d\n", now.it_interval.tv_nsec, now.it_value.tv_nsec > 0);
    child_end(pid);
    printf("reaped: %d", clock_gettime(clock, &t));
    printf(" %s\n", strerror(errno));
    printf("timer_create %d", timer_create(clock, &event, &timer));
    printf(" %s\n", strerror(errno));
}

/* Whoever gives up its turn early is looked at all the same. */
static void own_time(void)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
    struct itimerspec when = {{0, 0}, {0, 30000000}};
    int to[2], back[2];
    char byte = 0;
    sigset_t pending;
    pipe(to);
    pipe(back);
    pid_t pid = fork();
    if (pid == 0) {
        close(to[1]);
        while (read(to[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1)
            ;
        _exit(0);
    }
    timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer);
    timer_settime(timer, 0, &when, NULL);
    do {
        write(to[1], &byte, 1);
        read(back[0], &byte, 1);
        sigpending(&pending);
    } while (!sigismember(&pending, SIGUSR2));
    wait_for(SIGUSR2);
    close(to[1]);
    waitpid(pid, NULL, 0);
}

static void errors(void)
{
    struct timespec t = {0, 1}, bad = {0, 1000000000};
    printf("thread clock %d\n", clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &t, NULL) != 0);
    printf("bad time %s\n", strerror(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &bad, NULL)));
    printf("no process %s\n", strerror(clock_getcpuclockid(0x3ffffff, &(clockid_t){0})));
    t = (struct timespec){0, 0};
    printf("in the past %d\n", clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &t, NULL));
}

int main(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    setvbuf(stdout, NULL, _IONBF, 0);
    other_process();
    own_time();
    errors();
    return 0;
}

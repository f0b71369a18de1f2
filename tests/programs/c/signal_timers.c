/* alarm, setitimer, timer_create, pause, nanosleep interrupted, SA_RESTART on a blocked read.
 * flags: -lrt */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static volatile sig_atomic_t ticks, late;
static int pipes[2];
static void tick(int number) { ticks++; }
static void feed(int number)
{
    if (ticks++ == 1 && write(pipes[1], "data", 4) != 4)
        _exit(9);
}
static void every(long usec, int times)
{
    struct itimerval timer = {{times ? 0 : 0, times ? usec : 0}, {0, usec}};
    setitimer(ITIMER_REAL, &timer, NULL);
}
int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    struct sigaction action = {.sa_handler = tick};
    sigaction(SIGALRM, &action, NULL);
    every(2000, 1);
    while (ticks < 5)
        pause();
    every(0, 0);
    puts("five ticks");
    ticks = 0;
    every(3000, 0);
    struct timespec wait = {5, 0}, left = {0};
    int cut = nanosleep(&wait, &left);
    printf("nanosleep %d %s rest %d\n", cut, strerror(errno), left.tv_sec == 4);
    if (pipe(pipes))
        return 1;
    char buffer[8] = "";
    every(3000, 0);
    printf("read %zd", read(pipes[0], buffer, 8));
    printf(" %d\n", errno == EINTR);
    ticks = 0;
    action.sa_handler = feed;
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    every(3000, 1);
    printf("restarted read %zd %.4s\n", read(pipes[0], buffer, 8), buffer);
    every(0, 0);
    printf("alarm %u %u\n", alarm(100), alarm(0));
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    struct itimerspec when = {{0, 1000000}, {0, 1000000}};
    action.sa_handler = tick;
    sigaction(SIGALRM, &action, NULL);
    ticks = 0;
    printf("timer_create %d\n", timer_create(CLOCK_MONOTONIC, &event, &timer));
    timer_settime(timer, 0, &when, NULL);
    while (ticks < 3)
        pause();
    printf("deleted %d\n", timer_delete(timer));
    sigset_t none;
    sigemptyset(&none);
    every(2000, 0);
    cut = sigsuspend(&none);
    printf("sigsuspend %d %s\n", cut, strerror(errno));
    struct itimerval busy = {{0, 0}, {0, 3000}};
    struct sigaction profile = {.sa_handler = tick};
    sigaction(SIGVTALRM, &profile, NULL);
    ticks = 0;
    setitimer(ITIMER_VIRTUAL, &busy, NULL);
    for (volatile long i = 0; !ticks; i++)
        ;
    puts("virtual timer");
    signal(SIGALRM, SIG_DFL);
    every(1000, 0);
    for (;;)
        pause();
}

/* Queued signals: order, values, limits, sigtimedwait, signalfd, masks over fork and exec, alternate stacks, restarts.
 * variants: gcc-O2 musl-O2
 * flags: -pthread */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long r = (call); printf("%s: %ld %s\n", #call, r, r < 0 ? strerror(errno) : ""); fflush(stdout); } while (0)

static void note(int signo, siginfo_t *info, void *context)
{
    char line[100];
    int n = snprintf(line, sizeof line, "signal %d code %d value %d from me %d\n", signo, info->si_code, info->si_value.sival_int,
                     info->si_pid == getpid());
    write(1, line, n);
}

static void order(void)
{
    sigset_t all, pending;
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    sigfillset(&all);
    action.sa_mask = all;
    int signals[] = {SIGUSR1, SIGUSR2, 36, 35, SIGTERM, SIGCHLD};
    for (int i = 0; i < 6; i++)
        sigaction(signals[i], &action, NULL);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 6; k++)
            sigqueue(getpid(), signals[k], (union sigval){.sival_int = 10 * i + k});
    raise(35);
    pthread_kill(pthread_self(), SIGUSR2);
    sigpending(&pending);
    for (int s = 1; s < 65; s++)
        if (sigismember(&pending, s) == 1)
            printf("%d ", s);
    printf("pending\n");
    fflush(stdout);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
}

static void waiting(void)
{
    sigset_t set;
    siginfo_t info;
    struct timespec soon = {0, 5000000}, bad = {0, 2000000000};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, 40);
    sigprocmask(SIG_BLOCK, &set, NULL);
    SHOW(sigtimedwait(&set, &info, &soon));
    SHOW(sigtimedwait(&set, &info, &bad));
    sigqueue(getpid(), 40, (union sigval){.sival_int = 4});
    kill(getpid(), SIGUSR1);
    SHOW(sigtimedwait(&set, &info, &soon));
    printf("code %d\n", info.si_code);
    SHOW(sigwaitinfo(&set, &info));
    printf("code %d value %d\n", info.si_code, info.si_value.sival_int);
    siginfo_t fake = {.si_signo = 40, .si_code = SI_QUEUE};
    SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), 40, &fake));
    fake.si_code = SI_TKILL;
    SHOW(syscall(SYS_rt_sigqueueinfo, getppid(), 40, &fake));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), 40, &fake));
    SHOW(syscall(SYS_tgkill, getpid(), 999999, 40));
    SHOW(syscall(SYS_tgkill, -1, 1, 40));
    SHOW(syscall(SYS_tkill, 0, 40));
    SHOW(kill(getpid(), 65));
    SHOW(sigqueue(getpid(), 0, (union sigval){0}));
    SHOW(sigqueue(999999, 0, (union sigval){0}));
    int fd = signalfd(-1, &set, SFD_NONBLOCK);
    struct signalfd_siginfo read_info[4];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    SHOW(poll(&p, 1, 0));
    SHOW(read(fd, read_info, sizeof read_info) / (long)sizeof *read_info);
    SHOW(read(fd, read_info, sizeof read_info));
    SHOW(read(fd, read_info, 10));
    SHOW(signalfd(fd, &set, 0x10000));
    SHOW(signalfd(1, &set, 0));
    close(fd);
    struct rlimit limit = {5, 5}, old;
    getrlimit(RLIMIT_SIGPENDING, &old);
    setrlimit(RLIMIT_SIGPENDING, &limit);
    int queued = 0;
    while (queued < 10 && sigqueue(getpid(), 40, (union sigval){0}) == 0)
        queued++;
    printf("bounded %d\n", queued < 10);
    while (sigtimedwait(&set, &info, &(struct timespec){0, 0}) > 0)
        ;
}

static volatile int ran;
static void count(int signo) { ran++; }

static void restarts(void)
{
    int ends[2];
    char byte;
    struct itimerval soon = {{0, 40000}, {0, 20000}}, never = {{0, 0}, {0, 0}}; /* again and again: a busy machine may miss one */
    struct sigaction action = {.sa_handler = count};
    signal(SIGCHLD, SIG_DFL); /* when the child's end is told is nobody's promise */
    pipe(ends);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    SHOW(read(ends[0], &byte, 1));
    setitimer(ITIMER_REAL, &soon, NULL);
    SHOW(poll(NULL, 0, 10000));
    setitimer(ITIMER_REAL, &soon, NULL);
    struct timespec left, long_time = {100, 0};
    SHOW(nanosleep(&long_time, &left));
    printf("left %ld\n", (long)left.tv_sec);
    setitimer(ITIMER_REAL, &soon, NULL);
    SHOW(clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, &left));
    setitimer(ITIMER_REAL, &soon, NULL);
    SHOW(pause());
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    SHOW(poll(NULL, 0, 10000));
    setitimer(ITIMER_REAL, &soon, NULL);
    SHOW(select(0, NULL, NULL, NULL, &(struct timeval){5, 0}));
    pid_t pid = fork();
    if (pid == 0) {
        usleep(60000);
        write(ends[1], "x", 1);
        _exit(0);
    }
    setitimer(ITIMER_REAL, &soon, NULL);
    SHOW(read(ends[0], &byte, 1));
    int status;
    SHOW(waitpid(pid, &status, 0) == pid);
    setitimer(ITIMER_REAL, &never, NULL);
    printf("handlers ran %d\n", ran > 0);
}

static char small_stack[65536] __attribute__((aligned(16)));
static void on_stack(int signo)
{
    char here;
    stack_t now;
    sigaltstack(NULL, &now);
    printf("on the alternate stack %d flags %d\n", &here >= small_stack && &here < small_stack + sizeof small_stack, now.ss_flags);
    stack_t other = {.ss_sp = small_stack, .ss_size = sizeof small_stack};
    SHOW(sigaltstack(&other, NULL));
}

static void stacks(void)
{
    stack_t stack = {.ss_sp = small_stack, .ss_size = 100};
    SHOW(sigaltstack(&stack, NULL));
    stack.ss_size = sizeof small_stack;
    stack.ss_flags = 77;
    SHOW(sigaltstack(&stack, NULL));
    stack.ss_flags = 0;
    SHOW(sigaltstack(&stack, NULL));
    struct sigaction action = {.sa_handler = on_stack, .sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER}, old;
    sigaction(SIGUSR1, &action, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &old);
    printf("reset %d\n", old.sa_handler == SIG_DFL);
    SHOW(sigaction(SIGKILL, &action, NULL));
    SHOW(sigaction(65, &action, NULL));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4));
    SHOW(syscall(SYS_rt_sigprocmask, 77, &set, NULL, 8));
    SHOW(syscall(SYS_rt_sigprocmask, 77, NULL, &set, 8));
}

int main(void)
{
    order();
    waiting();
    restarts();
    stacks();
    return 0;
}

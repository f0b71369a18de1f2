/* Signal-driven I/O: O_ASYNC, F_SETOWN, F_SETSIG, FIOASYNC.
 * variants: gcc-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long r = (call); printf("%s: %ld %s\n", #call, r, r < 0 ? strerror(errno) : ""); fflush(stdout); } while (0)

static sigset_t set;

static void next(const char *what, int fd)
{
    siginfo_t info;
    struct timespec limit = {0, 300000000};
    int signo = sigtimedwait(&set, &info, &limit);
    printf("%s: %s", what, signo < 0 ? "nothing" : signo == SIGIO ? "SIGIO" : "queued");
    if (signo > 0)
        printf(" code %d", info.si_code);
    if (signo > 0 && signo != SIGIO)
        printf(" fd %d in %d", info.si_fd == fd, !!(info.si_band & POLLIN));
    puts("");
    fflush(stdout);
}

int main(void)
{
    int ends[2], pair[2], on = 1;
    char buffer[100];
    sigemptyset(&set);
    sigaddset(&set, SIGIO);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    pipe(ends);
    SHOW(fcntl(ends[0], F_GETOWN));
    SHOW(fcntl(ends[0], F_SETOWN, 999999));
    SHOW(fcntl(ends[0], F_SETOWN, getpid()));
    SHOW(fcntl(ends[0], F_GETOWN) == getpid());
    SHOW(fcntl(ends[0], F_GETSIG));
    SHOW(fcntl(ends[0], F_SETSIG, 65));
    SHOW(fcntl(ends[0], F_SETFL, O_ASYNC));
    SHOW(!!(fcntl(ends[0], F_GETFL) & O_ASYNC));
    next("quiet", ends[0]);
    write(ends[1], "x", 1);
    next("one byte", ends[0]);
    next("told once", ends[0]);
    read(ends[0], buffer, sizeof buffer);
    SHOW(fcntl(ends[0], F_SETSIG, SIGRTMIN));
    if (fork() == 0) {
        usleep(50000);
        write(ends[1], "y", 1);
        _exit(0);
    }
    next("from a child", ends[0]);
    wait(NULL);
    SHOW(fcntl(ends[0], F_SETFL, 0));
    read(ends[0], buffer, sizeof buffer);
    write(ends[1], "z", 1);
    next("off", ends[0]);
    struct f_owner_ex owner = {F_OWNER_TID, gettid()}, got;
    SHOW(fcntl(ends[0], F_SETOWN_EX, &owner));
    SHOW(fcntl(ends[0], F_GETOWN_EX, &got));
    printf("%d %d\n", got.type, got.pid == gettid());
    owner.type = 9;
    SHOW(fcntl(ends[0], F_SETOWN_EX, &owner));
    SHOW(fcntl(ends[0], F_SETOWN, -getpgrp()));
    SHOW(fcntl(ends[0], F_GETOWN) == -getpgrp());
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    SHOW(fcntl(pair[0], F_SETOWN, getpid()));
    SHOW(fcntl(pair[0], F_SETSIG, SIGRTMIN));
    SHOW(ioctl(pair[0], FIOASYNC, &on));
    write(pair[1], "x", 1);
    next("datagram", pair[0]);
    close(pair[0]);
    next("closed", pair[0]);
    return 0;
}

/* poll, select, epoll, eventfd, timerfd, signalfd, pipes and socket pairs inside one process.
 * variants: gcc-O2 musl-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
static void result(const char *what, long value)
{
    printf("%s: %ld%s%s\n", what, value, value < 0 ? " " : "", value < 0 ? strerror(errno) : "");
}
int main(void)
{
    int p[2], s[2];
    char buffer[70000] = {0};
    printf("pipe %d\n", pipe2(p, O_NONBLOCK | O_CLOEXEC));
    result("empty", read(p[0], buffer, 10));
    struct pollfd polls[2] = {{p[0], POLLIN}, {p[1], POLLOUT}};
    printf("poll %d", poll(polls, 2, 0));
    printf(" %x %x\n", polls[0].revents, polls[1].revents);
    result("fill", write(p[1], buffer, 70000));
    result("full", write(p[1], buffer, 1));
    int waiting = 0;
    ioctl(p[0], FIONREAD, &waiting);
    printf("waiting %d capacity %d\n", waiting, fcntl(p[1], F_GETPIPE_SZ));
    fd_set in, out;
    FD_ZERO(&in); FD_ZERO(&out);
    FD_SET(p[0], &in); FD_SET(p[1], &out);
    struct timeval soon = {0, 1000};
    printf("select %d", select(p[1] + 1, &in, &out, NULL, &soon));
    printf(" %d %d\n", FD_ISSET(p[0], &in), FD_ISSET(p[1], &out));
    while (read(p[0], buffer, sizeof buffer) > 0)
        ;
    close(p[1]);
    printf("end %zd", read(p[0], buffer, 10));
    polls[0].revents = 0;
    printf(" poll %d", poll(polls, 1, 100));
    printf(" %x\n", polls[0].revents);
    signal(SIGPIPE, SIG_IGN);
    pipe(p);
    close(p[0]);
    result("broken", write(p[1], "x", 1));
    int e = epoll_create1(0), ev = eventfd(3, EFD_NONBLOCK), t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int sig = signalfd(-1, &set, SFD_NONBLOCK);
    struct epoll_event event = {EPOLLIN, {.u32 = 1}}, got[8];
    printf("epoll %d", epoll_ctl(e, EPOLL_CTL_ADD, ev, &event));
    result(" again", epoll_ctl(e, EPOLL_CTL_ADD, ev, &event));
    event.data.u32 = 2;
    epoll_ctl(e, EPOLL_CTL_ADD, t, &event);
    event.data.u32 = 3;
    epoll_ctl(e, EPOLL_CTL_ADD, sig, &event);
    printf("ready %d", epoll_wait(e, got, 8, 0));
    printf(" tag %d\n", got[0].data.u32);
    uint64_t value = 0;
    read(ev, &value, 8);
    printf("eventfd %lu\n", value);
    result("then", read(ev, &value, 8));
    struct itimerspec when = {{0, 1000000}, {0, 1000000}};
    timerfd_settime(t, 0, &when, NULL);
    printf("timer %d", epoll_wait(e, got, 8, 1000));
    printf(" tag %d", got[0].data.u32);
    read(t, &value, 8);
    printf(" expirations %d\n", value >= 1);
    close(t);
    raise(SIGUSR1);
    printf("signal %d", epoll_wait(e, got, 8, 1000));
    struct signalfd_siginfo info;
    result(" read", read(sig, &info, sizeof info));
    printf("tag %d number %u\n", got[0].data.u32, info.ssi_signo);
    printf("nothing %d\n", epoll_wait(e, got, 8, 2));
    printf("socketpair %d\n", socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
    send(s[0], "packet one", 10, 0);
    send(s[0], "two", 3, 0);
    printf("packet %zd", recv(s[1], buffer, 100, 0));
    printf(" %zd\n", recv(s[1], buffer, 2, MSG_TRUNC));
    shutdown(s[0], SHUT_WR);
    printf("shut %zd\n", recv(s[1], buffer, 100, 0));
}

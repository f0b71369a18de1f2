/* poll, select, epoll over every kind of descriptor, with eventfd, timerfd, signalfd, inotify.
 * variants: gcc-O2 musl-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAY(x) do { errno = 0; long r_ = (x); printf("%-56s %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); } while (0)

static void on_alarm(int s) { (void)s; }

static void polls(void)
{
    int p[2], sv[2], file = open("file", O_RDWR | O_CREAT, 0600), directory = open(".", O_RDONLY), null = open("/dev/null", O_RDWR);
    pipe(p);
    socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
    struct pollfd f[] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}, {sv[0], POLLIN | POLLOUT, 0}, {file, POLLIN | POLLOUT, 0},
                         {directory, POLLIN, 0}, {null, POLLIN | POLLOUT, 0}, {-1, POLLIN, 0}, {999, POLLIN, 0}};
    SAY(poll(f, 8, 0));
    for (int i = 0; i < 8; i++)
        printf("%x ", (unsigned short)f[i].revents);
    puts("");
    SAY(poll(f, 1, 10));
    SAY(poll(NULL, 0, 5));
    close(p[1]);
    SAY(poll(f, 1, 1000));
    printf("%x\n", f[0].revents);
    write(sv[1], "x", 1);
    close(sv[1]);
    SAY(poll(f + 2, 1, 1000));
    printf("%x\n", f[2].revents);
    if (fork() == 0) {
        usleep(30000);
        kill(getppid(), SIGALRM);
        _exit(0);
    }
    struct sigaction a = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &a, NULL);
    SAY(poll(NULL, 0, 3000)); /* EINTR, whatever SA_RESTART says */
    wait(NULL);
    fd_set r, w;
    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_SET(file, &r);
    FD_SET(sv[0], &r);
    FD_SET(null, &w);
    struct timeval t = {1, 0};
    SAY(select(20, &r, &w, NULL, &t));
    printf("%d %d %d\n", FD_ISSET(file, &r), FD_ISSET(sv[0], &r), FD_ISSET(null, &w));
    FD_ZERO(&r);
    FD_SET(500, &r);
    SAY(select(501, &r, NULL, NULL, &t));
    t = (struct timeval){0, 20000};
    SAY(select(0, NULL, NULL, NULL, &t));
    printf("left %ld %ld\n", (long)t.tv_sec, (long)t.tv_usec);
    sigset_t block, none;
    sigemptyset(&none), sigemptyset(&block);
    sigaddset(&block, SIGALRM);
    sigprocmask(SIG_BLOCK, &block, NULL);
    raise(SIGALRM);
    struct timespec ts = {1, 0};
    SAY(ppoll(NULL, 0, &ts, &none));
    raise(SIGALRM);
    SAY(pselect(0, NULL, NULL, NULL, &ts, &none));
    sigset_t now;
    sigprocmask(SIG_SETMASK, &none, &now);
    printf("blocked again %d\n", sigismember(&now, SIGALRM));
}

static void show(int ep, int timeout)
{
    struct epoll_event e[8];
    int n = epoll_wait(ep, e, 8, timeout);
    printf("epoll %d:", n);
    for (int bit = 0; bit < 32; bit++)
        for (int i = 0; i < n; i++)
            if (e[i].data.u32 == (unsigned)bit)
                printf(" %d=%x", bit, e[i].events);
    puts("");
}

static void add(int ep, int fd, unsigned events, unsigned data)
{
    struct epoll_event e = {events, {.u32 = data}};
    printf("add %u: %d %s\n", data, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e), errno ? strerror(errno) : "");
    errno = 0;
}

static void epolls(void)
{
    int ep = epoll_create1(EPOLL_CLOEXEC), p[2], sv[2], file = open("file", O_RDWR);
    struct epoll_event e = {EPOLLIN, {.u32 = 9}};
    pipe(p);
    errno = 0;
    socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
    add(ep, p[0], EPOLLIN, 1);
    add(ep, p[1], EPOLLOUT | EPOLLET, 2);
    add(ep, sv[0], EPOLLIN | EPOLLOUT | EPOLLONESHOT, 3);
    add(ep, file, EPOLLIN, 4);
    add(ep, p[0], EPOLLIN, 5);
    add(ep, ep, EPOLLIN, 6);
    show(ep, 0);
    show(ep, 0);
    write(p[1], "x", 1);
    show(ep, 100);
    e.events = EPOLLIN | EPOLLOUT;
    e.data.u32 = 3;
    SAY(epoll_ctl(ep, EPOLL_CTL_MOD, sv[0], &e));
    show(ep, 0);
    SAY(epoll_ctl(ep, EPOLL_CTL_DEL, sv[0], NULL));
    SAY(epoll_ctl(ep, EPOLL_CTL_DEL, sv[0], NULL));
    SAY(epoll_ctl(ep, EPOLL_CTL_MOD, sv[0], &e));
    SAY(epoll_ctl(p[0], EPOLL_CTL_ADD, sv[0], &e));
    int twin = dup(p[0]);
    add(ep, twin, EPOLLIN, 7);
    show(ep, 0);
    int outer = epoll_create1(0);
    add(outer, ep, EPOLLIN, 8);
    show(outer, 0);
    add(ep, outer, EPOLLIN, 9);
    char c;
    read(p[0], &c, 1);
    show(outer, 0);
    close(twin);
    close(p[0]);
    show(ep, 0);
    struct pollfd f = {ep, POLLIN, 0};
    SAY(poll(&f, 1, 0));
    SAY(epoll_wait(ep, &e, 0, 0));
    SAY(epoll_wait(ep, &e, -1, 0));
    SAY(read(ep, &c, 1));
    close(ep), close(outer), close(sv[0]), close(sv[1]), close(p[1]), close(file);
}

static void events(void)
{
    int fd = eventfd(3, EFD_NONBLOCK), counter = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK), ep = epoll_create1(0);
    eventfd_t v;
    errno = 0;
    add(ep, fd, EPOLLIN | EPOLLET, 1);
    show(ep, 0);
    show(ep, 0);
    eventfd_write(fd, 4);
    show(ep, 0);
    SAY(eventfd_read(fd, &v));
    printf("%lu\n", (unsigned long)v);
    SAY(eventfd_read(fd, &v));
    SAY(eventfd_read(counter, &v));
    SAY(eventfd_read(counter, &v));
    SAY(eventfd_read(counter, &v));
    SAY(eventfd_write(fd, -1));
    SAY(eventfd_write(fd, -2));
    SAY(eventfd_write(fd, 5));
    SAY(write(fd, "abc", 3));
    int tm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec its = {{0, 10000000}, {0, 20000000}}, old;
    uint64_t ticks;
    SAY(read(tm, &ticks, 8));
    add(ep, tm, EPOLLIN, 2);
    SAY(timerfd_settime(tm, 0, &its, NULL));
    show(ep, 1000);
    usleep(35000);
    SAY(read(tm, &ticks, 8));
    printf("several %d\n", ticks >= 1 && ticks < 30);
    SAY(timerfd_gettime(tm, &old));
    printf("interval %ld.%09ld\n", (long)old.it_interval.tv_sec, old.it_interval.tv_nsec);
    its = (struct itimerspec){{0, 0}, {0, 0}};
    SAY(timerfd_settime(tm, 0, &its, &old));
    show(ep, 20);
    fcntl(tm, F_SETFL, 0);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    its.it_value = now;
    its.it_value.tv_nsec += 20000000;
    its.it_value.tv_sec += its.it_value.tv_nsec / 1000000000;
    its.it_value.tv_nsec %= 1000000000;
    SAY(timerfd_settime(tm, TFD_TIMER_ABSTIME, &its, NULL));
    SAY(read(tm, &ticks, 8));
    printf("once %lu\n", (unsigned long)ticks);
    close(tm), close(fd), close(ep);
}

static void *raiser(void *unused)
{
    usleep(20000);
    kill(getpid(), SIGUSR1);
    return unused;
}

static void signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), ep = epoll_create1(0);
    struct signalfd_siginfo info;
    errno = 0;
    SAY(read(fd, &info, sizeof info));
    SAY(read(fd, &info, 10));
    add(ep, fd, EPOLLIN, 1);
    show(ep, 0);
    union sigval value = {.sival_int = 77};
    sigqueue(getpid(), SIGUSR2, value);
    show(ep, 0);
    SAY(read(fd, &info, sizeof info));
    printf("%u %d %d %d\n", info.ssi_signo, info.ssi_code, info.ssi_int, info.ssi_pid == (unsigned)getpid());
    pthread_t t;
    pthread_create(&t, NULL, raiser, NULL);
    show(ep, 2000);
    pthread_join(t, NULL);
    fcntl(fd, F_SETFL, 0);
    SAY(read(fd, &info, sizeof info));
    pthread_create(&t, NULL, raiser, NULL);
    SAY(read(fd, &info, sizeof info)); /* waits */
    pthread_join(t, NULL);
    printf("%u\n", info.ssi_signo);
}

static void watching(void)
{
    int fd = inotify_init1(IN_NONBLOCK), ep = epoll_create1(0);
    char buffer[1024];
    errno = 0;
    mkdir("watched", 0700);
    SAY(inotify_add_watch(fd, "watched", IN_CREATE | IN_DELETE | IN_MOVED_TO));
    SAY(inotify_add_watch(fd, "none", IN_CREATE));
    add(ep, fd, EPOLLIN, 1);
    show(ep, 0);
    close(open("watched/one", O_CREAT | O_RDWR, 0600));
    rename("watched/one", "watched/two");
    unlink("watched/two");
    show(ep, 0);
    ssize_t n = read(fd, buffer, sizeof buffer);
    for (char *p = buffer; p < buffer + n;) {
        struct inotify_event *e = (void *)p;
        printf("%d %x %s\n", e->wd, e->mask, e->len ? e->name : "");
        p += sizeof *e + e->len;
    }
    SAY(inotify_rm_watch(fd, 1));
    SAY(inotify_rm_watch(fd, 1));
    rmdir("watched");
}

/* All that is ready is told at once, however much it is. */
static void many(void)
{
    enum { EACH = 150 };
    struct epoll_event events[2 * EACH + 10];
    int epoll = epoll_create1(0), pair[2], told = 0;
    for (int i = 0; i < EACH; i++) {
        struct epoll_event event = {EPOLLIN, {.u32 = (unsigned)i}};
        pipe(pair);
        write(pair[1], "", 1);
        epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event);
        event.data.u32 += EACH;
        epoll_ctl(epoll, EPOLL_CTL_ADD, eventfd(1, 0), &event);
    }
    int count = epoll_wait(epoll, events, 2 * EACH + 10, 0);
    for (int i = 0; i < count; i++)
        told += events[i].data.u32;
    printf("many: %d, sum %d; limited: %d\n", count, told, epoll_wait(epoll, events, 7, 0));
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    polls();
    epolls();
    events();
    signals();
    watching();
    many();
    return 0;
}

/* Every pointer argument of every file-side system call, given what a program may give by mistake or by malice: NULL, 1, an
 * unmapped page, a read-only page, the last bytes before a hole, addresses beyond user space; every size argument a huge or
 * negative value. Natively and under emu the answers must be the same.
 * variants: gcc-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char *page, *readonly, *straddle; /* page: writable and zeroed; straddle: three bytes, then a hole */
static int file, directory, pipes[2], pair[2], datagrams[2], event, timer, watcher, poller, readable_only, path_only;

enum Kind { N, P, S, F }; /* a number that stays, a pointer, a size, a descriptor */
struct Call {
    const char *name;
    long number;
    const char *kinds; /* one letter per argument: n p s f */
    long good[6];
};

static long bad_pointers[10];
static const char *const bad_names[] = {"null", "one", "unmapped", "readonly", "straddle", "noncanonical", "kernel", "end", "minus", "last"};
static const long bad_sizes[] = {0, 1, 3, 4096, 0x7fffffff, 0x80000000, -1, 0x7fffffffffffffff};
static const long bad_descriptors[] = {-1, 9999, -77};

static void reset(void)
{
    memset(page, 0, 4096);
    strcpy(page + 512, "name");
    memcpy(straddle, "abc", 3);
    *(struct pollfd *)(page + 256) = (struct pollfd){event, POLLIN, 0}; /* always ready: no call waits */
    FD_SET(event, (fd_set *)(page + 1024));
    eventfd_write(event, 1);
    lseek(file, 0, SEEK_SET);
    lseek(directory, 0, SEEK_SET);
    char buffer[256];
    fcntl(pipes[0], F_SETFL, O_NONBLOCK); /* FIONBIO may have changed it */
    fcntl(pipes[1], F_SETFL, O_NONBLOCK);
    while (read(pipes[0], buffer, sizeof buffer) > 0)
        ;
    while (recv(pair[0], buffer, sizeof buffer, MSG_DONTWAIT) > 0)
        ;
    while (recv(datagrams[0], buffer, sizeof buffer, MSG_DONTWAIT) > 0)
        ;
    unlink("made");
    rmdir("made");
    chdir("..");
    chdir("work");
}

static void call(const struct Call *c, int which, const char *what, long value)
{
    long a[6];
    memcpy(a, c->good, sizeof a);
    reset();
    for (int i = 0; i < 6; i++)
        if (c->kinds[i] == 'p' && a[i] == -2)
            a[i] = (long)page;
        else if (c->kinds[i] == 'p' && a[i] == -3)
            a[i] = (long)page + 512;
        else if (c->kinds[i] == 'p' && a[i] == -4)
            a[i] = (long)page + 256;
        else if (c->kinds[i] == 'p' && a[i] == -5)
            a[i] = (long)page + 1024;
    if (which >= 0)
        a[which] = value;
    errno = 0;
    long r = syscall(c->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    printf("%s %d %s: %s %s\n", c->name, which, what, r < 0 ? "-" : "ok", r < 0 ? strerrorname_np(errno) : "");
    if (r > poller && r < 1000 && strchr("odpstaei", c->name[0]))
        close((int)r);
}

static void calls(const struct Call *c)
{
    call(c, -1, "good", 0);
    for (int i = 0; c->kinds[i]; i++) {
        if (c->kinds[i] == 'p')
            for (unsigned k = 0; k < 10; k++)
                call(c, i, bad_names[k], bad_pointers[k]);
        char number[32];
        if (c->kinds[i] == 's')
            for (unsigned k = 0; k < sizeof bad_sizes / sizeof *bad_sizes; k++) {
                snprintf(number, sizeof number, "size %lx", bad_sizes[k]);
                call(c, i, number, bad_sizes[k]);
            }
        if (c->kinds[i] == 'f') {
            for (unsigned k = 0; k < 3; k++) {
                snprintf(number, sizeof number, "fd %ld", bad_descriptors[k]);
                call(c, i, number, bad_descriptors[k]);
            }
            const struct { const char *name; int fd; } others[] = {{"file", file}, {"directory", directory}, {"pipe", pipes[0]},
                {"pipe-write", pipes[1]}, {"socket", pair[0]}, {"eventfd", event}, {"timerfd", timer}, {"inotify", watcher},
                {"epoll", poller}, {"readonly", readable_only}, {"path", path_only}};
            for (unsigned k = 0; k < sizeof others / sizeof *others; k++)
                call(c, i, others[k].name, others[k].fd);
        }
    }
}

#define C(name, kinds, ...) {#name, SYS_##name, kinds, {__VA_ARGS__}}

static void prepare(void)
{
    char *p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page = p;
    readonly = p + 4096;
    munmap(p + 3 * 4096, 4096);
    straddle = p + 3 * 4096 - 3;
    memcpy(straddle, "abc", 3);
    mprotect(readonly, 4096, PROT_READ);
    char *hole = mmap(NULL, 2 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(hole, 2 * 4096);
    long bad[10] = {0, 1, (long)hole, (long)readonly, (long)straddle, (long)0x8000000000000000, (long)0xffff800000000000,
                    0x7ffffffff000 - 2, -1, 0x7fffffffe000 + 4095};
    memcpy(bad_pointers, bad, sizeof bad);
    mkdir("work", 0700);
    chdir("work");
    file = open("name", O_RDWR | O_CREAT | O_TRUNC, 0600);
    write(file, "0123456789", 10);
    directory = open(".", O_RDONLY | O_DIRECTORY);
    pipe2(pipes, O_NONBLOCK);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, datagrams);
    event = eventfd(1, EFD_NONBLOCK);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    watcher = inotify_init1(IN_NONBLOCK);
    readable_only = open("name", O_RDONLY);
    path_only = open("name", O_PATH);
    poller = epoll_create1(0);
    signal(SIGPIPE, SIG_IGN);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    prepare();
    const struct Call table[] = {
        C(read, "fps", file, -2, 8), C(write, "fps", file, -2, 8), C(pread64, "fpsn", file, -2, 8, 0), C(pwrite64, "fpsn", file, -2, 8, 0),
        C(readv, "fps", file, -2, 1), C(writev, "fps", file, -2, 1), C(preadv, "fpsn", file, -2, 1, 0), C(pwritev, "fpsn", file, -2, 1, 0),
        C(preadv2, "fpsnnn", file, -2, 1, 0, 0, 0), C(pwritev2, "fpsnnn", file, -2, 1, 0, 0, 0),
        C(open, "pnn", -3, O_RDONLY, 0), C(openat, "fpnn", directory, -3, O_RDONLY, 0), C(openat2, "fpps", directory, -3, -2, 24),
        C(creat, "pn", -3, 0600), C(stat, "pp", -3, -2), C(lstat, "pp", -3, -2), C(fstat, "fp", file, -2),
        C(newfstatat, "fppn", directory, -3, -2, 0), C(newfstatat, "fppn", file, -2, -2, AT_EMPTY_PATH),
        C(statx, "fpnnp", directory, -3, 0, 0x7ff, -2), C(statx, "fpnnp", file, -2, AT_EMPTY_PATH, 0x7ff, -2),
        C(statfs, "pp", -3, -2), C(fstatfs, "fp", file, -2), C(access, "pn", -3, 4), C(faccessat, "fpn", directory, -3, 4),
        C(faccessat2, "fpnn", directory, -3, 4, 0), C(readlink, "pps", -3, -2, 100), C(readlinkat, "fpps", directory, -3, -2, 100),
        C(getdents64, "fps", directory, -2, 1024), C(getdents, "fps", directory, -2, 1024), C(getcwd, "ps", -2, 1024),
        C(chdir, "p", -3), C(chmod, "pn", -3, 0600), C(fchmod, "fn", file, 0600), C(fchmodat, "fpn", directory, -3, 0600),
        C(chown, "pnn", -3, -1, -1), C(fchown, "fnn", file, -1, -1), C(fchownat, "fpnnn", directory, -3, -1, -1, 0),
        C(utimensat, "fppn", directory, -3, -2, 0), C(utimes, "pp", -3, -2), C(utime, "pp", -3, -2), C(futimesat, "fpp", directory, -3, -2),
        C(mkdir, "pn", -3, 0700), C(mkdirat, "fpn", directory, -3, 0700), C(rmdir, "p", -3), C(unlinkat, "fpn", directory, (long)"none", 0),
        C(rename, "pp", -3, -3), C(renameat, "fpfp", directory, -3, directory, -3), C(renameat2, "fpfpn", directory, -3, directory, -3, 1),
        C(link, "pp", -3, -3), C(linkat, "fpfpn", directory, -3, directory, -3, 0), C(symlink, "pp", -3, -3),
        C(symlinkat, "pfp", -3, directory, -3), C(mknod, "pnn", -3, 0, 0), C(truncate, "pn", -3, 10), C(ftruncate, "fs", file, 10),
        C(fallocate, "fnss", file, 0, 0, 10), C(lseek, "fsn", file, 0, 0), C(fsync, "f", file), C(fadvise64, "fssn", file, 0, 0, 0),
        C(readahead, "fss", file, 0, 10), C(dup, "f", file), C(dup3, "fnn", file, 100, 0), C(fcntl, "fnn", file, F_GETFL, 0),
        C(fcntl, "fnp", file, F_GETLK, -2), C(fcntl, "fnp", file, F_SETLK, -2), C(fcntl, "fnp", file, F_OFD_GETLK, -2), C(flock, "fn", file, 4 | 1),
        C(ioctl, "fnp", pipes[0], 0x541b, -2), C(ioctl, "fnp", file, 0x5401, -2), C(ioctl, "fnp", event, 0x5421, -2),
        C(pipe, "p", -2), C(pipe2, "pn", -2, O_CLOEXEC), C(eventfd2, "nn", 0, 0x7f), C(poll, "psn", -4, 1, 0),
        C(ppoll, "psppn", -4, 1, -2, -2, 8), C(select, "npppp", 20, -5, 0, 0, -2), C(pselect6, "nppppp", 20, -5, 0, 0, -2, 0),
        C(epoll_ctl, "fnfp", poller, EPOLL_CTL_ADD, pipes[0], -2), C(epoll_ctl, "fnfp", poller, EPOLL_CTL_MOD, pipes[0], -2),
        C(epoll_ctl, "fnfp", poller, EPOLL_CTL_DEL, pipes[0], -2), C(epoll_wait, "fpsn", poller, -2, 4, 0),
        C(epoll_pwait, "fpsnps", poller, -2, 4, 0, 0, 8), C(signalfd4, "npsn", -1, -2, 8, 0),
        C(timerfd_settime, "fnpp", timer, 0, -2, -2), C(timerfd_gettime, "fp", timer, -2),
        C(inotify_add_watch, "fpn", watcher, -3, IN_ACCESS), C(inotify_rm_watch, "fn", watcher, 99), C(memfd_create, "pn", -3, 0),
        C(sendfile, "ffps", pipes[1], file, -2, 4), C(copy_file_range, "fpfpsn", file, -2, file, 0, 0, 0),
        C(splice, "fpfpsn", file, -2, pipes[1], 0, 4, 2), C(tee, "ffsn", pipes[0], pipes[1], 4, 2), C(vmsplice, "fpsn", pipes[1], -2, 1, 2),
        C(socketpair, "nnnp", AF_UNIX, SOCK_STREAM, 0, -2), C(bind, "fps", pair[0], -2, 110), C(connect, "fps", pair[0], -2, 110),
        C(listen, "fn", pair[0], 1), C(accept, "fpp", pair[0], -2, -2), C(getsockname, "fpp", pair[0], -2, -2), C(getpeername, "fpp", pair[0], -2, -2),
        C(getsockopt, "fnnpp", pair[0], SOL_SOCKET, SO_TYPE, -2, -2), C(setsockopt, "fnnps", pair[0], SOL_SOCKET, SO_KEEPALIVE, -2, 4),
        C(sendto, "fpsnps", pair[1], -2, 8, MSG_DONTWAIT, 0, 0), C(sendto, "fpsnps", datagrams[1], -2, 8, MSG_DONTWAIT, 0, 0),
        C(recvfrom, "fpsnpp", pair[0], -2, 8, MSG_DONTWAIT, -2, -2), C(sendmsg, "fpn", pair[1], -2, MSG_DONTWAIT),
        C(recvmsg, "fpn", pair[0], -2, MSG_DONTWAIT), C(sendmmsg, "fpsn", pair[1], -2, 1, MSG_DONTWAIT),
        C(recvmmsg, "fpsnp", pair[0], -2, 1, MSG_DONTWAIT, 0), C(shutdown, "fn", pair[0], 9),
        C(setxattr, "pppsn", -3, (long)"user.x", -2, 4, 0), C(getxattr, "ppps", -3, (long)"user.none", -2, 4), C(listxattr, "pps", -3, -2, 100),
        C(fsetxattr, "fppsn", file, (long)"user.x", -2, 4, 0), C(fgetxattr, "fpps", file, (long)"user.x", -2, 4), C(removexattr, "pp", -3, (long)"user.y"),
        C(close_range, "ssn", 500, 400, 0), C(getdents64, "fps", path_only, -2, 100), C(fchdir, "f", directory),
    };
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++)
        calls(&table[i]);
    return 0;
}

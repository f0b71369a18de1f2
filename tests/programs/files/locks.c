/* flock, POSIX record locks, OFD locks between processes; deadlock; O_EXCL races; RLIMIT_FSIZE; ETXTBSY.
 * variants: gcc-O2 musl-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAY(x) do { errno = 0; long r_ = (x); printf("%-58s %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); } while (0)

static int lock(int fd, int command, int type, long start, long length)
{
    struct flock l = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return fcntl(fd, command, &l);
}

static void who(int fd, int type, long start, long length, pid_t expected)
{
    struct flock l = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    fcntl(fd, F_GETLK, &l);
    printf("conflict type %d start %ld length %ld ours %d\n", l.l_type, (long)l.l_start, (long)l.l_len, l.l_pid == expected);
}

static void in_child(void (*what)(int), int fd)
{
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        what(fd);
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void record_child(int fd)
{
    SAY(lock(fd, F_SETLK, F_WRLCK, 5, 1));
    SAY(lock(fd, F_SETLK, F_RDLCK, 5, 1));
    SAY(lock(fd, F_SETLK, F_RDLCK, 100, 10));
    SAY(lock(fd, F_SETLK, F_WRLCK, 100, 10));
    SAY(lock(fd, F_SETLK, F_WRLCK, 50, 0));
    who(fd, F_WRLCK, 0, 0, getppid());
    who(fd, F_WRLCK, 8, 1, getppid());
    who(fd, F_WRLCK, 60, 1, getppid());
}

static void ofd_child(int fd)
{
    int own = open("locked", O_RDWR);
    SAY(lock(own, F_OFD_SETLK, F_WRLCK, 0, 1));
    SAY(lock(fd, F_OFD_SETLK, F_WRLCK, 0, 1)); /* the same description */
    SAY(lock(own, F_SETLK, F_WRLCK, 0, 1));
}

static void flock_child(int fd)
{
    int own = open("locked", O_RDONLY);
    SAY(flock(own, LOCK_EX | LOCK_NB));
    SAY(flock(own, LOCK_SH | LOCK_NB));
    SAY(flock(fd, LOCK_EX | LOCK_NB));
}

static void records(void)
{
    int fd = open("locked", O_RDWR | O_CREAT, 0600), again = open("locked", O_RDONLY);
    ftruncate(fd, 200);
    SAY(lock(fd, F_SETLK, F_WRLCK, 0, 10));
    SAY(lock(fd, F_SETLK, F_RDLCK, 100, 20));
    SAY(lock(fd, F_SETLK, F_UNLCK, 3, 3)); /* splits */
    SAY(lock(fd, F_SETLK, F_WRLCK, 0, -5));
    SAY(lock(again, F_SETLK, F_WRLCK, 0, 1));
    SAY(lock(fd, F_SETLK, 9, 0, 1));
    in_child(record_child, fd);
    close(again); /* any close drops them all */
    in_child(record_child, fd);
    int p[2];
    char c;
    pipe(p);
    if (fork() == 0) {
        lock(fd, F_SETLK, F_WRLCK, 0, 0);
        write(p[1], "x", 1);
        usleep(40000);
        _exit(0);
    }
    read(p[0], &c, 1);
    SAY(lock(fd, F_SETLK, F_WRLCK, 7, 1));
    SAY(lock(fd, F_SETLKW, F_WRLCK, 7, 1)); /* waits for the end of the child */
    wait(NULL);
    lock(fd, F_SETLK, F_UNLCK, 0, 0);
    lock(fd, F_SETLK, F_WRLCK, 0, 1);
    pid_t child = fork();
    if (!child) {
        lock(fd, F_SETLK, F_WRLCK, 1, 1);
        write(p[1], "x", 1);
        int r = lock(fd, F_SETLKW, F_WRLCK, 0, 1);
        _exit(r ? errno : 0);
    }
    read(p[0], &c, 1);
    usleep(30000);
    SAY(lock(fd, F_SETLKW, F_WRLCK, 1, 1)); /* EDEADLK */
    lock(fd, F_SETLK, F_UNLCK, 0, 0);
    int status;
    waitpid(child, &status, 0);
    printf("the other got %d\n", WEXITSTATUS(status));
    SAY(lock(fd, F_OFD_SETLK, F_WRLCK, 0, 10));
    in_child(ofd_child, fd);
    SAY(lock(fd, F_OFD_SETLK, F_UNLCK, 0, 0));
    SAY(flock(fd, LOCK_SH));
    in_child(flock_child, fd);
    SAY(flock(fd, LOCK_UN));
    if (fork() == 0) {
        int own = open("locked", O_RDONLY);
        flock(own, LOCK_EX);
        write(p[1], "x", 1);
        usleep(40000);
        _exit(0);
    }
    read(p[0], &c, 1);
    SAY(flock(fd, LOCK_EX | LOCK_NB));
    SAY(flock(fd, LOCK_EX)); /* waits */
    wait(NULL);
    SAY(flock(fd, 77));
    close(fd);
}

static void on_limit(int s) { printf("signal %d\n", s == SIGXFSZ); }

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    records();
    signal(SIGXFSZ, on_limit);
    struct rlimit limit = {10, 10}, unlimited;
    getrlimit(RLIMIT_FSIZE, &unlimited);
    limit.rlim_max = unlimited.rlim_max;
    int fd = open("limited", O_RDWR | O_CREAT | O_TRUNC, 0600), p[2];
    setrlimit(RLIMIT_FSIZE, &limit);
    SAY(write(fd, "0123456", 7));
    SAY(write(fd, "789abcd", 7));
    SAY(write(fd, "x", 1));
    SAY(ftruncate(fd, 11));
    SAY(ftruncate(fd, 9));
    SAY(pwrite(fd, "x", 1, 10));
    pipe(p);
    SAY(write(p[1], "more than ten bytes", 19));
    setrlimit(RLIMIT_FSIZE, &unlimited);
    int wins = 0, status;
    for (int i = 0; i < 8; i++)
        if (fork() == 0)
            _exit(open("exclusive", O_CREAT | O_EXCL | O_WRONLY, 0600) >= 0);
    while (wait(&status) > 0)
        wins += WEXITSTATUS(status);
    printf("winners %d\n", wins);
    return 0;
}

/* Descriptor numbers: lowest free, dup in all forms, close-on-exec, limits, close_range, sharing of positions and flags.
 * variants: gcc-O2 musl-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAY(x) do { errno = 0; long r_ = (x); printf("%-44s %ld %s\n", #x, r_, r_ < 0 ? strerror(errno) : ""); } while (0)

static int base; /* the first number that was free at the start: numbers are printed relative to it */
static long rel(long fd) { return fd < 0 ? fd : fd - base; }

int main(int argc, char **argv)
{
    if (argc > 1) { /* the exec'ed half: which of the numbers survived */
        for (int i = 1; i < argc; i++)
            printf("after exec %s: %s\n", argv[i], fcntl(atoi(argv[i]), F_GETFD) < 0 ? "closed" : "open");
        return 0;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    base = dup(0);
    close(base);
    int a = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644), b = dup(a), c = dup2(a, base + 10), d = fcntl(a, F_DUPFD, base + 5);
    printf("%ld %ld %ld %ld\n", rel(a), rel(b), rel(c), rel(d));
    close(b);
    SAY(rel(open("file", O_RDONLY | O_CLOEXEC)));
    SAY(rel(fcntl(a, F_DUPFD_CLOEXEC, base + 5)));
    SAY(fcntl(base + 6, F_GETFD));
    SAY(fcntl(a, F_GETFD));
    SAY(dup2(a, a) == a);
    SAY(dup3(a, a, 0));
    SAY(dup3(a, base + 20, O_APPEND));
    SAY(dup2(999, 3));
    SAY(dup2(a, 1 << 30));
    SAY(fcntl(a, F_DUPFD, 1 << 30));
    SAY(write(a, "hello", 5));
    SAY(lseek(c, 0, SEEK_CUR)); /* one position */
    int again = open("file", O_RDONLY);
    SAY(lseek(again, 0, SEEK_CUR));
    SAY(fcntl(a, F_SETFL, O_APPEND | O_NONBLOCK));
    printf("flags %x %x\n", fcntl(a, F_GETFL), fcntl(d, F_GETFL));
    int on = 0;
    SAY(ioctl(c, FIONBIO, &on));
    printf("flags %x\n", fcntl(a, F_GETFL));
    SAY(ioctl(a, FIOCLEX));
    SAY(fcntl(a, F_GETFD));
    SAY(ioctl(a, FIONCLEX));
    printf("path only %x\n", fcntl(open("file", O_PATH | O_CLOEXEC), F_GETFL));
    int p[2];
    SAY(pipe2(p, O_NONBLOCK | O_CLOEXEC));
    printf("pipe %ld %ld %x %x\n", rel(p[0]), rel(p[1]), fcntl(p[0], F_GETFL), fcntl(p[1], F_GETFL));
    if (fork() == 0) { /* the child's table is its own, the positions are not */
        close(a);
        lseek(c, 2, SEEK_SET);
        _exit(0);
    }
    wait(NULL);
    SAY(lseek(a, 0, SEEK_CUR));
    struct rlimit limit = {base + 12, base + 12};
    SAY(setrlimit(RLIMIT_NOFILE, &limit));
    int last = -1, fd;
    while ((fd = dup(a)) >= 0)
        last = fd;
    printf("last %ld then %s\n", rel(last), strerror(errno));
    SAY(open("file", O_RDONLY));
    SAY(open("none", O_RDONLY));
    SAY(pipe(p));
    SAY(dup2(a, base + 12));
    SAY(syscall(SYS_close_range, base + 7, base + 9, 4)); /* CLOEXEC */
    SAY(syscall(SYS_close_range, base + 11, ~0u, 0));
    SAY(fcntl(base + 11, F_GETFD));
    SAY(fcntl(base + 7, F_GETFD));
    char numbers[3][12];
    snprintf(numbers[0], 12, "%d", base + 7);
    snprintf(numbers[1], 12, "%d", base + 1);
    snprintf(numbers[2], 12, "%d", base);
    execl("/proc/self/exe", "again", numbers[0], numbers[1], numbers[2], NULL);
    perror("exec");
    return 1;
}

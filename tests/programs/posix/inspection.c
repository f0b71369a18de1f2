/* What processes may learn of each other, and of descriptors: kcmp(2), pidfds waited for without blocking, seals of a memfd
 * against its mappings, execution through descriptors of what cannot be run, populating by advice, locking what comes.
 * variants: gcc-O2 musl-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW(call) \
    do { \
        errno = 0; \
        long r = (long)(call); \
        printf("%s: %s %s\n", #call, r < 0 ? "fails" : "works", r < 0 ? strerror(errno) : ""); \
    } while (0)
#define TRUTH(call) printf("%s: %d\n", #call, (call) != 0)

static long kcmp(pid_t one, pid_t other, int type, long a, long b) { return syscall(SYS_kcmp, one, other, type, a, b); }

static void comparisons(void)
{
    int pair[2], copy, again;
    pipe(pair);
    copy = dup(pair[0]);
    again = open("/dev/null", O_RDONLY);
    pid_t me = getpid(), child = fork();
    if (!child)
        pause(), _exit(0);
    TRUTH(kcmp(me, me, 0, pair[0], copy));
    TRUTH(kcmp(me, me, 0, pair[0], pair[1]));
    TRUTH(kcmp(me, child, 0, pair[0], pair[0]));
    TRUTH(kcmp(me, child, 0, pair[0], again));
    for (int type = 1; type < 5; type++) {
        TRUTH(kcmp(me, me, type, 0, 0));
        TRUTH(kcmp(me, child, type, 0, 0));
    }
    SHOW(kcmp(me, me, 0, pair[0], 1000));
    SHOW(kcmp(me, 999999, 1, 0, 0));
    SHOW(kcmp(me, me, 77, 0, 0));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void waiting(void)
{
    siginfo_t info = {0};
    int release[2];
    char byte;
    pipe(release);
    pid_t child = fork();
    if (!child) {
        close(release[1]);
        read(release[0], &byte, 1);
        _exit(3);
    }
    int fd = syscall(SYS_pidfd_open, child, O_NONBLOCK);
    SHOW(waitid(3 /* P_PIDFD */, fd, &info, WEXITED));
    SHOW(waitid(3, fd, &info, WEXITED | WNOHANG));
    char name[64], line[128];
    snprintf(name, sizeof name, "/proc/self/fdinfo/%d", fd);
    FILE *text = fopen(name, "r");
    while (fgets(line, sizeof line, text)) {
        int pid;
        if (sscanf(line, "Pid: %d", &pid) == 1)
            printf("fdinfo names the child: %d\n", pid == child);
    }
    fclose(text);
    write(release[1], "", 1);
    fcntl(fd, F_SETFL, 0);
    SHOW(waitid(3, fd, &info, WEXITED));
    printf("status %d\n", info.si_status);
}

static void seals(void)
{
    int fd = memfd_create("sealed", MFD_ALLOW_SEALING);
    ftruncate(fd, 8192);
    char *written = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    strcpy(written, "before");
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    munmap(written, 8192);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0);
    char *private = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    private[0] = 'B';
    char bytes[8] = "";
    pread(fd, bytes, 7, 0);
    printf("private %s, file %s\n", private, bytes);
    int future = memfd_create("future", MFD_ALLOW_SEALING);
    ftruncate(future, 4096);
    SHOW(fcntl(future, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
    char *shown = mmap(NULL, 4096, PROT_READ, MAP_SHARED, future, 0);
    SHOW(mprotect(shown, 4096, PROT_READ | PROT_WRITE));
}

static void not_programs(void)
{
    char *none[] = {"x", NULL};
    symlink("/nowhere", "link");
    mkfifo("fifo", 0777);
    struct sockaddr_un name = {AF_UNIX, "socket"};
    bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, sizeof name);
    for (const char **what = (const char *[]){"link", "fifo", "socket", ".", NULL}; *what; what++) {
        int fd = open(*what, O_PATH | O_NOFOLLOW);
        printf("%s ", *what);
        SHOW(syscall(SYS_execveat, fd, "", none, none, AT_EMPTY_PATH));
        SHOW(syscall(SYS_execveat, AT_FDCWD, *what, none, none, AT_SYMLINK_NOFOLLOW));
    }
    unlink("link");
    unlink("fifo");
    unlink("socket");
}

static int resident(char *page)
{
    unsigned char in = 0;
    mincore(page, 4096, &in);
    return in & 1;
}

static void advice(void)
{
    char *both = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(madvise(both, 8192, 23 /* MADV_POPULATE_WRITE */));
    SHOW(madvise(both, 8192, 22 /* MADV_POPULATE_READ */));
    mprotect(both, 8192, PROT_WRITE);
    SHOW(madvise(both, 8192, 22));
    SHOW(madvise(both, 8192, 23));
    printf("in memory: %d %d\n", resident(both), resident(both + 4096));
    munmap(both + 4096, 4096);
    SHOW(madvise(both, 8192, 23));
    if (mlockall(MCL_FUTURE))
        return;
    char *locked = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("locked and in memory: %d\n", resident(locked));
    SHOW(madvise(locked, 4096, MADV_DONTNEED));
    mlockall(MCL_FUTURE | 4 /* MCL_ONFAULT */);
    char *later = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("locked when it comes: %d\n", resident(later));
}

int main(void)
{
    comparisons();
    waiting();
    seals();
    not_programs();
    advice();
    return 0;
}

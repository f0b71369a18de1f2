/* Every pointer, and every size, of every row of kernel/syscalls.def, whatever it is for: a new row is tested because it is there.
 * The other arguments are plain (files/pointers.c and posix/pointers.c know better ones). As nobody, each in a process of its own.
 * variants: gcc-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The types of kernel/syscalls.h by what they take here. */
enum Kind { NONE, NUMBER, LENGTH, POINTER_TO, NAME, FILE_NUMBER, FOLDER, SELF, MONOTONIC };
#define NUMBERS(_) _(INT) _(UINT) _(LONG) _(HEX) _(OFFSET) _(OFFSET_HEX) _(SKIP) _(ID) _(SIGNAL) _(OPEN_FLAGS) _(FILE_FLAGS) _(MODE) _(WHENCE) \
    _(PROT) _(MMAP_FLAGS) _(SIG_HOW) _(IOCTL) _(ACCESS_MODE) _(MREMAP_FLAGS) _(MSYNC_FLAGS) _(MADVICE) _(ITIMER) _(SOCKET_FAMILY) \
    _(SOCKET_TYPE) _(MSG_FLAGS) _(CLONE_FLAGS) _(WAIT_OPTIONS) _(FCNTL) _(FLOCK) _(RESOURCE) _(PRCTL) _(ARCH_PRCTL) _(FUTEX_OP) _(FADVICE) \
    _(TIMER_FLAGS) _(EPOLL_OP) _(WAIT_ID_TYPE) _(AT_FLAGS) _(TIMERFD_FLAGS) _(SOCKET_FLAGS) _(SIGNALFD_FLAGS) _(EVENTFD_FLAGS) \
    _(EPOLL_FLAGS) _(RENAME_FLAGS) _(GETRANDOM_FLAGS) _(MEMFD_FLAGS) _(STATX_MASK)
#define POINTERS(_) _(ADDRESS) _(POINTER) _(STRING) _(STRING_OUT) _(STRINGS) _(BUFFER_IN) _(BUFFER_OUT) _(RANDOM_OUT) _(IOVEC_IN) _(IOVEC_OUT) \
    _(STAT_OUT) _(POLLFDS) _(FD_SET_IN) _(SIGACTION_IN) _(SIGACTION_OUT) _(SIGSET_IN) _(SIGSET_OUT) _(SIGINFO_IN) _(SIGINFO_OUT) \
    _(SIGSTACK_IN) _(SIGSTACK_OUT) _(FD_PAIR_OUT) _(TIMEVAL_IN) _(TIMEVAL_OUT) _(TIMESPEC_IN) _(TIMESPEC_OUT) _(ITIMERVAL_IN) \
    _(ITIMERVAL_OUT) _(ITIMERSPEC_IN) _(ITIMERSPEC_OUT) _(SOCKADDR_IN) _(SOCKADDR_OUT) _(STATUS_OUT) _(DIRENTS_OUT) _(RLIMIT_IN) \
    _(RLIMIT_OUT) _(SIGEVENT_IN) _(EPOLL_EVENT_IN) _(CLONE_ARGS) _(OPEN_HOW) _(FUTEX_WORD) _(FUTEX_TIMEOUT)
#define AS_NUMBER(type) type = NUMBER,
#define AS_POINTER(type) type = POINTER_TO,
enum { NUMBERS(AS_NUMBER) POINTERS(AS_POINTER) SIZE = LENGTH, PATH = NAME, FD = FILE_NUMBER, DIRFD = FOLDER, PID = SELF, CLOCK = MONOTONIC,
       RETURNS_ADDRESS = NONE };

struct Row {
    const char *name;
    long number;
    char kinds[7];
};
#define SYSCALL(number, name, ...) {#name, number, {__VA_ARGS__}},
#define PARTLY(number, name, lacks, ...) {#name, number, {__VA_ARGS__}},
#define REFUSED(...)
#define MISSING(...)
static const struct Row rows[] = {
#include "../../../kernel/syscalls.def"
};

/* Not with arguments like these: who comes back from them is another process, or they undo what the test stands on. */
static const char *const left_out[] = {"clone", "seccomp", "sched_setattr" /* zeroes ask for a nice value: posix/pointers.c */};

static char *page;
static int file;
static long bad_pointers[6];
static const char *const bad_names[] = {"null", "one", "unmapped", "readonly", "straddle", "noncanonical"};
static const long bad_lengths[] = {0, 1, 0x7fffffff, 0x80000000, -1, 0x7fffffffffffffff};

static long plain(char kind)
{
    switch (kind) {
    case LENGTH: return 16;
    case POINTER_TO: return (long)page;
    case NAME: return (long)page + 512;
    case FILE_NUMBER: return file;
    case FOLDER: return AT_FDCWD;
    case SELF: return getpid();
    case MONOTONIC: return CLOCK_MONOTONIC;
    default: return 0;
    }
}

static void call(const struct Row *row, int which, const char *what, long value)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        long a[6];
        alarm(2); /* some wait for ever */
        for (int i = 0; i < 6; i++)
            a[i] = plain(row->kinds[i]);
        a[which] = value;
        errno = 0;
        long r = syscall(row->number, a[0], a[1], a[2], a[3], a[4], a[5]);
        printf("%s %d %s: %s\n", row->name, which, what, r < 0 && r > -4096 ? strerrorname_np(errno) : "done");
        fflush(stdout);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        printf("%s %d %s: died of %d\n", row->name, which, what, WTERMSIG(status));
}

static void calls(const struct Row *row)
{
    char number[32];
    for (unsigned i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (!strcmp(row->name, left_out[i]))
            return;
    for (int i = 0; i < 6; i++) {
        bool pointer = row->kinds[i] == POINTER_TO || row->kinds[i] == NAME;
        for (int k = 0; pointer && k < 6; k++)
            call(row, i, bad_names[k], bad_pointers[k]);
        for (int k = 0; row->kinds[i] == LENGTH && k < 6; k++) {
            snprintf(number, sizeof number, "%lx", bad_lengths[k]);
            call(row, i, number, bad_lengths[k]);
        }
    }
}

int main(void)
{
    if (unshare(CLONE_NEWIPC)) /* number 0 is nobody's; under emu it is not anyway */
        unshare(CLONE_NEWUSER | CLONE_NEWIPC);
    sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL); /* exec leaves the flags that it found */
    char *p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page = p;
    strcpy(page + 512, "name");
    munmap(p + 3 * 4096, 4096);
    mprotect(p + 4096, 4096, PROT_READ);
    char *hole = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(hole, 4096);
    long bad[6] = {0, 1, (long)hole, (long)p + 4096, (long)p + 3 * 4096 - 3, (long)0x8000000000000000};
    memcpy(bad_pointers, bad, sizeof bad);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){65536, 65536});
    signal(SIGXFSZ, SIG_IGN);
    file = open("file", O_RDWR | O_CREAT, 0666);
    if (getuid() == 0 && (setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
        return 1;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        calls(&rows[i]);
    return 0;
}

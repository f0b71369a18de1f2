/* seccomp(2): strict mode, filters and what they may be, every action, the strictest of several, SIGSYS with its siginfo,
 * inheritance by fork and exec, threads made to follow.
 * variants: gcc-O2
 * flags: -pthread */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW(call) \
    do { errno = 0; long r = (call); printf("%s: %ld %s\n", #call, r, r < 0 ? strerror(errno) : ""); } while (0)
#define LOAD_NR BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define RET(k) BPF_STMT(BPF_RET | BPF_K, k)
#define COUNT(list) (sizeof(list) / sizeof *(list))

static long seccomp(unsigned operation, unsigned flags, void *arguments)
{
    return syscall(SYS_seccomp, operation, flags, arguments);
}

static long install(struct sock_filter *insns, int count, unsigned flags)
{
    struct sock_fprog program = {count, insns};
    return seccomp(SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* One action for one call, all others run. */
static long on_call(int number, unsigned action, unsigned flags)
{
    struct sock_filter insns[] = {LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), RET(action),
                                  RET(SECCOMP_RET_ALLOW)};
    return install(insns, COUNT(insns), flags);
}

static void in_child(const char *name, void (*body)(void))
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        body();
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    printf("%s: exited %d, status %d, signal %d\n", name, WIFEXITED(status), WIFEXITED(status) ? WEXITSTATUS(status) : 0,
           WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void strict(void)
{
    SHOW(prctl(PR_GET_SECCOMP));
    fflush(stdout);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    write(1, "strict writes\n", 14);
    syscall(SYS_exit, 5);
}

static void strict_killed(void)
{
    seccomp(SECCOMP_SET_MODE_STRICT, 0, NULL);
    syscall(SYS_getpid);
}

static void one_way(struct sock_filter insn, const char *what)
{
    struct sock_filter insns[] = {insn, RET(SECCOMP_RET_ALLOW)};
    long result = install(insns, 2, 0);
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static void what_may_be(void)
{
    struct sock_filter fine[] = {RET(SECCOMP_RET_ALLOW)}, open_end[] = {LOAD_NR};
    setgid(65534), setuid(65534);
    SHOW(install(fine, 1, 0));
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    SHOW(install(fine, 0, 0));
    SHOW(install(fine, 1, 1 << 20));
    SHOW(install((void *)8, 1, 0));
    SHOW(install(open_end, 1, 0));
    SHOW(seccomp(99, 0, NULL));
    SHOW(seccomp(SECCOMP_SET_MODE_STRICT, 1, NULL));
    one_way((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 3), "unaligned");
    one_way((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), "beyond the data");
    one_way((struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), "bytes");
    one_way((struct sock_filter)BPF_STMT(BPF_LD | BPF_MEM, 3), "unwritten memory");
    one_way((struct sock_filter)BPF_STMT(BPF_ST, 16), "no such word");
    one_way((struct sock_filter)BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), "division by zero");
    one_way((struct sock_filter)BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), "shift too far");
    one_way((struct sock_filter)BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), "modulo");
    one_way((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), "jump out");
    one_way((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0), "jump to the next");
    unsigned actions[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ERRNO, SECCOMP_RET_LOG, 0x12340000};
    for (unsigned i = 0; i < COUNT(actions); i++)
        printf("action %x: %ld\n", actions[i], seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &actions[i]));
    SHOW(prctl(PR_GET_SECCOMP));
}

static void errors(void)
{
    on_call(SYS_getpid, SECCOMP_RET_ERRNO | 13, 0);
    SHOW(syscall(SYS_getpid));
    on_call(SYS_getpid, SECCOMP_RET_ERRNO | 60000, 0);
    long result = syscall(SYS_getpid);
    printf("the newest of equal ones: %ld %d\n", result, errno);
    on_call(SYS_getpid, SECCOMP_RET_LOG, 0);
    SHOW(syscall(SYS_getpid) < 0 ? -1 : 0);
    on_call(SYS_getppid, SECCOMP_RET_ERRNO, 0);
    SHOW(syscall(SYS_getppid));
    on_call(SYS_getuid, SECCOMP_RET_TRACE, 0);
    SHOW(syscall(SYS_getuid));
    SHOW(seccomp(SECCOMP_SET_MODE_STRICT, 0, NULL));
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, "Seccomp", 7))
            fputs(line, stdout);
    fclose(file);
    if (fork() == 0) {
        SHOW(syscall(SYS_getppid));
        fflush(stdout);
        execl("/bin/busybox", "busybox", "sh", "-c", "grep Seccomp: /proc/self/status", NULL);
    }
    wait(NULL);
}

/* Arithmetic: write(2) only to descriptors whose number times 3 plus 1 is at most 4, by way of memory and X. */
static void arithmetic(void)
{
    struct sock_filter insns[] = {
        LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_dup, 1, 0), RET(SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_STMT(BPF_ST, 5), BPF_STMT(BPF_LDX | BPF_MEM, 5), BPF_STMT(BPF_LD | BPF_IMM, 3),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1), BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_IMM, 4), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_X, 0, 0, 1), RET(SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
        BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO), BPF_STMT(BPF_RET | BPF_A, 0)};
    install(insns, COUNT(insns), 0);
    for (int fd = 0; fd < 5; fd++) {
        errno = 0;
        int copy = dup(fd);
        printf("dup(%d): %s %d\n", fd, copy < 0 ? "fails" : "works", errno);
    }
}

static void trapped(int signo, siginfo_t *info, void *context)
{
    (void)context;
    struct { void *address; int call; unsigned arch; } *sys = (void *)&info->si_addr;
    char text[128];
    int length = snprintf(text, sizeof text, "signal %d code %d errno %d call %d arch %x address %d\n", signo, info->si_code,
                          info->si_errno, sys->call, sys->arch, sys->address != NULL);
    write(1, text, length);
}

static void trap_handled(void)
{
    struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO};
    sigaction(SIGSYS, &action, NULL);
    on_call(SYS_getppid, SECCOMP_RET_TRAP | 77, 0);
    printf("returned its number: %d\n", syscall(SYS_getppid) == SYS_getppid);
}

static void trap_ignored(void) { signal(SIGSYS, SIG_IGN), on_call(SYS_getppid, SECCOMP_RET_TRAP, 0), syscall(SYS_getppid); }

static void killed(void)
{
    signal(SIGSYS, (void (*)(int))trapped);
    on_call(SYS_getppid, SECCOMP_RET_KILL_PROCESS, 0);
    on_call(SYS_getppid, SECCOMP_RET_ERRNO | 1, 0);
    syscall(SYS_getppid);
}

static void *dies(void *unused) { syscall(SYS_getppid); return unused; }

static void thread_killed(void)
{
    pthread_t thread;
    on_call(SYS_getppid, SECCOMP_RET_KILL_THREAD, 0);
    pthread_create(&thread, NULL, dies, NULL);
    pthread_join(thread, NULL);
    puts("the other thread lives on");
}

static int turn[2];

static void *follower(void *own)
{
    char byte;
    if (own)
        on_call(SYS_getuid, SECCOMP_RET_ERRNO | 3, 0);
    write(turn[1], "", 1);
    read(turn[0], &byte, 1);
    long result = syscall(SYS_getppid);
    printf("follower: %d %d\n", result < 0, result < 0 ? errno : 0);
    return NULL;
}

static void together(void *own)
{
    pthread_t thread;
    char byte;
    int up[2], down[2];
    pipe(up), pipe(down);
    turn[0] = down[0], turn[1] = up[1];
    pthread_create(&thread, NULL, follower, own);
    read(up[0], &byte, 1);
    long result = on_call(SYS_getppid, SECCOMP_RET_ERRNO | 9, SECCOMP_FILTER_FLAG_TSYNC);
    printf("made to follow: %s\n", result == 0 ? "yes" : result > 0 ? "no, a thread" : strerror(errno));
    write(down[1], "", 1);
    pthread_join(thread, NULL);
}

static void together_alike(void) { together(NULL); }
static void together_apart(void) { together(""); }

int main(void)
{
    in_child("strict", strict);
    in_child("strict, killed", strict_killed);
    in_child("what may be", what_may_be);
    in_child("errors", errors);
    in_child("arithmetic", arithmetic);
    in_child("trap, handled", trap_handled);
    in_child("trap, ignored", trap_ignored);
    in_child("killed", killed);
    in_child("thread killed", thread_killed);
    in_child("together", together_alike);
    in_child("apart", together_apart);
    return 0;
}

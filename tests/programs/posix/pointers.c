/* Every pointer argument of every system call about processes, memory, signals, time and System V IPC, given NULL, 1, an unmapped
 * page, a read-only page, the last bytes before a hole and addresses beyond user space; every size and number argument wild
 * values. (files/pointers.c does the same for calls about files.)
 * variants: gcc-O2 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct Call {
    const char *name;
    long number;
    const char *kinds; /* one letter per argument: n stays, p pointer, s size, o options, i id */
    long good[6];
};
enum { PAGE = -2, TEXT = -3, SMALL = -4 }; /* places in the good page: zeroes, "name", a struct of small numbers */

static char *page, *area;
static long bad_pointers[10];
static const char *const bad_names[] = {"null", "one", "unmapped", "readonly", "straddle", "noncanonical", "kernel", "end", "minus", "last"};
static const long bad_sizes[] = {0, 1, 3, 4, 16, 4096, 0x7fffffff, 0x80000000, -1, 0x7fffffffffffffff};
static const long bad_options[] = {1, 2, 4, 0x10, 0x100, 0x8000, 0x40000000, -1};
static const long bad_ids[] = {-1, -5, 999999, 0x7fffffff};

static void reset(void)
{
    memset(page, 0, 4096);
    strcpy(page + 512, "name");
    for (int i = 0; i < 16; i++)
        ((long *)(page + 1024))[i] = 1;
    mmap(area, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigaction(SIGUSR1, &plain, NULL);
}

static void call(const struct Call *c, int which, const char *what, long value)
{
    long a[6];
    memcpy(a, c->good, sizeof a);
    reset();
    for (int i = 0; c->kinds[i]; i++)
        if (c->kinds[i] == 'p')
            a[i] = a[i] == PAGE ? (long)page : a[i] == TEXT ? (long)page + 512 : a[i] == SMALL ? (long)page + 1024 : a[i];
    if (which >= 0)
        a[which] = value;
    fflush(stdout);
    pid_t pid = fork(); /* each in a process of its own: what it changes is gone again */
    if (pid == 0) {
        alarm(3);
        errno = 0;
        long r = syscall(c->number, a[0], a[1], a[2], a[3], a[4], a[5]);
        printf("%s %d %s: %s %s\n", c->name, which, what, r < 0 ? "-" : "ok", r < 0 ? strerrorname_np(errno) : "");
        fflush(stdout);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        printf("%s %d %s: died of %d\n", c->name, which, what, WTERMSIG(status));
}

static void wild(const struct Call *c, int i, const long *values, unsigned count)
{
    char number[32];
    for (unsigned k = 0; k < count; k++) {
        snprintf(number, sizeof number, "%lx", values[k]);
        call(c, i, number, values[k]);
    }
}

static void calls(const struct Call *c)
{
    call(c, -1, "good", 0);
    for (int i = 0; c->kinds[i]; i++)
        switch (c->kinds[i]) {
        case 'p':
            for (unsigned k = 0; k < 10; k++)
                call(c, i, bad_names[k], bad_pointers[k]);
            break;
        case 's': wild(c, i, bad_sizes, sizeof bad_sizes / sizeof *bad_sizes); break;
        case 'o': wild(c, i, bad_options, sizeof bad_options / sizeof *bad_options); break;
        case 'i': wild(c, i, bad_ids, sizeof bad_ids / sizeof *bad_ids); break;
        }
}

static void prepare(void)
{
    char *p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page = p;
    munmap(p + 3 * 4096, 4096);
    mprotect(p + 4096, 4096, PROT_READ);
    char *hole = mmap(NULL, 8 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(hole, 8 * 4096);
    area = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long bad[10] = {0, 1, (long)hole, (long)p + 4096, (long)p + 3 * 4096 - 3, (long)0x8000000000000000, (long)0xffff800000000000,
                    0x7ffffffff000 - 2, -1, 0x7fffffffe000 + 4095};
    memcpy(bad_pointers, bad, sizeof bad);
}

#define C(name, kinds, ...) {#name, SYS_##name, kinds, {__VA_ARGS__}}

int main(void)
{
    prepare();
    pid_t me = getpid();
    long sem = semget(IPC_PRIVATE, 2, 0600), msg = msgget(IPC_PRIVATE, 0600), shm = shmget(IPC_PRIVATE, 4096, 0600);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    const struct Call table[] = {
        C(rt_sigaction, "npps", SIGUSR1, PAGE, PAGE, 8), C(rt_sigprocmask, "opps", SIG_BLOCK, PAGE, PAGE, 8), C(rt_sigpending, "ps", PAGE, 8),
        C(rt_sigtimedwait, "ppps", PAGE, PAGE, PAGE, 8), C(rt_sigqueueinfo, "inp", me, 0, PAGE), C(rt_tgsigqueueinfo, "iinp", me, me, 0, PAGE),
        C(sigaltstack, "np", 0, PAGE), C(tkill, "in", me, 0), C(tgkill, "iin", me, me, 0),
        C(nanosleep, "pp", PAGE, PAGE), C(clock_nanosleep, "sopp", CLOCK_MONOTONIC, 0, PAGE, PAGE), C(clock_gettime, "sp", CLOCK_REALTIME, PAGE),
        C(clock_getres, "sp", CLOCK_REALTIME, PAGE), C(clock_settime, "np", CLOCK_MONOTONIC, PAGE), C(gettimeofday, "pp", PAGE, PAGE), C(time, "p", PAGE),
        C(getitimer, "sp", 0, PAGE), C(setitimer, "spp", 0, PAGE, PAGE), C(setitimer, "spp", 0, SMALL, 0), C(timer_create, "spp", CLOCK_MONOTONIC, 0, PAGE), C(timer_create, "spp", CLOCK_MONOTONIC, PAGE, PAGE),
        C(timer_settime, "sopp", 0, 0, PAGE, PAGE), C(timer_gettime, "sp", 0, PAGE), C(timer_getoverrun, "s", 0), C(timer_delete, "s", 0),
        C(times, "p", PAGE), C(getrusage, "ip", 0, PAGE), C(wait4, "iopp", -1, 0, 0, PAGE), C(wait4, "ipop", me, PAGE, WNOHANG, PAGE),
        C(waitid, "sipop", P_ALL, 0, PAGE, WEXITED | WNOHANG, PAGE), C(getrlimit, "sp", RLIMIT_CORE, PAGE), C(setrlimit, "sp", RLIMIT_CORE, PAGE),
        C(prlimit64, "ispp", 0, RLIMIT_CORE, PAGE, PAGE), C(getpriority, "si", 0, 0), C(setpriority, "sin", 9, 0, 5),
        C(uname, "p", PAGE), C(sysinfo, "p", PAGE), C(getgroups, "sp", 0, PAGE), C(getresuid, "ppp", PAGE, PAGE, PAGE), C(getresgid, "ppp", PAGE, PAGE, PAGE),
        C(getcpu, "ppp", PAGE, PAGE, PAGE), C(getrandom, "pso", PAGE, 16, 0), C(prctl, "sppnn", PR_GET_NAME, PAGE, 0, 0, 0), C(prctl, "sppnn", PR_SET_NAME, TEXT, 0, 0, 0),
        C(prctl, "np", PR_GET_PDEATHSIG, PAGE), C(prctl, "np", PR_GET_CHILD_SUBREAPER, PAGE), C(arch_prctl, "np", 0x1003, PAGE), C(arch_prctl, "np", 0x1004, PAGE),
        C(set_robust_list, "ps", PAGE, 24), C(get_robust_list, "ipp", 0, PAGE, PAGE), C(futex, "pnnppn", PAGE, FUTEX_WAIT, 0, SMALL, PAGE, 0),
        C(futex, "pnnppn", PAGE, FUTEX_WAKE, 1, 0, 0, 0), C(futex, "pnnnpn", PAGE, FUTEX_REQUEUE, 1, 1, SMALL, 0), C(futex, "pnnnpn", PAGE, FUTEX_WAKE_OP, 1, 1, SMALL, 0),
        C(futex, "pnnppn", PAGE, FUTEX_LOCK_PI, 0, SMALL, 0, 0), C(futex, "pnnppn", PAGE, FUTEX_UNLOCK_PI, 0, 0, 0, 0), C(rseq, "psos", PAGE, 32, 0, 1),
        C(sched_setaffinity, "isp", 0, 8, SMALL), C(sched_getparam, "ip", 0, PAGE), C(sched_setparam, "ip", 0, PAGE), C(sched_getscheduler, "i", 0),
        C(sched_setscheduler, "isp", 0, SCHED_OTHER, PAGE), C(sched_get_priority_max, "s", SCHED_OTHER), C(sched_get_priority_min, "s", SCHED_FIFO),
        C(sched_setattr, "ipo", 0, PAGE, 0), C(sched_getattr, "ipso", 0, PAGE, 48, 0),
        C(mmap, "psoon", 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1), C(munmap, "ps", (long)area, 4096), C(mprotect, "pso", (long)area, 4096, PROT_READ),
        C(mremap, "pssop", (long)area, 4096, 4096, 1, 0), C(msync, "pso", (long)area, 4096, MS_SYNC), C(mincore, "psp", (long)area, 4096, PAGE),
        C(madvise, "pns", (long)area, 4096, 4), C(mlock, "ps", (long)area, 4096), C(munlock, "ps", (long)area, 4096), C(mlock2, "pso", (long)area, 4096, 0),
        C(mlockall, "o", 0), C(personality, "n", -1), C(membarrier, "son", 0, 0, 0), C(get_mempolicy, "ppspo", PAGE, 0, 0, 0, 0), C(pkey_mprotect, "psoi", (long)area, 4096, 1, -1),
        C(process_vm_readv, "ipspso", me, PAGE, 1, PAGE, 1, 0), C(process_vm_writev, "ipspso", me, PAGE, 1, PAGE, 1, 0),
        C(execve, "ppp", TEXT, PAGE, PAGE), C(execveat, "npppo", -100, TEXT, PAGE, PAGE, 0), C(clone3, "ps", SMALL, 40), C(unshare, "n", 0), C(capget, "pp", PAGE, PAGE), C(capset, "pp", PAGE, PAGE),
        C(pidfd_open, "io", me, 0), C(pidfd_send_signal, "snpo", 99, 0, 0, 0), C(pidfd_getfd, "sso", 99, 0, 0), C(setpgid, "ii", 0, 0), C(getpgid, "i", 0), C(getsid, "i", 0),
        C(semop, "ips", sem, PAGE, 1), C(semtimedop, "ipsp", sem, PAGE, 1, PAGE), C(semctl, "innp", sem, 0, IPC_STAT, PAGE), C(semctl, "innp", sem, 0, IPC_SET, PAGE), C(semctl, "innp", sem, 0, GETALL, PAGE),
        C(semctl, "innp", sem, 0, SETALL, PAGE), C(semctl, "isnp", sem, 0, GETVAL, PAGE), C(semget, "nsn", 0x7a7a7a7a, 1, 0), C(shmget, "nsn", 0x7a7a7a7a, 4096, 0), C(shmat, "ipo", shm, 0, 0), C(shmdt, "p", (long)area),
        C(shmctl, "inp", shm, IPC_STAT, PAGE), C(shmctl, "inp", shm, IPC_SET, PAGE), C(msgsnd, "ipso", msg, SMALL, 8, IPC_NOWAIT), C(msgrcv, "ipsno", msg, PAGE, 8, 0, IPC_NOWAIT),
        C(msgctl, "inp", msg, IPC_STAT, PAGE), C(mq_open, "popp", TEXT, 0, 0, 0), C(mq_unlink, "p", TEXT), C(mq_timedsend, "spssp", 99, PAGE, 1, 0, PAGE), C(mq_notify, "sp", 99, PAGE), C(mq_getsetattr, "spp", 99, PAGE, PAGE),
        C(adjtimex, "p", PAGE), C(clock_adjtime, "sp", CLOCK_REALTIME, PAGE), C(ioprio_get, "si", 1, 0),
    };
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++)
        calls(&table[i]);
    semctl(sem, 0, IPC_RMID);
    msgctl(msg, IPC_RMID, NULL);
    shmctl(shm, IPC_RMID, NULL);
    return 0;
}

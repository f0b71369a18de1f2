/* The names of flags and constants, as strace(1) spells them. */
#include "kernel/strace_names.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define N(name) {(u64)(u32)(name), #name}
#define END {0, NULL}

const Name strace_sa_flags[] = {{0x04000000, "SA_RESTORER"}, N(SA_ONSTACK), N(SA_RESTART), N(SA_NODEFER),
    N(SA_RESETHAND), N(SA_SIGINFO), N(SA_NOCLDSTOP), N(SA_NOCLDWAIT), END};
const Name strace_poll_events[] = {N(POLLIN), N(POLLPRI), N(POLLOUT), N(POLLERR), N(POLLHUP), N(POLLNVAL),
    N(POLLRDNORM), N(POLLRDBAND), N(POLLWRNORM), N(POLLWRBAND), {0x2000, "POLLRDHUP"}, END};
const Name strace_clone_flags[] = {N(CLONE_VM), N(CLONE_FS), N(CLONE_FILES), N(CLONE_SIGHAND), N(CLONE_PIDFD),
    N(CLONE_PTRACE), N(CLONE_VFORK), N(CLONE_PARENT), N(CLONE_THREAD), N(CLONE_NEWNS), N(CLONE_SYSVSEM),
    N(CLONE_SETTLS), N(CLONE_PARENT_SETTID), N(CLONE_CHILD_CLEARTID), N(CLONE_DETACHED), N(CLONE_UNTRACED),
    N(CLONE_CHILD_SETTID), N(CLONE_NEWCGROUP), N(CLONE_NEWUTS), N(CLONE_NEWIPC), N(CLONE_NEWUSER), N(CLONE_NEWPID),
    N(CLONE_NEWNET), N(CLONE_IO), END};
const Name strace_epoll_events[] = {N(EPOLLIN), N(EPOLLPRI), N(EPOLLOUT), N(EPOLLRDNORM), N(EPOLLRDBAND),
    N(EPOLLWRNORM), N(EPOLLWRBAND), N(EPOLLMSG), N(EPOLLERR), N(EPOLLHUP), N(EPOLLRDHUP), N(EPOLLEXCLUSIVE),
    N(EPOLLWAKEUP), N(EPOLLONESHOT), N(EPOLLET), END};

static const Name open_flags[] = {N(O_CREAT), N(O_EXCL), N(O_NOCTTY), N(O_TRUNC), N(O_APPEND), N(O_NONBLOCK),
    {04010000, "O_SYNC"}, N(O_DSYNC), N(O_DIRECT), {0100000, "O_LARGEFILE"}, N(O_NOFOLLOW), N(O_NOATIME), N(O_CLOEXEC), N(O_PATH),
    {020200000, "O_TMPFILE"}, N(O_DIRECTORY), {O_ASYNC, "FASYNC"}, END};
static const Name prot[] = {N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC), N(PROT_GROWSDOWN), N(PROT_GROWSUP), END};
static const Name map_flags[] = {N(MAP_FIXED), N(MAP_ANONYMOUS), N(MAP_32BIT), N(MAP_GROWSDOWN), N(MAP_DENYWRITE),
    N(MAP_EXECUTABLE), N(MAP_LOCKED), N(MAP_NORESERVE), N(MAP_POPULATE), N(MAP_NONBLOCK), N(MAP_STACK), N(MAP_HUGETLB),
    {0x80000, "MAP_SYNC"}, {0x100000, "MAP_FIXED_NOREPLACE"}, END};
static const Name access_mode[] = {N(R_OK), N(W_OK), N(X_OK), END};
static const Name mremap_flags[] = {N(MREMAP_MAYMOVE), N(MREMAP_FIXED), {4, "MREMAP_DONTUNMAP"}, END};
static const Name msync_flags[] = {N(MS_ASYNC), N(MS_INVALIDATE), N(MS_SYNC), END};
static const Name msg_flags[] = {N(MSG_OOB), N(MSG_PEEK), N(MSG_DONTROUTE), N(MSG_CTRUNC), N(MSG_TRUNC),
    N(MSG_DONTWAIT), N(MSG_EOR), N(MSG_WAITALL), N(MSG_NOSIGNAL), N(MSG_MORE), N(MSG_CMSG_CLOEXEC), N(MSG_WAITFORONE),
    END};
static const Name wait_options[] = {N(WNOHANG), N(WSTOPPED), N(WEXITED), N(WCONTINUED), N(WNOWAIT),
    {0x20000000, "__WNOTHREAD"}, {0x40000000, "__WALL"}, {0x80000000, "__WCLONE"}, END};
static const Name at_flags[] = {N(AT_SYMLINK_NOFOLLOW), N(AT_REMOVEDIR), N(AT_SYMLINK_FOLLOW), N(AT_NO_AUTOMOUNT),
    N(AT_EMPTY_PATH), END};
static const Name timer_flags[] = {N(TIMER_ABSTIME), END};
static const Name timerfd_flags[] = {N(TFD_NONBLOCK), N(TFD_CLOEXEC), END};
static const Name socket_flags[] = {N(SOCK_CLOEXEC), N(SOCK_NONBLOCK), END};
static const Name signalfd_flags[] = {N(SFD_CLOEXEC), N(SFD_NONBLOCK), END};
static const Name eventfd_flags[] = {N(EFD_CLOEXEC), N(EFD_NONBLOCK), N(EFD_SEMAPHORE), END};
static const Name epoll_flags[] = {N(EPOLL_CLOEXEC), END};
static const Name rename_flags[] = {{1, "RENAME_NOREPLACE"}, {2, "RENAME_EXCHANGE"}, {4, "RENAME_WHITEOUT"}, END};
static const Name random_flags[] = {N(GRND_NONBLOCK), N(GRND_RANDOM), {4, "GRND_INSECURE"}, END};
static const Name memfd_flags[] = {N(MFD_CLOEXEC), N(MFD_ALLOW_SEALING), N(MFD_HUGETLB), END};
static const Name statx_mask[] = {{0xfff, "STATX_ALL"}, {0x7ff, "STATX_BASIC_STATS"}, N(STATX_TYPE), N(STATX_MODE),
    N(STATX_NLINK), N(STATX_UID), N(STATX_GID), N(STATX_ATIME), N(STATX_MTIME), N(STATX_CTIME), N(STATX_INO),
    N(STATX_SIZE), N(STATX_BLOCKS), N(STATX_BTIME), END};
static const Name flock_ops[] = {N(LOCK_SH), N(LOCK_EX), N(LOCK_UN), N(LOCK_NB), END};

static const Name clocks[] = {N(CLOCK_REALTIME), N(CLOCK_MONOTONIC), N(CLOCK_PROCESS_CPUTIME_ID),
    N(CLOCK_THREAD_CPUTIME_ID), N(CLOCK_MONOTONIC_RAW), N(CLOCK_REALTIME_COARSE), N(CLOCK_MONOTONIC_COARSE),
    N(CLOCK_BOOTTIME), N(CLOCK_REALTIME_ALARM), N(CLOCK_BOOTTIME_ALARM), N(CLOCK_TAI), END};
static const Name whence[] = {N(SEEK_SET), N(SEEK_CUR), N(SEEK_END), {3, "SEEK_DATA"}, {4, "SEEK_HOLE"}, END};
static const Name sig_how[] = {N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK), END};
static const Name ioctls[] = {N(TCGETS), N(TCSETS), N(TCSETSW), N(TCSETSF), N(TIOCGWINSZ), N(TIOCSWINSZ), N(TIOCGPGRP),
    N(TIOCSPGRP), N(FIONREAD), N(FIONBIO), N(FIOASYNC), N(FIOCLEX), N(FIONCLEX), N(TIOCGPTN), N(TIOCSPTLCK),
    N(TIOCSCTTY), N(TIOCNOTTY), N(TIOCGSID), N(TCSBRK), N(TCXONC), N(TCFLSH), END};
static const Name madvice[] = {N(MADV_NORMAL), N(MADV_RANDOM), N(MADV_SEQUENTIAL), N(MADV_WILLNEED), N(MADV_DONTNEED),
    N(MADV_FREE), N(MADV_REMOVE), N(MADV_DONTFORK), N(MADV_DOFORK), N(MADV_MERGEABLE), N(MADV_UNMERGEABLE),
    N(MADV_HUGEPAGE), N(MADV_NOHUGEPAGE), N(MADV_DONTDUMP), N(MADV_DODUMP), N(MADV_WIPEONFORK), N(MADV_KEEPONFORK),
    N(MADV_COLD), N(MADV_PAGEOUT), {22, "MADV_POPULATE_READ"}, {23, "MADV_POPULATE_WRITE"}, END};
static const Name itimers[] = {N(ITIMER_REAL), N(ITIMER_VIRTUAL), N(ITIMER_PROF), END};
static const Name families[] = {N(AF_UNSPEC), N(AF_UNIX), N(AF_INET), N(AF_INET6), N(AF_NETLINK), N(AF_PACKET), END};
static const Name socket_types[] = {N(SOCK_STREAM), N(SOCK_DGRAM), N(SOCK_RAW), N(SOCK_RDM), N(SOCK_SEQPACKET), END};
static const Name fcntls[] = {N(F_DUPFD), N(F_GETFD), N(F_SETFD), N(F_GETFL), N(F_SETFL), N(F_GETLK), N(F_SETLK),
    N(F_SETLKW), N(F_SETOWN), N(F_GETOWN), N(F_SETSIG), N(F_GETSIG), N(F_OFD_GETLK), N(F_OFD_SETLK), N(F_OFD_SETLKW),
    N(F_SETLEASE), N(F_GETLEASE), N(F_DUPFD_CLOEXEC), N(F_SETPIPE_SZ), N(F_GETPIPE_SZ), N(F_ADD_SEALS), N(F_GET_SEALS),
    END};
static const Name resources[] = {N(RLIMIT_CPU), N(RLIMIT_FSIZE), N(RLIMIT_DATA), N(RLIMIT_STACK), N(RLIMIT_CORE),
    N(RLIMIT_RSS), N(RLIMIT_NPROC), N(RLIMIT_NOFILE), N(RLIMIT_MEMLOCK), N(RLIMIT_AS), N(RLIMIT_LOCKS),
    N(RLIMIT_SIGPENDING), N(RLIMIT_MSGQUEUE), N(RLIMIT_NICE), N(RLIMIT_RTPRIO), N(RLIMIT_RTTIME), END};
static const Name prctls[] = {N(PR_SET_PDEATHSIG), N(PR_GET_PDEATHSIG), N(PR_GET_DUMPABLE), N(PR_SET_DUMPABLE),
    N(PR_GET_KEEPCAPS), N(PR_SET_KEEPCAPS), N(PR_SET_NAME), N(PR_GET_NAME), N(PR_GET_SECCOMP), N(PR_CAPBSET_READ),
    N(PR_CAPBSET_DROP), N(PR_GET_SECUREBITS), N(PR_SET_TIMERSLACK), N(PR_GET_TIMERSLACK), N(PR_SET_MM),
    N(PR_SET_CHILD_SUBREAPER), N(PR_GET_CHILD_SUBREAPER), N(PR_SET_NO_NEW_PRIVS), N(PR_GET_NO_NEW_PRIVS),
    N(PR_GET_TID_ADDRESS), N(PR_CAP_AMBIENT), {0x53564d41, "PR_SET_VMA"}, END};
static const Name arch_prctls[] = {{0x1001, "ARCH_SET_GS"}, {0x1002, "ARCH_SET_FS"}, {0x1003, "ARCH_GET_FS"},
    {0x1004, "ARCH_GET_GS"}, {0x1011, "ARCH_GET_CPUID"}, {0x1012, "ARCH_SET_CPUID"}, {0x3001, "0x3001 /* ARCH_??? */"},
    END};
static const Name futex_ops[] = {N(FUTEX_WAIT), N(FUTEX_WAKE), N(FUTEX_FD), N(FUTEX_REQUEUE), N(FUTEX_CMP_REQUEUE),
    N(FUTEX_WAKE_OP), N(FUTEX_LOCK_PI), N(FUTEX_UNLOCK_PI), N(FUTEX_TRYLOCK_PI), N(FUTEX_WAIT_BITSET),
    N(FUTEX_WAKE_BITSET), N(FUTEX_WAIT_REQUEUE_PI), N(FUTEX_CMP_REQUEUE_PI), {13, "FUTEX_LOCK_PI2"}, END};
static const Name fadvice[] = {N(POSIX_FADV_NORMAL), N(POSIX_FADV_RANDOM), N(POSIX_FADV_SEQUENTIAL),
    N(POSIX_FADV_WILLNEED), N(POSIX_FADV_DONTNEED), N(POSIX_FADV_NOREUSE), END};
static const Name epoll_ops[] = {N(EPOLL_CTL_ADD), N(EPOLL_CTL_DEL), N(EPOLL_CTL_MOD), END};
static const Name id_types[] = {N(P_ALL), N(P_PID), N(P_PGID), {3, "P_PIDFD"}, END};

void strace_flags(Text *text, const Name *table, u64 value, const char *unknown)
{
    const char *bar = "";
    u64 rest = value;
    for (; table->name; table++)
        if (table->value && (rest & table->value) == table->value) {
            text_add(text, "%s%s", bar, table->name);
            rest &= ~table->value;
            bar = "|";
        }
    if (rest && !*bar)
        text_add(text, "%#llx /* %s */", (unsigned long long)rest, unknown);
    else if (rest)
        text_add(text, "|%#llx", (unsigned long long)rest);
    else if (!*bar)
        text_add(text, "0");
}

static void add_name(Text *text, const Name *table, u64 value, const char *unknown)
{
    for (; table->name; table++)
        if (table->value == (u32)value) {
            text_add(text, "%s", table->name);
            return;
        }
    text_add(text, "%#llx /* %s */", (unsigned long long)value, unknown);
}

void strace_mode(Text *text, u32 mode, bool with_type)
{
    static const Name types[] = {N(S_IFREG), N(S_IFDIR), N(S_IFCHR), N(S_IFBLK), N(S_IFIFO), N(S_IFLNK), N(S_IFSOCK), END};
    static const Name bits[] = {N(S_ISUID), N(S_ISGID), N(S_ISVTX), END};
    if (with_type && (mode & S_IFMT)) {
        add_name(text, types, mode & S_IFMT, "S_IF???");
        text_add(text, "|");
    }
    if (with_type && (mode & 07000)) {
        strace_flags(text, bits, mode & 07000, "S_IS???");
        text_add(text, "|");
    }
    text_add(text, "%#03o", mode & (with_type ? 0777 : 07777));
}

static void add_open_flags(Text *text, u64 value)
{
    static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
    text_add(text, "%s", modes[value & 3]);
    if (value & ~3ull) {
        text_add(text, "|");
        strace_flags(text, open_flags, value & ~3ull & 0xffffffff, "O_???");
    }
}

static void add_map_flags(Text *text, u64 value)
{
    static const char *const types[] = {"MAP_FILE", "MAP_SHARED", "MAP_PRIVATE", "MAP_SHARED_VALIDATE"};
    text_add(text, "%s", types[value & 3]);
    if (value & ~15ull) {
        text_add(text, "|");
        strace_flags(text, map_flags, value & ~15ull, "MAP_???");
    }
}

static void add_futex_op(Text *text, u64 value)
{
    u64 command = value & 0x7f;
    bool private = value & FUTEX_PRIVATE_FLAG;
    for (const Name *name = futex_ops; name->name; name++)
        if (name->value == command) {
            text_add(text, "%s%s%s", name->name, private ? "_PRIVATE" : "", value & FUTEX_CLOCK_REALTIME ?
                     "|FUTEX_CLOCK_REALTIME" : "");
            return;
        }
    text_add(text, "%#llx /* FUTEX_??? */", (unsigned long long)value);
}

static void add_socket_type(Text *text, u64 value)
{
    add_name(text, socket_types, value & 15, "SOCK_???");
    if (value & ~15ull) {
        text_add(text, "|");
        strace_flags(text, socket_flags, value & ~15ull, "SOCK_???");
    }
}

static void add_clone_flags(Text *text, u64 value)
{
    if (value & ~0xffull)
        strace_flags(text, strace_clone_flags, value & 0xffffff00, "CLONE_???");
    if (value & 0xff)
        text_add(text, value & ~0xffull ? "|%s" : "%s", (value & 0xff) == SIGCHLD ? "SIGCHLD" : "0x??");
    else if (!value)
        text_add(text, "0");
}

bool strace_named_number(Text *text, u8 type, u64 value)
{
    static const struct { u8 type; bool flags; const Name *table; const char *unknown, *zero; } kinds[] = {
        {PROT, true, prot, "PROT_???", "PROT_NONE"}, {ACCESS_MODE, true, access_mode, "?_OK", "F_OK"},
        {FILE_FLAGS, true, open_flags, "O_???", NULL}, {MREMAP_FLAGS, true, mremap_flags, "MREMAP_???", NULL},
        {MSYNC_FLAGS, true, msync_flags, "MS_???", NULL}, {MSG_FLAGS, true, msg_flags, "MSG_???", NULL},
        {WAIT_OPTIONS, true, wait_options, "W???", NULL}, {AT_FLAGS, true, at_flags, "AT_???", NULL},
        {TIMER_FLAGS, true, timer_flags, "TIMER_???", NULL}, {TIMERFD_FLAGS, true, timerfd_flags, "TFD_???", NULL},
        {SOCKET_FLAGS, true, socket_flags, "SOCK_???", NULL}, {SIGNALFD_FLAGS, true, signalfd_flags, "SFD_???", NULL},
        {EVENTFD_FLAGS, true, eventfd_flags, "EFD_???", NULL}, {EPOLL_FLAGS, true, epoll_flags, "EPOLL_???", NULL},
        {RENAME_FLAGS, true, rename_flags, "RENAME_???", NULL}, {GETRANDOM_FLAGS, true, random_flags, "GRND_???", NULL},
        {MEMFD_FLAGS, true, memfd_flags, "MFD_???", NULL}, {STATX_MASK, true, statx_mask, "STATX_???", NULL},
        {FLOCK, true, flock_ops, "LOCK_???", NULL}, {CLOCK, false, clocks, "CLOCK_???", NULL},
        {WHENCE, false, whence, "SEEK_???", NULL}, {SIG_HOW, false, sig_how, "SIG_???", NULL},
        {IOCTL, false, ioctls, "???", NULL}, {MADVICE, false, madvice, "MADV_???", NULL},
        {ITIMER, false, itimers, "ITIMER_???", NULL}, {SOCKET_FAMILY, false, families, "AF_???", NULL},
        {FCNTL, false, fcntls, "F_???", NULL}, {RESOURCE, false, resources, "RLIMIT_???", NULL},
        {PRCTL, false, prctls, "PR_???", NULL}, {ARCH_PRCTL, false, arch_prctls, "ARCH_???", NULL},
        {FADVICE, false, fadvice, "POSIX_FADV_???", NULL}, {EPOLL_OP, false, epoll_ops, "EPOLL_CTL_???", NULL},
        {WAIT_ID_TYPE, false, id_types, "P_???", NULL},
    };
    switch (type) {
    case OPEN_FLAGS: add_open_flags(text, value); return true;
    case MMAP_FLAGS: add_map_flags(text, value); return true;
    case MODE: strace_mode(text, (u32)value, false); return true;
    case FUTEX_OP: add_futex_op(text, value); return true;
    case SOCKET_TYPE: add_socket_type(text, value); return true;
    case CLONE_FLAGS: add_clone_flags(text, value); return true;
    }
    for (u32 i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].type != type)
            continue;
        if (!value && kinds[i].zero)
            text_add(text, "%s", kinds[i].zero);
        else if (kinds[i].flags)
            strace_flags(text, kinds[i].table, value & 0xffffffff, kinds[i].unknown);
        else
            add_name(text, kinds[i].table, value & 0xffffffff, kinds[i].unknown);
        return true;
    }
    return false;
}

/* The rows of syscalls.def as data. */
#ifndef EMU_KERNEL_SYSCALLS_H
#define EMU_KERNEL_SYSCALLS_H

#include "kernel/kernel.h"

/* Types of arguments: what strace prints. …_OUT is filled in by the call, so it is printed after it. */
typedef enum ArgType {
    NOTHING, /* behind the last argument */
    INT, UINT, LONG, HEX, SIZE, OFFSET, OFFSET_HEX, ADDRESS, POINTER, SKIP,
    FD, DIRFD, PID, ID, SIGNAL, CLOCK,
    PATH, STRING, STRING_OUT, STRINGS,
    BUFFER_IN, BUFFER_OUT, RANDOM_OUT, /* the size is the next argument; OUT: as many bytes as the call returned */
    IOVEC_IN, IOVEC_OUT,   /* the count is the next argument */
    STAT_OUT, POLLFDS, FD_SET_IN, SIGACTION_IN, SIGACTION_OUT, SIGSET_IN, SIGSET_OUT, SIGINFO_IN, SIGINFO_OUT,
        SIGSTACK_IN, SIGSTACK_OUT,
    FD_PAIR_OUT, TIMEVAL_IN, TIMEVAL_OUT, TIMESPEC_IN, TIMESPEC_OUT, ITIMERVAL_IN, ITIMERVAL_OUT, ITIMERSPEC_IN, ITIMERSPEC_OUT,
    SOCKADDR_IN, SOCKADDR_OUT, STATUS_OUT, DIRENTS_OUT, RLIMIT_IN, RLIMIT_OUT, SIGEVENT_IN, EPOLL_EVENT_IN, CLONE_ARGS, OPEN_HOW,
    FUTEX_WORD, FUTEX_TIMEOUT,
    /* numbers with names */
    OPEN_FLAGS, FILE_FLAGS /* of pipe2, dup3: no access mode */, MODE, WHENCE, PROT, MMAP_FLAGS, SIG_HOW, IOCTL,
        ACCESS_MODE, MREMAP_FLAGS, MSYNC_FLAGS, MADVICE, ITIMER,
    SOCKET_FAMILY, SOCKET_TYPE, MSG_FLAGS, CLONE_FLAGS, WAIT_OPTIONS, FCNTL, FLOCK, RESOURCE, PRCTL, ARCH_PRCTL, FUTEX_OP,
    FADVICE, TIMER_FLAGS, EPOLL_OP, WAIT_ID_TYPE, AT_FLAGS, TIMERFD_FLAGS, SOCKET_FLAGS, SIGNALFD_FLAGS, EVENTFD_FLAGS,
    EPOLL_FLAGS, RENAME_FLAGS, GETRANDOM_FLAGS, MEMFD_FLAGS, STATX_MASK,
    RETURNS_ADDRESS, /* not an argument: the result is an address */
} ArgType;

typedef struct Syscall {
    const char *name;          /* NULL: no such number */
    SyscallFunction *function; /* NULL: not implemented, or refused */
    i32 refusal;               /* errno of a call that is always refused; else 0 */
    const char *lacks;         /* what it does not do; NULL: it is complete, or not there at all */
    u8 args[7];                /* ArgType, NOTHING behind the last */
} Syscall;

/* The row of a call; NULL for numbers that Linux does not have. */
const Syscall *syscall_row(u64 number);
/* Rows exist below this number. */
u32 syscall_count(void);

/* Executes the call of the current task's registers (it has just retired a SYSCALL instruction). */
void syscall_enter(Task *task);
/* Runs the handler of a woken task's call again. */
void syscall_resume(Task *task);
/* Ends the call of a task that has been woken (it is current, WOKEN_SIGNAL) as if a signal had come. */
void syscall_interrupt(Task *task);

#define SYSCALL(number, name, ...) SyscallFunction sys_##name;
#define PARTLY(number, name, lacks, ...) SyscallFunction sys_##name;
#define REFUSED(number, name, error, ...)
#define MISSING(number, name, ...)
#include "kernel/syscalls.def"
#undef SYSCALL
#undef PARTLY
#undef REFUSED
#undef MISSING

#endif

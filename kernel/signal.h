/* Signals: numbers, siginfo, queues, dispositions. signal(7). */
#ifndef EMU_KERNEL_SIGNAL_H
#define EMU_KERNEL_SIGNAL_H

#include "base/types.h"

struct Kernel;
struct Task;
struct Process;

enum { SIGNALS = 64, SIGNAL_MIN_REALTIME = 32 };

/* Bit of a signal in a mask. */
#define SIGNAL_BIT(n) (1ull << ((n) - 1))

/* The guest's siginfo_t, 128 bytes. sigaction(2). */
typedef struct SigInfo {
    i32 signo, error, code, pad;
    union {
        u8 bytes[112];
        struct { i32 pid; u32 uid; union { u64 value; struct { i32 status; i32 pad; i64 utime, stime; }; }; } from;
        struct { i32 timer_id, overrun; u64 value; i32 private_; } timer;
        struct { u64 address; u16 lsb; u64 lower, upper; } fault;
        struct { i64 band; i32 fd; } poll;
        struct { u64 call_address; i32 syscall; u32 arch; } sys;
    };
} SigInfo;
_Static_assert(sizeof(SigInfo) == 128, "siginfo_t");

typedef struct QueuedSignal QueuedSignal;
typedef struct PendingSignals {
    u64 set;             /* which signals have an entry */
    QueuedSignal *first; /* in order of arrival; one of each below SIGNAL_MIN_REALTIME */
} PendingSignals;

typedef struct SignalStack { u64 address; i32 flags; u64 size; } SignalStack; /* flags: SS_DISABLE, SS_AUTODISARM */

typedef struct SignalAction { u64 handler, flags, restorer, mask; } SignalAction; /* the kernel's struct sigaction */
_Static_assert(sizeof(SignalAction) == 32, "struct kernel_sigaction");

typedef struct Handlers {
    u32 refs;
    SignalAction actions[SIGNALS]; /* [signal - 1] */
} Handlers;

/* Queues a signal for a thread / for a process (any thread that does not block it). Wakes, stops, continues or kills as
 * the disposition asks. info->signo says which. 0, or -EAGAIN when RLIMIT_SIGPENDING refuses a real-time one. */
i64 signal_send_task(struct Task *task, const SigInfo *info);
i64 signal_send_process(struct Process *process, const SigInfo *info);
/* The kernel's own signal (si_code SI_KERNEL) to the calling thread, as SIGPIPE is, or to a process group. */
void signal_raise(struct Task *task, i32 signo);
void signal_send_group(struct Kernel *kernel, i32 pgid, const SigInfo *info);
/* SI_USER-like information from `task` */
SigInfo signal_info_user(struct Task *task, i32 signo, i32 code);

/* Does a signal wait that the task would act on now? */
bool signal_waiting(const struct Task *task);
/* Takes the first waiting signal in `set`, as sigtimedwait and signalfd do. false: none. */
bool signal_take(struct Task *task, u64 set, SigInfo *info);
/* The event that wake_event() announces whenever a signal is queued for `process` (signalfd, poll). */
const void *signal_event(const struct Process *process);

/* Replaces the mask until the call ends; a handler that runs meanwhile restores the old one on its return. For ppoll,
 * pselect6, epoll_pwait, sigsuspend. Idempotent on reruns of the call. */
void signal_mask_for_call(struct Task *task, u64 mask);
/* Reads a sigset_t argument: -EINVAL unless size is 8, -EFAULT; address 0 gives 1 and leaves *mask alone, else 0. */
i64 signal_mask_from_guest(struct Task *task, u64 address, u64 size, u64 *mask);

#endif

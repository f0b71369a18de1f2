/* The Linux personality's structures: machine, processes, tasks. Shared by the files of this room only; emu/ sees
 * kernel_api.h.
 *
 *   Kernel ──┬─ Task (thread): registers, signal mask, Files, FsInfo, what it waits for ─┐
 *            ├─ Task                                                                     ├─► Process: pids, Space, Handlers
 *            └─ …  one runs at a time on the one Cpu                                     ┘
 *
 * Everything a clone(2) flag can share is its own counted object: Space (CLONE_VM), Files (CLONE_FILES), FsInfo (CLONE_FS),
 * Handlers (CLONE_SIGHAND). Threads of a process always share Space and Handlers, as CLONE_THREAD demands.
 *
 * A system call is a function of (task, arguments). It never blocks the host: it parks its task with wait_*() and returns
 * SYS_BLOCK, and is called again from its beginning when the task wakes. It always runs with its task current, so guest
 * memory is reached through the MMU. */
#ifndef EMU_KERNEL_KERNEL_H
#define EMU_KERNEL_KERNEL_H

#include "base/types.h"
#include "cpu/cpu.h"
#include "kernel/kernel_api.h"
#include "kernel/signal.h"
#include "mmu/mmu.h"

typedef struct Task Task;
typedef struct Process Process;
typedef struct Space Space;       /* space.h: VMAs, brk, page tables (CR3), page-fault resolution */
typedef struct SeccompFilter SeccompFilter; /* seccomp.c */
typedef struct Files Files;       /* fd.h: guest descriptors → open file descriptions */
struct PageEvent;                 /* paging.h */
typedef struct FsInfo FsInfo;     /* fd.h: cwd, umask, root */
typedef struct CachedFile CachedFile; /* page_cache.h: pages of a file, or of shared anonymous memory */

/* What a system call returns to dispatch: 0 or more, -errno, or one of these. */
#define SYS_BLOCK (-4096ll)    /* the task was parked by a wait_* call; the handler runs again when it wakes */
#define SYS_NORETURN (-4097ll) /* registers were replaced (rt_sigreturn) or the task has ended: leave RAX alone */
#define SYS_EXECED (-4098ll)   /* as NORETURN, after execve: strace prints 0 */
/* After a wait that a signal ended. Linux's own numbers (include/linux/errno.h), because ptrace and strace show them. */
#define SYS_RESTARTSYS (-512ll)       /* restart when no handler ran or it has SA_RESTART, else EINTR */
#define SYS_RESTARTNOINTR (-513ll)    /* always restart */
#define SYS_RESTARTNOHAND (-514ll)    /* restart when no handler ran, else EINTR */
#define SYS_RESTART_BLOCK (-516ll)    /* as NOHAND, through restart_syscall(2): the deadline in task->call is kept */

typedef i64 SyscallFunction(Task *task, const u64 *arg); /* arg[0..5] */

/* Why a parked task runs again. */
typedef enum Woken {
    WOKEN_NOT,     /* first run of the call */
    WOKEN_READY,   /* an event, or a host descriptor is ready: try again */
    WOKEN_TIMEOUT, /* the deadline has passed: try once more, then report the timeout */
    WOKEN_SIGNAL,  /* a signal wants delivery: try once more, then return SYS_RESTART… or -EINTR */
} Woken;

typedef struct WaitNode WaitNode; /* one event a task waits for (sched.c) */

typedef struct WaitFd {
    int fd;       /* host */
    short events; /* POLLIN … */
} WaitFd;

typedef struct Wait {
    WaitNode *nodes; /* events, linked through WaitNode.next_of_task */
    WaitFd *fds;
    u32 fd_count, fd_capacity;
    u64 deadline;    /* monotonic nanoseconds of kernel_now(); NO_DEADLINE: none */
    bool killable;   /* only a fatal signal ends it (vfork) */
} Wait;
#define NO_DEADLINE UINT64_MAX

/* The call being executed: survives parking, zeroed at every new system call. */
typedef struct Call {
    u64 number;
    u64 arg[6];
    u64 deadline;   /* call_deadline() */
    u64 scratch[4]; /* the handler's own across reruns */
    void *data;     /* the handler's own; given to free() when the call ends, however it ends */
    struct OpenFile *file; /* kept open while the call is parked (file_hold), found by its number on reruns: */
    i32 file_number;       /* file_call_ended() lets go of it */
    bool active;    /* between entry and result */
    bool strace_open; /* strace has printed "name(args" without a result yet */
} Call;

typedef enum TaskState { /* job control is apart: tasks of a process with `stopped` do not run, whatever their state */
    TASK_RUNNABLE,
    TASK_PARKED,  /* waits in a system call */
    TASK_DEAD,    /* exited; the structure stays until the scheduler lets it go */
} TaskState;

/* A task in a futex queue (futex.c). */
typedef struct FutexWait {
    const void *object; /* what the word lies in: a Space or a CachedFile; NULL: in no queue */
    u64 offset;
    u32 bitset;
    bool woken;         /* FUTEX_WAKE, or who handed the lock over, took it off the queue */
    bool pi;            /* waits for a lock with an owner, or to be requeued to one: plain wakes are not for it */
    bool requeued;      /* FUTEX_CMP_REQUEUE_PI has moved it */
    u64 lock;           /* FUTEX_WAIT_REQUEUE_PI: address of the lock it is to be moved to */
    Task *task;
    struct FutexWait *next, *previous;
} FutexWait;

/* Who a thread is. Emulated; credentials.c tells the host. */
typedef struct Credentials {
    u32 uid, euid, suid, fsuid;
    u32 gid, egid, sgid, fsgid;
    u32 group_count;
    u32 groups[64];
    u64 generation; /* differs after every change; 0: as the emulator was started */
} Credentials;

struct Task {
    Kernel *kernel;
    Process *process;
    i32 tid;
    TaskState state;
    Woken woken;
    CpuState registers;        /* valid while the task is not current: use task_registers() */
    Files *files;
    FsInfo *fs;
    Credentials credentials;   /* a thread's own: glibc's setuid() tells every thread to follow */
    Wait wait;
    Call call;
    /* Signals (signal.c) */
    u64 blocked;               /* the mask: bit n - 1 is signal n */
    u64 saved_mask;            /* restored after the handler: sigsuspend, ppoll, pselect, epoll_pwait */
    bool restore_mask;
    PendingSignals pending;    /* sent to this thread */
    SignalStack altstack;
    u32 altstack_flags;        /* as sigaltstack(2) was last given them */
    i64 restart_result;        /* SYS_RESTART… of the call that a signal interrupted, 0 when none */
    Call restart_call;         /* … and that call, for restart_syscall(2) */
    u64 trap_number, trap_error, trap_address; /* of the last exception: what frames show as trapno, err, cr2 */
    CpuException exception;    /* the last one that became a signal, while has_exception */
    bool has_exception;
    bool fatal_seen;           /* KERNEL_FATAL has been reported for the signal that kills it */
    /* clone(2) */
    u64 set_child_tid, clear_child_tid;
    u64 robust_list, robust_size;
    u64 rseq; u32 rseq_size, rseq_signature;
    bool rseq_check;           /* preempted or signalled since it last ran: a critical section must be aborted */
    i32 vfork_parent;          /* tid of the task that is parked until this one execs or exits; 0: none */
    /* Debuggers (events.h) */
    bool held;                 /* does not run */
    bool step, step_over;      /* KERNEL_STEPPED after its next instruction; it has had it, and only the call must return */
    bool pass_breakpoint;      /* its next instruction is executed even if a breakpoint lies there */
    bool call_entered;         /* KERNEL_CALL_ENTRY is told: the call begins when it runs on */
    bool told;                 /* told_signal is what KERNEL_SIGNAL was about: it acts when the task runs on (signo 0: none) */
    bool handler_entered;      /* since its last instruction */
    SigInfo told_signal;
    u32 seccomp_mode;          /* SECCOMP_MODE_STRICT, …_FILTER, or 0 */
    SeccompFilter *seccomp_filter; /* the newest, one reference; NULL: none */
    bool fresh;                /* has not run yet: *set_child_tid is still to be written */
    char comm[16];
    FutexWait futex;
    FutexWait *futex_vector; u32 futex_count; /* futex_waitv(2): in call.data; NULL: none */
    u64 insns;                 /* retired by this task */
    u64 cpu_ns;                /* time on the core, see task_cpu_ns() */
    u64 system_calls;
    u64 minor_faults, major_faults;
    u64 voluntary_switches, involuntary_switches;
    u64 personality;
    u64 affinity;
    i32 policy, priority;      /* sched_setscheduler(2): kept, and told; turns are equal all the same */
    u32 io_priority;
    u64 timer_slack;
    Task *next, *previous;             /* of kernel->tasks, in order of creation */
    Task *next_of_hash;                /* of kernel->tid_hash */
    Task *next_thread;                 /* of process->threads */
    Task *next_runnable, *previous_runnable; /* of the run queue */
    bool queued;
};

typedef struct Limit { u64 soft, hard; } Limit; /* RLIM_INFINITY = UINT64_MAX */
enum { /* RLIMIT_*. getrlimit(2) */
    LIMIT_CPU, LIMIT_FSIZE, LIMIT_DATA, LIMIT_STACK, LIMIT_CORE, LIMIT_RSS, LIMIT_NPROC, LIMIT_NOFILE, LIMIT_MEMLOCK, LIMIT_AS,
    LIMIT_LOCKS, LIMIT_SIGPENDING, LIMIT_MSGQUEUE, LIMIT_NICE, LIMIT_RTPRIO, LIMIT_RTTIME, LIMITS
};

typedef struct ProcessTimer ProcessTimer; /* timer.c */

struct Process {
    Kernel *kernel;
    u32 refs;                    /* the world's, until it is waited for, and pidfds' */
    bool reaped;
    i32 pid, pgid, sid;
    Process *parent;             /* NULL: the first one */
    Process *children, *next_sibling;
    Task *threads;               /* the leader first while it lives */
    u32 thread_count;
    Task *leader;
    Space *space;                /* NULL once dead */
    Handlers *handlers;
    PendingSignals pending;      /* sent to the process */
    Credentials credentials;     /* the leader's, for others to see */
    Limit limits[LIMITS];
    char *exe_path;              /* absolute; malloc'ed */
    CachedFile *exe_file;
    i32 exit_signal;             /* to the parent at the end: SIGCHLD; after clone(2) another, or 0 */
    /* End of life */
    bool exiting;                /* exit_group or a fatal signal: every thread ends as soon as it runs */
    i32 exit_status;             /* as wait4(2) reports it */
    bool zombie;                 /* dead, not yet waited for */
    bool untraced;               /* the debugger has let go of it (events.h) */
    bool exec_done;              /* execve since fork: setpgid refuses */
    bool stopped, stop_reported, continued_pending;
    i32 stop_signal;
    bool no_child_wait;
    bool child_subreaper, dumpable, no_new_privs, keep_caps;
    i32 parent_death_signal;
    i32 nice;
    i32 oom_score_adjust;
    /* Accounting of dead threads, and of waited-for children */
    u64 dead_cpu_ns, dead_calls, dead_minor_faults, dead_major_faults, dead_voluntary, dead_involuntary;
    u64 children_cpu_ns, children_calls, children_minor_faults, children_major_faults, peak_rss, children_peak_rss;
    u64 start_time;              /* kernel_now() at creation */
    ProcessTimer *timers;        /* setitimer, alarm, timer_create */
    i32 next_timer_id;
    u64 cpu_limit_told;          /* seconds of processor time after which SIGXCPU comes again */
    Process *next, *previous;    /* of kernel->processes */
};

enum { FIRST_PID = 1000, TASK_BUCKETS = 1024, EVENT_BUCKETS = 1024 };

struct Kernel {
    Cpu cpu;                     /* the one core */
    Phys phys;
    KernelConfig config;         /* strings and arrays copied */
    u64 commit_limit;            /* bytes that one private writable mapping may have */
    Task *current;               /* whose registers are in cpu.state; NULL: nobody's */
    Task *tasks, *last_task;     /* all, in order of creation */
    Process *processes, *last_process;
    Process *init;               /* the program that was started: its end is the end */
    bool init_ended, end_told;   /* … and kernel_run() has said so */
    Task *run_first, *run_last;  /* runnable tasks but the current one */
    Task *tid_hash[TASK_BUCKETS];
    u32 task_count, process_count;
    u32 dead_tasks;              /* among kernel->tasks, to be let go */
    bool cpu_ready;              /* kernel_create got as far as the core */
    i32 next_pid;
    bool pids_wrapped;
    WaitNode *event_first[EVENT_BUCKETS], *event_last[EVENT_BUCKETS];
    u32 parked_count;
    u64 slice_left;              /* instructions until the current task is preempted */
    u64 look_at;                 /* instruction count at which time and host are looked at again; */
    u32 exits_since_look;        /* … or after so many exits of the processor: */
    bool look_due;               /* now */
    u64 slice_started;           /* kernel_now() when the current task's time was last counted */
    u32 foreign_timers;          /* timers on another process's processor time (timer.c) */
    u64 next_deadline;           /* not later than the first deadline of any task or timer */
    u32 fd_waiters;              /* parked tasks that wait for host descriptors */
    u64 sched_random;            /* xorshift state for slices; 0: equal slices */
    WaitNode *free_nodes;
    void *poll_array; u32 poll_capacity; /* struct pollfd (sched_idle.c) */
    u64 looks;                   /* how often signals were looked for: says when one came (host_log.h) */
    u64 from_outside;            /* signals that the host has ever sent to the guest */
    volatile u64 host_signals;   /* arrived, not yet forwarded: bit n - 1 (host_signals.c) */
    _Atomic u32 interrupted;      /* kernel_interrupt() */
    int wake_fd;                 /* … and what ends a sleep for it */
    u64 idle_ns;                 /* virtual time that passed while nobody could run (deterministic) */
    u64 random_state[4];         /* xoshiro256**: seeded when deterministic */
    u64 insns_limit;
    KernelStop stop;             /* why kernel_run() returns */
    bool stopping;
    bool strict_breakpoints;     /* a run of one instruction does not pass them */
    bool job_of_shell;           /* somebody outside can continue us: our group is no orphan */
    i32 terminal_pgid;           /* foreground group of the controlling terminal */
    int terminal_fd;             /* the host's, through which somebody was refused it and is about to stop; -1: nobody */
    CachedFile *cached_files;    /* page_cache.c */
    u32 watched_files;           /* of them, mapped by mmap(2) */
    u64 next_anonymous_inode;
    struct Vfs *vfs;             /* what file-side code keeps per machine (fd.c) */
    struct Futexes *futexes;
    void *message_queues;        /* mqueue.c: by name */
    struct IpcObject *ipc_objects; /* sysv.c */
    i32 next_ipc_id;
    Credentials host_credentials; /* the emulator's own */
    u64 root_capabilities, bound_capabilities; /* what root has here, as the emulator found it. capabilities(7) */
    bool host_root;              /* … are root's: the host can be asked as somebody else (credentials.c) */
    u64 credentials_made, credentials_used; /* last generation given out; that of whom the host takes us for */
    struct Strace *strace;       /* NULL: off */
    struct Paging *paging;       /* NULL: full is full (paging.h) */
    void (*page_event)(void *context, const struct PageEvent *event); /* told what befalls pages; NULL: nobody asks */
    void *page_event_context;
    struct Watches *watches;     /* NULL: none (debug.c) */
    struct Events *events;       /* NULL: nobody is told anything (events.c) */
    bool pass_breakpoint;        /* the next instruction, whoever's, is executed even if a breakpoint lies there */
    u64 boot_realtime_ns;        /* CLOCK_REALTIME at kernel_now() == 0 */
    u64 boot_host_ns;            /* the host's CLOCK_MONOTONIC at kernel_now() == 0 */
};

/* CPU time of a task or process in nanoseconds; `system`: the part spent in calls. Deterministic: one per instruction. */
typedef struct CpuTime { u64 user, system; } CpuTime;
CpuTime task_cpu_time(Task *task);
CpuTime process_cpu_time(Process *process);

/* ---- tasks ---------------------------------------------------------------------------------------------------- */

/* The task's registers, wherever they are now. */
static inline CpuState *task_registers(Task *task)
{
    return task->kernel->current == task ? &task->kernel->cpu.state : &task->registers;
}
Task *task_find(Kernel *kernel, i32 tid);
Process *process_find(Kernel *kernel, i32 pid);
/* getppid(2): the first process has a parent outside; an orphan's is 1. */
static inline i32 process_parent_pid(const Process *process)
{
    return process->parent ? process->parent->pid : process == process->kernel->init ? FIRST_PID - 1 : 1;
}

/* Message queues that still have a name (mqueue.c). */
void mqueues_destroy(Kernel *kernel);

/* A task with rseq registered goes on after a preemption or into a handler: if it stands in a critical section, its RIP
 * becomes the abort handler. false: its tables are broken, which is a SIGSEGV (machine.c). */
bool rseq_preempted(Task *task);

/* ---- guest memory from a system call's side (uaccess.c) --------------------------------------------------------
 * Faults are resolved as the program's own would be (demand paging, stack growth, copy-on-write); false means -EFAULT.
 * Nothing is moved unless everything can be, except copy_*_partial. The task must be current. */
bool copy_from_guest(Task *task, void *to, u64 address, u64 size);
bool copy_to_guest(Task *task, u64 address, const void *from, u64 size);
/* Bytes moved before the first fault. */
u64 copy_from_guest_partial(Task *task, void *to, u64 address, u64 size);
u64 copy_to_guest_partial(Task *task, u64 address, const void *from, u64 size);
bool clear_guest(Task *task, u64 address, u64 size);
/* A NUL-terminated string into `capacity` bytes. Its length, -EFAULT, or -ENAMETOOLONG when no NUL is among them. */
i64 string_from_guest(Task *task, char *to, u64 address, u64 capacity);
/* Host pointer to guest bytes for zero-copy I/O: at most to the end of the page, `*size` shortened accordingly. NULL: fault.
 * After writing through it call guest_wrote. Valid until guest memory is next mapped or unmapped, or the call ends. */
u8 *guest_pages(Task *task, u64 address, u64 *size, Access access);
void guest_wrote(Task *task, const u8 *host, u64 size);
/* Linux's access_ok: [address, address + size) lies below the user limit. Bad ranges are EFAULT before anything is read. */
static inline bool guest_range_ok(u64 address, u64 size)
{
    return size <= 0x7ffffffff000ull && address <= 0x7ffffffff000ull - size;
}

/* ---- parking (sched.c) ------------------------------------------------------------------------------------------
 * Each notes one thing that wakes the task and returns SYS_BLOCK, for `return wait_…(…)`; several may be combined.
 * When the handler runs again all notes are gone and task->woken says why. A pending unblocked signal wakes with
 * WOKEN_SIGNAL at once. */
i64 wait_host_fd(Task *task, int host_fd, short poll_events);
i64 wait_deadline(Task *task, u64 deadline); /* kernel_now() nanoseconds; NO_DEADLINE: none */
i64 wait_event(Task *task, const void *event); /* until wake_event(kernel, event) */
i64 wait_forever(Task *task);                /* signals only */
i64 wait_killable(Task *task, const void *event); /* as wait_event, but only SIGKILL interrupts */
/* Wakes up to `count` of those that wait for `event`, longest first; how many. */
u32 wake_event(Kernel *kernel, const void *event, u32 count);
void wake_task(Task *task, Woken why);

/* The absolute deadline for a call's relative timeout: computed on its first run, remembered on reruns. */
u64 call_deadline(Task *task, u64 relative_ns);

/* ---- time (clock.c) ---------------------------------------------------------------------------------------------
 * Nanoseconds since the machine started: the host's monotonic clock, or instructions retired when deterministic. */
u64 kernel_now(Kernel *kernel);
/* CLOCK_REALTIME and CLOCK_MONOTONIC as the guest sees them. */
u64 kernel_realtime(Kernel *kernel);
u64 kernel_monotonic(Kernel *kernel);
/* What the program is told of RAM that nothing lies in, in bytes. */
u64 kernel_free_memory(const Kernel *kernel);
/* Random bytes: the host's, or seeded when deterministic. */
void kernel_random(Kernel *kernel, void *buffer, u64 size);

/* ---- what processes need from the file side (fd.c, path.c; the `files` room) --------------------------------------- */

/* The first process's descriptors: 0, 1, 2 on the host descriptors config.stdio. NULL: no host memory. */
Files *files_create(Kernel *kernel);
Files *files_copy(Files *files); /* fork: an own table of the same open file descriptions */
void files_ref(Files *files);
void files_unref(Task *task, Files *files); /* the last one closes all (record locks of the task's process too) */
void files_close_on_exec(Task *task, Files *files);
FsInfo *fs_create(Kernel *kernel); /* cwd, root and umask of the host process */
FsInfo *fs_copy(FsInfo *fs);
void fs_ref(FsInfo *fs);
void fs_unref(FsInfo *fs);
/* To be called when a call ends (or its task dies) with task->call.file set. */
void file_call_ended(Task *task);
/* The file side's state of a new machine; false: no host memory. Before files_create(). */
bool vfs_create(Kernel *kernel);
void vfs_destroy(Kernel *kernel);
/* At the machine's end: lets go of files that were sent in messages and stayed for whoever might receive them. */
void vfs_forget_sent(Kernel *kernel);
/* close(2) */
i64 files_close(Task *task, u32 fd);
/* Opens a program for execve/execveat: a host descriptor (O_RDONLY|O_CLOEXEC, the caller closes it), its absolute guest
 * path in `real_path` (PATH_MAX bytes); -ENOENT, -EACCES (no x right, not a regular file), -ELOOP … */
i64 file_open_program(Task *task, i32 dirfd, const char *path, u32 at_flags, char *real_path);
/* What mmap(2) needs of a descriptor: a host descriptor (not the caller's to close) and its name for /proc/pid/maps;
 * -EBADF, -EACCES (`write_shared`: not open for writing; never: not open for reading), -ENODEV. `*zero`: it is /dev/zero. */
i64 file_for_mapping(Task *task, i32 fd, bool write_shared, char *real_path, bool *zero);

#endif

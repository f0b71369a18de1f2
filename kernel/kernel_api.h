/* The Linux personality as emu/ sees it: create a machine, start a program in it, run it until something happens. */
#ifndef EMU_KERNEL_KERNEL_API_H
#define EMU_KERNEL_KERNEL_API_H

#include "base/types.h"
#include "cpu/cpu.h"
#include "mmu/replace.h"

typedef struct Kernel Kernel;

typedef struct KernelConfig {
    u64 memory_size;      /* bytes of guest RAM; 0: 4 GiB */
    /* Paging (paging.h): on when any of these four, or memory_size, is given. */
    u64 swap_size;        /* bytes of the swap file; 0: none */
    u32 user_frames;      /* at most so many frames for private and shared anonymous pages; 0: all of RAM */
    bool working_set;     /* measure the working set from each change of page */
    ReplacePolicy replacement;
    bool record_touches;  /* keep the string of pages touched, for a second run under OPT, which … */
    u64 claimed_memory;   /* … has so much RAM: the program must see it in both runs; 0: memory_size */
    const u64 *future;    /* OPT: that string, turned by replace_future(); kept, not copied */
    u64 future_count;
    bool frames_random;   /* frames are handed out in random order from frame_seed … */
    u64 frame_seed;
    u32 frame_colours;    /* … or so that page and frame numbers agree modulo this; 0: lowest first */
    u64 stack_size;       /* RLIMIT_STACK; 0: 8 MiB */
    u64 code_bytes;       /* bound of the cache of decoded code; 0: default */
    CpuLevel cpu_level;   /* 0: CPU_V3 */
    bool deterministic;   /* virtual time from the instruction count, fixed addresses, seeded randomness */
    bool fixed_addresses; /* that alone */
    u64 seed;             /* of randomness and addresses when deterministic */
    u64 sched_seed;       /* varies time slices; 0: equal slices */
    i64 join_after;       /* cpu_set_join(); 0: its default, negative: never */
    u64 max_insns;        /* stop after exactly so many instructions in all; 0: no limit */
    u64 timeout_ns;       /* host time; 0: none */
    bool no_net;          /* sockets other than AF_UNIX are refused */
    int stdio[3];         /* host descriptors of the guest's 0, 1, 2; -1: closed */
    bool take_place;      /* the program takes this process's place: whatever an exec here would keep open is the guest's too,
                             and 0 and 1 here become /dev/null, so that the guest's close(2) is seen outside */
    const char *strace;   /* NULL: off; "": all calls; else strace's filter: "read,write", "!mmap", "%file", "trace=…" */
    int strace_fd;        /* where the trace goes; 0 means 2 */
    bool strace_follow;   /* pids in front of every line: what strace -f prints */
    bool stop_on_fatal;   /* return KERNEL_FATAL before a fatal fault kills (crash reports, debuggers) */
    bool stop_at_hlt;     /* return KERNEL_HALTED in front of a hlt, which is privileged, instead of its #GP: the end of a test ROM */
    bool forward_signals; /* host signals that reach the emulator are the guest's: SIGINT, SIGTERM, SIGWINCH … */
    struct Heap *heap;    /* where all structures live (base/heap.h), so that they can be kept and put back; NULL: malloc */
    struct HostLog *log;  /* what the host answers is logged here, or comes from here (host_log.h); NULL: neither */
} KernelConfig;

/* Around everything that touches a machine's structures: the calling thread works on its heap and log. */
typedef struct KernelScope {
    struct Heap *heap;
    struct HostLog *log;
} KernelScope;
KernelScope kernel_enter(const KernelConfig *config);
void kernel_leave(KernelScope before);

typedef enum KernelStopKind {
    KERNEL_EXITED,      /* the first process has exited: status */
    KERNEL_KILLED,      /* … was killed: signal */
    KERNEL_INSN_LIMIT,  /* max_insns reached, or the budget given to kernel_run() */
    KERNEL_TIMEOUT,     /* timeout_ns */
    KERNEL_INTERRUPTED, /* kernel_interrupt() */
    KERNEL_BREAKPOINT,  /* task tid stands at a breakpoint, not executed */
    KERNEL_WATCH,       /* task tid touched a watched range */
    KERNEL_FATAL,       /* task tid is about to die of `signal`; run again to let it */
    KERNEL_HALTED,      /* task tid stands at a hlt (stop_at_hlt), not executed */
    KERNEL_DEADLOCK,    /* nothing can run and nothing can wake anybody */
    /* What a debugger has asked to be told of processes that it traces (events.h) */
    KERNEL_SIGNAL,      /* tid is about to act on `signal` */
    KERNEL_CALL_ENTRY, KERNEL_CALL_RETURN, /* system call `number` */
    KERNEL_FORKED, KERNEL_VFORKED,         /* process `child` exists, held */
    KERNEL_VFORK_DONE,  /* the child has let go of the memory of its parent, tid */
    KERNEL_EXECED,      /* tid runs another program now */
    KERNEL_ENDED,       /* process pid (not the first) has ended: status or signal */
    KERNEL_STEPPED,     /* tid has executed its instruction, or entered a signal's handler instead */
    KERNEL_LOG_END,     /* the log of a replay is at its end, or does not fit this run */
} KernelStopKind;

typedef struct KernelStop {
    KernelStopKind kind;
    i32 status;      /* exit status 0..255 */
    i32 signal;
    bool core;       /* KERNEL_KILLED: a signal that dumps core */
    i32 pid, tid;    /* who stopped */
    CpuException exception; /* KERNEL_FATAL: what the processor said, when `from_cpu` */
    bool from_cpu;
    i32 signal_code; /* si_code, si_addr */
    u64 signal_address;
    u64 watch_address;   /* KERNEL_WATCH: what was touched */
    u32 watch_size;
    bool watch_write;
    u64 number;          /* of a system call */
    i32 child;           /* pid */
} KernelStop;

/* A machine without a program. `config` is copied. NULL with errno when the host has no memory. */
Kernel *kernel_create(const KernelConfig *config);
void kernel_destroy(Kernel *kernel);

/* Starts the first process: `path` is opened as execve(2) would (relative to the working directory, no PATH search), and
 * `#!` scripts run their interpreter. argv and envp end with NULL. 0, or -errno, with one line of explanation in `why`
 * (what the file is and what to do): -ENOEXEC and -EACCES are exit code 126, -ENOENT is 127. */
i64 kernel_start(Kernel *kernel, const char *path, const char *const *argv, const char *const *envp, char *why, u64 why_size);

/* Runs at most `max_insns` more instructions (exact), over all tasks together. */
KernelStop kernel_run(Kernel *kernel, u64 max_insns);

/* Processes that live on after the first one has ended (background jobs, daemons). kernel_run() returns KERNEL_EXITED or
 * KERNEL_KILLED at the end of the first; run again to let the others go on until they have ended too. */
u32 kernel_orphans(const Kernel *kernel);

/* Makes a running kernel_run() return KERNEL_INTERRUPTED soon. Async-signal-safe. */
void kernel_interrupt(Kernel *kernel);

/* The core (registers of the current task, statistics, breakpoints). */
Cpu *kernel_cpu(Kernel *kernel);

#endif

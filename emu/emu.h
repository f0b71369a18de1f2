/* libemu: a machine that runs static x86-64 Linux programs, and can be looked into while it does.
 *
 *     EmuConfig config;
 *     emu_config_init(&config);
 *     Emu *emu = emu_create(&config);
 *     const char *argv[] = {"hello", NULL}, *envp[] = {NULL};
 *     if (emu && emu_load(emu, "./hello", argv, envp) == 0) {
 *         EmuStop stop = emu_run(emu, EMU_FOREVER);
 *         ...
 *     }
 *     emu_destroy(emu);
 *
 * Several machines may exist at once; one machine belongs to one host thread at a time. Only emu_interrupt() may be called
 * from elsewhere. Nothing here exits, aborts or prints except as the configuration asks (strace; one line per instruction
 * or system call that is not implemented, on stderr). Strings returned live as long as the Emu unless it says otherwise.
 *
 * Words: `address` is guest virtual, `paddr` guest physical; `pid` and `tid` are the guest's numbers, 0 means the process or
 * thread that ran last. C11 and C++. Further pages: emu_symbols.h and emu_file.h (included), emu_view.h for those who
 * draw, emu_record.h for going back. */
#ifndef EMU_EMU_H
#define EMU_EMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/emu_file.h"
#include "emu/emu_symbols.h"
#include "emu/emu_hierarchy.h"
#include "emu/emu_paging.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Emu Emu;
#define EMU_FOREVER UINT64_MAX

/* ---- make and run (emu.c) ------------------------------------------------------------------------------------- */

typedef struct EmuConfig {
    uint64_t memory_size;    /* guest RAM in bytes, 1 MiB .. 1 TiB; 0: 4 GiB; committed as it is touched */
    EmuPagingConfig paging;  /* limits, swap, replacement (emu_paging.h) */
    uint64_t stack_size;     /* RLIMIT_STACK in bytes (8 MiB) */
    int cpu_level;           /* x86-64 psABI level 1..3; 0: the default */
    bool deterministic;      /* fixed addresses, time from the instruction count, seeded randomness */
    bool fixed_addresses;    /* the same addresses every time, in real time: what a debugger wants */
    uint64_t seed;
    uint64_t sched_seed;     /* varies time slices, reproducibly; 0: equal slices */
    int64_t join_after;      /* blocks entered so often become one piece of host code; 0: the default; negative: never */
    uint64_t max_insns;      /* the machine stops for good after exactly so many; 0: no limit */
    uint64_t timeout_ns;     /* of host time; 0: none */
    bool no_net;             /* sockets other than AF_UNIX are refused */
    int stdio[3];            /* host descriptors of the guest's 0, 1, 2; -1: closed (0, 1, 2) */
    bool take_place;         /* the guest also gets every descriptor above 2 that an exec would keep, and this process's own 0
                                and 1 become /dev/null, so that others see when the guest closes its */
    const char *strace;      /* NULL: off; "": all calls; else strace's -e filter */
    int strace_fd;           /* (2) */
    bool strace_follow;      /* pids in front, as strace -f */
    bool stop_on_fatal;      /* EMU_FATAL before a signal kills the program */
    bool stop_at_hlt;        /* EMU_HALTED in front of a hlt, which no program may execute, instead of its SIGSEGV: ends a test ROM */
    bool forward_signals;    /* signals that reach this host process are the guest's: SIGINT, SIGTERM, SIGWINCH … */
    bool record;             /* remember the run, to go back in it: emu_record.h; not with memory_size or paging */
    uint64_t record_limit;   /* bytes of host memory for that; 0: 1 GiB */
} EmuConfig;

/* Fills in the defaults named above. */
void emu_config_init(EmuConfig *config);

/* A machine without a program; the configuration is copied. NULL with errno when the host has no memory. */
Emu *emu_create(const EmuConfig *config);
void emu_destroy(Emu *emu); /* NULL is fine */

/* Starts `path` (as execve(2) would find it: no PATH search) as the first process. argv and envp end with NULL.
 * 0, or an errno: ENOENT, EACCES, ENOEXEC … with one line that says why in emu_error(). */
int emu_load(Emu *emu, const char *path, const char *const *argv, const char *const *envp);
const char *emu_error(const Emu *emu);

typedef enum EmuStopKind {
    EMU_EXITED,      /* the program ended: status */
    EMU_KILLED,      /* a signal killed it: signal, core */
    EMU_BUDGET,      /* max_insns (given to emu_run, or configured) have retired */
    EMU_TIMEOUT,     /* timeout_ns are over */
    EMU_INTERRUPTED, /* emu_interrupt() */
    EMU_BREAKPOINT,  /* tid stands at a breakpoint, not executed */
    EMU_WATCHPOINT,  /* tid touched a watched range; its instruction has retired */
    EMU_FATAL,       /* tid is about to die of `signal`; running on lets it */
    EMU_HALTED,      /* tid stands at a hlt (stop_at_hlt), not executed */
    EMU_DEADLOCK,    /* nobody can run and nothing will wake anybody */
    EMU_HISTORY_START, EMU_HISTORY_END, /* as far back as is remembered; where the present begins (emu_record.h) */
    /* What emu_trace() asked for (emu/emu_debug.h) */
    EMU_SIGNAL,      /* tid is about to act on `signal` */
    EMU_CALL_ENTRY, EMU_CALL_RETURN, /* tid at system call `number` */
    EMU_FORKED, EMU_VFORKED,         /* tid has made process `child`, which is held */
    EMU_VFORK_DONE,  /* tid has its memory to itself again */
    EMU_EXECED,      /* tid runs another program now */
    EMU_ENDED,       /* process pid, not the first, has ended: status, or signal when that is not 0 */
    EMU_STEPPED,     /* tid has executed one instruction, or entered a signal's handler instead */
} EmuStopKind;

typedef struct EmuStop {
    EmuStopKind kind;
    int status;        /* exit status 0..255 */
    int signal;        /* KILLED, FATAL, SIGNAL, ENDED */
    bool core;
    int pid, tid;
    int signal_code;   /* FATAL, SIGNAL: si_code */
    uint64_t address;  /* FATAL, SIGNAL: si_addr; WATCHPOINT: what was touched */
    uint32_t size;     /* WATCHPOINT: how many bytes */
    bool write;        /* WATCHPOINT: it was written */
    uint64_t number;   /* CALL_ENTRY, CALL_RETURN */
    int child;         /* FORKED, VFORKED: its pid */
    bool from_cpu;     /* FATAL, SIGNAL: an exception of the processor, as follows */
    int vector;        /* its number: 14 is #PF */
    uint32_t error_code;
    uint64_t fault_address; /* CR2, or the non-canonical address */
} EmuStop;

/* Runs at most max_insns instructions (exact, over all threads). EMU_EXITED and EMU_KILLED tell the end of the program, the
 * first process. Others that it left behind (emu_orphans) go on if run again, until they have ended too. */
EmuStop emu_run(Emu *emu, uint64_t max_insns);
/* How many processes live on after the program's end: background jobs, daemons. */
uint32_t emu_orphans(const Emu *emu);
/* Makes a running emu_run() return EMU_INTERRUPTED soon. Async-signal-safe, from any thread. */
void emu_interrupt(Emu *emu);
/* Sets or clears a breakpoint (counted per address) in all processes: emu_run() stops before its instruction. To go on from
 * there: clear it, run one instruction, set it again. (A run of one instruction ignores breakpoints.) */
void emu_breakpoint(Emu *emu, uint64_t address, bool set);
/* Sets or clears a watchpoint on bytes of the process that ran last: emu_run() stops behind the instruction that reads
 * (EMU_MAP_READ) or writes (EMU_MAP_WRITE) one of them. Any number, any size; counted. false: no memory, or no such one. */
bool emu_watchpoint(Emu *emu, uint64_t address, uint64_t size, uint32_t access, bool set);

/* ---- look and change (inspect.c) ------------------------------------------------------------------------------ */

typedef struct EmuRegisters {
    uint64_t r[16];        /* rax rcx rdx rbx rsp rbp rsi rdi r8 … r15: the encoding's order */
    uint64_t rip, rflags, fs_base, gs_base;
    uint16_t cs, ss, ds, es, fs, gs;
    uint8_t vector[16][32]; /* ymm0 … ymm15; xmm is the low half */
    uint8_t st[8][10];      /* st(0) … st(7) */
    uint16_t fcw, fsw, ftw, fop; /* ftw: the full tag word, two bits a register */
    uint64_t fip, fdp;
    uint32_t mxcsr;
} EmuRegisters;

/* false: no such thread. */
bool emu_registers(Emu *emu, int tid, EmuRegisters *registers);
bool emu_set_registers(Emu *emu, int tid, const EmuRegisters *registers);

/* Memory of a process, without side effects (no A or D bits, no counts; page rights do not matter; pages that were never
 * touched are read from their file or as zero). Returns how many bytes could be moved. */
uint64_t emu_read(Emu *emu, int pid, uint64_t address, void *buffer, uint64_t size);
uint64_t emu_write(Emu *emu, int pid, uint64_t address, const void *buffer, uint64_t size);
uint64_t emu_read_physical(Emu *emu, uint64_t paddr, void *buffer, uint64_t size);

typedef struct EmuWalk {
    int leaf_level;          /* 1: 4 KiB page, 2: 2 MiB, 3: 1 GiB; 0: not present */
    int levels_read;         /* entries looked at, from level 4 (PML4E) down to 1 (PTE) */
    uint64_t cr3;
    uint64_t entry_paddr[5]; /* [level] */
    uint64_t entry[5];       /* [level] */
    uint64_t paddr;          /* of the address, when leaf_level is not 0 */
    bool writable, user, executable;
} EmuWalk;
/* The page walk for an address; true when it is mapped by a present entry. */
bool emu_walk(Emu *emu, int pid, uint64_t address, EmuWalk *walk);

enum { EMU_MAP_READ = 1, EMU_MAP_WRITE = 2, EMU_MAP_EXEC = 4, EMU_MAP_SHARED = 8, EMU_MAP_GROWSDOWN = 16 };
typedef struct EmuMapping {
    uint64_t start, end, offset;
    uint32_t flags;   /* EMU_MAP_… */
    const char *name; /* file, "[heap]", "[stack]" or ""; valid until the machine runs again */
    uint64_t device, inode;
    uint64_t resident; /* bytes that have a frame */
} EmuMapping;
/* The mapping with index 0, 1, … in address order, as /proc/PID/maps lists them; false behind the last. */
bool emu_mapping(Emu *emu, int pid, uint32_t index, EmuMapping *mapping);

typedef struct EmuTask {
    int pid, tid, parent;
    char state;      /* R running, S waiting, T stopped, Z zombie: ps(1) */
    char name[16];
    uint64_t insns;
    const char *exe; /* absolute path of its program */
} EmuTask;
/* Threads of all processes, in order of creation. */
bool emu_task(Emu *emu, uint32_t index, EmuTask *task);
/* Who ran last: what pid 0 and tid 0 stand for. false: nobody is left. */
bool emu_last_task(Emu *emu, int *pid, int *tid);

typedef struct EmuStats {
    uint64_t insns, rep_iterations, reads, writes;
    uint64_t page_crossings;                      /* accesses that touched two pages: two look-ups */
    uint64_t read_misses, write_misses;           /* of the data TLB */
    uint64_t fetch_misses;                        /* of the instruction TLB */
    uint64_t walks, walk_references;              /* page walks, table entries they read */
    uint64_t minor_faults, major_faults;
    uint64_t frames, frames_peak;                 /* in use now and at most; 4 KiB each */
    uint64_t table_frames;                        /* that were page tables, at most */
    uint64_t system_calls;
    uint64_t blocks_decoded, insns_decoded, blocks_invalidated;
    uint64_t run_ns;                              /* host time spent in emu_run() */
} EmuStats;
void emu_stats(Emu *emu, EmuStats *stats);

/* ---- memory as a picture (pages.c) ---------------------------------------------------------------------------- */

enum {
    EMU_PAGE_PRESENT = 1, EMU_PAGE_WRITABLE = 2, EMU_PAGE_EXECUTABLE = 4,
    EMU_PAGE_DIRTY = 8,       /* written since it got its frame */
    EMU_PAGE_COW = 16,        /* the next write makes a private copy */
    EMU_PAGE_ZERO = 32,       /* the one shared page of zeroes */
    EMU_PAGE_SHARED = 64,     /* its frame has more than one owner: another process, or the page cache */
    EMU_PAGE_SWAPPED = 128,
    EMU_PAGE_TLB_READ = 256, EMU_PAGE_TLB_WRITE = 512, EMU_PAGE_TLB_EXEC = 1024, /* translations held now */
    EMU_PAGE_READ = 2048, EMU_PAGE_WRITTEN = 4096, EMU_PAGE_EXECUTED = 8192,     /* since the last harvest */
};
/* One page that has an entry in the page tables; paddr of its frame (0 when not present). */
typedef void EmuPageVisit(void *context, uint64_t address, uint64_t paddr, uint32_t flags);
/* Visits the pages of a process in [start, end), in address order, without changing anything. What was accessed "since the last
 * harvest" is since emu_harvest() (emu_view.h), which is for those who look again and again. */
void emu_pages(Emu *emu, int pid, uint64_t start, uint64_t end, EmuPageVisit *visit, void *context);

typedef enum EmuFrameKind { EMU_FRAME_FREE, EMU_FRAME_RESERVED, EMU_FRAME_TABLE, EMU_FRAME_ANON, EMU_FRAME_FILE, EMU_FRAME_ZERO } EmuFrameKind;
typedef struct EmuFrameInfo {
    EmuFrameKind kind;
    uint32_t owners; /* references: mappings, and the page cache */
} EmuFrameInfo;
/* The frame at paddr; false behind the highest that was ever used. */
bool emu_frame(Emu *emu, uint64_t paddr, EmuFrameInfo *frame);

/* ---- what this build can do ------------------------------------------------------------------------------------ */

const char *emu_version(void);
const char *emu_features(void); /* "tail-calls libdw …" */
typedef struct EmuSyscallRow {
    const char *name;
    bool implemented;
    const char *lacks; /* implemented, but for this; NULL: all of it */
    int refusal;       /* not implemented: the errno that it fails with */
} EmuSyscallRow;
/* Row `number` of the table of system calls; false behind the last. name NULL: Linux has no such call. */
bool emu_syscall_row(uint32_t number, EmuSyscallRow *row);

#ifdef __cplusplus
}
#endif

#endif

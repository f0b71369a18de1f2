/* The processor: register file, run loop, exits. It knows x86-64 in 64-bit mode at user privilege, and nothing of Linux:
 * a `syscall` instruction is a return value, and so is a fault that the program has earned. */
#ifndef EMU_CPU_CPU_H
#define EMU_CPU_CPU_H

#include "base/types.h"
#include "cpu/op.h"
#include "mmu/mmu.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

enum { /* RFLAGS. SDM Vol. 1, "EFLAGS Register". */
    FLAG_CF = 1 << 0, FLAG_ONE = 1 << 1, FLAG_PF = 1 << 2, FLAG_AF = 1 << 4, FLAG_ZF = 1 << 6, FLAG_SF = 1 << 7,
    FLAG_TF = 1 << 8, FLAG_IF = 1 << 9, FLAG_DF = 1 << 10, FLAG_OF = 1 << 11, FLAG_NT = 1 << 14, FLAG_RF = 1 << 16,
    FLAG_AC = 1 << 18, FLAG_ID = 1 << 21,
    FLAGS_ARITH = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF,
};

enum { /* exception vectors. SDM Vol. 3A, "Exceptions and Interrupts". */
    VECTOR_DE = 0, VECTOR_DB = 1, VECTOR_BP = 3, VECTOR_OF = 4, VECTOR_BR = 5, VECTOR_UD = 6, VECTOR_NM = 7, VECTOR_NP = 11,
    VECTOR_SS = 12, VECTOR_GP = 13, VECTOR_PF = 14, VECTOR_MF = 16, VECTOR_AC = 17, VECTOR_XM = 19,
};

typedef enum CpuExit {
    CPU_EXIT_BUDGET,     /* exactly the instructions asked for have retired */
    CPU_EXIT_SYSCALL,    /* SYSCALL retired: RIP behind it, RCX = RIP, R11 = RFLAGS */
    CPU_EXIT_EXCEPTION,  /* cpu->exception; RIP at the instruction (faults) or behind it (traps: INT3, INT n, TF) */
    CPU_EXIT_INTERRUPT,  /* cpu_interrupt() was called */
    CPU_EXIT_BREAKPOINT, /* RIP is at a breakpoint set by cpu_breakpoint(), not executed */
    CPU_EXIT_WATCH,      /* an access touched a watched range; its instruction has retired */
} CpuExit;

typedef struct CpuException {
    u8 vector;
    u32 error;   /* error code where the vector has one, else 0 */
    u64 address; /* CR2 for #PF; the non-canonical address for #GP/#SS from memory; else 0 */
    bool memory; /* #GP/#SS: caused by a memory operand's address */
} CpuException;

typedef enum CpuLevel { CPU_V1 = 1, CPU_V2, CPU_V3 } CpuLevel; /* x86-64 psABI micro-architecture levels */

typedef union Vector { /* a YMM register; XMM is its low half */
    u8 u8[32]; u16 u16[16]; u32 u32[8]; u64 u64[4];
    i8 i8[32]; i16 i16[16]; i32 i32[8]; i64 i64[4];
    float f32[8]; double f64[4];
} __attribute__((aligned(32))) Vector;

/* The x87 and MMX registers, at rest. While x87 instructions run they live in the host's own FPU (x87.h); this is up to
 * date outside cpu_run(), and inside it after x87_settle(). */
typedef struct X87 {
    u8 st[8][16];   /* physical registers R0..R7, 80 bits each in 16 bytes; MMX register n is the low 64 of R n */
    u16 control;    /* FCW; always up to date */
    u16 status;     /* FSW without TOP, ES and B (zero here): x87_status_word() puts them in */
    u8 top;         /* 0..7 */
    u8 tags;        /* abridged: bit n set = R n is not empty, as FXSAVE stores it */
    u16 data_selector; /* FDS and FCS as FNSTENV shows them; always up to date, as are the next three */
    u16 opcode;     /* FOP: of the last non-control instruction */
    u16 code_selector;
    u64 ip, dp;     /* FIP, FDP: addresses of it and of its memory operand. FXSAVE and XSAVE show FOP, FIP and FDP only while an
                       unmasked exception is pending (ES), else zeros, as AMD's processors do: x87_pending() */
} X87;

/* Everything that a thread owns of the processor: what a context switch saves and restores, what signal frames hold. */
typedef struct CpuState {
    u64 r[SLOTS];  /* sixteen general registers, then the slots of op.h (zero, scratch, FS and GS base) */
    u64 rip;
    u64 cc_a, cc_b;  /* the last flag producer's operands or result (flags.h) */
    u32 cc_kind;     /* which producer; CC_RFLAGS: `rflags` holds the arithmetic flags themselves */
    u32 rflags;      /* all other flags; read with cpu_rflags() */
    Vector v[16];
    X87 x87;
    u32 mxcsr;       /* read with cpu_mxcsr(): while running, sticky flags gather in the host's own */
} CpuState;

/* Key: rip ^ cpu->jump_salt. The salt holds the MMU's exec_epoch and the mode above bit 47, so that dropping an executable translation,
 * or switching to another space, voids all entries at once, and coming back finds them again. */
typedef struct JumpCacheEntry {
    u64 key;
    const Op *op;
} JumpCacheEntry;
enum { JUMP_CACHE_SIZE = 8192 };

typedef struct CpuStats {
    u64 insns;          /* instructions retired; a whole `rep` is one */
    u64 rep_iterations;
    u64 rep_matches;    /* `rep`s that ended on what they compared, not on RCX */
    u64 reads, writes;  /* data accesses; a read-modify-write counts as a write */
    u64 modifies;       /* read-modify-writes among them; counted only while a model is attached */
    u64 blocks_decoded, insns_decoded, blocks_invalidated, cache_flushes;
} CpuStats;

typedef struct BlockCache BlockCache;

struct Cpu {
    union { /* `cpu->r[RAX]` and `cpu->state` are the same registers */
        CpuState state;
        struct {
            u64 r[SLOTS];
            u64 rip;
            u64 cc_a, cc_b;
            u32 cc_kind;
            u32 rflags;
            Vector v[16];
            X87 x87;
            u32 mxcsr;
        };
    };
    /* While a handler is out of the fast path: which op, and acc on its entry. */
    const Op *op;
    u64 acc;
    CpuExit exit;
    CpuException exception;
    volatile u32 interrupt;   /* set by cpu_interrupt() */
    u32 x87_mode;             /* where the x87 registers are (x87.h); 0 whenever cpu_run() is not running */
    u32 leave;                /* a store changed decoded code: leave the block behind this instruction */
    bool watch_hit;           /* set by mmu.watched: this access is one that somebody waits for */
    bool watch_stepping;      /* the instruction with that access is being executed now: do not stop in front of it again */
    u8 bounce[2][64] __attribute__((aligned(64))); /* page-crossing reads [0] and writes [1] pass through here */
    struct { u8 *host[2]; u32 size[2]; } split; /* where bounce[1] goes: the parts in each page */
    void *raise_target;       /* jmp_buf of cpu_run() */
    u32 mode;                 /* MODE_… of the blocks to run, chosen from outside */
    u32 run_mode;             /* of those that do: also slow while an SSE exception is unmasked (fpenv.h) */
    bool stepping;            /* one instruction per block */
    u32 seen_epoch, seen_mode; /* mmu.exec_epoch and run_mode that jump_salt was made from */
    u64 jump_salt;
    CpuStats stats;
    BlockCache *blocks;
    struct Hierarchy *model;  /* the modelled hierarchy that sees every access, or NULL (model.h) */
    CpuStats model_synced;    /* what of `stats` it has been told */
    CpuLevel level;
    /* What an instruction needs from outside: RDTSC (ticks), RDRAND/RDSEED. */
    u64 (*read_tsc)(void *context);
    u64 (*random64)(void *context);
    void *environment;
    JumpCacheEntry jump_cache[JUMP_CACHE_SIZE];
    Mmu mmu;
};

/* Resets to the state Linux gives a new program (registers 0, RFLAGS IF, FCW 037f, MXCSR 1f80) on `phys`.
 * `code_bytes` bounds the cache of decoded code (0: default). false with errno when the host has no memory. */
bool cpu_init(Cpu *cpu, Phys *phys, u64 code_bytes);
void cpu_destroy(Cpu *cpu);
void cpu_state_init(CpuState *state);

/* Which x86-64 level CPUID claims and the decoder accepts (cpu_init: v3). Drops decoded code. */
void cpu_set_level(Cpu *cpu, CpuLevel level);

/* Runs until an exit, at most `max_insns` instructions (exact; 0 returns CPU_EXIT_BUDGET at once). */
CpuExit cpu_run(Cpu *cpu, u64 max_insns);

/* Asks a running cpu_run() to return CPU_EXIT_INTERRUPT soon (within some 100,000 instructions). Async-signal-safe. */
void cpu_interrupt(Cpu *cpu);

/* Sets or clears a breakpoint (counted per address) in all address spaces. */
void cpu_breakpoint(Cpu *cpu, u64 address, bool set);

/* RFLAGS as an instruction would see them; and setting them (bits outside the user-writable ones are ignored). */
u64 cpu_rflags(const CpuState *state);
void cpu_set_rflags(CpuState *state, u64 rflags);

/* MXCSR with sticky flags up to date (outside cpu_run the state's own field is always up to date). */
u32 cpu_mxcsr(const Cpu *cpu);

/* Turns `cpuid` leaf/subleaf into eax..ebx..ecx..edx: exactly what is implemented at cpu->level (cpuid.c). */
void cpu_cpuid(const Cpu *cpu, u32 leaf, u32 subleaf, u32 out[4]);
/* AT_HWCAP (CPUID.1:EDX), AT_HWCAP2. */
u64 cpu_hwcap(const Cpu *cpu);
u64 cpu_hwcap2(const Cpu *cpu);

/* The standard-format XSAVE area (x87, SSE, AVX as `mask` and the level allow) as signal frames hold it; 832 bytes at most.
 * Returns the bytes written. Loading validates nothing but reserved MXCSR bits, which are cleared. */
u32 cpu_xsave(const CpuState *state, CpuLevel level, u8 *area);
void cpu_xrstor(CpuState *state, CpuLevel level, const u8 *area, u64 xstate_bv);

#endif

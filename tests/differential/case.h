/* One differential vector: an instruction, the machine before it, and what each side made of it.
 *
 * Both sides run at the same addresses: two pages of code; then [unmapped] RW RW RO [unmapped], in which all memory
 * operands and stacks are placed, so that every kind of edge (page-crossing, into the read-only page, into nothing, from
 * both directions) can be had by choice of address. */
#ifndef EMU_TESTS_DIFFERENTIAL_CASE_H
#define EMU_TESTS_DIFFERENTIAL_CASE_H

#include "base/types.h"

enum {
    CODE = 0x20000000, CODE_SIZE = 0x2000,
    DATA = 0x20011000, DATA_RW = 0x2000, DATA_SIZE = 0x3000, /* the last page is read-only */
    GS_BASE = DATA + 0x100,
    PATCHES = 3, PATCH_SIZE = 64,
};

typedef struct State {
    u64 gpr[16];
    u64 rip, rflags, fs, gs;
    u8 ymm[16][32];
    u8 st[8][16]; /* ST(0) … ST(7): 80 bits each, then zeros */
    u16 fcw, fsw, fop;
    u8 tags;      /* abridged, by physical register */
    u32 mxcsr;
    u64 fip, fdp; /* as FXSAVE shows them: only while an exception is pending */
} State;

typedef struct Patch { /* bytes put into the data area before the instruction */
    u32 offset, size;
    u8 bytes[PATCH_SIZE];
} Patch;

typedef struct Case {
    u32 form;
    u32 place; /* of memory operands: 1 … PLACES, or 0 for any */
    u64 seed;
    u8 code[80];
    u32 length;     /* of the instruction (or sequence), without the INT3 that follows when `step` is false */
    bool step;      /* a branch: run exactly one instruction, wherever it leads (on the host: TF) */
    u32 undefined;      /* flags that the last instruction (or an earlier one) leaves undefined: not compared */
    u32 ever_undefined; /* the same for a sequence that ends early, in a fault */
    u32 patch_count;
    Patch patch[PATCHES];
    State before;
} Case;

typedef struct Outcome {
    State after;
    u8 vector;  /* how it ended: 3 INT3, 1 single step, else a fault */
    u32 error;  /* #PF, #GP …: error code */
    u64 address; /* #PF: CR2 */
    u16 cs;     /* where it ended: 32-bit code is not compared */
    bool died;  /* the host child was killed: no outcome */
    u8 memory[DATA_RW];
} Outcome;

/* Fills the data area as it is before every case, without patches. */
void case_base_memory(u8 memory[DATA_SIZE]);
/* Reproducible randomness: splitmix64. */
u64 random_next(u64 *seed);

#endif

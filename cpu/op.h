/* The decoded operation: what the interpreter executes. 32 bytes, made once by translate.c.
 *
 * An instruction becomes one Op, or several when that keeps handlers simple (`push [mem]` = load TMP; push TMP): all
 * architectural change happens in the last of them, so restarting the instruction after a fault is always exact.
 * Registers are resolved: a, b, c, base and index are byte offsets into cpu->r (AH is RAX's offset + 1) for general
 * registers, VEC_SLOT numbers (vec.h) for vector registers, plain ones for x87. A missing base or index is SLOT_ZERO. RIP-relative addresses
 * and branch targets are absolute. */
#ifndef EMU_CPU_OP_H
#define EMU_CPU_OP_H

#include "base/types.h"

typedef struct Cpu Cpu;
typedef struct Op Op;

/* Executes `op` and whatever follows. `acc` carries what ran since cpu_run() entered the chain (see ACC_…).
 * Handlers are chained by tail calls where the build can (EMU_TAIL_CALLS); otherwise each returns the next op to a loop.
 * NULL: the chain has ended and the Cpu says why. */
typedef const Op *OpHandler(Cpu *cpu, const Op *op, u64 acc);

struct Op {
    OpHandler *handler;
    union {
        struct {
            u8 a, b, c;     /* operands: destination, first source, second source */
            u8 base, index; /* memory operand: r[base] + (r[index] << scale) + disp */
            u8 scale;       /* 0..3 */
            u8 size;        /* handler's own: an access size, a condition, a mask */
            u8 extra;       /* handler's own */
        };
        const Op *taken; /* exits: where a taken branch continues */
    };
    union {
        i64 disp;
        const Op *not_taken; /* conditional exits: where it falls through to */
    };
    union {
        u64 imm;
        u64 counts; /* exits: what the whole block adds to acc */
    };
};
_Static_assert(sizeof(Op) == 32, "an Op is half a cache line");

/* Slots of cpu->r behind the sixteen general registers, as byte offsets. */
enum {
    SLOT_RAX = 0, SLOT_RCX = 8, SLOT_RDX = 16, SLOT_RBX = 24, SLOT_RSP = 32, SLOT_RBP = 40, SLOT_RSI = 48, SLOT_RDI = 56,
    SLOT_ZERO = 16 * 8, /* always 0 */
    SLOT_TMP = 17 * 8,  /* between the ops of one instruction */
    SLOT_FS = 18 * 8,   /* segment bases */
    SLOT_GS = 19 * 8,
    SLOT_TMP2 = 20 * 8,
    SLOT_SELECTORS = 21 * 8, /* ES, CS, SS, DS, FS, GS: 16 bits each */
    SLOTS = 24,
};

/* The packed accumulator: writes in bits 0..19, reads in 20..39, instructions in 40..63, the last starting at minus the
 * slice, so that one sign test at each exit serves budget, signals and timers. */
enum { ACC_READ_SHIFT = 20, ACC_INSN_SHIFT = 40 };
#define ACC_WRITES(acc) ((u32)(acc) & 0xfffff)
#define ACC_READS(acc) ((u32)((acc) >> ACC_READ_SHIFT) & 0xfffff)
#define ACC_INSNS(acc) ((i32)((i64)(acc) >> ACC_INSN_SHIFT))
#define ACC_PACK(insns, reads, writes) \
    ((u64)(i64)(insns) << ACC_INSN_SHIFT | (u64)(reads) << ACC_READ_SHIFT | (u64)(writes))

/* What is needed of an op only when something goes wrong; a parallel array (op_cold). */
typedef struct OpCold {
    u64 rip;    /* of its instruction */
    u16 insns;  /* retired, read and written in the block before this instruction */
    u16 reads;
    u16 writes;
    u8 length;  /* of its instruction, bytes */
    u8 own;     /* this instruction's reads in the high four bits, writes in the low */
} OpCold;

#endif

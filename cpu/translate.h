/* From Zydis' decoded instruction to Ops. Each family of instructions (alu, vec, x87, …) brings rows of the table and a
 * translate function that picks the handler by operand form and width; this header is what such a function works with. */
#ifndef EMU_CPU_TRANSLATE_H
#define EMU_CPU_TRANSLATE_H

#include <Zydis/Zydis.h>

#include "cpu/cpu.h"
#include "cpu/exec.h"

typedef struct Insn {
    ZydisDecodedInstruction z;
    ZydisDecodedOperand operand[ZYDIS_MAX_OPERAND_COUNT];
    u64 rip;
    u32 flags_live; /* FLAG_… of those it writes that somebody may read (liveness over the block; exits and accesses read all) */
} Insn;

typedef struct Row Row;
typedef struct Translator Translator;

/* Emits the ops of one instruction (never changes the guest). false: this form is not implemented, which becomes #UD and
 * one line that names it. */
typedef bool TranslateFunction(Translator *t, const Insn *insn, const Row *row);

/* One row of instructions.def, by mnemonic. */
struct Row {
    const char *name;               /* NULL: no such row, the instruction is not implemented */
    TranslateFunction *translate;
    const void *handlers[MODES];    /* the family's table of handlers, per mode; its shape is the family's own */
    u32 notes;                      /* ROW_… */
    CpuLevel level;                 /* below this level the instruction is #UD */
};
enum {
    ROW_LOCKABLE = 1 << 0,
};

extern const Row instruction_rows[ZYDIS_MNEMONIC_MAX_VALUE + 1];

struct Translator {
    Cpu *cpu;
    u32 mode;       /* MODE_FAST, MODE_SLOW: index into Row.handlers */
    bool step;      /* one instruction per block, nothing fused */
    /* private to translate.c and block.c */
    Op *ops;
    OpCold *cold;
    u32 count, capacity;
    Insn *insns;
    u32 insn_count;
    u32 insns_before, reads_before, writes_before;
    const Insn *current;
};

/* A memory operand, resolved. */
typedef struct Address {
    u8 base, index, scale;
    i64 disp;
} Address;

/* Appends an op; all other fields zero, base and index SLOT_ZERO. Never NULL: the arena is checked beforehand. */
Op *emit(Translator *t, OpHandler *handler);

/* The address of a memory operand. May first emit an op that computes part of it into SLOT_TMP2 (32-bit addresses;
 * FS/GS with base and index), so call it before emit(). */
Address translate_address(Translator *t, const Insn *insn, const ZydisDecodedOperand *operand);
static INLINE void op_set_address(Op *op, Address a) { op->base = a.base; op->index = a.index; op->scale = a.scale; op->disp = a.disp; }

/* Byte offset in cpu->r of a general register of any width (AH…BH: +1); number 0..15 of an XMM/YMM, 0..7 of MM/ST. */
u8 gpr_slot(ZydisRegister reg);
u8 vector_number(ZydisRegister reg);

/* For rare instructions: a handler that calls `function` (all accesses slow, may raise) and goes on to the next op; if the
 * function changed cpu->leave the block ends behind it. Static counts of reads and writes come from the operands. */
typedef void RareFunction(Cpu *cpu, const Op *op, u64 acc);
Op *emit_rare(Translator *t, RareFunction *function); /* keeps the function in op->imm: a,b,c,base…disp,size,extra are free */

#endif

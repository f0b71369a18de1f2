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
    OpHandler *const *handlers[MODES]; /* the family's table of handlers, per mode; its shape is the family's own */
    u32 notes;                      /* ROW_… */
    CpuLevel level;                 /* below this level the instruction is #UD */
    void (*rare)(Cpu *cpu, const Op *op, u64 acc); /* the function of a rare instruction */
};
enum {
    ROW_LOCKABLE = 1 << 0,
    ROW_NO_ACCESS = 1 << 1, /* has a memory operand that is never accessed */
    ROW_CONDITION_SHIFT = 8, /* bits 8..11: the Condition of Jcc, SETcc, CMOVcc */
};

/* The row of a decoded instruction, by mnemonic and, where several rows share one, by its operands; NULL: not implemented. */
const Row *translate_row(const Insn *insn);
/* From which level on this form of the row's instruction exists. */
CpuLevel translate_level(const Insn *insn, const Row *row);
extern const Row instruction_rows[ZYDIS_MNEMONIC_MAX_VALUE + 1];

struct Translator {
    Cpu *cpu;
    u32 mode;       /* MODE_FAST, MODE_SLOW: index into Row.handlers */
    bool step;      /* one instruction per block, nothing fused */
    u32 cc_kind;    /* the flag producer in force, or CC_UNKNOWN: readers with a constant kind are faster */
    u32 cc_next;    /* what the current instruction makes it, if it writes flags (reset to CC_UNKNOWN before each) */
    struct {        /* a flag producer that a Jcc right behind it may fuse with; op NULL: none */
        Op *op;
        u8 form, width; /* FORM_…, width index */
        ZydisMnemonic mnemonic;
    } producer;
    struct VectorPut {  /* the op just emitted, if it put a vector register (vec_translate.c) */
        u32 count;      /* `count` behind it; 0: none */
        u8 slot;        /* which register */
        bool wide;      /* all 256 bits */
        bool copy;      /* it was `MOVAPS slot, source` or the like */
        u8 source;
        struct { u8 slot; bool valid, wide; } before; /* for a copy: what the op before it put */
    } vector;
    bool ended;     /* an exit op has been emitted: the block is complete */
    const Insn *current;
    Insn *insns;    /* the block */
    u32 insn_index, insn_count;
    /* private to translate.c and block.c */
    Op *ops;        /* next free slot of the arena */
    OpCold *cold;
    u32 count;      /* emitted so far */
    u32 reads, writes; /* of the instructions before the current one */
    u32 current_reads, current_writes;
};
#define CC_UNKNOWN (~0u)

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

/* Emits an exit's last parts: what the block counts, up to and including the current instruction. */
u64 translate_counts(const Translator *t);
/* Ends the block with a link to `rip`, to be found when first reached; `field` (of the exit op before) then points there. */
void emit_link(Translator *t, u64 rip, const Op **field);

/* Width index 0..3 of 8, 16, 32, 64 bits. */
static INLINE unsigned width_index(unsigned bits) { return bits == 8 ? 0 : bits == 16 ? 1 : bits == 32 ? 2 : 3; }
static INLINE bool is_gpr(const ZydisDecodedOperand *o)
{
    return o->type == ZYDIS_OPERAND_TYPE_REGISTER && o->reg.value >= ZYDIS_REGISTER_AL && o->reg.value <= ZYDIS_REGISTER_R15;
}
static INLINE bool is_memory(const ZydisDecodedOperand *o) { return o->type == ZYDIS_OPERAND_TYPE_MEMORY; }
/* ModRM and SIB say [index * scale + disp32]: no base register, whatever REX.B says. Zydis overlooks that when the address is 32
 * bits wide, and then its displacement is not to be believed either: raw.disp is. */
static INLINE bool address_without_base(const Insn *insn, const ZydisDecodedOperand *o)
{
    return insn->z.attributes & ZYDIS_ATTRIB_HAS_SIB && o->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM && insn->z.raw.modrm.mod == 0 &&
           insn->z.raw.sib.base == 5;
}
static INLINE bool is_immediate(const ZydisDecodedOperand *o) { return o->type == ZYDIS_OPERAND_TYPE_IMMEDIATE; }

/* Is this shift count an immediate that does not mask to 0 (so that the flags are written for certain)? */
static INLINE bool shift_count_certain(const Insn *insn, const ZydisDecodedOperand *count)
{
    return is_immediate(count) && count->imm.value.u & (insn->z.operand_width == 64 ? 63 : 31);
}

/* For rare instructions: a handler that calls `function` (all accesses slow, may raise) and goes on to the next op; if the
 * function changed cpu->leave the block ends behind it. Static counts of reads and writes come from the operands. */
typedef void RareFunction(Cpu *cpu, const Op *op, u64 acc);
Op *emit_rare(Translator *t, RareFunction *function); /* keeps the function in op->imm: a,b,c,base…disp,size,extra are free */

#endif

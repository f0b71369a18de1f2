/* Arithmetic flags, computed only where somebody reads them.
 *
 * A producer notes what it did: cc_kind (operation and width), cc_a and cc_b. A reader computes the one flag or condition
 * that it needs. With a constant kind, which the translator usually knows, a condition folds into one host compare.
 * Values are kept zero-extended to 64 bits. */
#ifndef EMU_CPU_FLAGS_H
#define EMU_CPU_FLAGS_H

#include "base/bits.h"
#include "cpu/cpu.h"

/* cc_kind = operation * 4 + width index (0: 8, 1: 16, 2: 32, 3: 64 bits). */
typedef enum CcOperation {
    CC_OP_RFLAGS, /* the flags stand in rflags; cc_a, cc_b mean nothing */
    CC_OP_ADD,    /* a = result, b = addend */
    CC_OP_ADC,    /* the same, with a carry in */
    CC_OP_SUB,    /* a = minuend, b = subtrahend */
    CC_OP_SBB,    /* the same, with a borrow in */
    CC_OP_LOGIC,  /* a = result; CF = OF = AF = 0 */
    CC_OP_INC,    /* a = result; CF stands in rflags */
    CC_OP_DEC,
    CC_OP_RESULT, /* a = result for ZF, SF, PF; b = the other flags, in their places */
} CcOperation;

enum { CC_RFLAGS = 0 };
#define CC_KIND(operation, width) \
    ((u32)(operation) * 4 + ((width) == 8 ? 0 : (width) == 16 ? 1 : (width) == 32 ? 2 : 3))
#define CC_WIDTH(kind) (8u << ((kind) & 3))

/* Condition codes as the opcodes number them. SDM Vol. 1, Appendix B, "EFLAGS Condition Codes". */
typedef enum Condition {
    COND_O, COND_NO, COND_B, COND_AE, COND_E, COND_NE, COND_BE, COND_A,
    COND_S, COND_NS, COND_P, COND_NP, COND_L, COND_GE, COND_LE, COND_G,
} Condition;

static INLINE void cc_set(Cpu *cpu, CcOperation operation, unsigned width, u64 a, u64 b)
{
    cpu->cc_a = a;
    cpu->cc_b = b;
    cpu->cc_kind = CC_KIND(operation, width);
}

static INLINE void cc_set_logic(Cpu *cpu, unsigned width, u64 result)
{
    cpu->cc_a = result;
    cpu->cc_kind = CC_KIND(CC_OP_LOGIC, width);
}

/* The arithmetic flags of (kind, a, b), in their RFLAGS places; `rflags` supplies what the kind leaves there. */
u32 cc_compute(u32 kind, u64 a, u64 b, u32 rflags);

/* All arithmetic flags now / made to stand in rflags. */
static INLINE u32 cc_flags(const Cpu *cpu) { return cc_compute(cpu->cc_kind, cpu->cc_a, cpu->cc_b, cpu->rflags); }
static INLINE void cc_materialise(Cpu *cpu)
{
    if (cpu->cc_kind != CC_RFLAGS) {
        cpu->rflags = (cpu->rflags & ~(u32)FLAGS_ARITH) | cc_flags(cpu);
        cpu->cc_kind = CC_RFLAGS;
    }
}
/* Replaces the flags in `mask` by those of `value`. */
static INLINE void cc_assign(Cpu *cpu, u32 mask, u32 value)
{
    if (mask == FLAGS_ARITH) /* none stays: no need to compute them */
        cpu->cc_kind = CC_RFLAGS;
    else
        cc_materialise(cpu);
    cpu->rflags = (cpu->rflags & ~mask) | (value & mask);
}

/* CF alone: what ADC, SBB, RCL and INC need. */
static INLINE bool cc_carry(const Cpu *cpu)
{
    u32 kind = cpu->cc_kind;
    unsigned shift = 64 - CC_WIDTH(kind);
    u64 a = cpu->cc_a << shift, b = cpu->cc_b << shift;
    switch ((CcOperation)(kind >> 2)) {
    case CC_OP_ADD: return a < b;
    case CC_OP_ADC: return a <= b;
    case CC_OP_SUB: return a < b;
    case CC_OP_SBB: return a <= b;
    case CC_OP_LOGIC: return false;
    case CC_OP_RESULT: return cpu->cc_b & FLAG_CF;
    case CC_OP_RFLAGS: case CC_OP_INC: case CC_OP_DEC: break;
    }
    return cpu->rflags & FLAG_CF;
}

/* A condition over flags in their RFLAGS places. */
static INLINE bool cond_of_flags(Condition condition, u32 flags)
{
    bool less = !(flags & FLAG_SF) != !(flags & FLAG_OF), result = false;
    switch (condition & ~1u) {
    case COND_O: result = flags & FLAG_OF; break;
    case COND_B: result = flags & FLAG_CF; break;
    case COND_E: result = flags & FLAG_ZF; break;
    case COND_BE: result = flags & (FLAG_CF | FLAG_ZF); break;
    case COND_S: result = flags & FLAG_SF; break;
    case COND_P: result = flags & FLAG_PF; break;
    case COND_L: result = less; break;
    case COND_LE: result = less || (flags & FLAG_ZF); break;
    }
    return result != (condition & 1);
}

/* `a - b` at `width`, signed operands for signed conditions: one host compare. */
static INLINE bool cond_of_sub(Condition condition, unsigned width, u64 a, u64 b)
{
    i64 sa = bits_sign_extend(a, width), sb = bits_sign_extend(b, width);
    u64 mask = bits_mask(width);
    a &= mask, b &= mask;
    switch (condition) {
    case COND_B: return a < b;
    case COND_AE: return a >= b;
    case COND_E: return a == b;
    case COND_NE: return a != b;
    case COND_BE: return a <= b;
    case COND_A: return a > b;
    case COND_L: return sa < sb;
    case COND_GE: return sa >= sb;
    case COND_LE: return sa <= sb;
    case COND_G: return sa > sb;
    case COND_S: return bits_sign_extend(a - b, width) < 0;
    case COND_NS: return bits_sign_extend(a - b, width) >= 0;
    case COND_O: return (((a ^ b) & (a ^ (a - b))) >> (width - 1)) & 1;
    case COND_NO: return !((((a ^ b) & (a ^ (a - b))) >> (width - 1)) & 1);
    case COND_P: return !__builtin_parity((u8)(a - b));
    case COND_NP: return __builtin_parity((u8)(a - b));
    }
    return false;
}

/* After a logical operation with this result. */
static INLINE bool cond_of_logic(Condition condition, unsigned width, u64 result)
{
    i64 s = bits_sign_extend(result, width);
    switch (condition) {
    case COND_E: case COND_BE: return s == 0;
    case COND_NE: case COND_A: return s != 0;
    case COND_S: case COND_L: return s < 0;
    case COND_NS: case COND_GE: return s >= 0;
    case COND_LE: return s <= 0;
    case COND_G: return s > 0;
    case COND_P: return !__builtin_parity((u8)result);
    case COND_NP: return __builtin_parity((u8)result);
    case COND_O: case COND_B: return false;
    case COND_NO: case COND_AE: return true;
    }
    return false;
}

/* The condition after whatever `kind` says; `kind` is a constant where the translator knows it, else cpu->cc_kind. */
static INLINE bool cond_test(const Cpu *cpu, Condition condition, u32 kind)
{
    if (__builtin_constant_p(kind) && kind >> 2 == CC_OP_SUB)
        return cond_of_sub(condition, CC_WIDTH(kind), cpu->cc_a, cpu->cc_b);
    if (__builtin_constant_p(kind) && kind >> 2 == CC_OP_LOGIC)
        return cond_of_logic(condition, CC_WIDTH(kind), cpu->cc_a);
    return cond_of_flags(condition, cc_flags(cpu));
}

#endif

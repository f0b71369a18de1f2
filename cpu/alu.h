/* What the two-operand and one-operand arithmetic and logical instructions mean. Operands are zero-extended to 64 bits;
 * `flags` false: nobody reads them. */
#ifndef EMU_CPU_ALU_H
#define EMU_CPU_ALU_H

#include "cpu/operand.h"

typedef u64 AluFunction(Cpu *cpu, u64 a, u64 b, unsigned width, bool flags);

static INLINE u64 alu_add(Cpu *cpu, u64 a, u64 b, unsigned width, bool flags)
{
    u64 result = (a + b) & bits_mask(width);
    if (flags)
        cc_set(cpu, CC_OP_ADD, width, result, b);
    return result;
}

static INLINE u64 alu_sub(Cpu *cpu, u64 a, u64 b, unsigned width, bool flags)
{
    if (flags)
        cc_set(cpu, CC_OP_SUB, width, a, b);
    return (a - b) & bits_mask(width);
}

static INLINE u64 alu_adc(Cpu *cpu, u64 a, u64 b, unsigned width, bool flags)
{
    bool carry = cc_carry(cpu);
    u64 result = (a + b + carry) & bits_mask(width);
    if (flags)
        cc_set(cpu, carry ? CC_OP_ADC : CC_OP_ADD, width, result, b);
    return result;
}

static INLINE u64 alu_sbb(Cpu *cpu, u64 a, u64 b, unsigned width, bool flags)
{
    bool borrow = cc_carry(cpu);
    if (flags)
        cc_set(cpu, borrow ? CC_OP_SBB : CC_OP_SUB, width, a, b);
    return (a - b - borrow) & bits_mask(width);
}

#define ALU_LOGIC(name, expression)                                                        \
    static INLINE u64 name(Cpu *cpu, u64 a, u64 b, unsigned width, bool flags)             \
    {                                                                                      \
        u64 result = expression;                                                           \
        if (flags)                                                                         \
            cc_set_logic(cpu, width, result);                                              \
        return result;                                                                     \
    }
ALU_LOGIC(alu_and, a & b)
ALU_LOGIC(alu_or, a | b)
ALU_LOGIC(alu_xor, a ^ b)
#undef ALU_LOGIC

typedef u64 UnaryFunction(Cpu *cpu, u64 a, unsigned width, bool flags);

/* INC and DEC leave CF alone: it moves to rflags first. */
static INLINE void keep_carry(Cpu *cpu) { cpu->rflags = (cpu->rflags & ~(u32)FLAG_CF) | (u32)cc_carry(cpu); }

static INLINE u64 unary_inc(Cpu *cpu, u64 a, unsigned width, bool flags)
{
    u64 result = (a + 1) & bits_mask(width);
    if (flags) {
        keep_carry(cpu);
        cc_set(cpu, CC_OP_INC, width, result, 0);
    }
    return result;
}

static INLINE u64 unary_dec(Cpu *cpu, u64 a, unsigned width, bool flags)
{
    u64 result = (a - 1) & bits_mask(width);
    if (flags) {
        keep_carry(cpu);
        cc_set(cpu, CC_OP_DEC, width, result, 0);
    }
    return result;
}

static INLINE u64 unary_neg(Cpu *cpu, u64 a, unsigned width, bool flags) { return alu_sub(cpu, 0, a, width, flags); }

static INLINE u64 unary_not(Cpu *cpu, u64 a, unsigned width, bool flags)
{
    (void)cpu, (void)flags;
    return ~a & bits_mask(width);
}

#endif

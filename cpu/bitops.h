/* Bit test, bit counting, BMI1 and BMI2. */
#ifndef EMU_CPU_BITOPS_H
#define EMU_CPU_BITOPS_H

#include "cpu/operand.h"

/* The new value of the word whose bit `bit` is tested. */
typedef u64 BitFunction(u64 word, u64 bit);
static INLINE u64 bit_test(u64 word, u64 bit) { (void)bit; return word; }
static INLINE u64 bit_set(u64 word, u64 bit) { return word | bit; }
static INLINE u64 bit_reset(u64 word, u64 bit) { return word & ~bit; }
static INLINE u64 bit_complement(u64 word, u64 bit) { return word ^ bit; }

/* destination = f(source, old destination) */
typedef u64 CountFunction(Cpu *cpu, u64 source, u64 old, unsigned width);

/* ZF of `zero_if` and CF; the others, which the manuals leave undefined, as AMD's processors have them: OF stays. */
static INLINE void count_flags(Cpu *cpu, bool carry, u64 zero_if)
{
    cc_assign(cpu, FLAGS_ARITH & ~FLAG_OF, (carry ? FLAG_CF : 0) | (zero_if ? 0 : FLAG_ZF));
}

/* ZF of the source, PF of the index (AMD), the others 0. */
static INLINE void scan_flags(Cpu *cpu, u64 source, u64 index)
{
    cc_assign(cpu, FLAGS_ARITH, (source ? 0 : FLAG_ZF) | (__builtin_parity((u8)index) ? 0 : FLAG_PF));
}

/* BSF, BSR of 0 leave the destination (documented for AMD, and what Intel's do). */
static INLINE u64 count_bsf(Cpu *cpu, u64 source, u64 old, unsigned width)
{
    (void)width;
    u64 index = source ? (u64)__builtin_ctzll(source) : 0;
    scan_flags(cpu, source, index);
    return source ? index : old;
}
static INLINE u64 count_bsr(Cpu *cpu, u64 source, u64 old, unsigned width)
{
    (void)width;
    u64 index = source ? 63 - (u64)__builtin_clzll(source) : 0;
    scan_flags(cpu, source, index);
    return source ? index : old;
}
static INLINE u64 count_tzcnt(Cpu *cpu, u64 source, u64 old, unsigned width)
{
    (void)old;
    u64 result = source ? (u64)__builtin_ctzll(source) : width;
    count_flags(cpu, !source, result);
    return result;
}
static INLINE u64 count_lzcnt(Cpu *cpu, u64 source, u64 old, unsigned width)
{
    (void)old;
    u64 result = source ? (u64)__builtin_clzll(source) - (64 - width) : width;
    count_flags(cpu, !source, result);
    return result;
}
static INLINE u64 count_popcnt(Cpu *cpu, u64 source, u64 old, unsigned width)
{
    (void)old, (void)width;
    cc_assign(cpu, FLAGS_ARITH, source ? 0 : FLAG_ZF);
    return (u64)__builtin_popcountll(source);
}

/* SDM Vol. 2A, "BLSR", "BLSMSK", "BLSI": SF and ZF of the result, OF = 0. */
static INLINE u64 bls_result(Cpu *cpu, u64 result, unsigned width, bool carry)
{
    result &= bits_mask(width);
    cc_set(cpu, CC_OP_RESULT, width, result, carry ? FLAG_CF : 0);
    return result;
}
static INLINE u64 count_blsr(Cpu *cpu, u64 s, u64 old, unsigned width) { (void)old; return bls_result(cpu, s & (s - 1), width, !s); }
static INLINE u64 count_blsmsk(Cpu *cpu, u64 s, u64 old, unsigned width) { (void)old; return bls_result(cpu, s ^ (s - 1), width, !s); }
static INLINE u64 count_blsi(Cpu *cpu, u64 s, u64 old, unsigned width) { (void)old; return bls_result(cpu, s & -s, width, s); }

/* destination = f(first, second) as Zydis orders the source operands */
typedef u64 Bmi3Function(Cpu *cpu, u64 a, u64 b, unsigned width);

static INLINE u64 bmi_andn(Cpu *cpu, u64 a, u64 b, unsigned width)
{
    u64 result = ~a & b & bits_mask(width);
    cc_set_logic(cpu, width, result);
    return result;
}
/* SDM Vol. 2A, "BEXTR" leaves AF, SF and PF undefined: AMD's processors set AF and clear SF. */
static INLINE u64 bmi_bextr(Cpu *cpu, u64 a, u64 b, unsigned width)
{
    unsigned start = (u8)b, length = (u8)(b >> 8);
    u64 result = start < width ? a >> start : 0;
    if (length < 64)
        result &= (1ull << length) - 1;
    scan_flags(cpu, result, result);
    cpu->rflags |= FLAG_AF;
    return result;
}
static INLINE u64 bmi_bzhi(Cpu *cpu, u64 a, u64 b, unsigned width)
{
    unsigned n = (u8)b;
    u64 result = n < width ? a & ((1ull << n) - 1) : a;
    cc_set(cpu, CC_OP_RESULT, width, result, n >= width ? FLAG_CF : 0);
    return result;
}
static INLINE u64 bmi_pdep(Cpu *cpu, u64 a, u64 mask, unsigned width)
{
    (void)cpu, (void)width;
    u64 result = 0;
    for (; mask; mask &= mask - 1, a >>= 1)
        if (a & 1)
            result |= mask & -mask;
    return result;
}
static INLINE u64 bmi_pext(Cpu *cpu, u64 a, u64 mask, unsigned width)
{
    (void)cpu, (void)width;
    u64 result = 0;
    for (unsigned n = 0; mask; mask &= mask - 1, n++)
        if (a & mask & -mask)
            result |= 1ull << n;
    return result;
}
static INLINE u64 bmi_rorx(Cpu *cpu, u64 a, u64 b, unsigned width)
{
    (void)cpu;
    unsigned n = (unsigned)b & (width - 1);
    return n ? (a >> n | a << (width - n)) & bits_mask(width) : a;
}
static INLINE u64 bmi_sarx(Cpu *cpu, u64 a, u64 b, unsigned width)
{
    (void)cpu;
    return (u64)(bits_sign_extend(a, width) >> (b & (width - 1))) & bits_mask(width);
}
static INLINE u64 bmi_shlx(Cpu *cpu, u64 a, u64 b, unsigned width) { (void)cpu; return a << (b & (width - 1)) & bits_mask(width); }
static INLINE u64 bmi_shrx(Cpu *cpu, u64 a, u64 b, unsigned width) { (void)cpu; return a >> (b & (width - 1)); }

#endif

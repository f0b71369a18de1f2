/* The slow half of the lazy flags: all six at once, and the RFLAGS image. */
#include "cpu/flags.h"

/* ZF, SF, PF of a result of `width` bits. SDM Vol. 1, "Status Flags". */
static u32 flags_of_result(u64 result, unsigned width)
{
    result &= bits_mask(width);
    return (result ? 0 : FLAG_ZF) | (result >> (width - 1) ? FLAG_SF : 0) | (__builtin_parity((u8)result) ? 0 : FLAG_PF);
}

/* CF, OF, AF of left + right + carry = result (or, with borrow, of left - right - borrow). */
static u32 flags_of_sum(u64 left, u64 right, u64 result, unsigned width)
{
    u64 carries = (left & right) | ((left | right) & ~result);
    u64 top = 1ull << (width - 1);
    bool carry = carries & top, overflow = (left ^ result) & (right ^ result) & top;
    return (carry ? FLAG_CF : 0) | (overflow ? FLAG_OF : 0) | ((left ^ right ^ result) & FLAG_AF);
}

static u32 flags_of_difference(u64 left, u64 right, u64 result, unsigned width)
{
    u64 borrows = (~left & right) | ((~left | right) & result);
    u64 top = 1ull << (width - 1);
    bool borrow = borrows & top, overflow = (left ^ right) & (left ^ result) & top;
    return (borrow ? FLAG_CF : 0) | (overflow ? FLAG_OF : 0) | ((left ^ right ^ result) & FLAG_AF);
}

u32 cc_compute(u32 kind, u64 a, u64 b, u32 rflags)
{
    unsigned width = CC_WIDTH(kind);
    u64 top = 1ull << (width - 1), result = a & bits_mask(width);
    switch ((CcOperation)(kind >> 2)) {
    case CC_OP_RFLAGS:
        return rflags & FLAGS_ARITH;
    case CC_OP_ADD:
        return flags_of_result(a, width) | flags_of_sum(a - b, b, a, width);
    case CC_OP_ADC:
        return flags_of_result(a, width) | flags_of_sum(a - b - 1, b, a, width);
    case CC_OP_SUB:
        return flags_of_result(a - b, width) | flags_of_difference(a, b, a - b, width);
    case CC_OP_SBB:
        return flags_of_result(a - b - 1, width) | flags_of_difference(a, b, a - b - 1, width);
    case CC_OP_LOGIC:
        return flags_of_result(a, width);
    case CC_OP_INC:
        return flags_of_result(a, width) | (rflags & FLAG_CF) | (result == top ? FLAG_OF : 0) | (result & 15 ? 0 : FLAG_AF);
    case CC_OP_DEC:
        return flags_of_result(a, width) | (rflags & FLAG_CF) | (result == top - 1 ? FLAG_OF : 0) |
               ((result & 15) == 15 ? FLAG_AF : 0);
    case CC_OP_RESULT:
        return flags_of_result(a, width) | ((u32)b & (FLAG_CF | FLAG_OF | FLAG_AF));
    }
    return 0;
}

u64 cpu_rflags(const CpuState *state)
{
    u32 arithmetic = cc_compute(state->cc_kind, state->cc_a, state->cc_b, state->rflags);
    return (state->rflags & ~(u32)FLAGS_ARITH) | arithmetic | FLAG_ONE | FLAG_IF;
}

void cpu_set_rflags(CpuState *state, u64 rflags)
{
    enum { WRITABLE = FLAGS_ARITH | FLAG_DF | FLAG_TF | FLAG_AC | FLAG_ID | FLAG_NT | FLAG_RF };
    state->rflags = ((u32)rflags & WRITABLE) | FLAG_ONE | FLAG_IF;
    state->cc_kind = CC_RFLAGS;
}

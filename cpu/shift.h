/* Shifts and rotates. `count` is raw: each masks it itself. A masked count of zero leaves every flag.
 * SDM Vol. 2B, "SAL/SAR/SHL/SHR" and "RCL/RCR/ROL/ROR". The manuals define OF for counts of 1 only, and AF never; what is stored
 * here is what AMD's processors have there (Zen 5: `selftest --undefined`). */
#ifndef EMU_CPU_SHIFT_H
#define EMU_CPU_SHIFT_H

#include "cpu/operand.h"

typedef u64 ShiftFunction(Cpu *cpu, u64 a, unsigned count, unsigned width, bool flags);

static INLINE unsigned shift_mask(unsigned count, unsigned width) { return count & (width == 64 ? 63 : 31); }

static INLINE void shift_flags(Cpu *cpu, unsigned width, u64 result, bool carry, bool overflow)
{
    cc_set(cpu, CC_OP_RESULT, width, result, FLAG_AF | (carry ? FLAG_CF : 0) | (overflow ? FLAG_OF : 0));
}

static INLINE u64 shift_shl(Cpu *cpu, u64 a, unsigned count, unsigned width, bool flags)
{
    count = shift_mask(count, width);
    u64 result = (width < 64 && count >= width + 1 ? 0 : a << count) & bits_mask(width);
    if (flags && count) {
        bool carry = count <= width && a >> (width - count) & 1;
        shift_flags(cpu, width, result, carry, carry != (result >> (width - 1)));
    }
    return result;
}

static INLINE u64 shift_shr(Cpu *cpu, u64 a, unsigned count, unsigned width, bool flags)
{
    count = shift_mask(count, width);
    u64 result = a >> count;
    if (flags && count)
        shift_flags(cpu, width, result, a >> (count - 1) & 1, result >> (width - 2) & 1);
    return result;
}

static INLINE u64 shift_sar(Cpu *cpu, u64 a, unsigned count, unsigned width, bool flags)
{
    count = shift_mask(count, width);
    i64 value = bits_sign_extend(a, width);
    u64 result = (u64)(value >> count) & bits_mask(width);
    if (flags && count)
        shift_flags(cpu, width, result, value >> (count - 1) & 1, false);
    return result;
}

static INLINE u64 rotate_left(u64 a, unsigned count, unsigned width)
{
    if (width >= 32) /* one host rotate */
        return width == 64 ? a << (count & 63) | a >> (-count & 63) : (u32)((u32)a << (count & 31) | (u32)a >> (-count & 31));
    count %= width;
    return count ? (a << count | a >> (width - count)) & bits_mask(width) : a;
}

static INLINE u64 shift_rol(Cpu *cpu, u64 a, unsigned count, unsigned width, bool flags)
{
    count = shift_mask(count, width);
    u64 result = rotate_left(a, count, width);
    if (flags && count) {
        bool carry = result & 1;
        cc_assign(cpu, FLAG_CF | FLAG_OF, (carry ? FLAG_CF : 0) | (carry != (result >> (width - 1)) ? FLAG_OF : 0));
    }
    return result;
}

static INLINE u64 shift_ror(Cpu *cpu, u64 a, unsigned count, unsigned width, bool flags)
{
    count = shift_mask(count, width);
    u64 result = rotate_left(a, width - count % width, width);
    if (flags && count) {
        bool top = result >> (width - 1), below = result >> (width - 2) & 1;
        cc_assign(cpu, FLAG_CF | FLAG_OF, (top ? FLAG_CF : 0) | (top != below ? FLAG_OF : 0));
    }
    return result;
}

/* Rotates through CF: width + 1 bits. */
static INLINE u64 shift_rcl(Cpu *cpu, u64 a, unsigned count, unsigned width, bool flags)
{
    count = shift_mask(count, width);
    if (!count)
        return a;
    count %= width + 1; /* 0 now: OF is written all the same */
    u128 wide = (u128)cc_carry(cpu) << width | a;
    wide = wide << count | wide >> (width + 1 - count);
    u64 result = (u64)wide & bits_mask(width);
    if (flags) {
        bool carry = (u64)(wide >> width) & 1;
        cc_assign(cpu, FLAG_CF | FLAG_OF, (carry ? FLAG_CF : 0) | (carry != (result >> (width - 1)) ? FLAG_OF : 0));
    }
    return result;
}

static INLINE u64 shift_rcr(Cpu *cpu, u64 a, unsigned count, unsigned width, bool flags)
{
    count = shift_mask(count, width);
    if (!count)
        return a;
    count %= width + 1; /* 0 now: OF is written all the same */
    u128 wide = (u128)cc_carry(cpu) << width | a;
    wide = wide >> count | wide << (width + 1 - count);
    u64 result = (u64)wide & bits_mask(width);
    if (flags) {
        bool carry = (u64)(wide >> width) & 1, top = result >> (width - 1), below = result >> (width - 2) & 1;
        cc_assign(cpu, FLAG_CF | FLAG_OF, (carry ? FLAG_CF : 0) | (top != below ? FLAG_OF : 0));
    }
    return result;
}

#endif

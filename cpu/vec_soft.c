/* What a host's vector unit lacks when the build may not use it: rounding to integers, fused multiply-add, half precision,
 * lane by lane. Sticky flags are raised by hand where no arithmetic does it. See vec_fp_ext.h. */
#include <math.h>

#include "cpu/vec_fp_ext.h"

#if !defined(__AVX__) || !defined(__FMA__) || !defined(__F16C__)

typedef struct Format {
    u32 fraction, exponent; /* stored bits */
} Format;
static const Format FORMAT_32 = { 23, 8 }, FORMAT_64 = { 52, 11 };

static u64 format_sign(Format f) { return 1ull << (f.fraction + f.exponent); }
static u64 format_infinity(Format f) { return bits_mask(f.exponent) << f.fraction; }
static bool format_nan(Format f, u64 bits) { return (bits & ~format_sign(f)) > format_infinity(f); }
static u64 format_quiet(Format f) { return 1ull << (f.fraction - 1); }
static bool format_signalling(Format f, u64 bits) { return format_nan(f, bits) && !(bits & format_quiet(f)); }
static bool format_denormal(Format f, u64 bits) { return !(bits & format_infinity(f)) && bits & bits_mask(f.fraction); }

/* Rounding mode as MXCSR counts: is a value with these discarded bits to be moved away from zero? */
static bool rounds_up(u32 mode, bool negative, u64 low, u64 half, bool odd)
{
    switch (mode) {
    case 0: return low > half || (low == half && odd);
    case 1: return negative && low;
    case 2: return !negative && low;
    default: return false;
    }
}

#endif
#if !defined(__AVX__) && !defined(__SSE4_1__)

static u64 round_lane(Format f, u64 bits, u8 imm)
{
    u32 mxcsr = fpenv_host_get(), mode = imm & 4 ? mxcsr >> 13 & 3 : imm & 3;
    u64 sign = bits & format_sign(f), magnitude = bits & ~format_sign(f);
    u32 bias = (u32)bits_mask(f.exponent - 1), exponent = (u32)(magnitude >> f.fraction);
    if (format_nan(f, bits)) {
        fpenv_host_raise(format_signalling(f, bits) ? MXCSR_IE : 0);
        return bits | format_quiet(f);
    }
    if (mxcsr & MXCSR_DAZ && format_denormal(f, bits))
        return sign;
    if (exponent >= bias + f.fraction || !magnitude)
        return bits;
    u64 result;
    bool inexact = true;
    if (exponent < bias) { /* below 1: 0 or 1; 1/2 is a tie, and 0 is even */
        bool up = rounds_up(mode, sign, magnitude > (u64)(bias - 1) << f.fraction ? 3 : exponent == bias - 1 ? 2 : 1, 2, false);
        result = up ? (u64)bias << f.fraction : 0;
    } else {
        u32 shift = f.fraction - (exponent - bias);
        u64 low = magnitude & bits_mask(shift), kept = magnitude - low;
        inexact = low;
        result = kept + (rounds_up(mode, sign, low, 1ull << (shift - 1), kept >> shift & 1) ? 1ull << shift : 0);
    }
    fpenv_host_raise(inexact && !(imm & 8) ? MXCSR_PE : 0);
    return sign | result;
}

V128 vec_roundps(V128 a, u8 imm)
{
    Vector v;
    memcpy(&v, &a, sizeof a);
    for (u32 i = 0; i < 4; i++)
        v.u32[i] = (u32)round_lane(FORMAT_32, v.u32[i], imm);
    memcpy(&a, &v, sizeof a);
    return a;
}

V128 vec_roundpd(V128 a, u8 imm)
{
    Vector v;
    memcpy(&v, &a, sizeof a);
    for (u32 i = 0; i < 2; i++)
        v.u64[i] = round_lane(FORMAT_64, v.u64[i], imm);
    memcpy(&a, &v, sizeof a);
    return a;
}

#endif
#ifndef __FMA__

/* The first NaN of x, y, z wins, x and y being the factors. SDM Vol. 1, "Fused-Multiply-ADD (FMA) Numeric Behavior". */
static bool fma_nan(Format f, u64 x, u64 y, u64 z, u64 *result)
{
    if (!format_nan(f, x) && !format_nan(f, y) && !format_nan(f, z))
        return false;
    bool signalling = format_signalling(f, x) || format_signalling(f, y) || format_signalling(f, z);
    fpenv_host_raise(signalling ? MXCSR_IE : 0);
    *result = (format_nan(f, x) ? x : format_nan(f, y) ? y : z) | format_quiet(f);
    return true;
}

/* Denormal operands: zeros if MXCSR says so, else DE, unless the operation is invalid. */
static u32 fma_denormals(Format f, u64 operand[3])
{
    bool zeros = fpenv_host_get() & MXCSR_DAZ;
    u32 flags = 0;
    for (u32 i = 0; i < 3; i++)
        if (format_denormal(f, operand[i])) {
            flags = zeros ? 0 : MXCSR_DE;
            operand[i] &= zeros ? format_sign(f) : ~0ull;
        }
    return flags;
}

static u64 fma_lane(Format f, u64 x, u64 y, u64 z, FmaSigns signs, bool odd)
{
    bool negate_product = signs == FMA_nmadd || signs == FMA_nmsub;
    bool negate_addend = signs == FMA_msub || signs == FMA_nmsub || (signs == FMA_maddsub && !odd) || (signs == FMA_msubadd && odd);
    u64 operand[3] = { x, y, z }, result;
    if (fma_nan(f, x, y, z, &result))
        return result;
    u32 flags = fma_denormals(f, operand);
    operand[0] ^= negate_product ? format_sign(f) : 0;
    operand[2] ^= negate_addend ? format_sign(f) : 0;
    if (f.fraction == FORMAT_32.fraction) {
        float v[3], r;
        for (u32 i = 0; i < 3; i++)
            memcpy(&v[i], &operand[i], sizeof r);
        r = fmaf(v[0], v[1], v[2]);
        result = 0;
        memcpy(&result, &r, sizeof r);
    } else {
        double v[3], r;
        memcpy(v, operand, sizeof v);
        r = fma(v[0], v[1], v[2]);
        memcpy(&result, &r, sizeof r);
    }
    if (format_nan(f, result))
        return result | format_sign(f); /* the real indefinite is negative */
    fpenv_host_raise(flags);
    return result;
}

/* Arranges the three operands of an encoding as factor, factor, addend. */
static void fma_arrange(FmaOrder order, const Vector *a, const Vector *b, const Vector *c, const Vector *to[3])
{
    to[0] = order == FMA_132 ? a : b;
    to[1] = order == FMA_213 ? a : c;
    to[2] = order == FMA_132 ? b : order == FMA_213 ? c : a;
}

V128 vec_soft_fma_ps(V128 a, V128 b, V128 c, FmaOrder order, FmaSigns signs, u32 lanes)
{
    Vector va, vb, vc;
    const Vector *v[3];
    memcpy(&va, &a, sizeof a);
    memcpy(&vb, &b, sizeof b);
    memcpy(&vc, &c, sizeof c);
    Vector r = va;
    fma_arrange(order, &va, &vb, &vc, v);
    for (u32 i = 0; i < lanes; i++)
        r.u32[i] = (u32)fma_lane(FORMAT_32, v[0]->u32[i], v[1]->u32[i], v[2]->u32[i], signs, i & 1);
    memcpy(&a, &r, sizeof a);
    return a;
}

V128 vec_soft_fma_pd(V128 a, V128 b, V128 c, FmaOrder order, FmaSigns signs, u32 lanes)
{
    Vector va, vb, vc;
    const Vector *v[3];
    memcpy(&va, &a, sizeof a);
    memcpy(&vb, &b, sizeof b);
    memcpy(&vc, &c, sizeof c);
    Vector r = va;
    fma_arrange(order, &va, &vb, &vc, v);
    for (u32 i = 0; i < lanes; i++)
        r.u64[i] = fma_lane(FORMAT_64, v[0]->u64[i], v[1]->u64[i], v[2]->u64[i], signs, i & 1);
    memcpy(&a, &r, sizeof a);
    return a;
}

#endif
#ifndef __F16C__

static const Format FORMAT_16 = { 10, 5 };

/* Exact, and no flag but IE: DAZ and DE do not apply to half precision. */
static u32 half_to_single(u16 h)
{
    u32 sign = (u32)(h & 0x8000) << 16, fraction = h & 0x3ff, exponent = h >> 10 & 31;
    if (exponent == 31) {
        fpenv_host_raise(format_signalling(FORMAT_16, h) ? MXCSR_IE : 0);
        return sign | 0x7f800000 | fraction << 13 | (fraction ? 0x400000 : 0);
    }
    if (exponent)
        return sign | (exponent + 112) << 23 | fraction << 13;
    if (!fraction)
        return sign;
    u32 top = 31 - (u32)__builtin_clz(fraction);
    return sign | (top + 103) << 23 | (fraction << (23 - top) & 0x7fffff);
}

V128 vec_cvtph2ps(V128 a)
{
    Vector v, r;
    memcpy(&v, &a, sizeof a);
    for (u32 i = 0; i < 4; i++)
        r.u32[i] = half_to_single(v.u16[i]);
    memcpy(&a, &r, sizeof a);
    return a;
}

/* FTZ does not apply; DAZ does. */
static u16 single_to_half(u32 bits, u32 mode, bool zeros)
{
    u16 sign = (u16)(bits >> 16 & 0x8000);
    u32 magnitude = bits & 0x7fffffff;
    if (format_nan(FORMAT_32, bits)) {
        fpenv_host_raise(format_signalling(FORMAT_32, bits) ? MXCSR_IE : 0);
        return (u16)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    }
    if (format_denormal(FORMAT_32, bits)) {
        if (zeros)
            return sign;
        fpenv_host_raise(MXCSR_DE);
    }
    if (magnitude == 0x7f800000 || !magnitude)
        return (u16)(sign | (magnitude ? 0x7c00 : 0));
    i32 exponent = (i32)(magnitude >> 23) - 112; /* of the half, when normal */
    u64 significand = (u64)(magnitude >> 23 ? (magnitude & 0x7fffff) | 0x800000 : magnitude << 1) << 24;
    u32 shift = exponent > 0 ? 13 + 24 : exponent < -12 ? 13 + 24 + 13 : (u32)(13 + 24 + 1 - exponent);
    u64 sticky = exponent < -12 ? 1 : 0;
    u64 low = (exponent < -12 ? 0 : significand & bits_mask(shift)) | sticky, kept = exponent < -12 ? 0 : significand >> shift;
    bool up = rounds_up(mode, sign, low, 1ull << (shift - 1), kept & 1);
    u32 result = (u32)kept + up + (exponent > 0 ? (u32)(exponent - 1) << 10 : 0);
    if (result >= 0x7c00) {
        bool infinite = mode == 0 || (mode == 1 && sign) || (mode == 2 && !sign);
        fpenv_host_raise(MXCSR_OE | MXCSR_PE);
        return (u16)(sign | (infinite ? 0x7c00 : 0x7bff));
    }
    bool tiny = exponent <= 0; /* after rounding with any exponent: only 1.11…1 x 2^-15 can round up to the least normal */
    if (exponent == 0)
        tiny = !(rounds_up(mode, sign, significand & bits_mask(37), 1ull << 36, significand >> 37 & 1) && significand >> 37 == 0x7ff);
    fpenv_host_raise((low ? MXCSR_PE : 0) | (low && tiny ? MXCSR_UE : 0));
    return (u16)(sign | result);
}

V128 vec_cvtps2ph(V128 a, u8 imm)
{
    u32 mxcsr = fpenv_host_get(), mode = imm & 4 ? mxcsr >> 13 & 3 : imm & 3;
    Vector v, r = { .u64 = { 0 } };
    memcpy(&v, &a, sizeof a);
    for (u32 i = 0; i < 4; i++)
        r.u16[i] = single_to_half(v.u32[i], mode, mxcsr & MXCSR_DAZ);
    memcpy(&a, &r, sizeof a);
    return a;
}

#endif

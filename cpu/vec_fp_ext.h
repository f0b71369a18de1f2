/* Floating point beyond SSE2: rounding, dot products, fused multiply-add, half precision.
 *
 * Hosts without the instruction (plain x86-64 builds, other machines) compute with what they have; results, flags and NaNs
 * are the same (tests/unit/vec_native.c built without -march checks it). */
#ifndef EMU_CPU_VEC_FP_EXT_H
#define EMU_CPU_VEC_FP_EXT_H

#include "cpu/vec_fp.h"

/* ---- ROUNDxx: imm[1:0] the mode, imm[2] MXCSR's mode instead, imm[3] no PE -------------------------------------------------- */

#if defined(__AVX__) || defined(__SSE4_1__)
#ifdef __AVX__
#define FP_ROUND_CASE_1(insn, k) case k: __asm__ volatile("v" insn " %2, %1, %0" : "=x"(r) : "x"(a), "i"(k)); break;
#define FP_ROUND_CASE_2(insn, k) case k: __asm__ volatile("v" insn " %3, %2, %1, %0" : "=x"(r) : "x"(a), "x"(b), "i"(k)); break;
#else
#define FP_ROUND_CASE_1(insn, k) case k: __asm__ volatile(insn " %2, %1, %0" : "=x"(r) : "x"(a), "i"(k)); break;
#define FP_ROUND_CASE_2(insn, k) case k: r = a; __asm__ volatile(insn " %2, %1, %0" : "+x"(r) : "x"(b), "i"(k)); break;
#endif
#define FP_CASES_ALL(CASE, insn) \
    CASE(insn, 0) CASE(insn, 1) CASE(insn, 2) CASE(insn, 3) CASE(insn, 4) CASE(insn, 5) CASE(insn, 6) CASE(insn, 7) \
    CASE(insn, 8) CASE(insn, 9) CASE(insn, 10) CASE(insn, 11) CASE(insn, 12) CASE(insn, 13) CASE(insn, 14) CASE(insn, 15)
#define FP_ROUND_1(name, insn, Type)                                             \
    static INLINE Type name(Type a, u8 imm)                                      \
    {                                                                            \
        Type r;                                                                  \
        switch (imm & 15) {                                                      \
        FP_CASES_ALL(FP_ROUND_CASE_1, insn)                                      \
        default: __builtin_unreachable();                                        \
        }                                                                        \
        return r;                                                                \
    }
#define FP_ROUND_2(name, insn)                                                   \
    static INLINE V128 name(V128 a, V128 b, u8 imm)                              \
    {                                                                            \
        V128 r;                                                                  \
        switch (imm & 15) {                                                      \
        FP_CASES_ALL(FP_ROUND_CASE_2, insn)                                      \
        default: __builtin_unreachable();                                        \
        }                                                                        \
        return r;                                                                \
    }
FP_ROUND_1(vec_roundps, "roundps", V128)
FP_ROUND_1(vec_roundpd, "roundpd", V128)
FP_ROUND_2(vec_roundss, "roundss")
FP_ROUND_2(vec_roundsd, "roundsd")
#ifdef __AVX__
FP_ROUND_1(vec_roundps_256, "roundps", V256)
FP_ROUND_1(vec_roundpd_256, "roundpd", V256)
#else
VEC_HALVES_1_IMM(vec_roundps)
VEC_HALVES_1_IMM(vec_roundpd)
#endif
#else
/* Lane by lane in integers (vec_soft.c). */
V128 vec_roundps(V128 a, u8 imm);
V128 vec_roundpd(V128 a, u8 imm);
static INLINE V128 vec_roundss(V128 a, V128 b, u8 imm)
{
    return vec_movss(a, vec_roundps(vec_movss(simde_mm_setzero_si128(), b), imm));
}
static INLINE V128 vec_roundsd(V128 a, V128 b, u8 imm)
{
    return vec_movsd(a, vec_roundpd(vec_movsd(simde_mm_setzero_si128(), b), imm));
}
VEC_HALVES_1_IMM(vec_roundps)
VEC_HALVES_1_IMM(vec_roundpd)
#endif

/* ---- DPPS, DPPD: imm[7:4] which products, imm[3:0] which lanes get the sum ----------------------------------------------------- */

/* In steps, each of which may raise exceptions of its own: products; sums of neighbours; for DPPS the sum of those. */
static INLINE V128 vec_dpps_products(V128 a, V128 b, u8 imm)
{
    V128 take = vec_lane_mask_32(imm >> 4);
    return vec_mulps(vec_and(a, take), vec_and(b, take));
}
static INLINE V128 vec_dpps_pairs(V128 products) { return vec_addps(products, simde_mm_shuffle_epi32(products, 0xb1)); }
static INLINE V128 vec_dpps_sum(V128 pairs)
{
    return vec_addps(simde_mm_shuffle_epi32(pairs, 0x00), simde_mm_shuffle_epi32(pairs, 0xaa));
}
VEC_HALVES_2_IMM(vec_dpps_products)
VEC_HALVES_1(vec_dpps_pairs)
VEC_HALVES_1(vec_dpps_sum)
static INLINE V128 vec_dppd_products(V128 a, V128 b, u8 imm)
{
    V128 take = vec_lane_mask_64(imm >> 4);
    return vec_mulpd(vec_and(a, take), vec_and(b, take));
}
static INLINE V128 vec_dppd_sum(V128 products)
{
    return vec_addpd(vec_punpcklqdq(products, products), vec_punpckhqdq(products, products));
}

/* ---- fused multiply-add: the digits say which operands are multiplied (first two) and added ---------------------------------------- */

#ifdef __FMA__
#define FP_FMA_ONE(name, insn, Type) \
    static INLINE Type name(Type a, Type b, Type c) { __asm__ volatile(insn " %2, %1, %0" : "+x"(a) : "x"(b), "x"(c)); return a; }
#define FP_FMA_PACKED(stem, suffix)                                              \
    FP_FMA_ONE(vec_##stem##suffix, "v" #stem #suffix, V128)                      \
    FP_FMA_ONE(vec_##stem##suffix##_256, "v" #stem #suffix, V256)
#define FP_FMA_SCALAR(stem, suffix) FP_FMA_ONE(vec_##stem##suffix, "v" #stem #suffix, V128)
#else
typedef enum FmaOrder { FMA_132, FMA_213, FMA_231 } FmaOrder;
/* Signs of product and addend, for even and odd lanes. */
typedef enum FmaSigns { FMA_madd, FMA_msub, FMA_nmadd, FMA_nmsub, FMA_maddsub, FMA_msubadd } FmaSigns;
/* vec_soft.c; `lanes` of them from the lowest, the others from `a`. */
V128 vec_soft_fma_ps(V128 a, V128 b, V128 c, FmaOrder order, FmaSigns signs, u32 lanes);
V128 vec_soft_fma_pd(V128 a, V128 b, V128 c, FmaOrder order, FmaSigns signs, u32 lanes);
#define FP_FMA_SOFT(name, function, signs, order, lanes) \
    static INLINE V128 name(V128 a, V128 b, V128 c) { return function(a, b, c, order, signs, lanes); }
#define FP_FMA_NAMED(signs, order, suffix) vec_f##signs##order##suffix
#endif

#define FP_FMA_FORMS(MAKE, signs) MAKE(signs, 132) MAKE(signs, 213) MAKE(signs, 231)
#ifdef __FMA__
#define FP_FMA_ALL(signs, order)                                                 \
    FP_FMA_PACKED(f##signs##order, ps) FP_FMA_PACKED(f##signs##order, pd)        \
    FP_FMA_SCALAR(f##signs##order, ss) FP_FMA_SCALAR(f##signs##order, sd)
#define FP_FMA_ALTERNATING(signs, order) FP_FMA_PACKED(f##signs##order, ps) FP_FMA_PACKED(f##signs##order, pd)
#else
#define FP_FMA_ALTERNATING(signs, order)                                         \
    FP_FMA_SOFT(vec_f##signs##order##ps, vec_soft_fma_ps, FMA_##signs, FMA_##order, 4) \
    FP_FMA_SOFT(vec_f##signs##order##pd, vec_soft_fma_pd, FMA_##signs, FMA_##order, 2) \
    VEC_HALVES_3(vec_f##signs##order##ps)                                        \
    VEC_HALVES_3(vec_f##signs##order##pd)
#define FP_FMA_ALL(signs, order)                                                 \
    FP_FMA_ALTERNATING(signs, order)                                             \
    FP_FMA_SOFT(vec_f##signs##order##ss, vec_soft_fma_ps, FMA_##signs, FMA_##order, 1) \
    FP_FMA_SOFT(vec_f##signs##order##sd, vec_soft_fma_pd, FMA_##signs, FMA_##order, 1)
#endif
FP_FMA_FORMS(FP_FMA_ALL, madd)
FP_FMA_FORMS(FP_FMA_ALL, msub)
FP_FMA_FORMS(FP_FMA_ALL, nmadd)
FP_FMA_FORMS(FP_FMA_ALL, nmsub)
FP_FMA_FORMS(FP_FMA_ALTERNATING, maddsub)
FP_FMA_FORMS(FP_FMA_ALTERNATING, msubadd)

/* ---- half precision -------------------------------------------------------------------------------------------------------------- */

#ifdef __F16C__
static INLINE V128 vec_cvtph2ps(V128 a) { V128 r; __asm__ volatile("vcvtph2ps %1, %0" : "=x"(r) : "x"(a)); return r; }
static INLINE V256 vec_cvtph2ps_256(V128 a) { V256 r; __asm__ volatile("vcvtph2ps %1, %0" : "=x"(r) : "x"(a)); return r; }
#define FP_HALF_CASE(k) case k: __asm__ volatile("vcvtps2ph %2, %1, %0" : "=x"(r) : "x"(a), "i"(k)); break;
#define FP_HALF(name, Type)                                                      \
    static INLINE V128 name(Type a, u8 imm)                                      \
    {                                                                            \
        V128 r;                                                                  \
        switch (imm & 7) {                                                       \
        FP_HALF_CASE(0) FP_HALF_CASE(1) FP_HALF_CASE(2) FP_HALF_CASE(3)          \
        FP_HALF_CASE(4) FP_HALF_CASE(5) FP_HALF_CASE(6) FP_HALF_CASE(7)          \
        default: __builtin_unreachable();                                        \
        }                                                                        \
        return r;                                                                \
    }
FP_HALF(vec_cvtps2ph, V128)
FP_HALF(vec_cvtps2ph_256, V256)
#else
V128 vec_cvtph2ps(V128 a);          /* the low four */
V128 vec_cvtps2ph(V128 a, u8 imm);  /* into the low four; the rest 0 */
static INLINE V256 vec_cvtph2ps_256(V128 a) { return vec_join(vec_cvtph2ps(a), vec_cvtph2ps(vec_upper_64(a))); }
static INLINE V128 vec_cvtps2ph_256(V256 a, u8 imm)
{
    return vec_punpcklqdq(vec_cvtps2ph(vec_low(a), imm), vec_cvtps2ph(vec_high(a), imm));
}
#endif

#endif

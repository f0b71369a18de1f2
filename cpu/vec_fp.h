/* What the floating-point vector instructions mean. vec_x is the 128-bit form, vec_x_256 the 256-bit one.
 *
 * On x86-64 hosts the arithmetic is the host's own instruction, written as volatile assembler: compilers swap the operands
 * of a + b (and so choose the other NaN), fold, and move computations across the reading of MXCSR. On other hosts SIMDe
 * computes: values, rounding and flags are right, but the NaN chosen among several, and denormal modes, are the host's. */
#ifndef EMU_CPU_VEC_FP_H
#define EMU_CPU_VEC_FP_H

#include "cpu/fpenv.h"
#include "cpu/vec_int.h"

/* ---- one host instruction -------------------------------------------------------------------------------------------- */

#if defined(__AVX__)
#define FP_ASM_2(insn, r, a, b, simde) __asm__ volatile("v" insn " %2, %1, %0" : "=x"(r) : "x"(a), "x"(b))
#define FP_ASM_1(insn, r, a, simde) __asm__ volatile("v" insn " %1, %0" : "=x"(r) : "x"(a))
#elif defined(__x86_64__)
#define FP_ASM_2(insn, r, a, b, simde) ((r) = (a), ({ __asm__ volatile(insn " %1, %0" : "+x"(r) : "x"(b)); }))
#define FP_ASM_1(insn, r, a, simde) __asm__ volatile(insn " %1, %0" : "=x"(r) : "x"(a))
#else
#define FP_ASM_2(insn, r, a, b, simde) ((r) = (simde))
#define FP_ASM_1(insn, r, a, simde) ((r) = (simde))
#endif
#define PS(v) simde_mm_castsi128_ps(v)
#define PD(v) simde_mm_castsi128_pd(v)
#define FROM_PS(v) simde_mm_castps_si128(v)
#define FROM_PD(v) simde_mm_castpd_si128(v)

#define FP_PS_2(stem)                                                                                                  \
    static INLINE V128 vec_##stem##ps(V128 a, V128 b) { V128 r; FP_ASM_2(#stem "ps", r, a, b, FROM_PS(simde_mm_##stem##_ps(PS(a), PS(b)))); return r; } \
    FP_256_2(vec_##stem##ps, #stem "ps")
#define FP_PD_2(stem)                                                                                                  \
    static INLINE V128 vec_##stem##pd(V128 a, V128 b) { V128 r; FP_ASM_2(#stem "pd", r, a, b, FROM_PD(simde_mm_##stem##_pd(PD(a), PD(b)))); return r; } \
    FP_256_2(vec_##stem##pd, #stem "pd")
#define FP_SS_2(stem)                                                                                                  \
    static INLINE V128 vec_##stem##ss(V128 a, V128 b) { V128 r; FP_ASM_2(#stem "ss", r, a, b, FROM_PS(simde_mm_##stem##_ss(PS(a), PS(b)))); return r; }
#define FP_SD_2(stem)                                                                                                  \
    static INLINE V128 vec_##stem##sd(V128 a, V128 b) { V128 r; FP_ASM_2(#stem "sd", r, a, b, FROM_PD(simde_mm_##stem##_sd(PD(a), PD(b)))); return r; }
#ifdef __AVX__
#define FP_256_2(name, insn) static INLINE V256 name##_256(V256 a, V256 b) { V256 r; FP_ASM_2(insn, r, a, b, a); return r; }
#define FP_256_1(name, insn) static INLINE V256 name##_256(V256 a) { V256 r; FP_ASM_1(insn, r, a, a); return r; }
#else
#define FP_256_2(name, insn) VEC_HALVES_2(name)
#define FP_256_1(name, insn) VEC_HALVES_1(name)
#endif

FP_PS_2(add) FP_PD_2(add) FP_SS_2(add) FP_SD_2(add)
FP_PS_2(sub) FP_PD_2(sub) FP_SS_2(sub) FP_SD_2(sub)
FP_PS_2(mul) FP_PD_2(mul) FP_SS_2(mul) FP_SD_2(mul)
FP_PS_2(div) FP_PD_2(div) FP_SS_2(div) FP_SD_2(div)
FP_PS_2(min) FP_PD_2(min) FP_SS_2(min) FP_SD_2(min)
FP_PS_2(max) FP_PD_2(max) FP_SS_2(max) FP_SD_2(max)

/* Packed, one source; and the scalar forms, which take the other lanes from `a`. */
#define FP_1(name, insn, simde)                                                                  \
    static INLINE V128 name(V128 a) { V128 r; FP_ASM_1(insn, r, a, simde); return r; }
FP_1(vec_sqrtps, "sqrtps", FROM_PS(simde_mm_sqrt_ps(PS(a))))     FP_256_1(vec_sqrtps, "sqrtps")
FP_1(vec_sqrtpd, "sqrtpd", FROM_PD(simde_mm_sqrt_pd(PD(a))))     FP_256_1(vec_sqrtpd, "sqrtpd")
FP_1(vec_rcpps, "rcpps", FROM_PS(simde_mm_rcp_ps(PS(a))))        FP_256_1(vec_rcpps, "rcpps")
FP_1(vec_rsqrtps, "rsqrtps", FROM_PS(simde_mm_rsqrt_ps(PS(a))))  FP_256_1(vec_rsqrtps, "rsqrtps")
FP_1(vec_cvtdq2ps, "cvtdq2ps", FROM_PS(simde_mm_cvtepi32_ps(a))) FP_256_1(vec_cvtdq2ps, "cvtdq2ps")
FP_1(vec_cvtps2dq, "cvtps2dq", simde_mm_cvtps_epi32(PS(a)))      FP_256_1(vec_cvtps2dq, "cvtps2dq")
FP_1(vec_cvttps2dq, "cvttps2dq", simde_mm_cvttps_epi32(PS(a)))   FP_256_1(vec_cvttps2dq, "cvttps2dq")

#define FP_2(name, insn, simde)                                                                  \
    static INLINE V128 name(V128 a, V128 b) { V128 r; FP_ASM_2(insn, r, a, b, simde); return r; }
FP_2(vec_sqrtss, "sqrtss", vec_movss(a, FROM_PS(simde_mm_sqrt_ps(PS(b)))))
FP_2(vec_sqrtsd, "sqrtsd", vec_movsd(a, FROM_PD(simde_mm_sqrt_pd(PD(b)))))
FP_2(vec_rcpss, "rcpss", vec_movss(a, FROM_PS(simde_mm_rcp_ps(PS(b)))))
FP_2(vec_rsqrtss, "rsqrtss", vec_movss(a, FROM_PS(simde_mm_rsqrt_ps(PS(b)))))
FP_2(vec_cvtss2sd, "cvtss2sd", FROM_PD(simde_mm_cvtss_sd(PD(a), PS(b))))
FP_2(vec_cvtsd2ss, "cvtsd2ss", FROM_PS(simde_mm_cvtsd_ss(PS(a), PD(b))))

/* ---- conversions that change the lanes' width ------------------------------------------------------------------------- */

FP_1(vec_cvtdq2pd, "cvtdq2pd", FROM_PD(simde_mm_cvtepi32_pd(a)))
FP_1(vec_cvtps2pd, "cvtps2pd", FROM_PD(simde_mm_cvtps_pd(PS(a))))
FP_1(vec_cvtpd2ps, "cvtpd2ps", FROM_PS(simde_mm_cvtpd_ps(PD(a))))
FP_1(vec_cvtpd2dq, "cvtpd2dq", simde_mm_cvtpd_epi32(PD(a)))
FP_1(vec_cvttpd2dq, "cvttpd2dq", simde_mm_cvttpd_epi32(PD(a)))

static INLINE V128 vec_upper_64(V128 a) { return simde_mm_unpackhi_epi64(a, a); }
#ifdef __AVX__
#define FP_WIDEN_256(name, insn) static INLINE V256 name##_256(V128 a) { V256 r; FP_ASM_1(insn, r, a, r); return r; }
#define FP_NARROW_256(name, insn) static INLINE V128 name##_256(V256 a) { V128 r; FP_ASM_1(insn, r, a, r); return r; }
#else
#define FP_WIDEN_256(name, insn) static INLINE V256 name##_256(V128 a) { return vec_join(name(a), name(vec_upper_64(a))); }
#define FP_NARROW_256(name, insn) \
    static INLINE V128 name##_256(V256 a) { return simde_mm_unpacklo_epi64(name(vec_low(a)), name(vec_high(a))); }
#endif
FP_WIDEN_256(vec_cvtdq2pd, "cvtdq2pd")
FP_WIDEN_256(vec_cvtps2pd, "cvtps2pd")
FP_NARROW_256(vec_cvtpd2ps, "cvtpd2ps")
FP_NARROW_256(vec_cvtpd2dq, "cvtpd2dq")
FP_NARROW_256(vec_cvttpd2dq, "cvttpd2dq")

/* ---- between vector and general registers ------------------------------------------------------------------------------ */

/* CVTSI2SS, CVTSI2SD: from a 32- or 64-bit integer; the other lanes from `a`. */
#if defined(__AVX__)
#define FP_FROM_INT(name, insn, type, simde) \
    static INLINE V128 name(V128 a, type i) { V128 r; __asm__ volatile("v" insn " %2, %1, %0" : "=x"(r) : "x"(a), "r"(i)); return r; }
#elif defined(__x86_64__)
#define FP_FROM_INT(name, insn, type, simde) \
    static INLINE V128 name(V128 a, type i) { __asm__ volatile(insn " %1, %0" : "+x"(a) : "r"(i)); return a; }
#else
#define FP_FROM_INT(name, insn, type, simde) static INLINE V128 name(V128 a, type i) { return simde; }
#endif
FP_FROM_INT(vec_cvtsi2ss_32, "cvtsi2ssl", i32, FROM_PS(simde_mm_cvt_si2ss(PS(a), i)))
FP_FROM_INT(vec_cvtsi2ss_64, "cvtsi2ssq", i64, FROM_PS(simde_mm_cvtsi64_ss(PS(a), i)))
FP_FROM_INT(vec_cvtsi2sd_32, "cvtsi2sdl", i32, FROM_PD(simde_mm_cvtsi32_sd(PD(a), i)))
FP_FROM_INT(vec_cvtsi2sd_64, "cvtsi2sdq", i64, FROM_PD(simde_mm_cvtsi64_sd(PD(a), i)))

/* CVTSS2SI and its kin. Out of range: the integer indefinite, and IE. */
#if defined(__AVX__)
#define FP_TO_INT(name, insn, type, simde) \
    static INLINE type name(V128 a) { type r; __asm__ volatile("v" insn " %1, %0" : "=r"(r) : "x"(a)); return r; }
#elif defined(__x86_64__)
#define FP_TO_INT(name, insn, type, simde) \
    static INLINE type name(V128 a) { type r; __asm__ volatile(insn " %1, %0" : "=r"(r) : "x"(a)); return r; }
#else
#define FP_TO_INT(name, insn, type, simde) static INLINE type name(V128 a) { return (type)simde; }
#endif
FP_TO_INT(vec_cvtss2si_32, "cvtss2si", u32, simde_mm_cvtss_si32(PS(a)))
FP_TO_INT(vec_cvtss2si_64, "cvtss2si", u64, simde_mm_cvtss_si64(PS(a)))
FP_TO_INT(vec_cvttss2si_32, "cvttss2si", u32, simde_mm_cvttss_si32(PS(a)))
FP_TO_INT(vec_cvttss2si_64, "cvttss2si", u64, simde_mm_cvttss_si64(PS(a)))
FP_TO_INT(vec_cvtsd2si_32, "cvtsd2si", u32, simde_mm_cvtsd_si32(PD(a)))
FP_TO_INT(vec_cvtsd2si_64, "cvtsd2si", u64, simde_mm_cvtsd_si64(PD(a)))
FP_TO_INT(vec_cvttsd2si_32, "cvttsd2si", u32, simde_mm_cvttsd_si32(PD(a)))
FP_TO_INT(vec_cvttsd2si_64, "cvttsd2si", u64, simde_mm_cvttsd_si64(PD(a)))

/* COMISx, UCOMISx: the flags ZF, PF, CF in their RFLAGS places (OF, SF, AF are 0). */
#if defined(__x86_64__)
#ifdef __AVX__
#define FP_VEX "v"
#else
#define FP_VEX ""
#endif
#define FP_COMPARE(name, insn, type, signals)                                                                        \
    static INLINE u32 name(V128 a, V128 b)                                                                    \
    {                                                                                                         \
        u64 flags;                                                                                            \
        __asm__ volatile(FP_VEX insn " %2, %1\n\tlahf" : "=a"(flags) : "x"(a), "x"(b) : "cc");                \
        return (u32)(flags >> 8) & (FLAG_CF | FLAG_PF | FLAG_ZF);                                             \
    }
#else
#define FP_COMPARE(name, insn, type, signals)                                                                 \
    static INLINE u32 name(V128 a, V128 b)                                                                    \
    {                                                                                                         \
        type x, y;                                                                                            \
        memcpy(&x, &a, sizeof x);                                                                             \
        memcpy(&y, &b, sizeof y);                                                                             \
        if (signals ? !(x <= y) && !(x > y) : __builtin_isunordered(x, y))                                    \
            return FLAG_ZF | FLAG_PF | FLAG_CF;                                                               \
        return __builtin_isless(x, y) ? FLAG_CF : __builtin_isgreater(x, y) ? 0 : FLAG_ZF;                    \
    }
#endif
FP_COMPARE(vec_comiss, "comiss", float, true)
FP_COMPARE(vec_comisd, "comisd", double, true)
FP_COMPARE(vec_ucomiss, "ucomiss", float, false)
FP_COMPARE(vec_ucomisd, "ucomisd", double, false)

/* ---- horizontal ---------------------------------------------------------------------------------------------------------- */

static INLINE V128 vec_even_ps(V128 a, V128 b) { return FROM_PS(simde_mm_shuffle_ps(PS(a), PS(b), 0x88)); }
static INLINE V128 vec_odd_ps(V128 a, V128 b) { return FROM_PS(simde_mm_shuffle_ps(PS(a), PS(b), 0xdd)); }
static INLINE V128 vec_haddps(V128 a, V128 b) { return vec_addps(vec_even_ps(a, b), vec_odd_ps(a, b)); }
static INLINE V128 vec_hsubps(V128 a, V128 b) { return vec_subps(vec_even_ps(a, b), vec_odd_ps(a, b)); }
static INLINE V128 vec_haddpd(V128 a, V128 b) { return vec_addpd(vec_punpcklqdq(a, b), vec_punpckhqdq(a, b)); }
static INLINE V128 vec_hsubpd(V128 a, V128 b) { return vec_subpd(vec_punpcklqdq(a, b), vec_punpckhqdq(a, b)); }
VEC_HALVES_2(vec_haddps)
VEC_HALVES_2(vec_hsubps)
VEC_HALVES_2(vec_haddpd)
VEC_HALVES_2(vec_hsubpd)

/* Even lanes subtract, odd lanes add. Lanes that do not take part compute 0 - 0, which raises nothing. */
static INLINE V128 vec_addsubps(V128 a, V128 b)
{
    V128 even = simde_mm_set1_epi64x(0xffffffff);
    V128 difference = vec_subps(vec_and(even, a), vec_and(even, b));
    V128 sum = vec_addps(vec_andn(even, a), vec_andn(even, b));
    return vec_select(sum, difference, even);
}
static INLINE V128 vec_addsubpd(V128 a, V128 b) { return vec_movsd(vec_addpd(vec_upper_64(a), vec_upper_64(b)), vec_subsd(a, b)); }
VEC_HALVES_2(vec_addsubps)
VEC_HALVES_2(vec_addsubpd)

/* ---- compares --------------------------------------------------------------------------------------------------------------- */

/* The 32 predicates of VEX CMPxx; legacy vec_x_sse have the first eight. SDM Vol. 2A, "CMPPD", Table 3-1. */
#if defined(__AVX__)
#define FP_CASE(insn, k) case k: __asm__ volatile("v" insn " %3, %2, %1, %0" : "=x"(r) : "x"(a), "x"(b), "i"(k)); break;
#define FP_CASES_4(insn, k) FP_CASE(insn, k) FP_CASE(insn, k + 1) FP_CASE(insn, k + 2) FP_CASE(insn, k + 3)
#define FP_CASES_16(insn, k) FP_CASES_4(insn, k) FP_CASES_4(insn, k + 4) FP_CASES_4(insn, k + 8) FP_CASES_4(insn, k + 12)
#define FP_CMP(name, insn, Type)                         \
    static INLINE Type name(Type a, Type b, u8 predicate) \
    {                                                    \
        Type r;                                          \
        switch (predicate & 31) {                        \
        FP_CASES_16(insn, 0)                             \
        FP_CASES_16(insn, 16)                            \
        default: __builtin_unreachable();                \
        }                                                \
        return r;                                        \
    }
#define FP_CMP_SSE(name, insn)                                   \
    FP_CMP(name, insn, V128)                                     \
    static INLINE V128 name##_sse(V128 a, V128 b, u8 predicate)  \
    {                                                            \
        V128 r;                                                  \
        switch (predicate & 7) {                                 \
        FP_CASES_4(insn, 0)                                      \
        FP_CASES_4(insn, 4)                                      \
        default: __builtin_unreachable();                        \
        }                                                        \
        return r;                                                \
    }
FP_CMP_SSE(vec_cmpps, "cmpps")
FP_CMP_SSE(vec_cmppd, "cmppd")
FP_CMP_SSE(vec_cmpss, "cmpss")
FP_CMP_SSE(vec_cmpsd, "cmpsd")
FP_CMP(vec_cmpps_256, "cmpps", V256)
FP_CMP(vec_cmppd_256, "cmppd", V256)
#else
/* Composed of what SSE2 has. The relation as bits: less 1, equal 2, greater 4, unordered 8, by predicate & 15. */
static const u8 vec_cmp_relation[16] = { 2, 1, 3, 8, 13, 14, 12, 7, 10, 9, 11, 0, 5, 6, 4, 15 };
enum { VEC_CMP_SIGNALS = 0x6666 }; /* predicates 1, 2, 5, 6, 9, 10, 13, 14 signal quiet NaNs; | 16 inverts that */
FP_2(vec_cmpltps, "cmpltps", FROM_PS(simde_mm_cmplt_ps(PS(a), PS(b))))
FP_2(vec_cmpltpd, "cmpltpd", FROM_PD(simde_mm_cmplt_pd(PD(a), PD(b))))
FP_2(vec_cmpeqps, "cmpeqps", FROM_PS(simde_mm_cmpeq_ps(PS(a), PS(b))))
FP_2(vec_cmpeqpd, "cmpeqpd", FROM_PD(simde_mm_cmpeq_pd(PD(a), PD(b))))
FP_2(vec_cmpunordps, "cmpunordps", FROM_PS(simde_mm_cmpunord_ps(PS(a), PS(b))))
FP_2(vec_cmpunordpd, "cmpunordpd", FROM_PD(simde_mm_cmpunord_pd(PD(a), PD(b))))
#define FP_CMP(name, suffix)                                                                                             \
    static INLINE V128 name(V128 a, V128 b, u8 predicate)                                                                \
    {                                                                                                                    \
        u8 relation = vec_cmp_relation[predicate & 15];                                                                  \
        V128 unordered = vec_cmpunord##suffix(a, b), r = simde_mm_setzero_si128();                                       \
        if ((VEC_CMP_SIGNALS >> (predicate & 15) ^ predicate >> 4) & 1)                                                  \
            (void)vec_cmplt##suffix(a, b);                                                                               \
        a = vec_andn(unordered, a);                                                                                      \
        b = vec_andn(unordered, b);                                                                                      \
        if (relation & 1)                                                                                                \
            r = vec_cmplt##suffix(a, b);                                                                                 \
        if (relation & 2)                                                                                                \
            r = vec_or(r, vec_cmpeq##suffix(a, b));                                                                      \
        if (relation & 4)                                                                                                \
            r = vec_or(r, vec_cmplt##suffix(b, a));                                                                      \
        r = vec_andn(unordered, r);                                                                                      \
        return relation & 8 ? vec_or(r, unordered) : r;                                                                  \
    }
FP_CMP(vec_cmpps, ps)
FP_CMP(vec_cmppd, pd)
VEC_HALVES_2_IMM(vec_cmpps)
VEC_HALVES_2_IMM(vec_cmppd)
static INLINE V128 vec_cmpss(V128 a, V128 b, u8 predicate) /* the other lanes compare 0 with 0 */
{
    V128 zero = simde_mm_setzero_si128();
    return vec_movss(a, vec_cmpps(vec_movss(zero, a), vec_movss(zero, b), predicate));
}
static INLINE V128 vec_cmpsd(V128 a, V128 b, u8 predicate)
{
    V128 zero = simde_mm_setzero_si128();
    return vec_movsd(a, vec_cmppd(vec_movsd(zero, a), vec_movsd(zero, b), predicate));
}
static INLINE V128 vec_cmpps_sse(V128 a, V128 b, u8 predicate) { return vec_cmpps(a, b, predicate & 7); }
static INLINE V128 vec_cmppd_sse(V128 a, V128 b, u8 predicate) { return vec_cmppd(a, b, predicate & 7); }
static INLINE V128 vec_cmpss_sse(V128 a, V128 b, u8 predicate) { return vec_cmpss(a, b, predicate & 7); }
static INLINE V128 vec_cmpsd_sse(V128 a, V128 b, u8 predicate) { return vec_cmpsd(a, b, predicate & 7); }
#endif

#endif

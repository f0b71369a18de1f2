/* What the integer vector instructions mean. Each function vec_x(…) is the 128-bit form, vec_x_256(…) the 256-bit one.
 * Most are the host's own instruction (or SIMDe's replacement for it); those with an immediate, which intrinsics want as a
 * constant, are written with variable controls. */
#ifndef EMU_CPU_VEC_INT_H
#define EMU_CPU_VEC_INT_H

#include "cpu/vec.h"

#define VEC_BINARY(name, stem)                                                                 \
    static INLINE V128 name(V128 a, V128 b) { return simde_mm_##stem(a, b); }                   \
    static INLINE V256 name##_256(V256 a, V256 b) { return simde_mm256_##stem(a, b); }
#define VEC_UNARY(name, stem)                                                                  \
    static INLINE V128 name(V128 a) { return simde_mm_##stem(a); }                              \
    static INLINE V256 name##_256(V256 a) { return simde_mm256_##stem(a); }
/* The 256-bit form of a function that works on each half alone. */
#define VEC_HALVES_2(name) \
    static INLINE V256 name##_256(V256 a, V256 b) { return vec_join(name(vec_low(a), vec_low(b)), name(vec_high(a), vec_high(b))); }
#define VEC_HALVES_1(name) \
    static INLINE V256 name##_256(V256 a) { return vec_join(name(vec_low(a)), name(vec_high(a))); }
#define VEC_HALVES_2_IMM(name) \
    static INLINE V256 name##_256(V256 a, V256 b, u8 imm) { return vec_join(name(vec_low(a), vec_low(b), imm), name(vec_high(a), vec_high(b), imm)); }
#define VEC_HALVES_1_IMM(name) \
    static INLINE V256 name##_256(V256 a, u8 imm) { return vec_join(name(vec_low(a), imm), name(vec_high(a), imm)); }

/* ---- lanes of their own ------------------------------------------------------------------------------------------ */

VEC_BINARY(vec_paddb, add_epi8)
VEC_BINARY(vec_paddw, add_epi16)
VEC_BINARY(vec_paddd, add_epi32)
VEC_BINARY(vec_paddq, add_epi64)
VEC_BINARY(vec_paddsb, adds_epi8)
VEC_BINARY(vec_paddsw, adds_epi16)
VEC_BINARY(vec_paddusb, adds_epu8)
VEC_BINARY(vec_paddusw, adds_epu16)
VEC_BINARY(vec_psubb, sub_epi8)
VEC_BINARY(vec_psubw, sub_epi16)
VEC_BINARY(vec_psubd, sub_epi32)
VEC_BINARY(vec_psubq, sub_epi64)
VEC_BINARY(vec_psubsb, subs_epi8)
VEC_BINARY(vec_psubsw, subs_epi16)
VEC_BINARY(vec_psubusb, subs_epu8)
VEC_BINARY(vec_psubusw, subs_epu16)
VEC_BINARY(vec_pmullw, mullo_epi16)
VEC_BINARY(vec_pmulld, mullo_epi32)
VEC_BINARY(vec_pmulhw, mulhi_epi16)
VEC_BINARY(vec_pmulhuw, mulhi_epu16)
VEC_BINARY(vec_pmulhrsw, mulhrs_epi16)
VEC_BINARY(vec_pmuludq, mul_epu32)
VEC_BINARY(vec_pmuldq, mul_epi32)
VEC_BINARY(vec_pmaddwd, madd_epi16)
VEC_BINARY(vec_pmaddubsw, maddubs_epi16)
VEC_BINARY(vec_psadbw, sad_epu8)
VEC_BINARY(vec_pavgb, avg_epu8)
VEC_BINARY(vec_pavgw, avg_epu16)
VEC_BINARY(vec_pminub, min_epu8)
VEC_BINARY(vec_pminuw, min_epu16)
VEC_BINARY(vec_pminud, min_epu32)
VEC_BINARY(vec_pminsb, min_epi8)
VEC_BINARY(vec_pminsw, min_epi16)
VEC_BINARY(vec_pminsd, min_epi32)
VEC_BINARY(vec_pmaxub, max_epu8)
VEC_BINARY(vec_pmaxuw, max_epu16)
VEC_BINARY(vec_pmaxud, max_epu32)
VEC_BINARY(vec_pmaxsb, max_epi8)
VEC_BINARY(vec_pmaxsw, max_epi16)
VEC_BINARY(vec_pmaxsd, max_epi32)
VEC_BINARY(vec_pcmpeqb, cmpeq_epi8)
VEC_BINARY(vec_pcmpeqw, cmpeq_epi16)
VEC_BINARY(vec_pcmpeqd, cmpeq_epi32)
VEC_BINARY(vec_pcmpeqq, cmpeq_epi64)
VEC_BINARY(vec_pcmpgtb, cmpgt_epi8)
VEC_BINARY(vec_pcmpgtw, cmpgt_epi16)
VEC_BINARY(vec_pcmpgtd, cmpgt_epi32)
VEC_BINARY(vec_pcmpgtq, cmpgt_epi64)
VEC_UNARY(vec_pabsb, abs_epi8)
VEC_UNARY(vec_pabsw, abs_epi16)
VEC_UNARY(vec_pabsd, abs_epi32)
static INLINE V128 vec_psignb(V128 a, V128 b) { return simde_mm_sign_epi8(a, b); }
static INLINE V128 vec_psignw(V128 a, V128 b) { return simde_mm_sign_epi16(a, b); }
static INLINE V128 vec_psignd(V128 a, V128 b) { return simde_mm_sign_epi32(a, b); }
VEC_HALVES_2(vec_psignb) /* SIMDe 0.7.4's own 256-bit ones are wrong where it emulates them */
VEC_HALVES_2(vec_psignw)
VEC_HALVES_2(vec_psignd)

static INLINE V128 vec_and(V128 a, V128 b) { return simde_mm_and_si128(a, b); }
static INLINE V128 vec_andn(V128 a, V128 b) { return simde_mm_andnot_si128(a, b); }
static INLINE V128 vec_or(V128 a, V128 b) { return simde_mm_or_si128(a, b); }
static INLINE V128 vec_xor(V128 a, V128 b) { return simde_mm_xor_si128(a, b); }
static INLINE V256 vec_and_256(V256 a, V256 b) { return simde_mm256_and_si256(a, b); }
static INLINE V256 vec_andn_256(V256 a, V256 b) { return simde_mm256_andnot_si256(a, b); }
static INLINE V256 vec_or_256(V256 a, V256 b) { return simde_mm256_or_si256(a, b); }
static INLINE V256 vec_xor_256(V256 a, V256 b) { return simde_mm256_xor_si256(a, b); }

/* b where the lane's mask is all ones, else a. */
static INLINE V128 vec_select(V128 a, V128 b, V128 mask) { return simde_mm_or_si128(simde_mm_andnot_si128(mask, a), simde_mm_and_si128(mask, b)); }

/* ---- between lanes ----------------------------------------------------------------------------------------------- */

VEC_BINARY(vec_packsswb, packs_epi16)
VEC_BINARY(vec_packssdw, packs_epi32)
VEC_BINARY(vec_packuswb, packus_epi16)
VEC_BINARY(vec_packusdw, packus_epi32)
VEC_BINARY(vec_punpcklbw, unpacklo_epi8)
VEC_BINARY(vec_punpcklwd, unpacklo_epi16)
VEC_BINARY(vec_punpckldq, unpacklo_epi32)
VEC_BINARY(vec_punpcklqdq, unpacklo_epi64)
VEC_BINARY(vec_punpckhbw, unpackhi_epi8)
VEC_BINARY(vec_punpckhwd, unpackhi_epi16)
VEC_BINARY(vec_punpckhdq, unpackhi_epi32)
VEC_BINARY(vec_punpckhqdq, unpackhi_epi64)
VEC_BINARY(vec_phaddw, hadd_epi16)
VEC_BINARY(vec_phaddd, hadd_epi32)
VEC_BINARY(vec_phaddsw, hadds_epi16)
VEC_BINARY(vec_phsubw, hsub_epi16)
VEC_BINARY(vec_phsubd, hsub_epi32)
VEC_BINARY(vec_phsubsw, hsubs_epi16)
VEC_BINARY(vec_pshufb, shuffle_epi8)

static INLINE V128 vec_movhlps(V128 a, V128 b) { return simde_mm_unpackhi_epi64(b, a); }
static INLINE V128 vec_movlhps(V128 a, V128 b) { return simde_mm_unpacklo_epi64(a, b); }
static INLINE V128 vec_movddup(V128 a) { return simde_mm_unpacklo_epi64(a, a); }
static INLINE V128 vec_movsldup(V128 a) { return simde_mm_shuffle_epi32(a, 0xa0); }
static INLINE V128 vec_movshdup(V128 a) { return simde_mm_shuffle_epi32(a, 0xf5); }
static INLINE V256 vec_movddup_256(V256 a) { return simde_mm256_unpacklo_epi64(a, a); }
static INLINE V256 vec_movsldup_256(V256 a) { return simde_mm256_shuffle_epi32(a, 0xa0); }
static INLINE V256 vec_movshdup_256(V256 a) { return simde_mm256_shuffle_epi32(a, 0xf5); }
/* MOVQ xmm, xmm/m64 */
static INLINE V128 vec_movq(V128 a) { return simde_mm_move_epi64(a); }
/* MOVSS, MOVSD between registers */
static INLINE V128 vec_movss(V128 a, V128 b) { return simde_mm_castps_si128(simde_mm_move_ss(simde_mm_castsi128_ps(a), simde_mm_castsi128_ps(b))); }
static INLINE V128 vec_movsd(V128 a, V128 b) { return simde_mm_castpd_si128(simde_mm_move_sd(simde_mm_castsi128_pd(a), simde_mm_castsi128_pd(b))); }
/* MOVLPS/MOVLPD and MOVHPS/MOVHPD from memory: b holds the 8 bytes */
static INLINE V128 vec_movlps(V128 a, V128 b) { return vec_movsd(a, b); }
static INLINE V128 vec_movhps(V128 a, V128 b) { return simde_mm_unpacklo_epi64(a, b); }

static INLINE V128 vec_phminposuw(V128 a) { return simde_mm_minpos_epu16(a); }

/* ---- with general registers ---------------------------------------------------------------------------------------- */

static INLINE u32 vec_movmskps(V128 a) { return (u32)simde_mm_movemask_ps(simde_mm_castsi128_ps(a)); }
static INLINE u32 vec_movmskpd(V128 a) { return (u32)simde_mm_movemask_pd(simde_mm_castsi128_pd(a)); }
static INLINE u32 vec_pmovmskb(V128 a) { return (u32)simde_mm_movemask_epi8(a); }
static INLINE u32 vec_movmskps_256(V256 a) { return (u32)simde_mm256_movemask_ps(simde_mm256_castsi256_ps(a)); }
static INLINE u32 vec_movmskpd_256(V256 a) { return (u32)simde_mm256_movemask_pd(simde_mm256_castsi256_pd(a)); }
static INLINE u32 vec_pmovmskb_256(V256 a) { return (u32)simde_mm256_movemask_epi8(a); }

/* PINSRx: `a` with lane imm replaced; done with a mask, for a narrow store into a wide value would stall its next reader. */
static INLINE V128 vec_insert_8(V128 a, u64 value, u8 imm)
{
    V128 numbers = simde_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    V128 mask = simde_mm_cmpeq_epi8(numbers, simde_mm_set1_epi8(imm & 15));
    return vec_select(a, simde_mm_set1_epi8((i8)value), mask);
}
static INLINE V128 vec_insert_16(V128 a, u64 value, u8 imm)
{
    V128 mask = simde_mm_cmpeq_epi16(simde_mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7), simde_mm_set1_epi16(imm & 7));
    return vec_select(a, simde_mm_set1_epi16((i16)value), mask);
}
static INLINE V128 vec_insert_32(V128 a, u64 value, u8 imm)
{
    V128 mask = simde_mm_cmpeq_epi32(simde_mm_setr_epi32(0, 1, 2, 3), simde_mm_set1_epi32(imm & 3));
    return vec_select(a, simde_mm_set1_epi32((i32)value), mask);
}
static INLINE V128 vec_insert_64(V128 a, u64 value, u8 imm)
{
    V128 v = simde_mm_cvtsi64_si128((i64)value);
    return imm & 1 ? simde_mm_unpacklo_epi64(a, v) : vec_movsd(a, v);
}

/* ---- shifts ------------------------------------------------------------------------------------------------------ */

/* The count is the low quadword of `count`; counts beyond the width clear (or fill with the sign). */
#define VEC_SHIFT(name, stem)                                                                         \
    static INLINE V128 name(V128 a, V128 count) { return simde_mm_##stem(a, count); }                  \
    static INLINE V256 name##_256(V256 a, V128 count) { return simde_mm256_##stem(a, count); }
VEC_SHIFT(vec_psllw, sll_epi16)
VEC_SHIFT(vec_pslld, sll_epi32)
VEC_SHIFT(vec_psllq, sll_epi64)
VEC_SHIFT(vec_psrlw, srl_epi16)
VEC_SHIFT(vec_psrld, srl_epi32)
VEC_SHIFT(vec_psrlq, srl_epi64)
VEC_SHIFT(vec_psraw, sra_epi16)
VEC_SHIFT(vec_psrad, sra_epi32)

VEC_BINARY(vec_psllvd, sllv_epi32)
VEC_BINARY(vec_psllvq, sllv_epi64)
VEC_BINARY(vec_psrlvd, srlv_epi32)
VEC_BINARY(vec_psrlvq, srlv_epi64)
VEC_BINARY(vec_psravd, srav_epi32)

/* Bytes n..n+15 of a window of byte numbers: PSHUFB controls that shift; 0x80 clears. */
extern const u8 vec_shift_window[48];
static INLINE V128 vec_shift_control(unsigned n) { return simde_mm_loadu_si128((const simde__m128i *)(vec_shift_window + n)); }

static INLINE V128 vec_pslldq(V128 a, u8 imm) { return simde_mm_shuffle_epi8(a, vec_shift_control(16 - (imm > 16 ? 16 : imm))); }
static INLINE V128 vec_psrldq(V128 a, u8 imm) { return simde_mm_shuffle_epi8(a, vec_shift_control(16 + (imm > 16 ? 16 : imm))); }
VEC_HALVES_1_IMM(vec_pslldq)
VEC_HALVES_1_IMM(vec_psrldq)

/* The 32 bytes a:b, shifted right by imm bytes: the low 16. */
static INLINE V128 vec_palignr(V128 a, V128 b, u8 imm)
{
    if (imm >= 16)
        return vec_psrldq(a, (u8)(imm - 16));
    return simde_mm_or_si128(vec_psrldq(b, imm), vec_pslldq(a, (u8)(16 - imm)));
}
VEC_HALVES_2_IMM(vec_palignr)

/* ---- shuffles by immediate ------------------------------------------------------------------------------------------ */

/* Four 2-bit selectors spread over four 32-bit lanes. */
static INLINE V128 vec_selectors_32(u8 imm)
{
    return simde_mm_srlv_epi32(simde_mm_set1_epi32(imm), simde_mm_setr_epi32(0, 2, 4, 6)); /* users look at two bits */
}

static INLINE V128 vec_pshufd(V128 a, u8 imm)
{
#ifdef __AVX2__
    return _mm_castps_si128(_mm_permutevar_ps(_mm_castsi128_ps(a), vec_selectors_32(imm)));
#else
    Vector v, r;
    memcpy(&v, &a, 16);
    for (unsigned i = 0; i < 4; i++)
        r.u32[i] = v.u32[imm >> (2 * i) & 3];
    memcpy(&a, &r, 16);
    return a;
#endif
}

/* PSHUFB control that moves words as imm says, in the low or (add 8 to each) the high half. */
static INLINE u64 vec_word_control(u8 imm)
{
    u64 words = (u64)(imm & 3) | (u64)(imm >> 2 & 3) << 16 | (u64)(imm >> 4 & 3) << 32 | (u64)(imm >> 6) << 48;
    return words * 0x0202 + 0x0100010001000100;
}
static INLINE V128 vec_pshuflw(V128 a, u8 imm)
{
    return simde_mm_shuffle_epi8(a, simde_mm_set_epi64x(0x0f0e0d0c0b0a0908, (i64)vec_word_control(imm)));
}
static INLINE V128 vec_pshufhw(V128 a, u8 imm)
{
    return simde_mm_shuffle_epi8(a, simde_mm_set_epi64x((i64)(vec_word_control(imm) + 0x0808080808080808), 0x0706050403020100));
}
VEC_HALVES_1_IMM(vec_pshufd)
VEC_HALVES_1_IMM(vec_pshuflw)
VEC_HALVES_1_IMM(vec_pshufhw)

static INLINE V128 vec_shufps(V128 a, V128 b, u8 imm)
{
    V128 low = vec_pshufd(a, imm), high = vec_pshufd(b, imm);
    return simde_mm_castps_si128(simde_mm_shuffle_ps(simde_mm_castsi128_ps(low), simde_mm_castsi128_ps(high), 0xe4));
}
static INLINE V128 vec_shufpd(V128 a, V128 b, u8 imm)
{
    V128 low = imm & 1 ? simde_mm_unpackhi_epi64(a, a) : a;
    return imm & 2 ? vec_movsd(b, low) : simde_mm_unpacklo_epi64(low, b);
}
VEC_HALVES_2_IMM(vec_shufps)
static INLINE V256 vec_shufpd_256(V256 a, V256 b, u8 imm)
{
    return vec_join(vec_shufpd(vec_low(a), vec_low(b), imm), vec_shufpd(vec_high(a), vec_high(b), imm >> 2));
}

/* ---- blends ------------------------------------------------------------------------------------------------------- */

/* Bit i of imm (of `bits` alike, one bit per lane) over the whole lane i. */
static INLINE V128 vec_lane_mask_16(u8 imm)
{
    V128 bits = simde_mm_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128);
    return simde_mm_cmpeq_epi16(simde_mm_and_si128(simde_mm_set1_epi16(imm), bits), bits);
}
static INLINE V128 vec_lane_mask_32(u8 imm)
{
    V128 bits = simde_mm_setr_epi32(1, 2, 4, 8);
    return simde_mm_cmpeq_epi32(simde_mm_and_si128(simde_mm_set1_epi32(imm), bits), bits);
}
static INLINE V128 vec_lane_mask_64(u8 imm)
{
    V128 bits = simde_mm_setr_epi32(1, 1, 2, 2);
    return simde_mm_cmpeq_epi32(simde_mm_and_si128(simde_mm_set1_epi32(imm), bits), bits);
}
static INLINE V128 vec_pblendw(V128 a, V128 b, u8 imm) { return vec_select(a, b, vec_lane_mask_16(imm)); }
static INLINE V128 vec_blendps(V128 a, V128 b, u8 imm) { return vec_select(a, b, vec_lane_mask_32(imm)); }
static INLINE V128 vec_blendpd(V128 a, V128 b, u8 imm) { return vec_select(a, b, vec_lane_mask_64(imm)); }
VEC_HALVES_2_IMM(vec_pblendw)
static INLINE V256 vec_blendps_256(V256 a, V256 b, u8 imm)
{
    return vec_join(vec_blendps(vec_low(a), vec_low(b), imm), vec_blendps(vec_high(a), vec_high(b), imm >> 4));
}
static INLINE V256 vec_blendpd_256(V256 a, V256 b, u8 imm)
{
    return vec_join(vec_blendpd(vec_low(a), vec_low(b), imm), vec_blendpd(vec_high(a), vec_high(b), imm >> 2));
}

/* By the sign of each lane of `mask`. */
static INLINE V128 vec_pblendvb(V128 a, V128 b, V128 mask) { return vec_select(a, b, simde_mm_cmpgt_epi8(simde_mm_setzero_si128(), mask)); }
static INLINE V128 vec_blendvps(V128 a, V128 b, V128 mask) { return vec_select(a, b, simde_mm_srai_epi32(mask, 31)); }
static INLINE V128 vec_blendvpd(V128 a, V128 b, V128 mask)
{
    return vec_select(a, b, simde_mm_shuffle_epi32(simde_mm_srai_epi32(mask, 31), 0xf5));
}
#define VEC_HALVES_3(name)                                                                                     \
    static INLINE V256 name##_256(V256 a, V256 b, V256 c)                                                      \
    {                                                                                                          \
        return vec_join(name(vec_low(a), vec_low(b), vec_low(c)), name(vec_high(a), vec_high(b), vec_high(c))); \
    }
VEC_HALVES_3(vec_pblendvb)
VEC_HALVES_3(vec_blendvps)
VEC_HALVES_3(vec_blendvpd)

/* ---- widening: the source is the low half, quarter or eighth ---------------------------------------------------------- */

#define VEC_WIDEN(name, stem)                                                        \
    static INLINE V128 name(V128 a) { return simde_mm_##stem(a); }                    \
    static INLINE V256 name##_256(V128 a) { return simde_mm256_##stem(a); }
VEC_WIDEN(vec_pmovsxbw, cvtepi8_epi16)
VEC_WIDEN(vec_pmovsxbd, cvtepi8_epi32)
VEC_WIDEN(vec_pmovsxbq, cvtepi8_epi64)
VEC_WIDEN(vec_pmovsxwd, cvtepi16_epi32)
VEC_WIDEN(vec_pmovsxwq, cvtepi16_epi64)
VEC_WIDEN(vec_pmovsxdq, cvtepi32_epi64)
VEC_WIDEN(vec_pmovzxbw, cvtepu8_epi16)
VEC_WIDEN(vec_pmovzxbd, cvtepu8_epi32)
VEC_WIDEN(vec_pmovzxbq, cvtepu8_epi64)
VEC_WIDEN(vec_pmovzxwd, cvtepu16_epi32)
VEC_WIDEN(vec_pmovzxwq, cvtepu16_epi64)
VEC_WIDEN(vec_pmovzxdq, cvtepu32_epi64)

/* ---- sums of absolute differences ---------------------------------------------------------------------------------- */

/* Eight sums over four neighbouring bytes of `a` from byte 4·imm[2] on, against the four bytes of b at 4·imm[1:0]. */
static INLINE V128 vec_mpsadbw(V128 a, V128 b, u8 imm)
{
    switch (imm & 7) {
    case 0: return simde_mm_mpsadbw_epu8(a, b, 0);
    case 1: return simde_mm_mpsadbw_epu8(a, b, 1);
    case 2: return simde_mm_mpsadbw_epu8(a, b, 2);
    case 3: return simde_mm_mpsadbw_epu8(a, b, 3);
    case 4: return simde_mm_mpsadbw_epu8(a, b, 4);
    case 5: return simde_mm_mpsadbw_epu8(a, b, 5);
    case 6: return simde_mm_mpsadbw_epu8(a, b, 6);
    default: return simde_mm_mpsadbw_epu8(a, b, 7);
    }
}
static INLINE V256 vec_mpsadbw_256(V256 a, V256 b, u8 imm)
{
    return vec_join(vec_mpsadbw(vec_low(a), vec_low(b), imm), vec_mpsadbw(vec_high(a), vec_high(b), imm >> 3));
}

#endif

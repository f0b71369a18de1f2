/* What AVX and AVX2 add: broadcasts, permutations across the halves, tests, inserts and extracts of halves. And INSERTPS and
 * PTEST of SSE4.1, which are of the same kind. */
#ifndef EMU_CPU_VEC_AVX_H
#define EMU_CPU_VEC_AVX_H

#include "cpu/vec_int.h"

/* ---- broadcasts: from the low element of an XMM register ------------------------------------------------------------------ */

static INLINE V128 vec_broadcast_8(V128 a) { return simde_mm_shuffle_epi8(a, simde_mm_setzero_si128()); }
static INLINE V128 vec_broadcast_16(V128 a) { return simde_mm_shuffle_epi32(simde_mm_shufflelo_epi16(a, 0), 0); }
static INLINE V128 vec_broadcast_32(V128 a) { return simde_mm_shuffle_epi32(a, 0); }
static INLINE V128 vec_broadcast_64(V128 a) { return simde_mm_unpacklo_epi64(a, a); }
static INLINE V256 vec_broadcast_8_256(V128 a) { a = vec_broadcast_8(a); return vec_join(a, a); }
static INLINE V256 vec_broadcast_16_256(V128 a) { a = vec_broadcast_16(a); return vec_join(a, a); }
static INLINE V256 vec_broadcast_32_256(V128 a) { a = vec_broadcast_32(a); return vec_join(a, a); }
static INLINE V256 vec_broadcast_64_256(V128 a) { a = vec_broadcast_64(a); return vec_join(a, a); }
static INLINE V256 vec_broadcast_128_256(V128 a) { return vec_join(a, a); }

/* ---- permutations ------------------------------------------------------------------------------------------------------------ */

/* VPERMILPS, VPERMILPD by a vector of selectors: bits 1:0 of each doubleword, bit 1 of each quadword. */
static INLINE V128 vec_permilps(V128 a, V128 selectors)
{
    return simde_mm_castps_si128(simde_mm_permutevar_ps(simde_mm_castsi128_ps(a), selectors));
}
static INLINE V128 vec_permilpd(V128 a, V128 selectors)
{
    return simde_mm_castpd_si128(simde_mm_permutevar_pd(simde_mm_castsi128_pd(a), selectors));
}
VEC_HALVES_2(vec_permilps)
VEC_HALVES_2(vec_permilpd)
/* … and by immediate: PSHUFD's, or one bit for each quadword. */
static INLINE V128 vec_permilps_imm(V128 a, u8 imm) { return vec_pshufd(a, imm); }
static INLINE V128 vec_permilpd_imm(V128 a, u8 imm) { return vec_shufpd(a, a, imm); }
VEC_HALVES_1_IMM(vec_permilps_imm)
static INLINE V256 vec_permilpd_imm_256(V256 a, u8 imm) { return vec_shufpd_256(a, a, imm); }

/* VPERMD, VPERMPS: the first source selects (three bits each) from the second. */
static INLINE V256 vec_permd_256(V256 selectors, V256 b) { return simde_mm256_permutevar8x32_epi32(b, selectors); }
/* VPERMQ, VPERMPD */
static INLINE V256 vec_permq_256(V256 a, u8 imm)
{
    V128 pair = simde_mm_unpacklo_epi64(simde_mm_cvtsi32_si128(imm), simde_mm_cvtsi32_si128(imm >> 4));
    V128 low = simde_mm_and_si128(simde_mm_slli_epi64(pair, 1), simde_mm_set1_epi64x(6)); /* first of each pair, doubled */
    V128 high = simde_mm_and_si128(simde_mm_srli_epi64(pair, 1), simde_mm_set1_epi64x(6));
    V256 words = vec_join(simde_mm_unpacklo_epi64(low, high), simde_mm_unpackhi_epi64(low, high)); /* doubleword numbers */
    V256 next = simde_mm256_add_epi64(words, simde_mm256_set1_epi64x(1));
    return vec_permd_256(simde_mm256_or_si256(words, simde_mm256_slli_epi64(next, 32)), a);
}
/* VPERM2F128, VPERM2I128: a half of a or b for each half; imm[3], imm[7] clear it. */
static INLINE V128 vec_choose_half(V256 a, V256 b, u8 control)
{
    V256 from = control & 2 ? b : a;
    V128 half = control & 1 ? vec_high(from) : vec_low(from);
    return control & 8 ? simde_mm_setzero_si128() : half;
}
static INLINE V256 vec_perm2x128_256(V256 a, V256 b, u8 imm) { return vec_join(vec_choose_half(a, b, imm), vec_choose_half(a, b, imm >> 4)); }

static INLINE V256 vec_insert_half_256(V256 a, V128 b, u8 imm) { return imm & 1 ? vec_join(vec_low(a), b) : vec_join(b, vec_high(a)); }
static INLINE V128 vec_extract_half_256(V256 a, u8 imm) { return imm & 1 ? vec_high(a) : vec_low(a); }

/* ---- INSERTPS: imm[7:6] which of b, imm[5:4] to where, imm[3:0] which lanes to clear --------------------------------------------- */

static INLINE V128 vec_insertps(V128 a, V128 b, u8 imm)
{
    V128 value = vec_pshufd(b, (u8)((imm >> 6) * 0x55));
    return vec_andn(vec_lane_mask_32(imm & 15), vec_select(a, value, vec_lane_mask_32((u8)(1 << (imm >> 4 & 3)))));
}
/* From memory there is only one. */
static INLINE V128 vec_insertps_memory(V128 a, V128 b, u8 imm) { return vec_insertps(a, b, imm & 0x3f); }

/* ---- tests: ZF when b & a is zero, CF when b & ~a is; of all bits, or of the lanes' signs -------------------------------------------- */

static INLINE u32 vec_test_bits(V128 all, V128 rest)
{
    V128 zero = simde_mm_setzero_si128();
    bool zf = simde_mm_movemask_epi8(simde_mm_cmpeq_epi8(all, zero)) == 0xffff;
    bool cf = simde_mm_movemask_epi8(simde_mm_cmpeq_epi8(rest, zero)) == 0xffff;
    return (zf ? FLAG_ZF : 0) | (cf ? FLAG_CF : 0);
}
static INLINE V128 vec_signs_32(void) { return simde_mm_set1_epi32((i32)0x80000000); }
static INLINE V128 vec_signs_64(void) { return simde_mm_set1_epi64x((i64)1 << 63); }
static INLINE u32 vec_ptest(V128 a, V128 b) { return vec_test_bits(vec_and(a, b), vec_andn(a, b)); }
static INLINE u32 vec_testps(V128 a, V128 b) { return vec_ptest(a, vec_and(b, vec_signs_32())); }
static INLINE u32 vec_testpd(V128 a, V128 b) { return vec_ptest(a, vec_and(b, vec_signs_64())); }
#define VEC_TEST_256(name) /* both flags hold when they hold for both halves */ \
    static INLINE u32 name##_256(V256 a, V256 b) { return name(vec_low(a), vec_low(b)) & name(vec_high(a), vec_high(b)); }
VEC_TEST_256(vec_ptest)
VEC_TEST_256(vec_testps)
VEC_TEST_256(vec_testpd)

#endif

/* SSE to SSE4.2 through intrinsics, over patterned data: every result is hashed, family by family.
 * variants: gcc-O0 gcc-O2 clang-O2
 * flags: -msse4.2 -mpopcnt */
#include <nmmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
static uint64_t hash;
static void note(const void *p, unsigned size)
{
    const unsigned char *b = p;
    for (unsigned i = 0; i < size; i++)
        hash = (hash ^ b[i]) * 1099511628211ull;
}
static void ni(__m128i v) { note(&v, 16); }
static void ns(__m128 v) { note(&v, 16); }
static void nd(__m128d v) { note(&v, 16); }
static void end(const char *family) { printf("%s %016lx\n", family, hash); hash = 14695981039346656037ull; }
#define SHIFTS(n) ni(_mm_slli_epi16(a, n)), ni(_mm_slli_epi32(a, n)), ni(_mm_slli_epi64(a, n)), ni(_mm_srli_epi16(a, n)), ni(_mm_srli_epi32(a, n)), \
    ni(_mm_srli_epi64(a, n)), ni(_mm_srai_epi16(a, n)), ni(_mm_srai_epi32(a, n)), ni(_mm_slli_si128(a, n)), ni(_mm_srli_si128(a, n)), ni(_mm_alignr_epi8(a, b, n))
static void integer(__m128i a, __m128i b)
{
    ni(_mm_add_epi8(a, b)); ni(_mm_add_epi16(a, b)); ni(_mm_add_epi32(a, b)); ni(_mm_add_epi64(a, b)); ni(_mm_adds_epi8(a, b)); ni(_mm_adds_epu16(a, b));
    ni(_mm_sub_epi8(a, b)); ni(_mm_sub_epi64(a, b)); ni(_mm_subs_epi16(a, b)); ni(_mm_subs_epu8(a, b)); ni(_mm_avg_epu8(a, b)); ni(_mm_avg_epu16(a, b));
    ni(_mm_madd_epi16(a, b)); ni(_mm_mulhi_epi16(a, b)); ni(_mm_mulhi_epu16(a, b)); ni(_mm_mullo_epi16(a, b)); ni(_mm_mul_epu32(a, b)); ni(_mm_sad_epu8(a, b));
    ni(_mm_min_epu8(a, b)); ni(_mm_max_epi16(a, b)); ni(_mm_and_si128(a, b)); ni(_mm_andnot_si128(a, b)); ni(_mm_or_si128(a, b)); ni(_mm_xor_si128(a, b));
    ni(_mm_cmpeq_epi8(a, b)); ni(_mm_cmpgt_epi8(a, b)); ni(_mm_cmpgt_epi16(a, b)); ni(_mm_cmpeq_epi32(a, b)); ni(_mm_cmpgt_epi32(a, b));
    ni(_mm_packs_epi16(a, b)); ni(_mm_packs_epi32(a, b)); ni(_mm_packus_epi16(a, b)); ni(_mm_unpacklo_epi8(a, b)); ni(_mm_unpackhi_epi16(a, b));
    ni(_mm_unpacklo_epi32(a, b)); ni(_mm_unpackhi_epi64(a, b)); ni(_mm_shuffle_epi32(a, 0x1b)); ni(_mm_shufflelo_epi16(a, 0x39)); ni(_mm_shufflehi_epi16(a, 0x93));
    SHIFTS(0); SHIFTS(3); SHIFTS(13); SHIFTS(15);
    ni(_mm_sll_epi32(a, _mm_cvtsi32_si128(5))); ni(_mm_sra_epi16(a, _mm_cvtsi32_si128(99))); ni(_mm_insert_epi16(a, 77, 3));
    int scalars[] = {_mm_movemask_epi8(a), _mm_extract_epi16(a, 5), _mm_cvtsi128_si32(b)};
    note(scalars, sizeof scalars);
}
static void later(__m128i a, __m128i b)
{
    ni(_mm_shuffle_epi8(a, b)); ni(_mm_hadd_epi16(a, b)); ni(_mm_hadds_epi16(a, b)); ni(_mm_hsub_epi32(a, b)); ni(_mm_maddubs_epi16(a, b)); ni(_mm_mulhrs_epi16(a, b));
    ni(_mm_sign_epi8(a, b)); ni(_mm_sign_epi16(a, b)); ni(_mm_abs_epi8(a)); ni(_mm_abs_epi32(a)); ni(_mm_blendv_epi8(a, b, _mm_cmpgt_epi8(a, b)));
    ni(_mm_blend_epi16(a, b, 0xa6)); ni(_mm_mullo_epi32(a, b)); ni(_mm_mul_epi32(a, b)); ni(_mm_min_epi8(a, b)); ni(_mm_max_epu16(a, b)); ni(_mm_min_epi32(a, b));
    ni(_mm_max_epu32(a, b)); ni(_mm_packus_epi32(a, b)); ni(_mm_cmpeq_epi64(a, b)); ni(_mm_cmpgt_epi64(a, b)); ni(_mm_minpos_epu16(a)); ni(_mm_mpsadbw_epu8(a, b, 5));
    ni(_mm_cvtepi8_epi16(a)); ni(_mm_cvtepu8_epi64(a)); ni(_mm_cvtepi16_epi32(b)); ni(_mm_cvtepu32_epi64(b)); ni(_mm_insert_epi8(a, 9, 11)); ni(_mm_insert_epi64(a, 5, 1));
    int s[] = {_mm_testz_si128(a, b), _mm_testc_si128(a, b), _mm_testnzc_si128(a, b), _mm_extract_epi8(a, 7), _mm_extract_epi32(b, 2)};
    note(s, sizeof s);
    int t[] = {_mm_cmpistri(a, b, _SIDD_CMP_EQUAL_ANY), _mm_cmpistrc(a, b, _SIDD_CMP_RANGES), _mm_cmpistrz(a, b, 0), _mm_cmpestri(a, 7, b, 13, _SIDD_CMP_EQUAL_ORDERED),
               _mm_cmpestrs(a, 3, b, 16, 0x1a), _mm_cmpistro(a, b, 0x48)};
    note(t, sizeof t);
    ni(_mm_cmpistrm(a, b, _SIDD_CMP_EQUAL_EACH | _SIDD_UNIT_MASK)); ni(_mm_cmpestrm(a, 5, b, 8, _SIDD_NEGATIVE_POLARITY | 3));
    uint64_t c = _mm_crc32_u64(_mm_crc32_u8(_mm_crc32_u32(1, _mm_extract_epi32(a, 0)), 7), _mm_extract_epi64(b, 1)) + _mm_popcnt_u64(_mm_extract_epi64(a, 0));
    note(&c, 8);
}
static void floating(__m128 a, __m128 b, __m128d c, __m128d d)
{
    ns(_mm_add_ps(a, b)); ns(_mm_sub_ss(a, b)); ns(_mm_mul_ps(a, b)); ns(_mm_div_ps(a, b)); ns(_mm_sqrt_ps(_mm_and_ps(a, _mm_castsi128_ps(_mm_set1_epi32(0x7fffffff)))));
    ns(_mm_min_ps(a, b)); ns(_mm_max_ss(a, b)); ns(_mm_cmplt_ps(a, b)); ns(_mm_cmpunord_ps(a, b)); ns(_mm_cmpnle_ss(a, b)); ns(_mm_shuffle_ps(a, b, 0x4e));
    ns(_mm_unpacklo_ps(a, b)); ns(_mm_unpackhi_ps(a, b)); ns(_mm_movehl_ps(a, b)); ns(_mm_movelh_ps(a, b)); ns(_mm_hadd_ps(a, b)); ns(_mm_addsub_ps(a, b));
    ns(_mm_movehdup_ps(a)); ns(_mm_dp_ps(a, b, 0x73)); ns(_mm_round_ps(a, 1)); ns(_mm_blend_ps(a, b, 6)); ns(_mm_insert_ps(a, b, 0x98)); ns(_mm_cvtepi32_ps(_mm_castps_si128(b)));
    nd(_mm_add_pd(c, d)); nd(_mm_sub_sd(c, d)); nd(_mm_mul_sd(c, d)); nd(_mm_div_pd(c, d)); nd(_mm_sqrt_sd(c, _mm_max_pd(d, _mm_setzero_pd()))); nd(_mm_max_pd(c, d));
    nd(_mm_cmpge_pd(c, d)); nd(_mm_shuffle_pd(c, d, 1)); nd(_mm_unpackhi_pd(c, d)); nd(_mm_hsub_pd(c, d)); nd(_mm_addsub_pd(c, d)); nd(_mm_floor_pd(c)); nd(_mm_dp_pd(c, d, 0x31));
    nd(_mm_cvtps_pd(a)); ns(_mm_cvtpd_ps(c)); ni(_mm_cvtps_epi32(a)); ni(_mm_cvttpd_epi32(c)); nd(_mm_cvtepi32_pd(_mm_castpd_si128(d))); nd(_mm_blendv_pd(c, d, c));
    int s[] = {_mm_movemask_ps(a), _mm_movemask_pd(c), _mm_comilt_ss(a, b), _mm_ucomieq_sd(c, d), _mm_cvtss_si32(a), _mm_cvttsd_si32(c), _mm_comigt_sd(c, d)};
    note(s, sizeof s);
    long l[] = {_mm_cvtsd_si64(c), _mm_cvttss_si64(b)};
    note(l, sizeof l);
}
int main(void)
{
    static uint8_t data[4096];
    uint32_t x = 2463534242u;
    for (int i = 0; i < 4096; i++) {
        x ^= x << 13; x ^= x >> 17; x ^= x << 5;
        data[i] = i % 97 < 20 ? (i & 1 ? 0xff : 0x80) : i % 97 < 30 ? 0 : x;
    }
    hash = 14695981039346656037ull;
    for (int i = 0; i + 40 < 4096; i += 7)
        integer(_mm_loadu_si128((void *)(data + i)), _mm_loadu_si128((void *)(data + i + 19)));
    end("integer");
    for (int i = 0; i + 40 < 4096; i += 7)
        later(_mm_loadu_si128((void *)(data + i)), _mm_loadu_si128((void *)(data + i + 19)));
    end("later");
    for (int i = 0; i < 2000; i++) {
        float f = (i - 1000) * 0.37f, g = i % 17 - 8 + 0.25f;
        floating(_mm_set_ps(f, g, -f * 1e20f, g * 1e-30f), _mm_set_ps(g, f + 1, g * 3, 1e10f), _mm_set_pd(f * 1e100, g), _mm_set_pd(g + 0.1, f / 3.0));
    }
    end("floating");
    static int aligned[64] __attribute__((aligned(16)));
    _mm_stream_si128((void *)aligned, _mm_set1_epi32(3)); _mm_stream_si32(aligned + 8, 4); _mm_sfence();
    _mm_maskmoveu_si128(_mm_set1_epi8(9), _mm_set_epi8(-1, 0, 0, -1, 0, 0, 0, -1, 0, -1, -1, 0, 0, 0, 0, -1), (char *)(aligned + 16));
    _mm_storel_epi64((void *)(aligned + 24), _mm_set1_epi16(7)); _mm_storeh_pi((void *)(aligned + 30), _mm_set1_ps(2)); _mm_prefetch((char *)aligned, _MM_HINT_T0);
    ni(_mm_stream_load_si128((void *)aligned)); ni(_mm_lddqu_si128((void *)(aligned + 1)));
    note(aligned, sizeof aligned);
    end("memory");
}

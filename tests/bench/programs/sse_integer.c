/* SSE2 integers: blending, saturation, shuffles, compares over an image.
 * class: sse */
#include <emmintrin.h>
#include <stdio.h>
static unsigned char image[1 << 18], other[1 << 18];
int main(void)
{
    for (int i = 0; i < 1 << 18; i++) { image[i] = i * 7; other[i] = i >> 3; }
    __m128i sum = _mm_setzero_si128(), zero = _mm_setzero_si128();
    for (int round = 0; round < 4000; round++)
        for (int i = 0; i < 1 << 18; i += 16) {
            __m128i a = _mm_loadu_si128((void *)(image + i)), b = _mm_loadu_si128((void *)(other + i));
            __m128i low = _mm_mullo_epi16(_mm_unpacklo_epi8(a, zero), _mm_set1_epi16(77)), high = _mm_mullo_epi16(_mm_unpackhi_epi8(b, zero), _mm_set1_epi16(150));
            __m128i mixed = _mm_packus_epi16(_mm_srli_epi16(low, 8), _mm_srli_epi16(high, 8));
            __m128i mask = _mm_cmpgt_epi8(a, b);
            a = _mm_or_si128(_mm_and_si128(mask, _mm_adds_epu8(mixed, b)), _mm_andnot_si128(mask, _mm_avg_epu8(a, b)));
            _mm_storeu_si128((void *)(image + i), _mm_shuffle_epi32(a, 0x39));
            sum = _mm_add_epi32(sum, _mm_sad_epu8(a, b));
        }
    printf("%d %d\n", _mm_cvtsi128_si32(sum), image[1234]);
}

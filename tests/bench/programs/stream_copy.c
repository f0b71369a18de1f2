/* A streaming copy loop in SSE2, 16 bytes at a time.
 * class: copy */
#include <emmintrin.h>
#include <stdio.h>
#include <string.h>
static __m128i a[1 << 16], b[1 << 16];
int main(void)
{
    memset(a, 5, sizeof a);
    for (int round = 0; round < 10000; round++)
        for (int i = 0; i < 1 << 16; i += 4) {
            __m128i w = _mm_load_si128(a + i), x = _mm_load_si128(a + i + 1), y = _mm_load_si128(a + i + 2), z = _mm_load_si128(a + i + 3);
            _mm_store_si128(b + i, w); _mm_store_si128(b + i + 1, x); _mm_store_si128(b + i + 2, y); _mm_store_si128(b + i + 3, z);
            asm volatile("" : : : "memory");
        }
    printf("%d\n", _mm_cvtsi128_si32(b[77]));
}

/* Mandelbrot's set, four floats at a time.
 * class: sse */
#include <stdio.h>
#include <xmmintrin.h>
int main(void)
{
    long total = 0;
    for (int y = 0; y < 1200; y++)
        for (int x = 0; x < 1800; x += 4) {
            __m128 cr = _mm_sub_ps(_mm_mul_ps(_mm_set_ps(x + 3, x + 2, x + 1, x), _mm_set1_ps(3.f / 1800)), _mm_set1_ps(2)), ci = _mm_set1_ps(y * 2.f / 1200 - 1);
            __m128 zr = cr, zi = ci, count = _mm_setzero_ps();
            for (int i = 0; i < 300; i++) {
                __m128 r2 = _mm_mul_ps(zr, zr), i2 = _mm_mul_ps(zi, zi), in = _mm_cmple_ps(_mm_add_ps(r2, i2), _mm_set1_ps(4));
                if (!_mm_movemask_ps(in))
                    break;
                count = _mm_add_ps(count, _mm_and_ps(in, _mm_set1_ps(1)));
                __m128 t = _mm_mul_ps(zr, zi);
                zr = _mm_add_ps(_mm_sub_ps(r2, i2), cr);
                zi = _mm_add_ps(_mm_add_ps(t, t), ci);
            }
            float out[4];
            _mm_storeu_ps(out, count);
            total += out[0] + out[1] + out[2] + out[3];
        }
    printf("%ld\n", total);
}

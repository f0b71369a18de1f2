/* Loops that compilers turn into vector code, in every element type.
 * variants: gcc-O3 gcc-v2 clang-O2 clang-v2 musl-O2 */
#include <stdint.h>
#include <stdio.h>
enum { N = 1003 };
static int8_t a8[N], b8[N]; static uint16_t a16[N], b16[N]; static int32_t a32[N], b32[N]; static int64_t a64[N], b64[N]; static float af[N], bf[N]; static double ad[N], bd[N];
#define EACH for (int i = 0; i < N; i++)
int main(void)
{
    EACH { a8[i] = i * 7; b8[i] = i * 13 - 5; a16[i] = i * 771; b16[i] = i * 137; a32[i] = i * 100003; b32[i] = i - 500; a64[i] = i * 1000000007ll; b64[i] = i * i; af[i] = i * 0.5f; bf[i] = 100 - i; ad[i] = i * 0.25; bd[i] = i % 10 + 1; }
    for (int round = 0; round < 5; round++) {
        EACH a8[i] = a8[i] > b8[i] ? a8[i] - b8[i] : b8[i] + 1;
        EACH a16[i] = (a16[i] * b16[i] >> 3) ^ (a16[i] + b16[i]) / 2;
        EACH a32[i] = (a32[i] << 3) - a32[N - 1 - i] * b32[i] + (a32[i] >> 5);
        EACH a64[i] = a64[i] * 3 + (b64[i] << 7) - (a64[i] > b64[i]);
        EACH af[i] = af[i] * 0.75f + bf[i] / 8 - (af[i] < bf[i] ? 1 : 2);
        EACH ad[i] = ad[i] / bd[i] + bd[N - 1 - i] * 0.125;
        EACH b32[i] = (int)(af[i] * 2) + a8[i] + a16[i];
        EACH bf[i] = a32[i] % 1000;
        EACH bd[i] = bd[i] + (b32[i] & 7);
    }
    long sum = 0; unsigned x = 0, least = ~0u; double total = 0, peak = 0;
    EACH { sum += a8[i] + a16[i] + a32[i] + a64[i]; x ^= a32[i] * i; total += ad[i] + af[i]; }
    EACH { if ((unsigned)a32[i] < least) least = a32[i]; if (ad[i] > peak) peak = ad[i]; }
    printf("%ld %u %u %.15g %.15g\n", sum, x, least, total, peak);
    EACH if (i % 100 == 0) printf("%d %u %d %ld %g %g\n", a8[i], a16[i], a32[i], a64[i], af[i], ad[i]);
}

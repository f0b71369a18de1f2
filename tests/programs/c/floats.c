/* Doubles and floats: arithmetic, comparisons with NaN, conversions at the edges, rounding modes, exception flags.
 * flags: -lm -frounding-math */
#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
static uint64_t bits(double x) { uint64_t u; memcpy(&u, &x, 8); return u; }
static uint32_t bitsf(float x) { uint32_t u; memcpy(&u, &x, 4); return u; }
int main(void)
{
    static const double edge[] = {0, -0.0, 1, -1, 0.5, 1.5, 2.5, -2.5, 1e308, 5e-324, 2.2250738585072014e-308, 3.4e38, 1e-40, 9.2e18, -9.3e18, 4294967296.5, 1.0 / 3};
    enum { N = sizeof edge / sizeof *edge };
    uint64_t hash = 1;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            volatile double a = edge[i], b = edge[j];
            volatile float f = a, g = b;
            double r[] = {a + b, a - b, a * b, b != 0 ? a / b : 0, fmin(a, b), fmax(a, b), copysign(a, b), fmod(a, b != 0 ? b : 1)};
            for (int k = 0; k < 8; k++)
                hash = hash * 31 + bits(r[k]);
            hash = hash * 31 + bitsf(f + g) + 3 * bitsf(f * g) + (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a != b) + 16 * (f > g);
        }
    printf("%lx\n", hash);
    volatile double nan = NAN, inf = INFINITY;
    printf("%d%d%d%d%d%d %d%d\n", nan < 1, nan > 1, nan == nan, nan != nan, !(nan <= 1), isunordered(nan, 1), inf > 1e308, -inf < inf);
    static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    for (int m = 0; m < 4; m++) {
        fesetround(modes[m]);
        feclearexcept(FE_ALL_EXCEPT);
        volatile double third = 1, three = 3, x = -2.5, big = 1e308;
        volatile float tiny = 1e-30f;
        printf("%lx %lx %g %g %ld %lx %x ", bits(third / three), bits(-third / three), rint(x), nearbyint(x), lrint(x), bits(sqrt(three)), bitsf(tiny * tiny));
        printf("%lx flags %x\n", bits(big * 10), fetestexcept(FE_ALL_EXCEPT));
    }
    fesetround(FE_TONEAREST);
    feclearexcept(FE_ALL_EXCEPT);
    volatile double zero = 0, one = 1;
    printf("%g %x ", one / zero, fetestexcept(FE_ALL_EXCEPT));
    feclearexcept(FE_ALL_EXCEPT);
    printf("%d %x\n", isnan(zero / zero), fetestexcept(FE_ALL_EXCEPT));
    for (int i = 0; i < N; i++)
        printf("%d %d %ld %u ", (int)(fabs(edge[i]) < 2e9 ? edge[i] : 0), (short)(fabs(edge[i]) < 3e4 ? edge[i] : 0), (long)(fabs(edge[i]) < 9e18 ? edge[i] : 0), (unsigned)(edge[i] >= 0 && edge[i] < 4e9 ? edge[i] : 0));
    printf("\n%g %g %g %g %g %g\n", floor(-1.5), ceil(-1.5), trunc(-1.5), round(-1.5), round(2.5), rint(2.5));
}

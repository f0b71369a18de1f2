/* The mathematical library in float, double and long double; glibc picks FMA variants where the CPU has FMA, so the results
 * are printed with the digits on which all variants agree.
 * flags: -lm */
#include <complex.h>
#include <math.h>
#include <stdio.h>
#define D(f) printf(#f " %.13g %.13g %.13g\n", f(0.5), f(0.9), f(0.123456789))
#define L(f) printf(#f " %.17Lg %.17Lg %.17Lg\n", f(0.5L), f(0.9L), f(0.123456789L))
#define F(f) printf(#f " %.6g %.6g %.6g\n", f(0.5f), f(0.9f), f(0.123456789f))
int main(void)
{
    D(sin); D(cos); D(tan); D(asin); D(acos); D(atan); D(sinh); D(cosh); D(tanh); D(exp); D(exp2); D(expm1); D(log); D(log2); D(log10); D(log1p);
    D(sqrt); D(cbrt); D(erf); D(erfc); D(tgamma); D(lgamma); D(asinh); D(atanh); D(j0); D(y1); D(logb);
    L(sinl); L(cosl); L(tanl); L(asinl); L(acosl); L(atanl); L(sinhl); L(expl); L(exp2l); L(expm1l); L(logl); L(log2l); L(log10l); L(log1pl);
    L(sqrtl); L(cbrtl); L(erfl); L(tgammal); L(rintl); L(floorl); L(truncl);
    F(sinf); F(cosf); F(tanf); F(expf); F(logf); F(sqrtf); F(cbrtf); F(atanf);
    printf("%.13g %.13g %.13g %.13g\n", pow(1.5, 2.5), atan2(-1, -2), hypot(3, 4), fma(1.1, 2.2, 3.3));
    printf("%.17Lg %.17Lg %.17Lg\n", powl(1.5L, 2.5L), atan2l(-1, -2), fmodl(1e30L, 7.3L));
    int e;
    double whole, f = frexp(1234.5, &e), part = modf(-3.75, &whole);
    printf("%g %d %g %g %g %g %g\n", f, e, part, whole, ldexp(1.5, 10), nextafter(1, 2), remainder(10, 3));
    for (double x = 1; x < 1e20; x *= 1234.5)
        printf("%.10g %.10g ", sin(x), cos(x));
    complex double z = cexp(1 + 2 * I) * csqrt(-3 + 4 * I);
    printf("\n%.12g %.12g %.12g\n", creal(z), cimag(z), cabs(z));
}

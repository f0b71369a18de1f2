/* long double through printf and strtold: 80-bit arithmetic and conversion in both directions.
 * flags: -lm */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    long double values[] = {0, -0.0L, 1, 0.1L, 1 / 3.0L, 3.14159265358979323846L, LDBL_MAX, LDBL_MIN, LDBL_EPSILON, 1e4000L, 1e-4000L, -123456789.987654321L, 0x1p-16445L};
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
        printf("%Lf\n", fabsl(values[i]) > 1e60L ? 1.0L : values[i]);
        printf("%Le %.25Le %Lg %.20Lg %La\n", values[i], values[i], values[i], values[i], values[i]);
    }
    printf("%Lf %Lf %Lf\n", HUGE_VALL, -HUGE_VALL, nanl(""));
    const char *texts[] = {"0.1", "1e4932", "-1e-4950", "0x1.fffffffffffffffep+100", "123456789012345678901234567890", "inf", "nan", "1e5000"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *end;
        long double x = strtold(texts[i], &end);
        printf("%s -> %.21Lg rest [%s]\n", texts[i], x, end);
    }
    volatile long double a = 1;
    for (int i = 1; i < 30; i++)
        a = a * i / 1.5L + sqrtl(i);
    printf("%.21Lg\n", a);
}

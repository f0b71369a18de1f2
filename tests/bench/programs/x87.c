/* Long double arithmetic and one transcendental in ten.
 * class: x87
 * flags: -lm */
#include <math.h>
#include <stdio.h>
int main(void)
{
    long double sum = 0, x = 0.5L;
    for (int i = 1; i < 20000000; i++) {
        x = x * 3.7L * (1 - x);
        sum += x / i - (x > 0.5L ? 0.25L : 0.125L);
        if (i % 10 == 0)
            sum += sqrtl(x);
        if (i % 100 == 0)
            sum -= sinl(x) * 0.5L;
    }
    printf("%.12Lf\n", sum);
}

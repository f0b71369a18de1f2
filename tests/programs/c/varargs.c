/* Variable arguments of every class: registers, vector registers, stack, structures, va_copy; many parameters. */
#include <stdarg.h>
#include <stdio.h>
typedef struct { char text[3]; } Small;
typedef struct { double x; long n; } Mixed;
typedef struct { long a[5]; } Large;
static double sum(const char *kinds, ...)
{
    va_list list, second;
    double total = 0;
    va_start(list, kinds);
    va_copy(second, list);
    for (const char *k = kinds; *k; k++) {
        switch (*k) {
        case 'i': total += va_arg(list, int); break;
        case 'l': total += va_arg(list, long); break;
        case 'd': total += va_arg(list, double); break;
        case 'L': total += va_arg(list, long double); break;
        case 's': total += va_arg(list, Small).text[1]; break;
        case 'm': { Mixed m = va_arg(list, Mixed); total += m.x * m.n; break; }
        case 'b': { Large b = va_arg(list, Large); total += b.a[0] + b.a[4]; break; }
        }
    }
    total += va_arg(second, int);
    va_end(list);
    va_end(second);
    return total;
}
static long many(char a, short b, int c, long d, float e, double f, char g, short h, int i, long j, float k, double l, Mixed m, Large n, long double o)
{
    return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9 + j * 10 + k * 11 + l * 12 + m.x * 13 + m.n * 14 + n.a[2] * 15 + (long)o * 16;
}
int main(void)
{
    Small s = {"abc"};
    Mixed m = {1.5, 4};
    Large b = {{1, 2, 3, 4, 5}};
    printf("%g\n", sum("iiiiiiiii", 1, 2, 3, 4, 5, 6, 7, 8, 9));
    printf("%g\n", sum("idididididididididid", 1, .5, 2, .5, 3, .5, 4, .5, 5, .5, 6, .5, 7, .5, 8, .5, 9, .5, 10, .5));
    printf("%.10g\n", sum("iLsmbLmdl", 1, 2.25L, s, m, b, -1e10L, m, 0.125, 1l << 40));
    printf("%ld\n", many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, m, b, 17.9L));
    char text[64];
    va_list none;
    printf("%d\n", snprintf(text, sizeof text, "%*.*f|%-*d|%c%c%c%c%c%c", 10, 3, 3.14159, 6, 42, 'a', 'b', 'c', 'd', 'e', 'f'));
    puts(text);
}

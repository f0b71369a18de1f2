/* Text to numbers: scanf, strtol, strtod, on standard input too.
 * stdin: 42 -17 0x1f 3.25 1e-3 word [bracket] %\n  7 8 9\n */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    int a, b, c;
    double x, y;
    char word[32], set[32];
    printf("%d ", scanf("%d %d %i %lf %lf %31s [%31[^]]] %%", &a, &b, &c, &x, &y, word, set));
    printf("%d %d %d %g %g %s %s\n", a, b, c, x, y, word, set);
    for (int n; scanf("%d", &n) == 1;)
        printf("<%d>", n);
    puts(feof(stdin) ? " end" : " no end");
    const char *texts[] = {"123", "-9223372036854775808", "9223372036854775808", "0777", "0xfF", "  12abc", "", "zz"};
    for (int i = 0; i < 8; i++) {
        char *end;
        errno = 0;
        long value = strtol(texts[i], &end, 0);
        printf("%ld [%s] %d; base 36: %ld\n", value, end, errno, strtol(texts[i], NULL, 36));
    }
    const char *reals[] = {"1.7976931348623157e308", "2.2250738585072014e-308", "4.9e-324", "1e400", "0.1", "0x1.8p3", "nan(12)", "-inf", "1e-400", "123456789012345678"};
    for (int i = 0; i < 10; i++) {
        errno = 0;
        double value = strtod(reals[i], NULL);
        printf("%.17g %d %.9g\n", value, errno, strtof(reals[i], NULL));
    }
}

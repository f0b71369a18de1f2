/* Formatting integers, doubles and strings.
 * class: text */
#include <stdio.h>
int main(void)
{
    char line[200];
    unsigned long sum = 0;
    for (int i = 0; i < 500000; i++) {
        int n = snprintf(line, sizeof line, "%d: %08x %s %.6f %10ld|%-12s|%g", i, i * 7, i & 1 ? "odd" : "even", i / 7.0, (long)i * i, "left", i * 0.001);
        sum += n + line[n / 2];
    }
    printf("%lu\n", sum);
}

/* printf in all its conversions, flags, widths and precisions. */
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <wchar.h>
int main(void)
{
    static const char *integers[] = {"[%d]", "[%5d]", "[%-5d]", "[%05d]", "[%+d]", "[% d]", "[%x]", "[%#X]", "[%o]", "[%#o]", "[%u]", "[%.3d]", "[%8.3d]", "[%-8.3d]", "[%hhd]", "[%hd]"};
    static const int values[] = {0, 1, -1, 42, 255, -12345, 2147483647, -2147483647 - 1};
    for (unsigned i = 0; i < sizeof integers / sizeof *integers; i++, puts(""))
        for (unsigned j = 0; j < sizeof values / sizeof *values; j++)
            printf(integers[i], values[j]);
    static const char *floats[] = {"[%f]", "[%.0f]", "[%.15f]", "[%10.3f]", "[%-10.2f]", "[%+e]", "[%.17e]", "[%g]", "[%#g]", "[%.3g]", "[%G]", "[%a]", "[%.2a]", "[%010.2f]"};
    static const double doubles[] = {0, -0.0, 1, -1.5, 3.14159265358979, 1e10, 1e-10, 123456789.125, 5e-324, 1.7976931348623157e308, 0.1, 2.5, 3.5, 1e22, 9007199254740993.0};
    for (unsigned i = 0; i < sizeof floats / sizeof *floats; i++, puts(""))
        for (unsigned j = 0; j < sizeof doubles / sizeof *doubles; j++)
            printf(floats[i], doubles[j]);
    printf("%f %F %e %g %a\n", INFINITY, -INFINITY, NAN, -NAN, INFINITY);
    printf("%lld %llx %" PRIu64 " %zu %jd %td\n", -1ll << 63, ~0ull, UINT64_MAX, sizeof(int), (intmax_t)-5, (ptrdiff_t)-9);
    printf("%s|%10s|%-10s|%.3s|%*s|%.*s|%c|%5c|%%\n", "string", "right", "left", "truncated", 7, "star", 2, "star", 'c', 'd');
    printf("%p %p\n", (void *)0, (void *)0x1234abcd);
    int written;
    printf("12345%n\n", &written);
    printf("%d\n", written);
    printf("%2$s %1$s %2$s\n", "first", "second");
    printf("%ls %lc\n", L"wide", L'w');
    char buffer[16];
    printf("%d ", snprintf(buffer, sizeof buffer, "%s", "longer than the buffer"));
    puts(buffer);
}

/* 128-bit integers: multiply, divide, shift, print; 64-bit overflow built-ins; saturating and modular arithmetic. */
#include <stdint.h>
#include <stdio.h>
typedef unsigned __int128 u128;
typedef __int128 i128;
static void print(u128 x)
{
    char text[50], *p = text + 49;
    *p = 0;
    do *--p = '0' + (int)(x % 10); while (x /= 10);
    puts(p);
}
int main(void)
{
    u128 a = 1, b = 0;
    for (int i = 1; i < 34; i++, a *= i)
        print(a);
    a = ~(u128)0;
    for (int i = 0; i < 128; i += 17) {
        print(a >> i);
        print(a << i);
        print((u128)((i128)(a << 100) >> i));
        print(a / (((u128)1 << i) + 12345678901234567ull));
        print(a % (((u128)3 << i) + 1));
    }
    i128 s = -((i128)1 << 100);
    printf("%lld %lld\n", (long long)(s / 1234567890123456789ll), (long long)(s % 1234567890123456789ll));
    int64_t values[] = {0, 1, -1, INT64_MAX, INT64_MIN, 1234567890123, -99999999999};
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < 7; j++) {
            int64_t r, q, m;
            int f = __builtin_add_overflow(values[i], values[j], &r) | __builtin_sub_overflow(values[i], values[j], &q) << 1 |
                    __builtin_mul_overflow(values[i], values[j], &m) << 2;
            printf("%d:%ld,%ld,%ld,%lx ", f, r, q, m, (uint64_t)(((i128)values[i] * values[j]) >> 64));
        }
    puts("");
    uint64_t x = 88172645463325252ull, m = 0;
    for (int i = 0; i < 100000; i++) {
        x ^= x << 13; x ^= x >> 7; x ^= x << 17;
        m += x % (i + 1) + (x >> 32) / (uint32_t)(i + 3) + (uint64_t)((u128)x * i >> 64);
    }
    printf("%lu\n", m);
    double d = (double)a, e = (double)(uint64_t)-1;
    printf("%.17g %.17g %lu\n", d, e, (uint64_t)1.8446744073709550e19);
}

/* Products of 64-bit numbers modulo a third: 128-bit dividends for the div instruction.
 * class: muldiv */
#include <stdint.h>
#include <stdio.h>
static uint64_t mulmod(uint64_t a, uint64_t b, uint64_t m)
{
    uint64_t q, r;
    asm("mul %3\n div %4" : "=&a"(q), "=&d"(r) : "0"(a), "r"(b), "r"(m) : "cc");
    return r;
}
int main(void)
{
    uint64_t x = 123456789, m = 0xffffffffffffffc5ull;
    for (int i = 1; i < 12000000; i++)
        x = mulmod(x, x ^ i, m) + 1;
    printf("%lu\n", x);
}

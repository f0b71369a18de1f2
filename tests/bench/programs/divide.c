/* Division and remainder, 32 and 64 bits, signed and unsigned.
 * class: muldiv */
#include <stdint.h>
#include <stdio.h>
int main(void)
{
    uint64_t x = 88172645463325252ull, sum = 0;
    volatile uint32_t d32 = 97;
    for (int i = 1; i < 25000000; i++) {
        x ^= x << 13; x ^= x >> 7; x ^= x << 17;
        sum += x % (uint64_t)i + (uint32_t)x / d32 + (int64_t)x / (i | 1) + (int32_t)x % (int32_t)(i + 5);
    }
    printf("%lu\n", sum);
}

/* 128-bit products and carries: modular exponentiation, Montgomery style, and a big-number square.
 * class: muldiv */
#include <stdint.h>
#include <stdio.h>
typedef unsigned __int128 u128;
static uint64_t modulus = 0xffffffffffffffc5ull, inverse;
static uint64_t multiply(uint64_t a, uint64_t b)
{
    u128 t = (u128)a * b;
    uint64_t m = (uint64_t)t * inverse;
    u128 r = (t >> 64) - ((u128)m * modulus >> 64);
    return (uint64_t)r + ((uint64_t)(t >> 64) < (uint64_t)((u128)m * modulus >> 64) ? modulus : 0);
}
int main(void)
{
    inverse = 1;
    for (int i = 0; i < 6; i++)
        inverse *= 2 - modulus * inverse;
    uint64_t x = 3, big[16] = {1}, out[32];
    for (int i = 0; i < 20000000; i++)
        x = multiply(x, x + i);
    for (int round = 0; round < 200000; round++) {
        for (int i = 0; i < 32; i++)
            out[i] = 0;
        for (int i = 0; i < 16; i++) {
            uint64_t carry = 0;
            for (int j = 0; j < 16; j++) {
                u128 t = (u128)big[i] * big[j] + out[i + j] + carry;
                out[i + j] = t;
                carry = t >> 64;
            }
            out[i + 16] = carry;
        }
        for (int i = 0; i < 16; i++)
            big[i] = out[i] ^ out[31 - i] ^ x;
    }
    printf("%lx %lx\n", x, big[3]);
}

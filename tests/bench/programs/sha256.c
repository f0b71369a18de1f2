/* SHA-256's compression function: rotations, additions, logic.
 * class: integer */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#define ROR(x, n) ((x) >> (n) | (x) << (32 - (n)))
static uint32_t k[64], h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
static void block(const uint32_t *m)
{
    uint32_t w[64], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], i = h[7];
    memcpy(w, m, 64);
    for (int t = 16; t < 64; t++)
        w[t] = w[t - 16] + w[t - 7] + (ROR(w[t - 15], 7) ^ ROR(w[t - 15], 18) ^ w[t - 15] >> 3) + (ROR(w[t - 2], 17) ^ ROR(w[t - 2], 19) ^ w[t - 2] >> 10);
    for (int t = 0; t < 64; t++) {
        uint32_t x = i + (ROR(e, 6) ^ ROR(e, 11) ^ ROR(e, 25)) + ((e & f) ^ (~e & g)) + k[t] + w[t];
        uint32_t y = (ROR(a, 2) ^ ROR(a, 13) ^ ROR(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        i = g; g = f; f = e; e = d + x; d = c; c = b; b = a; a = x + y;
    }
    h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += i;
}
int main(void)
{
    uint32_t m[16], x = 1;
    for (int i = 0; i < 64; i++)
        k[i] = x = x * 1664525 + 1013904223;
    for (int i = 0; i < 1000000; i++) {
        m[i & 15] = x += i;
        block(m);
    }
    printf("%08x %08x\n", h[0], h[7]);
}

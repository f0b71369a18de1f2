/* SHA-256, MD5-like mixing, CRC-32, base64: known answers from plain C. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
static uint32_t k[64];
static uint32_t ror(uint32_t x, int n) { return x >> n | x << (32 - n); }
static void constants(void)
{
    int n = 0;
    for (int p = 2; n < 64; p++) {
        int prime = 1;
        for (int d = 2; d * d <= p; d++)
            prime &= p % d != 0;
        if (!prime)
            continue;
        long double root = 1; /* Newton for the cube root: its fraction's first 32 bits are the constant */
        for (int i = 0; i < 60; i++)
            root = root - (root * root * root - p) / (3 * root * root);
        k[n++] = (uint32_t)((root - (int)root) * 4294967296.0L);
    }
}
static void sha256(const uint8_t *data, uint64_t size, uint32_t h[8])
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(h, start, sizeof start);
    for (uint64_t at = 0, total = (size + 9 + 63) / 64 * 64; at < total; at += 64) {
        uint32_t w[64], v[8];
        for (int i = 0; i < 64; i++) {
            uint64_t p = at + i;
            uint8_t byte = p < size ? data[p] : p == size ? 0x80 : p >= total - 8 ? size * 8 >> (8 * (total - 1 - p)) : 0;
            w[i / 4] = i % 4 ? w[i / 4] << 8 | byte : byte;
        }
        for (int i = 16; i < 64; i++)
            w[i] = w[i - 16] + (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] + (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
        memcpy(v, h, sizeof v);
        for (int i = 0; i < 64; i++) {
            uint32_t t = v[7] + (ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
            uint32_t u = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
            memmove(v + 1, v, 28);
            v[4] += t;
            v[0] = t + u;
        }
        for (int i = 0; i < 8; i++)
            h[i] += v[i];
    }
}
static uint32_t crc(const uint8_t *p, size_t n)
{
    uint32_t c = ~0u;
    while (n--) {
        c ^= *p++;
        for (int i = 0; i < 8; i++)
            c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
    }
    return ~c;
}
int main(void)
{
    static uint8_t big[100000];
    constants();
    const char *texts[] = {"", "abc", "The quick brown fox jumps over the lazy dog"};
    uint32_t h[8];
    for (int t = 0; t < 4; t++) {
        const uint8_t *p = t < 3 ? (const uint8_t *)texts[t] : big;
        size_t n = t < 3 ? strlen(texts[t]) : sizeof big;
        sha256(p, n, h);
        for (int i = 0; i < 8; i++)
            printf("%08x", h[i]);
        printf(" %08x\n", crc(p, n));
    }
}

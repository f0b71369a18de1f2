/* All widths of integer arithmetic, shifts, comparisons and conversions over edge cases. */
#include <stdint.h>
#include <stdio.h>
static uint64_t hash = 14695981039346656037ull;
static void note(uint64_t x) { hash = (hash ^ x) * 1099511628211ull; }
#define TRY(S, U)                                                                                       \
    for (unsigned i = 0; i < N; i++)                                                                    \
        for (unsigned j = 0; j < N; j++) {                                                              \
            volatile S a = (S)edge[i], b = (S)edge[j];                                                  \
            volatile U u = (U)edge[i], v = (U)edge[j];                                                  \
            note((U)(u + v)); note((U)(u - v)); note((U)(u * v)); note(u & v); note(u | v); note(u ^ v); \
            note((U)~u); note((U)-u); note(a < b); note(a <= b); note(u < v); note(u <= v); note(a == b); \
            note((U)(u << (v & (sizeof(U) * 8 - 1)))); note(u >> (v & (sizeof(U) * 8 - 1)));             \
            note((U)(a >> (v & (sizeof(U) * 8 - 1)))); note(a > 0 ? a : b); note(!a);                    \
            if (v) { note(u / v); note(u % v); }                                                        \
            if (b && b != -1) { note((U)(a / b)); note((U)(a % b)); }                                   \
            note((uint64_t)(int64_t)a); note((uint64_t)u);                                              \
        }
int main(void)
{
    static const int64_t edge[] = {0, 1, -1, 2, 3, 7, 10, 127, 128, 129, 255, 256, -128, -129, 32767, 32768, 65535, 65536, -32768, 2147483647, 2147483648,
                                   -2147483648, 4294967295, 4294967296, INT64_MAX, INT64_MIN, 0x5555555555555555, 0x123456789abcdef};
    enum { N = sizeof edge / sizeof *edge };
    TRY(int8_t, uint8_t);
    printf("%lx\n", hash);
    TRY(int16_t, uint16_t);
    printf("%lx\n", hash);
    TRY(int32_t, uint32_t);
    printf("%lx\n", hash);
    TRY(int64_t, uint64_t);
    printf("%lx\n", hash);
}

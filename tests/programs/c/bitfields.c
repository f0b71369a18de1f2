/* Bit fields, packed and unaligned structures, unions, endianness, byte swaps, rotations, bit counting. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
struct Bits { unsigned a : 3; int b : 5; unsigned long c : 40; signed d : 1; unsigned char e : 7; _Bool f : 1; };
struct __attribute__((packed)) Packed { char c; int i; short s; double d; long l; };
union View { double d; uint64_t u; struct { uint32_t low, high; } part; unsigned char byte[8]; };
int main(void)
{
    struct Bits bits = {0};
    for (int i = 0; i < 20; i++) {
        bits.a += 3; bits.b -= 7; bits.c = bits.c * 1103515245 + 12345; bits.d = i; bits.e += 33; bits.f ^= i & 1;
        printf("%u %d %lu %d %u %d\n", bits.a, bits.b, (unsigned long)bits.c, bits.d, bits.e, bits.f);
    }
    struct Packed p[3];
    memset(p, 0xa5, sizeof p);
    for (int i = 0; i < 3; i++)
        p[i] = (struct Packed){'a' + i, -i * 1000, i * 7, i / 3.0, 1l << (i * 20)};
    printf("%zu", sizeof *p);
    for (unsigned i = 0; i < sizeof p; i++)
        printf(" %02x", ((unsigned char *)p)[i]);
    union View v = {.d = -1234.5};
    printf("\n%016lx %08x %08x %02x\n", v.u, v.part.low, v.part.high, v.byte[7]);
    uint64_t x = 0x123456789abcdef0;
    for (int i = 1; i < 64; i += 9, x = x << i | x >> (64 - i))
        printf("%lx %d %d %d %d %x %x\n", __builtin_bswap64(x), __builtin_popcountll(x), __builtin_clzll(x), __builtin_ctzll(x),
               __builtin_parityll(x), __builtin_bswap32(x), __builtin_bswap16(x));
    uint8_t r8 = 0x81; uint16_t r16 = 0x8001; uint32_t r32 = 0x80000001;
    for (int i = 0; i < 9; i++) {
        r8 = r8 << i % 8 | r8 >> (8 - i) % 8; r16 = r16 << 3 | r16 >> 13; r32 = r32 >> i % 32 | r32 << (32 - i) % 32;
        printf("%02x %04x %08x\n", r8, r16, r32);
    }
}

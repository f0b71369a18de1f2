#include "values.h"

#include <string.h>

#include "base/bits.h"
#include "cpu/cpu.h"

u64 random_next(u64 *seed)
{
    u64 z = *seed += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static u32 pick(u64 *seed, u32 count) { return (u32)(random_next(seed) % count); }
static bool chance(u64 *seed, u32 percent) { return pick(seed, 100) < percent; }

void case_base_memory(u8 memory[DATA_SIZE])
{
    u64 seed = 1;
    for (u32 i = 0; i < DATA_SIZE; i += 8)
        store64(memory + i, random_next(&seed));
}

static u64 integer(u64 *seed, u32 bits)
{
    u64 sign = 1ull << (bits - 1);
    switch (pick(seed, 16)) {
    case 0: return 0;
    case 1: return 1;
    case 2: return ~0ull;
    case 3: return sign;
    case 4: return sign - 1;
    case 5: return sign + 1;
    case 6: return 1ull << pick(seed, bits);
    case 7: return ~(1ull << pick(seed, bits));
    case 8: return pick(seed, 2 * bits);
    case 9: return (u64)-(i64)pick(seed, 300);
    case 10: return 0x5555555555555555ull << pick(seed, 2);
    case 11: return (u64)((i64)random_next(seed) >> pick(seed, 64));
    default: return random_next(seed);
    }
}

void values_integer(u8 *out, u32 bits, u64 *seed)
{
    u64 value = integer(seed, bits);
    memcpy(out, &value, bits / 8);
}

static u32 float32(u64 *seed)
{
    static const u32 edges[] = {
        0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7fa00000, 0xff800001, 0x7fc12345,
        1, 0x80000001, 0x007fffff, 0x00800000, 0x807fffff, 0x7f7fffff, 0xff7fffff, 0x4f000000, 0xcf000000, 0x4effffff, 0x5f000000,
        0x3f000000, 0x3fc00000, 0x40200000, 0xc0200000, 0x4b800000, 0x34000000, 0x33ffffff, 0x477fe000, 0x47800000, 0x33800000,
    };
    if (chance(seed, 40))
        return edges[pick(seed, ARRAY_LEN(edges))];
    if (chance(seed, 50)) /* near 1, so that sums and products mean something */
        return (u32)(random_next(seed) & 0x807fffff) | (u32)(120 + pick(seed, 16)) << 23;
    return (u32)random_next(seed);
}

static u64 float64(u64 *seed)
{
    static const u64 edges[] = {
        0, 1ull << 63, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000,
        0xfff8000000000000, 0x7ff4000000000000, 0xfff0000000000001, 0x7ff8000012345678, 1, 0x8000000000000001, 0x000fffffffffffff,
        0x0010000000000000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x41e0000000000000, 0xc1e0000000000000, 0x43e0000000000000,
        0xc3e0000000000000, 0x41dfffffffc00000, 0x3fe0000000000000, 0x3ff8000000000000, 0x4004000000000000, 0x4330000000000000,
        0x380fffffe0000000, 0x36a0000000000000, 0x47efffffe0000000, 0x47effffff0000000, 0x3ca0000000000000,
    };
    if (chance(seed, 40))
        return edges[pick(seed, ARRAY_LEN(edges))];
    if (chance(seed, 50))
        return (random_next(seed) & 0x800fffffffffffff) | (u64)(1016 + pick(seed, 16)) << 52;
    return random_next(seed);
}

void values_fill(u8 *out, u32 size, u64 *seed)
{
    u32 style = pick(seed, 8), bits = 8u << pick(seed, 4);
    for (u32 i = 0; i < size; i += 8) {
        u64 value = 0;
        if (style < 2)
            value = float32(seed) | (u64)float32(seed) << 32;
        else if (style < 4)
            value = float64(seed);
        else if (style < 6)
            for (u32 at = 0; at < 64; at += bits)
                value |= (integer(seed, bits) & bits_mask(bits)) << at;
        else
            value = random_next(seed);
        store64(out + i, value);
    }
}

/* 80 bits: sign and exponent, explicit integer bit. */
static void float80(u8 *out, u64 *seed)
{
    static const struct { u16 top; u64 significand; } edges[] = {
        { 0, 0 }, { 0x8000, 0 }, { 0x3fff, 1ull << 63 }, { 0xbfff, 1ull << 63 }, { 0x7fff, 1ull << 63 }, { 0xffff, 1ull << 63 },
        { 0x7fff, 3ull << 62 }, { 0xffff, 3ull << 62 }, { 0x7fff, 0xa000000000000000 }, { 0x7fff, 0xc000000000001234 },
        { 0, 1 }, { 0x8000, 0x7fffffffffffffff }, { 0, 1ull << 63 } /* pseudo-denormal */, { 0x3fff, 1 } /* unnormal */,
        { 0x7fff, 0 } /* pseudo-infinity */, { 0x7fff, 1 } /* pseudo-NaN */, { 1, 1ull << 63 }, { 0x7ffe, ~0ull }, { 0xfffe, ~0ull },
        { 0x4000, 0xc90fdaa22168c235 }, { 0x3ffe, 1ull << 63 }, { 0x4000, 3ull << 62 }, { 0x403e, 1ull << 63 }, { 0xc03e, 1ull << 63 },
        { 0x401d, 0xffffffff00000000 }, { 0x400e, 1ull << 63 }, { 0xc00e, 1ull << 63 }, { 0x3ffd, 0xb504f333f9de6484 },
        { 0x403a, 0xde0b6b3a763fffff }, { 0x3fc0, 1ull << 63 }, { 0x43fe, 0xfffffffffffff800 }, { 0x407e, 0xffffff0000000000 },
    };
    u64 significand = random_next(seed);
    u16 top = (u16)random_next(seed);
    if (chance(seed, 40)) {
        u32 i = pick(seed, ARRAY_LEN(edges));
        top = edges[i].top;
        significand = edges[i].significand;
    } else if (chance(seed, 70)) {
        top = (u16)((top & 0x8000) | (0x3fff - 8 + pick(seed, 16)));
        significand |= 1ull << 63;
    } else if (chance(seed, 50)) {
        significand |= 1ull << 63;
    }
    store64(out, significand);
    store16(out + 8, top);
}

static void x87_state(State *s, u64 *seed)
{
    for (u32 i = 0; i < 8; i++)
        float80(s->st[i], seed);
    s->tags = chance(seed, 50) ? 0xff : (u8)random_next(seed);
    s->fcw = chance(seed, 60) ? 0x37f : (u16)((random_next(seed) & 0x1f00) | 0x7f);
    if (chance(seed, 10))
        s->fcw &= (u16)~(1u << pick(seed, 6));
    if (chance(seed, 2))
        s->fcw &= (u16)~0x3f;
    s->fsw = (u16)((random_next(seed) & 0x4700) | pick(seed, 8) << 11);
    if (chance(seed, 20))
        s->fsw |= random_next(seed) & 0x7f;
    if (chance(seed, 90)) /* nothing pending */
        s->fsw &= (u16)~(0x3f & ~s->fcw);
    if (s->fsw & ~s->fcw & 0x3f) {
        s->fsw |= 0x8080;
        s->fop = random_next(seed) & 0x7ff;
        s->fip = (random_next(seed) & 0xffffffff);
        s->fdp = (random_next(seed) & 0xffffffff);
    }
}

void values_state(State *s, u64 *seed)
{
    u32 bits = 8u << pick(seed, 4);
    for (u32 i = 0; i < 16; i++)
        s->gpr[i] = chance(seed, 70) ? integer(seed, bits) : integer(seed, 64);
    if (s->gpr[RSP] - 0x400000 < 0x10000000) /* the host's program lies there: signals would take that for their own stack */
        s->gpr[RSP] |= 1ull << 33;
    if (chance(seed, 30))
        for (u32 i = 0; i < 16; i++)
            values_fill(s->ymm[i], 32, seed);
    else
        values_fill(s->ymm[0], sizeof s->ymm, seed);
    x87_state(s, seed);
    s->mxcsr = chance(seed, 60) ? 0x1f80 : MXCSR_SAFE(random_next(seed));
    if (s->mxcsr % 64 && chance(seed, 50))
        s->mxcsr &= ~0x3fu;
    s->rflags = 0x202 | (random_next(seed) & 0x8d5) | (chance(seed, 20) ? 0x400 : 0) | (chance(seed, 4) ? FLAG_AC : 0);
}

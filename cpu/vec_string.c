/* SDM Vol. 2B, "PCMPESTRI" and Vol. 2, "Imm8 Control Byte Operation for PCMPESTRI / PCMPESTRM / PCMPISTRI / PCMPISTRM":
 * elements are compared all at once, one broadcast element of `a` against all of `b`, as bit masks. */
#include "cpu/vec_string.h"

#include "cpu/cpu.h"

static u32 element_count(u8 imm) { return imm & 1 ? 8 : 16; }

/* One bit per element from a vector of element-wide masks. */
static u32 to_bits(V128 mask, u8 imm)
{
    return (u32)simde_mm_movemask_epi8(imm & 1 ? simde_mm_packs_epi16(mask, simde_mm_setzero_si128()) : mask);
}

static V128 broadcast(const Vector *v, u32 i, u8 imm)
{
    return imm & 1 ? simde_mm_set1_epi16((i16)v->u16[i]) : simde_mm_set1_epi8((i8)v->u8[i]);
}

static V128 equal(V128 a, V128 b, u8 imm) { return imm & 1 ? simde_mm_cmpeq_epi16(a, b) : simde_mm_cmpeq_epi8(a, b); }

/* a > b, signed if imm[1]; unsigned values compare as signed after their top bits are flipped. */
static V128 greater(V128 a, V128 b, u8 imm)
{
    if (!(imm & 2)) {
        V128 top = imm & 1 ? simde_mm_set1_epi16((i16)0x8000) : simde_mm_set1_epi8((i8)0x80);
        a = simde_mm_xor_si128(a, top);
        b = simde_mm_xor_si128(b, top);
    }
    return imm & 1 ? simde_mm_cmpgt_epi16(a, b) : simde_mm_cmpgt_epi8(a, b);
}

static u32 equal_any(const Vector *set, u32 length_a, V128 b, u8 imm)
{
    V128 r = simde_mm_setzero_si128();
    for (u32 i = 0; i < length_a; i++)
        r = simde_mm_or_si128(r, equal(b, broadcast(set, i, imm), imm));
    return to_bits(r, imm);
}

static u32 in_ranges(const Vector *bounds, u32 length_a, V128 b, u8 imm)
{
    u32 r = 0, all = (u32)bits_mask(element_count(imm));
    for (u32 i = 0; i + 1 < length_a; i += 2) {
        u32 below = to_bits(greater(broadcast(bounds, i, imm), b, imm), imm);
        u32 above = to_bits(greater(b, broadcast(bounds, i + 1, imm), imm), imm);
        r |= ~(below | above) & all;
    }
    return r;
}

/* Bit j: the whole of `a` stands in b from j on, as far as the register reaches. */
static u32 equal_ordered(const Vector *needle, u32 length_a, V128 b, u32 valid_b, u8 imm)
{
    u32 n = element_count(imm), r = (u32)bits_mask(n);
    for (u32 k = 0; k < length_a; k++) {
        u32 match = to_bits(equal(b, broadcast(needle, k, imm), imm), imm) & valid_b;
        u32 beyond = (u32)bits_mask(n) & ~(u32)(bits_mask(n) >> k);
        r &= match >> k | beyond;
    }
    return r;
}

StringResult vec_string_compare(V128 a, u64 length_a, V128 b, u64 length_b, u8 imm)
{
    u32 n = element_count(imm), all = (u32)bits_mask(n);
    u32 la = length_a < n ? (u32)length_a : n, lb = length_b < n ? (u32)length_b : n;
    u32 valid_a = all >> (n - la), valid_b = all >> (n - lb), r;
    Vector va;
    memcpy(&va, &a, sizeof a);
    switch (imm >> 2 & 3) {
    case 0: r = equal_any(&va, la, b, imm) & valid_b; break;
    case 1: r = in_ranges(&va, la, b, imm) & valid_b; break;
    case 2: r = (to_bits(equal(a, b, imm), imm) & valid_a & valid_b) | (~valid_a & ~valid_b & all); break;
    default: r = equal_ordered(&va, la, b, valid_b, imm); break;
    }
    if ((imm >> 4 & 3) == 1)
        r ^= all;
    else if ((imm >> 4 & 3) == 3)
        r ^= valid_b;
    return (StringResult){ r, (r ? FLAG_CF : 0) | (lb < n ? FLAG_ZF : 0) | (la < n ? FLAG_SF : 0) | (r & 1 ? FLAG_OF : 0) };
}

u32 vec_string_length(V128 v, u8 imm)
{
    u32 zeros = to_bits(equal(v, simde_mm_setzero_si128(), imm), imm);
    return zeros ? (u32)__builtin_ctz(zeros) : element_count(imm);
}

u32 vec_string_index(u32 bits, u8 imm)
{
    if (!bits)
        return element_count(imm);
    return imm & 0x40 ? 31 - (u32)__builtin_clz(bits) : (u32)__builtin_ctz(bits);
}

V128 vec_string_mask(u32 bits, u8 imm)
{
    if (!(imm & 0x40))
        return simde_mm_cvtsi32_si128((i32)bits);
    if (imm & 1)
        return vec_lane_mask_16((u8)bits);
    Vector v;
    for (u32 i = 0; i < 16; i++)
        v.u8[i] = bits >> i & 1 ? 0xff : 0;
    V128 r;
    memcpy(&r, &v, sizeof r);
    return r;
}

/* AES, carry-less multiplication and SHA for builds that may not use the host's instructions. FIPS 197, FIPS 180-4. */
#include "cpu/vec_crypto.h"

#if !defined(__AES__) || !defined(__SHA__) || !defined(__PCLMUL__)

static Vector unpack(V128 v)
{
    Vector r = { .u64 = { 0 } };
    memcpy(&r, &v, sizeof v);
    return r;
}

static V128 pack(const Vector *v)
{
    V128 r;
    memcpy(&r, v, sizeof r);
    return r;
}

#endif
#ifndef __AES__

/* Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
static u8 gf_multiply(u8 a, u8 b)
{
    u8 r = 0;
    for (; b; b >>= 1) {
        r ^= b & 1 ? a : 0;
        a = (u8)(a << 1 ^ (a & 0x80 ? 0x1b : 0));
    }
    return r;
}

static u8 rotate_8(u8 value, u32 count) { return (u8)(value << count | value >> (8 - count)); }

static u8 sbox[256], sbox_inverse[256];

/* The S-box is inversion in the field, then an affine map; 3 generates the field, so powers of it give inverses. */
static void make_sboxes(void)
{
    u8 power[256], p = 1;
    u32 logarithm[256] = { 0 };
    for (u32 i = 0; i < 255; i++) {
        power[i] = p;
        logarithm[p] = i;
        p = gf_multiply(p, 3);
    }
    for (u32 i = 0; i < 256; i++) {
        u8 inverse = i ? power[(255 - logarithm[i]) % 255] : 0;
        u8 s = (u8)(inverse ^ rotate_8(inverse, 1) ^ rotate_8(inverse, 2) ^ rotate_8(inverse, 3) ^ rotate_8(inverse, 4) ^ 0x63);
        sbox_inverse[s] = (u8)i;
        sbox[i] = s;
    }
}

static const u8 *sbox_table(bool inverse)
{
    if (!sbox[0])
        make_sboxes();
    return inverse ? sbox_inverse : sbox;
}

/* ShiftRows (column c takes row r from column c + r, or c - r) and SubBytes. */
static Vector shift_and_substitute(V128 state, bool inverse)
{
    const u8 *table = sbox_table(inverse);
    Vector s = unpack(state), r = s;
    for (u32 i = 0; i < 16; i++)
        r.u8[i] = table[s.u8[(inverse ? i - 4 * (i & 3) : i + 4 * (i & 3)) & 15]];
    return r;
}

static Vector mix_columns(Vector s, bool inverse)
{
    static const u8 forward[4] = { 2, 3, 1, 1 }, backward[4] = { 14, 11, 13, 9 };
    const u8 *factor = inverse ? backward : forward;
    Vector r = { .u64 = { 0 } };
    for (u32 i = 0; i < 16; i++)
        for (u32 k = 0; k < 4; k++)
            r.u8[i] ^= gf_multiply(s.u8[(i & 12) | ((i + k) & 3)], factor[k]);
    return r;
}

static V128 aes_round(V128 state, V128 key, bool inverse, bool last)
{
    Vector s = shift_and_substitute(state, inverse);
    if (!last)
        s = mix_columns(s, inverse);
    return vec_xor(pack(&s), key);
}

V128 vec_aesenc(V128 a, V128 b) { return aes_round(a, b, false, false); }
V128 vec_aesenclast(V128 a, V128 b) { return aes_round(a, b, false, true); }
V128 vec_aesdec(V128 a, V128 b) { return aes_round(a, b, true, false); }
V128 vec_aesdeclast(V128 a, V128 b) { return aes_round(a, b, true, true); }
V128 vec_aesimc(V128 a)
{
    Vector r = mix_columns(unpack(a), true);
    return pack(&r);
}

V128 vec_aeskeygenassist(V128 a, u8 imm)
{
    const u8 *table = sbox_table(false);
    Vector v = unpack(a), r = v;
    for (u32 i = 0; i < 2; i++) {
        u32 word = v.u32[2 * i + 1];
        u32 s = table[word & 255] | (u32)table[word >> 8 & 255] << 8 | (u32)table[word >> 16 & 255] << 16 | (u32)table[word >> 24] << 24;
        r.u32[2 * i] = s;
        r.u32[2 * i + 1] = (s >> 8 | s << 24) ^ imm;
    }
    return pack(&r);
}

#endif
#ifndef __PCLMUL__

V128 vec_pclmulqdq(V128 a, V128 b, u8 imm)
{
    Vector r = { .u64 = { 0 } };
    u64 x = unpack(a).u64[imm & 1], y = unpack(b).u64[imm >> 4 & 1];
    for (u32 i = 0; i < 64; i++)
        if (y >> i & 1) {
            r.u64[0] ^= x << i;
            r.u64[1] ^= i ? x >> (64 - i) : 0;
        }
    return pack(&r);
}

#endif
#ifndef __SHA__

static u32 rotate_left(u32 v, u32 n) { return v << n | v >> (32 - n); }
static u32 rotate_right(u32 v, u32 n) { return v >> n | v << (32 - n); }
static u32 choose(u32 x, u32 y, u32 z) { return (x & y) ^ (~x & z); }
static u32 majority(u32 x, u32 y, u32 z) { return (x & y) ^ (x & z) ^ (y & z); }

V128 vec_sha1rnds4(V128 a, V128 b, u8 imm)
{
    static const u32 constants[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
    Vector s = unpack(a), w = unpack(b);
    u32 va = s.u32[3], vb = s.u32[2], vc = s.u32[1], vd = s.u32[0], ve = 0;
    for (u32 i = 0; i < 4; i++) {
        u32 f = (imm & 3) == 0 ? choose(vb, vc, vd) : (imm & 3) == 2 ? majority(vb, vc, vd) : vb ^ vc ^ vd;
        u32 next = f + rotate_left(va, 5) + w.u32[3 - i] + ve + constants[imm & 3];
        ve = vd, vd = vc, vc = rotate_left(vb, 30), vb = va, va = next;
    }
    Vector r = { .u32 = { vd, vc, vb, va } };
    return pack(&r);
}

V128 vec_sha1nexte(V128 a, V128 b)
{
    Vector r = unpack(b);
    r.u32[3] += rotate_left(unpack(a).u32[3], 30);
    return pack(&r);
}

V128 vec_sha1msg1(V128 a, V128 b)
{
    Vector x = unpack(a), y = unpack(b);
    Vector r = { .u32 = { x.u32[0] ^ y.u32[2], x.u32[1] ^ y.u32[3], x.u32[2] ^ x.u32[0], x.u32[3] ^ x.u32[1] } };
    return pack(&r);
}

V128 vec_sha1msg2(V128 a, V128 b)
{
    Vector x = unpack(a), y = unpack(b), r;
    r.u32[3] = rotate_left(x.u32[3] ^ y.u32[2], 1);
    r.u32[2] = rotate_left(x.u32[2] ^ y.u32[1], 1);
    r.u32[1] = rotate_left(x.u32[1] ^ y.u32[0], 1);
    r.u32[0] = rotate_left(x.u32[0] ^ r.u32[3], 1);
    return pack(&r);
}

V128 vec_sha256rnds2(V128 a, V128 b, V128 xmm0)
{
    Vector x = unpack(a), y = unpack(b), wk = unpack(xmm0);
    u32 va = y.u32[3], vb = y.u32[2], vc = x.u32[3], vd = x.u32[2], ve = y.u32[1], vf = y.u32[0], vg = x.u32[1], vh = x.u32[0];
    for (u32 i = 0; i < 2; i++) {
        u32 t = choose(ve, vf, vg) + (rotate_right(ve, 6) ^ rotate_right(ve, 11) ^ rotate_right(ve, 25)) + wk.u32[i] + vh;
        u32 next = t + majority(va, vb, vc) + (rotate_right(va, 2) ^ rotate_right(va, 13) ^ rotate_right(va, 22));
        vh = vg, vg = vf, vf = ve, ve = t + vd, vd = vc, vc = vb, vb = va, va = next;
    }
    Vector r = { .u32 = { vf, ve, vb, va } };
    return pack(&r);
}

V128 vec_sha256msg1(V128 a, V128 b)
{
    Vector x = unpack(a), r = x;
    u32 w[5] = { x.u32[0], x.u32[1], x.u32[2], x.u32[3], unpack(b).u32[0] };
    for (u32 i = 0; i < 4; i++)
        r.u32[i] = w[i] + (rotate_right(w[i + 1], 7) ^ rotate_right(w[i + 1], 18) ^ w[i + 1] >> 3);
    return pack(&r);
}

V128 vec_sha256msg2(V128 a, V128 b)
{
    Vector x = unpack(a), y = unpack(b), r = x;
    for (u32 i = 0; i < 4; i++) {
        u32 w = i < 2 ? y.u32[i + 2] : r.u32[i - 2];
        r.u32[i] = x.u32[i] + (rotate_right(w, 17) ^ rotate_right(w, 19) ^ w >> 10);
    }
    return pack(&r);
}

#endif

/* AES, PCLMULQDQ and SHA: the host's instructions where the build may use them, else vec_crypto.c. */
#ifndef EMU_CPU_VEC_CRYPTO_H
#define EMU_CPU_VEC_CRYPTO_H

#include "cpu/vec_int.h"

/* SDM Vol. 2A, "AESENC" …: one round of FIPS 197 on state `a`, round key `b`. */
#ifdef __AES__
static INLINE V128 vec_aesenc(V128 a, V128 b) { return _mm_aesenc_si128(a, b); }
static INLINE V128 vec_aesenclast(V128 a, V128 b) { return _mm_aesenclast_si128(a, b); }
static INLINE V128 vec_aesdec(V128 a, V128 b) { return _mm_aesdec_si128(a, b); }
static INLINE V128 vec_aesdeclast(V128 a, V128 b) { return _mm_aesdeclast_si128(a, b); }
static INLINE V128 vec_aesimc(V128 a) { return _mm_aesimc_si128(a); }
/* The round constant is only added: the instruction with 0, and a XOR. */
static INLINE V128 vec_aeskeygenassist(V128 a, u8 imm)
{
    return vec_xor(_mm_aeskeygenassist_si128(a, 0), simde_mm_setr_epi32(0, imm, 0, imm));
}
#else
V128 vec_aesenc(V128 a, V128 b);
V128 vec_aesenclast(V128 a, V128 b);
V128 vec_aesdec(V128 a, V128 b);
V128 vec_aesdeclast(V128 a, V128 b);
V128 vec_aesimc(V128 a);
V128 vec_aeskeygenassist(V128 a, u8 imm);
#endif

/* Carry-less product of one quadword of each: imm[0] of a, imm[4] of b. */
#ifdef __PCLMUL__
static INLINE V128 vec_pclmulqdq(V128 a, V128 b, u8 imm)
{
    a = imm & 1 ? simde_mm_unpackhi_epi64(a, a) : a;
    b = imm & 16 ? simde_mm_unpackhi_epi64(b, b) : b;
    return _mm_clmulepi64_si128(a, b, 0);
}
#else
V128 vec_pclmulqdq(V128 a, V128 b, u8 imm);
#endif

/* SDM Vol. 2B, "SHA1RNDS4" …: steps of FIPS 180-4. */
#ifdef __SHA__
static INLINE V128 vec_sha1rnds4(V128 a, V128 b, u8 imm)
{
    switch (imm & 3) {
    case 0: return _mm_sha1rnds4_epu32(a, b, 0);
    case 1: return _mm_sha1rnds4_epu32(a, b, 1);
    case 2: return _mm_sha1rnds4_epu32(a, b, 2);
    default: return _mm_sha1rnds4_epu32(a, b, 3);
    }
}
static INLINE V128 vec_sha1nexte(V128 a, V128 b) { return _mm_sha1nexte_epu32(a, b); }
static INLINE V128 vec_sha1msg1(V128 a, V128 b) { return _mm_sha1msg1_epu32(a, b); }
static INLINE V128 vec_sha1msg2(V128 a, V128 b) { return _mm_sha1msg2_epu32(a, b); }
static INLINE V128 vec_sha256rnds2(V128 a, V128 b, V128 xmm0) { return _mm_sha256rnds2_epu32(a, b, xmm0); }
static INLINE V128 vec_sha256msg1(V128 a, V128 b) { return _mm_sha256msg1_epu32(a, b); }
static INLINE V128 vec_sha256msg2(V128 a, V128 b) { return _mm_sha256msg2_epu32(a, b); }
#else
V128 vec_sha1rnds4(V128 a, V128 b, u8 imm);
V128 vec_sha1nexte(V128 a, V128 b);
V128 vec_sha1msg1(V128 a, V128 b);
V128 vec_sha1msg2(V128 a, V128 b);
V128 vec_sha256rnds2(V128 a, V128 b, V128 xmm0);
V128 vec_sha256msg1(V128 a, V128 b);
V128 vec_sha256msg2(V128 a, V128 b);
#endif

#endif

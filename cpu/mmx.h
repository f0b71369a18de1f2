/* MMX registers, and what MMX instructions mean where their XMM namesakes on the low half would not do.
 *
 * The registers are those of the x87 unit, in cpu->x87 while X87_MMX says so (x87.h): writing one sets the exponent part
 * to all ones. Values are computed in the low half of 128-bit vectors; what happens in the upper half does not matter. */
#ifndef EMU_CPU_MMX_H
#define EMU_CPU_MMX_H

#include <simde/x86/ssse3.h>

#include "cpu/x87.h"

typedef simde__m128i Mmx;

static INLINE Mmx mmx_get(const Cpu *cpu, u8 number) { return simde_mm_loadl_epi64((const simde__m128i *)cpu->x87.st[number]); }
static INLINE void mmx_put(Cpu *cpu, u8 number, Mmx value)
{
    const Mmx exponent = simde_mm_cvtsi32_si128(0xffff);
    simde_mm_storeu_si128((simde__m128i *)cpu->x87.st[number], simde_mm_unpacklo_epi64(value, exponent));
}
static INLINE Mmx mmx_of(u64 value) { return simde_mm_set_epi64x(0, (i64)value); }
static INLINE u64 mmx_bits(Mmx value) { return (u64)simde_mm_cvtsi128_si64(value); }

static INLINE Mmx mmx_pabsb(Mmx a, Mmx b) { (void)a; return simde_mm_abs_epi8(b); }
static INLINE Mmx mmx_pabsw(Mmx a, Mmx b) { (void)a; return simde_mm_abs_epi16(b); }
static INLINE Mmx mmx_pabsd(Mmx a, Mmx b) { (void)a; return simde_mm_abs_epi32(b); }

/* Two MMX registers side by side: what works on all words of both operands gets them in one vector. */
static INLINE Mmx mmx_pair(Mmx a, Mmx b) { return simde_mm_unpacklo_epi64(a, b); }
static INLINE Mmx mmx_packsswb(Mmx a, Mmx b) { return simde_mm_packs_epi16(mmx_pair(a, b), a); }
static INLINE Mmx mmx_packssdw(Mmx a, Mmx b) { return simde_mm_packs_epi32(mmx_pair(a, b), a); }
static INLINE Mmx mmx_packuswb(Mmx a, Mmx b) { return simde_mm_packus_epi16(mmx_pair(a, b), a); }
static INLINE Mmx mmx_phaddw(Mmx a, Mmx b) { return simde_mm_hadd_epi16(mmx_pair(a, b), a); }
static INLINE Mmx mmx_phaddd(Mmx a, Mmx b) { return simde_mm_hadd_epi32(mmx_pair(a, b), a); }
static INLINE Mmx mmx_phaddsw(Mmx a, Mmx b) { return simde_mm_hadds_epi16(mmx_pair(a, b), a); }
static INLINE Mmx mmx_phsubw(Mmx a, Mmx b) { return simde_mm_hsub_epi16(mmx_pair(a, b), a); }
static INLINE Mmx mmx_phsubd(Mmx a, Mmx b) { return simde_mm_hsub_epi32(mmx_pair(a, b), a); }
static INLINE Mmx mmx_phsubsw(Mmx a, Mmx b) { return simde_mm_hsubs_epi16(mmx_pair(a, b), a); }

static INLINE Mmx mmx_upper(Mmx v) { return simde_mm_srli_si128(v, 8); }
static INLINE Mmx mmx_punpcklbw(Mmx a, Mmx b) { return simde_mm_unpacklo_epi8(a, b); }
static INLINE Mmx mmx_punpcklwd(Mmx a, Mmx b) { return simde_mm_unpacklo_epi16(a, b); }
static INLINE Mmx mmx_punpckldq(Mmx a, Mmx b) { return simde_mm_unpacklo_epi32(a, b); }
static INLINE Mmx mmx_punpckhbw(Mmx a, Mmx b) { return mmx_upper(simde_mm_unpacklo_epi8(a, b)); }
static INLINE Mmx mmx_punpckhwd(Mmx a, Mmx b) { return mmx_upper(simde_mm_unpacklo_epi16(a, b)); }
static INLINE Mmx mmx_punpckhdq(Mmx a, Mmx b) { return mmx_upper(simde_mm_unpacklo_epi32(a, b)); }

/* Selectors have three bits here, and bit 7. */
static INLINE Mmx mmx_pshufb(Mmx a, Mmx b) { return simde_mm_shuffle_epi8(a, simde_mm_and_si128(b, simde_mm_set1_epi8((i8)0x87))); }

static INLINE Mmx mmx_pshufw(Mmx a, Mmx b, u8 order)
{
    u64 from = mmx_bits(b), to = 0;
    (void)a;
    for (u32 i = 0; i < 4; i++)
        to |= (from >> 16 * (order >> 2 * i & 3) & 0xffff) << 16 * i;
    return mmx_of(to);
}

static INLINE Mmx mmx_palignr(Mmx a, Mmx b, u8 bytes)
{
    u64 high = mmx_bits(a), low = mmx_bits(b);
    if (bytes >= 8)
        return mmx_of(bytes >= 16 ? 0 : high >> 8 * (bytes - 8));
    return mmx_of(bytes ? low >> 8 * bytes | high << 8 * (8 - bytes) : low);
}

#endif

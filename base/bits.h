/* Bit fields, sign extension, alignment and unaligned little-endian loads and stores. */
#ifndef EMU_BASE_BITS_H
#define EMU_BASE_BITS_H

#include "base/types.h"

/* The low `width` bits set; width 1..64. */
static INLINE u64 bits_mask(unsigned width) { return ~0ull >> (64 - width); }

/* `value`'s low `width` bits, sign-extended to 64; width 1..64. */
static INLINE i64 bits_sign_extend(u64 value, unsigned width) { return (i64)(value << (64 - width)) >> (64 - width); }

/* `value` rounded down / up to a multiple of `alignment`, a power of two. Rounding up wraps at 2^64. */
static INLINE u64 bits_align_down(u64 value, u64 alignment) { return value & ~(alignment - 1); }
static INLINE u64 bits_align_up(u64 value, u64 alignment) { return (value + alignment - 1) & ~(alignment - 1); }

static INLINE u8 load8(const void *p) { return *(const u8 *)p; }
static INLINE u16 load16(const void *p) { u16 v; memcpy(&v, p, sizeof v); return v; }
static INLINE u32 load32(const void *p) { u32 v; memcpy(&v, p, sizeof v); return v; }
static INLINE u64 load64(const void *p) { u64 v; memcpy(&v, p, sizeof v); return v; }
static INLINE void store8(void *p, u8 v) { *(u8 *)p = v; }
static INLINE void store16(void *p, u16 v) { memcpy(p, &v, sizeof v); }
static INLINE void store32(void *p, u32 v) { memcpy(p, &v, sizeof v); }
static INLINE void store64(void *p, u64 v) { memcpy(p, &v, sizeof v); }

#endif

/* Values that find errors: edges of every type, and random ones. */
#ifndef EMU_TESTS_DIFFERENTIAL_VALUES_H
#define EMU_TESTS_DIFFERENTIAL_VALUES_H

#include "case.h"

/* Any MXCSR value without reserved bits; exceptions mostly masked. */
#define MXCSR_SAFE(value) ((u32)(value) % 4 ? ((u32)(value) & 0xffff) | 0x1f80 : (u32)(value) & 0xffff)

/* One integer of `bits` (8, 16, 32, 64). */
void values_integer(u8 *out, u32 bits, u64 *seed);
/* Bytes full of integers and floats of some width; size a multiple of 8. */
void values_fill(u8 *out, u32 size, u64 *seed);
/* Every register, flags and modes; RIP, FS and GS are left alone. */
void values_state(State *state, u64 *seed);

#endif

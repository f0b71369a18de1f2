/* PCMPESTRx, PCMPISTRx: the comparison of two strings of bytes or words under control of an immediate. */
#ifndef EMU_CPU_VEC_STRING_H
#define EMU_CPU_VEC_STRING_H

#include "cpu/vec_int.h"

typedef struct StringResult {
    u32 bits;  /* IntRes2: one bit for each element of b */
    u32 flags; /* CF ZF SF OF in their RFLAGS places */
} StringResult;

/* Lengths in elements; more than fit (or negative, as magnitude) count as full. */
StringResult vec_string_compare(V128 a, u64 length_a, V128 b, u64 length_b, u8 imm);
/* The length of a string that ends at its first zero element. */
u32 vec_string_length(V128 v, u8 imm);
/* The index form's ECX. */
u32 vec_string_index(u32 bits, u8 imm);
/* The mask form's XMM0. */
V128 vec_string_mask(u32 bits, u8 imm);

#endif

/* Handlers of the vector instructions that compute with floats: destination = f(sources), and MXCSR. */
#include "cpu/vec_fp.h"
#include "cpu/vec_templates.h"

#define VEC_SHAPES_FP
#define MAKE_V_FP_PS(m, f) VEC_MAKE_ALL(m, binary, binary, f, 16, 32, FP_TINY_PS)
#define MAKE_V_FP_PD(m, f) VEC_MAKE_ALL(m, binary, binary, f, 16, 32, FP_TINY_PD)
#define MAKE_V_FP_SS(m, f) VEC_MAKE_NARROW(m, binary, f, 4, FP_TINY_SS)
#define MAKE_V_FP_SD(m, f) VEC_MAKE_NARROW(m, binary, f, 8, FP_TINY_SD)
#define MAKE_V_FP_EXACT(m, f) VEC_MAKE_ALL(m, binary, binary, f, 16, 32, FP_EXACT)
#define MAKE_V_FP_EXACT_32(m, f) VEC_MAKE_NARROW(m, binary, f, 4, FP_EXACT)
#define MAKE_V_FP_EXACT_64(m, f) VEC_MAKE_NARROW(m, binary, f, 8, FP_EXACT)
#define MAKE_V_FP_SD_TO_SS(m, f) VEC_MAKE_NARROW(m, binary, f, 8, FP_TINY_SS)
#define MAKE_V_FP_UNARY(m, f) VEC_MAKE_ALL(m, unary, unary, f, 16, 32, FP_EXACT)
#define MAKE_V_FP_CMP(m, f)                                            \
    VEC_MAKE_SSE(m, binary_imm, f##_sse, 16, FP_EXACT)                 \
    VEC_MAKE_128(m, binary_imm, f, 16, FP_EXACT)                       \
    VEC_MAKE_256(m, binary_imm, f, 32, FP_EXACT)                       \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m), VEC_ENTRIES_256(m))
#define MAKE_CMP_SCALAR(m, f, size)                                    \
    VEC_MAKE_SSE(m, binary_imm, f##_sse, size, FP_EXACT)               \
    VEC_MAKE_128(m, binary_imm, f, size, FP_EXACT)                     \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m))
#define MAKE_V_FP_CMP_32(m, f) MAKE_CMP_SCALAR(m, f, 4)
#define MAKE_V_FP_CMP_64(m, f) MAKE_CMP_SCALAR(m, f, 8)
#define MAKE_V_FP_WIDEN(m, f) VEC_MAKE_ALL(m, unary, widen, f, 8, 16, FP_EXACT)
#define MAKE_V_FP_NARROW(m, f) VEC_MAKE_ALL(m, unary, narrow, f, 16, 32, FP_EXACT)
#define MAKE_V_FP_NARROW_PS(m, f) VEC_MAKE_ALL(m, unary, narrow, f, 16, 32, FP_TINY_PS)

#include "cpu/vec_shapes.h"
#include "cpu/vec.def"

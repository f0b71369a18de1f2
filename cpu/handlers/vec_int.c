/* Handlers of the vector instructions that compute on integers: destination = f(sources). */
#include "cpu/vec_avx.h"
#include "cpu/vec_crypto.h"
#include "cpu/vec_fp.h"
#include "cpu/vec_templates.h"

#define VEC_SHAPES_COMPUTE
#define MAKE_V_BINARY(m, f) VEC_MAKE_ALL(m, binary, binary, f, 16, 32, FP_NONE)
#define MAKE_V_BINARY_128(m, f) VEC_MAKE_NARROW(m, binary, f, 16, FP_NONE)
#define MAKE_V_BINARY_32(m, f) VEC_MAKE_NARROW(m, binary, f, 4, FP_NONE)
#define MAKE_V_BINARY_IMM(m, f) VEC_MAKE_ALL(m, binary_imm, binary_imm, f, 16, 32, FP_NONE)
#define MAKE_V_UNARY(m, f) VEC_MAKE_ALL(m, unary, unary, f, 16, 32, FP_NONE)
#define MAKE_V_UNARY_128(m, f) VEC_MAKE_NARROW(m, unary, f, 16, FP_NONE)
#define MAKE_V_UNARY_IMM(m, f) VEC_MAKE_ALL(m, unary_imm, unary_imm, f, 16, 32, FP_NONE)
#define MAKE_V_WIDEN_2(m, f) VEC_MAKE_ALL(m, unary, widen, f, 8, 16, FP_NONE)
#define MAKE_V_WIDEN_4(m, f) VEC_MAKE_ALL(m, unary, widen, f, 4, 8, FP_NONE)
#define MAKE_V_WIDEN_8(m, f) VEC_MAKE_ALL(m, unary, widen, f, 2, 4, FP_NONE)
#define MAKE_V_DUPLICATE(m, f) VEC_MAKE_ALL(m, unary, unary, f, 8, 32, FP_NONE)

/* ---- shifts: the count is an XMM register, 16 bytes of memory, or an immediate, for YMM too --------------------------------- */

VEC_TEMPLATE(shift_rr_256, V256 (*f)(V256, V128))
{
    (void)slow, (void)size;
    VEC_FINISH_256(f(vec_get_256(cpu, op->b), vec_get(cpu, op->c)));
}
VEC_TEMPLATE(shift_rm_256, V256 (*f)(V256, V128))
{
    VEC_SOURCE(p, size, false);
    VEC_FINISH_256(f(vec_get_256(cpu, op->b), vec_load(p, size)));
}
/* The source of an immediate form is the last register operand. */
VEC_TEMPLATE(shift_ri_128, V128 (*f)(V128, V128))
{
    (void)slow, (void)size;
    VEC_FINISH_128(f(vec_get(cpu, op->c), simde_mm_cvtsi32_si128((u8)op->imm)));
}
VEC_TEMPLATE(shift_ri_256, V256 (*f)(V256, V128))
{
    (void)slow, (void)size;
    VEC_FINISH_256(f(vec_get_256(cpu, op->c), simde_mm_cvtsi32_si128((u8)op->imm)));
}
#define MAKE_V_SHIFT(m, f)                                                              \
    VEC_MAKE_SSE(m, binary, f, 16, FP_NONE)                                             \
    VEC_MAKE_128(m, binary, f, 16, FP_NONE)                                             \
    VEC_MAKE_256(m, shift, f, 16, FP_NONE)                                              \
    DEFINE_HANDLER(m##_sse_ri, shift_ri_128, f, false, 0, FP_NONE)                      \
    DEFINE_HANDLER(m##_128_ri, shift_ri_128, f, true, 0, FP_NONE)                       \
    DEFINE_HANDLER(m##_256_ri, shift_ri_256, f##_256, true, 0, FP_NONE)                 \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m), VEC_ENTRIES_256(m), VEC_ENTRY(SSE_RI, m##_sse_ri), \
              VEC_ENTRY(128_RI, m##_128_ri), VEC_ENTRY(256_RI, m##_256_ri))

/* ---- variable blends: the mask is XMM0, or (VEX) the register in imm[7:4], which the translator made a slot in `size` --------- */

VEC_TEMPLATE(blend_rr_128, V128 (*f)(V128, V128, V128))
{
    (void)slow, (void)size;
    VEC_FINISH_128(f(vec_get(cpu, vex ? op->b : op->a), vec_get(cpu, op->c), vec_get(cpu, vex ? op->size : 0)));
}
VEC_TEMPLATE(blend_rm_128, V128 (*f)(V128, V128, V128))
{
    VEC_SOURCE(p, VEC_BYTES(size), !vex && size == 16);
    VEC_FINISH_128(f(vec_get(cpu, vex ? op->b : op->a), vec_load(p, VEC_BYTES(size)), vec_get(cpu, vex ? op->size : 0)));
}
VEC_TEMPLATE(blend_rr_256, V256 (*f)(V256, V256, V256))
{
    (void)slow, (void)size;
    VEC_FINISH_256(f(vec_get_256(cpu, op->b), vec_get_256(cpu, op->c), vec_get_256(cpu, op->size)));
}
VEC_TEMPLATE(blend_rm_256, V256 (*f)(V256, V256, V256))
{
    VEC_SOURCE(p, size, false);
    VEC_FINISH_256(f(vec_get_256(cpu, op->b), vec_load_256(p), vec_get_256(cpu, op->size)));
}
#define MAKE_V_BLEND(m, f) VEC_MAKE_ALL(m, blend, blend, f, 16, 32, FP_NONE)

/* ---- those without a VEX or a wide form ---------------------------------------------------------------------------------------- */

#define MAKE_V_SHA(m, f) VEC_MAKE_SSE(m, binary, f, 16 | VEC_UNALIGNED, FP_NONE) VEC_TABLE(m, VEC_ENTRIES_SSE(m))
#define MAKE_V_SHA_IMM(m, f) VEC_MAKE_SSE(m, binary_imm, f, 16 | VEC_UNALIGNED, FP_NONE) VEC_TABLE(m, VEC_ENTRIES_SSE(m))
#define MAKE_V_BINARY_IMM_128(m, f) VEC_MAKE_NARROW(m, binary_imm, f, 16, FP_NONE)
#define MAKE_V_UNARY_IMM_128(m, f) VEC_MAKE_NARROW(m, unary_imm, f, 16, FP_NONE)
#define MAKE_V_SHA_XMM0(m, f) VEC_MAKE_SSE(m, blend, f, 16 | VEC_UNALIGNED, FP_NONE) VEC_TABLE(m, VEC_ENTRIES_SSE(m))
#define MAKE_V_INSERTPS(m, f)                                                           \
    DEFINE_HANDLER(m##_sse_rr, binary_imm_rr_128, f, false, 4, FP_NONE)                 \
    DEFINE_HANDLER(m##_128_rr, binary_imm_rr_128, f, true, 4, FP_NONE)                  \
    DEFINE_HANDLER(m##_sse_rm, binary_imm_rm_128, f##_memory, false, 4, FP_NONE)        \
    DEFINE_HANDLER(m##_128_rm, binary_imm_rm_128, f##_memory, true, 4, FP_NONE)         \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m))

#include "cpu/vec_shapes.h"
#include "cpu/vec.def"

/* Handlers of the vector instructions that compute on integers: destination = f(sources). */
#include "cpu/vec_avx.h"
#include "cpu/vec_crypto.h"
#include "cpu/vec_fp.h"
#include "cpu/vec_make.h"

#define VEC_SHAPES_COMPUTE
#define MAKE_V_BINARY(m, f) VEC_MAKE_ALL_HOT(m, binary, f, 16, 32, FP_NONE)
#define MAKE_V_BINARY_128(m, f) VEC_MAKE_NARROW_HOT(m, binary, f, 16, FP_NONE)
#define MAKE_V_BINARY_32(m, f) VEC_MAKE_NARROW(m, binary, f, 4, FP_NONE)
#define MAKE_V_BINARY_IMM(m, f) VEC_MAKE_ALL_HOT(m, binary_imm, f, 16, 32, FP_NONE)
#define MAKE_V_UNARY(m, f) VEC_MAKE_UNARY_HOT(m, unary, f, 16, 32, FP_NONE)
#define MAKE_V_UNARY_128(m, f) VEC_MAKE_NARROW(m, unary, f, 16, FP_NONE)
#define MAKE_V_UNARY_IMM(m, f) VEC_MAKE_UNARY_HOT(m, unary_imm, f, 16, 32, FP_NONE)
#define MAKE_V_WIDEN_2(m, f) VEC_MAKE_WIDEN(m, unary, widen, f, 8, 16, FP_NONE)
#define MAKE_V_WIDEN_4(m, f) VEC_MAKE_WIDEN(m, unary, widen, f, 4, 8, FP_NONE)
#define MAKE_V_WIDEN_8(m, f) VEC_MAKE_WIDEN(m, unary, widen, f, 2, 4, FP_NONE)
#define MAKE_V_DUPLICATE(m, f) VEC_MAKE_UNARY_HOT(m, unary, f, 8, 32, FP_NONE)

/* ---- shifts: the count is an XMM register, 16 bytes of memory, or an immediate, for YMM too --------------------------------- */

VEC_TEMPLATE(shift_256, V256, V256 (*f)(V256, V128))
{
    (void)last;
    const u8 *p = NULL;
    if (from != FROM_REGISTER) {
        p = mem_read(cpu, op, acc, from == FROM_BASE ? op_address_base(cpu, op) : op_address(cpu, op), size);
        if (MISSED(p))
            return slow(cpu, op, acc);
    }
    VEC_FINISH_256(f(vec_get_256(cpu, op->b), p ? vec_load(p, 16) : vec_get(cpu, op->c)));
}
/* Immediate forms shift their last register operand. */
VEC_TEMPLATE(shift_imm_128, V128, V128 (*f)(V128, V128))
{
    (void)first;
    VEC_SOURCE_128(c);
    VEC_FINISH_128(f(c, simde_mm_cvtsi32_si128((u8)op->imm)));
}
VEC_TEMPLATE(shift_imm_256, V256, V256 (*f)(V256, V128))
{
    VEC_SOURCE_256(c);
    VEC_FINISH_256(f(c, simde_mm_cvtsi32_si128((u8)op->imm)));
}
#define SHIFT_IMM(prefix, t, none, LAST, f, vex)                                                                       \
    VEC_HANDLER(prefix##_ri, prefix##_ri, t, none, f, FROM_REGISTER, FROM_REGISTER, vex, 0, FP_NONE)                   \
    LAST(prefix##_li, prefix##_ri, t, f, FROM_REGISTER, FROM_LAST, vex, 0, FP_NONE)
#define MAKE_V_SHIFT(m, f)                                                                                             \
    VEC_MAKE_SSE(m, binary, f, 16, FP_NONE)                                                                            \
    VEC_MAKE_128(m, binary, f, 16, FP_NONE)                                                                            \
    VEC_MAKE_256(m, shift, f, 16, FP_NONE)                                                                             \
    SHIFT_IMM(m##_sse, shift_imm_128, VEC_NONE_128, VEC_HANDLER_LAST_128, f, false)                                    \
    SHIFT_IMM(m##_128, shift_imm_128, VEC_NONE_128, VEC_HANDLER_LAST_128, f, true)                                     \
    SHIFT_IMM(m##_256, shift_imm_256, VEC_NONE_256, VEC_HANDLER_LAST_256, f##_256, true)                               \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m), VEC_ENTRIES_256(m), VEC_ENTRY(SSE_RI, m##_sse_ri),            \
              VEC_ENTRY(128_RI, m##_128_ri), VEC_ENTRY(256_RI, m##_256_ri), VEC_ENTRY_LAST_128(SSE_LI, m##_sse_li),    \
              VEC_ENTRY_LAST_128(128_LI, m##_128_li), VEC_ENTRY_LAST_256(256_LI, m##_256_li))

/* ---- variable blends: the mask is XMM0, or (VEX) the register in imm[7:4], which the translator made a slot in `size` --------- */

VEC_TEMPLATE(blend_128, V128, V128 (*f)(V128, V128, V128))
{
    VEC_SOURCE_128(c);
    VEC_FINISH_128(f(vec_first(cpu, op, last, first), c, vec_get(cpu, vex ? op->size : 0)));
}
VEC_TEMPLATE(blend_256, V256, V256 (*f)(V256, V256, V256))
{
    VEC_SOURCE_256(c);
    VEC_FINISH_256(f(vec_get_256(cpu, op->b), c, vec_get_256(cpu, op->size)));
}
#define MAKE_V_BLEND(m, f) VEC_MAKE_ALL(m, blend, f, 16, 32, FP_NONE)

/* ---- those without a VEX or a wide form ---------------------------------------------------------------------------------------- */

#define MAKE_V_SHA(m, f) VEC_MAKE_SSE(m, binary, f, 16 | VEC_UNALIGNED, FP_NONE) VEC_TABLE(m, VEC_ENTRIES_SSE(m))
#define MAKE_V_SHA_IMM(m, f) VEC_MAKE_SSE(m, binary_imm, f, 16 | VEC_UNALIGNED, FP_NONE) VEC_TABLE(m, VEC_ENTRIES_SSE(m))
#define MAKE_V_BINARY_IMM_128(m, f) VEC_MAKE_NARROW(m, binary_imm, f, 16, FP_NONE)
#define MAKE_V_UNARY_IMM_128(m, f) VEC_MAKE_NARROW(m, unary_imm, f, 16, FP_NONE)
#define MAKE_V_SHA_XMM0(m, f) VEC_MAKE_SSE(m, blend, f, 16 | VEC_UNALIGNED, FP_NONE) VEC_TABLE(m, VEC_ENTRIES_SSE(m))
#define INSERTPS(prefix, f, vex)                                                                                       \
    VEC_HANDLER(prefix##_rr, prefix##_rr, binary_imm_128, VEC_NONE_128, f, FROM_REGISTER, FROM_REGISTER, vex, 4, FP_NONE)        \
    VEC_HANDLER(prefix##_rm, prefix##_rm, binary_imm_128, VEC_NONE_128, f##_memory, FROM_REGISTER, FROM_MEMORY, vex, 4, FP_NONE)
#define MAKE_V_INSERTPS(m, f)                                                                                          \
    INSERTPS(m##_sse, f, false)                                                                                        \
    INSERTPS(m##_128, f, true)                                                                                         \
    VEC_TABLE(m, VEC_ENTRY(SSE_RR, m##_sse_rr), VEC_ENTRY(SSE_RM, m##_sse_rm), VEC_ENTRY(128_RR, m##_128_rr), VEC_ENTRY(128_RM, m##_128_rm))

#include "cpu/vec_shapes.h"
#include "cpu/vec.def"

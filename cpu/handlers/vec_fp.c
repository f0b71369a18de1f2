/* Handlers of the vector instructions that compute with floats: destination = f(sources), and MXCSR. */
#include "cpu/vec_fp_ext.h"
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
#define MAKE_V_FP_PS_IMM(m, f) VEC_MAKE_ALL(m, binary_imm, binary_imm, f, 16, 32, FP_TINY_PS)
#define MAKE_V_FP_PD_IMM_128(m, f) VEC_MAKE_NARROW(m, binary_imm, f, 16, FP_TINY_PD)
#define MAKE_V_FP_ROUND(m, f) VEC_MAKE_ALL(m, unary_imm, unary_imm, f, 16, 32, FP_EXACT)
#define MAKE_V_FP_ROUND_32(m, f) VEC_MAKE_NARROW(m, binary_imm, f, 4, FP_EXACT)
#define MAKE_V_FP_ROUND_64(m, f) VEC_MAKE_NARROW(m, binary_imm, f, 8, FP_EXACT)
#define MAKE_V_FP_FROM_HALF(m, f) VEC_MAKE_VEX(m, unary, widen, f, 8, 16, FP_EXACT)

/* ---- VCVTPS2PH: four or eight halves into a register (the rest cleared) or into memory ----------------------------------------- */

/* Denormal halves; UE shows those that are inexact, as ever. */
static bool half_is_tiny(V128 halves)
{
    Vector v = { .u64 = { 0 } };
    memcpy(&v, &halves, sizeof halves);
    for (u32 i = 0; i < 8; i++)
        if (v.u16[i] & 0x3ff && !(v.u16[i] & 0x7c00))
            return true;
    return false;
}

static INLINE void to_half_end(Cpu *cpu, const Op *op, u64 acc, V128 r)
{
    if (EMU_MODE == MODE_SLOW && UNLIKELY(fpenv_unmasked(cpu))) {
        cpu_enter_slow(cpu, op, acc);
        fpenv_end(cpu, half_is_tiny(r));
    }
}
#define TO_HALF(name, get, function, bytes)                                                                             \
    static INLINE const Op *name##_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool unused)                    \
    {                                                                                                                   \
        (void)slow, (void)unused;                                                                                       \
        fp_begin(cpu, FP_EXACT);                                                                                        \
        V128 r = function(get(cpu, op->c), (u8)op->imm);                                                                \
        to_half_end(cpu, op, acc, r);                                                                                   \
        vec_put(cpu, op->a, r, true);                                                                                   \
        return next(cpu, op, acc);                                                                                      \
    }                                                                                                                   \
    static INLINE const Op *name##_mr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool unused)                    \
    {                                                                                                                   \
        (void)unused;                                                                                                   \
        u8 *p = mem_write(cpu, op, acc, op_address(cpu, op), bytes);                                                    \
        if (MISSED(p))                                                                                                  \
            return slow(cpu, op, acc);                                                                                  \
        fp_begin(cpu, FP_EXACT);                                                                                        \
        V128 r = function(get(cpu, op->c), (u8)op->imm);                                                                \
        to_half_end(cpu, op, acc, r);                                                                                   \
        vec_store(p, r, bytes);                                                                                         \
        mem_written(cpu, p, bytes);                                                                                     \
        return next_written(cpu, op, acc);                                                                              \
    }
TO_HALF(to_half_128, vec_get, vec_cvtps2ph, 8)
TO_HALF(to_half_256, vec_get_256, vec_cvtps2ph_256, 16)
#define MAKE_V_FP_TO_HALF(m, f)                                        \
    DEFINE_HANDLER(m##_128_rr, to_half_128_rr, true)                   \
    DEFINE_HANDLER(m##_128_mr, to_half_128_mr, true)                   \
    DEFINE_HANDLER(m##_256_rr, to_half_256_rr, true)                   \
    DEFINE_HANDLER(m##_256_mr, to_half_256_mr, true)                   \
    VEC_TABLE(m, VEC_ENTRY(128_RR, m##_128_rr), VEC_ENTRY(128_MR, m##_128_mr), VEC_ENTRY(256_RR, m##_256_rr), VEC_ENTRY(256_MR, m##_256_mr))

#include "cpu/vec_shapes.h"
#include "cpu/vec.def"

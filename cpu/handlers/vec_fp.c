/* Handlers of the vector instructions that compute with floats: destination = f(sources), and MXCSR. */
#include "cpu/vec_fp_ext.h"
#include "cpu/vec_make.h"

#define VEC_SHAPES_FP
#define MAKE_V_FP_PS(m, f) VEC_MAKE_ALL_HOT(m, binary, f, 16, 32, FP_TINY_PS)
#define MAKE_V_FP_PD(m, f) VEC_MAKE_ALL_HOT(m, binary, f, 16, 32, FP_TINY_PD)
#define MAKE_V_FP_SS(m, f) VEC_MAKE_NARROW_HOT(m, binary, f, 4, FP_TINY_SS)
#define MAKE_V_FP_SD(m, f) VEC_MAKE_NARROW_HOT(m, binary, f, 8, FP_TINY_SD)
#define MAKE_V_FP_EXACT(m, f) VEC_MAKE_ALL_HOT(m, binary, f, 16, 32, FP_EXACT)
#define MAKE_V_FP_EXACT_32(m, f) VEC_MAKE_NARROW_HOT(m, binary, f, 4, FP_EXACT)
#define MAKE_V_FP_EXACT_64(m, f) VEC_MAKE_NARROW_HOT(m, binary, f, 8, FP_EXACT)
#define MAKE_V_FP_SD_TO_SS(m, f) VEC_MAKE_NARROW_HOT(m, binary, f, 8, FP_TINY_SS)
#define MAKE_V_FP_UNARY(m, f) VEC_MAKE_UNARY_HOT(m, unary, f, 16, 32, FP_EXACT)
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
#define MAKE_V_FP_WIDEN(m, f) VEC_MAKE_WIDEN(m, unary, widen, f, 8, 16, FP_EXACT)
#define MAKE_V_FP_NARROW(m, f) MAKE_NARROWING(m, f, FP_EXACT)
#define MAKE_V_FP_NARROW_PS(m, f) MAKE_NARROWING(m, f, FP_TINY_PS)
#define MAKE_NARROWING(m, f, fp)                                   \
    VEC_MAKE_SSE(m, unary, f, 16, fp)                                  \
    VEC_MAKE_128(m, unary, f, 16, fp)                                  \
    VEC_MAKE_256(m, narrow, f, 32, fp)                                 \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m), VEC_ENTRIES_256(m))
#define MAKE_V_FP_ROUND(m, f) VEC_MAKE_ALL(m, unary_imm, f, 16, 32, FP_EXACT)
#define MAKE_V_FP_ROUND_32(m, f) VEC_MAKE_NARROW(m, binary_imm, f, 4, FP_EXACT)
#define MAKE_V_FP_ROUND_64(m, f) VEC_MAKE_NARROW(m, binary_imm, f, 8, FP_EXACT)
#define MAKE_V_FP_FROM_HALF(m, f)                                      \
    VEC_MAKE_128(m, unary, f, 8, FP_EXACT)                             \
    VEC_MAKE_256_FROM_128(m, widen, f, 16, FP_EXACT)                   \
    VEC_TABLE(m, VEC_ENTRIES_128(m), VEC_ENTRIES_256(m))

/* ---- DPPS, DPPD --------------------------------------------------------------------------------------------------------------- */

#define STEP(result, fp, expression)         \
    fp_begin(cpu, fp);                       \
    V128 result = expression;                \
    fp_end(cpu, op, acc, fp, result)
#define STEP_256(result, expression)         \
    fp_begin(cpu, FP_TINY_PS);               \
    V256 result = expression;                \
    fp_end_256(cpu, op, acc, FP_TINY_PS, result)

static INLINE V128 dot_ps(Cpu *cpu, const Op *op, u64 acc, V128 a, V128 b)
{
    STEP(products, FP_TINY_PS, vec_dpps_products(a, b, (u8)op->imm));
    STEP(pairs, FP_TINY_PS, vec_dpps_pairs(products));
    STEP(sum, FP_TINY_PS, vec_dpps_sum(pairs));
    return vec_and(sum, vec_lane_mask_32((u8)op->imm));
}
static INLINE V128 dot_pd(Cpu *cpu, const Op *op, u64 acc, V128 a, V128 b)
{
    STEP(products, FP_TINY_PD, vec_dppd_products(a, b, (u8)op->imm));
    STEP(sum, FP_TINY_PD, vec_dppd_sum(products));
    return vec_and(sum, vec_lane_mask_64((u8)op->imm));
}

typedef V128 Dot(Cpu *cpu, const Op *op, u64 acc, V128 a, V128 b);
static INLINE const Op *dot_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, Dot *dot, bool vex)
{
    (void)slow;
    V128 r = dot(cpu, op, acc, vec_get(cpu, op->b), vec_get(cpu, op->c));
    vec_put(cpu, op->a, r, vex);
    return next_vec(cpu, op, acc, r);
}
static INLINE const Op *dot_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, Dot *dot, bool vex)
{
    VEC_SOURCE(p, 16, !vex);
    V128 r = dot(cpu, op, acc, vec_get(cpu, op->b), vec_load(p, 16));
    vec_put(cpu, op->a, r, vex);
    return next_vec(cpu, op, acc, r);
}
static INLINE const Op *dot_256(Cpu *cpu, const Op *op, u64 acc, V256 b)
{
    STEP_256(products, vec_dpps_products_256(vec_get_256(cpu, op->b), b, (u8)op->imm));
    STEP_256(pairs, vec_dpps_pairs_256(products));
    STEP_256(sum, vec_dpps_sum_256(pairs));
    V128 take = vec_lane_mask_32((u8)op->imm);
    V256 r = vec_and_256(sum, vec_join(take, take));
    vec_put_256(cpu, op->a, r);
    return next_vec_256(cpu, op, acc, r);
}
static INLINE const Op *dot_rr_256(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool unused)
{
    (void)slow, (void)unused;
    return dot_256(cpu, op, acc, vec_get_256(cpu, op->c));
}
static INLINE const Op *dot_rm_256(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool unused)
{
    (void)unused;
    VEC_SOURCE(p, 32, false);
    return dot_256(cpu, op, acc, vec_load_256(p));
}
#define MAKE_DOT(m, dot)                                               \
    DEFINE_HANDLER(m##_sse_rr, dot_rr, dot, false)                     \
    DEFINE_HANDLER(m##_sse_rm, dot_rm, dot, false)                     \
    DEFINE_HANDLER(m##_128_rr, dot_rr, dot, true)                      \
    DEFINE_HANDLER(m##_128_rm, dot_rm, dot, true)
#define DOT_ENTRIES(m) VEC_ENTRY(SSE_RR, m##_sse_rr), VEC_ENTRY(SSE_RM, m##_sse_rm), VEC_ENTRY(128_RR, m##_128_rr), VEC_ENTRY(128_RM, m##_128_rm)
#define MAKE_V_FP_DOT_PD(m, f) MAKE_DOT(m, dot_pd) VEC_TABLE(m, DOT_ENTRIES(m))
#define MAKE_V_FP_DOT_PS(m, f)                                         \
    MAKE_DOT(m, dot_ps)                                                \
    DEFINE_HANDLER(m##_256_rr, dot_rr_256, true)                       \
    DEFINE_HANDLER(m##_256_rm, dot_rm_256, true)                       \
    VEC_TABLE(m, DOT_ENTRIES(m), VEC_ENTRY(256_RR, m##_256_rr), VEC_ENTRY(256_RM, m##_256_rm))

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
        return next_vec(cpu, op, acc, r);                                                                                \
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

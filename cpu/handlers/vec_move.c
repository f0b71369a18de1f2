/* Handlers of the vector moves: whole registers, and their low or high parts. Loads of a part clear the rest (MOVSS, MOVSD,
 * MOVD, MOVQ) or keep it (MOVLPS, MOVHPS). Non-temporal hints are just stores here. */
#include "cpu/vec_int.h"
#include "cpu/vec_templates.h"

/* ---- whole registers: the same handlers for every mnemonic ------------------------------------------------------------------ */

static INLINE const Op *move_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool vex)
{
    (void)slow;
    vec_put(cpu, op->a, vec_get(cpu, op->c), vex);
    return next(cpu, op, acc);
}

static INLINE const Op *move_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool vex, bool aligned)
{
    VEC_SOURCE(p, 16, aligned);
    vec_put(cpu, op->a, vec_load(p, 16), vex);
    return next(cpu, op, acc);
}

static INLINE const Op *move_mr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size, bool aligned)
{
    u8 *p = vec_write(cpu, op, acc, op_address(cpu, op), size, aligned);
    if (MISSED(p))
        return slow(cpu, op, acc);
    vec_store(p, vec_get(cpu, op->c), size);
    mem_written(cpu, p, size);
    return next_written(cpu, op, acc);
}

static INLINE const Op *move_rr_256(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool unused)
{
    (void)slow, (void)unused;
    vec_put_256(cpu, op->a, vec_get_256(cpu, op->c));
    return next(cpu, op, acc);
}

static INLINE const Op *move_rm_256(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool aligned)
{
    VEC_SOURCE(p, 32, aligned);
    vec_put_256(cpu, op->a, vec_load_256(p));
    return next(cpu, op, acc);
}

static INLINE const Op *move_mr_256(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool aligned)
{
    u8 *p = vec_write(cpu, op, acc, op_address(cpu, op), 32, aligned);
    if (MISSED(p))
        return slow(cpu, op, acc);
    simde_mm256_storeu_si256((simde__m256i *)p, vec_get_256(cpu, op->c));
    mem_written(cpu, p, 32);
    return next_written(cpu, op, acc);
}

DEFINE_HANDLER(vec_move_sse_rr, move_rr, false)
DEFINE_HANDLER(vec_move_128_rr, move_rr, true)
DEFINE_HANDLER(vec_move_256_rr, move_rr_256, true)
DEFINE_HANDLER(vec_load_sse_aligned, move_rm, false, true)
DEFINE_HANDLER(vec_load_sse, move_rm, false, false)
DEFINE_HANDLER(vec_load_128_aligned, move_rm, true, true)
DEFINE_HANDLER(vec_load_128, move_rm, true, false)
DEFINE_HANDLER(vec_load_256_aligned, move_rm_256, true)
DEFINE_HANDLER(vec_load_256, move_rm_256, false)
DEFINE_HANDLER(vec_store_128_aligned, move_mr, 16, true)
DEFINE_HANDLER(vec_store_128, move_mr, 16, false)
DEFINE_HANDLER(vec_store_256_aligned, move_mr_256, true)
DEFINE_HANDLER(vec_store_256, move_mr_256, false)

#define VEC_SHAPES_MOVE
#define MOVE_TABLE(m, suffix)                                                                                        \
    VEC_TABLE(m, VEC_ENTRY(SSE_RR, vec_move_sse_rr), VEC_ENTRY(128_RR, vec_move_128_rr), VEC_ENTRY(256_RR, vec_move_256_rr), \
              VEC_ENTRY(SSE_RM, vec_load_sse##suffix), VEC_ENTRY(128_RM, vec_load_128##suffix), VEC_ENTRY(256_RM, vec_load_256##suffix), \
              VEC_ENTRY(SSE_MR, vec_store_128##suffix), VEC_ENTRY(128_MR, vec_store_128##suffix), VEC_ENTRY(256_MR, vec_store_256##suffix))
#define MAKE_V_MOVE_ALIGNED(m, f) MOVE_TABLE(m, _aligned)
#define MAKE_V_MOVE_UNALIGNED(m, f) MOVE_TABLE(m, )

/* ---- parts ------------------------------------------------------------------------------------------------------------------- */

static INLINE const Op *load_part(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size, bool vex)
{
    VEC_SOURCE(p, size, false);
    vec_put(cpu, op->a, vec_load(p, size), vex);
    return next(cpu, op, acc);
}

static INLINE const Op *store_high(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size)
{
    u8 *p = mem_write(cpu, op, acc, op_address(cpu, op), size);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store64(p, vec_reg(cpu, op->c)->u64[1]);
    mem_written(cpu, p, size);
    return next_written(cpu, op, acc);
}

#define MAKE_SCALAR(m, f, size)                                                                          \
    DEFINE_HANDLER(m##_sse_rr, binary_rr_128, f, false, size, FP_NONE)                                   \
    DEFINE_HANDLER(m##_128_rr, binary_rr_128, f, true, size, FP_NONE)                                    \
    DEFINE_HANDLER(m##_sse_rm, load_part, size, false)                                                   \
    DEFINE_HANDLER(m##_128_rm, load_part, size, true)                                                    \
    DEFINE_HANDLER(m##_mr, move_mr, size, false)                                                         \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m), VEC_ENTRY(SSE_MR, m##_mr), VEC_ENTRY(128_MR, m##_mr))
#define MAKE_V_MOVE_32(m, f) MAKE_SCALAR(m, f, 4)
#define MAKE_V_MOVE_64(m, f) MAKE_SCALAR(m, f, 8)

#define MAKE_HALF(m, f, ...)                                                                             \
    DEFINE_HANDLER(m##_sse_rm, binary_rm_128, f, false, 8, FP_NONE)                                      \
    DEFINE_HANDLER(m##_128_rm, binary_rm_128, f, true, 8, FP_NONE)                                       \
    DEFINE_HANDLER(m##_mr, __VA_ARGS__)                                                                  \
    VEC_TABLE(m, VEC_ENTRY(SSE_RM, m##_sse_rm), VEC_ENTRY(128_RM, m##_128_rm), VEC_ENTRY(SSE_MR, m##_mr), VEC_ENTRY(128_MR, m##_mr))
#define MAKE_V_MOVE_HALF_LOW(m, f) MAKE_HALF(m, f, move_mr, 8, false)
#define MAKE_V_MOVE_HALF_HIGH(m, f) MAKE_HALF(m, f, store_high, 8)

#include "cpu/vec_shapes.h"
#include "cpu/vec.def"

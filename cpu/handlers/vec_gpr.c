/* Handlers of the vector instructions that exchange values with general registers or set RFLAGS. */
#include "cpu/flags.h"
#include "cpu/vec_avx.h"
#include "cpu/vec_fp.h"
#include "cpu/vec_make.h"

#define VEC_SHAPES_GPR

/* ---- MOVD, MOVQ ----------------------------------------------------------------------------------------------------------- */

static INLINE const Op *move_from_gpr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size, bool vex)
{
    (void)slow;
    u64 value = *reg64(cpu, op->c);
    V128 r = size == 4 ? simde_mm_cvtsi32_si128((i32)value) : simde_mm_cvtsi64_si128((i64)value);
    vec_put(cpu, op->a, r, vex);
    return next_vec(cpu, op, acc, r);
}

static INLINE const Op *move_to_gpr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size)
{
    (void)slow;
    const Vector *v = vec_reg(cpu, op->c);
    *reg64(cpu, op->a) = size == 4 ? v->u32[0] : v->u64[0];
    return next(cpu, op, acc);
}

static INLINE const Op *load_low(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size, bool vex)
{
    VEC_SOURCE(p, size, false);
    V128 r = vec_load(p, size);
    vec_put(cpu, op->a, r, vex);
    return next_vec(cpu, op, acc, r);
}

static INLINE const Op *store_low(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size)
{
    u8 *p = mem_write(cpu, op, acc, op_address(cpu, op), size);
    if (MISSED(p))
        return slow(cpu, op, acc);
    const Vector *v = vec_reg(cpu, op->c);
    if (size == 4)
        store32(p, v->u32[0]);
    else
        store64(p, v->u64[0]);
    mem_written(cpu, p, size);
    return next_written(cpu, op, acc);
}

#define MAKE_MOVE_GPR(m, size)                                                                                       \
    DEFINE_HANDLER(m##_sse_rg, move_from_gpr, size, false)                                                           \
    DEFINE_HANDLER(m##_128_rg, move_from_gpr, size, true)                                                            \
    DEFINE_HANDLER(m##_gr, move_to_gpr, size)                                                                        \
    DEFINE_HANDLER(m##_sse_rm, load_low, size, false)                                                                \
    DEFINE_HANDLER(m##_128_rm, load_low, size, true)                                                                 \
    DEFINE_HANDLER(m##_mr, store_low, size)
#define MOVE_GPR_ENTRIES(m)                                                                                          \
    VEC_ENTRY(SSE_RG, m##_sse_rg), VEC_ENTRY(SSE_GR, m##_gr), VEC_ENTRY(SSE_RM, m##_sse_rm), VEC_ENTRY(SSE_MR, m##_mr), \
    VEC_ENTRY(128_RG, m##_128_rg), VEC_ENTRY(128_GR, m##_gr), VEC_ENTRY(128_RM, m##_128_rm), VEC_ENTRY(128_MR, m##_mr)
#define MAKE_V_MOVE_GPR_32(m, f) MAKE_MOVE_GPR(m, 4) VEC_TABLE(m, MOVE_GPR_ENTRIES(m))
#define MAKE_V_MOVE_GPR_64(m, f)                                                                                     \
    MAKE_MOVE_GPR(m, 8)                                                                                              \
    VEC_HANDLER(m##_sse_rr, m##_sse_rr, unary_128, VEC_NONE_128, f, FROM_REGISTER, FROM_REGISTER, false, 8, FP_NONE) \
    VEC_HANDLER(m##_128_rr, m##_128_rr, unary_128, VEC_NONE_128, f, FROM_REGISTER, FROM_REGISTER, true, 8, FP_NONE)  \
    VEC_TABLE(m, MOVE_GPR_ENTRIES(m), VEC_ENTRY(SSE_RR, m##_sse_rr), VEC_ENTRY(128_RR, m##_128_rr))

/* ---- masks, extracting, inserting --------------------------------------------------------------------------------------------- */

static INLINE const Op *mask_128(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 (*f)(V128))
{
    (void)slow;
    *reg64(cpu, op->a) = f(vec_get(cpu, op->c));
    return next(cpu, op, acc);
}
static INLINE const Op *mask_256(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 (*f)(V256))
{
    (void)slow;
    *reg64(cpu, op->a) = f(vec_get_256(cpu, op->c));
    return next(cpu, op, acc);
}
#define MAKE_V_MASK(m, f)                                            \
    DEFINE_HANDLER(m##_128, mask_128, f)                             \
    DEFINE_HANDLER(m##_256, mask_256, f##_256)                       \
    VEC_TABLE(m, VEC_ENTRY(SSE_GR, m##_128), VEC_ENTRY(128_GR, m##_128), VEC_ENTRY(256_GR, m##_256))

static INLINE u64 lane(Cpu *cpu, const Op *op, u32 size)
{
    const Vector *v = vec_reg(cpu, op->c);
    switch (size) {
    case 1: return v->u8[op->imm & 15];
    case 2: return v->u16[op->imm & 7];
    case 4: return v->u32[op->imm & 3];
    default: return v->u64[op->imm & 1];
    }
}

static INLINE const Op *extract_gr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size)
{
    (void)slow;
    *reg64(cpu, op->a) = lane(cpu, op, size);
    return next(cpu, op, acc);
}

static INLINE const Op *extract_mr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size)
{
    u8 *p = mem_write(cpu, op, acc, op_address(cpu, op), size);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 value = lane(cpu, op, size);
    memcpy(p, &value, size);
    mem_written(cpu, p, size);
    return next_written(cpu, op, acc);
}
#define MAKE_EXTRACT(m, size)                                        \
    DEFINE_HANDLER(m##_gr, extract_gr, size)                         \
    DEFINE_HANDLER(m##_mr, extract_mr, size)                         \
    VEC_TABLE(m, VEC_ENTRY(SSE_GR, m##_gr), VEC_ENTRY(128_GR, m##_gr), VEC_ENTRY(SSE_MR, m##_mr), VEC_ENTRY(128_MR, m##_mr))
#define MAKE_V_EXTRACT_8(m, f) MAKE_EXTRACT(m, 1)
#define MAKE_V_EXTRACT_16(m, f) MAKE_EXTRACT(m, 2)
#define MAKE_V_EXTRACT_32(m, f) MAKE_EXTRACT(m, 4)
#define MAKE_V_EXTRACT_64(m, f) MAKE_EXTRACT(m, 8)

static INLINE const Op *insert_rg(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, V128 (*f)(V128, u64, u8), u32 size, bool vex)
{
    (void)slow, (void)size;
    V128 r = f(vec_get(cpu, op->b), *reg64(cpu, op->c), (u8)op->imm);
    vec_put(cpu, op->a, r, vex);
    return next_vec(cpu, op, acc, r);
}

static INLINE const Op *insert_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, V128 (*f)(V128, u64, u8), u32 size, bool vex)
{
    VEC_SOURCE(p, size, false);
    u64 value = 0;
    memcpy(&value, p, size);
    V128 r = f(vec_get(cpu, op->b), value, (u8)op->imm);
    vec_put(cpu, op->a, r, vex);
    return next_vec(cpu, op, acc, r);
}
#define MAKE_INSERT(m, f, size)                                      \
    DEFINE_HANDLER(m##_sse_rg, insert_rg, f, size, false)            \
    DEFINE_HANDLER(m##_sse_rm, insert_rm, f, size, false)            \
    DEFINE_HANDLER(m##_128_rg, insert_rg, f, size, true)             \
    DEFINE_HANDLER(m##_128_rm, insert_rm, f, size, true)             \
    VEC_TABLE(m, VEC_ENTRY(SSE_RG, m##_sse_rg), VEC_ENTRY(SSE_RM, m##_sse_rm), VEC_ENTRY(128_RG, m##_128_rg), VEC_ENTRY(128_RM, m##_128_rm))
#define MAKE_V_INSERT_8(m, f) MAKE_INSERT(m, f, 1)
#define MAKE_V_INSERT_16(m, f) MAKE_INSERT(m, f, 2)
#define MAKE_V_INSERT_32(m, f) MAKE_INSERT(m, f, 4)
#define MAKE_V_INSERT_64(m, f) MAKE_INSERT(m, f, 8)

/* ---- integer to float -------------------------------------------------------------------------------------------------------------- */

#define FROM_INT(name, Int)                                                                                            \
    static INLINE const Op *name##_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, V128 (*f)(V128, Int), bool vex) \
    {                                                                                                                  \
        (void)slow;                                                                                                    \
        const FpKind fp = FP_EXACT;                                                                                    \
        VEC_FINISH_128(f(vec_get(cpu, op->b), (Int)*reg64(cpu, op->c)));                                 \
    }                                                                                                                  \
    static INLINE const Op *name##_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, V128 (*f)(V128, Int), bool vex) \
    {                                                                                                                  \
        const FpKind fp = FP_EXACT;                                                                                    \
        VEC_SOURCE(p, sizeof(Int), false);                                                                             \
        Int value;                                                                                                     \
        memcpy(&value, p, sizeof value);                                                                               \
        VEC_FINISH_128(f(vec_get(cpu, op->b), value));                                                   \
    }
FROM_INT(from_int_32, i32)
FROM_INT(from_int_64, i64)
#define INT_ENTRIES(m)                                                                                                          \
    VEC_ENTRY(SSE_R32, m##_sse_r32), VEC_ENTRY(SSE_R64, m##_sse_r64), VEC_ENTRY(SSE_M32, m##_sse_m32), VEC_ENTRY(SSE_M64, m##_sse_m64), \
    VEC_ENTRY(128_R32, m##_128_r32), VEC_ENTRY(128_R64, m##_128_r64), VEC_ENTRY(128_M32, m##_128_m32), VEC_ENTRY(128_M64, m##_128_m64)
#define MAKE_V_FP_FROM_INT(m, f)                                     \
    DEFINE_HANDLER(m##_sse_r32, from_int_32_r, f##_32, false)        \
    DEFINE_HANDLER(m##_sse_m32, from_int_32_m, f##_32, false)        \
    DEFINE_HANDLER(m##_sse_r64, from_int_64_r, f##_64, false)        \
    DEFINE_HANDLER(m##_sse_m64, from_int_64_m, f##_64, false)        \
    DEFINE_HANDLER(m##_128_r32, from_int_32_r, f##_32, true)         \
    DEFINE_HANDLER(m##_128_m32, from_int_32_m, f##_32, true)         \
    DEFINE_HANDLER(m##_128_r64, from_int_64_r, f##_64, true)         \
    DEFINE_HANDLER(m##_128_m64, from_int_64_m, f##_64, true)         \
    VEC_INT_TABLE(m, INT_ENTRIES(m))

/* ---- float to integer, float to flags ------------------------------------------------------------------------------------------------ */

#define TO_INT(name, Int)                                                                                              \
    static INLINE const Op *name##_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, Int (*f)(V128))                 \
    {                                                                                                                  \
        (void)slow;                                                                                                    \
        fp_begin(cpu, FP_EXACT);                                                                                       \
        Int value = f(vec_get(cpu, op->c));                                                                            \
        fp_end(cpu, op, acc, FP_EXACT, simde_mm_setzero_si128());                                                      \
        *reg64(cpu, op->a) = value;                                                                                    \
        return next(cpu, op, acc);                                                                                     \
    }                                                                                                                  \
    static INLINE const Op *name##_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, Int (*f)(V128), u32 size)       \
    {                                                                                                                  \
        VEC_SOURCE(p, size, false);                                                                                    \
        fp_begin(cpu, FP_EXACT);                                                                                       \
        Int value = f(vec_load(p, size));                                                                              \
        fp_end(cpu, op, acc, FP_EXACT, simde_mm_setzero_si128());                                                      \
        *reg64(cpu, op->a) = value;                                                                                    \
        return next(cpu, op, acc);                                                                                     \
    }
TO_INT(to_int_32, u32)
TO_INT(to_int_64, u64)
#define MAKE_TO_INT(m, f, size)                                      \
    DEFINE_HANDLER(m##_r32, to_int_32_r, f##_32)                     \
    DEFINE_HANDLER(m##_m32, to_int_32_m, f##_32, size)               \
    DEFINE_HANDLER(m##_r64, to_int_64_r, f##_64)                     \
    DEFINE_HANDLER(m##_m64, to_int_64_m, f##_64, size)               \
    VEC_INT_TABLE(m, VEC_ENTRY(SSE_R32, m##_r32), VEC_ENTRY(SSE_R64, m##_r64), VEC_ENTRY(SSE_M32, m##_m32), VEC_ENTRY(SSE_M64, m##_m64), \
                  VEC_ENTRY(128_R32, m##_r32), VEC_ENTRY(128_R64, m##_r64), VEC_ENTRY(128_M32, m##_m32), VEC_ENTRY(128_M64, m##_m64))
#define MAKE_V_FP_TO_INT_32(m, f) MAKE_TO_INT(m, f, 4)
#define MAKE_V_FP_TO_INT_64(m, f) MAKE_TO_INT(m, f, 8)

static INLINE void set_flags(Cpu *cpu, u32 flags)
{
    cpu->rflags = (cpu->rflags & ~(u32)FLAGS_ARITH) | flags;
    cpu->cc_kind = CC_RFLAGS;
}

static INLINE const Op *compare_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 (*f)(V128, V128))
{
    (void)slow;
    fp_begin(cpu, FP_EXACT);
    u32 flags = f(vec_get(cpu, op->a), vec_get(cpu, op->c));
    fp_end(cpu, op, acc, FP_EXACT, simde_mm_setzero_si128());
    set_flags(cpu, flags);
    return next(cpu, op, acc);
}

static INLINE const Op *compare_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 (*f)(V128, V128), u32 size)
{
    VEC_SOURCE(p, size, false);
    fp_begin(cpu, FP_EXACT);
    u32 flags = f(vec_get(cpu, op->a), vec_load(p, size));
    fp_end(cpu, op, acc, FP_EXACT, simde_mm_setzero_si128());
    set_flags(cpu, flags);
    return next(cpu, op, acc);
}
#define MAKE_FLAGS(m, f, size)                                       \
    DEFINE_HANDLER(m##_rr, compare_rr, f)                            \
    DEFINE_HANDLER(m##_rm, compare_rm, f, size)                      \
    VEC_TABLE(m, VEC_ENTRY(SSE_RR, m##_rr), VEC_ENTRY(SSE_RM, m##_rm), VEC_ENTRY(128_RR, m##_rr), VEC_ENTRY(128_RM, m##_rm))
#define MAKE_V_FP_FLAGS_32(m, f) MAKE_FLAGS(m, f, 4)
#define MAKE_V_FP_FLAGS_64(m, f) MAKE_FLAGS(m, f, 8)

/* ---- PTEST, VTESTPx --------------------------------------------------------------------------------------------------------------------- */

static INLINE const Op *test_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 (*f)(V128, V128))
{
    (void)slow;
    set_flags(cpu, f(vec_get(cpu, op->a), vec_get(cpu, op->c)));
    return next(cpu, op, acc);
}
static INLINE const Op *test_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 (*f)(V128, V128), bool aligned)
{
    VEC_SOURCE(p, 16, aligned);
    set_flags(cpu, f(vec_get(cpu, op->a), vec_load(p, 16)));
    return next(cpu, op, acc);
}
static INLINE const Op *test_rr_256(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 (*f)(V256, V256))
{
    (void)slow;
    set_flags(cpu, f(vec_get_256(cpu, op->a), vec_get_256(cpu, op->c)));
    return next(cpu, op, acc);
}
static INLINE const Op *test_rm_256(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 (*f)(V256, V256))
{
    VEC_SOURCE(p, 32, false);
    set_flags(cpu, f(vec_get_256(cpu, op->a), vec_load_256(p)));
    return next(cpu, op, acc);
}
#define MAKE_TEST_VEX(m, f)                                          \
    DEFINE_HANDLER(m##_128_rr, test_rr, f)                           \
    DEFINE_HANDLER(m##_128_rm, test_rm, f, false)                    \
    DEFINE_HANDLER(m##_256_rr, test_rr_256, f##_256)                 \
    DEFINE_HANDLER(m##_256_rm, test_rm_256, f##_256)
#define TEST_ENTRIES(m) VEC_ENTRY(128_RR, m##_128_rr), VEC_ENTRY(128_RM, m##_128_rm), VEC_ENTRY(256_RR, m##_256_rr), VEC_ENTRY(256_RM, m##_256_rm)
#define MAKE_V_TEST(m, f)                                            \
    MAKE_TEST_VEX(m, f)                                              \
    DEFINE_HANDLER(m##_sse_rr, test_rr, f)                           \
    DEFINE_HANDLER(m##_sse_rm, test_rm, f, true)                     \
    VEC_TABLE(m, VEC_ENTRY(SSE_RR, m##_sse_rr), VEC_ENTRY(SSE_RM, m##_sse_rm), TEST_ENTRIES(m))
#define MAKE_V_TEST_AVX(m, f) MAKE_TEST_VEX(m, f) VEC_TABLE(m, TEST_ENTRIES(m))

#include "cpu/vec_shapes.h"
#include "cpu/vec.def"

/* Handlers of what AVX and AVX2 add: permutations, broadcasts, halves, masked moves, VZEROALL and VZEROUPPER. */
#include "cpu/vec_avx.h"
#include "cpu/lanes.h"
#include "cpu/vec_fp.h"
#include "cpu/vec_make.h"

#define VEC_SHAPES_AVX
#define MAKE_V_BINARY_AVX(m, f) VEC_MAKE_VEX(m, binary, f, 16, 32, FP_NONE)
#define MAKE_V_BINARY_IMM_AVX(m, f) VEC_MAKE_VEX(m, binary_imm, f, 16, 32, FP_NONE)
#define MAKE_V_BINARY_256(m, f) VEC_MAKE_256(m, binary, f, 32, FP_NONE) VEC_TABLE(m, VEC_ENTRIES_256(m))
#define MAKE_V_BINARY_IMM_256(m, f) VEC_MAKE_256(m, binary_imm, f, 32, FP_NONE) VEC_TABLE(m, VEC_ENTRIES_256(m))
#define MAKE_V_UNARY_IMM_256(m, f) VEC_MAKE_256(m, unary_imm, f, 32, FP_NONE) VEC_TABLE(m, VEC_ENTRIES_256(m))
#define MAKE_V_PERMIL(m, f)                                                                        \
    VEC_MAKE_128(m, binary, f, 16, FP_NONE)                                                        \
    VEC_MAKE_256(m, binary, f, 32, FP_NONE)                                                        \
    VEC_MAKE_128(m##_imm, unary_imm, f##_imm, 16, FP_NONE)                                         \
    VEC_MAKE_256(m##_imm, unary_imm, f##_imm, 32, FP_NONE)                                         \
    VEC_TABLE(m, VEC_ENTRIES_128(m), VEC_ENTRIES_256(m), VEC_ENTRY(128_RI, m##_imm_128_rr), VEC_ENTRY(128_MI, m##_imm_128_rm), \
              VEC_ENTRY(256_RI, m##_imm_256_rr), VEC_ENTRY(256_MI, m##_imm_256_rm))

#define BROADCAST(m, f, size)                                                                      \
    VEC_MAKE_128(m, unary, f, size, FP_NONE)                                                       \
    VEC_MAKE_256_FROM_128(m, widen, f, size, FP_NONE)                                              \
    VEC_TABLE(m, VEC_ENTRIES_128(m), VEC_ENTRIES_256(m))
#define MAKE_V_BROADCAST_8(m, f) BROADCAST(m, f, 1)
#define MAKE_V_BROADCAST_16(m, f) BROADCAST(m, f, 2)
#define MAKE_V_BROADCAST_32(m, f) BROADCAST(m, f, 4)
#define MAKE_V_BROADCAST_64(m, f) BROADCAST(m, f, 8)
#define MAKE_V_BROADCAST_64_256(m, f) VEC_MAKE_256_FROM_128(m, widen, f, 8, FP_NONE) VEC_TABLE(m, VEC_ENTRIES_256(m))
#define MAKE_V_BROADCAST_128(m, f)                                                                 \
    VEC_HANDLER(m##_rm, m##_rm, widen_256, VEC_NONE_128, f##_256, FROM_REGISTER, FROM_MEMORY, true, 16, FP_NONE) \
    VEC_TABLE(m, VEC_ENTRY(256_RM, m##_rm))

/* ---- halves ------------------------------------------------------------------------------------------------------------------ */

VEC_TEMPLATE(insert_half_256, V128, V256 (*f)(V256, V128, u8))
{
    VEC_SOURCE_128(c);
    VEC_FINISH_256(f(vec_get_256(cpu, op->b), c, (u8)op->imm));
}
#define MAKE_V_INSERT_HALF(m, f) VEC_MAKE_256_FROM_128(m, insert_half, f, 16, FP_NONE) VEC_TABLE(m, VEC_ENTRIES_256(m))

static INLINE const Op *extract_half_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, V128 (*f)(V256, u8))
{
    (void)slow;
    V128 r = f(vec_get_256(cpu, op->c), (u8)op->imm);
    vec_put(cpu, op->a, r, true);
    return next_vec(cpu, op, acc, r);
}
static INLINE const Op *extract_half_mr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, V128 (*f)(V256, u8))
{
    u8 *p = mem_write(cpu, op, acc, op_address(cpu, op), 16);
    if (MISSED(p))
        return slow(cpu, op, acc);
    vec_store(p, f(vec_get_256(cpu, op->c), (u8)op->imm), 16);
    mem_written(cpu, p, 16);
    return next_written(cpu, op, acc);
}
#define MAKE_V_EXTRACT_HALF(m, f)                                                                  \
    DEFINE_HANDLER(m##_256_rr, extract_half_rr, f##_256)                                           \
    DEFINE_HANDLER(m##_256_mr, extract_half_mr, f##_256)                                           \
    VEC_TABLE(m, VEC_ENTRY(256_RR, m##_256_rr), VEC_ENTRY(256_MR, m##_256_mr))

/* ---- masked moves: lanes that are not selected are not accessed, and cannot fault ------------------------------------------------ */

/* b holds the mask: its signs over whole lanes. */
static INLINE V128 lane_signs(V128 mask, u32 lane)
{
    mask = simde_mm_srai_epi32(mask, 31);
    return lane == 4 ? mask : simde_mm_shuffle_epi32(mask, 0xf5);
}

static INLINE bool lane_selected(const Vector *mask, u32 lane, u32 i) { return mask->u8[lane * i + lane - 1] & 0x80; }

/* Lane by lane into the destination. (Not inlined, for its local would prevent the handler's tail call.) */
__attribute__((unused)) static NOINLINE void masked_load_lanes(Cpu *cpu, const Op *op, u64 acc, u32 lane, u32 size)
{
    Vector r = { .u64 = { 0 } };
    u64 address = op_address(cpu, op), loaded = 0;
    for (u32 i = 0; i < size / lane; i++)
        if (lane_selected(vec_reg(cpu, op->b), lane, i)) {
            memcpy(r.u8 + lane * i, cpu_slow_read(cpu, op, acc, address + lane * i, lane), lane);
            loaded++;
        }
    cpu_count_accesses(cpu, op, loaded, 0);
    *vec_reg(cpu, op->a) = r;
}

/* Fast: the whole operand lies in one page with the rights. Slow: lane by lane; a store first sees that none faults. */
static INLINE const Op *masked_load(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 lane, u32 size)
{
#ifdef EMU_MODEL
    return slow(cpu, op, acc); /* which counts the lanes */
#endif
    if (EMU_MODE == MODE_SLOW) {
        masked_load_lanes(cpu, op, acc, lane, size);
    } else {
        const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), size), *mask = vec_reg(cpu, op->b)->u8;
        if (MISSED(p))
            return slow(cpu, op, acc);
        V128 low = vec_and(vec_load(p, 16), lane_signs(vec_load(mask, 16), lane)), high = simde_mm_setzero_si128();
        if (size == 32)
            high = vec_and(vec_load(p + 16, 16), lane_signs(vec_load(mask + 16, 16), lane));
        vec_put_256(cpu, op->a, vec_join(low, high));
    }
    return size == 16 ? next_vec(cpu, op, acc, vec_get(cpu, op->a)) : next_vec_256(cpu, op, acc, vec_get_256(cpu, op->a));
}

static INLINE const Op *masked_store(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 lane, u32 size)
{
    u64 address = op_address(cpu, op);
    const Vector *mask = vec_reg(cpu, op->b), *v = vec_reg(cpu, op->c);
    u64 stored = 0;
#ifdef EMU_MODEL
    return slow(cpu, op, acc);
#endif
    if (EMU_MODE == MODE_FAST) {
        u8 *p = mem_write(cpu, op, acc, address, size);
        if (MISSED(p))
            return slow(cpu, op, acc);
        for (u32 half = 0; half < size / 16; half++) {
            V128 signs = lane_signs(vec_load(mask->u8 + 16 * half, 16), lane);
            vec_store(p + 16 * half, vec_select(vec_load(p + 16 * half, 16), vec_load(v->u8 + 16 * half, 16), signs), 16);
        }
        return next_written(cpu, op, acc);
    }
    for (u32 store = 0; store < 2; store++)
        for (u32 i = 0; i < size / lane; i++)
            if (lane_selected(mask, lane, i) && !store) {
                cpu_slow_check(cpu, op, acc, address + lane * i, lane, ACCESS_WRITE);
            } else if (lane_selected(mask, lane, i)) {
                u8 *p = mem_write(cpu, op, acc, address + lane * i, lane);
                memcpy(p, v->u8 + lane * i, lane);
                mem_written(cpu, p, lane);
                stored++;
            }
    cpu_count_accesses(cpu, op, 0, stored);
    return next_written(cpu, op, acc);
}
#define MAKE_MASKMOV(m, lane)                                                                      \
    DEFINE_HANDLER(m##_128_rm, masked_load, lane, 16)                                              \
    DEFINE_HANDLER(m##_256_rm, masked_load, lane, 32)                                              \
    DEFINE_HANDLER(m##_128_mr, masked_store, lane, 16)                                             \
    DEFINE_HANDLER(m##_256_mr, masked_store, lane, 32)                                             \
    VEC_TABLE(m, VEC_ENTRY(128_RM, m##_128_rm), VEC_ENTRY(256_RM, m##_256_rm), VEC_ENTRY(128_MR, m##_128_mr), VEC_ENTRY(256_MR, m##_256_mr))
#define MAKE_V_MASKMOV_32(m, f) MAKE_MASKMOV(m, 4)
#define MAKE_V_MASKMOV_64(m, f) MAKE_MASKMOV(m, 8)

/* ---- VZEROUPPER, VZEROALL ------------------------------------------------------------------------------------------------------------ */

static INLINE const Op *zero_registers(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 from)
{
    (void)slow;
    for (u32 i = 0; i < 16; i++)
        memset(cpu->v[i].u8 + from, 0, sizeof(Vector) - from);
    return next(cpu, op, acc);
}
#define MAKE_V_ZERO(m, from) DEFINE_HANDLER(m##_all, zero_registers, from) VEC_TABLE(m, VEC_ENTRY(128_RR, m##_all), VEC_ENTRY(256_RR, m##_all))

#include "cpu/vec_shapes.h"
#include "cpu/vec.def"

/* Handlers of the vector moves: whole registers, and their low or high parts. Loads of a part clear the rest (MOVSS, MOVSD,
 * MOVD, MOVQ) or keep it (MOVLPS, MOVHPS). Non-temporal hints are just stores here. */
#include "cpu/vec_int.h"
#include "cpu/vec_make.h"

/* ---- whole registers: the same handlers for every mnemonic ------------------------------------------------------------------ */

static INLINE V128 same(V128 a) { return a; }
static INLINE V256 same_256(V256 a) { return a; }

/* Size 16 means aligned to the templates where the encoding is legacy; MOVAPS and its like are so with VEX, too. */
VEC_TEMPLATE(load_aligned_128, V128, V128 (*f)(V128))
{
    (void)first;
    VEC_LAST_SOURCE_OF(c, V128, vec_get, vec_load(p, 16), size, true);
    VEC_FINISH_128(f(c));
}
VEC_TEMPLATE(load_aligned_256, V256, V256 (*f)(V256))
{
    VEC_LAST_SOURCE_OF(c, V256, vec_get_256, vec_load_256(p), size, true);
    VEC_FINISH_256(f(c));
}

VEC_MAKE(move_sse, unary_128, VEC_NONE_128, same, false, 16 | VEC_UNALIGNED, FP_NONE)
VEC_MAKE(move_128, unary_128, VEC_NONE_128, same, true, 16 | VEC_UNALIGNED, FP_NONE)
VEC_MAKE(move_256, unary_256, VEC_NONE_256, same_256, true, 32, FP_NONE)
VEC_MAKE(move_aligned_sse, load_aligned_128, VEC_NONE_128, same, false, 16, FP_NONE)
VEC_MAKE(move_aligned_128, load_aligned_128, VEC_NONE_128, same, true, 16, FP_NONE)
VEC_MAKE(move_aligned_256, load_aligned_256, VEC_NONE_256, same_256, true, 32, FP_NONE)
VEC_FORWARD_UNARY_SSE(move, unary, same, 16, FP_NONE)
VEC_FORWARD_UNARY_128(move, unary, same, 16, FP_NONE)
VEC_FORWARD_UNARY_256(move, unary, same, 32, FP_NONE)

static INLINE const Op *store(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u64 address, u32 size, bool aligned)
{
    u8 *p = vec_write(cpu, op, acc, address, size, aligned);
    if (MISSED(p))
        return slow(cpu, op, acc);
    if (size == 32)
        simde_mm256_storeu_si256((simde__m256i *)p, vec_get_256(cpu, op->c));
    else
        vec_store(p, vec_get(cpu, op->c), size);
    mem_written(cpu, p, size);
    return next_written(cpu, op, acc);
}
static INLINE const Op *store_mr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size, bool aligned)
{
    return store(cpu, op, acc, slow, op_address(cpu, op), size, aligned);
}
static INLINE const Op *store_br(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size, bool aligned)
{
    return store(cpu, op, acc, slow, op_address_base(cpu, op), size, aligned);
}

/* name_mr, name_br */
#define MAKE_STORES(name, size, aligned)                                                                 \
    DEFINE_HANDLER(name##_mr, store_mr, size, aligned)                                                   \
    STORE_BASE(name, size, aligned)
#if EMU_MODE == MODE_FAST
#define STORE_BASE(name, size, aligned)                                                                  \
    OpHandler H(name##_br);                                                                              \
    const Op *H(name##_br)(Cpu *cpu, const Op *op, u64 acc) { return store_br(cpu, op, acc, CONCAT(slow_, name##_mr), size, aligned); }
#else
#define STORE_BASE(name, size, aligned)
#endif
#define STORE_ENTRIES(width, name) VEC_ENTRY(width##_MR, name##_mr), VEC_ENTRY_FAST(width##_BR, name##_br)
MAKE_STORES(vec_store_128, 16, false)
MAKE_STORES(vec_store_256, 32, false)
MAKE_STORES(vec_store_aligned_128, 16, true)
MAKE_STORES(vec_store_aligned_256, 32, true)

#define VEC_SHAPES_MOVE
#define MOVE_TABLE(m, load, store)                                                                       \
    VEC_TABLE(m, VEC_ENTRIES(SSE, load##_sse), VEC_ENTRIES(128, load##_128), VEC_ENTRIES(256, load##_256), \
              VEC_FORWARDED_UNARY_SSE(move), VEC_FORWARDED_UNARY_128(move), VEC_FORWARDED_UNARY_256(move), \
              STORE_ENTRIES(SSE, store##_128), STORE_ENTRIES(128, store##_128), STORE_ENTRIES(256, store##_256))
#define MAKE_V_MOVE_ALIGNED(m, f) MOVE_TABLE(m, move_aligned, vec_store_aligned)
#define MAKE_V_MOVE_UNALIGNED(m, f) MOVE_TABLE(m, move, vec_store)

/* ---- MOVSS, MOVSD: between registers they merge, from memory they clear the rest -------------------------------------------------- */

#define SCALAR(prefix, f, size, vex)                                                                     \
    VEC_HANDLER(prefix##_rr, prefix##_rr, binary_128, VEC_NONE_128, f, FROM_REGISTER, FROM_REGISTER, vex, size, FP_NONE) \
    VEC_HANDLER(prefix##_rm, prefix##_rm, unary_128, VEC_NONE_128, same, FROM_REGISTER, FROM_MEMORY, vex, size, FP_NONE) \
    VEC_HANDLER_FAST(prefix##_rb, prefix##_rm, unary_128, VEC_NONE_128, same, FROM_REGISTER, FROM_BASE, vex, size, FP_NONE)
#define MAKE_SCALAR(m, f, size)                                                                          \
    SCALAR(m##_sse, f, size, false)                                                                      \
    SCALAR(m##_128, f, size, true)                                                                       \
    MAKE_STORES(m, size, false)                                                                          \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m), STORE_ENTRIES(SSE, m), STORE_ENTRIES(128, m))
#define MAKE_V_MOVE_32(m, f) MAKE_SCALAR(m, f, 4)
#define MAKE_V_MOVE_64(m, f) MAKE_SCALAR(m, f, 8)

/* ---- MOVLPS, MOVHPS and their like ----------------------------------------------------------------------------------------------------- */

static INLINE const Op *store_high(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size)
{
    u8 *p = mem_write(cpu, op, acc, op_address(cpu, op), size);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store64(p, vec_reg(cpu, op->c)->u64[1]);
    mem_written(cpu, p, size);
    return next_written(cpu, op, acc);
}

#define HALF(prefix, f, vex)                                                                             \
    VEC_HANDLER(prefix##_rm, prefix##_rm, binary_128, VEC_NONE_128, f, FROM_REGISTER, FROM_MEMORY, vex, 8, FP_NONE) \
    VEC_HANDLER_FAST(prefix##_rb, prefix##_rm, binary_128, VEC_NONE_128, f, FROM_REGISTER, FROM_BASE, vex, 8, FP_NONE)
#define HALF_ENTRIES(width, prefix) VEC_ENTRY(width##_RM, prefix##_rm), VEC_ENTRY_FAST(width##_RB, prefix##_rb)
#define MAKE_HALF(m, f, ...)                                                                             \
    HALF(m##_sse, f, false)                                                                              \
    HALF(m##_128, f, true)                                                                               \
    DEFINE_HANDLER(m##_mr, __VA_ARGS__)                                                                  \
    VEC_TABLE(m, HALF_ENTRIES(SSE, m##_sse), HALF_ENTRIES(128, m##_128), VEC_ENTRY(SSE_MR, m##_mr), VEC_ENTRY(128_MR, m##_mr))
#define MAKE_V_MOVE_HALF_LOW(m, f) MAKE_HALF(m, f, store_mr, 8, false)
#define MAKE_V_MOVE_HALF_HIGH(m, f) MAKE_HALF(m, f, store_high, 8)

#include "cpu/vec_shapes.h"
#include "cpu/vec.def"

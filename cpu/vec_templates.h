/* Templates of the handlers that compute: get sources, apply the semantics, put the result. Op fields: a destination,
 * b first source (legacy: the destination again), c last source; imm the immediate.
 *
 * Every template takes (…, f, vex, size, fp): the semantics, whether the encoding is VEX (upper half cleared, memory need
 * not be aligned), the bytes of the memory operand, and what f can do to MXCSR. */
#ifndef EMU_CPU_VEC_TEMPLATES_H
#define EMU_CPU_VEC_TEMPLATES_H

#include "cpu/fpenv.h"
#include "cpu/vec.h"

typedef enum FpKind {
    FP_NONE,  /* leaves MXCSR alone */
    FP_EXACT, /* raises flags, but never underflows */
    FP_TINY_SS, FP_TINY_SD, FP_TINY_PS, FP_TINY_PD, /* where to look for a denormal result */
} FpKind;

/* Is one of the results (as many of them as kind and size say) denormal? */
bool vec_is_tiny(const Vector *result, FpKind kind, u32 size);

static INLINE void fp_begin(Cpu *cpu, FpKind fp)
{
    if (EMU_MODE == MODE_SLOW && fp != FP_NONE && UNLIKELY(fpenv_unmasked(cpu)))
        fpenv_begin(cpu);
}

/* Out of line, and by value: a handler whose locals' addresses escape could not go on by a tail call. */
__attribute__((unused)) static NOINLINE void fp_end_unmasked(Cpu *cpu, const Op *op, u64 acc, FpKind fp, V128 r)
{
    Vector result;
    memcpy(&result, &r, sizeof r);
    cpu_enter_slow(cpu, op, acc);
    fpenv_end(cpu, fp != FP_EXACT && vec_is_tiny(&result, fp, sizeof r));
}

__attribute__((unused)) static NOINLINE void fp_end_unmasked_256(Cpu *cpu, const Op *op, u64 acc, FpKind fp, V256 r)
{
    Vector result;
    memcpy(&result, &r, sizeof r);
    cpu_enter_slow(cpu, op, acc);
    fpenv_end(cpu, fp != FP_EXACT && vec_is_tiny(&result, fp, sizeof r));
}

static INLINE void fp_end(Cpu *cpu, const Op *op, u64 acc, FpKind fp, V128 r)
{
    if (EMU_MODE == MODE_SLOW && fp != FP_NONE && UNLIKELY(fpenv_unmasked(cpu)))
        fp_end_unmasked(cpu, op, acc, fp, r);
}

static INLINE void fp_end_256(Cpu *cpu, const Op *op, u64 acc, FpKind fp, V256 r)
{
    if (EMU_MODE == MODE_SLOW && fp != FP_NONE && UNLIKELY(fpenv_unmasked(cpu)))
        fp_end_unmasked_256(cpu, op, acc, fp, r);
}

/* Added to a size of 16: legacy SSE does not ask for alignment either. (SHA: as AMD's processors do, against SDM and APM.) */
enum { VEC_UNALIGNED = 0x100 };
#define VEC_BYTES(size) ((size) & 0xff)

/* ---- finishing -------------------------------------------------------------------------------------------------------- */

/* f's result into the destination, and on. */
#define VEC_FINISH_128(expression)      \
    fp_begin(cpu, fp);                  \
    V128 r = expression;                \
    fp_end(cpu, op, acc, fp, r);        \
    vec_put(cpu, op->a, r, vex);        \
    return next(cpu, op, acc)
#define VEC_FINISH_256(expression)      \
    (void)vex;                          \
    fp_begin(cpu, fp);                  \
    V256 r = expression;                \
    fp_end_256(cpu, op, acc, fp, r);    \
    vec_put_256(cpu, op->a, r);         \
    return next(cpu, op, acc)

#define VEC_TEMPLATE(name, ...) \
    static INLINE const Op *name(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, __VA_ARGS__, bool vex, u32 size, FpKind fp)

/* The last source from memory, `bytes` long; or over to the slow twin. */
#define VEC_SOURCE(p, bytes, aligned)                                                     \
    const u8 *p = vec_read(cpu, op, acc, op_address(cpu, op), bytes, aligned);            \
    if (MISSED(p))                                                                        \
        return slow(cpu, op, acc)

/* ---- destination = f(a, b) ----------------------------------------------------------------------------------------------- */

VEC_TEMPLATE(binary_rr_128, V128 (*f)(V128, V128))
{
    (void)slow, (void)size;
    VEC_FINISH_128(f(vec_get(cpu, vex ? op->b : op->a), vec_get(cpu, op->c)));
}
VEC_TEMPLATE(binary_rm_128, V128 (*f)(V128, V128))
{
    VEC_SOURCE(p, VEC_BYTES(size), !vex && size == 16);
    VEC_FINISH_128(f(vec_get(cpu, vex ? op->b : op->a), vec_load(p, VEC_BYTES(size))));
}
VEC_TEMPLATE(binary_rr_256, V256 (*f)(V256, V256))
{
    (void)slow, (void)size;
    VEC_FINISH_256(f(vec_get_256(cpu, op->b), vec_get_256(cpu, op->c)));
}
VEC_TEMPLATE(binary_rm_256, V256 (*f)(V256, V256))
{
    VEC_SOURCE(p, size, false);
    VEC_FINISH_256(f(vec_get_256(cpu, op->b), vec_load_256(p)));
}

/* ---- destination = f(a, b, imm8) ------------------------------------------------------------------------------------------ */

VEC_TEMPLATE(binary_imm_rr_128, V128 (*f)(V128, V128, u8))
{
    (void)slow, (void)size;
    VEC_FINISH_128(f(vec_get(cpu, vex ? op->b : op->a), vec_get(cpu, op->c), (u8)op->imm));
}
VEC_TEMPLATE(binary_imm_rm_128, V128 (*f)(V128, V128, u8))
{
    VEC_SOURCE(p, VEC_BYTES(size), !vex && size == 16);
    VEC_FINISH_128(f(vec_get(cpu, vex ? op->b : op->a), vec_load(p, VEC_BYTES(size)), (u8)op->imm));
}
VEC_TEMPLATE(binary_imm_rr_256, V256 (*f)(V256, V256, u8))
{
    (void)slow, (void)size;
    VEC_FINISH_256(f(vec_get_256(cpu, op->b), vec_get_256(cpu, op->c), (u8)op->imm));
}
VEC_TEMPLATE(binary_imm_rm_256, V256 (*f)(V256, V256, u8))
{
    VEC_SOURCE(p, size, false);
    VEC_FINISH_256(f(vec_get_256(cpu, op->b), vec_load_256(p), (u8)op->imm));
}

/* ---- destination = f(source) ------------------------------------------------------------------------------------------------ */

VEC_TEMPLATE(unary_rr_128, V128 (*f)(V128))
{
    (void)slow, (void)size;
    VEC_FINISH_128(f(vec_get(cpu, op->c)));
}
VEC_TEMPLATE(unary_rm_128, V128 (*f)(V128))
{
    VEC_SOURCE(p, VEC_BYTES(size), !vex && size == 16);
    VEC_FINISH_128(f(vec_load(p, VEC_BYTES(size))));
}
VEC_TEMPLATE(unary_rr_256, V256 (*f)(V256))
{
    (void)slow, (void)size;
    VEC_FINISH_256(f(vec_get_256(cpu, op->c)));
}
VEC_TEMPLATE(unary_rm_256, V256 (*f)(V256))
{
    VEC_SOURCE(p, size, false);
    VEC_FINISH_256(f(vec_load_256(p)));
}

/* ---- destination = f(source, imm8) -------------------------------------------------------------------------------------------- */

VEC_TEMPLATE(unary_imm_rr_128, V128 (*f)(V128, u8))
{
    (void)slow, (void)size;
    VEC_FINISH_128(f(vec_get(cpu, op->c), (u8)op->imm));
}
VEC_TEMPLATE(unary_imm_rm_128, V128 (*f)(V128, u8))
{
    VEC_SOURCE(p, VEC_BYTES(size), !vex && size == 16);
    VEC_FINISH_128(f(vec_load(p, VEC_BYTES(size)), (u8)op->imm));
}
VEC_TEMPLATE(unary_imm_rr_256, V256 (*f)(V256, u8))
{
    (void)slow, (void)size;
    VEC_FINISH_256(f(vec_get_256(cpu, op->c), (u8)op->imm));
}
VEC_TEMPLATE(unary_imm_rm_256, V256 (*f)(V256, u8))
{
    VEC_SOURCE(p, size, false);
    VEC_FINISH_256(f(vec_load_256(p), (u8)op->imm));
}

/* ---- lanes that change width: XMM to YMM, and YMM to XMM -------------------------------------------------------------------- */

VEC_TEMPLATE(widen_rr_256, V256 (*f)(V128))
{
    (void)slow, (void)size;
    VEC_FINISH_256(f(vec_get(cpu, op->c)));
}
VEC_TEMPLATE(widen_rm_256, V256 (*f)(V128))
{
    VEC_SOURCE(p, size, false);
    VEC_FINISH_256(f(vec_load(p, VEC_BYTES(size))));
}
VEC_TEMPLATE(narrow_rr_256, V128 (*f)(V256))
{
    (void)slow, (void)size;
    VEC_FINISH_128(f(vec_get_256(cpu, op->c)));
}
VEC_TEMPLATE(narrow_rm_256, V128 (*f)(V256))
{
    VEC_SOURCE(p, size, false);
    VEC_FINISH_128(f(vec_load_256(p)));
}

/* ---- making a row's handlers --------------------------------------------------------------------------------------------------- */

/* The handlers of template `t` for one width: name##_rr and name##_rm; and their entries in a table. */
#define VEC_MAKE_SSE(m, t, f, size, fp)                                \
    DEFINE_HANDLER(m##_sse_rr, t##_rr_128, f, false, size, fp)         \
    DEFINE_HANDLER(m##_sse_rm, t##_rm_128, f, false, size, fp)
#define VEC_MAKE_128(m, t, f, size, fp)                                \
    DEFINE_HANDLER(m##_128_rr, t##_rr_128, f, true, size, fp)          \
    DEFINE_HANDLER(m##_128_rm, t##_rm_128, f, true, size, fp)
#define VEC_MAKE_256(m, t, f, size, fp)                                \
    DEFINE_HANDLER(m##_256_rr, t##_rr_256, f##_256, true, size, fp)    \
    DEFINE_HANDLER(m##_256_rm, t##_rm_256, f##_256, true, size, fp)
#define VEC_ENTRIES_SSE(m) VEC_ENTRY(SSE_RR, m##_sse_rr), VEC_ENTRY(SSE_RM, m##_sse_rm)
#define VEC_ENTRIES_128(m) VEC_ENTRY(128_RR, m##_128_rr), VEC_ENTRY(128_RM, m##_128_rm)
#define VEC_ENTRIES_256(m) VEC_ENTRY(256_RR, m##_256_rr), VEC_ENTRY(256_RM, m##_256_rm)

/* All three widths; VEX only; the narrow two (scalars, and what AVX2 left out). */
#define VEC_MAKE_ALL(m, t, t256, f, size, size256, fp)     \
    VEC_MAKE_SSE(m, t, f, size, fp)                        \
    VEC_MAKE_128(m, t, f, size, fp)                        \
    VEC_MAKE_256(m, t256, f, size256, fp)                  \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m), VEC_ENTRIES_256(m))
#define VEC_MAKE_VEX(m, t, t256, f, size, size256, fp)     \
    VEC_MAKE_128(m, t, f, size, fp)                        \
    VEC_MAKE_256(m, t256, f, size256, fp)                  \
    VEC_TABLE(m, VEC_ENTRIES_128(m), VEC_ENTRIES_256(m))
#define VEC_MAKE_NARROW(m, t, f, size, fp)                 \
    VEC_MAKE_SSE(m, t, f, size, fp)                        \
    VEC_MAKE_128(m, t, f, size, fp)                        \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m))

#endif

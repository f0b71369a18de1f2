/* Templates of the handlers that compute: get sources, apply the semantics, put the result. Op fields: a destination,
 * b first source (legacy: the destination again, or what a MOVAPS just before copied to it), c last source; imm.
 *
 * Every template takes (…, f, first, from, vex, size, fp): the semantics, where the first and the last source come from,
 * whether the encoding is VEX (upper half cleared, memory need not be aligned), the bytes of the memory operand, and what f
 * can do to MXCSR.
 *
 * Forwarding: a register that is stored and loaded again costs some ten cycles, and instructions mostly use what the one
 * before computed. So a handler hands its result to the next one as a fourth argument, which stays in the host's first
 * vector register. Whoever does not want it has three parameters and does not notice; handlers named …_l take it instead
 * of loading the register. The translator chooses those only right behind the op that put that register. */
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

/* Added to a size. */
enum {
    VEC_UNALIGNED = 0x100, /* legacy SSE does not ask for alignment either. (SHA: as AMD's processors do, against SDM and APM.) */
};
#define VEC_BYTES(size) ((size) & 0xff)

/* ---- sources --------------------------------------------------------------------------------------------------------------- */

typedef enum VecFrom {
    FROM_REGISTER,
    FROM_MEMORY, /* any address */
    FROM_BASE,   /* base and displacement only */
    FROM_LAST,   /* the register that the op before put, still at hand */
} VecFrom;

/* The first source, b. A MOVAPS that was merged into a memory form has happened when that faults: slow code sees to it. */
static INLINE V128 vec_first(Cpu *cpu, const Op *op, V128 last, VecFrom first)
{
    return first == FROM_LAST ? last : vec_get(cpu, op->b);
}
static INLINE V256 vec_first_256(Cpu *cpu, const Op *op, V256 last, VecFrom first)
{
    return first == FROM_LAST ? last : vec_get_256(cpu, op->b);
}
static INLINE void vec_merged_move(Cpu *cpu, const Op *op, bool vex)
{
    if (EMU_MODE == MODE_SLOW && !vex && op->b != op->a)
        vec_put(cpu, op->a, vec_get(cpu, op->b), false);
}

/* Declares `c`, the last source, or goes over to the slow twin. */
#define VEC_LAST_SOURCE_OF(c, Type, get, load, bytes, aligned)                                           \
    const u8 *p = NULL;                                                                                  \
    if (from == FROM_MEMORY || from == FROM_BASE) {                                                      \
        u64 address = from == FROM_BASE ? op_address_base(cpu, op) : op_address(cpu, op);                \
        p = vec_read(cpu, op, acc, address, bytes, aligned);                                             \
        if (MISSED(p))                                                                                   \
            return slow(cpu, op, acc);                                                                   \
    }                                                                                                    \
    Type c = from == FROM_LAST ? last : from == FROM_REGISTER ? get(cpu, op->c) : load
#define VEC_SOURCE_128(c) \
    VEC_LAST_SOURCE_OF(c, V128, vec_get, vec_load(p, VEC_BYTES(size)), VEC_BYTES(size), !vex && size == 16)
#define VEC_SOURCE_256(c) VEC_LAST_SOURCE_OF(c, V256, vec_get_256, vec_load_256(p), size, false)

/* For handlers of other shapes: just the memory. */
#define VEC_SOURCE(p, bytes, aligned)                                                     \
    const u8 *p = vec_read(cpu, op, acc, op_address(cpu, op), bytes, aligned);            \
    if (MISSED(p))                                                                        \
        return slow(cpu, op, acc)

/* ---- finishing -------------------------------------------------------------------------------------------------------- */

#ifdef EMU_TAIL_CALLS
typedef const Op *VecHandler(Cpu *cpu, const Op *op, u64 acc, V128 last);
typedef const Op *VecHandler256(Cpu *cpu, const Op *op, u64 acc, V256 last);
static INLINE const Op *next_vec(Cpu *cpu, const Op *op, u64 acc, V128 r)
{
    return ((VecHandler *)(void (*)(void))op[1].handler)(cpu, op + 1, acc, r);
}
#else
static INLINE const Op *next_vec(Cpu *cpu, const Op *op, u64 acc, V128 r) { (void)r; return next(cpu, op, acc); }
#endif
#if defined(EMU_TAIL_CALLS) && defined(__AVX__)
static INLINE const Op *next_vec_256(Cpu *cpu, const Op *op, u64 acc, V256 r)
{
    return ((VecHandler256 *)(void (*)(void))op[1].handler)(cpu, op + 1, acc, r);
}
#else
static INLINE const Op *next_vec_256(Cpu *cpu, const Op *op, u64 acc, V256 r) { (void)r; return next(cpu, op, acc); }
#endif

/* f's result into the destination, and on. */
#define VEC_FINISH_128(expression)      \
    fp_begin(cpu, fp);                  \
    V128 r = expression;                \
    fp_end(cpu, op, acc, fp, r);        \
    vec_put(cpu, op->a, r, vex);        \
    return next_vec(cpu, op, acc, r)
#define VEC_FINISH_256(expression)      \
    (void)vex, (void)first;             \
    fp_begin(cpu, fp);                  \
    V256 r = expression;                \
    fp_end_256(cpu, op, acc, fp, r);    \
    vec_put_256(cpu, op->a, r);         \
    return next_vec_256(cpu, op, acc, r)

#define VEC_TEMPLATE(name, Last, ...)                                                                        \
    static INLINE const Op *name(Cpu *cpu, const Op *op, u64 acc, Last last, OpHandler *slow, __VA_ARGS__,    \
                                 VecFrom first, VecFrom from, bool vex, u32 size, FpKind fp)

/* ---- destination = f(a, b), f(a, b, imm8) ------------------------------------------------------------------------------------- */

VEC_TEMPLATE(binary_128, V128, V128 (*f)(V128, V128))
{
    vec_merged_move(cpu, op, vex);
    VEC_SOURCE_128(c);
    VEC_FINISH_128(f(vec_first(cpu, op, last, first), c));
}
VEC_TEMPLATE(binary_256, V256, V256 (*f)(V256, V256))
{
    VEC_SOURCE_256(c);
    VEC_FINISH_256(f(vec_first_256(cpu, op, last, first), c));
}
VEC_TEMPLATE(binary_imm_128, V128, V128 (*f)(V128, V128, u8))
{
    vec_merged_move(cpu, op, vex);
    VEC_SOURCE_128(c);
    VEC_FINISH_128(f(vec_first(cpu, op, last, first), c, (u8)op->imm));
}
VEC_TEMPLATE(binary_imm_256, V256, V256 (*f)(V256, V256, u8))
{
    VEC_SOURCE_256(c);
    VEC_FINISH_256(f(vec_first_256(cpu, op, last, first), c, (u8)op->imm));
}

/* ---- destination = f(source), f(source, imm8) ------------------------------------------------------------------------------------ */

VEC_TEMPLATE(unary_128, V128, V128 (*f)(V128))
{
    (void)first;
    VEC_SOURCE_128(c);
    VEC_FINISH_128(f(c));
}
VEC_TEMPLATE(unary_256, V256, V256 (*f)(V256))
{
    VEC_SOURCE_256(c);
    VEC_FINISH_256(f(c));
}
VEC_TEMPLATE(unary_imm_128, V128, V128 (*f)(V128, u8))
{
    (void)first;
    VEC_SOURCE_128(c);
    VEC_FINISH_128(f(c, (u8)op->imm));
}
VEC_TEMPLATE(unary_imm_256, V256, V256 (*f)(V256, u8))
{
    VEC_SOURCE_256(c);
    VEC_FINISH_256(f(c, (u8)op->imm));
}

/* ---- lanes that change width: XMM to YMM, and YMM to XMM -------------------------------------------------------------------- */

VEC_TEMPLATE(widen_256, V128, V256 (*f)(V128))
{
    VEC_SOURCE_128(c);
    VEC_FINISH_256(f(c));
}
VEC_TEMPLATE(narrow_256, V256, V128 (*f)(V256))
{
    (void)first;
    VEC_SOURCE_256(c);
    VEC_FINISH_128(f(c));
}

#endif

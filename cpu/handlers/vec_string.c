/* Handlers of PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM. Memory operands need no alignment. op->extra: REX.W, 64-bit lengths. */
#include "cpu/flags.h"
#include "cpu/vec_fp.h"
#include "cpu/vec_string.h"
#include "cpu/vec_make.h"

typedef enum StringForm { STRING_EXPLICIT = 1, STRING_MASK = 2 } StringForm;

/* EAX's or EDX's magnitude. */
static INLINE u64 explicit_length(Cpu *cpu, const Op *op, u32 reg)
{
    u64 value = cpu->r[reg];
    if (!op->extra)
        value = (u64)(i64)(i32)value;
    return (i64)value < 0 ? -value : value;
}

static INLINE const Op *string_compare(Cpu *cpu, const Op *op, u64 acc, V128 b, u32 form, bool vex)
{
    V128 a = vec_get(cpu, op->a);
    u8 imm = (u8)op->imm;
    StringResult r;
    if (form & STRING_EXPLICIT)
        r = vec_string_compare(a, explicit_length(cpu, op, RAX), b, explicit_length(cpu, op, RDX), imm);
    else
        r = vec_string_compare(a, vec_string_length(a, imm), b, vec_string_length(b, imm), imm);
    cpu->rflags = (cpu->rflags & ~(u32)FLAGS_ARITH) | r.flags;
    cpu->cc_kind = CC_RFLAGS;
    if (form & STRING_MASK)
        vec_put(cpu, VEC_SLOT(0), vec_string_mask(r.bits, imm), vex);
    else
        cpu->r[RCX] = vec_string_index(r.bits, imm);
    return next(cpu, op, acc);
}

static INLINE const Op *string_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 form, bool vex)
{
    (void)slow;
    return string_compare(cpu, op, acc, vec_get(cpu, op->c), form, vex);
}

static INLINE const Op *string_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 form, bool vex)
{
    VEC_SOURCE(p, 16, false);
    return string_compare(cpu, op, acc, vec_load(p, 16), form, vex);
}

#define VEC_SHAPES_STRING
#define MAKE_V_STRING(m, form)                                       \
    DEFINE_HANDLER(m##_sse_rr, string_rr, form, false)               \
    DEFINE_HANDLER(m##_sse_rm, string_rm, form, false)               \
    DEFINE_HANDLER(m##_128_rr, string_rr, form, true)                \
    DEFINE_HANDLER(m##_128_rm, string_rm, form, true)                \
    VEC_TABLE(m, VEC_ENTRY(SSE_RR, m##_sse_rr), VEC_ENTRY(SSE_RM, m##_sse_rm), VEC_ENTRY(128_RR, m##_128_rr), VEC_ENTRY(128_RM, m##_128_rm))

#include "cpu/vec_shapes.h"
#include "cpu/vec.def"

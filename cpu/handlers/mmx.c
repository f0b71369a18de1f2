/* MMX handlers: arithmetic over all operand forms, and moves. What is rare is in mmx_rare.c. */
#include "cpu/mmx.h"

#include "cpu/exec.h"
#include "cpu/mmx_handlers.h"

/* Before an access: #MF if one is pending. Behind the last access that can fault: TOP 0, all tags valid. In fast code
 * both have long happened. */
#define MMX_WAIT(slow)                                                        \
    if (EMU_MODE == MODE_FAST && UNLIKELY(cpu->x87_mode != X87_MMX))          \
        return slow(cpu, op, acc);                                            \
    if (EMU_MODE != MODE_FAST)                                                \
        x87_wait(cpu, op, acc);
static INLINE void mmx_enter(Cpu *cpu, const Op *op, u64 acc)
{
    if (EMU_MODE != MODE_FAST)
        x87_enter_mmx(cpu, op, acc);
}

/* ---- mm = f(mm, mm / memory / imm8) ---------------------------------------------------------------------------- */

typedef Mmx MmxFunction(Mmx a, Mmx b);
typedef Mmx MmxImmFunction(Mmx a, Mmx b, u8 imm);

static INLINE const Op *mmx_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, MmxFunction *f)
{
    MMX_WAIT(slow)
    mmx_enter(cpu, op, acc);
    mmx_put(cpu, op->a, f(mmx_get(cpu, op->a), mmx_get(cpu, op->b)));
    return next(cpu, op, acc);
}

static INLINE const Op *mmx_ri(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, MmxFunction *f)
{
    MMX_WAIT(slow)
    mmx_enter(cpu, op, acc);
    mmx_put(cpu, op->a, f(mmx_get(cpu, op->a), mmx_of(op->imm)));
    return next(cpu, op, acc);
}

static INLINE const Op *mmx_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, MmxFunction *f, u32 size)
{
    MMX_WAIT(slow)
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), size);
    if (MISSED(p))
        return slow(cpu, op, acc);
    Mmx source = mmx_of(size == 4 ? load32(p) : load64(p));
    mmx_enter(cpu, op, acc);
    mmx_put(cpu, op->a, f(mmx_get(cpu, op->a), source));
    return next(cpu, op, acc);
}

static INLINE const Op *mmx_imm_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, MmxImmFunction *f)
{
    MMX_WAIT(slow)
    mmx_enter(cpu, op, acc);
    mmx_put(cpu, op->a, f(mmx_get(cpu, op->a), mmx_get(cpu, op->b), (u8)op->imm));
    return next(cpu, op, acc);
}

static INLINE const Op *mmx_imm_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, MmxImmFunction *f)
{
    MMX_WAIT(slow)
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    Mmx source = mmx_of(load64(p));
    mmx_enter(cpu, op, acc);
    mmx_put(cpu, op->a, f(mmx_get(cpu, op->a), source, (u8)op->imm));
    return next(cpu, op, acc);
}

#define MMX(m, f, size, level, notes)                                         \
    DEFINE_HANDLER(mmx_##m##_rr, mmx_rr, f)                                   \
    DEFINE_HANDLER(mmx_##m##_rm, mmx_rm, f, size)                             \
    DEFINE_HANDLER(mmx_##m##_ri, mmx_ri, f)                                   \
    OpHandler *const H(mmx_table_##m)[MMX_FORMS] = { H(mmx_##m##_rr), H(mmx_##m##_rm), H(mmx_##m##_ri) };
#define MMX_IMM(m, f, level, notes)                                           \
    DEFINE_HANDLER(mmx_##m##_rr, mmx_imm_rr, f)                               \
    DEFINE_HANDLER(mmx_##m##_rm, mmx_imm_rm, f)                               \
    OpHandler *const H(mmx_table_##m)[MMX_FORMS] = { H(mmx_##m##_rr), H(mmx_##m##_rm) };
#define MMX_FORM(m, shape, level, notes)
#define MMX_RARE(m, function, level, notes)
#include "cpu/mmx.def"

/* ---- moves ----------------------------------------------------------------------------------------------------- */

static INLINE const Op *mmx_move(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int unused)
{
    (void)unused;
    MMX_WAIT(slow)
    mmx_enter(cpu, op, acc);
    mmx_put(cpu, op->a, mmx_get(cpu, op->b));
    return next(cpu, op, acc);
}
DEFINE_HANDLER(mmx_move, mmx_move, 0)

static INLINE const Op *mmx_from_gpr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size)
{
    MMX_WAIT(slow)
    mmx_enter(cpu, op, acc);
    u64 value = *reg64(cpu, op->b);
    mmx_put(cpu, op->a, mmx_of(size == 4 ? (u32)value : value));
    return next(cpu, op, acc);
}
DEFINE_HANDLER(mmx_from_gpr_4, mmx_from_gpr, 4)
DEFINE_HANDLER(mmx_from_gpr_8, mmx_from_gpr, 8)

static INLINE const Op *mmx_load(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size)
{
    MMX_WAIT(slow)
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), size);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 value = size == 4 ? load32(p) : load64(p);
    mmx_enter(cpu, op, acc);
    mmx_put(cpu, op->a, mmx_of(value));
    return next(cpu, op, acc);
}
DEFINE_HANDLER(mmx_load_4, mmx_load, 4)
DEFINE_HANDLER(mmx_load_8, mmx_load, 8)

static INLINE const Op *mmx_store(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 size)
{
    MMX_WAIT(slow)
    u8 *p = mem_write(cpu, op, acc, op_address(cpu, op), size);
    if (MISSED(p))
        return slow(cpu, op, acc);
    mmx_enter(cpu, op, acc);
    u64 value = mmx_bits(mmx_get(cpu, op->b));
    if (size == 4)
        store32(p, (u32)value);
    else
        store64(p, value);
    mem_written(cpu, p, size);
    return next_written(cpu, op, acc);
}
DEFINE_HANDLER(mmx_store_4, mmx_store, 4)
DEFINE_HANDLER(mmx_store_8, mmx_store, 8)

static INLINE u64 mmx_movd(Mmx value, u64 imm) { (void)imm; return (u32)mmx_bits(value); }
static INLINE u64 mmx_movq(Mmx value, u64 imm) { (void)imm; return mmx_bits(value); }
static INLINE u64 mmx_pextrw(Mmx value, u64 imm) { return (u16)(mmx_bits(value) >> 16 * (imm & 3)); }
static INLINE u64 mmx_pmovmskb(Mmx value, u64 imm) { (void)imm; return (u64)simde_mm_movemask_epi8(value) & 0xff; }

static INLINE const Op *mmx_to_gpr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u64 (*f)(Mmx value, u64 imm))
{
    MMX_WAIT(slow)
    mmx_enter(cpu, op, acc);
    *reg64(cpu, op->a) = f(mmx_get(cpu, op->b), op->imm);
    return next(cpu, op, acc);
}
DEFINE_HANDLER(mmx_movd, mmx_to_gpr, mmx_movd)
DEFINE_HANDLER(mmx_movq, mmx_to_gpr, mmx_movq)
DEFINE_HANDLER(mmx_pextrw, mmx_to_gpr, mmx_pextrw)
DEFINE_HANDLER(mmx_pmovmskb, mmx_to_gpr, mmx_pmovmskb)

static INLINE const Op *mmx_pinsrw(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool memory)
{
    u64 word;
    MMX_WAIT(slow)
    if (memory) {
        const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), 2);
        if (MISSED(p))
            return slow(cpu, op, acc);
        word = load16(p);
    } else {
        word = (u16)*reg64(cpu, op->b);
    }
    mmx_enter(cpu, op, acc);
    u32 shift = 16 * (op->imm & 3);
    u64 value = mmx_bits(mmx_get(cpu, op->a));
    mmx_put(cpu, op->a, mmx_of((value & ~(0xffffull << shift)) | word << shift));
    return next(cpu, op, acc);
}
DEFINE_HANDLER(mmx_pinsrw_r, mmx_pinsrw, false)
DEFINE_HANDLER(mmx_pinsrw_m, mmx_pinsrw, true)

static INLINE const Op *mmx_movq2dq(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int unused)
{
    (void)unused;
    MMX_WAIT(slow)
    mmx_enter(cpu, op, acc);
    simde_mm_store_si128((simde__m128i *)&cpu->v[op->a], mmx_get(cpu, op->b));
    return next(cpu, op, acc);
}
DEFINE_HANDLER(mmx_movq2dq, mmx_movq2dq, 0)

static INLINE const Op *mmx_movdq2q(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int unused)
{
    (void)unused;
    MMX_WAIT(slow)
    mmx_enter(cpu, op, acc);
    mmx_put(cpu, op->a, mmx_of(cpu->v[op->b].u64[0]));
    return next(cpu, op, acc);
}
DEFINE_HANDLER(mmx_movdq2q, mmx_movdq2q, 0)

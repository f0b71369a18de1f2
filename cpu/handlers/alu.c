/* ADD … XOR, CMP, TEST, INC, DEC, NEG, NOT over all operand forms. */
#include "cpu/alu.h"
#include "cpu/forms.h"

/* ---- destination = f(destination, source) ---------------------------------------------------------------------- */

static INLINE const Op *alu_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, AluFunction *f, bool flags, bool write, unsigned width)
{
    (void)slow;
    u64 result = f(cpu, get_reg(cpu, op->a, width), get_reg(cpu, op->b, width), width, flags);
    if (write)
        set_reg(cpu, op->a, result, width);
    return next(cpu, op, acc);
}

static INLINE const Op *alu_ri(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, AluFunction *f, bool flags, bool write, unsigned width)
{
    (void)slow;
    u64 result = f(cpu, get_reg(cpu, op->a, width), op->imm, width, flags);
    if (write)
        set_reg(cpu, op->a, result, width);
    return next(cpu, op, acc);
}

static INLINE const Op *alu_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, AluFunction *f, bool flags, bool write, bool full,
                               unsigned width)
{
    const u8 *p = mem_read(cpu, op, acc, address_of(cpu, op, full), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 result = f(cpu, get_reg(cpu, op->a, width), load_width(p, width), width, flags);
    if (write)
        set_reg(cpu, op->a, result, width);
    return next(cpu, op, acc);
}

/* Memory destination; `source` register or immediate. */
static INLINE const Op *alu_mx(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, AluFunction *f, bool flags, bool write, bool full,
                               bool immediate, unsigned width)
{
    u64 address = address_of(cpu, op, full);
    u64 source = immediate ? op->imm : get_reg(cpu, op->a, width);
    if (!write) {
        const u8 *p = mem_read(cpu, op, acc, address, width / 8);
        if (MISSED(p))
            return slow(cpu, op, acc);
        f(cpu, load_width(p, width), source, width, flags);
        return next(cpu, op, acc);
    }
    u8 *p = mem_modify(cpu, op, acc, address, width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store_width(p, f(cpu, load_width(p, width), source, width, flags), width);
    mem_written(cpu, p, width / 8);
    return next_written(cpu, op, acc);
}

#define ALU_HANDLERS(m, f, live, write, w)                                    \
    DEFINE_HANDLER(m##_rr_##w##_##live, alu_rr, f, live, write, w)            \
    DEFINE_HANDLER(m##_ri_##w##_##live, alu_ri, f, live, write, w)            \
    DEFINE_HANDLER(m##_rm_##w##_##live, alu_rm, f, live, write, true, w)      \
    DEFINE_HANDLER(m##_rb_##w##_##live, alu_rm, f, live, write, false, w)     \
    DEFINE_HANDLER(m##_mr_##w##_##live, alu_mx, f, live, write, true, false, w)  \
    DEFINE_HANDLER(m##_br_##w##_##live, alu_mx, f, live, write, false, false, w) \
    DEFINE_HANDLER(m##_mi_##w##_##live, alu_mx, f, live, write, true, true, w)   \
    DEFINE_HANDLER(m##_bi_##w##_##live, alu_mx, f, live, write, false, true, w)

#define FORM_ROW(m, form) \
    H(m##_##form##_8_0), H(m##_##form##_8_1), H(m##_##form##_16_0), H(m##_##form##_16_1), \
    H(m##_##form##_32_0), H(m##_##form##_32_1), H(m##_##form##_64_0), H(m##_##form##_64_1),
#define ALU_TABLE(m) \
    OpHandler *const H(table_##m)[] = { FORM_ROW(m, rr) FORM_ROW(m, ri) FORM_ROW(m, rm) FORM_ROW(m, rb) \
                                              FORM_ROW(m, mr) FORM_ROW(m, br) FORM_ROW(m, mi) FORM_ROW(m, bi) };

#define ALU(m, f, level, notes) \
    FOR_WIDTHS(ALU_HANDLERS, m, f, 0, true) FOR_WIDTHS(ALU_HANDLERS, m, f, 1, true) ALU_TABLE(m)
/* Nobody reads the flags of a dead CMP; its accesses still happen. */
#define CMP_(m, f, level, notes) \
    FOR_WIDTHS(ALU_HANDLERS, m, f, 0, false) FOR_WIDTHS(ALU_HANDLERS, m, f, 1, false) ALU_TABLE(m)
#include "cpu/instructions.def"

/* ---- destination = f(destination) ------------------------------------------------------------------------------ */

static INLINE const Op *unary_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, UnaryFunction *f, bool flags, unsigned width)
{
    (void)slow;
    set_reg(cpu, op->a, f(cpu, get_reg(cpu, op->a, width), width, flags), width);
    return next(cpu, op, acc);
}

static INLINE const Op *unary_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, UnaryFunction *f, bool flags, bool full, unsigned width)
{
    u8 *p = mem_modify(cpu, op, acc, address_of(cpu, op, full), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store_width(p, f(cpu, load_width(p, width), width, flags), width);
    mem_written(cpu, p, width / 8);
    return next_written(cpu, op, acc);
}

#define UNARY_HANDLERS(m, f, live, w)                                   \
    DEFINE_HANDLER(m##_r_##w##_##live, unary_r, f, live, w)             \
    DEFINE_HANDLER(m##_m_##w##_##live, unary_m, f, live, true, w)       \
    DEFINE_HANDLER(m##_b_##w##_##live, unary_m, f, live, false, w)
#define UNARY(M, f, level, notes)                                                    \
    FOR_WIDTHS(UNARY_HANDLERS, M, f, 0) FOR_WIDTHS(UNARY_HANDLERS, M, f, 1)          \
    OpHandler *const H(table_##M)[] = { FORM_ROW(M, r) FORM_ROW(M, m) FORM_ROW(M, b) };
#include "cpu/instructions.def"

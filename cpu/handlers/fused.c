/* A flag producer and the Jcc behind it in one handler. Only the producer's op changes: its Jcc stands behind it as always, gives
 * the targets and counts, and takes over when the producer misses. Fast mode only. */
#include "cpu/special.h"

#include "cpu/alu.h"
#include "cpu/cond.h"

#if EMU_MODE == MODE_FAST

/* Two ways out, kept apart so that the host predicts direction and target separately. */
static INLINE const Op *branch(Cpu *cpu, const Op *jcc, u64 acc, bool taken)
{
    acc += jcc->counts;
    if (taken) {
        __asm__("");
        return exit_to(cpu, jcc->taken, acc);
    }
    return exit_to(cpu, jcc->not_taken, acc);
}

/* CMP or TEST of a and b, then the branch. */
static INLINE const Op *compare_branch(Cpu *cpu, const Op *op, u64 acc, bool test, u64 a, u64 b, unsigned width, unsigned condition)
{
    if (test) {
        cc_set_logic(cpu, width, a & b);
        return branch(cpu, op + 1, acc, cond_of_logic(condition, width, a & b));
    }
    cc_set(cpu, CC_OP_SUB, width, a, b);
    return branch(cpu, op + 1, acc, cond_of_sub(condition, width, a, b));
}

static INLINE const Op *fused_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool test, unsigned width, unsigned condition)
{
    (void)slow;
    return compare_branch(cpu, op, acc, test, get_reg(cpu, op->a, width), get_reg(cpu, op->b, width), width, condition);
}

static INLINE const Op *fused_ri(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool test, unsigned width, unsigned condition)
{
    (void)slow;
    return compare_branch(cpu, op, acc, test, get_reg(cpu, op->a, width), op->imm, width, condition);
}

static INLINE const Op *fused_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool test, bool full, unsigned width, unsigned condition)
{
    const u8 *p = mem_read(cpu, op, acc, address_of(cpu, op, full), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    return compare_branch(cpu, op, acc, test, get_reg(cpu, op->a, width), load_width(p, width), width, condition);
}

static INLINE const Op *fused_mx(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool test, bool full, bool immediate, unsigned width,
                                 unsigned condition)
{
    const u8 *p = mem_read(cpu, op, acc, address_of(cpu, op, full), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 b = immediate ? op->imm : get_reg(cpu, op->a, width);
    return compare_branch(cpu, op, acc, test, load_width(p, width), b, width, condition);
}

#define CMP_FORMS(M, name, slow_name, test, width)                                                  \
    FOR_CONDITIONS(M, name##_rr_##width, slow_name##_rr_##width##_1, fused_rr, (test, width), width) \
    FOR_CONDITIONS(M, name##_ri_##width, slow_name##_ri_##width##_1, fused_ri, (test, width), width) \
    FOR_CONDITIONS(M, name##_rm_##width, slow_name##_rm_##width##_1, fused_rm, (test, true, width), width) \
    FOR_CONDITIONS(M, name##_rb_##width, slow_name##_rb_##width##_1, fused_rm, (test, false, width), width) \
    FOR_CONDITIONS(M, name##_mr_##width, slow_name##_mr_##width##_1, fused_mx, (test, true, false, width), width) \
    FOR_CONDITIONS(M, name##_br_##width, slow_name##_br_##width##_1, fused_mx, (test, false, false, width), width) \
    FOR_CONDITIONS(M, name##_mi_##width, slow_name##_mi_##width##_1, fused_mx, (test, true, true, width), width) \
    FOR_CONDITIONS(M, name##_bi_##width, slow_name##_bi_##width##_1, fused_mx, (test, false, true, width), width)
#define SPREAD(...) __VA_ARGS__
#define CMP_ONE(name, slow_name, template, arguments, width, c) DEFINE_SPECIAL(name##_##c, slow_name, template, SPREAD arguments, c)
#define CMP_ALL(M, name, slow_name, test) \
    CMP_FORMS(M, name, slow_name, test, 8) CMP_FORMS(M, name, slow_name, test, 16) \
    CMP_FORMS(M, name, slow_name, test, 32) CMP_FORMS(M, name, slow_name, test, 64)
CMP_ALL(CMP_ONE, cmp, slow_CMP, false)
CMP_ALL(CMP_ONE, test, slow_TEST, true)

#define WIDTH_8 0
#define WIDTH_16 1
#define WIDTH_32 2
#define WIDTH_64 3
#define CMP_ROW(name, form, width) FOR_CONDITIONS(CMP_ENTRY, name##_##form##_##width)
#define CMP_ENTRY(prefix, c) prefix##_##c,
#define CMP_BY_WIDTH(name, form) CMP_ROW(name, form, 8) CMP_ROW(name, form, 16) CMP_ROW(name, form, 32) CMP_ROW(name, form, 64)
#define CMP_TABLE(name)                                                                       \
    { CMP_BY_WIDTH(name, rr) CMP_BY_WIDTH(name, ri) CMP_BY_WIDTH(name, rm) CMP_BY_WIDTH(name, rb) \
      CMP_BY_WIDTH(name, mr) CMP_BY_WIDTH(name, br) CMP_BY_WIDTH(name, mi) CMP_BY_WIDTH(name, bi) },
OpHandler *const fused_table_cmp[2][8 * 4 * 16] = { CMP_TABLE(cmp) CMP_TABLE(test) };

/* ---- SUB, ADD, AND, INC, DEC of registers ---------------------------------------------------------------------------------- */

static INLINE bool holds_after(Cpu *cpu, Fused producer, unsigned condition, unsigned width, u64 a, u64 b, u64 result)
{
    if (producer == FUSED_SUB)
        return cond_of_sub(condition, width, a, b);
    if (producer == FUSED_AND || (condition & ~1u) == COND_E || (condition & ~1u) == COND_S || (condition & ~1u) == COND_P)
        return cond_of_logic(condition, width, result);
    return cond_of_flags(condition, cc_flags(cpu));
}

static INLINE const Op *fused_alu(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, Fused producer, AluFunction *f, bool immediate,
                                  unsigned width, unsigned condition)
{
    (void)slow;
    u64 a = get_reg(cpu, op->a, width), b = immediate ? op->imm : get_reg(cpu, op->b, width);
    u64 result = f(cpu, a, b, width, true);
    set_reg(cpu, op->a, result, width);
    return branch(cpu, op + 1, acc, holds_after(cpu, producer, condition, width, a, b, result));
}

static INLINE u64 alu_inc(Cpu *cpu, u64 a, u64 b, unsigned width, bool flags) { (void)b; return unary_inc(cpu, a, width, flags); }
static INLINE u64 alu_dec(Cpu *cpu, u64 a, u64 b, unsigned width, bool flags) { (void)b; return unary_dec(cpu, a, width, flags); }

#define ALU_ONE(producer, f, immediate, width, c) \
    static const Op *producer##_##immediate##_##width##_##c(Cpu *cpu, const Op *op, u64 acc) \
    { return fused_alu(cpu, op, acc, NULL, producer, f, immediate, width, c); }
#define ALU_ENTRY(producer, f, immediate, width, c) producer##_##immediate##_##width##_##c,
#define ALU_FORMS(M, producer, f)                                                                             \
    FOR_CONDITIONS(M, producer, f, 0, 32) FOR_CONDITIONS(M, producer, f, 0, 64)                               \
    FOR_CONDITIONS(M, producer, f, 1, 32) FOR_CONDITIONS(M, producer, f, 1, 64)
ALU_FORMS(ALU_ONE, FUSED_SUB, alu_sub)
ALU_FORMS(ALU_ONE, FUSED_ADD, alu_add)
ALU_FORMS(ALU_ONE, FUSED_AND, alu_and)
ALU_FORMS(ALU_ONE, FUSED_INC, alu_inc)
ALU_FORMS(ALU_ONE, FUSED_DEC, alu_dec)
OpHandler *const fused_table_alu[5][2 * 2 * 16] = {
    { ALU_FORMS(ALU_ENTRY, FUSED_SUB, 0) }, { ALU_FORMS(ALU_ENTRY, FUSED_ADD, 0) }, { ALU_FORMS(ALU_ENTRY, FUSED_AND, 0) },
    { ALU_FORMS(ALU_ENTRY, FUSED_INC, 0) }, { ALU_FORMS(ALU_ENTRY, FUSED_DEC, 0) },
};

/* ---- with a constant first register ------------------------------------------------------------------------------------------- */

static INLINE const Op *special_compare(Cpu *cpu, const Op *op, u64 acc, int which, unsigned width, unsigned condition, unsigned a)
{
    u64 x = get_reg(cpu, (u8)(a * 8), width);
    u64 y = which == FUSED_CMP_RI || which == FUSED_TEST_RI ? op->imm : which == FUSED_CMP_RR ? get_reg(cpu, op->b, width) : x;
    return compare_branch(cpu, op, acc, which == FUSED_TEST_SAME || which == FUSED_TEST_RI, x, y, width, condition);
}

#define SPECIAL_ONE(which, width, c, a) \
    static const Op *which##_##width##_##c##_##a(Cpu *cpu, const Op *op, u64 acc) { return special_compare(cpu, op, acc, which, width, c, a); }
#define SPECIAL_ENTRY(which, width, c, a) which##_##width##_##c##_##a,
#define SPECIAL_CONDITIONS(M, which, width)                                                                                    \
    FOR_REGS(M, which, width, 0) FOR_REGS(M, which, width, 1) FOR_REGS(M, which, width, 2) FOR_REGS(M, which, width, 3)        \
    FOR_REGS(M, which, width, 4) FOR_REGS(M, which, width, 5) FOR_REGS(M, which, width, 6) FOR_REGS(M, which, width, 7)        \
    FOR_REGS(M, which, width, 8) FOR_REGS(M, which, width, 9) FOR_REGS(M, which, width, 10) FOR_REGS(M, which, width, 11)      \
    FOR_REGS(M, which, width, 12) FOR_REGS(M, which, width, 13) FOR_REGS(M, which, width, 14) FOR_REGS(M, which, width, 15)
#define SPECIAL_WIDTHS(M, which) SPECIAL_CONDITIONS(M, which, 8) SPECIAL_CONDITIONS(M, which, 32) SPECIAL_CONDITIONS(M, which, 64)
SPECIAL_WIDTHS(SPECIAL_ONE, FUSED_CMP_RI)
SPECIAL_WIDTHS(SPECIAL_ONE, FUSED_TEST_SAME)
SPECIAL_WIDTHS(SPECIAL_ONE, FUSED_CMP_RR)
SPECIAL_WIDTHS(SPECIAL_ONE, FUSED_TEST_RI)
OpHandler *const fused_table_special[FUSED_SPECIALS][3 * 16 * 16] = {
    { SPECIAL_WIDTHS(SPECIAL_ENTRY, FUSED_CMP_RI) },
    { SPECIAL_WIDTHS(SPECIAL_ENTRY, FUSED_TEST_SAME) },
    { SPECIAL_WIDTHS(SPECIAL_ENTRY, FUSED_CMP_RR) },
    { SPECIAL_WIDTHS(SPECIAL_ENTRY, FUSED_TEST_RI) },
};

#endif

/* Jcc, SETcc, CMOVcc: one handler for each condition and each flag producer that is known when the block is decoded. */
#include "cpu/cond.h"
#include "cpu/operand.h"

static INLINE const Op *jcc(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned kind, unsigned condition)
{
    (void)slow;
    acc += op->counts;
    if (COND_HOLDS(cpu, condition, kind)) {
        __asm__(""); /* keeps the two ways out apart, as in fused.c */
        return exit_to(cpu, op->taken, acc);
    }
    return exit_to(cpu, op->not_taken, acc);
}
#define JCC(dummy, k, c) DEFINE_HANDLER(jcc_##k##_##c, jcc, k, c)
FOR_KINDS(JCC, 0)
#define JCC_ENTRY(dummy, k, c) H(jcc_##k##_##c),
OpHandler *const H(table_jcc)[] = { FOR_KINDS(JCC_ENTRY, 0) };

/* table[kind * 16 + condition], then [KINDS * 16 + condition] for memory destinations. */
static INLINE const Op *setcc_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned kind, unsigned condition)
{
    (void)slow;
    set_reg(cpu, op->a, COND_HOLDS(cpu, condition, kind), 8);
    return next(cpu, op, acc);
}
static INLINE const Op *setcc_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned condition)
{
    u8 *p = mem_write(cpu, op, acc, op_address(cpu, op), 1);
    if (MISSED(p))
        return slow(cpu, op, acc);
    *p = COND_HOLDS(cpu, condition, KIND_ANY);
    mem_written(cpu, p, 1);
    return next_written(cpu, op, acc);
}
#define SETCC(dummy, k, c) DEFINE_HANDLER(setcc_##k##_##c, setcc_r, k, c)
#define SETCC_M(dummy, c) DEFINE_HANDLER(setcc_m_##c, setcc_m, c)
FOR_KINDS(SETCC, 0)
FOR_CONDITIONS(SETCC_M, 0)
#define SETCC_ENTRY(dummy, k, c) H(setcc_##k##_##c),
#define SETCC_M_ENTRY(dummy, c) H(setcc_m_##c),
OpHandler *const H(table_setcc)[] = { FOR_KINDS(SETCC_ENTRY, 0) FOR_CONDITIONS(SETCC_M_ENTRY, 0) };

/* Registers: table[(kind * 16 + condition) * 3 + width - 1]; memory sources behind them: [KINDS * 48 + condition * 3 + width - 1]. */
static INLINE const Op *cmovcc_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width, unsigned kind, unsigned condition)
{
    (void)slow;
    u64 source = get_reg(cpu, op->b, width), old = get_reg(cpu, op->a, width);
    set_reg(cpu, op->a, COND_HOLDS(cpu, condition, kind) ? source : old, width);
    return next(cpu, op, acc);
}
/* The source is read, and may fault, whatever the condition. SDM Vol. 2A, "CMOVcc". */
static INLINE const Op *cmovcc_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width, unsigned condition)
{
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 source = load_width(p, width), old = get_reg(cpu, op->a, width);
    set_reg(cpu, op->a, COND_HOLDS(cpu, condition, KIND_ANY) ? source : old, width);
    return next(cpu, op, acc);
}
#define CMOV(dummy, k, c)                                  \
    DEFINE_HANDLER(cmov_16_##k##_##c, cmovcc_r, 16, k, c)  \
    DEFINE_HANDLER(cmov_32_##k##_##c, cmovcc_r, 32, k, c)  \
    DEFINE_HANDLER(cmov_64_##k##_##c, cmovcc_r, 64, k, c)
#define CMOV_M(dummy, c)                                   \
    DEFINE_HANDLER(cmov_m_16_##c, cmovcc_m, 16, c)         \
    DEFINE_HANDLER(cmov_m_32_##c, cmovcc_m, 32, c)         \
    DEFINE_HANDLER(cmov_m_64_##c, cmovcc_m, 64, c)
FOR_KINDS(CMOV, 0)
FOR_CONDITIONS(CMOV_M, 0)
#define CMOV_ENTRY(dummy, k, c) H(cmov_16_##k##_##c), H(cmov_32_##k##_##c), H(cmov_64_##k##_##c),
#define CMOV_M_ENTRY(dummy, c) H(cmov_m_16_##c), H(cmov_m_32_##c), H(cmov_m_64_##c),
OpHandler *const H(table_cmovcc)[] = { FOR_KINDS(CMOV_ENTRY, 0) FOR_CONDITIONS(CMOV_M_ENTRY, 0) };

/* MOV, MOVZX, MOVSX, LEA, PUSH, POP with constant registers (special.h). Fast mode only. */
#include "cpu/special_access.h"

#if EMU_MODE == MODE_FAST

/* ---- templates ------------------------------------------------------------------------------------------------------- */

static INLINE u64 base_address(Cpu *cpu, const Op *op, unsigned base) { return (base == 16 ? 0 : cpu->r[base]) + (u64)op->disp; }

static INLINE const Op *move(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool sign, unsigned from, unsigned to, unsigned a, unsigned b)
{
    (void)slow;
    u64 value = get_reg(cpu, (u8)(b * 8), from);
    set_reg(cpu, (u8)(a * 8), sign ? (u64)bits_sign_extend(value, from) : value, to);
    return next(cpu, op, acc);
}

static INLINE const Op *load(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool sign, unsigned from, unsigned to, unsigned a,
                             unsigned base)
{
    return special_load(cpu, op, acc, slow, sign, from, to, a, base_address(cpu, op, base));
}

static INLINE const Op *store(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width, unsigned a, unsigned base)
{
    return special_store(cpu, op, acc, slow, width, a, base_address(cpu, op, base));
}

static INLINE const Op *store_immediate(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width, unsigned base)
{
    u8 *p = mem_write(cpu, op, acc, base_address(cpu, op, base), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store_width(p, op->imm, width);
    return next(cpu, op, acc);
}

static INLINE const Op *lea(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width, unsigned a, unsigned base)
{
    (void)slow;
    return special_lea(cpu, op, acc, width, a, base_address(cpu, op, base));
}

static INLINE const Op *move_immediate(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned a)
{
    (void)slow;
    cpu->r[a] = op->imm; /* a 32-bit immediate is zero-extended already */
    return next(cpu, op, acc);
}

static INLINE const Op *push(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned a)
{
    u64 rsp = cpu->r[RSP] - 8;
    u8 *p = mem_write(cpu, op, acc, rsp, 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store64(p, cpu->r[a]);
    cpu->r[RSP] = rsp;
    return next(cpu, op, acc);
}

static INLINE const Op *pop(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned a)
{
    u64 rsp = cpu->r[RSP];
    const u8 *p = mem_read(cpu, op, acc, rsp, 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    cpu->r[RSP] = rsp + 8;
    cpu->r[a] = load64(p);
    return next(cpu, op, acc);
}

/* ---- expansion -------------------------------------------------------------------------------------------------------- */

#define MOVE_ONE(name, slow, sign, from, to, a, b) DEFINE_SPECIAL(name##_##a##_##b, slow, move, sign, from, to, a, b)
#define LOAD_ONE(name, slow, sign, from, to, a, b) DEFINE_SPECIAL(name##_##a##_##b, slow, load, sign, from, to, a, b)
#define STORE_ONE(name, slow, width, a, b) DEFINE_SPECIAL(name##_##a##_##b, slow, store, width, a, b)
#define LEA_ONE(name, slow, width, a, b) DEFINE_SPECIAL(name##_##a##_##b, slow, lea, width, a, b)
#define ROWS(ONE, ...)                                                                                                    \
    FOR_BASES(ONE, __VA_ARGS__, 0) FOR_BASES(ONE, __VA_ARGS__, 1) FOR_BASES(ONE, __VA_ARGS__, 2)                          \
    FOR_BASES(ONE, __VA_ARGS__, 3) FOR_BASES(ONE, __VA_ARGS__, 4) FOR_BASES(ONE, __VA_ARGS__, 5)                          \
    FOR_BASES(ONE, __VA_ARGS__, 6) FOR_BASES(ONE, __VA_ARGS__, 7) FOR_BASES(ONE, __VA_ARGS__, 8)                          \
    FOR_BASES(ONE, __VA_ARGS__, 9) FOR_BASES(ONE, __VA_ARGS__, 10) FOR_BASES(ONE, __VA_ARGS__, 11)                        \
    FOR_BASES(ONE, __VA_ARGS__, 12) FOR_BASES(ONE, __VA_ARGS__, 13) FOR_BASES(ONE, __VA_ARGS__, 14)                       \
    FOR_BASES(ONE, __VA_ARGS__, 15)
#define ENTRY(name, a, b) name##_##a##_##b,

ROWS(MOVE_ONE, mov_rr_32, slow_mov_rr_32, 0, 32, 32)
ROWS(MOVE_ONE, mov_rr_64, slow_mov_rr_64, 0, 64, 64)
ROWS(MOVE_ONE, movzx8, slow_movx_r_0_8_32, 0, 8, 32)
ROWS(MOVE_ONE, movsxd, slow_movx_r_1_32_64, 1, 32, 64)
ROWS(LOAD_ONE, load_32, slow_mov_rb_32, 0, 32, 32)
ROWS(LOAD_ONE, load_64, slow_mov_rb_64, 0, 64, 64)
ROWS(LOAD_ONE, load_zx8, slow_movx_b_0_8_32, 0, 8, 32)
ROWS(LOAD_ONE, load_zx16, slow_movx_b_0_16_32, 0, 16, 32)
ROWS(LOAD_ONE, load_sx8, slow_movx_b_1_8_32, 1, 8, 32)
ROWS(LOAD_ONE, load_sx32, slow_movx_b_1_32_64, 1, 32, 64)
ROWS(STORE_ONE, store_8, slow_mov_br_8, 8)
ROWS(STORE_ONE, store_32, slow_mov_br_32, 32)
ROWS(STORE_ONE, store_64, slow_mov_br_64, 64)
ROWS(LEA_ONE, lea_32, slow_lea_b_32, 32)
ROWS(LEA_ONE, lea_64, slow_lea_b_64, 64)

#define IMMEDIATE_ONE(name, slow, a) DEFINE_SPECIAL(name##_##a, slow, move_immediate, a)
#define PUSH_ONE(name, a) DEFINE_SPECIAL(name##_##a, slow_push_r_64, push, a)
#define POP_ONE(name, a) DEFINE_SPECIAL(name##_##a, slow_pop_64, pop, a)
#define STORE_I_ONE(name, slow, width, base) DEFINE_SPECIAL(name##_##base, slow, store_immediate, width, base)
FOR_REGS(IMMEDIATE_ONE, mov_ri_32, slow_mov_ri_32)
FOR_REGS(IMMEDIATE_ONE, mov_ri_64, slow_mov_ri_64)
FOR_REGS(PUSH_ONE, push)
FOR_REGS(POP_ONE, pop)
FOR_BASES(STORE_I_ONE, store_i8, slow_mov_bi_8, 8)
FOR_BASES(STORE_I_ONE, store_i32, slow_mov_bi_32, 32)
FOR_BASES(STORE_I_ONE, store_i64, slow_mov_bi_64, 64)

/* One-register families: the register is `first`, or (stores of immediates) the base is `second` and first is 0. */
#define ENTRY_FIRST(name, a) [a * SPECIAL_BASES] = name##_##a,
#define ENTRY_SECOND(name, b) name##_##b,

OpHandler *const special_table_mov[SPECIAL_STORE_I64 + 1][SPECIAL_REGS * SPECIAL_BASES] = {
    [SPECIAL_MOV_RR_32] = { ROWS(ENTRY, mov_rr_32) },
    [SPECIAL_MOV_RR_64] = { ROWS(ENTRY, mov_rr_64) },
    [SPECIAL_LOAD_32] = { ROWS(ENTRY, load_32) },
    [SPECIAL_LOAD_64] = { ROWS(ENTRY, load_64) },
    [SPECIAL_LOAD_ZX8] = { ROWS(ENTRY, load_zx8) },
    [SPECIAL_LOAD_ZX16] = { ROWS(ENTRY, load_zx16) },
    [SPECIAL_LOAD_SX8] = { ROWS(ENTRY, load_sx8) },
    [SPECIAL_LOAD_SX32] = { ROWS(ENTRY, load_sx32) },
    [SPECIAL_STORE_8] = { ROWS(ENTRY, store_8) },
    [SPECIAL_STORE_32] = { ROWS(ENTRY, store_32) },
    [SPECIAL_STORE_64] = { ROWS(ENTRY, store_64) },
    [SPECIAL_MOVZX8] = { ROWS(ENTRY, movzx8) },
    [SPECIAL_MOVSXD] = { ROWS(ENTRY, movsxd) },
    [SPECIAL_LEA_32] = { ROWS(ENTRY, lea_32) },
    [SPECIAL_LEA_64] = { ROWS(ENTRY, lea_64) },
    [SPECIAL_MOV_RI_32] = { FOR_REGS(ENTRY_FIRST, mov_ri_32) },
    [SPECIAL_MOV_RI_64] = { FOR_REGS(ENTRY_FIRST, mov_ri_64) },
    [SPECIAL_PUSH] = { FOR_REGS(ENTRY_FIRST, push) },
    [SPECIAL_POP] = { FOR_REGS(ENTRY_FIRST, pop) },
    [SPECIAL_STORE_I8] = { FOR_BASES(ENTRY_SECOND, store_i8) },
    [SPECIAL_STORE_I32] = { FOR_BASES(ENTRY_SECOND, store_i32) },
    [SPECIAL_STORE_I64] = { FOR_BASES(ENTRY_SECOND, store_i64) },
};

#endif

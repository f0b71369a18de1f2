/* ADD, SUB, AND, OR, XOR, SHL, SHR, SAR on constant registers (special.h). Fast mode only. */
#include "cpu/special.h"

#include "cpu/alu.h"
#include "cpu/shift.h"

#if EMU_MODE == MODE_FAST

static INLINE const Op *special_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, AluFunction *f, bool flags, unsigned width,
                                   unsigned a, unsigned b)
{
    (void)slow;
    set_reg(cpu, (u8)(a * 8), f(cpu, get_reg(cpu, (u8)(a * 8), width), get_reg(cpu, (u8)(b * 8), width), width, flags), width);
    return next(cpu, op, acc);
}

static INLINE const Op *special_ri(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, AluFunction *f, bool flags, unsigned width, unsigned a)
{
    (void)slow;
    set_reg(cpu, (u8)(a * 8), f(cpu, get_reg(cpu, (u8)(a * 8), width), op->imm, width, flags), width);
    return next(cpu, op, acc);
}

static INLINE const Op *special_shift(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, ShiftFunction *f, unsigned width, unsigned a)
{
    (void)slow;
    set_reg(cpu, (u8)(a * 8), f(cpu, get_reg(cpu, (u8)(a * 8), width), (u8)op->imm, width, false), width);
    return next(cpu, op, acc);
}

#define RR_ONE(name, f, live, width, a, b) \
    static const Op *name##_##width##_##live##_##a##_##b(Cpu *cpu, const Op *op, u64 acc) \
    { return special_rr(cpu, op, acc, NULL, f, live, width, a, b); }
#define RR_ENTRY(name, f, live, width, a, b) [a * SPECIAL_BASES + b] = name##_##width##_##live##_##a##_##b,
#define RR_ROWS(ONE, ...)                                                                                                 \
    FOR_REGS(ONE, __VA_ARGS__, 0) FOR_REGS(ONE, __VA_ARGS__, 1) FOR_REGS(ONE, __VA_ARGS__, 2) FOR_REGS(ONE, __VA_ARGS__, 3)     \
    FOR_REGS(ONE, __VA_ARGS__, 4) FOR_REGS(ONE, __VA_ARGS__, 5) FOR_REGS(ONE, __VA_ARGS__, 6) FOR_REGS(ONE, __VA_ARGS__, 7)     \
    FOR_REGS(ONE, __VA_ARGS__, 8) FOR_REGS(ONE, __VA_ARGS__, 9) FOR_REGS(ONE, __VA_ARGS__, 10) FOR_REGS(ONE, __VA_ARGS__, 11)   \
    FOR_REGS(ONE, __VA_ARGS__, 12) FOR_REGS(ONE, __VA_ARGS__, 13) FOR_REGS(ONE, __VA_ARGS__, 14) FOR_REGS(ONE, __VA_ARGS__, 15)
#define RI_ONE(name, f, live, width, a) \
    static const Op *name##_ri_##width##_##live##_##a(Cpu *cpu, const Op *op, u64 acc) \
    { return special_ri(cpu, op, acc, NULL, f, live, width, a); }
#define RI_ENTRY(name, f, live, width, a) name##_ri_##width##_##live##_##a,
#define SHIFT_ONE(name, f, width, a) \
    static const Op *name##_##width##_##a(Cpu *cpu, const Op *op, u64 acc) { return special_shift(cpu, op, acc, NULL, f, width, a); }
#define SHIFT_ENTRY(name, f, width, a) name##_##width##_##a,

#define ALL_LIVE(ROWS_, ONE, name, f) \
    ROWS_(ONE, name, f, 0, 32) ROWS_(ONE, name, f, 0, 64) ROWS_(ONE, name, f, 1, 32) ROWS_(ONE, name, f, 1, 64)
#define ALL_ALU(ROWS_, ONE) \
    ALL_LIVE(ROWS_, ONE, add, alu_add) ALL_LIVE(ROWS_, ONE, sub, alu_sub) ALL_LIVE(ROWS_, ONE, and, alu_and) \
    ALL_LIVE(ROWS_, ONE, or, alu_or) ALL_LIVE(ROWS_, ONE, xor, alu_xor)
ALL_ALU(RR_ROWS, RR_ONE)
ALL_ALU(FOR_REGS, RI_ONE)
#define ALL_SHIFTS(ONE)                                                                   \
    FOR_REGS(ONE, shl, shift_shl, 32) FOR_REGS(ONE, shl, shift_shl, 64)                   \
    FOR_REGS(ONE, shr, shift_shr, 32) FOR_REGS(ONE, shr, shift_shr, 64)                   \
    FOR_REGS(ONE, sar, shift_sar, 32) FOR_REGS(ONE, sar, shift_sar, 64)                   \
    FOR_REGS(ONE, rol, shift_rol, 32) FOR_REGS(ONE, rol, shift_rol, 64)                   \
    FOR_REGS(ONE, ror, shift_ror, 32) FOR_REGS(ONE, ror, shift_ror, 64)
ALL_SHIFTS(SHIFT_ONE)

#define RR_TABLE(ONE, name, f, live, width) { RR_ROWS(ONE, name, f, live, width) },
OpHandler *const special_table_rr[20][SPECIAL_REGS * SPECIAL_BASES] = { ALL_ALU(RR_TABLE, RR_ENTRY) };

#define RI_TABLE(ONE, name, f, live, width) { FOR_REGS(ONE, name, f, live, width) },
#define SHIFT_TABLE(name, f, width) { FOR_REGS(SHIFT_ENTRY, name, f, width) },
OpHandler *const special_table_ri[30][SPECIAL_REGS] = {
    ALL_ALU(RI_TABLE, RI_ENTRY)
    SHIFT_TABLE(shl, shift_shl, 32) SHIFT_TABLE(shl, shift_shl, 64)
    SHIFT_TABLE(shr, shift_shr, 32) SHIFT_TABLE(shr, shift_shr, 64)
    SHIFT_TABLE(sar, shift_sar, 32) SHIFT_TABLE(sar, shift_sar, 64)
    SHIFT_TABLE(rol, shift_rol, 32) SHIFT_TABLE(rol, shift_rol, 64)
    SHIFT_TABLE(ror, shift_ror, 32) SHIFT_TABLE(ror, shift_ror, 64)
};

/* ---- a constant register and memory ------------------------------------------------------------------------------------ */

static INLINE const Op *special_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, AluFunction *f, bool flags, unsigned width, bool full,
                                   unsigned a)
{
    const u8 *p = mem_read(cpu, op, acc, address_of(cpu, op, full), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    set_reg(cpu, (u8)(a * 8), f(cpu, get_reg(cpu, (u8)(a * 8), width), load_width(p, width), width, flags), width);
    return next(cpu, op, acc);
}

#define RM_ONE(M, f, live, width, form, full, a) \
    DEFINE_SPECIAL(M##_##form##_##width##_##live##_##a, slow_##M##_##form##_##width##_##live, special_rm, f, live, width, full, a)
#define RM_ENTRY(M, f, live, width, form, full, a) M##_##form##_##width##_##live##_##a,
#define RM_LIVE(ROWS_, ONE, M, f)                                                                 \
    ROWS_(ONE, M, f, 0, 32, rb, false) ROWS_(ONE, M, f, 0, 32, rm, true) ROWS_(ONE, M, f, 0, 64, rb, false) \
    ROWS_(ONE, M, f, 0, 64, rm, true) ROWS_(ONE, M, f, 1, 32, rb, false) ROWS_(ONE, M, f, 1, 32, rm, true)  \
    ROWS_(ONE, M, f, 1, 64, rb, false) ROWS_(ONE, M, f, 1, 64, rm, true)
#define RM_ALL(ROWS_, ONE)                                                                        \
    RM_LIVE(ROWS_, ONE, ADD, alu_add) RM_LIVE(ROWS_, ONE, SUB, alu_sub) RM_LIVE(ROWS_, ONE, AND, alu_and) \
    RM_LIVE(ROWS_, ONE, OR, alu_or) RM_LIVE(ROWS_, ONE, XOR, alu_xor)
RM_ALL(FOR_REGS, RM_ONE)
#define RM_TABLE(ONE, M, f, live, width, form, full) { FOR_REGS(ONE, M, f, live, width, form, full) },
OpHandler *const special_table_rm[40][SPECIAL_REGS] = { RM_ALL(RM_TABLE, RM_ENTRY) };

#endif

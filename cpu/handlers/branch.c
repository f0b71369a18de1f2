/* JMP, CALL, RET, LOOP, JRCXZ, SYSCALL, PUSH, POP, LEAVE: what leaves a block, and what moves RSP. */
#include "cpu/operand.h"

/* ---- exits --------------------------------------------------------------------------------------------------------- */

static INLINE const Op *jmp(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int dummy)
{
    (void)slow, (void)dummy;
    return exit_to(cpu, op->taken, acc + op->counts);
}
static INLINE const Op *jmp_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int dummy)
{
    (void)dummy;
    u64 rip = *reg64(cpu, op->a);
    const Op *target = indirect_target(cpu, op, acc, rip);
    if (NO_TARGET(target))
        return slow(cpu, op, acc);
    return exit_indirect(cpu, target, rip, acc + op->counts);
}
DEFINE_HANDLER(op_jmp, jmp, 0)
DEFINE_HANDLER(op_jmp_r, jmp_r, 0)
OpHandler *const H(table_jmp)[] = { H(op_jmp), H(op_jmp_r) };

/* disp holds the return address. */
static INLINE const Op *call(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool direct)
{
    u64 rsp = cpu->r[RSP] - 8, rip = direct ? 0 : *reg64(cpu, op->a);
    u8 *p = mem_write(cpu, op, acc, rsp, 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    const Op *target = direct ? op->taken : indirect_target(cpu, op, acc, rip);
    if (!direct && NO_TARGET(target))
        return slow(cpu, op, acc);
    store64(p, (u64)op->disp);
    cpu->r[RSP] = rsp;
    mem_written(cpu, p, 8);
    acc += op->counts;
    return direct ? exit_to(cpu, target, acc) : exit_indirect(cpu, target, rip, acc);
}
DEFINE_HANDLER(op_call, call, true)
DEFINE_HANDLER(op_call_r, call, false)
OpHandler *const H(table_call)[] = { H(op_call), H(op_call_r) };

/* disp holds what RET n releases beyond the return address. */
static INLINE const Op *ret(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool releases)
{
    u64 rsp = cpu->r[RSP];
    const u8 *p = mem_read(cpu, op, acc, rsp, 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 rip = load64(p);
    const Op *target = indirect_target(cpu, op, acc, rip);
    if (NO_TARGET(target))
        return slow(cpu, op, acc);
    cpu->r[RSP] = rsp + 8 + (releases ? (u64)op->disp : 0);
    return exit_indirect(cpu, target, rip, acc + op->counts);
}
DEFINE_HANDLER(op_ret, ret, false)
DEFINE_HANDLER(op_ret_n, ret, true)
OpHandler *const H(table_ret)[] = { H(op_ret), H(op_ret_n) };

/* JRCXZ, JECXZ, LOOPcc test and count first, into SLOT_TMP; this one goes. */
static INLINE const Op *jump_if_tmp(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int dummy)
{
    (void)slow, (void)dummy;
    return exit_to(cpu, *reg64(cpu, SLOT_TMP) ? op->taken : op->not_taken, acc + op->counts);
}
static INLINE const Op *jrcxz(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    (void)slow;
    *reg64(cpu, SLOT_TMP) = get_reg(cpu, SLOT_RCX, width) == 0;
    return next(cpu, op, acc);
}
/* `when`: 0 LOOP, 1 LOOPE (ZF must be set), 2 LOOPNE. No flag changes. */
static INLINE const Op *loop_test(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int when, unsigned width)
{
    (void)slow;
    u64 count = get_reg(cpu, SLOT_RCX, width) - 1;
    bool zero = when && cc_flags(cpu) & FLAG_ZF;
    set_reg(cpu, SLOT_RCX, count, width);
    *reg64(cpu, SLOT_TMP) = (count & bits_mask(width)) != 0 && (when == 0 || zero == (when == 1));
    return next(cpu, op, acc);
}
DEFINE_HANDLER(op_jump_if_tmp, jump_if_tmp, 0)
DEFINE_HANDLER(op_jrcxz, jrcxz, 64)
DEFINE_HANDLER(op_jecxz, jrcxz, 32)
DEFINE_HANDLER(op_loop_64, loop_test, 0, 64)
DEFINE_HANDLER(op_loope_64, loop_test, 1, 64)
DEFINE_HANDLER(op_loopne_64, loop_test, 2, 64)
DEFINE_HANDLER(op_loop_32, loop_test, 0, 32)
DEFINE_HANDLER(op_loope_32, loop_test, 1, 32)
DEFINE_HANDLER(op_loopne_32, loop_test, 2, 32)
OpHandler *const H(table_jrcxz)[] = { H(op_jump_if_tmp), H(op_jrcxz), H(op_jecxz) };
OpHandler *const H(table_loop)[] = { H(op_jump_if_tmp), H(op_loop_64), H(op_loope_64), H(op_loopne_64),
                                     H(op_loop_32), H(op_loope_32), H(op_loopne_32) };

/* disp: the next instruction. SDM Vol. 2B, "SYSCALL". */
static INLINE const Op *syscall_(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int dummy)
{
    (void)slow, (void)dummy;
    cpu->r[RCX] = (u64)op->disp;
    cpu->r[R11] = cpu_rflags(&cpu->state);
    cpu->rip = (u64)op->disp;
    cpu->acc = acc + op->counts;
    cpu->exit = CPU_EXIT_SYSCALL;
    return NULL;
}
DEFINE_HANDLER(op_syscall, syscall_, 0)
OpHandler *const H(table_syscall)[] = { H(op_syscall) };

/* ---- the stack ------------------------------------------------------------------------------------------------------- */

/* table[form (R, I) * 2 + (width == 64)] */
static INLINE const Op *push(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool immediate, unsigned width)
{
    u64 value = immediate ? op->imm : get_reg(cpu, op->a, width), rsp = cpu->r[RSP] - width / 8;
    u8 *p = mem_write(cpu, op, acc, rsp, width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store_width(p, value, width);
    cpu->r[RSP] = rsp;
    mem_written(cpu, p, width / 8);
    return next_written(cpu, op, acc);
}
DEFINE_HANDLER(push_r_16, push, false, 16)
DEFINE_HANDLER(push_r_64, push, false, 64)
DEFINE_HANDLER(push_i_16, push, true, 16)
DEFINE_HANDLER(push_i_64, push, true, 64)
OpHandler *const H(table_push)[] = { H(push_r_16), H(push_r_64), H(push_i_16), H(push_i_64) };

/* POP RSP: the value popped wins over the increment. */
static INLINE const Op *pop(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    u64 rsp = cpu->r[RSP];
    const u8 *p = mem_read(cpu, op, acc, rsp, width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 value = load_width(p, width);
    cpu->r[RSP] = rsp + width / 8;
    set_reg(cpu, op->a, value, width);
    return next(cpu, op, acc);
}
/* POP mem: the address is computed with RSP already incremented, but RSP moves only when the store succeeded. */
static INLINE const Op *pop_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    u64 rsp = cpu->r[RSP], after = rsp + width / 8;
    const u8 *from = mem_read(cpu, op, acc, rsp, width / 8);
    if (MISSED(from))
        return slow(cpu, op, acc);
    u64 value = load_width(from, width);
    u64 address = op_address(cpu, op) + (op->base == SLOT_RSP ? width / 8 : 0);
    u8 *p = mem_write(cpu, op, acc, address, width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store_width(p, value, width);
    cpu->r[RSP] = after;
    mem_written(cpu, p, width / 8);
    return next_written(cpu, op, acc);
}
DEFINE_HANDLER(pop_16, pop, 16)
DEFINE_HANDLER(pop_64, pop, 64)
DEFINE_HANDLER(pop_m_16, pop_m, 16)
DEFINE_HANDLER(pop_m_64, pop_m, 64)
OpHandler *const H(table_pop)[] = { H(pop_16), H(pop_64), H(pop_m_16), H(pop_m_64) };

static INLINE const Op *leave(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    u64 rbp = cpu->r[RBP];
    const u8 *p = mem_read(cpu, op, acc, rbp, width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 value = load_width(p, width);
    cpu->r[RSP] = rbp + width / 8;
    set_reg(cpu, SLOT_RBP, value, width);
    return next(cpu, op, acc);
}
DEFINE_HANDLER(leave_16, leave, 16)
DEFINE_HANDLER(leave_64, leave, 64)
OpHandler *const H(table_leave)[] = { H(leave_16), H(leave_64) };

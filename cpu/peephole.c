/* Which ops stand side by side is known by their handlers: those with constant registers are unique to an instruction form. */
#include "cpu/peephole.h"

#include "cpu/special.h"

OpHandler fast_op_ret;

static bool is_special(const Op *op, Special which)
{
    int a = special_register(op->a, false);
    return a >= 0 && a != RSP && op->handler == special_table_mov[which][a * SPECIAL_BASES];
}

/* ADD or SUB of RSP and an immediate, flags produced. */
static bool moves_rsp(const Op *op, Special which) { return op->handler == special_table_ri[which + 3 - SPECIAL_ADD_RI][RSP]; }

static u32 run_length(const Op *ops, u32 count, Special which)
{
    u32 n = 0;
    while (n < count && n < STACK_RUN_MAX && is_special(&ops[n], which))
        n++;
    return n;
}

/* Each returns how many ops it took, 0 for none. */
static u32 push_run(Op *ops, u32 count)
{
    u32 n = run_length(ops, count, SPECIAL_PUSH);
    bool sub = n && n < count && moves_rsp(&ops[n], SPECIAL_SUB_RI);
    if (n + sub < 2)
        return 0;
    ops->handler = stack_push_runs[n][sub];
    return n + sub;
}

static u32 pop_run(Op *ops, u32 count)
{
    bool add = moves_rsp(ops, SPECIAL_ADD_RI);
    u32 n = run_length(ops + add, count - add, SPECIAL_POP);
    bool ret = add + n < count && ops[add + n].handler == fast_op_ret;
    if (add + n + ret < 2)
        return 0;
    ops->handler = stack_pop_runs[add][n][ret];
    return add + n + ret;
}

void peephole(Op *ops, u32 count)
{
    for (u32 i = 0; i < count;) {
        u32 taken = push_run(ops + i, count - i);
        if (!taken)
            taken = pop_run(ops + i, count - i);
        i += taken ? taken : 1;
    }
}

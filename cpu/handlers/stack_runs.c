/* What compilers emit at a function's start and end, in one handler each: `push…; [sub rsp, n]` and `[add rsp, n]; pop…; [ret]`.
 * RSP is read and written once, where a chain of single handlers waits for it each time. Only the first op's handler is replaced
 * (cpu/peephole.c): when anything is unusual (another page, a miss) its general handler runs, and the rest follows one by one.
 * Fast mode only. */
#include "cpu/peephole.h"

#include "cpu/alu.h"

#if EMU_MODE == MODE_FAST

OpHandler slow_push_r_64, slow_pop_64, fast_ADD_ri_64_1;

/* `count` pushes at op[0…], and behind them a `sub rsp, imm` when `sub`. */
static INLINE const Op *push_run(Cpu *cpu, const Op *op, u64 acc, unsigned count, bool sub)
{
    u64 rsp = cpu->r[RSP] - 8 * count;
    u8 *p = tlb_lookup(cpu->mmu.tlb.write, rsp, 8 * count);
    if (UNLIKELY(!p))
        return slow_push_r_64(cpu, op, acc);
    for (unsigned i = 0; i < count; i++)
        store64(p + 8 * (count - 1 - i), *reg64(cpu, op[i].a));
    if (sub)
        rsp = alu_sub(cpu, rsp, op[count].imm, 64, true);
    cpu->r[RSP] = rsp;
    return go(cpu, op + count + sub, acc);
}

/* An `add rsp, imm` at op[0] when `add`, `count` pops, and a `ret` behind them when `ret`. */
static INLINE const Op *pop_run(Cpu *cpu, const Op *op, u64 acc, bool add, unsigned count, bool ret)
{
    const Op *pops = op + add;
    u64 before = cpu->r[RSP], rsp = before + (add ? op->imm : 0);
    const u8 *p = tlb_lookup(cpu->mmu.tlb.read, rsp, 8 * (count + ret));
    const Op *target = NULL;
    if (p && ret)
        target = indirect_target(cpu, pops + count, acc, load64(p + 8 * count));
    if (UNLIKELY(!p || (ret && !target)))
        return add ? fast_ADD_ri_64_1(cpu, op, acc) : slow_pop_64(cpu, op, acc);
    if (add)
        cc_set(cpu, CC_OP_ADD, 64, rsp, op->imm);
    for (unsigned i = 0; i < count; i++)
        *reg64(cpu, pops[i].a) = load64(p + 8 * i);
    cpu->r[RSP] = rsp + 8 * (count + ret);
    if (ret)
        return go(cpu, target, acc + pops[count].counts);
    return go(cpu, pops + count, acc);
}

#define PUSH_RUN(count, sub) \
    static const Op *push_run_##count##_##sub(Cpu *cpu, const Op *op, u64 acc) { return push_run(cpu, op, acc, count, sub); }
#define POP_RUN(add, count, ret) \
    static const Op *pop_run_##add##_##count##_##ret(Cpu *cpu, const Op *op, u64 acc) { return pop_run(cpu, op, acc, add, count, ret); }
#define FOR_COUNTS(M) M(1) M(2) M(3) M(4) M(5) M(6)
#define PUSH_RUNS(count) PUSH_RUN(count, 0) PUSH_RUN(count, 1)
#define POP_RUNS(count) POP_RUN(0, count, 0) POP_RUN(0, count, 1) POP_RUN(1, count, 0) POP_RUN(1, count, 1)
FOR_COUNTS(PUSH_RUNS)
FOR_COUNTS(POP_RUNS)
POP_RUN(1, 0, 1)

#define PUSH_ENTRY(count) { push_run_##count##_0, push_run_##count##_1 },
OpHandler *const stack_push_runs[STACK_RUN_MAX + 1][2] = { { NULL, NULL }, FOR_COUNTS(PUSH_ENTRY) };
#define POP_ENTRY_0(count) { pop_run_0_##count##_0, pop_run_0_##count##_1 },
#define POP_ENTRY_1(count) { pop_run_1_##count##_0, pop_run_1_##count##_1 },
OpHandler *const stack_pop_runs[2][STACK_RUN_MAX + 1][2] = {
    { { NULL, NULL }, FOR_COUNTS(POP_ENTRY_0) },
    { { NULL, pop_run_1_0_1 }, FOR_COUNTS(POP_ENTRY_1) },
};

#endif

/* Far branches and IRET: allowed to user programs as long as they stay in 64-bit code. Every other selector is #GP: the emulated
 * machine has no 32-bit mode (Linux' 0x23) and no call gates. */
#include "base/log.h"
#include "cpu/flags.h"
#include "cpu/lanes.h"
#include "cpu/operand.h"
#include "cpu/table.h"

OpHandler *const fast_table_far[1], *const slow_table_far[1]; /* the family has no handlers of its own */

enum { SELECTOR_CODE = 0x33, SELECTOR_STACK = 0x2b, SELECTOR_CODE_32 = 0x23, SELECTOR_MASK = 0xfffc };

/* May CS become `selector`? SDM Vol. 3A, "Privilege Level Checking When Transferring Program Control Between Code
 * Segments": JMP and CALL ignore a lower RPL, RET does not. */
static void check_transfer(Cpu *cpu, u16 selector, bool ret, u64 target)
{
    if (selector == SELECTOR_CODE_32)
        log_unimplemented(SELECTOR_CODE_32, "unimplemented: far transfer to 32-bit code");
    if (ret ? selector != SELECTOR_CODE : (selector & SELECTOR_MASK) != (SELECTOR_CODE & SELECTOR_MASK))
        cpu_raise(cpu, VECTOR_GP, selector & SELECTOR_MASK, 0);
    if (!mmu_canonical(target))
        cpu_raise(cpu, VECTOR_GP, 0, 0);
}

static u64 load_size(const u8 *p, u32 size)
{
    u64 value = 0;
    memcpy(&value, p, size);
    return value;
}

static const Op *far_exit(Cpu *cpu, const Op *op, u64 acc, u64 target)
{
    cpu->rip = target;
    return cpu_continue(cpu, acc + op->counts);
}

/* The offset of the far pointer at the op's address, checked; size: its bytes. */
static u64 far_pointer(Cpu *cpu, const Op *op, u64 acc)
{
    const u8 *p = cpu_slow_read(cpu, op, acc, op_address(cpu, op), op->size + 2u);
    u64 target = load_size(p, op->size);
    check_transfer(cpu, load16(p + op->size), false, target);
    return target;
}

static const Op *op_far_jmp(Cpu *cpu, const Op *op, u64 acc)
{
    return far_exit(cpu, op, acc, far_pointer(cpu, op, acc));
}

/* Pushes CS and RIP, `size` bytes each. extra: the instruction's length. */
static const Op *op_far_call(Cpu *cpu, const Op *op, u64 acc)
{
    u64 back = cpu_op_cold(cpu, op)->rip + op->extra, code = SELECTOR_CODE, frame = cpu->r[RSP] - 2u * op->size;
    u64 target = far_pointer(cpu, op, acc);
    u8 *p = cpu_slow_write(cpu, op, acc, frame, 2u * op->size, false);
    memcpy(p, &back, op->size);
    memcpy(p + op->size, &code, op->size);
    cpu_slow_written(cpu, p, 2u * op->size);
    cpu->r[RSP] = frame;
    return far_exit(cpu, op, acc, target);
}

/* disp: bytes to release. CS is read first, and the outer stack's selector when the return is not to this level: CR2. */
static const Op *op_far_ret(Cpu *cpu, const Op *op, u64 acc)
{
    u32 size = op->size;
    u64 rsp = cpu->r[RSP], after = rsp + 2u * size + (u64)op->disp;
    u16 selector = load16(cpu_slow_read(cpu, op, acc, rsp + size, size));
    u64 target = load_size(cpu_slow_read(cpu, op, acc, rsp, size), size);
    if ((selector & 3) != 3)
        cpu_slow_read(cpu, op, acc, after + size, 2);
    check_transfer(cpu, selector, true, target);
    cpu_count_accesses(cpu, op, 2, 0);
    cpu->r[RSP] = after;
    return far_exit(cpu, op, acc, target);
}

/* SDM Vol. 2A, "IRET/IRETD/IRETQ", to the same privilege level in 64-bit mode: five words, whatever their size. */
static const Op *op_iret(Cpu *cpu, const Op *op, u64 acc)
{
    enum { RESTORED = FLAGS_ARITH | FLAG_TF | FLAG_DF | FLAG_NT | FLAG_RF | FLAG_AC | FLAG_ID };
    u64 word[5];
    cpu_enter_slow(cpu, op, acc);
    if (cpu->rflags & FLAG_NT)
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    static const u8 order[5] = { 2, 4, 3, 1, 0 }; /* as hardware reads them: CR2 */
    for (u32 k = 0, i; k < 5; k++)
        i = order[k], word[i] = load_size(cpu_slow_read(cpu, op, acc, cpu->r[RSP] + i * op->size, op->size), op->size);
    check_transfer(cpu, (u16)word[1], true, word[0]);
    if ((u16)word[4] != SELECTOR_STACK)
        cpu_raise(cpu, VECTOR_GP, word[4] & SELECTOR_MASK, 0);
    cpu_count_accesses(cpu, op, 5, 0);
    cc_materialise(cpu);
    u32 mask = op->size == 2 ? RESTORED & 0xffff : RESTORED;
    cpu->rflags = (cpu->rflags & ~mask) | ((u32)word[2] & mask);
    cpu->r[RSP] = word[3];
    if (UNLIKELY(cpu->rflags & (FLAG_TF | FLAG_AC))) { /* how the next instruction runs is decided anew */
        cpu->rip = word[0];
        cpu->acc = acc + op->counts;
        cpu->exit = CPU_EXIT_BUDGET;
        return NULL;
    }
    return far_exit(cpu, op, acc, word[0]);
}

/* Of RET, JMP, CALL and IRET, whatever their row. */
bool translate_far(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *first = &insn->operand[0];
    ZydisMnemonic mnemonic = insn->z.mnemonic;
    bool jmp = mnemonic == ZYDIS_MNEMONIC_JMP, call = mnemonic == ZYDIS_MNEMONIC_CALL, ret = mnemonic == ZYDIS_MNEMONIC_RET;
    Address address = { SLOT_ZERO, SLOT_ZERO, 0, 0 };
    (void)row;
    if (jmp || call)
        address = translate_address(t, insn, first);
    else if (ret && is_immediate(first))
        address.disp = (u16)first->imm.value.u;
    Op *op = emit(t, jmp ? op_far_jmp : call ? op_far_call : ret ? op_far_ret : op_iret);
    op_set_address(op, address);
    op->size = insn->z.operand_width / 8;
    op->extra = insn->z.length;
    op->counts = translate_counts(t);
    t->ended = true;
    return true;
}

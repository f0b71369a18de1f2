/* Far branches and IRET: allowed to user programs as long as they stay in the same code segment. Every other selector is #GP:
 * the emulated machine has no 32-bit mode (Linux' 0x23) and no call gates. The rare function checks and moves the stack; a
 * plain indirect jump through SLOT_TMP follows. */
#include "cpu/flags.h"
#include "cpu/operand.h"
#include "cpu/table.h"

OpHandler *const fast_table_far[1], *const slow_table_far[1]; /* the family has no handlers of its own */

enum { USER_CS = 0x33, USER_SS = 0x2b };

static u64 load_size(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size)
{
    u64 value = 0;
    memcpy(&value, cpu_slow_read(cpu, op, acc, address, size), size);
    return value;
}

static void check_selector(Cpu *cpu, u64 selector, u16 expected)
{
    if ((u16)selector != expected)
        cpu_raise(cpu, VECTOR_GP, (u32)selector & 0xfffc, 0);
}

/* SDM Vol. 2B, "RET": offset, then selector; disp more bytes are released. */
static void rare_far_ret(Cpu *cpu, const Op *op, u64 acc)
{
    u64 rsp = cpu->r[RSP], target = load_size(cpu, op, acc, rsp, op->size);
    check_selector(cpu, load_size(cpu, op, acc, rsp + op->size, op->size), USER_CS);
    if (!mmu_canonical(target))
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    *reg64(cpu, SLOT_TMP) = target;
    cpu->r[RSP] = rsp + 2 * op->size + (u64)op->disp;
}

/* SDM Vol. 2A, "IRET/IRETD/IRETQ", to the same privilege level in 64-bit mode: five words, whatever their size. */
static void rare_iret(Cpu *cpu, const Op *op, u64 acc)
{
    enum { RESTORED = FLAGS_ARITH | FLAG_TF | FLAG_DF | FLAG_NT | FLAG_RF | FLAG_AC | FLAG_ID };
    u64 word[5];
    if (cpu->rflags & FLAG_NT)
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    for (u32 i = 0; i < 5; i++)
        word[i] = load_size(cpu, op, acc, cpu->r[RSP] + i * op->size, op->size);
    check_selector(cpu, word[1], USER_CS);
    check_selector(cpu, word[4], USER_SS);
    if (!mmu_canonical(word[0]))
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    cc_materialise(cpu);
    u32 mask = op->size == 2 ? RESTORED & 0xffff : RESTORED;
    cpu->rflags = (cpu->rflags & ~mask) | ((u32)word[2] & mask);
    *reg64(cpu, SLOT_TMP) = word[0];
    cpu->r[RSP] = word[3];
}

/* JMP m16:16, m16:32, m16:64 */
static void rare_far_jmp(Cpu *cpu, const Op *op, u64 acc)
{
    u64 address = op_address(cpu, op), target = load_size(cpu, op, acc, address, op->size);
    check_selector(cpu, load_size(cpu, op, acc, address + op->size, 2), USER_CS);
    if (!mmu_canonical(target))
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    *reg64(cpu, SLOT_TMP) = target;
}

/* CALL m16:…: pushes CS and the return address (in SLOT_TMP2), each as wide as the operand. */
static void rare_far_call(Cpu *cpu, const Op *op, u64 acc)
{
    u64 back = *reg64(cpu, SLOT_TMP2), rsp = cpu->r[RSP], cs = USER_CS;
    rare_far_jmp(cpu, op, acc);
    u8 frame[16];
    memcpy(frame, &back, op->size);
    memcpy(frame + op->size, &cs, op->size);
    u8 *p = cpu_slow_write(cpu, op, acc, rsp - 2 * op->size, 2 * op->size, false);
    memcpy(p, frame, 2 * op->size);
    cpu->r[RSP] = rsp - 2 * op->size;
    cpu_slow_written(cpu, p, 2 * op->size);
}

static void rare_set_return(Cpu *cpu, const Op *op, u64 acc)
{
    (void)acc;
    *reg64(cpu, SLOT_TMP2) = (u64)op->disp;
}

bool translate_far(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *operand = &insn->operand[0];
    bool is_ret = insn->z.mnemonic == ZYDIS_MNEMONIC_RET, is_call = insn->z.mnemonic == ZYDIS_MNEMONIC_CALL;
    (void)row;
    Op *op;
    if (is_ret || insn->z.operand_count_visible == 0) {
        op = emit_rare(t, is_ret ? rare_far_ret : rare_iret);
        if (insn->z.operand_count_visible)
            op->disp = (i64)(u16)operand->imm.value.u;
    } else {
        Address address = translate_address(t, insn, operand);
        if (address.base == SLOT_TMP2 && is_call)
            return false; /* fs:[…] and 32-bit addresses: the slot is taken */
        if (is_call)
            emit_rare(t, rare_set_return)->disp = (i64)(insn->rip + insn->z.length);
        op = emit_rare(t, is_call ? rare_far_call : rare_far_jmp);
        op_set_address(op, address);
    }
    op->size = (u8)(insn->z.operand_width / 8);
    op = emit(t, instruction_rows[ZYDIS_MNEMONIC_JMP].handlers[t->mode][1]);
    op->a = SLOT_TMP;
    op->counts = translate_counts(t);
    t->ended = true;
    return true;
}

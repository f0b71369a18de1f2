/* Far transfers and the instructions that show system registers, as a 64-bit user program under Linux meets them.
 *
 * Of the selectors in Linux's descriptor table a 64-bit program can transfer to one only, its own code segment's. The
 * other one for user code leads to 32-bit mode, which this processor lacks. */
#include "base/log.h"
#include "cpu/flags.h"
#include "cpu/operand.h"
#include "cpu/table.h"

enum { SELECTOR_CODE = 0x33, SELECTOR_CODE_32 = 0x23, SELECTOR_MASK = 0xfffc };

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
    cpu->r[RSP] = after;
    return far_exit(cpu, op, acc, target);
}

bool translate_far(Translator *t, const Insn *insn)
{
    const ZydisDecodedOperand *first = &insn->operand[0];
    bool ret = insn->z.mnemonic == ZYDIS_MNEMONIC_RET, call = insn->z.mnemonic == ZYDIS_MNEMONIC_CALL;
    Address address = { SLOT_ZERO, SLOT_ZERO, 0, 0 };
    if (!ret)
        address = translate_address(t, insn, first);
    else if (is_immediate(first))
        address.disp = (u16)first->imm.value.u;
    Op *op = emit(t, ret ? op_far_ret : call ? op_far_call : op_far_jmp);
    op_set_address(op, address);
    op->size = insn->z.operand_width / 8;
    op->extra = insn->z.length;
    op->counts = translate_counts(t);
    t->ended = true;
    return true;
}

void rare_xchg_r8(Cpu *cpu, const Op *op, u64 acc)
{
    (void)acc;
    u64 r8 = get_reg(cpu, R8 * 8, op->size), rax = get_reg(cpu, SLOT_RAX, op->size);
    set_reg(cpu, R8 * 8, rax, op->size);
    set_reg(cpu, SLOT_RAX, r8, op->size);
}

/* ---- SGDT, SIDT, SMSW, SLDT, STR ---------------------------------------------------------------------------------- */

/* These would be #GP under UMIP; Linux then gives user programs constants of its own (arch/x86/kernel/umip.c of the
 * running kernel shows the same), and writes only as many bytes of a register as the operand has. */
/* The kernel's store: byte by byte, and any fault is reported as a write to an absent page at the operand's address. */
static void store_memory(Cpu *cpu, const Op *op, const u8 *bytes, u32 size)
{
    enum { PF_WRITE_USER = 6 };
    Fault fault;
    u64 address = op_address(cpu, op);
    for (u32 i = 0; i < size; i++)
        if (!mmu_write(&cpu->mmu, address + i, bytes + i, 1, &fault))
            cpu_raise(cpu, VECTOR_PF, PF_WRITE_USER, address);
}

static void store_constant(Cpu *cpu, const Op *op, u64 value)
{
    if (op->a != SLOT_ZERO)
        memcpy(reg_bytes(cpu, op->a), &value, op->size);
    else
        store_memory(cpu, op, (const u8 *)&value, 2);
}

static void store_table(Cpu *cpu, const Op *op, u64 base)
{
    u8 bytes[10] = { 0 };
    store64(bytes + 2, base);
    store_memory(cpu, op, bytes, sizeof bytes);
}

void rare_sgdt(Cpu *cpu, const Op *op, u64 acc) { (void)acc; store_table(cpu, op, 0xfffffffffffe0000); }
void rare_sidt(Cpu *cpu, const Op *op, u64 acc) { (void)acc; store_table(cpu, op, 0xffffffffffff0000); }
void rare_smsw(Cpu *cpu, const Op *op, u64 acc) { (void)acc; store_constant(cpu, op, 0x80050033); }
void rare_sldt(Cpu *cpu, const Op *op, u64 acc) { (void)acc; store_constant(cpu, op, 0); }
void rare_str(Cpu *cpu, const Op *op, u64 acc) { (void)acc; store_constant(cpu, op, 0x40); }

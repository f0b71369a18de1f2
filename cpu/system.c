/* The instructions that show system registers and descriptors, as a 64-bit user program under Linux meets them; and XCHG r8, rAX. */
#include "cpu/flags.h"
#include "cpu/operand.h"
#include "cpu/table.h"
#include "cpu/translate.h"

OpHandler *const fast_table_selector[1], *const slow_table_selector[1]; /* the family has no handlers of its own */

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

/* ---- LAR, LSL, VERR, VERW ------------------------------------------------------------------------------------------- */

/* The descriptors that Linux's GDT lets user programs see: arch/x86/include/asm/segment.h. The last holds the CPU's number (0). */
static const struct { u16 entry; u32 rights, limit; bool writable; } descriptors[] = {
    { 0x20, 0xcffb00, 0xffffffff, false }, /* 32-bit code */
    { 0x28, 0xcff300, 0xffffffff, true },  /* data */
    { 0x30, 0xaffb00, 0xffffffff, false }, /* 64-bit code */
    { 0x78, 0x40f500, 0, false },
};

/* a: the register with the selector; b: the destination; extra: which. ZF: it was allowed; else the
 * destination stays. SDM Vol. 2A, "LAR", "LSL"; Vol. 2B, "VERR/VERW". */
enum { CHECK_LAR, CHECK_LSL, CHECK_VERR, CHECK_VERW };

static void check_selector(Cpu *cpu, const Op *op, u64 acc)
{
    (void)acc;
    u16 entry = load16(reg_bytes(cpu, op->a)) & 0xfffc;
    for (u32 i = 0; i < ARRAY_LEN(descriptors); i++) {
        if (descriptors[i].entry != entry || (op->extra == CHECK_VERW && !descriptors[i].writable))
            continue;
        if (op->extra == CHECK_LAR || op->extra == CHECK_LSL)
            set_reg(cpu, op->b, op->extra == CHECK_LAR ? descriptors[i].rights : descriptors[i].limit, op->size);
        cc_assign(cpu, FLAG_ZF, FLAG_ZF);
        return;
    }
    cc_assign(cpu, FLAG_ZF, 0);
}

bool translate_selector(Translator *t, const Insn *insn, const Row *row)
{
    (void)row;
    bool shows = insn->z.mnemonic == ZYDIS_MNEMONIC_LAR || insn->z.mnemonic == ZYDIS_MNEMONIC_LSL;
    const ZydisDecodedOperand *s = &insn->operand[shows];
    u8 slot = SLOT_TMP;
    if (is_memory(s)) {
        Address address = translate_address(t, insn, s);
        Op *load = emit(t, instruction_rows[ZYDIS_MNEMONIC_MOV].handlers[t->mode][2 * 4 + 1]);
        op_set_address(load, address);
        load->a = slot;
    } else {
        slot = gpr_slot(s->reg.value);
    }
    Op *op = emit_rare(t, check_selector);
    op->a = slot;
    op->b = shows ? gpr_slot(insn->operand[0].reg.value) : SLOT_ZERO;
    op->size = (u8)insn->operand[0].size;
    op->extra = shows ? (insn->z.mnemonic == ZYDIS_MNEMONIC_LAR ? CHECK_LAR : CHECK_LSL)
                      : (insn->z.mnemonic == ZYDIS_MNEMONIC_VERR ? CHECK_VERR : CHECK_VERW);
    return true;
}

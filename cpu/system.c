/* The instructions that show system registers, as a 64-bit user program under Linux meets them; and XCHG r8, rAX. */
#include "cpu/operand.h"
#include "cpu/table.h"

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

/* The x87 instructions that programs execute seldom: environment and state in memory, clearing and initialising.
 * All work on settled registers. None of them waits for pending exceptions except FLDENV and FRSTOR. */
#include "cpu/x87_rare.h"

#include "cpu/x87.h"

/* FNSTENV's block in protected mode, 32-bit form; with an operand-size prefix each field has 16 bits and FOP is left out.
 * SDM Vol. 1, "Saving the x87 FPU's State with FSTENV/FNSTENV and FSAVE/FNSAVE". AMD fills unused halves with ones. */
enum { ENVIRONMENT_FIELDS = 7, ENVIRONMENT_16 = 14, ENVIRONMENT_32 = 28, REGISTERS_SIZE = 80 };

static void pack_environment(const X87 *x87, u32 size, u8 *out)
{
    u32 field[ENVIRONMENT_FIELDS] = {
        x87->control, x87_status_word(x87), x87_tag_word(x87), (u32)x87->ip, x87->code_selector, (u32)x87->dp, x87->data_selector,
    };
    for (u32 i = 0; i < ENVIRONMENT_FIELDS; i++) {
        if (size == ENVIRONMENT_16)
            store16(out + 2 * i, (u16)field[i]);
        else
            store32(out + 4 * i, i == 3 || i == 5 ? field[i] : i == 4 ? field[i] | (u32)x87->opcode << 16 : field[i] | 0xffff0000);
    }
}

static void unpack_environment(X87 *x87, u32 size, const u8 *in)
{
    u32 field[ENVIRONMENT_FIELDS];
    for (u32 i = 0; i < ENVIRONMENT_FIELDS; i++)
        field[i] = size == ENVIRONMENT_16 ? load16(in + 2 * i) : load32(in + 4 * i);
    x87->control = (field[0] & X87_CONTROL_WRITABLE) | X87_CONTROL_ONE;
    x87_set_status_word(x87, (u16)field[1]);
    x87_set_tag_word(x87, (u16)field[2]);
    x87->ip = field[3];
    x87->code_selector = (u16)field[4];
    x87->opcode = size == ENVIRONMENT_16 ? 0 : field[4] >> 16 & 0x7ff;
    x87->dp = field[5];
    x87->data_selector = (u16)field[6];
}

/* Hardware touches a block's first field, then its last byte, which decides what CR2 says of one that is partly there. */
static void touch_ends(Cpu *cpu, const Op *op, u64 acc, u32 size, bool write)
{
    u64 address = op_address(cpu, op);
    u32 field = op->size == ENVIRONMENT_16 ? 2 : 4;
    Access access = write ? ACCESS_WRITE : ACCESS_READ;
    cpu_slow_check(cpu, op, acc, address, field, access);
    cpu_slow_check(cpu, op, acc, address + size - 1, 1, access);
}

void rare_fnstenv(Cpu *cpu, const Op *op, u64 acc)
{
    touch_ends(cpu, op, acc, op->size, true);
    u8 *p = cpu_slow_write(cpu, op, acc, op_address(cpu, op), op->size, false);
    x87_settle(cpu);
    pack_environment(&cpu->x87, op->size, p);
    cpu_slow_written(cpu, p, op->size);
    cpu->x87.control |= X87_EXCEPTIONS;
}

void rare_fldenv(Cpu *cpu, const Op *op, u64 acc)
{
    x87_wait(cpu, op, acc);
    touch_ends(cpu, op, acc, op->size, false);
    const u8 *p = cpu_slow_read(cpu, op, acc, op_address(cpu, op), op->size);
    x87_settle(cpu);
    unpack_environment(&cpu->x87, op->size, p);
}

/* More than one access can hold: both are made before a byte is stored. */
enum { FIRST = 64 };

void rare_fnsave(Cpu *cpu, const Op *op, u64 acc)
{
    u64 address = op_address(cpu, op);
    u32 size = op->size + REGISTERS_SIZE;
    u8 image[ENVIRONMENT_32 + REGISTERS_SIZE];
    touch_ends(cpu, op, acc, size, true);
    u8 *low = cpu_slow_write(cpu, op, acc, address, FIRST, false);
    u8 *high = cpu_slow_write(cpu, op, acc, address + FIRST, size - FIRST, false);
    x87_settle(cpu);
    pack_environment(&cpu->x87, op->size, image);
    for (u32 i = 0; i < 8; i++)
        memcpy(image + op->size + 10 * i, x87_st(&cpu->x87, i), 10);
    memcpy(low, image, FIRST);
    memcpy(high, image + FIRST, size - FIRST);
    cpu_slow_written(cpu, low, FIRST);
    cpu_slow_written(cpu, high, size - FIRST);
    x87_reset(&cpu->x87);
}

void rare_frstor(Cpu *cpu, const Op *op, u64 acc)
{
    u64 address = op_address(cpu, op);
    u32 size = op->size + REGISTERS_SIZE;
    u8 image[ENVIRONMENT_32 + REGISTERS_SIZE];
    x87_wait(cpu, op, acc);
    touch_ends(cpu, op, acc, size, false);
    memcpy(image, cpu_slow_read(cpu, op, acc, address, FIRST), FIRST);
    memcpy(image + FIRST, cpu_slow_read(cpu, op, acc, address + FIRST, size - FIRST), size - FIRST);
    x87_settle(cpu);
    unpack_environment(&cpu->x87, op->size, image);
    for (u32 i = 0; i < 8; i++)
        memcpy(x87_st(&cpu->x87, i), image + op->size + 10 * i, 10);
}

void rare_fnclex(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    x87_settle(cpu);
    cpu->x87.status &= 0x7f00; /* C0 … C3 stay */
}

void rare_fninit(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    x87_settle(cpu);
    x87_reset(&cpu->x87);
}

void rare_x87_nop(Cpu *cpu, const Op *op, u64 acc) { (void)cpu, (void)op, (void)acc; }

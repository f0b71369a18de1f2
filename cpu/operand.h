/* Register and memory operands at a constant width, for handler templates. */
#ifndef EMU_CPU_OPERAND_H
#define EMU_CPU_OPERAND_H

#include "cpu/exec.h"
#include "cpu/flags.h"

/* Zero-extended value of a register. */
static INLINE u64 get_reg(Cpu *cpu, u8 slot, unsigned width)
{
    const u8 *p = reg_bytes(cpu, slot);
    return width == 8 ? load8(p) : width == 16 ? load16(p) : width == 32 ? load32(p) : load64(p);
}

/* Writes a register: 32 bits clear the upper half, 8 and 16 leave the rest. SDM Vol. 1, "General-Purpose Registers in 64-Bit Mode".
 * These are merged into eight bytes, because the host cannot forward a narrow store to the wider load of whoever reads the
 * register next; the compiler would make it the narrow store again if it saw where the other bytes come from. From AH's slot
 * the eight reach into the next register, whose byte goes back as it was. */
static INLINE void set_reg(Cpu *cpu, u8 slot, u64 value, unsigned width)
{
    u8 *p = reg_bytes(cpu, slot);
    u64 low = bits_mask(width), rest = 0;
    if (width < 32) {
        rest = load64(p);
        __asm__("" : "+r"(rest));
    }
    store64(p, (rest & ~low) | (value & low));
}

static INLINE u64 load_width(const u8 *p, unsigned width)
{
    return width == 8 ? load8(p) : width == 16 ? load16(p) : width == 32 ? load32(p) : load64(p);
}

static INLINE void store_width(u8 *p, u64 value, unsigned width)
{
    if (width == 8)
        store8(p, (u8)value);
    else if (width == 16)
        store16(p, (u16)value);
    else if (width == 32)
        store32(p, (u32)value);
    else
        store64(p, value);
}

/* The memory operand's address; `full`: with an index. */
static INLINE u64 address_of(Cpu *cpu, const Op *op, bool full) { return full ? op_address(cpu, op) : op_address_base(cpu, op); }

/* Expands M(…, width) for each width, M(…, cond) for each condition. */
#define FOR_WIDTHS(M, ...) M(__VA_ARGS__, 8) M(__VA_ARGS__, 16) M(__VA_ARGS__, 32) M(__VA_ARGS__, 64)

#endif

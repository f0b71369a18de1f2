/* Loads, stores and LEA of special handlers (special.h), however their address came about: special_mov.c has a base register,
 * special_scaled.c an index. Fast mode only: a miss goes to the general slow handler. */
#ifndef EMU_CPU_SPECIAL_ACCESS_H
#define EMU_CPU_SPECIAL_ACCESS_H

#include "cpu/special.h"

#include "cpu/operand.h"

static INLINE const Op *special_load(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool sign, unsigned from, unsigned to, unsigned a,
                                     u64 address)
{
    const u8 *p = mem_read(cpu, op, acc, address, from / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 value = load_width(p, from);
    set_reg(cpu, (u8)(a * 8), sign ? (u64)bits_sign_extend(value, from) : value, to);
    return next(cpu, op, acc);
}

static INLINE const Op *special_store(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width, unsigned a, u64 address)
{
    u8 *p = mem_write(cpu, op, acc, address, width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store_width(p, get_reg(cpu, (u8)(a * 8), width), width);
    return next(cpu, op, acc);
}

static INLINE const Op *special_lea(Cpu *cpu, const Op *op, u64 acc, unsigned width, unsigned a, u64 address)
{
    set_reg(cpu, (u8)(a * 8), address, width);
    return next(cpu, op, acc);
}

#endif

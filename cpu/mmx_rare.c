/* MMX instructions that programs execute seldom: EMMS, MASKMOVQ, and the conversions between MMX and XMM registers. */
#include "cpu/mmx_rare.h"

#include "cpu/mmx.h"
#include "cpu/vec_fp.h"

void rare_emms(Cpu *cpu, const Op *op, u64 acc)
{
    x87_enter_mmx(cpu, op, acc);
    x87_settle(cpu);
    cpu->x87.tags = 0;
}

/* Bytes of the first operand whose mask byte (second operand) has bit 7 set go to [rDI]. The x87 unit is in MMX state even
 * when the store faults. */
void rare_maskmovq(Cpu *cpu, const Op *op, u64 acc)
{
    x87_enter_mmx(cpu, op, acc);
    u8 *p = cpu_slow_write(cpu, op, acc, op_address(cpu, op), 8, true);
    u64 source = mmx_bits(mmx_get(cpu, op->a)), mask = mmx_bits(mmx_get(cpu, op->b));
    for (u32 i = 0; i < 8; i++)
        if (mask >> (8 * i + 7) & 1)
            p[i] = (u8)(source >> 8 * i);
    cpu_slow_written(cpu, p, 8);
}

/* ---- conversions ----------------------------------------------------------------------------------------------- */

typedef V128 Convert(V128 value);

/* Unmasked exceptions raise #XM before a register is changed; but the x87 unit is in MMX state by then. */
static V128 convert(Cpu *cpu, Convert *f, V128 value)
{
    if (!fpenv_unmasked(cpu))
        return f(value);
    fpenv_begin(cpu);
    V128 result = f(value);
    fpenv_end(cpu, false);
    return result;
}

/* To XMM from MM or memory. A source in memory does not touch the x87 unit at all. */
static V128 from_mmx(Cpu *cpu, const Op *op, u64 acc, Convert *f)
{
    if (op->c)
        return convert(cpu, f, mmx_of(load64(cpu_slow_read(cpu, op, acc, op_address(cpu, op), 8))));
    x87_enter_mmx(cpu, op, acc);
    return convert(cpu, f, mmx_get(cpu, op->b));
}

static V128 cvtdq2ps(V128 v) { return vec_cvtdq2ps(v); }
static V128 cvtdq2pd(V128 v) { return vec_cvtdq2pd(v); }
static V128 cvtps2dq(V128 v) { return vec_cvtps2dq(v); }
static V128 cvttps2dq(V128 v) { return vec_cvttps2dq(v); }
static V128 cvtpd2dq(V128 v) { return vec_cvtpd2dq(v); }
static V128 cvttpd2dq(V128 v) { return vec_cvttpd2dq(v); }

void rare_cvtpi2ps(Cpu *cpu, const Op *op, u64 acc)
{
    cpu->v[op->a].u64[0] = mmx_bits(from_mmx(cpu, op, acc, cvtdq2ps));
}

void rare_cvtpi2pd(Cpu *cpu, const Op *op, u64 acc)
{
    simde_mm_store_si128((simde__m128i *)&cpu->v[op->a], from_mmx(cpu, op, acc, cvtdq2pd));
}

static void to_mmx(Cpu *cpu, const Op *op, u64 acc, V128 source, Convert *f)
{
    x87_enter_mmx(cpu, op, acc);
    mmx_put(cpu, op->a, convert(cpu, f, source));
}

/* Two floats: the low half of an XMM register, or 8 bytes. */
static void floats_to_mmx(Cpu *cpu, const Op *op, u64 acc, Convert *f)
{
    x87_wait(cpu, op, acc);
    u64 source = op->c ? load64(cpu_slow_read(cpu, op, acc, op_address(cpu, op), 8)) : cpu->v[op->b].u64[0];
    to_mmx(cpu, op, acc, mmx_of(source), f);
}
void rare_cvtps2pi(Cpu *cpu, const Op *op, u64 acc) { floats_to_mmx(cpu, op, acc, cvtps2dq); }
void rare_cvttps2pi(Cpu *cpu, const Op *op, u64 acc) { floats_to_mmx(cpu, op, acc, cvttps2dq); }

/* Two doubles: an XMM register, or 16 aligned bytes. */
static void doubles_to_mmx(Cpu *cpu, const Op *op, u64 acc, Convert *f)
{
    x87_wait(cpu, op, acc);
    const u8 *source = cpu->v[op->b].u8;
    if (op->c) {
        u64 address = op_address(cpu, op);
        if (address & 15)
            cpu_raise(cpu, VECTOR_GP, 0, 0);
        source = cpu_slow_read(cpu, op, acc, address, 16);
    }
    to_mmx(cpu, op, acc, vec_load(source, 16), f);
}
void rare_cvtpd2pi(Cpu *cpu, const Op *op, u64 acc) { doubles_to_mmx(cpu, op, acc, cvtpd2dq); }
void rare_cvttpd2pi(Cpu *cpu, const Op *op, u64 acc) { doubles_to_mmx(cpu, op, acc, cvttpd2dq); }

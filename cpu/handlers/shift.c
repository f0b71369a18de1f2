/* SHL … RCR: table[((form * 2 + by CL) * 4 + width) * 2 + flags live], form R, M, B; SHLD, SHRD. */
#include "cpu/shift.h"

static INLINE const Op *shift_reg(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, ShiftFunction *f, bool flags, bool cl, unsigned width)
{
    (void)slow;
    unsigned count = cl ? load8(reg_bytes(cpu, SLOT_RCX)) : (u8)op->imm;
    set_reg(cpu, op->a, f(cpu, get_reg(cpu, op->a, width), count, width, flags), width);
    return next(cpu, op, acc);
}

static INLINE const Op *shift_mem(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, ShiftFunction *f, bool flags, bool cl, bool full,
                                  unsigned width)
{
    unsigned count = cl ? load8(reg_bytes(cpu, SLOT_RCX)) : (u8)op->imm;
    u8 *p = mem_modify(cpu, op, acc, address_of(cpu, op, full), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store_width(p, f(cpu, load_width(p, width), count, width, flags), width);
    mem_written(cpu, p, width / 8);
    return next_written(cpu, op, acc);
}

#define SHIFT_HANDLERS(M, f, live, cl, w)                                       \
    DEFINE_HANDLER(M##_r_##cl##_##w##_##live, shift_reg, f, live, cl, w)        \
    DEFINE_HANDLER(M##_m_##cl##_##w##_##live, shift_mem, f, live, cl, true, w)  \
    DEFINE_HANDLER(M##_b_##cl##_##w##_##live, shift_mem, f, live, cl, false, w)
#define SHIFT_ROW(M, form, cl) \
    H(M##_##form##_##cl##_8_0), H(M##_##form##_##cl##_8_1), H(M##_##form##_##cl##_16_0), H(M##_##form##_##cl##_16_1), \
    H(M##_##form##_##cl##_32_0), H(M##_##form##_##cl##_32_1), H(M##_##form##_##cl##_64_0), H(M##_##form##_##cl##_64_1),
#define SHIFT(M, f, level, notes)                                                            \
    FOR_WIDTHS(SHIFT_HANDLERS, M, f, 0, 0) FOR_WIDTHS(SHIFT_HANDLERS, M, f, 1, 0)            \
    FOR_WIDTHS(SHIFT_HANDLERS, M, f, 0, 1) FOR_WIDTHS(SHIFT_HANDLERS, M, f, 1, 1)            \
    OpHandler *const H(table_##M)[] = { SHIFT_ROW(M, r, 0) SHIFT_ROW(M, r, 1) SHIFT_ROW(M, m, 0) SHIFT_ROW(M, m, 1) \
                                        SHIFT_ROW(M, b, 0) SHIFT_ROW(M, b, 1) };
#include "cpu/instructions.def"

/* ---- SHLD, SHRD: table[((memory * 2 + right) * 2 + by CL) * 3 + width - 1] ---------------------------------------------- */

/* SDM Vol. 2B, "SHLD": for 16-bit operands counts above 16 are undefined; AMD's processors shift the second operand in twice. */
static INLINE u64 shift_double(Cpu *cpu, u64 a, u64 b, unsigned count, unsigned width, bool right)
{
    count = shift_mask(count, width);
    if (!count)
        return a;
    u64 result;
    bool carry;
    if (width == 16) {
        u64 wide = right ? b << 32 | b << 16 | a : a << 32 | b << 16 | b;
        result = right ? (u16)(wide >> count) : (u16)(wide << count >> 32);
        carry = count <= 16 && a >> (right ? count - 1 : 16 - count) & 1;
    } else if (right) {
        result = (a >> count | b << (width - count)) & bits_mask(width);
        carry = a >> (count - 1) & 1;
    } else {
        result = (a << count | b >> (width - count)) & bits_mask(width);
        carry = a >> (width - count) & 1;
    }
    bool overflow = right ? result >> (width - 2) & 1 : carry; /* against the top bit; of the first operand, when left */
    shift_flags(cpu, width, result, carry, overflow != ((right ? result : a << count) >> (width - 1) & 1));
    return result;
}

static INLINE const Op *shiftd_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool right, bool cl, unsigned width)
{
    (void)slow;
    unsigned count = cl ? load8(reg_bytes(cpu, SLOT_RCX)) : (u8)op->imm;
    set_reg(cpu, op->a, shift_double(cpu, get_reg(cpu, op->a, width), get_reg(cpu, op->b, width), count, width, right), width);
    return next(cpu, op, acc);
}

static INLINE const Op *shiftd_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool right, bool cl, unsigned width)
{
    unsigned count = cl ? load8(reg_bytes(cpu, SLOT_RCX)) : (u8)op->imm;
    u8 *p = mem_modify(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store_width(p, shift_double(cpu, load_width(p, width), get_reg(cpu, op->b, width), count, width, right), width);
    mem_written(cpu, p, width / 8);
    return next_written(cpu, op, acc);
}

#define SHIFTD_HANDLERS(form, right, cl)                              \
    DEFINE_HANDLER(shiftd_##form##_##right##_##cl##_16, shiftd_##form, right, cl, 16) \
    DEFINE_HANDLER(shiftd_##form##_##right##_##cl##_32, shiftd_##form, right, cl, 32) \
    DEFINE_HANDLER(shiftd_##form##_##right##_##cl##_64, shiftd_##form, right, cl, 64)
#define SHIFTD_ALL(M) M(r, 0, 0) M(r, 0, 1) M(r, 1, 0) M(r, 1, 1) M(m, 0, 0) M(m, 0, 1) M(m, 1, 0) M(m, 1, 1)
SHIFTD_ALL(SHIFTD_HANDLERS)
#define SHIFTD_ENTRY(form, right, cl) \
    H(shiftd_##form##_##right##_##cl##_16), H(shiftd_##form##_##right##_##cl##_32), H(shiftd_##form##_##right##_##cl##_64),
OpHandler *const H(table_shiftd)[] = { SHIFTD_ALL(SHIFTD_ENTRY) };

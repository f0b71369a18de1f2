/* MUL, IMUL, DIV, IDIV. Flags that the manual leaves undefined (ZF, SF, AF, PF of a product) come out as some value. */
#include "cpu/operand.h"

static INLINE void product_flags(Cpu *cpu, unsigned width, u64 low, bool overflow)
{
    cc_set(cpu, CC_OP_RESULT, width, low, overflow ? FLAG_CF | FLAG_OF : 0);
}

/* ---- one operand: table[((signed * 2 + memory) * 4 + width] ------------------------------------------------------------- */

static INLINE void mul_set(Cpu *cpu, u64 factor, bool sign, unsigned width)
{
    u64 a = get_reg(cpu, SLOT_RAX, width), low, high;
    bool overflow;
    if (sign) {
        i128 product = (i128)bits_sign_extend(a, width) * bits_sign_extend(factor, width);
        low = (u64)product & bits_mask(width);
        high = (u64)(product >> width) & bits_mask(width);
        overflow = product != bits_sign_extend(low, width);
    } else {
        u128 product = (u128)a * factor;
        low = (u64)product & bits_mask(width);
        high = (u64)(product >> width);
        overflow = high;
    }
    if (width == 8) {
        set_reg(cpu, SLOT_RAX, high << 8 | low, 16);
    } else {
        set_reg(cpu, SLOT_RAX, low, width);
        set_reg(cpu, SLOT_RDX, high, width);
    }
    product_flags(cpu, width, low, overflow);
}

static INLINE const Op *mul_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool sign, unsigned width)
{
    (void)slow;
    mul_set(cpu, get_reg(cpu, op->a, width), sign, width);
    return next(cpu, op, acc);
}
static INLINE const Op *mul_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool sign, unsigned width)
{
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    mul_set(cpu, load_width(p, width), sign, width);
    return next(cpu, op, acc);
}
#define MUL_HANDLERS(sign, w) DEFINE_HANDLER(mul_r_##sign##_##w, mul_r, sign, w) DEFINE_HANDLER(mul_m_##sign##_##w, mul_m, sign, w)
FOR_WIDTHS(MUL_HANDLERS, 0)
FOR_WIDTHS(MUL_HANDLERS, 1)
#define BY_WIDTH(name) H(name##_8), H(name##_16), H(name##_32), H(name##_64),
OpHandler *const H(table_mul)[] = { BY_WIDTH(mul_r_0) BY_WIDTH(mul_m_0) BY_WIDTH(mul_r_1) BY_WIDTH(mul_m_1) };

/* ---- IMUL with two or three operands: a = source * (a or imm): table[(memory * 2 + immediate) * 3 + width - 1) * 2 + live] - */

static INLINE void imul_set(Cpu *cpu, const Op *op, u64 x, u64 y, unsigned width, bool flags)
{
    u64 low = x * y & bits_mask(width);
    if (flags) {
        bool overflow;
        if (width == 64) {
            i64 product;
            overflow = __builtin_mul_overflow((i64)x, (i64)y, &product);
        } else {
            overflow = bits_sign_extend(x, width) * bits_sign_extend(y, width) != bits_sign_extend(low, width);
        }
        product_flags(cpu, width, low, overflow);
    }
    set_reg(cpu, op->a, low, width);
}
static INLINE const Op *imul_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool immediate, unsigned width, bool flags)
{
    (void)slow;
    imul_set(cpu, op, get_reg(cpu, op->b, width), immediate ? op->imm : get_reg(cpu, op->a, width), width, flags);
    return next(cpu, op, acc);
}
static INLINE const Op *imul_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool immediate, unsigned width, bool flags)
{
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    imul_set(cpu, op, load_width(p, width), immediate ? op->imm : get_reg(cpu, op->a, width), width, flags);
    return next(cpu, op, acc);
}
#define IMUL_HANDLERS(form, imm, w)                                       \
    DEFINE_HANDLER(imul_##form##_##imm##_##w##_0, imul_##form, imm, w, false) \
    DEFINE_HANDLER(imul_##form##_##imm##_##w##_1, imul_##form, imm, w, true)
#define IMUL_ENTRY(form, imm, w) H(imul_##form##_##imm##_##w##_0), H(imul_##form##_##imm##_##w##_1),
#define IMUL_ALL(M) \
    M(r, 0, 16) M(r, 0, 32) M(r, 0, 64) M(r, 1, 16) M(r, 1, 32) M(r, 1, 64) \
    M(m, 0, 16) M(m, 0, 32) M(m, 0, 64) M(m, 1, 16) M(m, 1, 32) M(m, 1, 64)
IMUL_ALL(IMUL_HANDLERS)
OpHandler *const H(table_imul)[] = { IMUL_ALL(IMUL_ENTRY) };

/* ---- DIV, IDIV: table[(signed * 2 + memory) * 4 + width] ------------------------------------------------------------------- */

/* #DE when the divisor is 0 or the quotient does not fit: nothing has changed then. SDM Vol. 2A, "DIV", "IDIV".
 * Returns false for #DE. */
static INLINE bool divide(u128 dividend, u64 divisor, bool sign, unsigned width, u64 *quotient, u64 *remainder)
{
    if (!divisor)
        return false;
    if (!sign) {
        if ((dividend >> width) >= divisor)
            return false;
        if (dividend >> 64) {
            *quotient = (u64)(dividend / divisor), *remainder = (u64)(dividend % divisor);
        } else {
            *quotient = (u64)dividend / divisor, *remainder = (u64)dividend % divisor;
        }
        return true;
    }
    i64 d = bits_sign_extend(divisor, width);
    i128 n = (i128)(dividend << (128 - 2 * width)) >> (128 - 2 * width);
    if (n == (i64)n && !(d == -1 && (i64)n == INT64_MIN)) {
        *quotient = (u64)((i64)n / d), *remainder = (u64)((i64)n % d);
    } else if (d == -1) {
        i128 q = -n;
        if (q != (i64)q || n == q)
            return false;
        *quotient = (u64)q, *remainder = 0;
    } else {
        i128 q = n / d;
        if (q != (i64)q)
            return false;
        *quotient = (u64)q, *remainder = (u64)(n % d);
    }
    return bits_sign_extend(*quotient, width) == (i64)*quotient;
}

static NOINLINE COLD const Op *divide_error(Cpu *cpu, const Op *op, u64 acc)
{
    cpu_enter_slow(cpu, op, acc);
    cpu_raise(cpu, VECTOR_DE, 0, 0);
}

static INLINE bool div_set(Cpu *cpu, u64 divisor, bool sign, unsigned width)
{
    u128 dividend = width == 8 ? get_reg(cpu, SLOT_RAX, 16)
                               : (u128)get_reg(cpu, SLOT_RDX, width) << width | get_reg(cpu, SLOT_RAX, width);
    u64 quotient, remainder;
    if (!divide(dividend, divisor, sign, width, &quotient, &remainder))
        return false;
    if (width == 8) {
        set_reg(cpu, SLOT_RAX, (remainder & 0xff) << 8 | (quotient & 0xff), 16);
    } else {
        set_reg(cpu, SLOT_RAX, quotient, width);
        set_reg(cpu, SLOT_RDX, remainder, width);
    }
    return true;
}
static INLINE const Op *div_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool sign, unsigned width)
{
    (void)slow;
    if (UNLIKELY(!div_set(cpu, get_reg(cpu, op->a, width), sign, width)))
        return divide_error(cpu, op, acc);
    return next(cpu, op, acc);
}
static INLINE const Op *div_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool sign, unsigned width)
{
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    if (UNLIKELY(!div_set(cpu, load_width(p, width), sign, width)))
        return divide_error(cpu, op, acc);
    return next(cpu, op, acc);
}
#define DIV_HANDLERS(sign, w) DEFINE_HANDLER(div_r_##sign##_##w, div_r, sign, w) DEFINE_HANDLER(div_m_##sign##_##w, div_m, sign, w)
FOR_WIDTHS(DIV_HANDLERS, 0)
FOR_WIDTHS(DIV_HANDLERS, 1)
OpHandler *const H(table_div)[] = { BY_WIDTH(div_r_0) BY_WIDTH(div_m_0) BY_WIDTH(div_r_1) BY_WIDTH(div_m_1) };

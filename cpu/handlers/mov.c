/* MOV, MOVZX, MOVSX, MOVSXD, LEA, XCHG, XADD, CMPXCHG, BSWAP, MOVBE, CBW … CQO, SETcc, CMOVcc, NOP. */
#include "cpu/forms.h"
#include "cpu/operand.h"

/* ---- MOV ---------------------------------------------------------------------------------------------------------- */

static INLINE const Op *mov_rr(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    (void)slow;
    set_reg(cpu, op->a, get_reg(cpu, op->b, width), width);
    return next(cpu, op, acc);
}

static INLINE const Op *mov_ri(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    (void)slow;
    set_reg(cpu, op->a, op->imm, width);
    return next(cpu, op, acc);
}

static INLINE const Op *mov_rm(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool full, unsigned width)
{
    const u8 *p = mem_read(cpu, op, acc, address_of(cpu, op, full), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    set_reg(cpu, op->a, load_width(p, width), width);
    return next(cpu, op, acc);
}

static INLINE const Op *mov_mx(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool full, bool immediate, unsigned width)
{
    u64 value = immediate ? op->imm : get_reg(cpu, op->a, width);
    u8 *p = mem_write(cpu, op, acc, address_of(cpu, op, full), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    store_width(p, value, width);
    mem_written(cpu, p, width / 8);
    return next_written(cpu, op, acc);
}

#define MOV_HANDLERS(dummy, w)                                  \
    DEFINE_HANDLER(mov_rr_##w, mov_rr, w)                       \
    DEFINE_HANDLER(mov_ri_##w, mov_ri, w)                       \
    DEFINE_HANDLER(mov_rm_##w, mov_rm, true, w)                 \
    DEFINE_HANDLER(mov_rb_##w, mov_rm, false, w)                \
    DEFINE_HANDLER(mov_mr_##w, mov_mx, true, false, w)          \
    DEFINE_HANDLER(mov_br_##w, mov_mx, false, false, w)         \
    DEFINE_HANDLER(mov_mi_##w, mov_mx, true, true, w)           \
    DEFINE_HANDLER(mov_bi_##w, mov_mx, false, true, w)
FOR_WIDTHS(MOV_HANDLERS, 0)

#define BY_WIDTH(name) H(name##_8), H(name##_16), H(name##_32), H(name##_64),
OpHandler *const H(table_mov)[] = { BY_WIDTH(mov_rr) BY_WIDTH(mov_ri) BY_WIDTH(mov_rm) BY_WIDTH(mov_rb)
                                    BY_WIDTH(mov_mr) BY_WIDTH(mov_br) BY_WIDTH(mov_mi) BY_WIDTH(mov_bi) };

/* ---- MOVZX, MOVSX, MOVSXD: table[((form * 2 + signed) * 3 + source width) * 3 + destination width - 1], form R, M, B -- */

static INLINE const Op *movx_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool sign, unsigned from, unsigned to)
{
    (void)slow;
    u64 value = get_reg(cpu, op->b, from);
    set_reg(cpu, op->a, sign ? (u64)bits_sign_extend(value, from) : value, to);
    return next(cpu, op, acc);
}

static INLINE const Op *movx_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool full, bool sign, unsigned from, unsigned to)
{
    const u8 *p = mem_read(cpu, op, acc, address_of(cpu, op, full), from / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 value = load_width(p, from);
    set_reg(cpu, op->a, sign ? (u64)bits_sign_extend(value, from) : value, to);
    return next(cpu, op, acc);
}

#define MOVX_HANDLERS(sign, from, to)                                       \
    DEFINE_HANDLER(movx_r_##sign##_##from##_##to, movx_r, sign, from, to)   \
    DEFINE_HANDLER(movx_m_##sign##_##from##_##to, movx_m, true, sign, from, to) \
    DEFINE_HANDLER(movx_b_##sign##_##from##_##to, movx_m, false, sign, from, to)
#define MOVX_SIGN(sign) \
    MOVX_HANDLERS(sign, 8, 16) MOVX_HANDLERS(sign, 8, 32) MOVX_HANDLERS(sign, 8, 64) \
    MOVX_HANDLERS(sign, 16, 16) MOVX_HANDLERS(sign, 16, 32) MOVX_HANDLERS(sign, 16, 64) \
    MOVX_HANDLERS(sign, 32, 16) MOVX_HANDLERS(sign, 32, 32) MOVX_HANDLERS(sign, 32, 64)
MOVX_SIGN(0)
MOVX_SIGN(1)
#define MOVX_ROW(form, sign, from) H(movx_##form##_##sign##_##from##_16), H(movx_##form##_##sign##_##from##_32), H(movx_##form##_##sign##_##from##_64),
#define MOVX_ROWS(form) \
    MOVX_ROW(form, 0, 8) MOVX_ROW(form, 0, 16) MOVX_ROW(form, 0, 32) MOVX_ROW(form, 1, 8) MOVX_ROW(form, 1, 16) MOVX_ROW(form, 1, 32)
OpHandler *const H(table_movx)[] = { MOVX_ROWS(r) MOVX_ROWS(m) MOVX_ROWS(b) };

/* ---- LEA: table[full * 4 + width] ------------------------------------------------------------------------------------ */

static INLINE const Op *lea(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool full, unsigned width)
{
    (void)slow;
    set_reg(cpu, op->a, address_of(cpu, op, full), width);
    return next(cpu, op, acc);
}
#define LEA_HANDLERS(dummy, w) DEFINE_HANDLER(lea_b_##w, lea, false, w) DEFINE_HANDLER(lea_m_##w, lea, true, w)
FOR_WIDTHS(LEA_HANDLERS, 0)
OpHandler *const H(table_lea)[] = { BY_WIDTH(lea_b) BY_WIDTH(lea_m) };

/* ---- XCHG, XADD: table[form (R, M) * 4 + width]; CMPXCHG the same ----------------------------------------------------- */

static INLINE const Op *xchg_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    (void)slow;
    u64 a = get_reg(cpu, op->a, width), b = get_reg(cpu, op->b, width);
    set_reg(cpu, op->b, a, width);
    set_reg(cpu, op->a, b, width);
    return next(cpu, op, acc);
}

static INLINE const Op *xchg_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    u8 *p = mem_modify(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 old = load_width(p, width);
    store_width(p, get_reg(cpu, op->a, width), width);
    set_reg(cpu, op->a, old, width);
    mem_written(cpu, p, width / 8);
    return next_written(cpu, op, acc);
}

static INLINE const Op *xadd_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    (void)slow;
    u64 a = get_reg(cpu, op->a, width), b = get_reg(cpu, op->b, width), sum = (a + b) & bits_mask(width);
    cc_set(cpu, CC_OP_ADD, width, sum, b);
    set_reg(cpu, op->b, a, width);
    set_reg(cpu, op->a, sum, width);
    return next(cpu, op, acc);
}

static INLINE const Op *xadd_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    u8 *p = mem_modify(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 a = load_width(p, width), b = get_reg(cpu, op->a, width), sum = (a + b) & bits_mask(width);
    store_width(p, sum, width);
    cc_set(cpu, CC_OP_ADD, width, sum, b);
    set_reg(cpu, op->a, a, width);
    mem_written(cpu, p, width / 8);
    return next_written(cpu, op, acc);
}

/* SDM Vol. 2A, "CMPXCHG": the destination is written in either case; the accumulator only when they differ. */
static INLINE const Op *cmpxchg_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    (void)slow;
    u64 old = get_reg(cpu, op->a, width), expected = get_reg(cpu, SLOT_RAX, width);
    cc_set(cpu, CC_OP_SUB, width, expected, old);
    if (old == expected)
        set_reg(cpu, op->a, get_reg(cpu, op->b, width), width);
    else
        set_reg(cpu, SLOT_RAX, old, width);
    return next(cpu, op, acc);
}

static INLINE const Op *cmpxchg_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    u8 *p = mem_modify(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 old = load_width(p, width), expected = get_reg(cpu, SLOT_RAX, width);
    cc_set(cpu, CC_OP_SUB, width, expected, old);
    if (old == expected)
        store_width(p, get_reg(cpu, op->a, width), width);
    else
        set_reg(cpu, SLOT_RAX, old, width);
    mem_written(cpu, p, width / 8);
    return next_written(cpu, op, acc);
}

#define EXCHANGE_HANDLERS(name, w) DEFINE_HANDLER(name##_r_##w, name##_r, w) DEFINE_HANDLER(name##_m_##w, name##_m, w)
FOR_WIDTHS(EXCHANGE_HANDLERS, xchg)
FOR_WIDTHS(EXCHANGE_HANDLERS, xadd)
FOR_WIDTHS(EXCHANGE_HANDLERS, cmpxchg)
OpHandler *const H(table_xchg)[] = { BY_WIDTH(xchg_r) BY_WIDTH(xchg_m) };
OpHandler *const H(table_xadd)[] = { BY_WIDTH(xadd_r) BY_WIDTH(xadd_m) };
OpHandler *const H(table_cmpxchg)[] = { BY_WIDTH(cmpxchg_r) BY_WIDTH(cmpxchg_m) };

/* ---- BSWAP: table[width - 1]; MOVBE: table[store * 4 + width] -------------------------------------------------------- */

static INLINE u64 swap_bytes(u64 value, unsigned width) { return __builtin_bswap64(value) >> (64 - width); }

/* BSWAP of a 16-bit register is undefined; hardware clears it. */
static INLINE const Op *bswap_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    (void)slow;
    set_reg(cpu, op->a, width == 16 ? 0 : swap_bytes(get_reg(cpu, op->a, width), width), width);
    return next(cpu, op, acc);
}

static INLINE const Op *movbe(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool store, unsigned width)
{
    if (store) {
        u8 *p = mem_write(cpu, op, acc, op_address(cpu, op), width / 8);
        if (MISSED(p))
            return slow(cpu, op, acc);
        store_width(p, swap_bytes(get_reg(cpu, op->a, width), width), width);
        mem_written(cpu, p, width / 8);
        return next_written(cpu, op, acc);
    }
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    set_reg(cpu, op->a, swap_bytes(load_width(p, width), width), width);
    return next(cpu, op, acc);
}
DEFINE_HANDLER(bswap_16, bswap_r, 16)
DEFINE_HANDLER(bswap_32, bswap_r, 32)
DEFINE_HANDLER(bswap_64, bswap_r, 64)
OpHandler *const H(table_bswap)[] = { H(bswap_16), H(bswap_32), H(bswap_64) };
#define MOVBE_HANDLERS(dummy, w) DEFINE_HANDLER(movbe_load_##w, movbe, false, w) DEFINE_HANDLER(movbe_store_##w, movbe, true, w)
FOR_WIDTHS(MOVBE_HANDLERS, 0)
OpHandler *const H(table_movbe)[] = { BY_WIDTH(movbe_load) BY_WIDTH(movbe_store) };

/* ---- CBW CWDE CDQE: table[width - 1]; CWD CDQ CQO: table[3 + width - 1] ----------------------------------------------- */

static INLINE const Op *extend_a(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    (void)slow;
    set_reg(cpu, SLOT_RAX, (u64)bits_sign_extend(get_reg(cpu, SLOT_RAX, width / 2), width / 2), width);
    return next(cpu, op, acc);
}
static INLINE const Op *extend_d(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    (void)slow;
    set_reg(cpu, SLOT_RDX, (u64)(bits_sign_extend(get_reg(cpu, SLOT_RAX, width), width) >> 63), width);
    return next(cpu, op, acc);
}
DEFINE_HANDLER(extend_a_16, extend_a, 16)
DEFINE_HANDLER(extend_a_32, extend_a, 32)
DEFINE_HANDLER(extend_a_64, extend_a, 64)
DEFINE_HANDLER(extend_d_16, extend_d, 16)
DEFINE_HANDLER(extend_d_32, extend_d, 32)
DEFINE_HANDLER(extend_d_64, extend_d, 64)
OpHandler *const H(table_extend)[] = { H(extend_a_16), H(extend_a_32), H(extend_a_64), H(extend_d_16), H(extend_d_32), H(extend_d_64) };

static INLINE const Op *nop(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, int dummy)
{
    (void)slow, (void)dummy;
    return next(cpu, op, acc);
}
DEFINE_HANDLER(nop, nop, 0)
OpHandler *const H(table_nop)[] = { H(nop) };

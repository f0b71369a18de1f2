/* BT family, bit counts, BMI, MULX, ADCX, ADOX, CRC32. */
#include "cpu/bitops.h"
#include "cpu/forms.h"

/* ---- BT, BTS, BTR, BTC: table[form * 3 + width - 1], form R,R R,I M,R M,I ------------------------------------------- */

static INLINE void bit_carry(Cpu *cpu, u64 word, u64 bit) { cc_assign(cpu, FLAG_CF, word & bit ? FLAG_CF : 0); }

static INLINE const Op *bittest_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, BitFunction *f, bool immediate, unsigned width)
{
    (void)slow;
    u64 offset = immediate ? op->imm : get_reg(cpu, op->b, width), bit = 1ull << (offset & (width - 1));
    u64 word = get_reg(cpu, op->a, width);
    bit_carry(cpu, word, bit);
    if (f != bit_test)
        set_reg(cpu, op->a, f(word, bit), width);
    return next(cpu, op, acc);
}

/* A register's bit offset reaches beyond the operand, in both directions. SDM Vol. 2A, "BT", bit-string addressing. */
static INLINE const Op *bittest_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, BitFunction *f, bool immediate, unsigned width)
{
    u64 address = op_address(cpu, op), offset = op->imm;
    if (!immediate) {
        i64 signed_offset = bits_sign_extend(get_reg(cpu, op->a, width), width);
        offset = (u64)signed_offset;
        address += (u64)((signed_offset >> (width == 16 ? 4 : width == 32 ? 5 : 6)) * (i64)(width / 8));
    }
    u64 bit = 1ull << (offset & (width - 1));
    if (f == bit_test) {
        const u8 *p = mem_read(cpu, op, acc, address, width / 8);
        if (MISSED(p))
            return slow(cpu, op, acc);
        bit_carry(cpu, load_width(p, width), bit);
        return next(cpu, op, acc);
    }
    u8 *p = mem_modify(cpu, op, acc, address, width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 word = load_width(p, width);
    store_width(p, f(word, bit), width);
    bit_carry(cpu, word, bit);
    mem_written(cpu, p, width / 8);
    return next_written(cpu, op, acc);
}

#define BITTEST_HANDLERS(M, f, w)                           \
    DEFINE_HANDLER(M##_rr_##w, bittest_r, f, false, w)      \
    DEFINE_HANDLER(M##_ri_##w, bittest_r, f, true, w)       \
    DEFINE_HANDLER(M##_mr_##w, bittest_m, f, false, w)      \
    DEFINE_HANDLER(M##_mi_##w, bittest_m, f, true, w)
#define BY_WIDTH3(name) H(name##_16), H(name##_32), H(name##_64),
#define BITTEST(M, f, level, notes)                                                             \
    BITTEST_HANDLERS(M, f, 16) BITTEST_HANDLERS(M, f, 32) BITTEST_HANDLERS(M, f, 64)            \
    OpHandler *const H(table_##M)[] = { BY_WIDTH3(M##_rr) BY_WIDTH3(M##_ri) BY_WIDTH3(M##_mr) BY_WIDTH3(M##_mi) };
#include "cpu/instructions.def"

/* ---- destination = f(source): table[memory * 3 + width - 1] ----------------------------------------------------------- */

static INLINE const Op *count_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, CountFunction *f, unsigned width)
{
    (void)slow;
    u64 source = get_reg(cpu, op->b, width), old = get_reg(cpu, op->a, width);
    /* BSF/BSR of zero leave the whole destination, upper half too */
    bool keeps = (f == count_bsf || f == count_bsr) && width == 32 && !source;
    u64 result = f(cpu, source, old, width);
    if (!keeps)
        set_reg(cpu, op->a, result, width);
    return next(cpu, op, acc);
}

static INLINE const Op *count_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, CountFunction *f, unsigned width)
{
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 source = load_width(p, width), old = get_reg(cpu, op->a, width);
    bool keeps = (f == count_bsf || f == count_bsr) && width == 32 && !source;
    u64 result = f(cpu, source, old, width);
    if (!keeps)
        set_reg(cpu, op->a, result, width);
    return next(cpu, op, acc);
}

#define COUNT_HANDLERS(M, f, w) DEFINE_HANDLER(M##_r_##w, count_r, f, w) DEFINE_HANDLER(M##_m_##w, count_m, f, w)
#define COUNT(M, f, level, notes)                                                        \
    COUNT_HANDLERS(M, f, 16) COUNT_HANDLERS(M, f, 32) COUNT_HANDLERS(M, f, 64)           \
    OpHandler *const H(table_##M)[] = { BY_WIDTH3(M##_r) BY_WIDTH3(M##_m) };
#include "cpu/instructions.def"

/* ---- destination = f(first, second): table[(form) * 2 + (width == 64)], forms below ------------------------------------ */

/* a = f(b, c) / f(b, imm) / f(memory, c) / f(memory, imm) / f(b, memory) */
static INLINE const Op *bmi3_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, Bmi3Function *f, bool immediate, unsigned width)
{
    (void)slow;
    u64 second = immediate ? op->imm : get_reg(cpu, op->c, width);
    set_reg(cpu, op->a, f(cpu, get_reg(cpu, op->b, width), second, width), width);
    return next(cpu, op, acc);
}

static INLINE const Op *bmi3_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, Bmi3Function *f, bool first, bool immediate, unsigned width)
{
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    u64 memory = load_width(p, width);
    u64 other = immediate ? op->imm : get_reg(cpu, op->b, width);
    set_reg(cpu, op->a, first ? f(cpu, memory, other, width) : f(cpu, other, memory, width), width);
    return next(cpu, op, acc);
}

#define BMI3_HANDLERS(M, f, w)                                      \
    DEFINE_HANDLER(M##_rr_##w, bmi3_r, f, false, w)                 \
    DEFINE_HANDLER(M##_ri_##w, bmi3_r, f, true, w)                  \
    DEFINE_HANDLER(M##_mr_##w, bmi3_m, f, true, false, w)           \
    DEFINE_HANDLER(M##_mi_##w, bmi3_m, f, true, true, w)            \
    DEFINE_HANDLER(M##_rm_##w, bmi3_m, f, false, false, w)
#define BMI3(M, f, level, notes)                                                                                  \
    BMI3_HANDLERS(M, f, 32) BMI3_HANDLERS(M, f, 64)                                                               \
    OpHandler *const H(table_##M)[] = { H(M##_rr_32), H(M##_rr_64), H(M##_ri_32), H(M##_ri_64), H(M##_mr_32),     \
                                        H(M##_mr_64), H(M##_mi_32), H(M##_mi_64), H(M##_rm_32), H(M##_rm_64) };
#include "cpu/instructions.def"

/* ---- MULX: table[memory * 2 + (width == 64)]: a high, b low, c or memory: factor with RDX ------------------------------- */

static INLINE void mulx_set(Cpu *cpu, const Op *op, u64 factor, unsigned width)
{
    u128 product = (u128)get_reg(cpu, SLOT_RDX, width) * factor;
    set_reg(cpu, op->b, (u64)product, width);
    set_reg(cpu, op->a, (u64)(product >> width), width); /* the same register: the high half wins */
}
static INLINE const Op *mulx_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    (void)slow;
    mulx_set(cpu, op, get_reg(cpu, op->c, width), width);
    return next(cpu, op, acc);
}
static INLINE const Op *mulx_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    mulx_set(cpu, op, load_width(p, width), width);
    return next(cpu, op, acc);
}
DEFINE_HANDLER(mulx_r_32, mulx_r, 32)
DEFINE_HANDLER(mulx_r_64, mulx_r, 64)
DEFINE_HANDLER(mulx_m_32, mulx_m, 32)
DEFINE_HANDLER(mulx_m_64, mulx_m, 64)
OpHandler *const H(table_mulx)[] = { H(mulx_r_32), H(mulx_r_64), H(mulx_m_32), H(mulx_m_64) };

/* ---- ADCX, ADOX: table[(overflow * 2 + memory) * 2 + (width == 64)]: one flag in and out, no other touched --------------- */

static INLINE void adx_set(Cpu *cpu, const Op *op, u64 source, u32 flag, unsigned width)
{
    u128 sum = (u128)get_reg(cpu, op->a, width) + source + ((cc_flags(cpu) & flag) != 0);
    set_reg(cpu, op->a, (u64)sum, width);
    cc_assign(cpu, flag, (u64)(sum >> width) & 1 ? flag : 0);
}
static INLINE const Op *adx_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 flag, unsigned width)
{
    (void)slow;
    adx_set(cpu, op, get_reg(cpu, op->b, width), flag, width);
    return next(cpu, op, acc);
}
static INLINE const Op *adx_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, u32 flag, unsigned width)
{
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    adx_set(cpu, op, load_width(p, width), flag, width);
    return next(cpu, op, acc);
}
#define ADX(name, flag)                                                                          \
    DEFINE_HANDLER(name##_r_32, adx_r, flag, 32) DEFINE_HANDLER(name##_r_64, adx_r, flag, 64)    \
    DEFINE_HANDLER(name##_m_32, adx_m, flag, 32) DEFINE_HANDLER(name##_m_64, adx_m, flag, 64)
ADX(adcx, FLAG_CF)
ADX(adox, FLAG_OF)
OpHandler *const H(table_adx)[] = { H(adcx_r_32), H(adcx_r_64), H(adcx_m_32), H(adcx_m_64),
                                    H(adox_r_32), H(adox_r_64), H(adox_m_32), H(adox_m_64) };

/* ---- CRC32: table[memory * 4 + width]; polynomial 11EDC6F41, reflected. SDM Vol. 2A, "CRC32" ------------------------------ */

static INLINE u64 crc32c(u32 crc, u64 data, unsigned width)
{
#if defined(__SSE4_2__)
    return width == 8    ? __builtin_ia32_crc32qi(crc, (u8)data)
           : width == 16 ? __builtin_ia32_crc32hi(crc, (u16)data)
           : width == 32 ? __builtin_ia32_crc32si(crc, (u32)data)
                         : __builtin_ia32_crc32di(crc, data);
#else
    for (unsigned i = 0; i < width; i++, data >>= 1)
        crc = crc >> 1 ^ ((crc ^ (u32)data) & 1 ? 0x82f63b78u : 0);
    return crc;
#endif
}
static INLINE const Op *crc32_r(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    (void)slow;
    set_reg(cpu, op->a, crc32c((u32)get_reg(cpu, op->a, 32), get_reg(cpu, op->b, width), width), 64);
    return next(cpu, op, acc);
}
static INLINE const Op *crc32_m(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width)
{
    const u8 *p = mem_read(cpu, op, acc, op_address(cpu, op), width / 8);
    if (MISSED(p))
        return slow(cpu, op, acc);
    set_reg(cpu, op->a, crc32c((u32)get_reg(cpu, op->a, 32), load_width(p, width), width), 64);
    return next(cpu, op, acc);
}
#define CRC32_HANDLERS(dummy, w) DEFINE_HANDLER(crc32_r_##w, crc32_r, w) DEFINE_HANDLER(crc32_m_##w, crc32_m, w)
FOR_WIDTHS(CRC32_HANDLERS, 0)
OpHandler *const H(table_crc32)[] = { H(crc32_r_8), H(crc32_r_16), H(crc32_r_32), H(crc32_r_64),
                                      H(crc32_m_8), H(crc32_m_16), H(crc32_m_32), H(crc32_m_64) };

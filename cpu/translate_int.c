/* The integer families' translate functions: which handler of a family's table, with which operands.
 * Table shapes stand in forms.h and above each table in handlers/. */
#include "cpu/flags.h"
#include "cpu/forms.h"
#include "cpu/special.h"
#include "cpu/table.h"

#define FIRST(insn) (&(insn)->operand[0])
#define SECOND(insn) (&(insn)->operand[1])
#define THIRD(insn) (&(insn)->operand[2])

static u64 immediate(const ZydisDecodedOperand *o, unsigned width) { return o->imm.value.u & bits_mask(width); }

/* M or B: can the cheaper address be used? */
static bool address_is_full(Address a) { return a.index != SLOT_ZERO; }

/* ---- two operands -------------------------------------------------------------------------------------------------------- */

/* FORM_… of a destination and a source; fills the op's operands after emission through *op. */
typedef struct Form {
    unsigned form;
    Address address;
    bool has_address;
} Form;

static Form form_of(Translator *t, const Insn *insn, const ZydisDecodedOperand *d, const ZydisDecodedOperand *s)
{
    Form f = { 0 };
    if (is_memory(d) || is_memory(s)) {
        f.address = translate_address(t, insn, is_memory(d) ? d : s);
        f.has_address = true;
    }
    bool full = f.has_address && address_is_full(f.address);
    if (is_memory(d))
        f.form = is_immediate(s) ? (full ? FORM_MI : FORM_BI) : (full ? FORM_MR : FORM_BR);
    else if (is_memory(s))
        f.form = full ? FORM_RM : FORM_RB;
    else
        f.form = is_immediate(s) ? FORM_RI : FORM_RR;
    return f;
}

/* a: the register of a one-register form, or the destination; b: the source register of R,R. */
static void form_operands(Op *op, Form f, const ZydisDecodedOperand *d, const ZydisDecodedOperand *s, unsigned width)
{
    if (f.has_address)
        op_set_address(op, f.address);
    if (!is_memory(d)) {
        op->a = gpr_slot(d->reg.value);
        if (!is_memory(s) && !is_immediate(s))
            op->b = gpr_slot(s->reg.value);
    } else if (!is_immediate(s)) {
        op->a = gpr_slot(s->reg.value);
    }
    if (is_immediate(s))
        op->imm = immediate(s, width);
}

/* What the readers of flags may take for granted after this instruction. */
static u32 kind_after(const Insn *insn, unsigned width)
{
    switch (insn->z.mnemonic) {
    case ZYDIS_MNEMONIC_CMP: case ZYDIS_MNEMONIC_SUB: case ZYDIS_MNEMONIC_NEG:
        return CC_KIND(CC_OP_SUB, width);
    case ZYDIS_MNEMONIC_TEST: case ZYDIS_MNEMONIC_AND: case ZYDIS_MNEMONIC_OR: case ZYDIS_MNEMONIC_XOR: case ZYDIS_MNEMONIC_ANDN:
        return CC_KIND(CC_OP_LOGIC, width);
    case ZYDIS_MNEMONIC_ADD: case ZYDIS_MNEMONIC_XADD:
        return CC_KIND(CC_OP_ADD, width);
    case ZYDIS_MNEMONIC_INC:
        return CC_KIND(CC_OP_INC, width);
    case ZYDIS_MNEMONIC_DEC:
        return CC_KIND(CC_OP_DEC, width);
    default:
        return CC_UNKNOWN;
    }
}

/* The constant-register handlers of ADD, SUB, AND, OR, XOR, as far as they exist for this form. */
static void specialise_alu(Op *op, const Insn *insn, unsigned form, unsigned width)
{
    unsigned which, base = form == FORM_RR ? SPECIAL_ADD_RR : SPECIAL_ADD_RI;
    switch (insn->z.mnemonic) {
    case ZYDIS_MNEMONIC_ADD: which = SPECIAL_ADD_RR; break;
    case ZYDIS_MNEMONIC_SUB: which = SPECIAL_SUB_RR; break;
    case ZYDIS_MNEMONIC_AND: which = SPECIAL_AND_RR; break;
    case ZYDIS_MNEMONIC_OR: which = SPECIAL_OR_RR; break;
    case ZYDIS_MNEMONIC_XOR: which = SPECIAL_XOR_RR; break;
    default: return;
    }
    if (width < 32 || form > FORM_RB)
        return;
    if (form == FORM_RM || form == FORM_RB) {
        specialise_rm(op, which + (insn->flags_live ? 2 : 0) + (width == 64), form == FORM_RM);
        return;
    }
    which += base - SPECIAL_ADD_RR + (insn->flags_live ? 2 : 0) + (width == 64);
    if (form == FORM_RR)
        specialise_rr(op, which);
    else
        specialise_ri(op, which);
}

static void note_producer(Translator *t, const Insn *insn, Op *op, unsigned form, unsigned width)
{
    t->producer.op = op;
    t->producer.form = (u8)form;
    t->producer.width = (u8)width_index(width);
    t->producer.mnemonic = insn->z.mnemonic;
}

bool translate_alu(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *d = FIRST(insn), *s = SECOND(insn);
    unsigned width = insn->z.operand_width;
    Form f = form_of(t, insn, d, s);
    Op *op = emit(t, row->handlers[t->mode][TABLE_FWL(f.form, width_index(width), insn->flags_live != 0)]);
    form_operands(op, f, d, s, width);
    if (insn->flags_live)
        t->cc_next = kind_after(insn, width);
    if (t->mode == MODE_FAST) {
        specialise_alu(op, insn, f.form, width);
        note_producer(t, insn, op, f.form, width);
    }
    return true;
}

/* Which constant-register table serves a MOV of this form and width. */
static Special special_of_mov(unsigned form, unsigned width)
{
    switch (form) {
    case FORM_RR: return width == 32 ? SPECIAL_MOV_RR_32 : width == 64 ? SPECIAL_MOV_RR_64 : SPECIAL_NONE;
    case FORM_RI: return width == 32 ? SPECIAL_MOV_RI_32 : width == 64 ? SPECIAL_MOV_RI_64 : SPECIAL_NONE;
    case FORM_RB: return width == 32 ? SPECIAL_LOAD_32 : width == 64 ? SPECIAL_LOAD_64 : SPECIAL_NONE;
    case FORM_BR: return width == 8 ? SPECIAL_STORE_8 : width == 32 ? SPECIAL_STORE_32 : width == 64 ? SPECIAL_STORE_64 : SPECIAL_NONE;
    case FORM_BI: return width == 8 ? SPECIAL_STORE_I8 : width == 32 ? SPECIAL_STORE_I32 : width == 64 ? SPECIAL_STORE_I64 : SPECIAL_NONE;
    default: return SPECIAL_NONE;
    }
}

bool translate_mov(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *d = FIRST(insn), *s = SECOND(insn);
    bool plain = (is_gpr(d) || is_memory(d)) && (is_gpr(s) || is_memory(s) || is_immediate(s));
    if (!plain) {
        /* MOV from a segment register reads the selectors that Linux gives a 64-bit program; to one, and to control and debug
         * registers, is for the kernel. */
        return translate_mov_segment(t, insn);
    }
    unsigned width = d->size;
    Form f = form_of(t, insn, d, s);
    Op *op = emit(t, row->handlers[t->mode][TABLE_FW(f.form, width_index(width))]);
    form_operands(op, f, d, s, width);
    Special special = special_of_mov(f.form, width);
    if (t->mode == MODE_FAST && f.form == FORM_RM && width >= 32)
        specialise_scaled(op, width == 32 ? SCALED_LOAD_32 : SCALED_LOAD_64);
    if (t->mode == MODE_FAST && f.form == FORM_MR)
        specialise_scaled(op, SCALED_STORE_8 + width_index(width));
    if (t->mode == MODE_FAST && special != SPECIAL_NONE)
        specialise_mov(op, special, f.form == FORM_BI ? 0 : op->a, f.form == FORM_RR ? op->b : f.form == FORM_RI ? 0 : op->base);
    return true;
}

/* MOVZX and MOVSX from memory with an index; SPECIALS_SCALED: none. */
static SpecialScaled scaled_of_movx(bool sign, unsigned from, unsigned to)
{
    if (!sign)
        return to < 32 ? SPECIALS_SCALED : from == 8 ? SCALED_LOAD_ZX8 : SCALED_LOAD_ZX16;
    if (to == 32) /* not MOVSXD without REX.W, a plain 32-bit load */
        return from == 8 ? SCALED_LOAD_SX8 : from == 16 ? SCALED_LOAD_SX16 : SPECIALS_SCALED;
    return from == 32 && to == 64 ? SCALED_LOAD_SX32 : SPECIALS_SCALED;
}

static Special special_of_movx(unsigned form, bool sign, unsigned from, unsigned to)
{
    if (form == FORM_B) {
        if (!sign && to >= 32) /* the upper half is zero either way */
            return from == 8 ? SPECIAL_LOAD_ZX8 : from == 16 ? SPECIAL_LOAD_ZX16 : SPECIAL_NONE;
        return sign && from == 8 && to == 32 ? SPECIAL_LOAD_SX8 : sign && from == 32 && to == 64 ? SPECIAL_LOAD_SX32 : SPECIAL_NONE;
    }
    if (form == FORM_R)
        return !sign && from == 8 && to >= 32 ? SPECIAL_MOVZX8 : sign && from == 32 && to == 64 ? SPECIAL_MOVSXD : SPECIAL_NONE;
    return SPECIAL_NONE;
}

bool translate_movx(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *d = FIRST(insn), *s = SECOND(insn);
    bool sign = insn->z.mnemonic != ZYDIS_MNEMONIC_MOVZX;
    unsigned form = FORM_R;
    Address address = { 0 };
    if (is_memory(s)) {
        address = translate_address(t, insn, s);
        form = address_is_full(address) ? FORM_M : FORM_B;
    }
    unsigned index = ((form * 2 + sign) * 3 + width_index(s->size)) * 3 + width_index(d->size) - 1;
    Op *op = emit(t, row->handlers[t->mode][index]);
    op->a = gpr_slot(d->reg.value);
    if (is_memory(s))
        op_set_address(op, address);
    else
        op->b = gpr_slot(s->reg.value);
    Special special = special_of_movx(form, sign, s->size, d->size);
    SpecialScaled scaled = scaled_of_movx(sign, s->size, d->size);
    if (t->mode == MODE_FAST && form == FORM_M && scaled != SPECIALS_SCALED)
        specialise_scaled(op, scaled);
    if (t->mode == MODE_FAST && special != SPECIAL_NONE)
        specialise_mov(op, special, op->a, form == FORM_R ? op->b : op->base);
    return true;
}

bool translate_lea(Translator *t, const Insn *insn, const Row *row)
{
    Address address = translate_address(t, insn, SECOND(insn));
    unsigned width = insn->z.operand_width;
    Op *op = emit(t, row->handlers[t->mode][address_is_full(address) * 4 + width_index(width)]);
    op_set_address(op, address);
    op->a = gpr_slot(FIRST(insn)->reg.value);
    if (t->mode == MODE_FAST && !address_is_full(address) && width >= 32)
        specialise_mov(op, width == 32 ? SPECIAL_LEA_32 : SPECIAL_LEA_64, op->a, op->base);
    if (t->mode == MODE_FAST && address_is_full(address) && width >= 32)
        specialise_scaled(op, width == 32 ? SCALED_LEA_32 : SCALED_LEA_64);
    return true;
}

/* ---- one operand ----------------------------------------------------------------------------------------------------------- */

/* Emits table[form * per_form + index] for a register or memory operand: a, or the address. */
static Op *emit_one(Translator *t, const Insn *insn, const ZydisDecodedOperand *o, OpHandler *const *table, unsigned per_form, unsigned index)
{
    unsigned form = FORM_R;
    Address address = { 0 };
    if (is_memory(o)) {
        address = translate_address(t, insn, o);
        form = address_is_full(address) ? FORM_M : FORM_B;
    }
    Op *op = emit(t, table[form * per_form + index]);
    if (is_memory(o))
        op_set_address(op, address);
    else
        op->a = gpr_slot(o->reg.value);
    return op;
}

/* The same for tables that have one memory form only (register first, then memory). */
static Op *emit_plain(Translator *t, const Insn *insn, const ZydisDecodedOperand *o, OpHandler *const *table, unsigned per_form, unsigned index)
{
    Address address = { 0 };
    if (is_memory(o))
        address = translate_address(t, insn, o);
    Op *op = emit(t, table[(is_memory(o) ? per_form : 0) + index]);
    if (is_memory(o))
        op_set_address(op, address);
    return op;
}

bool translate_unary(Translator *t, const Insn *insn, const Row *row)
{
    unsigned width = insn->z.operand_width;
    Op *op = emit_one(t, insn, FIRST(insn), row->handlers[t->mode], 8, width_index(width) * 2 + (insn->flags_live != 0));
    if (insn->flags_live)
        t->cc_next = kind_after(insn, width);
    if (t->mode == MODE_FAST && !is_memory(FIRST(insn)))
        note_producer(t, insn, op, FORM_RR, width);
    return true;
}

bool translate_shift(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *count = SECOND(insn);
    bool cl = !is_immediate(count);
    Op *op = emit_one(t, insn, FIRST(insn), row->handlers[t->mode], 16,
                      (cl * 4 + width_index(insn->z.operand_width)) * 2 + (insn->flags_live != 0));
    if (!cl)
        op->imm = immediate(count, 8);
    unsigned which = insn->z.mnemonic == ZYDIS_MNEMONIC_SHL   ? SPECIAL_SHL_RI
                     : insn->z.mnemonic == ZYDIS_MNEMONIC_SHR ? SPECIAL_SHR_RI
                     : insn->z.mnemonic == ZYDIS_MNEMONIC_SAR ? SPECIAL_SAR_RI
                     : insn->z.mnemonic == ZYDIS_MNEMONIC_ROL ? SPECIAL_ROL_RI
                     : insn->z.mnemonic == ZYDIS_MNEMONIC_ROR ? SPECIAL_ROR_RI
                                                              : SPECIAL_NONE;
    unsigned width = insn->z.operand_width;
    bool rotates = which >= SPECIAL_ROL_RI;
    if (which && !rotates && insn->flags_live && shift_count_certain(insn, count))
        t->cc_next = CC_KIND(CC_OP_RESULT, width);
    if (t->mode == MODE_FAST && which && !cl && width >= 32 && !insn->flags_live && !is_memory(FIRST(insn)))
        specialise_ri(op, which + (width == 64));
    return true;
}

/* With 32-bit addresses the bit offset counts before the address is cut. Leaves in SLOT_TMP2 what the handler, which adds the
 * offset's bytes, makes the right address of. a: the offset; size: its width in bytes. */
static const Op *op_bit_address32(Cpu *cpu, const Op *op, u64 acc)
{
    i64 offset = bits_sign_extend(*reg64(cpu, op->a), op->size * 8u);
    u64 bytes = (u64)((offset >> (op->size == 2 ? 4 : op->size == 4 ? 5 : 6)) * (i64)op->size);
    *reg64(cpu, SLOT_TMP2) = (u32)(op_address(cpu, op) + bytes) - bytes;
    return next(cpu, op, acc);
}

bool translate_bittest(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *d = FIRST(insn), *s = SECOND(insn);
    unsigned width = insn->z.operand_width, index = is_immediate(s) * 3 + width_index(width) - 1;
    Op *op = emit_plain(t, insn, d, row->handlers[t->mode], 6, index);
    if (is_immediate(s))
        op->imm = immediate(s, 8);
    if (is_memory(d)) {
        if (!is_immediate(s))
            op->a = gpr_slot(s->reg.value);
        if (!is_immediate(s) && insn->z.address_width == 32) { /* instead of the op that cuts the address alone */
            op[-1].handler = op_bit_address32;
            op[-1].a = op->a;
            op[-1].size = (u8)(width / 8);
        }
    } else {
        op->a = gpr_slot(d->reg.value);
        if (!is_immediate(s))
            op->b = gpr_slot(s->reg.value);
    }
    return true;
}

bool translate_count(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *d = FIRST(insn), *s = SECOND(insn);
    Op *op = emit_plain(t, insn, s, row->handlers[t->mode], 3, width_index(insn->z.operand_width) - 1);
    op->a = gpr_slot(d->reg.value);
    if (!is_memory(s))
        op->b = gpr_slot(s->reg.value);
    return true;
}

bool translate_bmi3(Translator *t, const Insn *insn, const Row *row)
{
    enum { RR, RI, MR, MI, RM };
    const ZydisDecodedOperand *first = SECOND(insn), *second = THIRD(insn);
    bool memory = is_memory(first) || is_memory(second);
    unsigned form = is_memory(second) ? RM : is_memory(first) ? (is_immediate(second) ? MI : MR) : is_immediate(second) ? RI : RR;
    Address address = { 0 };
    if (memory)
        address = translate_address(t, insn, is_memory(first) ? first : second);
    Op *op = emit(t, row->handlers[t->mode][form * 2 + (FIRST(insn)->size == 64)]);
    op->a = gpr_slot(FIRST(insn)->reg.value);
    if (memory)
        op_set_address(op, address);
    if (is_gpr(first))
        op->b = gpr_slot(first->reg.value);
    if (is_gpr(second))
        *(is_memory(first) ? &op->b : &op->c) = gpr_slot(second->reg.value);
    if (is_immediate(second))
        op->imm = immediate(second, 8);
    return true;
}

/* Memory operand or two registers: XCHG, XADD, CMPXCHG. */
static bool exchange(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *d = FIRST(insn), *s = SECOND(insn);
    if (is_memory(s)) { /* XCHG reg,mem is XCHG mem,reg */
        const ZydisDecodedOperand *swap = d;
        d = s, s = swap;
    }
    Op *op = emit_plain(t, insn, d, row->handlers[t->mode], 4, width_index(insn->z.operand_width));
    if (is_memory(d)) {
        op->a = gpr_slot(s->reg.value);
    } else {
        op->a = gpr_slot(d->reg.value);
        op->b = gpr_slot(s->reg.value);
    }
    return true;
}
bool translate_xchg(Translator *t, const Insn *insn, const Row *row) { return exchange(t, insn, row); }
bool translate_xadd(Translator *t, const Insn *insn, const Row *row) { return exchange(t, insn, row); }
bool translate_cmpxchg(Translator *t, const Insn *insn, const Row *row) { return exchange(t, insn, row); }

bool translate_shiftd(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *d = FIRST(insn), *count = THIRD(insn);
    bool right = insn->z.mnemonic == ZYDIS_MNEMONIC_SHRD, cl = !is_immediate(count);
    Op *op = emit_plain(t, insn, d, row->handlers[t->mode], 12, (right * 2 + cl) * 3 + width_index(insn->z.operand_width) - 1);
    if (!is_memory(d))
        op->a = gpr_slot(d->reg.value);
    op->b = gpr_slot(SECOND(insn)->reg.value);
    if (!cl)
        op->imm = immediate(count, 8);
    return true;
}

/* ---- multiplication and division ---------------------------------------------------------------------------------------------- */

static bool one_factor(Translator *t, const Insn *insn, const Row *row, OpHandler *const *table, bool sign)
{
    (void)row;
    const ZydisDecodedOperand *o = FIRST(insn);
    Op *op = emit_plain(t, insn, o, table + sign * 8, 4, width_index(o->size));
    if (!is_memory(o))
        op->a = gpr_slot(o->reg.value);
    return true;
}

bool translate_mul(Translator *t, const Insn *insn, const Row *row) { return one_factor(t, insn, row, row->handlers[t->mode], false); }

bool translate_div(Translator *t, const Insn *insn, const Row *row)
{
    return one_factor(t, insn, row, row->handlers[t->mode], insn->z.mnemonic == ZYDIS_MNEMONIC_IDIV);
}

bool translate_imul(Translator *t, const Insn *insn, const Row *row)
{
    if (insn->z.operand_count_visible == 1)
        return one_factor(t, insn, row, instruction_rows[ZYDIS_MNEMONIC_MUL].handlers[t->mode], true);
    bool three = insn->z.operand_count_visible == 3;
    const ZydisDecodedOperand *s = SECOND(insn);
    unsigned width = insn->z.operand_width, index = (three * 3 + width_index(width) - 1) * 2 + (insn->flags_live != 0);
    Op *op = emit_plain(t, insn, s, row->handlers[t->mode], 12, index);
    op->a = gpr_slot(FIRST(insn)->reg.value);
    if (!is_memory(s))
        op->b = gpr_slot(s->reg.value);
    if (three)
        op->imm = immediate(THIRD(insn), width);
    return true;
}

bool translate_mulx(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *s = THIRD(insn);
    Op *op = emit_plain(t, insn, s, row->handlers[t->mode], 2, insn->z.operand_width == 64);
    op->a = gpr_slot(FIRST(insn)->reg.value);
    op->b = gpr_slot(SECOND(insn)->reg.value);
    if (!is_memory(s))
        op->c = gpr_slot(s->reg.value);
    return true;
}

bool translate_adx(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *s = SECOND(insn);
    OpHandler *const *table = row->handlers[t->mode] + (insn->z.mnemonic == ZYDIS_MNEMONIC_ADOX) * 4;
    Op *op = emit_plain(t, insn, s, table, 2, FIRST(insn)->size == 64);
    op->a = gpr_slot(FIRST(insn)->reg.value);
    if (!is_memory(s))
        op->b = gpr_slot(s->reg.value);
    return true;
}

/* ---- bytes ---------------------------------------------------------------------------------------------------------------------- */

bool translate_bswap(Translator *t, const Insn *insn, const Row *row)
{
    emit(t, row->handlers[t->mode][width_index(insn->z.operand_width) - 1])->a = gpr_slot(FIRST(insn)->reg.value);
    return true;
}

bool translate_movbe(Translator *t, const Insn *insn, const Row *row)
{
    bool store = is_memory(FIRST(insn));
    Address address = translate_address(t, insn, store ? FIRST(insn) : SECOND(insn));
    Op *op = emit(t, row->handlers[t->mode][store * 4 + width_index(insn->z.operand_width)]);
    op_set_address(op, address);
    op->a = gpr_slot((store ? SECOND(insn) : FIRST(insn))->reg.value);
    return true;
}

bool translate_crc32(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *s = SECOND(insn);
    Op *op = emit_plain(t, insn, s, row->handlers[t->mode], 4, width_index(s->size));
    op->a = gpr_slot(FIRST(insn)->reg.value);
    if (!is_memory(s))
        op->b = gpr_slot(s->reg.value);
    return true;
}

bool translate_extend(Translator *t, const Insn *insn, const Row *row)
{
    unsigned index = 0;
    switch (insn->z.mnemonic) {
    case ZYDIS_MNEMONIC_CBW: index = 0; break;
    case ZYDIS_MNEMONIC_CWDE: index = 1; break;
    case ZYDIS_MNEMONIC_CDQE: index = 2; break;
    case ZYDIS_MNEMONIC_CWD: index = 3; break;
    case ZYDIS_MNEMONIC_CDQ: index = 4; break;
    default: index = 5; break;
    }
    emit(t, row->handlers[t->mode][index]);
    return true;
}

bool translate_nop(Translator *t, const Insn *insn, const Row *row)
{
    if (insn->z.mnemonic == ZYDIS_MNEMONIC_PAUSE && insn->z.raw.rex.B) { /* F3 41 90 is XCHG r8, rAX, which Zydis overlooks */
        emit_rare(t, rare_xchg_r8)->size = insn->z.raw.rex.W ? 64 : insn->z.attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE ? 16 : 32;
        return true;
    }
    emit(t, row->handlers[t->mode][0]);
    return true;
}

/* ---- strings -------------------------------------------------------------------------------------------------------------------- */

bool translate_string(Translator *t, const Insn *insn, const Row *row)
{
    unsigned rep = insn->z.attributes & ZYDIS_ATTRIB_HAS_REPNE                            ? 2
                   : insn->z.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE) ? 1
                                                                                          : 0;
    Op *op = emit(t, row->handlers[t->mode][rep * 4 + width_index(insn->z.operand_width)]);
    op->extra = insn->z.address_width == 32 ? 4 : 8;
    for (unsigned i = 0; i < insn->z.operand_count; i++) { /* a segment override applies to the RSI side only */
        const ZydisDecodedOperand *o = &insn->operand[i];
        if (is_memory(o) && ZydisRegisterGetId(o->mem.base) == RSI)
            op->base = o->mem.segment == ZYDIS_REGISTER_FS ? SLOT_FS : o->mem.segment == ZYDIS_REGISTER_GS ? SLOT_GS : SLOT_ZERO;
    }
    return true;
}

/* Translate functions of control flow, the stack, conditions and the rare instructions. */
#include "cpu/flags.h"
#include "cpu/forms.h"
#include "cpu/special.h"
#include "cpu/table.h"

#define FIRST(insn) (&(insn)->operand[0])
#define SECOND(insn) (&(insn)->operand[1])

static u64 next_rip(const Insn *insn) { return insn->rip + insn->z.length; }
static u64 branch_target(const Insn *insn)
{
    return next_rip(insn) + (FIRST(insn)->imm.is_signed ? (u64)FIRST(insn)->imm.value.s : FIRST(insn)->imm.value.u);
}

/* Loads the memory operand into SLOT_TMP (64 or 16 bits), for instructions that then use it as a register. */
static void emit_load_tmp(Translator *t, const Insn *insn, const ZydisDecodedOperand *o, unsigned width)
{
    Address address = translate_address(t, insn, o);
    unsigned form = address.index != SLOT_ZERO ? FORM_RM : FORM_RB;
    Op *op = emit(t, instruction_rows[ZYDIS_MNEMONIC_MOV].handlers[t->mode][TABLE_FW(form, width_index(width))]);
    op_set_address(op, address);
    op->a = SLOT_TMP;
}

/* The slot of a branch's or PUSH's operand: a register, or SLOT_TMP loaded from memory. */
static u8 operand_slot(Translator *t, const Insn *insn, unsigned width)
{
    if (!is_memory(FIRST(insn)))
        return gpr_slot(FIRST(insn)->reg.value);
    emit_load_tmp(t, insn, FIRST(insn), width);
    return SLOT_TMP;
}

/* ---- conditions ---------------------------------------------------------------------------------------------------------- */

static unsigned known_kind(const Translator *t, Condition condition)
{
    if (t->cc_kind == CC_UNKNOWN)
        return KIND_ANY;
    unsigned width = t->cc_kind & 3;
    switch ((CcOperation)(t->cc_kind >> 2)) {
    case CC_OP_SUB: return KIND_SUB8 + width;
    case CC_OP_LOGIC: return KIND_LOGIC8 + width;
    case CC_OP_ADD: case CC_OP_ADC: case CC_OP_INC: case CC_OP_DEC: case CC_OP_RESULT:
        /* ZF, SF and PF depend on cc_a alone, as after a logical operation */
        return (condition & ~1u) == COND_E || (condition & ~1u) == COND_S || (condition & ~1u) == COND_P ? KIND_LOGIC8 + width : KIND_ANY;
    default: return KIND_ANY;
    }
}

static Condition condition_of(const Row *row) { return (Condition)(row->notes >> ROW_CONDITION_SHIFT & 15); }

/* Index into fused_table_alu of a producer, or -1. */
static int fused_alu_index(ZydisMnemonic mnemonic)
{
    switch (mnemonic) {
    case ZYDIS_MNEMONIC_SUB: return 0;
    case ZYDIS_MNEMONIC_ADD: return 1;
    case ZYDIS_MNEMONIC_AND: return 2;
    case ZYDIS_MNEMONIC_INC: return 3;
    case ZYDIS_MNEMONIC_DEC: return 4;
    default: return -1;
    }
}

/* CMP or TEST: the general fused handler, or one with a constant register. */
static OpHandler *fused_compare(const Translator *t, Condition condition)
{
    const Op *op = t->producer.op;
    bool test = t->producer.mnemonic == ZYDIS_MNEMONIC_TEST;
    unsigned form = t->producer.form, width = t->producer.width;
    int a = special_register(op->a, false), special = -1;
    if (form == FORM_RR)
        special = !test ? FUSED_CMP_RR : op->a == op->b ? FUSED_TEST_SAME : -1;
    else if (form == FORM_RI)
        special = test ? FUSED_TEST_RI : FUSED_CMP_RI;
    unsigned width3 = width ? width - 1 : 0; /* of 8, 32, 64 */
    if (special >= 0 && a >= 0 && width != 1)
        return fused_table_special[special][(width3 * 16 + condition) * 16 + (unsigned)a];
    return fused_table_cmp[test][(form * 4 + width) * 16 + condition];
}

/* Lets the op in front, if it has just produced the flags, do this Jcc's work too. */
static void fuse(Translator *t, Condition condition)
{
    Op *op = t->producer.op;
    if (!op || op != &t->ops[t->count - 1])
        return;
    if (t->producer.mnemonic == ZYDIS_MNEMONIC_CMP || t->producer.mnemonic == ZYDIS_MNEMONIC_TEST) {
        op->handler = fused_compare(t, condition);
        return;
    }
    int index = fused_alu_index(t->producer.mnemonic);
    unsigned form = t->producer.form, width = t->producer.width;
    if (index >= 0 && form <= FORM_RI && width >= 2)
        op->handler = fused_table_alu[index][(form * 2 + (width == 3)) * 16 + condition];
}

bool translate_jcc(Translator *t, const Insn *insn, const Row *row)
{
    Condition condition = condition_of(row);
    fuse(t, condition);
    Op *op = emit(t, row->handlers[t->mode][TABLE_COND(known_kind(t, condition), condition)]);
    op->counts = translate_counts(t);
    emit_link(t, branch_target(insn), &op->taken);
    emit_link(t, next_rip(insn), &op->not_taken);
    return true;
}

bool translate_setcc(Translator *t, const Insn *insn, const Row *row)
{
    Condition condition = condition_of(row);
    if (is_memory(FIRST(insn))) {
        Address address = translate_address(t, insn, FIRST(insn));
        op_set_address(emit(t, row->handlers[t->mode][TABLE_COND(KINDS, condition)]), address);
        return true;
    }
    emit(t, row->handlers[t->mode][TABLE_COND(known_kind(t, condition), condition)])->a = gpr_slot(FIRST(insn)->reg.value);
    return true;
}

bool translate_cmovcc(Translator *t, const Insn *insn, const Row *row)
{
    Condition condition = condition_of(row);
    const ZydisDecodedOperand *s = SECOND(insn);
    unsigned width = width_index(insn->z.operand_width) - 1, kind = is_memory(s) ? KINDS : known_kind(t, condition);
    Address address = { 0 };
    if (is_memory(s))
        address = translate_address(t, insn, s);
    Op *op = emit(t, row->handlers[t->mode][TABLE_COND(kind, condition) * 3 + width]);
    op->a = gpr_slot(FIRST(insn)->reg.value);
    if (is_memory(s))
        op_set_address(op, address);
    else
        op->b = gpr_slot(s->reg.value);
    return true;
}

/* ---- exits --------------------------------------------------------------------------------------------------------------- */

bool translate_jmp(Translator *t, const Insn *insn, const Row *row)
{
    if (insn->z.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
        return translate_far(t, insn, row);
    if (is_immediate(FIRST(insn))) {
        Op *op = emit(t, row->handlers[t->mode][0]);
        op->counts = translate_counts(t);
        emit_link(t, branch_target(insn), &op->taken);
        return true;
    }
    u8 slot = operand_slot(t, insn, 64);
    Op *op = emit(t, row->handlers[t->mode][1]);
    op->a = slot;
    op->counts = translate_counts(t);
    t->ended = true;
    return true;
}

bool translate_call(Translator *t, const Insn *insn, const Row *row)
{
    if (insn->z.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
        return translate_far(t, insn, row);
    bool direct = is_immediate(FIRST(insn));
    u8 slot = direct ? 0 : operand_slot(t, insn, 64);
    Op *op = emit(t, row->handlers[t->mode][!direct]);
    op->a = slot;
    op->disp = (i64)next_rip(insn);
    op->counts = translate_counts(t);
    if (direct)
        emit_link(t, branch_target(insn), &op->taken);
    t->ended = true;
    return true;
}

bool translate_ret(Translator *t, const Insn *insn, const Row *row)
{
    if (insn->z.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
        return translate_far(t, insn, row);
    bool releases = is_immediate(FIRST(insn)) && insn->z.operand_count_visible > 0;
    Op *op = emit(t, row->handlers[t->mode][releases]);
    if (releases)
        op->disp = (i64)(u16)FIRST(insn)->imm.value.u;
    op->counts = translate_counts(t);
    t->ended = true;
    return true;
}

/* The test into SLOT_TMP, then a conditional exit. */
static void emit_tmp_exit(Translator *t, const Insn *insn, OpHandler *test, OpHandler *exit)
{
    emit(t, test);
    Op *op = emit(t, exit);
    op->counts = translate_counts(t);
    emit_link(t, branch_target(insn), &op->taken);
    emit_link(t, next_rip(insn), &op->not_taken);
}

bool translate_jrcxz(Translator *t, const Insn *insn, const Row *row)
{
    OpHandler *const *table = row->handlers[t->mode];
    emit_tmp_exit(t, insn, table[insn->z.mnemonic == ZYDIS_MNEMONIC_JRCXZ ? 1 : 2], table[0]);
    return true;
}

bool translate_loop(Translator *t, const Insn *insn, const Row *row)
{
    OpHandler *const *table = row->handlers[t->mode];
    unsigned when = insn->z.mnemonic == ZYDIS_MNEMONIC_LOOP ? 0 : insn->z.mnemonic == ZYDIS_MNEMONIC_LOOPE ? 1 : 2;
    emit_tmp_exit(t, insn, table[1 + when + (insn->z.address_width == 32 ? 3 : 0)], table[0]);
    return true;
}

bool translate_syscall(Translator *t, const Insn *insn, const Row *row)
{
    Op *op = emit(t, row->handlers[t->mode][0]);
    op->disp = (i64)next_rip(insn);
    op->counts = translate_counts(t);
    t->ended = true;
    return true;
}

/* ---- the stack ------------------------------------------------------------------------------------------------------------- */

bool translate_push(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *o = FIRST(insn);
    bool wide = insn->z.operand_width == 64;
    if (is_immediate(o)) {
        Op *op = emit(t, row->handlers[t->mode][2 + wide]);
        op->imm = o->imm.is_signed ? (u64)o->imm.value.s : o->imm.value.u;
        return true;
    }
    if (!is_memory(o) && !is_gpr(o))
        return translate_push_segment(t, insn);
    u8 slot = operand_slot(t, insn, wide ? 64 : 16);
    Op *op = emit(t, row->handlers[t->mode][wide]);
    op->a = slot;
    if (t->mode == MODE_FAST && wide)
        specialise_mov(op, SPECIAL_PUSH, slot, 0);
    return true;
}

bool translate_pop(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *o = FIRST(insn);
    bool wide = insn->z.operand_width == 64;
    if (is_memory(o)) {
        Address address = translate_address(t, insn, o);
        op_set_address(emit(t, row->handlers[t->mode][2 + wide]), address);
        return true;
    }
    if (!is_gpr(o))
        return translate_pop_segment(t, insn);
    Op *op = emit(t, row->handlers[t->mode][wide]);
    op->a = gpr_slot(o->reg.value);
    if (t->mode == MODE_FAST && wide)
        specialise_mov(op, SPECIAL_POP, op->a, 0);
    return true;
}

bool translate_leave(Translator *t, const Insn *insn, const Row *row)
{
    emit(t, row->handlers[t->mode][insn->z.operand_width == 64]);
    return true;
}

/* ---- rare ------------------------------------------------------------------------------------------------------------------ */

/* a: the first register operand; size: the operand width in bytes; disp: the first immediate, unless there is an address. */
bool translate_rare(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *memory = NULL, *reg = NULL, *imm = NULL;
    for (unsigned i = 0; i < insn->z.operand_count_visible; i++) {
        const ZydisDecodedOperand *o = &insn->operand[i];
        if (is_memory(o) && !memory)
            memory = o;
        if (is_gpr(o) && !reg)
            reg = o;
        if (is_immediate(o) && !imm)
            imm = o;
    }
    Address address = { 0 };
    if (memory && !(row->notes & ROW_NO_ACCESS))
        address = translate_address(t, insn, memory);
    Op *op = emit_rare(t, row->rare);
    if (memory && !(row->notes & ROW_NO_ACCESS))
        op_set_address(op, address);
    else if (imm)
        op->disp = (i64)imm->imm.value.u;
    op->a = reg ? gpr_slot(reg->reg.value) : SLOT_ZERO;
    if (insn->z.mnemonic == ZYDIS_MNEMONIC_XLAT)
        op->scale = insn->z.address_width == 32;
    op->size = (u8)(insn->z.operand_width / 8);
    op->extra = insn->z.raw.imm[1].size ? (u8)insn->z.raw.imm[1].value.u : (u8)insn->z.mnemonic;
    return true;
}

/* Chooses the handlers of instructions with an MM operand, by operand form. */
#include "cpu/mmx_handlers.h"
#include "cpu/mmx_rare.h"
#include "cpu/x87_translate.h"

static bool is_mm(const ZydisDecodedOperand *o)
{
    return o->type == ZYDIS_OPERAND_TYPE_REGISTER && o->reg.value >= ZYDIS_REGISTER_MM0 && o->reg.value <= ZYDIS_REGISTER_MM7;
}

/* op->a and op->b of register operands: MM and XMM by number, general registers by slot. */
static u8 operand_number(const ZydisDecodedOperand *o) { return is_gpr(o) ? gpr_slot(o->reg.value) : vector_number(o->reg.value); }

/* An op for (destination, source, third): the address of whichever is in memory, numbers of the others, imm of an
 * immediate. */
static Op *emit_operands(Translator *t, const Insn *insn, OpHandler *handler, RareFunction *function)
{
    Address address = { SLOT_ZERO, SLOT_ZERO, 0, 0 };
    u32 count = insn->z.operand_count_visible;
    for (u32 i = 0; i < insn->z.operand_count; i++) /* MASKMOVQ's is a hidden one */
        if (is_memory(&insn->operand[i]))
            address = translate_address(t, insn, &insn->operand[i]);
    Op *op = handler ? emit(t, handler) : emit_rare(t, function);
    op_set_address(op, address);
    if (count > 0 && insn->operand[0].type == ZYDIS_OPERAND_TYPE_REGISTER)
        op->a = operand_number(&insn->operand[0]);
    if (count > 1 && insn->operand[1].type == ZYDIS_OPERAND_TYPE_REGISTER)
        op->b = operand_number(&insn->operand[1]);
    if (count > 1 && is_immediate(&insn->operand[count - 1]))
        op->imm = insn->operand[count - 1].imm.value.u;
    return op;
}

#define CHOOSE(name) (t->mode == MODE_FAST ? fast_##name : slow_##name)

bool mmx_translate_arithmetic(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *source = &insn->operand[1];
    MmxForm form = is_memory(source) ? MMX_RM : is_immediate(source) ? MMX_RI : MMX_RR;
    emit_operands(t, insn, row->handlers[t->mode][form], NULL);
    return true;
}

/* MOVD, MOVQ, MOVNTQ in both directions. */
bool mmx_translate_mov(Translator *t, const Insn *insn, const Row *row)
{
    (void)row;
    const ZydisDecodedOperand *to = &insn->operand[0], *from = &insn->operand[1];
    bool wide = (is_mm(to) ? from : to)->size == 64;
    OpHandler *handler;
    if (is_memory(to))
        handler = wide ? CHOOSE(mmx_store_8) : CHOOSE(mmx_store_4);
    else if (is_memory(from))
        handler = wide ? CHOOSE(mmx_load_8) : CHOOSE(mmx_load_4);
    else if (is_gpr(to))
        handler = wide ? CHOOSE(mmx_movq) : CHOOSE(mmx_movd);
    else if (is_gpr(from))
        handler = wide ? CHOOSE(mmx_from_gpr_8) : CHOOSE(mmx_from_gpr_4);
    else
        handler = CHOOSE(mmx_move);
    emit_operands(t, insn, handler, NULL);
    return true;
}

bool mmx_translate_to_gpr(Translator *t, const Insn *insn, const Row *row)
{
    (void)row;
    emit_operands(t, insn, insn->z.mnemonic == ZYDIS_MNEMONIC_PEXTRW ? CHOOSE(mmx_pextrw) : CHOOSE(mmx_pmovmskb), NULL);
    return true;
}

bool mmx_translate_pinsrw(Translator *t, const Insn *insn, const Row *row)
{
    (void)row;
    emit_operands(t, insn, is_memory(&insn->operand[1]) ? CHOOSE(mmx_pinsrw_m) : CHOOSE(mmx_pinsrw_r), NULL);
    return true;
}

bool mmx_translate_xmm(Translator *t, const Insn *insn, const Row *row)
{
    (void)row;
    emit_operands(t, insn, is_mm(&insn->operand[0]) ? CHOOSE(mmx_movdq2q) : CHOOSE(mmx_movq2dq), NULL);
    return true;
}

bool mmx_translate_rare(Translator *t, const Insn *insn, const Row *row)
{
    Op *op = emit_operands(t, insn, NULL, row->rare);
    op->c = insn->z.operand_count_visible > 1 && is_memory(&insn->operand[1]);
    return true;
}

#define ARITHMETIC_ROW(m, level, notes) \
    [ZYDIS_MNEMONIC_##m] = { #m, mmx_translate_arithmetic, { fast_mmx_table_##m, slow_mmx_table_##m }, notes, level, NULL },

const Row mmx_rows[ZYDIS_MNEMONIC_MAX_VALUE + 1] = {
#define MMX(m, f, size, level, notes) ARITHMETIC_ROW(m, level, notes)
#define MMX_IMM(m, f, level, notes) ARITHMETIC_ROW(m, level, notes)
#define MMX_FORM(m, shape, level, notes) [ZYDIS_MNEMONIC_##m] = { #m, mmx_translate_##shape, { 0 }, notes, level, NULL },
#define MMX_RARE(m, function, level, notes) [ZYDIS_MNEMONIC_##m] = { #m, mmx_translate_rare, { 0 }, notes, level, function },
#include "cpu/mmx.def"
};

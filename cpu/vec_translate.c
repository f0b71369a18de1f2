/* Chooses the handler of a vector instruction. The operands alone say which form it is: where the destination and the last
 * source are, how wide the registers, whether the encoding is VEX. What a row's table lacks is not implemented. */
#include "cpu/flags.h"
#include "cpu/table.h"
#include "cpu/vec.h"

typedef struct Operands { /* those that the instruction's bytes spell out */
    const ZydisDecodedOperand *list[5];
    unsigned count;      /* without the immediate */
    bool has_immediate;
    u8 immediate;
    bool wide;           /* a YMM register or 32 bytes of memory take part */
    bool mmx;            /* an MM register takes part */
} Operands;

static bool is_wide(const ZydisDecodedOperand *o)
{
    if (is_memory(o))
        return o->size == 256;
    return o->type == ZYDIS_OPERAND_TYPE_REGISTER && o->reg.value >= ZYDIS_REGISTER_YMM0 && o->reg.value <= ZYDIS_REGISTER_YMM15;
}

static bool is_mmx(const ZydisDecodedOperand *o)
{
    return o->type == ZYDIS_OPERAND_TYPE_REGISTER && o->reg.value >= ZYDIS_REGISTER_MM0 && o->reg.value <= ZYDIS_REGISTER_MM7;
}

static Operands operands_of(const Insn *insn)
{
    Operands r = { .count = 0 };
    for (unsigned i = 0; i < insn->z.operand_count_visible && r.count < 5; i++) {
        const ZydisDecodedOperand *o = &insn->operand[i];
        if (o->visibility != ZYDIS_OPERAND_VISIBILITY_EXPLICIT)
            continue;
        if (is_immediate(o)) {
            r.has_immediate = true;
            r.immediate = (u8)o->imm.value.u;
        } else {
            r.list[r.count++] = o;
            r.wide |= is_wide(o);
            r.mmx |= is_mmx(o);
        }
    }
    return r;
}

static u8 slot_of(const ZydisDecodedOperand *o) { return is_gpr(o) ? gpr_slot(o->reg.value) : VEC_SLOT(vector_number(o->reg.value)); }

/* The index of the handler in the row's table. */
static unsigned form_of(const Insn *insn, const Row *row, const Operands *o, const ZydisDecodedOperand *source)
{
    bool vex = insn->z.encoding == ZYDIS_INSTRUCTION_ENCODING_VEX;
    if (row->notes & ROW_VEC_INT) {
        const ZydisDecodedOperand *integer = is_gpr(o->list[0]) ? o->list[0] : source;
        return (vex ? FORM_128_R32 : FORM_SSE_R32) + (is_memory(source) ? FORM_SSE_M32 : 0) + (integer->size == 64);
    }
    unsigned width = (o->wide ? 2 : vex ? 1 : 0) * FORMS_PER_WIDTH;
    if (is_memory(o->list[0]))
        return width + FORM_SSE_MR;
    if (is_gpr(o->list[0]))
        return width + FORM_SSE_GR;
    if (is_memory(source))
        return width + FORM_SSE_RM;
    if (is_gpr(source))
        return width + FORM_SSE_RG;
    if (o->has_immediate && row->handlers[MODE_SLOW][width + FORM_SSE_RI])
        return width + FORM_SSE_RI;
    return width + FORM_SSE_RR;
}

bool translate_vec(Translator *t, const Insn *insn, const Row *row)
{
    if (insn->z.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY && insn->z.encoding != ZYDIS_INSTRUCTION_ENCODING_VEX)
        return false; /* EVEX twins have the same mnemonics */
    Operands o = operands_of(insn);
    if (!o.count || o.mmx)
        return false;
    bool four = o.count == 4; /* the mask of a blend is the fourth */
    const ZydisDecodedOperand *source = o.list[four ? 2 : o.count - 1];
    const ZydisDecodedOperand *memory = is_memory(o.list[0]) ? o.list[0] : is_memory(source) ? source : NULL;
    OpHandler *handler = row->handlers[t->mode][form_of(insn, row, &o, source)];
    if (!handler)
        return false;
    Address address = { SLOT_ZERO, SLOT_ZERO, 0, 0 };
    if (memory)
        address = translate_address(t, insn, memory);
    Op *op = emit(t, handler);
    op_set_address(op, address);
    if (!is_memory(o.list[0]))
        op->b = op->a = slot_of(o.list[0]);
    if (o.count >= 3)
        op->b = slot_of(o.list[1]);
    if (!is_memory(source))
        op->c = slot_of(source);
    if (four)
        op->size = slot_of(o.list[3]);
    op->imm = o.immediate;
    t->cc_next = CC_RFLAGS; /* for those that write flags at all */
    return true;
}

/* Chooses the handler of a vector instruction. The operands alone say which form it is: where the destination and the last
 * source are, how wide the registers, whether the encoding is VEX. What a row's table lacks is not implemented. */
#include "cpu/flags.h"
#include "cpu/table.h"
#include "cpu/vec.h"
#include "cpu/vec_gather.h"

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
    if (is_gpr(source))
        return width + FORM_SSE_RG;
    unsigned immediate = is_memory(source) ? FORM_SSE_MI : FORM_SSE_RI;
    if (o->has_immediate && row->handlers[MODE_SLOW][width + immediate])
        return width + immediate;
    return width + (is_memory(source) ? FORM_SSE_RM : FORM_SSE_RR);
}

/* ---- choosing faster handlers ---------------------------------------------------------------------------------------- */

static bool has(const Translator *t, const Row *row, unsigned form) { return row->handlers[t->mode][form] != NULL; }

/* `movaps a, b` right in front of `addps a, c` (a legacy form that keeps the other lanes): one op, a = b + c. The move's op
 * goes; a fault of the memory form is the second instruction's, and its slow handler makes the move first. So that cannot
 * be the op at which a block begins, for the run may stop in front of it. True when the op stands for both instructions. */
static bool merge_move(Translator *t, const Row *row, unsigned form, Op *op)
{
    struct VectorPut *v = &t->vector;
    bool shift = form == FORM_SSE_RI && has(t, row, FORM_SSE_LI) && op->c == op->a;
    bool binary = (form == FORM_SSE_RR || form == FORM_SSE_RM || form == FORM_SSE_RB) && has(t, row, FORM_SSE_LR);
    bool memory = form == FORM_SSE_RM || form == FORM_SSE_RB;
    if (v->count != t->count || !v->copy || v->slot != op->a || (!shift && !binary) || (memory && v->count == 1))
        return false;
    op->b = v->source;
    if (!memory && op->c == op->a)
        op->c = v->source;
    *v = (struct VectorPut){ .count = v->before.valid ? t->count - 1 : 0, .slot = v->before.slot, .wide = v->before.wide };
    t->count--;
    return !memory;
}

/* The form that takes the register that the op before put from where that op left it. */
static unsigned forwarded_form(const Translator *t, const Row *row, unsigned form, const Op *op)
{
    const struct VectorPut *v = &t->vector;
    unsigned width = form / FORMS_PER_WIDTH * FORMS_PER_WIDTH, forwarded = form;
    if (v->count != t->count || !v->count || v->wide != (width == FORM_256_RR))
        return form;
    switch (form - width) {
    case FORM_SSE_RR:
        if (op->b == v->slot && has(t, row, width + FORM_SSE_LR))
            forwarded = width + FORM_SSE_LR;
        else if (op->c == v->slot)
            forwarded = width + FORM_SSE_RL;
        break;
    case FORM_SSE_RM: forwarded = op->b == v->slot ? width + FORM_SSE_LM : form; break;
    case FORM_SSE_RB: forwarded = op->b == v->slot ? width + FORM_SSE_LB : form; break;
    case FORM_SSE_RI: forwarded = op->c == v->slot ? width + FORM_SSE_LI : form; break;
    default: break;
    }
    return has(t, row, forwarded) ? forwarded : form;
}

static bool is_copy(const Insn *insn, unsigned form)
{
    switch (insn->z.mnemonic) {
    case ZYDIS_MNEMONIC_MOVAPS: case ZYDIS_MNEMONIC_MOVAPD: case ZYDIS_MNEMONIC_MOVDQA:
    case ZYDIS_MNEMONIC_MOVUPS: case ZYDIS_MNEMONIC_MOVUPD: case ZYDIS_MNEMONIC_MOVDQU:
        return form == FORM_SSE_RR;
    default:
        return false;
    }
}

/* Remembers what `op` puts, for the next. */
static void note_put(Translator *t, const Operands *o, const Op *op, bool copy)
{
    struct VectorPut before = t->vector;
    const ZydisDecodedOperand *to = o->list[0];
    t->vector.count = 0;
    if (to->type != ZYDIS_OPERAND_TYPE_REGISTER || is_gpr(to) || !(to->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
        return;
    t->vector = (struct VectorPut){ .count = t->count, .slot = op->a, .wide = is_wide(to), .copy = copy, .source = op->c };
    t->vector.before.valid = before.count && before.count == t->count - 1;
    t->vector.before.slot = before.slot;
    t->vector.before.wide = before.wide;
}

/* ---- translating ------------------------------------------------------------------------------------------------------- */

/* Destination, memory with a vector of indices, mask. */
static bool translate_gather(Translator *t, const Insn *insn, const Row *row, const Operands *o)
{
    const ZydisDecodedOperand *memory = o->list[1];
    OpHandler *handler = row->handlers[t->mode][insn->z.avx.vector_length == 256 ? FORM_256_RM : FORM_128_RM];
    Op *op = emit(t, handler);
    op->a = slot_of(o->list[0]);
    op->b = slot_of(o->list[2]);
    op->c = VEC_SLOT(vector_number(memory->mem.index));
    bool no_base = address_without_base(insn, memory);
    op->base = no_base ? SLOT_ZERO : gpr_slot(memory->mem.base);
    op->disp = no_base ? insn->z.raw.disp.value : memory->mem.disp.has_displacement ? memory->mem.disp.value : 0;
    op->extra = (u8)__builtin_ctz(memory->mem.scale ? memory->mem.scale : 1);
    op->extra |= insn->z.address_width == 32 ? GATHER_NARROW : 0;
    op->extra |= memory->mem.segment == ZYDIS_REGISTER_FS ? GATHER_FS : memory->mem.segment == ZYDIS_REGISTER_GS ? GATHER_GS : 0;
    return true;
}

/* The op's operands, all but the handler. */
static Op op_of(const Insn *insn, const Operands *o, const ZydisDecodedOperand *source)
{
    Op op = { .handler = NULL };
    if (!is_memory(o->list[0]))
        op.b = op.a = slot_of(o->list[0]);
    if (o->count >= 3)
        op.b = slot_of(o->list[1]);
    if (!is_memory(source))
        op.c = slot_of(source);
    if (o->count == 4)
        op.size = slot_of(o->list[3]); /* the mask of a blend */
    op.imm = o->immediate;
    op.extra = insn->z.encoding == ZYDIS_INSTRUCTION_ENCODING_VEX ? insn->z.raw.vex.W : insn->z.raw.rex.W;
    return op;
}

static bool translate_operands(Translator *t, const Insn *insn, const Row *row, const Operands *o)
{
    const ZydisDecodedOperand *source = o->list[o->count == 4 ? 2 : o->count - 1];
    const ZydisDecodedOperand *memory = is_memory(o->list[0]) ? o->list[0] : is_memory(source) ? source : NULL;
    unsigned form = form_of(insn, row, o, source);
    bool numbered = !(row->notes & ROW_VEC_INT); /* the form is a VecForm */
    bool copy = numbered && is_copy(insn, form);
    if (!has(t, row, form))
        return false;
    Op op = op_of(insn, o, source);
    Address address = { SLOT_ZERO, SLOT_ZERO, 0, 0 };
    if (memory)
        address = translate_address(t, insn, memory);
    op_set_address(&op, address);
    if (numbered && memory && address.index == SLOT_ZERO) {
        unsigned base = form % FORMS_PER_WIDTH == FORM_SSE_RM ? form + FORM_SSE_RB - FORM_SSE_RM
                        : form % FORMS_PER_WIDTH == FORM_SSE_MR ? form + FORM_SSE_BR - FORM_SSE_MR : form;
        form = has(t, row, base) ? base : form;
    }
    bool merged = false;
    if (numbered && t->mode == MODE_FAST && !t->step) {
        merged = merge_move(t, row, form, &op);
        form = forwarded_form(t, row, form, &op);
    }
    OpCold first = t->cold[t->count];
    op.handler = row->handlers[t->mode][form];
    *emit(t, op.handler) = op;
    if (merged)
        t->cold[t->count - 1] = first;
    note_put(t, o, &op, copy);
    return true;
}

bool translate_vec(Translator *t, const Insn *insn, const Row *row)
{
    if (insn->z.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY && insn->z.encoding != ZYDIS_INSTRUCTION_ENCODING_VEX)
        return false; /* EVEX twins have the same mnemonics */
    Operands o = operands_of(insn);
    if (o.mmx)
        return false;
    t->cc_next = CC_RFLAGS; /* for those that write flags at all */
    if (o.count && !(row->notes & ROW_VEC_GATHER))
        return translate_operands(t, insn, row, &o);
    if (o.count)
        return translate_gather(t, insn, row, &o);
    emit(t, row->handlers[t->mode][FORM_128_RR]); /* VZEROALL, VZEROUPPER */
    return true;
}

/* A rare instruction: a, b, c are the slots of its registers in order, and its memory operand may be a hidden one. */
bool translate_vec_rare(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *memory = NULL;
    Operands o = operands_of(insn);
    u8 slots[3] = { 0 };
    unsigned count = 0;
    for (unsigned i = 0; i < insn->z.operand_count && !memory; i++)
        memory = is_memory(&insn->operand[i]) ? &insn->operand[i] : NULL;
    for (unsigned i = 0; i < o.count && count < 3; i++)
        if (!is_memory(o.list[i]))
            slots[count++] = slot_of(o.list[i]);
    Address address = { SLOT_ZERO, SLOT_ZERO, 0, 0 };
    if (memory)
        address = translate_address(t, insn, memory);
    Op *op = emit_rare(t, row->rare);
    op_set_address(op, address);
    op->a = slots[0];
    op->b = slots[1];
    op->c = slots[2];
    return true;
}

/* Chooses the handlers of x87 instructions: by opcode and ModRM, since the host executes the very same ones. */
#include "cpu/x87_translate.h"

#include "cpu/flags.h"
#include "cpu/x87_handlers.h"

static const ZydisDecodedOperand *memory_operand(const Insn *insn)
{
    for (u32 i = 0; i < insn->z.operand_count_visible; i++)
        if (is_memory(&insn->operand[i]))
            return &insn->operand[i];
    return NULL;
}

static Op *emit_with_memory(Translator *t, const Insn *insn, OpHandler *handler)
{
    const ZydisDecodedOperand *memory = memory_operand(insn);
    Address address = { SLOT_ZERO, SLOT_ZERO, 0, 0 };
    if (memory)
        address = translate_address(t, insn, memory);
    Op *op = emit(t, handler);
    op_set_address(op, address);
    return op;
}

#ifdef __x86_64__

static u8 modrm_of(const Insn *insn) { return (u8)(insn->z.raw.modrm.mod << 6 | insn->z.raw.modrm.reg << 3 | insn->z.raw.modrm.rm); }

static u8 segment_slot(const Insn *insn)
{
    const ZydisDecodedOperand *memory = memory_operand(insn);
    ZydisRegister segment = memory ? memory->mem.segment : ZYDIS_REGISTER_NONE;
    return segment == ZYDIS_REGISTER_FS ? SLOT_FS : segment == ZYDIS_REGISTER_GS ? SLOT_GS : SLOT_ZERO;
}

static void set_note(Op *op, const Insn *insn)
{
    op->b = segment_slot(insn);
    op->size = modrm_of(insn); /* FOP's two bytes */
    op->extra = insn->z.opcode & 7;
    op->imm = insn->rip;
}

bool x87_translate_plain(Translator *t, const Insn *insn, const Row *row)
{
    (void)row;
    u32 opcode = insn->z.opcode & 7;
    u8 modrm = modrm_of(insn);
    bool fast = t->mode == MODE_FAST;
    OpHandler *handler;
    if (modrm >= 0xc0)
        handler = (fast ? fast_x87_registers : slow_x87_registers)[opcode][modrm & 63];
    else
        handler = (fast ? fast_x87_memory : slow_x87_memory)[opcode][modrm >> 3 & 7];
    if (!handler)
        return false;
    set_note(emit_with_memory(t, insn, handler), insn);
    return true;
}

/* All conditions share the handlers of FCMOVB, which stand at DA C0+i. */
bool x87_translate_fcmov(Translator *t, const Insn *insn, const Row *row)
{
    Op *op = emit(t, (t->mode == MODE_FAST ? fast_x87_registers : slow_x87_registers)[2][insn->z.raw.modrm.rm]);
    set_note(op, insn);
    op->c = row->notes >> ROW_CONDITION_SHIFT & 15;
    return true;
}

bool x87_translate_fwait(Translator *t, const Insn *insn, const Row *row)
{
    (void)insn, (void)row;
    emit(t, t->mode == MODE_FAST ? fast_x87_fwait : slow_x87_fwait);
    return true;
}

bool x87_translate_fldcw(Translator *t, const Insn *insn, const Row *row)
{
    (void)row;
    emit_with_memory(t, insn, t->mode == MODE_FAST ? fast_x87_fldcw : slow_x87_fldcw);
    return true;
}

bool x87_translate_fnstcw(Translator *t, const Insn *insn, const Row *row)
{
    (void)row;
    emit_with_memory(t, insn, t->mode == MODE_FAST ? fast_x87_fnstcw : slow_x87_fnstcw);
    return true;
}

bool x87_translate_fnstsw(Translator *t, const Insn *insn, const Row *row)
{
    (void)row;
    bool fast = t->mode == MODE_FAST;
    if (memory_operand(insn))
        emit_with_memory(t, insn, fast ? fast_x87_fnstsw_mem : slow_x87_fnstsw_mem);
    else
        emit(t, fast ? fast_x87_fnstsw_ax : slow_x87_fnstsw_ax);
    return true;
}

#else /* no x87 unit to execute on: every x87 instruction is an unimplemented one, and says so */

static bool refused(Translator *t, const Insn *insn) { (void)t, (void)insn; return false; }
bool x87_translate_plain(Translator *t, const Insn *insn, const Row *row) { (void)row; return refused(t, insn); }
bool x87_translate_fcmov(Translator *t, const Insn *insn, const Row *row) { (void)row; return refused(t, insn); }
bool x87_translate_fwait(Translator *t, const Insn *insn, const Row *row) { (void)row; return refused(t, insn); }
bool x87_translate_fldcw(Translator *t, const Insn *insn, const Row *row) { (void)row; return refused(t, insn); }
bool x87_translate_fnstcw(Translator *t, const Insn *insn, const Row *row) { (void)row; return refused(t, insn); }
bool x87_translate_fnstsw(Translator *t, const Insn *insn, const Row *row) { (void)row; return refused(t, insn); }

#endif

bool x87_translate_rare(Translator *t, const Insn *insn, const Row *row)
{
    const ZydisDecodedOperand *memory = memory_operand(insn);
    Address address = { SLOT_ZERO, SLOT_ZERO, 0, 0 };
    if (memory)
        address = translate_address(t, insn, memory);
    Op *op = emit_rare(t, row->rare);
    op_set_address(op, address);
    op->size = insn->z.operand_width == 16 ? 14 : 28; /* of the environment */
    return true;
}

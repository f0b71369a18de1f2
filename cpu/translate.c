/* From guest bytes to a block of ops: decode with Zydis, find out which flags somebody reads, emit. */
#include "cpu/translate.h"

#include "base/log.h"
#include "cpu/block.h"
#include "cpu/flags.h"
#include "cpu/lanes.h"
#include "cpu/peephole.h"
#include "cpu/record.h"
#include "cpu/table.h"
#include "cpu/x87_translate.h"
#include "mmu/hierarchy/inspect.h"

/* ---- what families work with --------------------------------------------------------------------------------- */

Op *emit(Translator *t, OpHandler *handler)
{
    Op *op = &t->ops[t->count];
    OpCold *cold = &t->cold[t->count++];
    *op = (Op){ .handler = handler };
    op->base = op->index = SLOT_ZERO;
    cold->rip = t->current->rip;
    cold->insns = (u16)t->insn_index;
    cold->reads = (u16)t->reads;
    cold->writes = (u16)t->writes;
    cold->length = t->current->z.length;
    cold->own = (u8)(t->current_reads << 4 | t->current_writes);
    return op;
}

static OpHandler op_rare, op_add_address, op_add_address32;

Op *emit_rare(Translator *t, RareFunction *function)
{
    Op *op = emit(t, op_rare);
    op->imm = (u64)(uintptr_t)function;
    return op;
}

/* With an observer, the accesses that the function really makes are counted: it makes all of its instruction's. */
static COLD void rare_observed(Cpu *cpu, const Op *op, u64 acc)
{
    CpuShown before = cpu_shown(cpu);
    ((RareFunction *)(uintptr_t)op->imm)(cpu, op, acc);
    CpuShown after = cpu_shown(cpu);
    cpu_count_accesses(cpu, op, after.reads - before.reads, after.writes - before.writes);
}

static const Op *op_rare(Cpu *cpu, const Op *op, u64 acc)
{
    cpu_enter_slow(cpu, op, acc);
    if (UNLIKELY(cpu_observed(cpu)))
        rare_observed(cpu, op, acc);
    else
        ((RareFunction *)(uintptr_t)op->imm)(cpu, op, acc);
    if (UNLIKELY(cpu->leave))
        return cpu_leave(cpu, op, acc, CPU_EXIT_BUDGET);
    return next(cpu, op, acc);
}

static const Op *op_add_address(Cpu *cpu, const Op *op, u64 acc)
{
    *reg64(cpu, SLOT_TMP2) = op_address(cpu, op);
    return next(cpu, op, acc);
}

static const Op *op_add_address32(Cpu *cpu, const Op *op, u64 acc)
{
    *reg64(cpu, SLOT_TMP2) = (u32)op_address(cpu, op);
    return next(cpu, op, acc);
}

u8 gpr_slot(ZydisRegister reg)
{
    if (reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH)
        return (u8)((reg - ZYDIS_REGISTER_AH) * 8 + 1);
    if (reg == ZYDIS_REGISTER_NONE)
        return SLOT_ZERO;
    if (reg >= ZYDIS_REGISTER_SPL && reg <= ZYDIS_REGISTER_R15B)
        return (u8)((reg - ZYDIS_REGISTER_SPL + 4) * 8);
    return (u8)(ZydisRegisterGetId(reg) * 8);
}

u8 vector_number(ZydisRegister reg) { return (u8)ZydisRegisterGetId(reg); }

Address translate_address(Translator *t, const Insn *insn, const ZydisDecodedOperand *operand)
{
    Address a = { SLOT_ZERO, SLOT_ZERO, 0, operand->mem.disp.has_displacement ? operand->mem.disp.value : 0 };
    if (address_without_base(insn, operand))
        a.disp = insn->z.raw.disp.value;
    else if (operand->mem.base == ZYDIS_REGISTER_RIP || operand->mem.base == ZYDIS_REGISTER_EIP)
        a.disp += (i64)(insn->rip + insn->z.length);
    else
        a.base = gpr_slot(operand->mem.base);
    if (operand->mem.index != ZYDIS_REGISTER_NONE) {
        a.index = gpr_slot(operand->mem.index);
        a.scale = (u8)__builtin_ctz(operand->mem.scale ? operand->mem.scale : 1);
    }
    bool fs = operand->mem.segment == ZYDIS_REGISTER_FS, gs = operand->mem.segment == ZYDIS_REGISTER_GS;
    bool segment = (fs || gs) && operand->mem.type != ZYDIS_MEMOP_TYPE_AGEN;
    bool narrow = insn->z.address_width == 32;
    if (narrow || (segment && a.index != SLOT_ZERO)) {
        op_set_address(emit(t, narrow ? op_add_address32 : op_add_address), a);
        a = (Address){ SLOT_TMP2, SLOT_ZERO, 0, 0 };
    }
    if (segment) {
        a.index = fs ? SLOT_FS : SLOT_GS;
        a.scale = 0;
        if (a.base == SLOT_ZERO) /* `fs:disp` alone is the common form: make it a base, which is cheaper */
            a.base = a.index, a.index = SLOT_ZERO;
    }
    return a;
}

u64 translate_counts(const Translator *t)
{
    return ACC_PACK(t->insn_index + 1, t->reads + t->current_reads, t->writes + t->current_writes);
}

void emit_link(Translator *t, u64 rip, const Op **field)
{
    u64 here = t->current->rip;
    Op *link = emit(t, block_op_link);
    t->cold[t->count - 1].rip = rip;
    link->disp = (i64)rip;
    link->imm = (u64)(uintptr_t)field;
    link->a = ((here ^ rip) & PAGE_MASK) == 0;
    *field = link;
    t->ended = true;
}

/* ---- decoding ------------------------------------------------------------------------------------------------ */

static bool has_mm_operand(const Insn *insn)
{
    for (unsigned i = 0; i < insn->z.operand_count; i++)
        if (insn->operand[i].type == ZYDIS_OPERAND_TYPE_REGISTER && ZydisRegisterGetClass(insn->operand[i].reg.value) == ZYDIS_REGCLASS_MMX)
            return true;
    return false;
}

const Row *translate_row(const Insn *insn)
{
    ZydisMnemonic mnemonic = insn->z.mnemonic;
    if (insn->z.meta.category == ZYDIS_CATEGORY_STRINGOP && string_rows[mnemonic].name)
        return &string_rows[mnemonic];
    const Row *row = &instruction_rows[mnemonic];
    if (mmx_rows[mnemonic].name && (!row->name || has_mm_operand(insn)))
        row = &mmx_rows[mnemonic];
    return row->name ? row : NULL;
}

CpuLevel translate_level(const Insn *insn, const Row *row)
{
    return insn->z.meta.isa_set == ZYDIS_ISA_SET_SSE4 && row->level < CPU_V2 ? CPU_V2 : row->level; /* PEXTRW's second opcode */
}

static bool ends_block(const Insn *insn)
{
    switch (insn->z.meta.category) {
    case ZYDIS_CATEGORY_COND_BR: case ZYDIS_CATEGORY_UNCOND_BR: case ZYDIS_CATEGORY_CALL: case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_SYSCALL: case ZYDIS_CATEGORY_SYSRET: case ZYDIS_CATEGORY_INTERRUPT:
        return true;
    default:
        return false;
    }
}

typedef struct Touches {
    u32 reads, writes;
} Touches;

/* The data accesses of an instruction; a read-modify-write is a write. `rep` counts as it goes. */
static Touches count_accesses(const Insn *insn)
{
    Touches n = { 0, 0 };
    const Row *row = translate_row(insn);
    bool rep = insn->z.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE);
    if (!row || row->notes & ROW_NO_ACCESS || (rep && insn->z.meta.category == ZYDIS_CATEGORY_STRINGOP))
        return n;
    for (unsigned i = 0; i < insn->z.operand_count; i++) {
        const ZydisDecodedOperand *o = &insn->operand[i];
        if (!is_memory(o) || o->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
            continue;
        if (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
            n.writes++;
        else
            n.reads++;
    }
    return n;
}

/* By memory; by a selector or a privileged register; by an x87 exception that waits for the next MMX instruction. */
static bool operand_can_fault(const ZydisDecodedOperand *o, const Row *row)
{
    if (is_memory(o))
        return o->mem.type != ZYDIS_MEMOP_TYPE_AGEN && !(row->notes & ROW_NO_ACCESS);
    if (o->type != ZYDIS_OPERAND_TYPE_REGISTER)
        return false;
    switch (ZydisRegisterGetClass(o->reg.value)) {
    case ZYDIS_REGCLASS_SEGMENT: case ZYDIS_REGCLASS_CONTROL: case ZYDIS_REGCLASS_DEBUG: case ZYDIS_REGCLASS_MMX:
        return true;
    default:
        return false;
    }
}

/* May it leave the block in front of itself (fault), so that every flag must be right there? */
static bool can_fault(const Translator *t, const Insn *insn)
{
    const Row *row = translate_row(insn);
    if (!row || row->rare || translate_level(insn, row) > t->cpu->level || insn->z.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX)
        return true;
    switch (insn->z.mnemonic) {
    case ZYDIS_MNEMONIC_DIV: case ZYDIS_MNEMONIC_IDIV:
        return true;
    default:
        break;
    }
    if (insn->z.meta.isa_set == ZYDIS_ISA_SET_X87 || insn->z.meta.category == ZYDIS_CATEGORY_X87_ALU)
        return true;
    for (unsigned i = 0; i < insn->z.operand_count; i++)
        if (operand_can_fault(&insn->operand[i], row))
            return true;
    return false;
}

/* A shift or rotate by CL, or by an immediate that masks to 0, may leave the flags as they were. */
static bool flags_conditional(const Insn *insn)
{
    switch (insn->z.mnemonic) {
    case ZYDIS_MNEMONIC_SHL: case ZYDIS_MNEMONIC_SHR: case ZYDIS_MNEMONIC_SAR: case ZYDIS_MNEMONIC_ROL: case ZYDIS_MNEMONIC_ROR:
    case ZYDIS_MNEMONIC_RCL: case ZYDIS_MNEMONIC_RCR:
        return !shift_count_certain(insn, &insn->operand[1]);
    case ZYDIS_MNEMONIC_SHLD: case ZYDIS_MNEMONIC_SHRD:
        return !shift_count_certain(insn, &insn->operand[2]);
    default:
        return insn->z.meta.category == ZYDIS_CATEGORY_STRINGOP;
    }
}

static u32 flags_written(const Insn *insn)
{
    const ZydisAccessedFlags *f = insn->z.cpu_flags;
    if (insn->z.mnemonic == ZYDIS_MNEMONIC_LZCNT || insn->z.mnemonic == ZYDIS_MNEMONIC_TZCNT)
        return FLAGS_ARITH & ~FLAG_OF; /* undefined for Zydis: left alone (bitops.h) */
    return f ? (f->modified | f->set_0 | f->set_1 | f->undefined) & FLAGS_ARITH : 0;
}

/* Which flags does somebody read? Backwards over the block; exits and whatever may fault read all. */
static void find_live_flags(Translator *t)
{
    u32 live = FLAGS_ARITH;
    for (u32 i = t->insn_count; i-- > 0;) {
        Insn *insn = &t->insns[i];
        u32 written = flags_written(insn);
        insn->flags_live = t->mode == MODE_FAST ? live & written : written;
        if (!flags_conditional(insn))
            live &= ~written;
        if (insn->z.cpu_flags)
            live |= insn->z.cpu_flags->tested & FLAGS_ARITH;
        if (can_fault(t, insn))
            live = FLAGS_ARITH;
    }
}

typedef enum DecodeEnd { DECODE_COMPLETE, DECODE_NEEDS_BYTES, DECODE_INVALID, DECODE_TOO_LONG } DecodeEnd;

static DecodeEnd decode_insn(const BlockCache *cache, Insn *insn, const u8 *bytes, u32 size)
{
    /* in two steps: DecodeFull would clear all ten operands each time */
    ZydisDecoderContext context;
    ZyanStatus status = ZydisDecoderDecodeInstruction(&cache->decoder, &context, bytes, size, &insn->z);
    if (ZYAN_SUCCESS(status))
        status = ZydisDecoderDecodeOperands(&cache->decoder, &context, &insn->z, insn->operand, insn->z.operand_count);
    if (ZYAN_SUCCESS(status)) /* Zydis also knows encodings that only Knights Corner had */
        return insn->z.meta.isa_ext >= ZYDIS_ISA_EXT_KNC && insn->z.meta.isa_ext <= ZYDIS_ISA_EXT_KNCV ? DECODE_INVALID : DECODE_COMPLETE;
    if (status == ZYDIS_STATUS_NO_MORE_DATA)
        return DECODE_NEEDS_BYTES;
    return status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG ? DECODE_TOO_LONG : DECODE_INVALID;
}

/* Decodes up to the first exit, the end of the page, a breakpoint or something that does not decode. */
static DecodeEnd decode_block(Translator *t, BlockCache *cache, u64 rip, const u8 *bytes, u32 size, u32 page_left)
{
    u32 offset = 0, limit = t->step ? 1 : BLOCK_MAX_INSNS;
    while (t->insn_count < limit) {
        if (offset >= page_left)
            return DECODE_COMPLETE;
        if (cache->breakpoint_count && !t->step && offset && block_breakpoint_at(cache, rip + offset))
            return DECODE_COMPLETE;
        Insn *insn = &t->insns[t->insn_count];
        insn->rip = rip + offset;
        DecodeEnd end = decode_insn(cache, insn, bytes + offset, size - offset);
        if (end != DECODE_COMPLETE)
            return end;
        if (offset && offset + insn->z.length > page_left)
            return DECODE_COMPLETE; /* crosses: gets a block of its own */
        t->insn_count++;
        offset += insn->z.length;
        if (ends_block(insn) || offset > page_left)
            return DECODE_COMPLETE;
    }
    return DECODE_COMPLETE;
}

/* ---- emitting ------------------------------------------------------------------------------------------------ */

/* The bytes as "48 0f c7 f8". */
static void bytes_text(char *text, const u8 *bytes, u32 count)
{
    static const char digits[] = "0123456789abcdef";
    for (u32 i = 0; i < count; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
        *text++ = ' ';
    }
    *(count ? text - 1 : text) = 0;
}

static void raise_ud(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    cpu_raise(cpu, VECTOR_UD, 0, 0);
}

/* A valid instruction that we lack. */
static void raise_unimplemented(Cpu *cpu, const Op *op, u64 acc)
{
    (void)acc;
    u8 bytes[16];
    char text[64];
    u64 rip = cpu_op_cold(cpu, op)->rip;
    u32 length = (u32)mmu_peek(cpu->mmu.phys, cpu->mmu.cr3, rip, bytes, cpu_op_cold(cpu, op)->length);
    bytes_text(text, bytes, length);
    log_unimplemented(rip, "unimplemented instruction %s (%s) at 0x%llx", ZydisMnemonicGetString((ZydisMnemonic)op->disp), text,
                      (unsigned long long)rip);
    cpu_raise(cpu, VECTOR_UD, 0, 0);
}

static void raise_gp(Cpu *cpu, const Op *op, u64 acc)
{
    (void)op, (void)acc;
    cpu_raise(cpu, VECTOR_GP, 0, 0);
}

static bool lock_refused(const Insn *insn, const Row *row)
{
    return insn->z.attributes & ZYDIS_ATTRIB_HAS_LOCK && !(row->notes & ROW_LOCKABLE);
}

/* TZCNT and LZCNT are BSF and BSR with a prefix, which processors that do not have them ignore; compilers rely on it. */
static const Row *row_at_level(const Insn *insn, CpuLevel level)
{
    const Row *row = translate_row(insn);
    if (!row || row->level <= level)
        return row;
    return insn->z.mnemonic == ZYDIS_MNEMONIC_TZCNT   ? &instruction_rows[ZYDIS_MNEMONIC_BSF]
           : insn->z.mnemonic == ZYDIS_MNEMONIC_LZCNT ? &instruction_rows[ZYDIS_MNEMONIC_BSR]
                                                      : row;
}

static void emit_record(Translator *t, const Insn *insn, const TlbExecEntry *second)
{
    Op *op = emit(t, cpu_record_op_begin);
    op->disp = (i64)insn->rip;
    op->imm = tlb_exec_entry(&t->cpu->mmu.tlb, insn->rip)->paddr | (insn->rip & ~PAGE_MASK) | (u64)insn->z.length << 56;
    op->taken = second ? (const Op *)(uintptr_t)second->paddr : NULL;
}

/* Shows the model the current instruction's fetch, unless that must hit: all in the line where the one before it ended. */
static void emit_model_fetch(Translator *t, const Insn *insn)
{
    Hierarchy *model = t->cpu->model;
    const HierarchyFront *front = (const HierarchyFront *)model;
    u64 last = insn->rip + insn->z.length - 1;
    u32 shift = front->line_shift_fetch;
    if (t->insn_index && !hierarchy_wants_every_fetch(model) && (insn->rip - 1) >> shift == last >> shift)
        return;
    bool one = insn->rip >> VIEW_LINE_SHIFT == last >> VIEW_LINE_SHIFT, leaves = insn->rip >> VIEW_PAGE_SHIFT != last >> VIEW_PAGE_SHIFT;
    Op *op = emit(t, one ? cpu_model_op_fetch : cpu_model_op_fetches);
    op->disp = (i64)(insn->rip >> VIEW_PAGE_SHIFT);
    op->imm = (u64)(uintptr_t)(leaves ? &front->no_cell[1] : hierarchy_fetch_cell(model, last));
}

static void emit_insn(Translator *t, const Insn *insn, const TlbExecEntry *second)
{
    const Row *row = row_at_level(insn, t->cpu->level);
    Touches n = count_accesses(insn);
    t->current = insn;
    t->current_reads = n.reads;
    t->current_writes = n.writes;
    t->cc_next = CC_UNKNOWN;
    if (UNLIKELY(t->cpu->blocks->recorder != NULL))
        emit_record(t, insn, second);
    else if (UNLIKELY(t->cpu->model != NULL))
        emit_model_fetch(t, insn);
    u32 start = t->count;
    if (row && (translate_level(insn, row) > t->cpu->level || lock_refused(insn, row))) {
        emit_rare(t, raise_ud);
    } else if (!row || !row->translate(t, insn, row)) {
        t->count = start;
        t->ended = false;
        emit_rare(t, raise_unimplemented)->disp = insn->z.mnemonic;
    }
    if (flags_written(insn))
        t->cc_kind = t->cc_next;
    t->reads += n.reads;
    t->writes += n.writes;
}

const Op *op_breakpoint(Cpu *cpu, const Op *op, u64 acc)
{
    cpu->rip = (u64)op->disp;
    cpu->acc = acc;
    cpu->exit = CPU_EXIT_BREAKPOINT;
    return NULL;
}

/* Falls out of the block without a branch. */
static void emit_fall_through(Translator *t, u64 rip)
{
    t->insn_index--; /* emit_link's op belongs to the last instruction: counts are "up to and including" it */
    t->reads -= t->current_reads;
    t->writes -= t->current_writes;
    extern OpHandler fast_op_jmp;
    Op *op = emit(t, fast_op_jmp);
    op->counts = translate_counts(t);
    emit_link(t, rip, &op->taken);
}

static void emit_first_fault(Translator *t, DecodeEnd end, u64 rip)
{
    static const Insn nothing;
    Insn *insn = &t->insns[0];
    *insn = nothing;
    insn->rip = rip;
    t->current = insn;
    emit_rare(t, end == DECODE_TOO_LONG ? raise_gp : raise_ud);
}

u32 translate_block(Cpu *cpu, BlockCache *cache, const u8 *bytes, u32 size, u32 page_left, const TlbExecEntry *second)
{
    Translator t = { .cpu = cpu, .mode = cpu->run_mode == MODE_SLOW ? MODE_SLOW : MODE_FAST, .step = cpu->stepping, .insns = cache->insns, .cc_kind = CC_UNKNOWN,
                     .ops = cache->ops + cache->op_count, .cold = cache->cold + cache->op_count };
    u64 rip = cpu->rip;
    DecodeEnd end = decode_block(&t, cache, rip, bytes, size, page_left);
    if (end == DECODE_NEEDS_BYTES && !t.insn_count && !second)
        return page_left + 1;
    if (!t.insn_count && end == DECODE_NEEDS_BYTES)
        end = DECODE_INVALID;
    t.current = &t.insns[0];
    if (second) {
        Op *check = emit(&t, block_op_second_page);
        check->disp = (i64)second->tag;
        check->imm = second->paddr;
    }
    if (!t.step && block_breakpoint_at(cache, rip))
        emit(&t, op_breakpoint)->disp = (i64)rip;
    if (!t.insn_count) {
        emit_first_fault(&t, end, rip);
        cache->op_count += t.count;
        return 1;
    }
    find_live_flags(&t);
    for (; t.insn_index < t.insn_count; t.insn_index++)
        emit_insn(&t, &t.insns[t.insn_index], t.insn_index ? NULL : second);
    const Insn *last = &t.insns[t.insn_count - 1];
    if (!t.ended)
        emit_fall_through(&t, last->rip + last->z.length);
    if (t.mode == MODE_FAST && !t.step)
        peephole(t.ops, t.count);
    cache->op_count += t.count;
    cpu->stats.insns_decoded += t.insn_count;
    return t.insns[0].z.length;
}

/* Reads a handler's machine code: decodes it with Zydis, as guest code is, and follows which registers hold the op's address
 * (RSI on entry: System V ABI), what was read from it, or anything else. See stencil.c for what that is good for. */
#include "cpu/model.h"
#include "cpu/stencil_code.h"

#if defined(EMU_TAIL_CALLS) && defined(__x86_64__)

/* ---- reading ------------------------------------------------------------------------------------------------------------- */

static int number_of(ZydisRegister reg)
{
    ZydisRegister wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    return wide >= ZYDIS_REGISTER_RAX && wide <= ZYDIS_REGISTER_R15 ? (int)wide - ZYDIS_REGISTER_RAX : -1;
}

static Value value_of(const State *state, ZydisRegister reg)
{
    int n = number_of(reg);
    return n < 0 ? (Value){ OTHER, 0, 0 } : state->r[n];
}

static bool in_thread_segment(const ZydisDecodedOperand *o)
{
    return o->mem.segment == ZYDIS_REGISTER_FS || o->mem.segment == ZYDIS_REGISTER_GS;
}

/* base + displacement, when that is the op's address plus something, and can be written as an absolute address. */
static Value address_value(const State *state, const ZydisDecodedOperand *o)
{
    Value base = value_of(state, o->mem.base);
    i64 delta = base.delta + (o->mem.disp.has_displacement ? o->mem.disp.value : 0);
    bool simple = o->mem.index == ZYDIS_REGISTER_NONE && !in_thread_segment(o);
    bool wide = o->mem.base >= ZYDIS_REGISTER_RAX && o->mem.base <= ZYDIS_REGISTER_R15;
    if (base.what != OP || !simple || !wide || o->encoding != ZYDIS_OPERAND_ENCODING_MODRM_RM || delta != (i16)delta)
        return (Value){ OTHER, 0, 0 };
    return (Value){ OP, 0, (i16)delta };
}

/* Somebody needs what the register really holds; if that is the op's address, `insn` (NULL: no plain instruction) can load it. */
static void need(Stencils *s, HostInsn *insn, const State *state, ZydisRegister reg)
{
    Value value = value_of(state, reg);
    u8 number = (u8)(1 + number_of(reg));
    if (value.what == BYTE) {
        s->insns[value.by].needed = true;
    } else if (value.what == OP && insn && (!insn->reload || insn->reload == number)) {
        insn->reload = number;
        insn->reload_delta = value.delta;
    } else if (value.what == OP || value.what == MIXED) {
        s->as_it_stands = true;
    }
}

/* An operand in memory: by which form of the instruction can it be reached without the registers that are not there? */
static void read_memory(Stencils *s, HostInsn *insn, const State *state, const ZydisDecodedOperand *o)
{
    Value op = address_value(state, o), base = value_of(state, o->mem.base), index = value_of(state, o->mem.index);
    bool modrm = o->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM && o->mem.base >= ZYDIS_REGISTER_RAX &&
                 o->mem.base <= ZYDIS_REGISTER_R15 && !in_thread_segment(o);
    i64 displacement = o->mem.disp.has_displacement ? o->mem.disp.value : 0;
    bool plain_base = base.what == OTHER || base.what == HANDLER;
    if (op.what == OP) {
        insn->form = ABSOLUTE;
        insn->value = op;
    } else if (modrm && plain_base && index.what == BYTE) {
        insn->form = INDEXED;
        insn->value = index;
        insn->base = (u8)number_of(o->mem.base);
        insn->scale = o->mem.scale;
        insn->displacement = (i32)displacement;
    } else {
        need(s, insn, state, o->mem.base);
        need(s, insn, state, o->mem.index);
    }
}

/* What the destination holds afterwards, where that is more than OTHER. */
static Value result_of(Stencils *s, HostInsn *insn, const State *state, const ZydisDecodedInstruction *z,
                       const ZydisDecodedOperand *o)
{
    const Value other = { OTHER, 0, 0 };
    if (z->operand_count < 2 || o[0].type != ZYDIS_OPERAND_TYPE_REGISTER || number_of(o[0].reg.value) < 0)
        return other;
    Value a = value_of(state, o[0].reg.value), at = other, b = other;
    if (o[1].type == ZYDIS_OPERAND_TYPE_MEMORY)
        at = address_value(state, &o[1]);
    else if (o[1].type == ZYDIS_OPERAND_TYPE_REGISTER)
        b = value_of(state, o[1].reg.value);
    if (z->mnemonic == ZYDIS_MNEMONIC_MOVZX && at.what == OP && o[1].size == 8 && (o[0].size == 32 || o[0].size == 64)) {
        insn->dest = (u8)number_of(o[0].reg.value);
        return (Value){ BYTE, (u8)(insn - s->insns), at.delta };
    }
    if (o[0].size != 64)
        return other;
    if (z->mnemonic == ZYDIS_MNEMONIC_MOV && b.what == OP)
        return b;
    if (z->mnemonic == ZYDIS_MNEMONIC_MOV && at.what == OP)
        return (Value){ HANDLER, 0, at.delta };
    if (z->mnemonic == ZYDIS_MNEMONIC_LEA && at.what == OP)
        return at;
    bool adds = z->mnemonic == ZYDIS_MNEMONIC_ADD;
    if ((adds || z->mnemonic == ZYDIS_MNEMONIC_SUB) && a.what == OP && o[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        i64 delta = a.delta + (adds ? o[1].imm.value.s : -o[1].imm.value.s);
        return delta == (i16)delta ? (Value){ OP, 0, (i16)delta } : other;
    }
    return other;
}

static void touch(HostInsn *insn, ZydisRegister reg)
{
    int n = number_of(reg);
    if (n >= 0)
        insn->touches |= (u16)(1u << n);
}

/* An operand that is a register: what it held is needed if it is read; it is OTHER once written. */
static void read_register(Stencils *s, HostInsn *insn, const State *before, State *after, const ZydisDecodedOperand *o)
{
    touch(insn, o->reg.value);
    int n = number_of(o->reg.value);
    if (n < 0)
        return;
    bool whole = o->actions == ZYDIS_OPERAND_ACTION_WRITE && o->size >= 32;
    if (!whole)
        need(s, insn, before, o->reg.value);
    if (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
        after->r[n] = (Value){ OTHER, 0, 0 };
}

/* The registers of its arguments are read, those that calls may change are OTHER behind it. */
static void follow_call(Stencils *s, HostInsn *insn, const State *before, State *after)
{
    insn->touches = 0xffff;
    const u16 kept = 1 << RBX | 1 << RBP | 1 << RSP | 1 << R12 | 1 << R13 | 1 << R14 | 1 << R15;
    const u16 arguments = 1 << RDI | 1 << RSI | 1 << RDX | 1 << RCX | 1 << R8 | 1 << R9;
    bool all_kept = cpu_model_keeps_registers(insn->target);
    for (int n = 0; n < 16; n++)
        if ((all_kept ? arguments : ~kept) >> n & 1) {
            need(s, insn, before, ZYDIS_REGISTER_RAX + n);
            if (!all_kept)
                after->r[n] = (Value){ OTHER, 0, 0 };
        }
}

/* The addition that is not executed would have set the flags: nobody may look at them. */
static void follow_flags(Stencils *s, const HostInsn *insn, const ZydisDecodedInstruction *z, State *state)
{
    const ZydisAccessedFlags *f = z->cpu_flags;
    if (state->no_flags && f && f->tested)
        s->as_it_stands = true;
    if (insn->form == NOT_AT_ALL && f && f->modified)
        state->no_flags = true;
    else if (f && (f->modified | f->set_0 | f->set_1 | f->undefined) & FLAG_ZF)
        state->no_flags = false;
}

/* The registers after a plain instruction, and how it is written. */
static void follow(Stencils *s, HostInsn *insn, const ZydisDecodedInstruction *z, const ZydisDecodedOperand *o, State *state)
{
    const State before = *state;
    Value result = result_of(s, insn, &before, z, o);
    bool moves = result.what == OP;
    for (unsigned i = 0; i < z->operand_count; i++) {
        if (o[i].type == ZYDIS_OPERAND_TYPE_MEMORY) {
            touch(insn, o[i].mem.base);
            touch(insn, o[i].mem.index);
            if (!moves)
                read_memory(s, insn, &before, &o[i]);
        } else if (o[i].type == ZYDIS_OPERAND_TYPE_REGISTER && moves) {
            touch(insn, o[i].reg.value);
        } else if (o[i].type == ZYDIS_OPERAND_TYPE_REGISTER) {
            read_register(s, insn, &before, state, &o[i]);
        }
    }
    if (z->meta.category == ZYDIS_CATEGORY_CALL)
        follow_call(s, insn, &before, state);
    if (result.what != OTHER)
        state->r[number_of(o[0].reg.value)] = result;
    if (result.what == HANDLER)
        insn->load = (u8)(1 + number_of(o[0].reg.value));
    if (result.what == BYTE) {
        insn->form = CONSTANT;
        insn->value = result;
    }
    if (moves)
        insn->form = NOT_AT_ALL;
    follow_flags(s, insn, z, state);
}

/* An indirect jump: to the handler of the op that RSI has been moved to? */
static void read_indirect_jump(Stencils *s, HostInsn *insn, const ZydisDecodedOperand *o)
{
    insn->kind = STOP;
    const State *state = &insn->before;
    bool memory = o->type == ZYDIS_OPERAND_TYPE_MEMORY;
    Value target = memory ? address_value(state, o) : value_of(state, o->reg.value), op = state->r[RSI];
    bool behind = op.what == OP && op.delta > 0 && op.delta % (i32)sizeof(Op) == 0;
    if (behind && target.what == (memory ? OP : HANDLER) && op.delta == target.delta) {
        u32 step = (u32)op.delta / (u32)sizeof(Op);
        if (!s->step || s->step == step) {
            s->step = step;
            insn->kind = NEXT;
            insn->jump = memory ? 0 : (u8)(1 + number_of(o->reg.value));
            return;
        }
    }
    /* To some op's handler, for which only the three arguments count; or by a table back into the original, where all count. */
    if (memory || op.what == OP || op.what == MIXED)
        s->as_it_stands = true;
    need(s, NULL, state, ZYDIS_REGISTER_RDI);
    need(s, NULL, state, ZYDIS_REGISTER_RDX);
}

/* Where the parts lie that `form` changes. */
static void read_encoding(HostInsn *insn, const ZydisDecodedInstruction *z)
{
    insn->modrm = z->raw.modrm.offset;
    insn->behind = (u8)(z->raw.modrm.offset + 1 + (z->raw.modrm.mod != 3 && z->raw.modrm.rm == 4) + z->raw.disp.size / 8);
    if (z->attributes & ZYDIS_ATTRIB_HAS_REX)
        insn->prefix = (u8)(z->raw.rex.offset + 1);
    if (z->encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX)
        insn->wide_prefix = (u8)(z->raw.evex.offset + 1);
    else if (z->encoding == ZYDIS_INSTRUCTION_ENCODING_VEX && z->raw.vex.size == 3)
        insn->wide_prefix = (u8)(z->raw.vex.offset + 1);
}

/* Fills insn from the bytes at insn->at; false: not understood. */
static bool read_insn(Stencils *s, HostInsn *insn, State *after)
{
    ZydisDecoderContext context;
    ZydisDecodedInstruction z;
    ZydisDecodedOperand o[ZYDIS_MAX_OPERAND_COUNT];
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&s->decoder, &context, insn->at, 15, &z)) ||
        !ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&s->decoder, &context, &z, o, z.operand_count)))
        return false;
    insn->length = z.length;
    *after = insn->before;
    bool relative = z.raw.imm[0].is_relative && z.raw.imm[0].size;
    const u8 *end = insn->at + z.length;
    if (z.meta.category == ZYDIS_CATEGORY_COND_BR || (z.meta.category == ZYDIS_CATEGORY_UNCOND_BR && relative)) {
        insn->kind = z.meta.category == ZYDIS_CATEGORY_COND_BR ? BRANCH : JUMP;
        insn->condition = z.opcode & 15;
        insn->target = end + z.raw.imm[0].value.s;
        if (insn->kind == BRANCH)
            follow_flags(s, insn, &z, after);
        return insn->kind == JUMP || (z.opcode & 0xf0) == (z.raw.imm[0].size == 8 ? 0x70 : 0x80); /* no LOOP, no JRCXZ */
    }
    if (z.meta.category == ZYDIS_CATEGORY_UNCOND_BR) {
        read_indirect_jump(s, insn, &o[0]);
        return true;
    }
    insn->kind = z.meta.category == ZYDIS_CATEGORY_RET || z.mnemonic == ZYDIS_MNEMONIC_UD2 ? STOP : PLAIN;
    if (relative) { /* CALL */
        insn->field = z.raw.imm[0].offset;
        insn->target = end + z.raw.imm[0].value.s;
        if (z.raw.imm[0].size != 32)
            return false;
    } else if (z.attributes & ZYDIS_ATTRIB_IS_RELATIVE) {
        insn->field = z.raw.disp.offset;
        insn->target = end + z.raw.disp.value;
        if (z.raw.disp.size != 32)
            return false;
    }
    read_encoding(insn, &z);
    follow(s, insn, &z, o, after);
    return true;
}

/* ---- following ----------------------------------------------------------------------------------------------------------- */

static bool same(Value a, Value b) { return a.what == b.what && a.delta == b.delta && a.by == b.by; }

/* What holds on both ways into a place. True when that is less than `into` claimed. */
static bool merge(Stencils *s, State *into, const State *from)
{
    if (!into->reached) {
        *into = *from;
        into->reached = true;
        return false;
    }
    bool less = from->no_flags && !into->no_flags;
    into->no_flags |= from->no_flags;
    for (int n = 0; n < 16; n++) {
        Value *a = &into->r[n], b = from->r[n];
        if (same(*a, b) || (a->what == OTHER && (b.what == OTHER || b.what == HANDLER)) || a->what == MIXED)
            continue;
        bool address = a->what == OP || b.what == OP || b.what == MIXED;
        if (a->what == BYTE)
            s->insns[a->by].needed = true;
        if (b.what == BYTE)
            s->insns[b.by].needed = true;
        less |= a->what != OTHER || address;
        *a = (Value){ address ? MIXED : OTHER, 0, 0 };
    }
    return less;
}

/* Places ahead that branches go to, with what holds there. */
typedef struct Ahead {
    struct { const u8 *at; State state; } place[32];
    u32 count;
} Ahead;

static bool ahead_add(Stencils *s, Ahead *ahead, const u8 *at, const State *state)
{
    u32 i = 0;
    while (i < ahead->count && ahead->place[i].at != at)
        i++;
    if (i == sizeof ahead->place / sizeof ahead->place[0])
        return false;
    if (i == ahead->count) {
        ahead->place[ahead->count++].at = at;
        ahead->place[i].state.reached = false;
    }
    merge(s, &ahead->place[i].state, state);
    return true;
}

/* Removes and returns the nearest place at or behind `at`, NULL: none. */
static const u8 *ahead_take(Ahead *ahead, const u8 *at, State *state)
{
    u32 best = ahead->count;
    for (u32 i = 0; i < ahead->count; i++)
        if (ahead->place[i].at >= at && (best == ahead->count || ahead->place[i].at < ahead->place[best].at))
            best = i;
    if (best == ahead->count)
        return NULL;
    *state = ahead->place[best].state;
    const u8 *found = ahead->place[best].at;
    ahead->place[best] = ahead->place[--ahead->count];
    return found;
}

/* A way back to `place` brings less than was taken for granted there: to be known beforehand, next time. */
static bool expect(Stencils *s, const HostInsn *place)
{
    u32 i = 0;
    while (i < s->expected_count && s->expected[i].at != place->at)
        i++;
    if (i == EXPECTED)
        return false;
    s->expected[i].at = place->at;
    s->expected[i].state = place->before;
    s->expected_count += i == s->expected_count;
    s->again = true;
    return true;
}

/* A branch's target: ahead in this function (or in one that stands right behind: the same), back in it, or elsewhere. */
static bool follow_branch(Stencils *s, const HostInsn *insn, Ahead *ahead, const State *state)
{
    if (insn->target > insn->at && insn->target < s->entry + MAX_BYTES)
        return ahead_add(s, ahead, insn->target, state);
    HostInsn *back = stencil_insn_at(s, insn->target);
    if (!back) { /* to another handler, for which only the three arguments count; or, if it is near, still in this function: also
                  * back, into a loop's head that was jumped over (gcc) and is not read */
        if ((insn->target > s->entry && insn->target < s->entry + NEAR_BYTES) || state->r[RSI].what == MIXED)
            s->as_it_stands = true;
        need(s, NULL, state, ZYDIS_REGISTER_RDI);
        need(s, NULL, state, ZYDIS_REGISTER_RDX);
        return true;
    }
    back->labelled = true;
    return !merge(s, &back->before, state) || expect(s, back);
}

bool stencil_read(Stencils *s)
{
    static const State none;
    Ahead ahead = { .count = 0 };
    State state = none;
    state.reached = true;
    state.r[RSI] = (Value){ OP, 0, 0 };
    const u8 *at = s->entry;
    for (bool falls = true;;) {
        State jumped;
        const u8 *place = ahead_take(&ahead, at, &jumped);
        if (place && place != at && falls) {
            ahead_add(s, &ahead, place, &jumped); /* not there yet */
            place = NULL;
        }
        if (!place && !falls)
            return ahead.count == 0;
        if (s->insn_count == MAX_INSNS)
            return false;
        HostInsn *insn = &s->insns[s->insn_count++];
        *insn = (HostInsn){ .at = place ? place : at, .labelled = place != NULL, .before = none };
        if (falls)
            merge(s, &insn->before, &state);
        if (place)
            merge(s, &insn->before, &jumped);
        for (u32 i = 0; i < s->expected_count; i++)
            if (s->expected[i].at == insn->at)
                merge(s, &insn->before, &s->expected[i].state);
        if (!read_insn(s, insn, &state))
            return false;
        falls = insn->kind == PLAIN || insn->kind == BRANCH;
        at = insn->at + insn->length;
        if ((insn->kind == BRANCH || insn->kind == JUMP) && !follow_branch(s, insn, &ahead, &state))
            return false;
    }
}

#endif

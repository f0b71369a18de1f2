/* From a handler's machine code to a stencil. The compiler's code is decoded (with Zydis, as guest code is) and followed, to know
 * which registers hold the address of the op (RSI on entry: System V ABI), what was read from it, or anything else. Then
 *
 *   - where it goes on to the op behind its own, `jmp *register` with that op's handler in the register and RSI moved there, the
 *     copy just ends: the next op's copy stands there;
 *   - what it reads from the op has an absolute address, so RSI is not needed, and need not be kept, unless the code leaves for a
 *     handler that starts the op over: that gets RSI on the way;
 *   - an index register that holds a byte of the op, a register slot, becomes part of the displacement.
 *
 * Code that does more with the op's address than read through it is copied as it stands, behind a load of RSI. What is not
 * understood at all has no stencil. Nothing here depends on what a handler does. */
#include "cpu/stencil.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"

#if defined(EMU_TAIL_CALLS) && defined(__x86_64__)

#include <Zydis/Zydis.h>

enum {
    TABLE = 1 << 15,          /* stencils at most; there are about 15,000 handlers */
    CODE_BYTES = 4 << 20,
    PATCHES = 1 << 17,
    EXPECTED = 8,
    MAX_INSNS = 160,          /* of one handler */
    MAX_BYTES = 1024,
    NEAR_BYTES = 1 << 14,     /* no function is longer */
};

typedef enum Kind {
    PLAIN,
    BRANCH,    /* a conditional jump */
    JUMP,      /* a direct one */
    NEXT,      /* on to the op that follows */
    STOP,      /* anything else that does not fall through */
} Kind;

typedef enum What {
    OTHER,   /* nothing of the op's address */
    MIXED,   /* the op's address on one way here, something else on another */
    OP,      /* the op's address plus delta */
    HANDLER, /* 64 bits read from there */
    BYTE,    /* one byte read from there, zero-extended; by instruction `by` */
} What;

typedef struct Value { /* what a register holds */
    u8 what, by;
    i16 delta;
} Value;

typedef struct State {
    bool reached;
    bool no_flags; /* an addition to the op's address would have set them, but will not be executed */
    Value r[16];
} State;

/* How an instruction is written. */
typedef enum Form {
    AS_IS,
    NOT_AT_ALL, /* it only moves the op's address about */
    ABSOLUTE,   /* reads the op at `value` */
    CONSTANT,   /* loads a byte of the op: into `dest`, by an immediate */
    INDEXED,    /* index register `value` (a BYTE) times scale moves into the displacement; base register `base` */
} Form;

typedef struct HostInsn {
    const u8 *at;
    const u8 *target;     /* BRANCH, JUMP: where to; PLAIN: what its RIP-relative operand or call refers to, or NULL */
    u8 length, condition;
    u8 field;             /* PLAIN with a target: offset of the four bytes */
    u8 kind, form;        /* Kind, Form */
    u8 load;              /* PLAIN: 1 + the register it loads from an op with nothing else to do; 0: none */
    u8 jump;              /* NEXT by a register: 1 + its number */
    bool labelled, emitted, needed; /* needed: a CONSTANT that somebody reads */
    u8 modrm, behind;     /* offsets of the ModRM byte, and of what follows the displacement */
    u8 prefix, wide_prefix; /* 1 + offset of REX, or offset of the byte of VEX, EVEX that holds X and B; 0: none */
    u8 dest, base, scale;
    i32 displacement;
    Value value;
    u16 touches;          /* general registers that it reads or writes, by number */
    u16 offset;           /* in the stencil */
    State before;
} HostInsn;

struct Stencils {
    Stencil table[TABLE];
    u8 code[CODE_BYTES];
    Patch patches[PATCHES];
    u32 count, code_used, patches_used;
    ZydisDecoder decoder;
    /* the handler being made */
    HostInsn insns[MAX_INSNS];
    u32 insn_count;
    const u8 *entry;
    u32 step, size;
    struct { const u8 *at; State state; } expected[EXPECTED]; /* what ways back bring */
    u32 expected_count;
    bool again; /* that has become more: to be read anew */
    bool as_it_stands; /* nothing but NEXT is taken out, and RSI is loaded in front */
};

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

/* base + displacement, when that is the op's address plus something, and can be written as an absolute address. */
static Value address_value(const State *state, const ZydisDecodedOperand *o)
{
    Value base = value_of(state, o->mem.base);
    i64 delta = base.delta + (o->mem.disp.has_displacement ? o->mem.disp.value : 0);
    bool simple = o->mem.index == ZYDIS_REGISTER_NONE && o->mem.segment != ZYDIS_REGISTER_FS && o->mem.segment != ZYDIS_REGISTER_GS;
    bool wide = o->mem.base >= ZYDIS_REGISTER_RAX && o->mem.base <= ZYDIS_REGISTER_R15;
    if (base.what != OP || !simple || !wide || o->encoding != ZYDIS_OPERAND_ENCODING_MODRM_RM || delta != (i16)delta)
        return (Value){ OTHER, 0, 0 };
    return (Value){ OP, 0, (i16)delta };
}

/* Somebody needs what the register really holds. */
static void need(Stencils *s, const State *state, ZydisRegister reg)
{
    Value value = value_of(state, reg);
    if (value.what == BYTE)
        s->insns[value.by].needed = true;
    else if (value.what == OP || value.what == MIXED)
        s->as_it_stands = true;
}

/* An operand in memory: by which form of the instruction can it be reached without the registers that are not there? */
static void read_memory(Stencils *s, HostInsn *insn, const State *state, const ZydisDecodedOperand *o)
{
    Value op = address_value(state, o), base = value_of(state, o->mem.base), index = value_of(state, o->mem.index);
    bool modrm = o->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM && o->mem.base >= ZYDIS_REGISTER_RAX &&
                 o->mem.base <= ZYDIS_REGISTER_R15 && o->mem.segment != ZYDIS_REGISTER_FS && o->mem.segment != ZYDIS_REGISTER_GS;
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
        need(s, state, o->mem.base);
        need(s, state, o->mem.index);
    }
}

/* What the destination holds afterwards, where that is more than OTHER. */
static Value result_of(Stencils *s, HostInsn *insn, const State *state, const ZydisDecodedInstruction *z, const ZydisDecodedOperand *o)
{
    const Value other = { OTHER, 0, 0 };
    if (z->operand_count < 2 || o[0].type != ZYDIS_OPERAND_TYPE_REGISTER || number_of(o[0].reg.value) < 0)
        return other;
    Value a = value_of(state, o[0].reg.value), at = o[1].type == ZYDIS_OPERAND_TYPE_MEMORY ? address_value(state, &o[1]) : other;
    if (z->mnemonic == ZYDIS_MNEMONIC_MOVZX && at.what == OP && o[1].size == 8 && (o[0].size == 32 || o[0].size == 64)) {
        insn->dest = (u8)number_of(o[0].reg.value);
        return (Value){ BYTE, (u8)(insn - s->insns), at.delta };
    }
    if (o[0].size != 64)
        return other;
    if (z->mnemonic == ZYDIS_MNEMONIC_MOV && o[1].type == ZYDIS_OPERAND_TYPE_REGISTER && value_of(state, o[1].reg.value).what == OP)
        return value_of(state, o[1].reg.value);
    if (z->mnemonic == ZYDIS_MNEMONIC_MOV && at.what == OP)
        return (Value){ HANDLER, 0, at.delta };
    if (z->mnemonic == ZYDIS_MNEMONIC_LEA && at.what == OP)
        return at;
    if ((z->mnemonic == ZYDIS_MNEMONIC_ADD || z->mnemonic == ZYDIS_MNEMONIC_SUB) && a.what == OP && o[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        i64 delta = a.delta + (z->mnemonic == ZYDIS_MNEMONIC_ADD ? o[1].imm.value.s : -o[1].imm.value.s);
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
        need(s, before, o->reg.value);
    if (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
        after->r[n] = (Value){ OTHER, 0, 0 };
}

static void follow_call(Stencils *s, HostInsn *insn, const State *before, State *after)
{
    insn->touches = 0xffff;
    const u16 kept = 1 << RBX | 1 << RBP | 1 << RSP | 1 << R12 | 1 << R13 | 1 << R14 | 1 << R15;
    for (int n = 0; n < 16; n++)
        if (!(kept >> n & 1)) {
            need(s, before, ZYDIS_REGISTER_RAX + n);
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
    if (op.what == OP && target.what == (memory ? OP : HANDLER) && op.delta == target.delta && op.delta > 0 && op.delta % (i32)sizeof(Op) == 0) {
        u32 step = (u32)op.delta / (u32)sizeof(Op);
        if (!s->step || s->step == step) {
            s->step = step;
            insn->kind = NEXT;
            insn->jump = memory ? 0 : (u8)(1 + number_of(o->reg.value));
            return;
        }
    }
    /* To some op's handler, for which only the three arguments count. A table of jumps goes back into the original: all count. */
    if (memory || op.what == OP || op.what == MIXED)
        s->as_it_stands = true;
    need(s, state, ZYDIS_REGISTER_RDI);
    need(s, state, ZYDIS_REGISTER_RDX);
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

static HostInsn *insn_at(Stencils *s, const u8 *at)
{
    for (u32 i = 0; i < s->insn_count; i++)
        if (s->insns[i].at == at)
            return &s->insns[i];
    return NULL;
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
    HostInsn *back = insn_at(s, insn->target);
    if (!back) { /* to another handler, for which only the three arguments count; or, if it is near, still in this function */
        if ((insn->target > insn->at && insn->target < s->entry + NEAR_BYTES) || state->r[RSI].what == MIXED)
            s->as_it_stands = true;
        need(s, state, ZYDIS_REGISTER_RDI);
        need(s, state, ZYDIS_REGISTER_RDX);
        return true;
    }
    back->labelled = true;
    return !merge(s, &back->before, state) || expect(s, back);
}

/* Decodes everything that can be reached, in the order of addresses. */
static bool read_handler(Stencils *s)
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

/* ---- shortening ---------------------------------------------------------------------------------------------------------- */

/* Branches to a jump that leaves the handler go where it goes. */
static void shorten_branches(Stencils *s)
{
    for (u32 i = 0; i < s->insn_count; i++) {
        HostInsn *insn = &s->insns[i], *there;
        if (insn->kind == BRANCH && (there = insn_at(s, insn->target)) && there->kind == JUMP && !insn_at(s, there->target))
            insn->target = there->target;
    }
}

static void mark_emitted(Stencils *s)
{
    s->insns[0].emitted = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (u32 i = 0; i < s->insn_count; i++) {
            HostInsn *insn = &s->insns[i];
            if (!insn->emitted)
                continue;
            HostInsn *to[2] = { insn->kind == BRANCH || insn->kind == JUMP ? insn_at(s, insn->target) : NULL,
                                insn->kind == PLAIN || insn->kind == BRANCH ? insn + 1 : NULL };
            for (int k = 0; k < 2; k++)
                if (to[k] && !to[k]->emitted)
                    to[k]->emitted = changed = true;
        }
    }
}

/* The load of the next op's handler is for the jump alone: without that, it is not needed either. */
static void drop_loads(Stencils *s)
{
    for (u32 i = 0; i < s->insn_count; i++) {
        u8 reg = s->insns[i].jump;
        if (s->insns[i].kind != NEXT || !reg)
            continue;
        for (u32 k = i; k-- > 0 && !s->insns[k + 1].labelled;) {
            HostInsn *insn = &s->insns[k];
            if (insn->kind != PLAIN)
                break;
            if (!(insn->touches >> (reg - 1) & 1))
                continue;
            if (insn->load == reg)
                insn->emitted = false;
            break;
        }
    }
}

/* ---- writing ------------------------------------------------------------------------------------------------------------- */

static u32 size_of_plain(const Stencils *s, const HostInsn *insn)
{
    u32 rest = (u32)(insn->length - insn->behind);
    switch (s->as_it_stands ? AS_IS : (Form)insn->form) {
    case NOT_AT_ALL: return 0;
    case CONSTANT: return !insn->needed ? 0 : insn->dest >= 8 ? 6 : 5;
    case ABSOLUTE: return insn->modrm + 6u + rest;
    case INDEXED: return insn->modrm + 5u + ((insn->base & 7) == 4) + rest;
    default: return insn->length;
    }
}

static u32 size_of(const Stencils *s, const HostInsn *insn, bool last)
{
    switch ((Kind)insn->kind) {
    case BRANCH: return 6;
    case JUMP: return 5;
    case NEXT: return last ? 0 : 5;
    case STOP: return insn->length;
    default: return size_of_plain(s, insn);
    }
}

enum { LOAD_RSI = 5 }; /* the bytes of `mov esi, imm32` */

/* Gives each instruction its place. False: too long. */
static bool lay_out(Stencils *s)
{
    u32 size = s->as_it_stands ? LOAD_RSI : 0, last = 0;
    for (u32 i = 0; i < s->insn_count; i++)
        if (s->insns[i].emitted)
            last = i;
    for (u32 i = 0; i < s->insn_count; i++) {
        s->insns[i].offset = (u16)size;
        if (s->insns[i].emitted)
            size += size_of(s, &s->insns[i], i == last);
        if (size > STENCIL_MAX)
            return false;
    }
    s->size = size;
    return true;
}

static void put32(u8 *p, i64 value)
{
    i32 narrow = (i32)value;
    memcpy(p, &narrow, 4);
}

static void patch(Stencils *s, PatchKind kind, u32 at, u32 from, Value value, u32 scale, const u8 *target)
{
    s->patches[s->patches_used++] = (Patch){ target, (u16)at, (u16)from, value.delta, (u8)kind, (u8)scale };
}

/* The four bytes at `at`, the end of a jump: a place in the stencil, or one outside, where RSI must be the op if it was. */
static void put_target(Stencils *s, u8 *code, const HostInsn *insn, u32 at)
{
    const HostInsn *inside = insn_at(s, insn->target);
    Value op = insn->before.r[RSI];
    if (inside)
        put32(code + at, (i64)inside->offset - (at + 4));
    else
        patch(s, op.what == OP && !s->as_it_stands ? PATCH_LEAVE : PATCH_DISTANCE, at, at + 4, op, 0, insn->target);
}

/* An instruction with another memory operand: [absolute], or [base + displacement]. */
static void put_address(Stencils *s, const HostInsn *insn, u8 *code, bool absolute)
{
    u8 *p = code + insn->offset, base = absolute ? 0 : insn->base;
    memcpy(p, insn->at, insn->modrm + 1u);
    if (insn->prefix)
        p[insn->prefix - 1] = (u8)((p[insn->prefix - 1] & ~3u) | base >> 3);
    if (insn->wide_prefix)
        p[insn->wide_prefix] = (u8)((p[insn->wide_prefix] & ~0x60u) | 0x40 | (base >> 3 ? 0 : 0x20));
    u32 at = insn->modrm;
    bool sib = absolute || (base & 7) == 4;
    p[at] = (u8)((p[at] & 0x38) | (absolute ? 0 : 0x80) | (sib ? 4 : base & 7));
    at++;
    if (sib)
        p[at++] = absolute ? 0x25 : 0x24;
    put32(p + at, absolute ? 0 : insn->displacement);
    memcpy(p + at + 4, insn->at + insn->behind, (u32)(insn->length - insn->behind));
    PatchKind kind = !absolute ? PATCH_BYTE : insn->load ? PATCH_LOAD : PATCH_OP;
    patch(s, kind, insn->offset + at, 0, insn->value, insn->scale, NULL);
}

static void write_plain(Stencils *s, const HostInsn *insn, u8 *code)
{
    u8 *p = code + insn->offset;
    switch (s->as_it_stands ? AS_IS : (Form)insn->form) {
    case NOT_AT_ALL:
        break;
    case CONSTANT:
        if (!insn->needed)
            break;
        if (insn->dest >= 8)
            *p++ = 0x41;
        *p++ = (u8)(0xb8 | (insn->dest & 7));
        put32(p, 0);
        patch(s, PATCH_BYTE, (u32)(p - code), 0, insn->value, 1, NULL);
        break;
    case ABSOLUTE:
        put_address(s, insn, code, true);
        break;
    case INDEXED:
        put_address(s, insn, code, false);
        break;
    default:
        memcpy(p, insn->at, insn->length);
        if (insn->target)
            patch(s, PATCH_DISTANCE, insn->offset + insn->field, insn->offset + insn->length, (Value){ 0 }, 0, insn->target);
        break;
    }
}

static void write_insn(Stencils *s, const HostInsn *insn, u8 *code)
{
    u8 *p = code + insn->offset;
    switch ((Kind)insn->kind) {
    case BRANCH:
        p[0] = 0x0f;
        p[1] = (u8)(0x80 | insn->condition);
        put_target(s, code, insn, insn->offset + 2u);
        break;
    case JUMP:
        p[0] = 0xe9;
        put_target(s, code, insn, insn->offset + 1u);
        break;
    case NEXT: /* to the end, where the next op's copy stands */
        if (insn->offset == s->size)
            break;
        p[0] = 0xe9;
        put32(p + 1, (i64)s->size - (insn->offset + 5));
        break;
    case STOP:
        memcpy(p, insn->at, insn->length);
        break;
    default:
        write_plain(s, insn, code);
        break;
    }
}

/* Instructions that are not emitted, but that somebody branches to, stand where the next one does. */
static void make(Stencils *s, Stencil *stencil)
{
    s->entry = (const u8 *)(uintptr_t)stencil->handler;
    s->expected_count = 0;
    do {
        s->insn_count = s->step = 0;
        s->again = s->as_it_stands = false;
        if (!read_handler(s))
            return;
    } while (s->again);
    shorten_branches(s);
    mark_emitted(s);
    drop_loads(s);
    if (!lay_out(s) || s->code_used + s->size > CODE_BYTES || s->patches_used + s->insn_count + 1 > PATCHES)
        return;
    u8 *code = s->code + s->code_used;
    stencil->code = code;
    stencil->patches = s->patches + s->patches_used;
    if (s->as_it_stands) {
        code[0] = 0xbe;
        patch(s, PATCH_OP, 1, 0, (Value){ 0 }, 0, NULL);
    }
    for (u32 i = 0; i < s->insn_count; i++)
        if (s->insns[i].emitted)
            write_insn(s, &s->insns[i], code);
    stencil->patch_count = (u16)(s->patches + s->patches_used - stencil->patches);
    stencil->size = (u16)s->size;
    stencil->step = (u8)s->step;
    stencil->usable = true;
    s->code_used += s->size;
}

/* ---- the table ----------------------------------------------------------------------------------------------------------- */

Stencils *stencils_create(void)
{
    Stencils *s = calloc(1, sizeof *s); /* so large that pages are committed as they are used */
    if (s)
        ZydisDecoderInit(&s->decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    return s;
}

void stencils_destroy(Stencils *s) { free(s); }

const Stencil *stencil_of(Stencils *s, OpHandler *handler)
{
    u32 i = (u32)((u64)(uintptr_t)handler * 0x9e3779b97f4a7c15ull >> 49) & (TABLE - 1);
    while (s->table[i].handler && s->table[i].handler != handler)
        i = (i + 1) & (TABLE - 1);
    Stencil *stencil = &s->table[i];
    if (stencil->handler)
        return stencil;
    if (s->count == TABLE * 3 / 4)
        return NULL;
    s->count++;
    stencil->handler = handler;
    make(s, stencil);
    return stencil;
}

#endif

/* From a handler's machine code to a stencil. The compiler's code is decoded (with Zydis, as guest code is), and the place is
 * found where the handler goes on to the op behind its own: `jmp *register`, the register loaded from that op's `handler`, and
 * RSI moved there. A copy without that jump runs straight into the next op's copy. Everything else is copied as it stands;
 * what refers to RIP is patched. When a handler is not understood it simply has no stencil.
 *
 * What RSI and the loaded register hold is proved by following the code (State): the argument registers of a handler are
 * known (System V ABI: RDI cpu, RSI op, RDX acc), so a jump to [RSI + 32 n] with RSI moved by 32 n is a tail call of op n's
 * handler, whatever else the code does. */
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
    MAX_INSNS = 160,          /* of one handler */
    MAX_BYTES = 1024,
    MAX_SIZE = 1400,          /* of its stencil: short branches grow */
};

typedef enum Kind {
    PLAIN,
    BRANCH,    /* a conditional jump */
    JUMP,      /* a direct one */
    NEXT,      /* on to the op that follows */
    STOP,      /* anything else that does not fall through */
} Kind;

typedef struct Value { /* what a register holds */
    enum { UNKNOWN, OP, HANDLER } what; /* OP: the address of the handler's op, plus delta bytes; HANDLER: what is read there */
    i32 delta;
} Value;

typedef struct State {
    bool reached;
    Value r[16];
} State;

typedef struct HostInsn {
    const u8 *at;
    const u8 *target;     /* BRANCH, JUMP: where to; PLAIN: what its RIP-relative operand or call refers to, or NULL */
    u8 length, condition;
    u8 field;             /* PLAIN with a target: offset of the four bytes */
    u8 kind;              /* Kind */
    u8 load;              /* PLAIN: 1 + the register it loads from an op with nothing else to do; 0: none */
    u8 jump;              /* NEXT by a register: 1 + its number */
    bool labelled, emitted;
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
    u32 step;
};

/* ---- reading ------------------------------------------------------------------------------------------------------------- */

static int number_of(ZydisRegister reg)
{
    ZydisRegister wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    return wide >= ZYDIS_REGISTER_RAX && wide <= ZYDIS_REGISTER_R15 ? wide - ZYDIS_REGISTER_RAX : -1;
}

static Value value_of(const State *state, ZydisRegister reg)
{
    int n = reg >= ZYDIS_REGISTER_RAX && reg <= ZYDIS_REGISTER_R15 ? number_of(reg) : -1;
    return n < 0 ? (Value){ UNKNOWN, 0 } : state->r[n];
}

/* base + displacement, when that lies in or behind the op. */
static Value address_value(const State *state, const ZydisDecodedOperand *o)
{
    Value base = value_of(state, o->mem.base);
    if (base.what != OP || o->mem.index != ZYDIS_REGISTER_NONE || o->mem.segment == ZYDIS_REGISTER_FS || o->mem.segment == ZYDIS_REGISTER_GS)
        return (Value){ UNKNOWN, 0 };
    return (Value){ OP, base.delta + (i32)(o->mem.disp.has_displacement ? o->mem.disp.value : 0) };
}

/* What the destination of MOV, ADD, SUB and LEA holds afterwards. */
static Value result_of(const State *state, const ZydisDecodedInstruction *z, const ZydisDecodedOperand *o)
{
    const Value unknown = { UNKNOWN, 0 };
    if (o[0].type != ZYDIS_OPERAND_TYPE_REGISTER || o[0].size != 64)
        return unknown;
    Value a = value_of(state, o[0].reg.value);
    switch (z->mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
        if (o[1].type == ZYDIS_OPERAND_TYPE_REGISTER)
            return value_of(state, o[1].reg.value);
        if (o[1].type != ZYDIS_OPERAND_TYPE_MEMORY)
            return unknown;
        a = address_value(state, &o[1]);
        return a.what == OP ? (Value){ HANDLER, a.delta } : unknown;
    case ZYDIS_MNEMONIC_LEA:
        return address_value(state, &o[1]);
    case ZYDIS_MNEMONIC_ADD: case ZYDIS_MNEMONIC_SUB:
        if (a.what != OP || o[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
            return unknown;
        return (Value){ OP, a.delta + (i32)(z->mnemonic == ZYDIS_MNEMONIC_ADD ? o[1].imm.value.s : -o[1].imm.value.s) };
    default:
        return unknown;
    }
}

static void touch(HostInsn *insn, ZydisRegister reg)
{
    int n = number_of(reg);
    if (n >= 0)
        insn->touches |= (u16)(1u << n);
}

/* The registers after a plain instruction. */
static void follow(HostInsn *insn, const ZydisDecodedInstruction *z, const ZydisDecodedOperand *o, State *state)
{
    Value result = z->operand_count >= 2 ? result_of(state, z, o) : (Value){ UNKNOWN, 0 };
    for (unsigned i = 0; i < z->operand_count; i++) {
        if (o[i].type == ZYDIS_OPERAND_TYPE_MEMORY) {
            touch(insn, o[i].mem.base);
            touch(insn, o[i].mem.index);
        } else if (o[i].type == ZYDIS_OPERAND_TYPE_REGISTER) {
            touch(insn, o[i].reg.value);
            int n = number_of(o[i].reg.value);
            if (n >= 0 && o[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
                state->r[n].what = UNKNOWN;
        }
    }
    if (z->meta.category == ZYDIS_CATEGORY_CALL) {
        insn->touches = 0xffff;
        const u16 kept = 1 << RBX | 1 << RBP | 1 << R12 | 1 << R13 | 1 << R14 | 1 << R15;
        for (int n = 0; n < 16; n++)
            if (!(kept >> n & 1))
                state->r[n].what = UNKNOWN;
    }
    if (result.what != UNKNOWN)
        state->r[number_of(o[0].reg.value)] = result;
    if (result.what == HANDLER)
        insn->load = (u8)(1 + number_of(o[0].reg.value));
}

/* An indirect jump: to the handler of the op that RSI has been moved to? */
static void read_indirect_jump(Stencils *s, HostInsn *insn, const ZydisDecodedOperand *o)
{
    insn->kind = STOP;
    const State *state = &insn->before;
    Value target = { UNKNOWN, 0 };
    if (o->type == ZYDIS_OPERAND_TYPE_MEMORY)
        target = address_value(state, o);
    else if (value_of(state, o->reg.value).what == HANDLER)
        target = (Value){ OP, value_of(state, o->reg.value).delta };
    Value op = state->r[RSI];
    if (target.what != OP || op.what != OP || op.delta != target.delta || op.delta <= 0 || op.delta % (i32)sizeof(Op))
        return;
    u32 step = (u32)op.delta / (u32)sizeof(Op);
    if (s->step && s->step != step)
        return;
    s->step = step;
    insn->kind = NEXT;
    insn->jump = o->type == ZYDIS_OPERAND_TYPE_REGISTER ? (u8)(1 + number_of(o->reg.value)) : 0;
}

/* Fills insn from the bytes at insn->at; false: not understood. */
static bool read_insn(Stencils *s, HostInsn *insn, State *after)
{
    ZydisDecodedInstruction z;
    ZydisDecodedOperand o[ZYDIS_MAX_OPERAND_COUNT];
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&s->decoder, insn->at, 15, &z, o)))
        return false;
    insn->length = z.length;
    *after = insn->before;
    bool relative = z.raw.imm[0].is_relative && z.raw.imm[0].size;
    const u8 *end = insn->at + z.length;
    if (z.meta.category == ZYDIS_CATEGORY_COND_BR || (z.meta.category == ZYDIS_CATEGORY_UNCOND_BR && relative)) {
        insn->kind = z.meta.category == ZYDIS_CATEGORY_COND_BR ? BRANCH : JUMP;
        insn->condition = z.opcode & 15;
        insn->target = end + z.raw.imm[0].value.s;
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
    follow(insn, &z, o, after);
    return true;
}

/* ---- following ----------------------------------------------------------------------------------------------------------- */

/* What holds on both ways into a place. True when that is less than `into` claimed. */
static bool merge(State *into, const State *from)
{
    if (!into->reached) {
        *into = *from;
        into->reached = true;
        return false;
    }
    bool less = false;
    for (int n = 0; n < 16; n++)
        if (into->r[n].what != UNKNOWN && (into->r[n].what != from->r[n].what || into->r[n].delta != from->r[n].delta)) {
            into->r[n].what = UNKNOWN;
            less = true;
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

static bool ahead_add(Ahead *ahead, const u8 *at, const State *state)
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
    merge(&ahead->place[i].state, state);
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

/* A branch's target: ahead in this function (or in one that stands right behind: the same), back in it, or elsewhere. */
static bool follow_branch(Stencils *s, const HostInsn *insn, Ahead *ahead, const State *state)
{
    if (insn->target > insn->at && insn->target < s->entry + MAX_BYTES)
        return ahead_add(ahead, insn->target, state);
    HostInsn *back = insn_at(s, insn->target);
    if (!back)
        return true;
    back->labelled = true;
    return !merge(&back->before, state);
}

/* Decodes everything that can be reached, in the order of addresses. */
static bool read_handler(Stencils *s)
{
    static const State none;
    Ahead ahead = { .count = 0 };
    State state = none;
    state.reached = true;
    state.r[RSI] = (Value){ OP, 0 };
    const u8 *at = s->entry;
    for (bool falls = true;;) {
        State jumped;
        const u8 *place = ahead_take(&ahead, at, &jumped);
        if (place && place != at && falls) {
            ahead_add(&ahead, place, &jumped); /* not there yet */
            place = NULL;
        }
        if (!place && !falls)
            return ahead.count == 0;
        if (s->insn_count == MAX_INSNS)
            return false;
        HostInsn *insn = &s->insns[s->insn_count++];
        *insn = (HostInsn){ .at = place ? place : at, .labelled = place != NULL, .before = none };
        if (falls)
            merge(&insn->before, &state);
        if (place)
            merge(&insn->before, &jumped);
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

static u32 size_of(const HostInsn *insn, bool last)
{
    switch ((Kind)insn->kind) {
    case BRANCH: return 6;
    case JUMP: return 5;
    case NEXT: return last ? 0 : 5;
    default: return insn->length;
    }
}

/* Gives each instruction its place; the size of all, or 0. */
static u32 lay_out(Stencils *s)
{
    u32 size = 0, last = 0;
    for (u32 i = 0; i < s->insn_count; i++)
        if (s->insns[i].emitted)
            last = i;
    for (u32 i = 0; i < s->insn_count; i++) {
        s->insns[i].offset = (u16)size;
        if (s->insns[i].emitted)
            size += size_of(&s->insns[i], i == last);
        if (size > MAX_SIZE)
            return 0;
    }
    return size;
}

static void put32(u8 *p, i64 value)
{
    i32 narrow = (i32)value;
    memcpy(p, &narrow, 4);
}

/* The four bytes at `at`: a place in the stencil, or one outside. */
static void put_target(Stencils *s, u8 *code, u32 at, u32 from, const u8 *target)
{
    const HostInsn *inside = insn_at(s, target);
    if (inside)
        put32(code + at, (i64)inside->offset - from);
    else
        s->patches[s->patches_used++] = (Patch){ target, (u16)at, (u16)from };
}

static void write_insn(Stencils *s, const HostInsn *insn, u8 *code, u32 size)
{
    u8 *p = code + insn->offset;
    switch ((Kind)insn->kind) {
    case BRANCH:
        p[0] = 0x0f;
        p[1] = (u8)(0x80 | insn->condition);
        put_target(s, code, insn->offset + 2u, insn->offset + 6u, insn->target);
        break;
    case JUMP:
        p[0] = 0xe9;
        put_target(s, code, insn->offset + 1u, insn->offset + 5u, insn->target);
        break;
    case NEXT: /* to the end, where the next op's copy stands */
        if (insn->offset == size)
            break;
        p[0] = 0xe9;
        put32(p + 1, (i64)size - (insn->offset + 5));
        break;
    default:
        memcpy(p, insn->at, insn->length);
        if (insn->target)
            s->patches[s->patches_used++] = (Patch){ insn->target, (u16)(insn->offset + insn->field), (u16)(insn->offset + insn->length) };
        break;
    }
}

/* Instructions that are not emitted, but that somebody branches to, stand where the next one does. */
static void make(Stencils *s, Stencil *stencil)
{
    s->entry = (const u8 *)(uintptr_t)stencil->handler;
    s->insn_count = s->step = 0;
    if (!read_handler(s))
        return;
    shorten_branches(s);
    mark_emitted(s);
    drop_loads(s);
    u32 size = lay_out(s);
    if (!size || s->code_used + size > CODE_BYTES || s->patches_used + s->insn_count > PATCHES)
        return;
    u8 *code = s->code + s->code_used;
    stencil->code = code;
    stencil->patches = s->patches + s->patches_used;
    for (u32 i = 0; i < s->insn_count; i++)
        if (s->insns[i].emitted)
            write_insn(s, &s->insns[i], code, size);
    stencil->patch_count = (u16)(s->patches + s->patches_used - stencil->patches);
    stencil->size = (u16)size;
    stencil->step = (u8)s->step;
    stencil->usable = true;
    s->code_used += size;
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

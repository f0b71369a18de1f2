/* From a handler's machine code to a stencil. The compiler's code is decoded and followed (stencil_read.c), to know which
 * registers hold the address of the op, what was read from it, or anything else. Then
 *
 *   - where it goes on to the op behind its own, `jmp *register` with that op's handler in the register and RSI moved there,
 *     the copy just ends: the next op's copy stands there;
 *   - what it reads from the op has an absolute address, so RSI is not needed, and need not be kept, unless the code leaves for
 *     a handler that starts the op over: that gets RSI on the way;
 *   - an index register that holds a byte of the op, a register slot, becomes part of the displacement.
 *
 * Code that does more with the op's address than read through it is copied as it stands, behind a load of RSI. What is not
 * understood at all has no stencil. Nothing here depends on what a handler does. */
#include "cpu/stencil_code.h"

#include <stdlib.h>
#include <string.h>

#if defined(EMU_TAIL_CALLS) && defined(__x86_64__)

/* ---- shortening ---------------------------------------------------------------------------------------------------------- */

/* Branches to a jump that leaves the handler go where it goes. */
static void shorten_branches(Stencils *s)
{
    for (u32 i = 0; i < s->insn_count; i++) {
        HostInsn *insn = &s->insns[i], *there;
        if (insn->kind != BRANCH || !(there = stencil_insn_at(s, insn->target)) || there->kind != JUMP)
            continue;
        if (!stencil_insn_at(s, there->target))
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
            HostInsn *to[2] = { insn->kind == BRANCH || insn->kind == JUMP ? stencil_insn_at(s, insn->target) : NULL,
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

/* Of the load in front of an instruction that needs the op's address. */
static u32 size_of_reload(const Stencils *s, const HostInsn *insn)
{
    return s->as_it_stands || !insn->reload ? 0 : insn->reload > 8 ? 6 : 5;
}

static u32 size_of_form(const Stencils *s, const HostInsn *insn)
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
    default: return size_of_reload(s, insn) + size_of_form(s, insn);
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
    const HostInsn *inside = stencil_insn_at(s, insn->target);
    Value op = insn->before.r[RSI];
    if (inside)
        put32(code + at, (i64)inside->offset - (at + 4));
    else
        patch(s, op.what == OP && !s->as_it_stands ? PATCH_LEAVE : PATCH_DISTANCE, at, at + 4, op, 0, insn->target);
}

/* An instruction at `p` with another memory operand: [absolute], or [base + displacement]. */
static void put_address(Stencils *s, const HostInsn *insn, const u8 *code, u8 *p, bool absolute)
{
    u8 base = absolute ? 0 : insn->base;
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
    patch(s, kind, (u32)(p - code) + at, 0, insn->value, insn->scale, NULL);
}

/* mov reg, imm32 */
static u8 *put_constant(u8 *p, u8 reg)
{
    if (reg >= 8)
        *p++ = 0x41;
    *p++ = (u8)(0xb8 | (reg & 7));
    put32(p, 0);
    return p;
}

static void write_plain(Stencils *s, const HostInsn *insn, u8 *code)
{
    u8 *p = code + insn->offset;
    if (size_of_reload(s, insn)) {
        p = put_constant(p, insn->reload - 1);
        patch(s, PATCH_OP, (u32)(p - code), 0, (Value){ OP, 0, insn->reload_delta }, 0, NULL);
        p += 4;
    }
    switch (s->as_it_stands ? AS_IS : (Form)insn->form) {
    case NOT_AT_ALL:
        break;
    case CONSTANT:
        if (!insn->needed)
            break;
        p = put_constant(p, insn->dest);
        patch(s, PATCH_BYTE, (u32)(p - code), 0, insn->value, 1, NULL);
        break;
    case ABSOLUTE:
        put_address(s, insn, code, p, true);
        break;
    case INDEXED:
        put_address(s, insn, code, p, false);
        break;
    default:
        memcpy(p, insn->at, insn->length);
        if (insn->target)
            patch(s, PATCH_DISTANCE, (u32)(p - code) + insn->field, (u32)(p - code) + insn->length, (Value){ 0 }, 0, insn->target);
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
        if (!stencil_read(s))
            return;
    } while (s->again);
    shorten_branches(s);
    mark_emitted(s);
    drop_loads(s);
    if (!lay_out(s) || s->code_used + s->size > CODE_BYTES || s->patches_used + 2 * s->insn_count + 1 > PATCHES)
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

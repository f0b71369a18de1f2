/* What stencil_read.c finds out about a handler's machine code, and stencil.c writes it anew from. */
#ifndef EMU_CPU_STENCIL_CODE_H
#define EMU_CPU_STENCIL_CODE_H

#include <Zydis/Zydis.h>

#include "cpu/cpu.h"
#include "cpu/stencil.h"

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
    u8 reload;            /* 1 + the register that must be loaded with the op's address (plus reload_delta) in front of it; 0: none */
    i16 reload_delta;
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

/* Decodes everything of the handler at s->entry that can be reached, in the order of addresses. False: not understood. */
bool stencil_read(Stencils *s);

/* The instruction at a place of the original; NULL: none was read there. */
static INLINE HostInsn *stencil_insn_at(Stencils *s, const u8 *at)
{
    for (u32 i = 0; i < s->insn_count; i++)
        if (s->insns[i].at == at)
            return &s->insns[i];
    return NULL;
}

#endif

/* A handler's machine code as a piece that can be copied: what join.c puts one behind the other. */
#ifndef EMU_CPU_STENCIL_H
#define EMU_CPU_STENCIL_H

#include "cpu/op.h"

/* Four bytes of a copy that depend on where it stands, or on its op. Ops lie below 2 GiB. */
typedef enum PatchKind {
    PATCH_DISTANCE, /* the distance from `from` to `target` */
    PATCH_LEAVE,    /* the same, but on arrival RSI must be the op plus delta: by way of a stub that loads it */
    PATCH_OP,       /* the address of the op, plus delta */
    PATCH_LOAD,     /* the same, the end of `mov reg, [absolute]`, 64 bits: what stands there is constant unless it is a link */
    PATCH_BYTE,     /* what is there already, plus the byte at delta in the op, times scale */
} PatchKind;

typedef struct Patch {
    const u8 *target;
    u16 at;   /* offset of the four bytes in the code */
    u16 from; /* offset of the end of their instruction */
    i16 delta;
    u8 kind;  /* PatchKind */
    u8 scale;
} Patch;

typedef struct Stencil {
    OpHandler *handler; /* NULL: an empty slot of the table */
    const u8 *code;
    const Patch *patches;
    u16 size, patch_count;
    u8 step;     /* ops from its own to the one that follows, whose copy must stand behind it; 0: it ends the chain */
    bool usable; /* false: not understood, must not be copied */
} Stencil;

enum { STENCIL_MAX = 1400 }; /* bytes of one */

typedef struct Stencils Stencils;

/* NULL when the host gives no memory. */
Stencils *stencils_create(void);
void stencils_destroy(Stencils *stencils);

/* The stencil of a handler, made when first asked for. NULL: no room for more. */
const Stencil *stencil_of(Stencils *stencils, OpHandler *handler);

#endif

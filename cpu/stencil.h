/* A handler's machine code as a piece that can be copied: what join.c puts one behind the other. */
#ifndef EMU_CPU_STENCIL_H
#define EMU_CPU_STENCIL_H

#include "cpu/op.h"

/* Four bytes of a copy that hold a distance from behind their instruction to a fixed place. */
typedef struct Patch {
    const u8 *target;
    u16 at;   /* offset of the four bytes in the code */
    u16 from; /* offset of the end of their instruction */
} Patch;

typedef struct Stencil {
    OpHandler *handler; /* NULL: an empty slot of the table */
    const u8 *code;
    const Patch *patches;
    u16 size, patch_count;
    u8 step;     /* ops from its own to the one that follows, whose copy must stand behind it; 0: it ends the chain */
    bool usable; /* false: not understood, must not be copied */
} Stencil;

typedef struct Stencils Stencils;

/* NULL when the host gives no memory. */
Stencils *stencils_create(void);
void stencils_destroy(Stencils *stencils);

/* The stencil of a handler, made when first asked for. NULL: no room for more. */
const Stencil *stencil_of(Stencils *stencils, OpHandler *handler);

#endif

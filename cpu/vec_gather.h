/* How a gather's address travels in an Op: base and disp as ever; c the slot of the index vector; extra, as follows. */
#ifndef EMU_CPU_VEC_GATHER_H
#define EMU_CPU_VEC_GATHER_H

enum {
    GATHER_SCALE = 3,          /* bits 1:0, a shift */
    GATHER_NARROW = 1 << 2,    /* 32-bit addresses */
    GATHER_FS = 1 << 3, GATHER_GS = 1 << 4,
};

#endif

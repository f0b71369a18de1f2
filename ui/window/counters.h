/* The machine's counters since somebody pressed Z, and as files. */
#ifndef EMU_UI_WINDOW_COUNTERS_H
#define EMU_UI_WINDOW_COUNTERS_H

#include <stdio.h>

#include "emu/emu.h"

enum { COUNTERS_MODELLED = 256 };

typedef struct Counters {
    EmuStats zero;                        /* as they were at Z; all 0 before */
    uint64_t modelled[COUNTERS_MODELLED]; /* those of the hierarchy, by index */
} Counters;

/* From now on everything is counted from here. */
void counters_zero(Counters *counters, Emu *emu);
/* All of them: as one JSON object, and as lines NAME,VALUE. */
void counters_write(const Counters *counters, Emu *emu, FILE *json, FILE *csv);

#endif

/* The program's system calls while somebody looks at them: the machine stops at each for a moment (emu_trace), which costs
 * nothing when nobody does. */
#ifndef EMU_UI_WINDOW_CALLS_H
#define EMU_UI_WINDOW_CALLS_H

#include "emu/emu.h"

enum { CALLS_KEPT = 40, CALL_NUMBERS = 512, CALL_TEXT = 112 };

typedef struct CallRow {
    int pid, tid;
    uint64_t number;        /* counted from 1 since the machine began to be watched */
    uint32_t call;          /* its number for the kernel */
    char text[CALL_TEXT];   /* "openat(-100, "/etc/passwd", 0)" */
    int64_t result;
    bool returned;
} CallRow;

typedef struct CallLog {
    bool on;
    uint64_t count;
    CallRow rows[CALLS_KEPT]; /* number n is in rows[n % CALLS_KEPT] */
    uint32_t counts[CALL_NUMBERS];
} CallLog;

/* Begins, or ends, to watch. */
void calls_watch(CallLog *log, Emu *emu, bool on);
/* emu_run(), noting calls on the way when they are watched. */
EmuStop calls_run(CallLog *log, Emu *emu, uint64_t insns);
const char *calls_name(uint32_t call);

#endif

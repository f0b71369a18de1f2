/* The gdb remote stub as the command line sees it. */
#ifndef EMU_UI_GDB_SERVE_H
#define EMU_UI_GDB_SERVE_H

#include "emu/emu.h"

/* How the program is started anew, for gdb's `run`. */
typedef struct GdbLaunch {
    /* Makes another machine, with the program in it, in *emu's place. false: that cannot be; *emu is as it was. `argv` and `environment`
     * end with NULL. NULL: it is not started again. */
    bool (*launch)(void *context, Emu **emu, const char *path, const char *const *argv, const char *const *environment, bool fixed_addresses);
    void *context;
    const char *path; /* as at first, like the following */
    const char *const *argv, *const *environment;
} GdbLaunch;

/* Serves gdb at `place` (PORT on the loopback, the PATH of a Unix socket, or -: standard input and output) until the program ends, or,
 * under `target extended-remote`, gdb goes; *stop says how it ended, and *emu is the machine then. false, with *stop as it was: the
 * place cannot be had, and a line on stderr says why. */
bool gdb_serve(Emu **emu, const char *place, const GdbLaunch *launch, EmuStop *stop);

#endif

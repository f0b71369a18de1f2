/* The gdb remote stub as the command line sees it. */
#ifndef EMU_UI_GDB_SERVE_H
#define EMU_UI_GDB_SERVE_H

#include "emu/emu.h"

/* Serves gdb at `place` (PORT on the loopback, the PATH of a Unix socket, or -: standard input and output) until the program ends;
 * *stop says how. false, with *stop as it was: the place cannot be had, and a line on stderr says why. */
bool gdb_serve(Emu *emu, const char *place, EmuStop *stop);

#endif

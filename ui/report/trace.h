/* Writing what a program does, access by access, in the formats that others read. */
#ifndef EMU_UI_REPORT_TRACE_H
#define EMU_UI_REPORT_TRACE_H

#include "emu/emu.h"
#include "ui/options.h"

typedef struct Trace Trace;

/* Begins the trace that the options ask for, of a program that is loaded. NULL, after one line on stderr: it cannot be written, or a
 * range names what the program does not have. */
Trace *trace_begin(Emu *emu, const Options *options);
/* Ends it; false, after one line on stderr: not all could be written. */
bool trace_end(Trace *trace);

#endif

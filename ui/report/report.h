/* What emu says about a run. */
#ifndef EMU_UI_REPORT_REPORT_H
#define EMU_UI_REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "emu/emu.h"
#include "ui/options.h"

/* Why the program is about to die of a fault: at most 30 lines. `stop` is an EMU_FATAL from the processor. */
void report_crash(FILE *out, Emu *emu, const EmuStop *stop);

/* The counts of a run, for people or as one JSON object. */
void report_stats(FILE *out, Emu *emu, bool json);

/* What the modelled hierarchy counted, in the form that the options ask for. */
void report_hierarchy(FILE *out, Emu *emu, const Options *options);

/* The counter that perf names so; false: this model has none. */
bool report_perf_value(Emu *emu, const char *name, uint64_t *value);

/* Writes --cachegrind-out's file; false, after one line on stderr: it cannot. */
bool report_cachegrind_file(Emu *emu, const Options *options);

/* Is the text of the form NAME<NUMBER? Do this machine's counters have that NAME (false, after one line on stderr: one has not)?
 * And do they hold (false, after a line on `out` for each that does not)? */
bool report_expectation_valid(const char *text);
bool report_expectations_known(Emu *emu, const Options *options);
bool report_expectations(FILE *out, Emu *emu, const Options *options);

/* "SIGSEGV"; "signal 35" for real-time ones. Written into `buffer` of 16 bytes, which is returned. */
const char *report_signal_name(int signal, char *buffer);

#endif

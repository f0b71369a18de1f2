/* --trace-range: which instructions and accesses are wanted.
 *
 *   A-B or FUNCTION    instructions that lie there, with all their accesses
 *   data:A-B or NAME   accesses that touch these bytes
 *   insns:N-M          the Nth to the Mth instruction that retires
 *
 * Of ranges of one kind any will do, of each kind given one must. */
#ifndef EMU_UI_REPORT_RANGE_H
#define EMU_UI_REPORT_RANGE_H

#include "emu/emu_trace.h"

typedef struct Range {
    uint64_t first, last;
} Range;

enum { RANGE_CODE, RANGE_DATA, RANGE_INSNS, RANGE_KINDS };
typedef struct Ranges {
    Range *of[RANGE_KINDS];
    size_t count[RANGE_KINDS];
} Ranges;

/* false, after one line on stderr: a text is no range, or the program has no such symbol. */
bool ranges_resolve(Ranges *ranges, Emu *emu, const char *const *texts, size_t count);
void ranges_free(Ranges *ranges);
bool ranges_want(const Ranges *ranges, const EmuTraceStep *step, const EmuTraced *event);

#endif

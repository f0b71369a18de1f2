/* emu debug --json: one JSON object, on a line of its own, for every stop of the program. */
#ifndef EMU_UI_DEBUG_JSON_H
#define EMU_UI_DEBUG_JSON_H

#include "ui/console/console.h"

/* From now on the console's output is collected: what belongs to a stop goes into its object, the rest comes out as it is whenever
 * debug_json_flush() is called. false: no memory. */
bool debug_json_open(Console *console);
void debug_json_flush(Console *console);
void debug_json_close(Console *console);

#endif

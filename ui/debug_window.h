/* emu debug --window: one machine, used in turn by the console in the terminal and by the window. */
#ifndef EMU_UI_DEBUG_WINDOW_H
#define EMU_UI_DEBUG_WINDOW_H

#include "ui/console/console.h"
#include "ui/options.h"

typedef struct DebugWindow DebugWindow;

/* Opens the window beside the console, which has loaded its program. NULL: there is no screen, all said. */
DebugWindow *debug_window_open(Console *console, const Options *options);
void debug_window_close(DebugWindow *window); /* NULL is fine */
/* Around each line that the console executes: the machine is the console's, and then the window's again. NULL is fine. */
void debug_window_borrow(DebugWindow *window);
void debug_window_return(DebugWindow *window);

#endif

/* What the command line starts of this folder: the window, and the picture of one moment. */
#ifndef EMU_UI_WINDOW_WINDOW_H
#define EMU_UI_WINDOW_WINDOW_H

#include "ui/options.h"
#include "ui/window/runner.h"

typedef struct Window Window;

/* Opens the window that the options ask for (or, headless, only what draws it). NULL when there is no screen, all said. */
Window *window_open(const Options *options);
/* Runs the loaded program in it until it has ended and the window is closed. EMU_INTERRUPTED: it was closed before. */
EmuStop window_run(Window *window, Emu *emu);
void window_close(Window *window); /* NULL is fine */

/* The same for a console: the window has a thread of its own, the machine is paused and used in turn (runner.h). NULL when
 * there is no screen, all said. */
Window *window_open_beside(const Options *options, Emu *emu, const RunnerHooks *hooks);
void window_close_beside(Window *window);
Runner *window_runner(Window *window);

/* emu snapshot: runs the loaded program up to options->at and draws it into options->output. emu's exit code. */
int snapshot_take(Emu *emu, const Options *options);

#endif

#include "ui/window/window.h"
Window *window_open(const Options *options) { (void)options; fputs("emu: there is no window yet\n", stderr); return NULL; }
EmuStop window_run(Window *window, Emu *emu) { (void)window; (void)emu; return (EmuStop){0}; }
void window_close(Window *window) { (void)window; }

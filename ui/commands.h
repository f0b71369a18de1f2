/* The commands: each returns emu's exit code. */
#ifndef EMU_UI_COMMANDS_H
#define EMU_UI_COMMANDS_H

#include "ui/options.h"

int command_run(const Options *options, char **environment);
int command_info(const Options *options);
int command_debug(const Options *options, char **environment);
int command_rom(const Options *options);

#endif

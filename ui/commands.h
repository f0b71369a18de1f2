/* The commands: each returns emu's exit code. */
#ifndef EMU_UI_COMMANDS_H
#define EMU_UI_COMMANDS_H

#include "ui/options.h"

int command_run(const Options *options, char **environment);
int command_info(const Options *options);
int command_debug(const Options *options, char **environment);
int command_replay(const Options *options, char **environment);
int command_rom(const Options *options);
int command_cachesim(const Options *options);
int command_diff(const Options *options);
int command_explain(const Options *options, char **environment); /* and why */

/* A name without a slash that is not here is looked for on PATH, as a shell would. `found` has PATH_MAX bytes. */
const char *run_find_program(const char *name, char *found);

/* --replacement=opt, first run: the program with unlimited memory and nothing to see, for the string of its pages. -1: `config`
 * is ready for the second run, and `future` is to be freed behind it; else the exit code. */
int opt_first_run(const Options *options, EmuConfig *config, const char **environment, const char *path, uint64_t **future);

#endif

/* Running one ROM and comparing it with its sidecar. */
#ifndef EMU_UI_ROM_CHECK_H
#define EMU_UI_ROM_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "emu/emu.h"

/* Runs the ROM at `path`; true when it did what its sidecar says (without one: exit 0, or hlt). Else `message` says what differed
 * first and which instructions ran last. When it is true, `message` may say what of the sidecar could not be checked. Uses up memory and descriptors: call it in a process of its own. */
bool rom_check(const char *path, const EmuConfig *base, char *message, size_t size);

#endif

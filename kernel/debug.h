/* What debuggers ask of address spaces and files that a program never does. For emu/. */
#ifndef EMU_KERNEL_DEBUG_H
#define EMU_KERNEL_DEBUG_H

#include "kernel/page_cache.h"
#include "kernel/space.h"

/* Makes the page of `address` one that may be written behind the program's back, whatever its rights: a page that is shared
 * copy-on-write gets its private copy, one without a frame gets it. Rights stay as they are, and so do the counts of
 * faults. false: nothing is mapped there, it is shared and read-only (as ptrace(2) refuses), or RAM is full. */
bool space_poke_prepare(Space *space, u64 address);

#endif

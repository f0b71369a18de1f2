/* Recognising files by their first bytes (inside loader/ only). */
#ifndef EMU_LOADER_FORMAT_H
#define EMU_LOADER_FORMAT_H

#include "base/types.h"
#include "loader/elf.h"

/* The format that the first `size` bytes (a few hundred at best) announce. */
FileFormat format_of(const u8 *head, u64 size);

#endif

/* Pictures as PNG files, without a library: the same pixels always give the same bytes, so golden images can be compared as
 * files. */
#ifndef EMU_UI_WINDOW_PNG_H
#define EMU_UI_WINDOW_PNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Writes width x height pixels (0x..RRGGBB, rows without gaps) as 8-bit RGB. false with errno: no memory, or the file would not
 * take them. */
bool png_write(FILE *file, const uint32_t *pixels, int width, int height);

#endif

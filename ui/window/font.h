/* The window's bitmap font: Spleen in two sizes, each also drawn at twice that for screens of many pixels. */
#ifndef EMU_UI_WINDOW_FONT_H
#define EMU_UI_WINDOW_FONT_H

#include <stdint.h>

enum { FONT_GLYPHS = 100, FONT_SIZES = 4 };

typedef struct Font {
    uint8_t width, height;
    uint8_t bits;     /* of a row: 8 or 16, the leftmost pixel is the highest bit */
    const void *rows; /* [FONT_GLYPHS][height] of uint8_t or uint16_t */
} Font;

extern const uint32_t font_codes[FONT_GLYPHS]; /* Unicode of each glyph, ascending; the first 95 are ASCII's */
extern const Font font_sizes[FONT_SIZES];      /* 6x12, 8x16, and the same doubled */

/* The glyph for a code point; that of '?' when there is none. */
uint32_t font_glyph(uint32_t code);
/* Takes one UTF-8 character off *text. */
uint32_t font_next(const char **text);

#endif

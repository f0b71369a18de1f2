/* Characters to glyphs. The pictures themselves are in font_data.c. */
#include "ui/window/font.h"

uint32_t font_glyph(uint32_t code)
{
    if (code >= 32 && code < 127)
        return code - 32;
    for (uint32_t i = 95; i < FONT_GLYPHS; i++)
        if (font_codes[i] == code)
            return i;
    return '?' - 32;
}

/* Lenient: a byte that begins no UTF-8 sequence is taken as it is (and becomes '?' if it is no ASCII). */
uint32_t font_next(const char **text)
{
    const unsigned char *s = (const unsigned char *)*text;
    uint32_t extra = s[0] >= 0xf0 ? 3 : s[0] >= 0xe0 ? 2 : s[0] >= 0xc0 ? 1 : 0;
    uint32_t code = extra ? s[0] & (0x3fu >> extra) : s[0], taken = 1;
    for (; taken <= extra && (s[taken] & 0xc0) == 0x80; taken++)
        code = code << 6 | (s[taken] & 0x3f);
    *text += taken;
    return code;
}

/* Where the window draws: a picture in memory, and at the same time, if asked, the same picture as SVG.
 *
 * Positions and sizes are logical pixels from the top left; the canvas multiplies by its integer scale. Everything outside the
 * clip is dropped. Nothing here knows of SDL or of machines. */
#ifndef EMU_UI_WINDOW_CANVAS_H
#define EMU_UI_WINDOW_CANVAS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef uint32_t Colour; /* 0xAARRGGBB; alpha 255 covers */
typedef struct Rect { int x, y, w, h; } Rect;
typedef enum FontSize { FONT_SMALL, FONT_NORMAL } FontSize; /* 6x12, 8x16 */

typedef struct Canvas {
    int width, height, scale; /* logical size */
    int stride;               /* pixels per row: width * scale */
    uint32_t *pixels;         /* 0xffRRGGBB */
    Rect clip;
    FILE *svg;                /* NULL: pixels only */
    bool svg_path;            /* a path of rectangles … */
    Colour svg_colour;        /* … of this colour is being written */
} Canvas;

/* Makes (or remakes, when the size has changed) the pixels. false: no memory; the canvas is then empty. */
bool canvas_resize(Canvas *canvas, int width, int height, int scale);
void canvas_free(Canvas *canvas);
/* From now on every shape is also written to `file`. canvas_svg_end completes the document; the file stays open. */
void canvas_svg_begin(Canvas *canvas, FILE *file);
void canvas_svg_end(Canvas *canvas);

/* Limits drawing to a rectangle (inside the present clip); returns the present one, to be put back into canvas->clip. */
Rect canvas_clip(Canvas *canvas, Rect clip);
void canvas_fill(Canvas *canvas, Rect rect, Colour colour);
void canvas_frame(Canvas *canvas, Rect rect, Colour colour); /* one pixel wide, inside */
void canvas_line(Canvas *canvas, int x0, int y0, int x1, int y1, Colour colour);
/* Diagonal stripes, every `step` pixels. */
void canvas_hatch(Canvas *canvas, Rect rect, int step, Colour colour);
/* UTF-8 text with its top left at x, y; at most `max_width` pixels of it, ending in ".." when cut. Returns the width drawn. */
int canvas_text(Canvas *canvas, FontSize size, int x, int y, int max_width, Colour colour, const char *text);
int canvas_text_width(FontSize size, const char *text);
/* The colour with its alpha multiplied by part / 255. */
Colour colour_fade(Colour colour, unsigned part);
Colour colour_mix(Colour a, Colour b, unsigned part_of_b);

#endif

/* Rectangles, lines and text into pixels, each also said in SVG when somebody listens. The idea: all of the window's drawing
 * goes through these few shapes, so the SVG is complete because the picture is. */
#include <stdlib.h>
#include <string.h>

#include "ui/window/canvas.h"
#include "ui/window/font.h"

bool canvas_resize(Canvas *canvas, int width, int height, int scale)
{
    if (!canvas->pixels || canvas->stride != width * scale || canvas->height * canvas->scale != height * scale) {
        free(canvas->pixels);
        canvas->pixels = calloc((size_t)width * (size_t)scale * (size_t)height * (size_t)scale, sizeof *canvas->pixels);
    }
    canvas->width = canvas->pixels ? width : 0;
    canvas->height = canvas->pixels ? height : 0;
    canvas->scale = scale;
    canvas->stride = canvas->width * scale;
    canvas->clip = (Rect){0, 0, canvas->width, canvas->height};
    return canvas->pixels;
}

void canvas_free(Canvas *canvas)
{
    free(canvas->pixels);
    *canvas = (Canvas){0};
}

/* ---- SVG ------------------------------------------------------------------------------------------------------ */

void canvas_svg_begin(Canvas *canvas, FILE *file)
{
    canvas->svg = file;
    canvas->svg_path = false;
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "font-family=\"Spleen, DejaVu Sans Mono, monospace\" font-size=\"10\" shape-rendering=\"crispEdges\" "
            "xml:space=\"preserve\">\n<style>.n{font-size:13px}</style>\n",
            canvas->width, canvas->height, canvas->width, canvas->height);
}

static void svg_close_path(Canvas *canvas)
{
    if (canvas->svg_path)
        fputs("\"/>\n", canvas->svg);
    canvas->svg_path = false;
}

void canvas_svg_end(Canvas *canvas)
{
    svg_close_path(canvas);
    fputs("</svg>\n", canvas->svg);
    canvas->svg = NULL;
}

static void svg_colour(FILE *svg, Colour colour)
{
    fprintf(svg, " fill=\"#%06x\"", colour & 0xffffff);
    if (colour >> 24 != 255)
        fprintf(svg, " fill-opacity=\"%.3f\"", (colour >> 24) / 255.0);
}

/* Rectangles of one colour that follow each other share a path: most of a picture's size is colours otherwise. */
static void svg_rect(Canvas *canvas, Rect r, Colour colour)
{
    if (!canvas->svg)
        return;
    if (!canvas->svg_path || canvas->svg_colour != colour) {
        svg_close_path(canvas);
        fputs("<path", canvas->svg);
        svg_colour(canvas->svg, colour);
        fputs(" d=\"", canvas->svg);
        canvas->svg_path = true;
        canvas->svg_colour = colour;
    }
    fprintf(canvas->svg, "M%d %dh%dv%dh-%dz", r.x, r.y, r.w, r.h, r.w);
}

static void svg_text(Canvas *canvas, const Font *font, int x, int y, Colour colour, const char *text, const char *end,
                     int glyphs)
{
    svg_close_path(canvas);
    fprintf(canvas->svg, "<text x=\"%d\" y=\"%d\"%s textLength=\"%d\"", x, y + font->height * 3 / 4,
            font->height == 12 ? "" : " class=\"n\"", glyphs * font->width);
    svg_colour(canvas->svg, colour);
    fputc('>', canvas->svg);
    for (; text < end; text++) {
        switch (*text) {
        case '<': fputs("&lt;", canvas->svg); break;
        case '>': fputs("&gt;", canvas->svg); break;
        case '&': fputs("&amp;", canvas->svg); break;
        default: fputc((unsigned char)*text < 32 ? '?' : *text, canvas->svg);
        }
    }
    fprintf(canvas->svg, "</text>\n");
}

/* ---- pixels --------------------------------------------------------------------------------------------------- */

Colour colour_mix(Colour a, Colour b, unsigned part_of_b)
{
    Colour mixed = 0;
    for (int shift = 0; shift < 32; shift += 8) {
        unsigned from = a >> shift & 255, to = b >> shift & 255;
        mixed |= (Colour)((from * (255 - part_of_b) + to * part_of_b + 127) / 255) << shift;
    }
    return mixed;
}

Colour colour_fade(Colour colour, unsigned part)
{
    return (colour & 0xffffff) | (Colour)((colour >> 24) * part / 255) << 24;
}

static Rect intersect(Rect a, Rect b)
{
    int x = a.x > b.x ? a.x : b.x, y = a.y > b.y ? a.y : b.y;
    int right = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
    int bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
    return (Rect){x, y, right > x ? right - x : 0, bottom > y ? bottom - y : 0};
}

Rect canvas_clip(Canvas *canvas, Rect clip)
{
    Rect present = canvas->clip;
    canvas->clip = intersect(present, clip);
    return present;
}

static void blend_row(uint32_t *row, int count, Colour colour)
{
    unsigned alpha = colour >> 24;
    Colour solid = colour | 0xff000000;
    for (int i = 0; i < count; i++)
        row[i] = alpha == 255 ? solid : colour_mix(row[i], solid, alpha);
}

static void fill_pixels(Canvas *canvas, Rect r, Colour colour)
{
    int s = canvas->scale;
    for (int y = r.y * s; y < (r.y + r.h) * s; y++)
        blend_row(canvas->pixels + (size_t)y * (size_t)canvas->stride + r.x * s, r.w * s, colour);
}

void canvas_fill(Canvas *canvas, Rect rect, Colour colour)
{
    Rect r = intersect(rect, canvas->clip);
    if (r.w == 0 || r.h == 0 || colour >> 24 == 0)
        return;
    svg_rect(canvas, r, colour);
    fill_pixels(canvas, r, colour);
}

void canvas_frame(Canvas *canvas, Rect r, Colour colour)
{
    canvas_fill(canvas, (Rect){r.x, r.y, r.w, 1}, colour);
    canvas_fill(canvas, (Rect){r.x, r.y + r.h - 1, r.w, 1}, colour);
    canvas_fill(canvas, (Rect){r.x, r.y + 1, 1, r.h - 2}, colour);
    canvas_fill(canvas, (Rect){r.x + r.w - 1, r.y + 1, 1, r.h - 2}, colour);
}

void canvas_line(Canvas *canvas, int x0, int y0, int x1, int y1, Colour colour)
{
    int dx = abs(x1 - x0), dy = -abs(y1 - y0), error = dx + dy;
    int step_x = x0 < x1 ? 1 : -1, step_y = y0 < y1 ? 1 : -1;
    for (;;) { /* Bresenham */
        canvas_fill(canvas, (Rect){x0, y0, 1, 1}, colour);
        if (x0 == x1 && y0 == y1)
            return;
        int twice = 2 * error;
        if (twice >= dy) {
            error += dy;
            x0 += step_x;
        }
        if (twice <= dx) {
            error += dx;
            y0 += step_y;
        }
    }
}

void canvas_hatch(Canvas *canvas, Rect r, int step, Colour colour)
{
    for (int y = 0; y < r.h; y++)
        for (int x = (step - y % step) % step; x < r.w; x += step)
            canvas_fill(canvas, (Rect){r.x + x, r.y + y, 1, 1}, colour);
}

/* ---- text ----------------------------------------------------------------------------------------------------- */

int canvas_text_width(FontSize size, const char *text)
{
    int glyphs = 0;
    while (*text) {
        font_next(&text);
        glyphs++;
    }
    return glyphs * font_sizes[size].width;
}

static uint32_t font_row(const Font *font, uint32_t glyph, int row)
{
    size_t at = (size_t)glyph * font->height + (size_t)row;
    return font->bits == 8 ? (uint32_t)((const uint8_t *)font->rows)[at] << 8 : ((const uint16_t *)font->rows)[at];
}

/* `zoom` real pixels per pixel of the glyph; x, y and the clip in real pixels. */
static void draw_glyph(Canvas *canvas, const Font *font, uint32_t glyph, int x, int y, int zoom, Rect clip, Colour colour)
{
    for (int row = 0; row < font->height; row++) {
        uint32_t bits = font_row(font, glyph, row);
        for (int column = 0; bits << column & 0xffff; column++) {
            if (!(bits << column & 0x8000))
                continue;
            Rect dot = intersect((Rect){x + column * zoom, y + row * zoom, zoom, zoom}, clip);
            for (int i = 0; i < dot.h; i++)
                blend_row(canvas->pixels + (size_t)(dot.y + i) * (size_t)canvas->stride + dot.x, dot.w, colour);
        }
    }
}

/* Real pixels are drawn with the font that is twice as fine where the scale allows it. */
static int draw_run(Canvas *canvas, FontSize size, int x, int y, Colour colour, const char *text, int glyphs)
{
    int s = canvas->scale, width = font_sizes[size].width;
    bool fine = s % 2 == 0;
    const Font *font = &font_sizes[size + (fine ? 2 : 0)];
    Rect c = canvas->clip, clip = {c.x * s, c.y * s, c.w * s, c.h * s};
    const char *start = text;
    for (int i = 0; i < glyphs; i++)
        draw_glyph(canvas, font, font_glyph(font_next(&text)), (x + i * width) * s, y * s, fine ? s / 2 : s, clip, colour);
    if (canvas->svg && glyphs)
        svg_text(canvas, &font_sizes[size], x, y, colour, start, text, glyphs);
    return glyphs * width;
}

int canvas_text(Canvas *canvas, FontSize size, int x, int y, int max_width, Colour colour, const char *text)
{
    int width = font_sizes[size].width, fits = max_width / width, length = canvas_text_width(size, text) / width;
    if (length <= fits)
        return draw_run(canvas, size, x, y, colour, text, length);
    if (fits < 3)
        return 0;
    int drawn = draw_run(canvas, size, x, y, colour, text, fits - 2);
    return drawn + draw_run(canvas, size, x + drawn, y, colour, "..", 2);
}

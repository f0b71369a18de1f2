/* The map from close up: lines of 64 bytes with what the modelled caches hold, then single bytes in hexadecimal and as
 * characters. It reads like any hexdump: addresses rise to the right and downwards, a row begins with its address. */
#include <string.h>

#include "ui/window/view.h"

enum { TITLE = 20, ADDRESS = 92, DOTS = 26 }; /* above; left: the row's address; a line so wide shows its bytes as dots */

/* How a zoom step below the page looks: bytes per cell, cells per row, size of a cell, letters. */
static const CloseShape shapes[] = {
    {LINE_BYTES, 64, 9, 9, false, 0},  {LINE_BYTES, 32, 18, 18, false, 0}, {LINE_BYTES, 16, 36, 36, false, 0},
    {1, 32, 18, 16, false, 0},         {1, 16, 27, 20, true, 0},
};
_Static_assert(sizeof shapes / sizeof *shapes == ZOOM_MAX - ZOOM_PAGES, "a shape for each zoom step below the page");

CloseShape view_close_shape(const View *view)
{
    CloseShape shape = shapes[view->zoom - ZOOM_PAGES - 1];
    int room = view->map.w - ADDRESS - 28, each = room / (int)shape.columns;
    if (shape.unit > 1)
        shape.w = shape.h = each < 4 ? 4 : each > 2 * shape.w ? 2 * shape.w : each;
    else if ((each = (room - 12) / (int)shape.columns - (shape.letters ? 8 : 0)) < shape.w && (shape.letters || each < 16))
        shape = (CloseShape){.unit = 1, .columns = 16, .w = 18, .h = shape.h};
    else
        shape.w = each < shape.w ? each : shape.w;
    shape.rows = (uint32_t)(view->map.h - TITLE) / (uint32_t)shape.h;
    if (shape.rows * shape.columns > CLOSE_CELLS_MAX)
        shape.rows = CLOSE_CELLS_MAX / shape.columns;
    return shape;
}

Rect view_close_rect(const View *view, uint64_t start, uint64_t address)
{
    CloseShape s = view_close_shape(view);
    uint64_t cell = (address - start) / s.unit;
    if (address < start || cell >= (uint64_t)s.rows * s.columns)
        return (Rect){0, 0, 0, 0};
    int gap = s.unit == 1 ? (int)(cell % s.columns / 8) * 4 : 0;
    return (Rect){view->map.x + ADDRESS + (int)(cell % s.columns) * s.w + gap,
                  view->map.y + TITLE + (int)(cell / s.columns) * s.h, s.w, s.h};
}

bool view_close_address(const View *view, uint64_t start, int x, int y, uint64_t *address)
{
    CloseShape s = view_close_shape(view);
    int row = (y - view->map.y - TITLE) / s.h;
    if (x < view->map.x + ADDRESS || y < view->map.y + TITLE || row >= (int)s.rows)
        return false;
    for (uint32_t column = 0; column < s.columns; column++) {
        *address = start + ((uint64_t)row * s.columns + column) * s.unit;
        Rect r = view_close_rect(view, start, *address);
        if (x >= r.x && x < r.x + r.w)
            return true;
    }
    return false;
}

void view_close_centre(View *view, uint64_t address, int y)
{
    CloseShape s = view_close_shape(view);
    uint64_t row_bytes = (uint64_t)s.unit * s.columns, row = address / row_bytes;
    int above = (y - view->map.y - TITLE) / s.h;
    above = above < 0 ? 0 : above >= (int)s.rows ? (int)s.rows - 1 : above;
    view->close_at = row > (uint64_t)above ? (row - (uint64_t)above) * row_bytes : 0;
}

/* ---- bytes ---------------------------------------------------------------------------------------------------- */

typedef enum ByteClass { BYTE_ZERO, BYTE_TEXT, BYTE_SPACE, BYTE_LOW, BYTE_HIGH, BYTE_FF, BYTE_CLASSES } ByteClass;

static ByteClass class_of(uint8_t byte)
{
    if (byte == 0 || byte == 255)
        return byte ? BYTE_FF : BYTE_ZERO;
    if (byte == ' ' || (byte >= 9 && byte <= 13))
        return BYTE_SPACE;
    return byte > 127 ? BYTE_HIGH : byte >= 32 && byte < 127 ? BYTE_TEXT : BYTE_LOW;
}

static const struct { const char *name; Colour ink;
} classes[BYTE_CLASSES] = {
    {"zero", 0xff46525fu},    {"printable", 0xff56b4e9u}, {"blank", 0xff24d6a0u},
    {"control", 0xffe69f00u}, {"over 127", 0xffcc79a7u},  {"ff", 0xfff2f2f2u},
};

static void draw_byte(const CloseCell *cell, Canvas *canvas, Rect r, bool big, unsigned glow)
{
    Colour ink = classes[class_of((uint8_t)cell->hash)].ink;
    if (glow >= 16)
        canvas_fill(canvas, (Rect){r.x, r.y, r.w - 1, r.h - 1}, colour_fade(INK_WRITE, glow * 2 / 3));
    view_print(canvas, big ? FONT_NORMAL : FONT_SMALL, r.x + (r.w - (big ? 16 : 12)) / 2, r.y + (r.h - (big ? 16 : 12)) / 2,
               r.w, glow >= 16 ? INK_TEXT : ink, "%02x", cell->hash & 255);
}

static void draw_characters(const View *view, const Close *close, Canvas *canvas, uint32_t row, const CloseShape *s)
{
    Rect last = view_close_rect(view, close->start, close->start + (row + 1) * s->columns - 1);
    for (uint32_t i = 0; i < s->columns; i++) {
        const CloseCell *cell = &close->cells[row * s->columns + i];
        uint8_t byte = (uint8_t)cell->hash;
        if (cell->kind == CLOSE_DATA)
            view_print(canvas, FONT_NORMAL, last.x + last.w + 8 + (int)i * 8, last.y + 2, 8, classes[class_of(byte)].ink, "%c",
                       byte >= 32 && byte < 127 ? byte : '.');
    }
}

/* ---- lines ---------------------------------------------------------------------------------------------------- */

/* What the line holds, one dot per byte, in eight rows of eight. */
static void draw_dots(const uint8_t *bytes, Canvas *canvas, Rect r)
{
    int dot = r.w / 9 > 1 ? r.w / 9 : 1, left = r.x + (r.w - 8 * dot) / 2, top = r.y + (r.h - 8 * dot) / 2;
    for (int i = 0; i < LINE_BYTES; i++)
        if (bytes[i])
            canvas_fill(canvas, (Rect){left + i % 8 * dot, top + i / 8 * dot, dot, dot}, classes[class_of(bytes[i])].ink);
}

static const Colour level_inks[4] = {0xff24d6a0u, 0xff24d6a0u, 0xff1a8f86u,
                                     0xff2a6a70u}; /* L1I, L1D, L2, L3: the nearer the brighter */

/* `bytes`: the line's, where there is room to show them; else NULL. */
static void draw_line(Canvas *canvas, Rect place, const CloseCell *cell, Colour base, uint32_t now, const uint8_t *bytes)
{
    Rect r = {place.x, place.y, place.w - 1, place.h - 1};
    unsigned changed = model_glow(now, cell->changed), used = model_glow(now, cell->used);
    if (cell->kind == CLOSE_UNTOUCHED) {
        canvas_frame(canvas, r, colour_fade(base, 150));
        return;
    }
    canvas_fill(canvas, r, cell->zero ? colour_mix(INK_BACK, base, 90) : base);
    if (bytes && r.w >= DOTS) {
        canvas_fill(canvas, r, INK_PANEL);
        draw_dots(bytes, canvas, r);
    }
    if (used >= 16)
        canvas_fill(canvas, r, colour_fade(INK_READ, used / 2));
    if (changed >= 16)
        canvas_fill(canvas, r, colour_fade(INK_WRITE, changed * 3 / 4));
    for (int level = 0, at = 0; level < 4; level++) { /* one bar for each cache, L1 on top */
        if (cell->held >> level & 1) {
            int thick = r.h >= 16 ? 3 : 2;
            canvas_fill(canvas, (Rect){r.x, r.y + at * (thick + 1), r.w - (level > 1 ? r.w * (level - 1) / 4 : 0), thick},
                        level_inks[level]);
            at++;
        }
    }
    if (cell->dirty)
        canvas_fill(canvas, (Rect){r.x + r.w - 3, r.y + r.h - 3, 3, 3}, INK_WRITE);
}

/* ---- the whole ------------------------------------------------------------------------------------------------ */

static void draw_row_label(const View *view, const Model *model, Canvas *canvas, uint64_t address, int y, const CloseShape *s)
{
    const Band *band = model_band_at(model, address);
    if (band)
        canvas_fill(canvas, (Rect){view->map.x + 4, y, 4, s->h}, view_kind_colour(band->kind));
    if (!band || address / ((uint64_t)s->unit * s->columns) % (uint64_t)((s->h + 11) / s->h))
        return; /* nothing is there, or labels would touch */
    view_print(canvas, FONT_SMALL, view->map.x + 12, y + (s->h - 12) / 2, ADDRESS - 14, INK_DIM, "%12llx",
               (unsigned long long)address);
}

/* What is seen; where bytes are dots, what their colours mean. */
static void draw_title(const View *view, const Model *model, Canvas *canvas, const CloseShape *s)
{
    const Band *band = model_band_at(model, model->focus.address);
    const char *of = band ? model_kind_name(band->kind) : "memory";
    int x = view->map.x + 12, y = view->map.y + 5, width = view->map.w - 24;
    if (s->unit == 1 || s->w <= DOTS) {
        view_print(canvas, FONT_SMALL, x, y, width, INK_DIM, "%s of the %s: %s",
                   s->unit == 1 ? "Bytes" : "Lines of 64 bytes", of,
                   view->map.w < VIEW_NARROW ? "rightwards, then down" : "addresses rise to the right and downwards");
        return;
    }
    if (view->map.w < VIEW_NARROW)
        x += canvas_text(canvas, FONT_SMALL, x, y, width, INK_DIM, "A dot per byte:");
    else
        x += view_print(canvas, FONT_SMALL, x, y, width, INK_DIM, "Lines of 64 bytes of the %s, a dot per byte:", of);
    for (int i = BYTE_TEXT; i < BYTE_CLASSES; i++) {
        canvas_fill(canvas, (Rect){x + 6, y + 3, 6, 6}, classes[i].ink);
        x += 15 + canvas_text(canvas, FONT_SMALL, x + 15, y, 60, INK_DIM, classes[i].name);
    }
}

void draw_close(const View *view, const Model *model, Canvas *canvas)
{
    const Close *close = model->close;
    CloseShape s = view_close_shape(view);
    draw_title(view, model, canvas, &s);
    if (!close || close->unit != s.unit)
        return; /* the next picture has it */
    Rect map = view->map, kept = canvas_clip(canvas, (Rect){map.x, map.y + TITLE, map.w, map.h - TITLE});
    for (uint32_t i = 0; i < close->count && i < s.rows * s.columns; i++) {
        uint64_t address = close->start + (uint64_t)i * s.unit;
        Rect r = view_close_rect(view, close->start, address);
        const CloseCell *cell = &close->cells[i];
        if (i % s.columns == 0)
            draw_row_label(view, model, canvas, address, r.y, &s);
        if (i % s.columns == 0 && s.letters)
            draw_characters(view, close, canvas, i / s.columns, &s);
        if (cell->kind == CLOSE_NOTHING)
            continue;
        const Band *of = model_band_at(model, address);
        bool shown = (uint64_t)(i + 1) * LINE_BYTES <= CLOSE_BYTES_MAX;
        if (s.unit > 1)
            draw_line(canvas, r, cell, of ? view_kind_colour(of->kind) : INK_LINE, model->now,
                      shown ? close->bytes + (uint64_t)i * LINE_BYTES : NULL);
        else if (cell->kind == CLOSE_DATA)
            draw_byte(cell, canvas, r, s.letters, model_glow(model->now, cell->changed));
        else
            canvas_fill(canvas, (Rect){r.x + r.w / 2 - 1, r.y + r.h / 2, 2, 2}, INK_LINE);
    }
    canvas->clip = kept;
}

void draw_close_legend(const View *view, const Model *model, Canvas *canvas)
{
    Rect r = view->legend;
    CloseShape s = view_close_shape(view);
    int x = r.x + 12, y = r.y + 6, step = (r.w - 16) / 3;
    if (s.unit == 1) {
        for (int i = 0; i < BYTE_CLASSES; i++) {
            int left = x + i % 3 * step, top = y + i / 3 * 18;
            view_print(canvas, FONT_SMALL, left, top + 1, 20, classes[i].ink, "%s",
                       i == BYTE_ZERO    ? "00"
                       : i == BYTE_TEXT  ? "41"
                       : i == BYTE_SPACE ? "20"
                       : i == BYTE_LOW   ? "07"
                       : i == BYTE_HIGH  ? "c3"
                                         : "ff");
            canvas_text(canvas, FONT_SMALL, left + 20, top + 1, step - 24, INK_TEXT, classes[i].name);
        }
        canvas_fill(canvas, (Rect){x, y + 36, 14, 14}, INK_WRITE);
        canvas_text(canvas, FONT_SMALL, x + 20, y + 37, step - 24, INK_TEXT, "changed just now");
        canvas_text(canvas, FONT_SMALL, x + step, y + 37, step * 2, INK_TEXT, ".  page never touched");
        return;
    }
    static const char *const names[] = {
        "untouched", "holds data", "all zero", "changed just now", "used in a cache", "dirty in a cache",
        "in L1",     "in L2",      "in L3"};
    static const CloseCell cells[] = {{.kind = CLOSE_UNTOUCHED},          {.kind = CLOSE_DATA},
                                      {.kind = CLOSE_DATA, .zero = true}, {.kind = CLOSE_DATA, .changed = 1},
                                      {.kind = CLOSE_DATA, .used = 1},    {.kind = CLOSE_DATA, .dirty = true},
                                      {.kind = CLOSE_DATA, .held = 2},    {.kind = CLOSE_DATA, .held = 4},
                                      {.kind = CLOSE_DATA, .held = 8}};
    int count = model->close && model->close->caches ? 9 : 4;
    for (int i = 0; i < count; i++) {
        draw_line(canvas, (Rect){x + i % 3 * step, y + i / 3 * 18, 15, 15}, &cells[i], view_kind_colour(BAND_HEAP), 1, NULL);
        canvas_text(canvas, FONT_SMALL, x + 20 + i % 3 * step, y + i / 3 * 18 + 1, step - 24, INK_TEXT, names[i]);
    }
    if (count == 4)
        canvas_text(canvas, FONT_SMALL, x, y + 37, r.w - 24, INK_DIM,
                    "With --hierarchy lines also show which caches hold them.");
}

/* The map of one address space, and the legend that makes it readable.
 *
 * * What a page is, is told by its band's colour and label; whether it has a frame, by being filled or hollow; what is done
 * to it, by a glow that has its own colour and its own shape. */
#include "ui/window/view.h"

enum { LABEL = 196, TITLE = 20 }; /* as layout.c places the cells */

typedef struct DrawnCell { /* one or more cells of the model, folded together */
    unsigned read, written, executed; /* glow, 0 .. 255 */
    uint32_t flags;
    uint64_t pages, capacity;
} DrawnCell;

static unsigned larger(unsigned a, unsigned b) { return a > b ? a : b; }

static DrawnCell gather(const Model *model, const Band *band, uint64_t first, unsigned fold)
{
    DrawnCell d = {0};
    for (uint64_t i = first; i < first + (1ull << fold) && i < band->count; i++) {
        const Cell *cell = &model->cells[band->first + i];
        d.read = larger(d.read, model_glow(model->now, cell->read));
        d.written = larger(d.written, model_glow(model->now, cell->written));
        d.executed = larger(d.executed, model_glow(model->now, cell->executed));
        d.flags |= model_cell_flags(model, cell);
        d.pages += cell->pages;
        d.capacity += 1ull << band->shift;
    }
    return d;
}

/* ---- one cell ------------------------------------------------------------------------------------------------- */

/* Shapes inside a cell, from 8 pixels up: a read is a hollow square, a write a full one, an execution a triangle. */
static void draw_glyph(Canvas *canvas, Rect r, const DrawnCell *d)
{
    int size = r.w / 2, x = r.x + (r.w - size) / 2, y = r.y + (r.h - size) / 2;
    if (r.w < 7)
        return;
    if (d->written >= 32 && d->written >= d->executed) {
        canvas_fill(canvas, (Rect){x, y, size, size}, colour_fade(0xff300800u, d->written));
    } else if (d->executed >= 32) {
        for (int i = 0; i < size; i++)
            canvas_fill(canvas, (Rect){x, y + i, i < size / 2 ? 1 + 2 * i : 1 + 2 * (size - 1 - i), 1},
                        colour_fade(0xff00301eu, d->executed));
    } else if (d->read >= 32) {
        canvas_frame(canvas, (Rect){x, y, size, size}, colour_fade(0xff00202cu, d->read));
    }
}

/* The strongest glow fills; a page that is both read and written keeps a blue edge. */
static Colour glowing(Colour base, const DrawnCell *d)
{
    Colour colour = base;
    if (d->written && d->written >= d->executed && d->written * 2 >= d->read)
        return colour_mix(colour, INK_WRITE, d->written * 9 / 10);
    if (d->executed && d->executed >= d->read)
        return colour_mix(colour, INK_EXEC, d->executed * 9 / 10);
    return colour_mix(colour, INK_READ, d->read * 9 / 10);
}

static void draw_marks(Canvas *canvas, Rect r, const DrawnCell *d)
{
    int dot = r.w >= 12 ? 2 : 1, corner = r.w / 3;
    if (d->flags & (EMU_PAGE_TLB_READ | EMU_PAGE_TLB_WRITE | EMU_PAGE_TLB_EXEC))
        canvas_fill(canvas, (Rect){r.x + 1, r.y + 1, dot, dot}, INK_MARK);
    for (int i = 0; d->flags & EMU_PAGE_DIRTY && i < corner; i++)
        canvas_fill(canvas, (Rect){r.x + r.w - 1 - i, r.y + r.h - corner + i, i + 1, 1}, 0xb0000000u);
    if (d->flags & EMU_PAGE_SWAPPED) {
        canvas_line(canvas, r.x, r.y, r.x + r.w - 1, r.y + r.h - 1, INK_DIM);
        canvas_line(canvas, r.x + r.w - 1, r.y, r.x, r.y + r.h - 1, INK_DIM);
    }
}

static void draw_cell(Canvas *canvas, Rect place, const DrawnCell *d, BandKind kind)
{
    Rect r = {place.x, place.y, place.w - 1, place.h - 1};
    Colour base = view_kind_colour(kind);
    if (d->pages == 0) {
        canvas_frame(canvas, r, colour_fade(base, kind == BAND_RESERVED ? 110 : 190));
        draw_marks(canvas, r, d);
        return;
    }
    bool zero = d->flags & EMU_PAGE_ZERO && d->capacity == 1;
    int filled = zero ? 0 : (int)(((uint64_t)(r.h - 3) * d->pages / d->capacity) + 3); /* never so little that it is not seen */
    canvas_fill(canvas, (Rect){r.x, r.y + r.h - filled, r.w, filled}, glowing(base, d));
    if (zero) {
        canvas_fill(canvas, r, glowing(colour_mix(base, INK_BACK, 190), d));
        canvas_fill(canvas, (Rect){r.x + r.w / 2 - 1, r.y + r.h / 2 - 1, 2, 2}, colour_mix(base, INK_MARK, 120));
    }
    if (filled < r.h)
        canvas_frame(canvas, r, glowing(base, d));
    if (d->flags & EMU_PAGE_COW && !zero)
        canvas_hatch(canvas, r, 4, 0x90000000u);
    if (d->read >= 64 && d->written * 2 >= d->read)
        canvas_fill(canvas, (Rect){r.x, r.y, 2, r.h}, colour_fade(INK_READ, d->read));
    draw_glyph(canvas, r, d);
    draw_marks(canvas, r, d);
}

/* ---- a band --------------------------------------------------------------------------------------------------- */

static void draw_band_label(const View *view, const Model *model, const Band *band, const BandPlace *place, Canvas *canvas,
                            int y)
{
    char size[32], resident[32], cell[32];
    int x = view->map.x + 12, width = LABEL - 18, line = width;
    bool named = band->name[0] && band->name[0] != '[';
    canvas_fill(canvas, (Rect){view->map.x + 4, y, 4, place->h}, view_kind_colour(band->kind));
    unsigned folded = band->shift + place->fold;
    view_size((uint64_t)PAGE_BYTES << folded, cell);
    if (folded && place->h < 39) { /* no line of its own */
        line = width - canvas_text_width(FONT_SMALL, cell) - 6 * 6;
        view_print(canvas, FONT_SMALL, x + line + 6, y, width - line, INK_ACCENT, "cell %s", cell);
    }
    char title[96];
    if (band->kind == BAND_THREAD_STACK && band->threads > 1)
        snprintf(title, sizeof title, "stacks of %u%s threads", band->threads, model->more_tasks ? " or more" : "");
    else if (band->kind == BAND_THREAD_STACK && line < width)
        snprintf(title, sizeof title, "thread %d", band->tid);
    else if (band->kind == BAND_THREAD_STACK)
        snprintf(title, sizeof title, "%s %d", model_kind_name(band->kind), band->tid);
    else
        snprintf(title, sizeof title, "%s%s%s", model_kind_name(band->kind), named ? " · " : "", named ? band->name : "");
    view_print(canvas, FONT_SMALL, x, y, line, band->kind == BAND_RWX ? INK_WRITE : INK_TEXT, "%c%c%c %s",
               band->map_flags & EMU_MAP_READ ? 'r' : '-', band->map_flags & EMU_MAP_WRITE ? 'w' : '-',
               band->map_flags & EMU_MAP_EXEC ? 'x' : '-', title);
    if (place->h < 26)
        return;
    view_print(canvas, FONT_SMALL, x, y + 13, width, INK_DIM, "%s, %s in RAM", view_size(band->end - band->start, size),
               band->resident ? view_size(band->resident, resident) : "none");
    if (place->h >= 56 || (place->h >= 39 && !folded))
        view_print(canvas, FONT_SMALL, x, y + place->h - 12, width, INK_DIM, "from %llx", (unsigned long long)band->start);
    if (place->h >= 39 && folded)
        view_print(canvas, FONT_SMALL, x, y + 26, width, INK_ACCENT, "1 cell = %s", cell);
}

/* Paper torn apart: nothing is mapped between these two bands. */
static void draw_gap(const View *view, Canvas *canvas, int y, int height, uint64_t size)
{
    char text[32];
    int x = view->map.x + LABEL, end = x + view->columns * view->px, middle = y + height / 2 - 2;
    view_size(size, text);
    int label = canvas_text_width(FONT_SMALL, text) + 60, from = x + (end - x - label) / 2;
    for (int i = x; i + 4 <= end; i += 4) {
        int up = (i - x) / 4 % 2 ? 2 : -2;
        if (i + 4 > from && i < from + label)
            continue;
        canvas_line(canvas, i, middle - up - 2, i + 4, middle + up - 2, INK_LINE);
        canvas_line(canvas, i, middle - up + 3, i + 4, middle + up + 3, INK_LINE);
    }
    view_print(canvas, FONT_SMALL, from + 6, middle - 5, label, INK_DIM, "%s unused", text);
}

/* Nobody may touch it: hatched, as wide as the cells. */
static void draw_strip(const View *view, const Band *band, const BandPlace *place, Canvas *canvas, int y)
{
    char size[32];
    Rect r = {view->map.x + LABEL, y, view->columns * view->px - 1, place->h};
    canvas_hatch(canvas, r, 4, INK_LINE);
    canvas_fill(canvas, (Rect){view->map.x + 4, y, 4, place->h}, view_kind_colour(band->kind));
    if (place->guard)
        return;
    int width = canvas_text_width(FONT_SMALL, view_size(band->end - band->start, size)) + 16;
    canvas_fill(canvas, (Rect){r.x + (r.w - width) / 2, y, width, r.h}, INK_BACK);
    canvas_text(canvas, FONT_SMALL, r.x + (r.w - width) / 2 + 8, y + 1, width, INK_DIM, size);
    canvas_text(canvas, FONT_SMALL, view->map.x + 12, y + 1, LABEL - 18, INK_DIM, "--- reserved, no access");
}

/* The last digits of the page's address, where there is room for them. */
static void draw_number(Canvas *canvas, Rect r, uint64_t address, int px, uint64_t pages)
{
    view_print(canvas, FONT_SMALL, r.x + 5, r.y + px / 2 - 7, px - 6, pages ? INK_TEXT : INK_DIM, "%05llx",
               (unsigned long long)(address & 0xfffff));
}

static void draw_cells(const View *view, const Model *model, const Band *band, const BandPlace *place, Canvas *canvas, int y)
{
    int px = view->px, bottom = view->map.y + view->map.h;
    for (int row = 0; row < place->rows; row++) {
        int top = y + (place->rows - 1 - row) * px;
        if (top + px <= view->map.y || top >= bottom)
            continue;
        for (int column = 0; column < view->columns; column++) {
            uint64_t first = view_cell_number(view, place, column, row) << place->fold;
            if (first >= band->count)
                continue;
            DrawnCell d = gather(model, band, first, place->fold);
            Rect place_of_cell = {view->map.x + LABEL + column * px, top, px, px};
            draw_cell(canvas, place_of_cell, &d, band->kind);
            if (px >= 40 && !d.written && !d.executed && !d.read)
                draw_number(canvas, place_of_cell, band->start + (first << band->shift) * PAGE_BYTES, px, d.pages);
        }
    }
}

/* ---- registers' marks ----------------------------------------------------------------------------------------- */

/* A frame around the cell, and the name in the margin at the end of its row. */
static void draw_pointers(const View *view, const Model *model, Canvas *canvas)
{
    static const struct { const char *name; int reg; } marks[] = {{"RSP", 4}, {"RBP", 5}, {"RIP", -1}};
    int top = view->map.y + TITLE, rows[3], used = 0, margin = view->map.x + LABEL + view->columns * view->px + 6;
    if (view->zoom > ZOOM_PAGES)
        margin = view->map.x + view->map.w - 20;
    for (int i = 0; i < 3; i++) {
        uint64_t address = marks[i].reg < 0 ? model->registers.rip : model->registers.r[marks[i].reg];
        Rect r;
        if (!view_cell_rect(view, model, address, &r))
            continue;
        canvas_frame(canvas, (Rect){r.x - 1, r.y - 1, r.w + 1, r.h + 1}, INK_MARK);
        int y = r.y + r.h / 2 - 6;
        if (y < top && r.y >= top)
            y = top;
        for (int k = 0; k < used; k++)
            if (rows[k] > y - 12 && rows[k] < y + 12)
                y = rows[k] + 12;
        rows[used++] = y;
        if (view->zoom <= ZOOM_PAGES)
            canvas_fill(canvas, (Rect){r.x + r.w, r.y + r.h - 1, margin - r.x - r.w - 2, 1}, 0x60ffffffu);
        canvas_text(canvas, FONT_SMALL, margin, y, 40, INK_MARK, marks[i].name);
    }
}

/* Breakpoints and watchpoints: a letter on its cell. */
static void draw_user_marks(const View *view, const Model *model, Canvas *canvas)
{
    for (uint32_t i = 0; i < model->marks.count; i++) {
        const Mark *mark = &model->marks.mark[i];
        Rect r;
        if (!view_cell_rect(view, model, mark->address, &r))
            continue;
        Colour ink = mark->size ? INK_ACCENT : INK_WRITE;
        canvas_frame(canvas, (Rect){r.x - 1, r.y - 1, r.w + 1, r.h + 1}, ink);
        int w = r.w >= 14 ? 9 : 4;
        canvas_fill(canvas, (Rect){r.x + r.w - w - 1, r.y, w, r.w >= 14 ? 12 : 4}, ink);
        if (r.w >= 14)
            canvas_text(canvas, FONT_SMALL, r.x + r.w - 9, r.y, 6, INK_BACK, mark->size ? "W" : "B");
    }
}

/* What is pointed to: by the mouse, or pinned; by the registers. */
static void draw_outlines(const View *view, const Model *model, Canvas *canvas)
{
    Rect map = view->map, focus, kept = canvas_clip(canvas, (Rect){map.x, map.y + TITLE, map.w, map.h - TITLE});
    if (view->focus && view_cell_rect(view, model, view->focus, &focus))
        canvas_frame(canvas, (Rect){focus.x - 2, focus.y - 2, focus.w + 3, focus.h + 3}, INK_ACCENT);
    draw_user_marks(view, model, canvas);
    draw_pointers(view, model, canvas);
    canvas->clip = kept;
}

void draw_map(const View *view, const Model *model, Canvas *canvas)
{
    Rect map = view->map;
    if (view->zoom > ZOOM_PAGES) {
        draw_close(view, model, canvas);
        draw_outlines(view, model, canvas);
        return;
    }
    Rect kept = canvas_clip(canvas, (Rect){map.x, map.y + TITLE, map.w, map.h - TITLE});
    for (uint32_t i = 0; i < model->band_count && i < view->place_count; i++) {
        const BandPlace *place = &view->places[i];
        int y = map.y + TITLE + place->y - view->scroll;
        if (y + place->h < map.y || y - place->gap > map.y + map.h)
            continue;
        if (place->gap)
            draw_gap(view, canvas, y - place->gap, place->gap, model->bands[i + 1].start - model->bands[i].end);
        if (place->strip) {
            draw_strip(view, &model->bands[i], place, canvas, y);
            continue;
        }
        draw_band_label(view, model, &model->bands[i], place, canvas, y);
        draw_cells(view, model, &model->bands[i], place, canvas, y);
    }
    canvas->clip = kept;
    draw_outlines(view, model, canvas);
    Rect bar, thumb;
    if (view_scroll_bar(view, &bar, &thumb)) {
        canvas_fill(canvas, bar, INK_PANEL);
        canvas_fill(canvas, thumb, INK_DIM);
    }
    int most = view_scroll_max(view);
    view_print(canvas, FONT_SMALL, map.x + 12, map.y + 5, map.w - 24, INK_DIM, "%s%s%s",
               map.w < VIEW_NARROW ? "A cell is a 4 KiB page" : "Memory of the process: a cell is a 4 KiB page",
               map.w < VIEW_NARROW && most ? "" : ", addresses rise to the right and upwards",
               !most ? "" : view->scroll == most ? "  (drag: more above)" : "  (drag: more below)");
}

/* ---- legend --------------------------------------------------------------------------------------------------- */

typedef struct LegendItem {
    const char *text;
    DrawnCell cell;
} LegendItem;

void draw_legend(const View *view, const Model *model, Canvas *canvas)
{
    static const LegendItem items[] = {
        {"untouched: no frame", {.capacity = 1}},
        {"has a frame", {.pages = 1, .capacity = 1}},
        {"read now", {.pages = 1, .capacity = 1, .read = 255}},
        {"written now", {.pages = 1, .capacity = 1, .written = 255}},
        {"executed now", {.pages = 1, .capacity = 1, .executed = 255}},
        {"dirty: was written", {.pages = 1, .capacity = 1, .flags = EMU_PAGE_DIRTY}},
        {"in the TLB", {.pages = 1, .capacity = 1, .flags = EMU_PAGE_TLB_READ}},
        {"copy on write", {.pages = 1, .capacity = 1, .flags = EMU_PAGE_COW}},
        {"page of zeroes", {.pages = 1, .capacity = 1, .flags = EMU_PAGE_ZERO}},
        {"swapped out", {.capacity = 1, .flags = EMU_PAGE_SWAPPED}},
    };
    Rect r = view->legend;
    canvas_fill(canvas, (Rect){r.x + 8, r.y, r.w - 16, 1}, INK_LINE);
    if (view->zoom > ZOOM_PAGES) {
        draw_close_legend(view, model, canvas);
        return;
    }
    int columns = r.w < VIEW_NARROW ? 3 : 4, step = (r.w - (columns == 3 ? 8 : 16)) / columns, line = columns == 3 ? 16 : 18;
    int count = (int)(sizeof items / sizeof *items);
    for (int i = 0; i < count; i++) {
        int x = r.x + 12 + i % columns * step, y = r.y + 5 + (columns == 4) + i / columns * line;
        draw_cell(canvas, (Rect){x, y, 15, 15}, &items[i].cell, BAND_HEAP);
        canvas_text(canvas, FONT_SMALL, x + 20, y + 1, step - 20, INK_TEXT, items[i].text);
    }
    int x = r.x + 12 + count % columns * step, y = r.y + 5 + (columns == 4) + count / columns * line;
    canvas_hatch(canvas, (Rect){x, y + 4, 14, 6}, 4, INK_DIM);
    canvas_text(canvas, FONT_SMALL, x + 20, y + 1, 2 * step - 20, INK_TEXT, "nobody may touch it: guards of stacks");
}

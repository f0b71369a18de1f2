/* TLBs and caches as sets and ways: a column is a set, a row a way. What was used glows green with a triangle, what has just
 * come in red with a square, what is dirty has a blue corner. */
#include "ui/window/view.h"

#define INK_HIT INK_EXEC
#define INK_MISS 0xffe8442fu
#define INK_DIRTY 0xff3d8fe8u

static void draw_entry(Canvas *canvas, Rect place, const GridCell *cell, uint32_t capacity, uint32_t now)
{
    Rect r = {place.x, place.y, place.w - (place.w > 3), place.h - (place.h > 3)};
    unsigned came = model_glow(now, cell->came), used = model_glow(now, cell->used);
    Colour base = cell->kind ? view_kind_colour((BandKind)(cell->kind - 1)) : 0xff56616eu;
    if (!cell->held) {
        canvas_frame(canvas, r, 0xff242e3au);
        return;
    }
    int filled = r.h * (int)cell->held / (int)capacity;
    filled = filled < 2 ? 2 : filled;
    Colour ink = came >= used ? colour_mix(base, INK_MISS, came) : colour_mix(base, INK_HIT, used);
    if (filled < r.h)
        canvas_frame(canvas, r, 0xff242e3au);
    canvas_fill(canvas, (Rect){r.x, r.y + r.h - filled, r.w, filled}, ink);
    if (r.w >= 7 && came >= 32 && came >= used)
        canvas_fill(canvas, (Rect){r.x + r.w / 3, r.y + r.h / 3, r.w - 2 * (r.w / 3), r.h - 2 * (r.h / 3)},
                    colour_fade(0xff300800u, came));
    for (int i = 0; r.w >= 7 && used >= 32 && used > came && i < r.h / 2; i++)
        canvas_fill(canvas, (Rect){r.x + 2, r.y + r.h / 4 + i, i < r.h / 4 ? 1 + 2 * i : 1 + 2 * (r.h / 2 - 1 - i), 1},
                    colour_fade(0xff00301eu, used));
    int corner = cell->dirty ? r.h * (int)cell->dirty / (int)capacity / 3 + 2 : 0;
    for (int i = 0; i < corner && i < r.w; i++)
        canvas_fill(canvas, (Rect){r.x + r.w - 1 - i, r.y + r.h - corner + i, i + 1, 1}, INK_DIRTY);
}

typedef struct Shape { /* of a grid with cells of some size */
    int per_row, rows, ways, height;
} Shape;

static Shape shape_of(const Grid *grid, int px, int width)
{
    Shape s = {.ways = grid->group ? 1 : (int)grid->ways};
    int sets = (int)grid->count / s.ways;
    if (sets == 1) { /* fully associative: its ways side by side */
        sets = s.ways;
        s.ways = 1;
    }
    for (s.per_row = sets; s.per_row * px > width; s.per_row = (s.per_row + 1) / 2)
        ;
    s.rows = (sets + s.per_row - 1) / s.per_row;
    s.height = s.rows * (s.ways * px + (s.ways > 1 ? 3 : 0));
    return s;
}

static void draw_cells(const Grid *grid, Canvas *canvas, int x, int y, int px, const Shape *s, uint32_t now)
{
    uint32_t capacity = grid->group ? grid->group * grid->ways : 1;
    for (int i = 0; i < (int)grid->count; i++) {
        int set = i / s->ways, way = i % s->ways;
        int top = y + set / s->per_row * (s->ways * px + (s->ways > 1 ? 3 : 0)) + way * px;
        draw_entry(canvas, (Rect){x + set % s->per_row * px, top, px, px}, &grid->cells[i], capacity, now);
    }
}

static int draw_title(const Grid *grid, Canvas *canvas, Rect area, int y)
{
    char held[32];
    int x = area.x + 8;
    x += view_print(canvas, FONT_NORMAL, x, y, 300, INK_TEXT, "%s", grid->name) + 10;
    x += view_print(canvas, FONT_SMALL, x, y + 3, area.w, INK_DIM, "%u set%s x %u way%s, %s held", grid->sets,
                    grid->sets == 1 ? "" : "s", grid->ways, grid->ways == 1 ? "" : "s", view_count(grid->held, held)) +
         10;
    if (grid->accesses)
        x += view_print(canvas, FONT_SMALL, x, y + 3, area.x + area.w - x, INK_ACCENT, "%.3g %% of accesses miss",
                        100.0 * (double)grid->misses / (double)grid->accesses) +
             10;
    if (grid->group)
        view_print(canvas, FONT_SMALL, x, y + 3, area.x + area.w - x, INK_DIM, "a cell: %u set%s", grid->group,
                   grid->group == 1 ? "" : "s");
    return y + 19;
}

static void draw_grid_legend(Canvas *canvas, Rect area, bool dirty)
{
    static const struct { const char *name; GridCell cell;
    } items[] = {{"empty", {.held = 0}},
                 {"held", {.held = 1}},
                 {"used just now: hit", {.held = 1, .used = 1}},
                 {"came in just now: miss", {.held = 1, .came = 1}},
                 {"dirty", {.held = 1, .dirty = 1}}};
    int x = area.x + 8, y = area.y + area.h - 16;
    for (unsigned i = 0; i < (dirty ? 5u : 4u); i++) {
        draw_entry(canvas, (Rect){x, y, 13, 13}, &items[i].cell, 1, 1);
        x += 18 + canvas_text(canvas, FONT_SMALL, x + 18, y, 160, INK_TEXT, items[i].name) + 14;
    }
}

/* All of them, with cells as large as fit. */
static void draw_grids(const Model *model, Canvas *canvas, Rect area, int y)
{
    enum { TITLE = 19, SPACE = 9, PX_MAX = 14, PX_MIN = 3 };
    const Grids *grids = model->grids;
    int room = area.y + area.h - 22 - y, px = PX_MAX + 1, height = room + 1, width = area.w - 16;
    while (height > room && px > PX_MIN) {
        px--;
        height = 0;
        for (uint32_t i = 0; i < grids->count; i++)
            height += TITLE + SPACE + shape_of(&grids->grid[i], px, width).height;
    }
    for (uint32_t i = 0; i < grids->count; i++) {
        Shape s = shape_of(&grids->grid[i], px, width);
        if (y + TITLE + s.height > area.y + area.h - 22)
            break;
        y = draw_title(&grids->grid[i], canvas, area, y);
        draw_cells(&grids->grid[i], canvas, area.x + 8, y, px, &s, model->now);
        y += s.height + SPACE;
    }
}

void draw_tlb_view(const Model *model, Canvas *canvas, Rect area)
{
    const Grids *g = model->grids;
    int x = area.x + 8, y = area.y + 8;
    canvas_text(canvas, FONT_SMALL, x, y, area.w - 16, INK_DIM,
                g && g->modelled
                    ? "The modelled TLBs: a column is a set, a row a way; the colour is that of the page's mapping"
                    : "The machine's own TLB: a cell is a set of one entry, its colour that of the page's mapping");
    if (!g || !g->count)
        return;
    draw_grids(model, canvas, area, y + 18);
    draw_grid_legend(canvas, area, false);
}

void draw_caches(const Model *model, Canvas *canvas, Rect area)
{
    const Grids *g = model->grids;
    int x = area.x + 8, y = area.y + 8;
    if (!g || !g->count) {
        canvas_text(canvas, FONT_NORMAL, x, y, area.w - 16, INK_DIM,
                    "No caches are modelled: start with --hierarchy, for example");
        canvas_text(canvas, FONT_NORMAL, x, y + 24, area.w - 16, INK_TEXT, "emu --window --hierarchy=skylake ./program");
        return;
    }
    canvas_text(canvas, FONT_SMALL, x, y, area.w - 16, INK_DIM,
                "The modelled caches: a column is a set, a row a way; of large ones a cell is a group of sets");
    draw_grids(model, canvas, area, y + 18);
    draw_grid_legend(canvas, area, true);
}

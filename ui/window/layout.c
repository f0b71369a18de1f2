/* Where everything lies. The map's idea: the cells are as large as they can be with everything visible; when even small ones do
 * not fit, large mappings fold (a drawn cell becomes 2, 4, 8 … pages) until all do. High addresses are on top, as in every
 * textbook; inside a row addresses rise to the right. */
#include <stdlib.h>

#include "ui/window/view.h"

enum {
    HEADER = 28, TIMELINE = 128, LEGEND = 62, LEGEND_NARROW = 68, TAB_BAR = 27, INSPECTOR = 206,
    ROOMY = 800, INSPECTOR_GIVES = 90, TIMELINE_GIVES = 40, /* what they leave to the view in windows lower than that */
    LABEL = 196,    /* left of the cells: what the band is */
    MARGIN = 52,    /* right of them: RSP, RBP, RIP; and the bar */
    BAR = 7, THUMB_MIN = 12,
    TITLE = 20, BAND_TIGHT = 15, BAND_MIN = 28, BAND_ROOMY = 40, /* one, two, three lines of label */
    BAND_SPACE = 5, BAND_SPACE_MAX = 14, GAP = 20,
    PX_MAX = 26, PX_MIN = 6,
    GUARD_PAGES = 16, GUARD = 5, STRIP = 14, /* mappings that nobody may touch: up to so many pages a mere line */
};

static unsigned log2_up(uint64_t n)
{
    unsigned k = 0;
    while (n > 1ull << k)
        k++;
    return k;
}

/* Hilbert's curve fills squares of side * side cells, one square beside the other; so what is near in memory is near in the
 * picture. The side: the largest power of two that the columns, and the band's rows, allow. */
static int square_side(const View *view, int rows)
{
    int side = 1;
    while (view->hilbert && view->columns % (2 * side) == 0 && rows >= 2 * side)
        side *= 2;
    return side;
}

static int rows_of(uint32_t cells, unsigned fold, int columns)
{
    return (int)((((uint64_t)cells + (1u << fold) - 1) >> fold) + (uint64_t)columns - 1) / columns;
}

/* What nobody may touch has no cells: a guard below a stack is a line, the unused rest of an arena a strip that says so. */
static void place_strip(BandPlace *place, const Band *band)
{
    place->strip = band->kind == BAND_RESERVED && band->resident == 0;
    place->guard = place->strip && (band->end - band->start) / PAGE_BYTES <= GUARD_PAGES;
    if (!place->strip)
        return;
    place->fold = 0;
    place->side = place->rows = 1;
    place->h = place->guard ? GUARD : STRIP;
}

/* Is this a guard that lies directly below? */
static bool under_it(const Band *band, const Band *below)
{
    return below->kind == BAND_RESERVED && below->end == band->start && (below->end - below->start) / PAGE_BYTES <= GUARD_PAGES;
}

/* Places all bands for this cell size, no band with more than max_rows rows (0: no limit) nor lower
 * than `least`; the height they take. */
static int place_bands(View *view, const Model *model, int px, int columns, int max_rows, int least)
{
    int y = 0;
    view->px = px;
    view->columns = columns;
    for (uint32_t i = model->band_count; i-- > 0;) { /* from the top: the highest address */
        const Band *band = &model->bands[i];
        BandPlace *place = &view->places[i];
        bool gap = i + 1 == model->band_count || band->end != model->bands[i + 1].start;
        int rows = rows_of(band->count, 0, columns);
        place->fold = max_rows && rows > max_rows ? log2_up((uint64_t)((rows + max_rows - 1) / max_rows)) : 0;
        place->rows = rows_of(band->count, place->fold, columns);
        place->side = square_side(view, place->rows);
        place->rows = (place->rows + place->side - 1) / place->side * place->side;
        place->gap = gap && i + 1 < model->band_count ? GAP : 0;
        place->y = y += place->gap;
        place->h = place->rows * px > least ? place->rows * px : least;
        place_strip(place, band);
        y += place->h + (place->guard ? BAND_SPACE + 2 : i > 0 && under_it(band, &model->bands[i - 1]) ? 2 : BAND_SPACE);
    }
    return y;
}

static int columns_for(const View *view, int px)
{
    int fit = (view->map.w - LABEL - MARGIN) / px;
    for (int squares = 64; view->hilbert && squares >= 8; squares /= 2)
        if (fit >= squares)
            return squares;
    return fit >= 8 ? fit / 8 * 8 : 4; /* rows begin at multiples of 32 KiB from the mapping's start */
}

static void fit(View *view, const Model *model)
{
    int room = view->map.h - TITLE;
    for (int px = PX_MAX; px >= PX_MIN; px -= 2)
        for (int least = BAND_ROOMY; least >= BAND_MIN; least -= BAND_ROOMY - BAND_MIN)
            if ((view->content = place_bands(view, model, px, columns_for(view, px), 0, least)) <= room)
                return;
    for (int least = BAND_MIN; least >= BAND_TIGHT; least -= BAND_MIN - BAND_TIGHT)
        for (int rows = 64; rows >= 1; rows /= 2)
            if ((view->content = place_bands(view, model, PX_MIN + 2, columns_for(view, PX_MIN + 2), rows, least)) <= room)
                return;
}

/* What is left over goes between the bands. */
static void spread(View *view)
{
    int spare = view->map.h - TITLE - view->content, count = 0, above = 0;
    for (uint32_t i = 0; i < view->place_count; i++)
        count += !view->places[i].guard;
    int each = spare <= 0 || count == 0 ? 0 : spare / count;
    each = each > BAND_SPACE_MAX ? BAND_SPACE_MAX : each;
    for (uint32_t i = view->place_count; i-- > 0;) { /* a guard stays at what it guards */
        above += i + 1 < view->place_count && !view->places[i].guard ? each : 0;
        view->places[i].y += above;
    }
    view->content += above;
}

/* Zooming in doubles the cells, out folds what is large. */
static void place_zoomed(View *view, const Model *model)
{
    fit(view, model);
    if (view->zoom > 0) {
        int px = view->px;
        for (int i = 0; i < view->zoom && i < ZOOM_PAGES && px < 64 && 8 * px <= view->map.w - LABEL - MARGIN; i++)
            px *= 2;
        view->content = place_bands(view, model, px, columns_for(view, px), 0, BAND_MIN);
    } else if (view->zoom < 0) {
        int rows = 64 >> -view->zoom;
        view->content = place_bands(view, model, view->px, view->columns, rows > 1 ? rows : 1, BAND_MIN);
    }
}

bool view_layout(View *view, const Model *model, int width, int height)
{
    width = width < VIEW_WIDTH_MIN ? VIEW_WIDTH_MIN : width; /* less shows only the upper left of that */
    height = height < VIEW_HEIGHT_MIN ? VIEW_HEIGHT_MIN : height;
    int lack = height < ROOMY ? ROOMY - height : 0, less = lack < INSPECTOR_GIVES ? lack : INSPECTOR_GIVES;
    int timeline = TIMELINE - (lack - less < TIMELINE_GIVES ? lack - less : TIMELINE_GIVES), inspector = INSPECTOR - less;
    int middle = width * 55 / 100, bottom = height - timeline;
    if (middle > width - 580)
        middle = width - 580;
    int legend = middle < VIEW_NARROW ? LEGEND_NARROW : LEGEND;
    view->header = (Rect){0, 0, width, HEADER};
    view->slider = (Rect){width - 8 * 8 - 12 - 10 * view->speed_steps, 4, 10 * view->speed_steps, HEADER - 8};
    view->map = (Rect){0, HEADER, middle, bottom - legend - HEADER};
    view->legend = (Rect){0, bottom - legend, middle, legend};
    view->tabs = (Rect){middle, HEADER + 3, width - middle, TAB_BAR};
    view->inspector = (Rect){middle, bottom - inspector, width - middle - 8, inspector - 6};
    view->side = (Rect){middle, HEADER + 3 + TAB_BAR, width - middle - 8, bottom - inspector - HEADER - TAB_BAR - 9};
    view->timeline = (Rect){8, bottom, width - 16, timeline - 8};
    if (model->band_count > view->place_capacity || !view->places) {
        BandPlace *places = realloc(view->places, (model->band_count + 16) * sizeof *places);
        if (!places)
            return false;
        view->places = places;
        view->place_capacity = model->band_count + 16;
    }
    view->place_count = model->band_count;
    place_zoomed(view, model);
    spread(view);
    int most = view_scroll_max(view);
    view->scroll = view->scroll > most ? most : view->scroll < 0 ? 0 : view->scroll;
    return true;
}

int view_scroll_max(const View *view)
{
    int room = view->map.h - TITLE;
    return view->content > room ? view->content - room : 0;
}

bool view_scroll_bar(const View *view, Rect *bar, Rect *thumb)
{
    int most = view_scroll_max(view), room = view->map.h - TITLE;
    if (!most || view->zoom > ZOOM_PAGES)
        return false;
    int h = (int)((int64_t)room * room / view->content), height = h < THUMB_MIN ? THUMB_MIN : h;
    *bar = (Rect){view->map.x + view->map.w - BAR, view->map.y + TITLE, BAR, room};
    *thumb = (Rect){bar->x, bar->y + (int)((int64_t)(room - height) * view->scroll / most), BAR, height};
    return true;
}

bool view_scroll_at(const View *view, int x, int y, bool held, int *scroll)
{
    Rect bar, thumb;
    if (!view_scroll_bar(view, &bar, &thumb) || (!held && (x < bar.x || x >= bar.x + bar.w || y < bar.y || y >= bar.y + bar.h)))
        return false;
    int64_t most = view_scroll_max(view), at = most * (y - bar.y - thumb.h / 2) / (bar.h - thumb.h);
    *scroll = (int)(at < 0 ? 0 : at > most ? most : at);
    return true;
}

bool view_over_names(const View *view, int x, int y)
{
    return view->zoom <= ZOOM_PAGES && x < view->map.x + LABEL && y >= view->map.y && y < view->map.y + view->map.h;
}

/* ---- along rows, or along Hilbert's curve ----------------------------------------------------------------------- */

/* One step of the curve's recursion: turns a quadrant the right way. */
static void turn(int side, int *x, int *y, int right, int up)
{
    if (up)
        return;
    if (right) {
        *x = side - 1 - *x;
        *y = side - 1 - *y;
    }
    int swap = *x;
    *x = *y;
    *y = swap;
}

static void place_of_cell(const View *view, const BandPlace *place, uint64_t cell, int *column, int *row)
{
    int side = place->side;
    uint64_t area = (uint64_t)side * (uint64_t)side, square = cell / area, in_row = (uint64_t)(view->columns / side),
             rest = cell % area;
    int x = 0, y = 0;
    for (int s = 1; s < side; s *= 2, rest /= 4) {
        int right = (int)(rest / 2 & 1), up = (int)((rest ^ (uint64_t)right) & 1);
        turn(s, &x, &y, right, up);
        x += s * right;
        y += s * up;
    }
    *column = (int)(square % in_row) * side + x;
    *row = (int)(square / in_row) * side + y;
}

static uint64_t cell_at_place(const View *view, const BandPlace *place, int column, int row)
{
    int side = place->side, x = column % side, y = row % side;
    uint64_t square = (uint64_t)(row / side) * (uint64_t)(view->columns / side) + (uint64_t)(column / side), rest = 0;
    for (int s = side / 2; s > 0; s /= 2) {
        int right = (x & s) != 0, up = (y & s) != 0;
        rest += (uint64_t)s * (uint64_t)s * (uint64_t)((3 * right) ^ up);
        turn(side, &x, &y, right, up);
    }
    return square * (uint64_t)side * (uint64_t)side + rest;
}

/* ---- cells and addresses -------------------------------------------------------------------------------------- */

bool view_cell_rect(const View *view, const Model *model, uint64_t address, Rect *rect)
{
    if (view->zoom > ZOOM_PAGES) {
        *rect = view_close_rect(view, view->close_at, address);
        return rect->w > 0;
    }
    const Band *band = model_band_at(model, address);
    if (!band)
        return false;
    const BandPlace *place = &view->places[band - model->bands];
    int row, column, top = view->map.y + TITLE + place->y - view->scroll;
    if (place->strip) {
        *rect = (Rect){view->map.x + LABEL, top, view->columns * view->px, place->h};
        return true;
    }
    place_of_cell(view, place, (address - band->start) / PAGE_BYTES >> (band->shift + place->fold), &column, &row);
    *rect = (Rect){view->map.x + LABEL + column * view->px, top + (place->rows - 1 - row) * view->px, view->px, view->px};
    return true;
}

bool view_address_at(const View *view, const Model *model, int x, int y, uint64_t *address)
{
    int column = x - view->map.x - LABEL, line = y - view->map.y - TITLE + view->scroll;
    if (y < view->map.y + TITLE || y >= view->map.y + view->map.h || x >= view->map.x + view->map.w)
        return false;
    if (view->zoom > ZOOM_PAGES)
        return view_close_address(view, view->close_at, x, y, address) && model_band_at(model, *address);
    if (column < 0 || column >= view->columns * view->px)
        return false;
    for (uint32_t i = 0; i < view->place_count && i < model->band_count; i++) {
        const BandPlace *place = &view->places[i];
        const Band *band = &model->bands[i];
        if (line < place->y || line >= place->y + (place->strip ? place->h : place->rows * view->px))
            continue;
        if (place->strip) {
            *address = band->start;
            return true;
        }
        uint64_t cell = cell_at_place(view, place, column / view->px, place->rows - 1 - (line - place->y) / view->px);
        *address = band->start + (cell << (band->shift + place->fold)) * PAGE_BYTES;
        return *address < band->end;
    }
    return false;
}

uint64_t view_cell_number(const View *view, const BandPlace *place, int column, int row)
{
    return cell_at_place(view, place, column, row);
}

static void relayout(View *view, const Model *model)
{
    view_layout(view, model, view->timeline.w + 16, view->timeline.y + view->timeline.h + 8);
}

void view_zoom(View *view, const Model *model, int zoom, int y, bool over_cell, uint64_t address)
{
    Rect cell;
    int before = view->zoom, px = view->px, step = zoom > before ? 1 : -1;
    view->zoom = zoom < ZOOM_MIN ? ZOOM_MIN : zoom > ZOOM_MAX ? ZOOM_MAX : zoom;
    address = over_cell ? address : model->focus.address;
    if (!over_cell)
        y = view->map.y + view->map.h / 2;
    relayout(view, model);
    while (before <= ZOOM_PAGES && view->zoom > 0 && view->zoom <= ZOOM_PAGES &&
           view->px == px) { /* pages are as large as they get */
        view->zoom += step;
        relayout(view, model);
    }
    if (view->zoom > ZOOM_PAGES)
        view_close_centre(view, address, y);
    else if ((over_cell || before > ZOOM_PAGES) && view_cell_rect(view, model, address, &cell))
        view->scroll += cell.y + cell.h / 2 - y;
}

int view_slider_at(const View *view, int x, int y)
{
    Rect r = view->slider;
    return view->speed_steps && x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h ? (x - r.x) / 10 : -1;
}

void view_request(const View *view, ModelRequest *request)
{
    request->parts = view_tab_parts(view->tab);
    request->close_count = 0;
    if (view->zoom <= ZOOM_PAGES)
        return;
    CloseShape shape = view_close_shape(view);
    request->close_start = view->close_at;
    request->close_unit = shape.unit;
    request->close_count = shape.rows * shape.columns;
}

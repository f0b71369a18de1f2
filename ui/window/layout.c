/* Where everything lies. The map's idea: the cells are as large as they can be with everything visible; when even small ones do
 * not fit, large mappings fold (a drawn cell becomes 2, 4, 8 … pages) until all do. High addresses are on top, as in every
 * textbook; inside a row addresses rise to the right. */
#include <stdlib.h>

#include "ui/window/view.h"

enum {
    HEADER = 28, TIMELINE = 118, LEGEND = 62, TAB_BAR = 27, INSPECTOR = 186,
    LABEL = 196,    /* left of the cells: what the band is */
    MARGIN = 52,    /* right of them: RSP, RBP, RIP */
    TITLE = 20, BAND_TIGHT = 15, BAND_MIN = 28, BAND_ROOMY = 40, /* one, two, three lines of label */
    BAND_SPACE = 5, BAND_SPACE_MAX = 14, GAP = 20,
    PX_MAX = 26, PX_MIN = 6,
};

static unsigned log2_up(uint64_t n)
{
    unsigned k = 0;
    while (n > 1ull << k)
        k++;
    return k;
}

static int rows_of(uint32_t cells, unsigned fold, int columns)
{
    return (int)((((uint64_t)cells + (1u << fold) - 1) >> fold) + (uint64_t)columns - 1) / columns;
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
        place->gap = gap && i + 1 < model->band_count ? GAP : 0;
        place->y = y += place->gap;
        place->h = place->rows * px > least ? place->rows * px : least;
        y += place->h + BAND_SPACE;
    }
    return y;
}

static int columns_for(const View *view, int px)
{
    int fit = (view->map.w - LABEL - MARGIN) / px;
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
        for (int rows = 64; rows >= 2; rows /= 2)
            if ((view->content = place_bands(view, model, PX_MIN + 2, columns_for(view, PX_MIN + 2), rows, least)) <= room)
                return;
}

/* What is left over goes between the bands. */
static void spread(View *view)
{
    int spare = view->map.h - TITLE - view->content, count = (int)view->place_count;
    int each = spare <= 0 || count == 0 ? 0 : spare / count;
    each = each > BAND_SPACE_MAX ? BAND_SPACE_MAX : each;
    for (int i = 0; i < count; i++)
        view->places[i].y += each * (count - 1 - i);
    view->content += each * (count - 1);
}

/* Zooming in doubles the cells, out folds what is large. */
static void place_zoomed(View *view, const Model *model)
{
    fit(view, model);
    if (view->zoom > 0) {
        int px = view->px;
        for (int i = 0; i < view->zoom && px < 64; i++)
            px *= 2;
        view->content = place_bands(view, model, px, columns_for(view, px), 0, BAND_MIN);
    } else if (view->zoom < 0) {
        int rows = 64 >> -view->zoom;
        view->content = place_bands(view, model, view->px, view->columns, rows > 1 ? rows : 1, BAND_MIN);
    }
}

bool view_layout(View *view, const Model *model, int width, int height)
{
    int middle = width * 55 / 100, bottom = height - TIMELINE;
    if (middle > width - 580)
        middle = width - 580;
    view->header = (Rect){0, 0, width, HEADER};
    view->map = (Rect){0, HEADER, middle, bottom - LEGEND - HEADER};
    view->legend = (Rect){0, bottom - LEGEND, middle, LEGEND};
    view->tabs = (Rect){middle, HEADER + 3, width - middle, TAB_BAR};
    view->inspector = (Rect){middle, bottom - INSPECTOR, width - middle - 8, INSPECTOR - 6};
    view->side = (Rect){middle, HEADER + 3 + TAB_BAR, width - middle - 8, bottom - INSPECTOR - HEADER - TAB_BAR - 9};
    view->timeline = (Rect){8, bottom, width - 16, TIMELINE - 8};
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

/* ---- cells and addresses -------------------------------------------------------------------------------------- */

bool view_cell_rect(const View *view, const Model *model, uint64_t address, Rect *rect)
{
    const Band *band = model_band_at(model, address);
    if (!band)
        return false;
    const BandPlace *place = &view->places[band - model->bands];
    uint64_t cell = (address - band->start) / PAGE_BYTES >> (band->shift + place->fold);
    int row = (int)(cell / (uint64_t)view->columns), column = (int)(cell % (uint64_t)view->columns);
    int top = view->map.y + TITLE + place->y - view->scroll;
    *rect = (Rect){view->map.x + LABEL + column * view->px, top + (place->rows - 1 - row) * view->px, view->px, view->px};
    return true;
}

bool view_address_at(const View *view, const Model *model, int x, int y, uint64_t *address)
{
    int column = x - view->map.x - LABEL, line = y - view->map.y - TITLE + view->scroll;
    if (column < 0 || column >= view->columns * view->px || y < view->map.y + TITLE || y >= view->map.y + view->map.h)
        return false;
    for (uint32_t i = 0; i < view->place_count && i < model->band_count; i++) {
        const BandPlace *place = &view->places[i];
        const Band *band = &model->bands[i];
        if (line < place->y || line >= place->y + place->rows * view->px)
            continue;
        uint64_t row = (uint64_t)(place->rows - 1 - (line - place->y) / view->px);
        uint64_t cell = row * (uint64_t)view->columns + (uint64_t)(column / view->px);
        *address = band->start + (cell << (band->shift + place->fold)) * PAGE_BYTES;
        return *address < band->end;
    }
    return false;
}

/* Mappings and their pages: one band each, one cell per page (or per 2^n pages of a mapping too large for that). What has
 * glowed keeps glowing: cells inherit the stamps of the cells that showed their addresses in the picture before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu_view.h"
#include "ui/window/model.h"

static void *grown(void *buffer, uint32_t *capacity, uint32_t count, size_t size)
{
    if (count <= *capacity)
        return buffer;
    uint32_t wanted = *capacity * 2 > count ? *capacity * 2 : count;
    void *larger = realloc(buffer, (size_t)wanted * size);
    if (larger)
        *capacity = wanted;
    return larger;
}

/* The first thread whose stack pointer is in there; *count: how many are. */
static int threads_inside(const Model *model, const EmuMapping *mapping, uint32_t *count)
{
    int first = 0;
    *count = 0;
    for (uint32_t i = 0; i < model->task_count; i++) {
        const TaskRow *row = &model->tasks[i];
        if (row->task.pid == model->pid && row->task.state != 'Z' && row->rsp > mapping->start && row->rsp <= mapping->end) {
            first = first ? first : row->task.tid; /* an empty stack's is at its end */
            ++*count;
        }
    }
    return first;
}

static void name_band(Band *band, const char *name)
{
    const char *slash = strrchr(name, '/');
    snprintf(band->name, sizeof band->name, "%s", slash ? slash + 1 : name);
}

/* The program as this process sees it. */
static const char *exe_of(const Model *model)
{
    for (uint32_t i = 0; i < model->task_count; i++)
        if (model->tasks[i].task.pid == model->pid)
            return model->tasks[i].task.exe;
    return "";
}

/* Fills bands; the number of cells they need, or UINT32_MAX: no memory. */
static uint32_t list_bands(Model *model, Emu *emu)
{
    EmuMapping mapping;
    uint32_t cells = 0;
    uint64_t exe_end = 0;
    model->band_count = 0;
    for (uint32_t i = 0; emu_mapping_outline(emu, model->pid, i, &mapping); i++) {
        Band *bands = grown(model->bands, &model->band_capacity, i + 1, sizeof *bands);
        if (!bands)
            return UINT32_MAX;
        model->bands = bands;
        Band *band = &bands[model->band_count++];
        *band = (Band){.start = mapping.start, .end = mapping.end, .map_flags = mapping.flags};
        band->tid = threads_inside(model, &mapping, &band->threads);
        band->kind = model_band_kind(&mapping, exe_of(model), exe_end == mapping.start, band->tid);
        if (strcmp(mapping.name, exe_of(model)) == 0)
            exe_end = mapping.end;
        name_band(band, mapping.name);
        uint64_t pages = (mapping.end - mapping.start) / PAGE_BYTES;
        while (pages >> band->shift > BAND_CELLS_MAX)
            band->shift++;
        band->first = cells;
        band->count = (uint32_t)((pages + (1ull << band->shift) - 1) >> band->shift);
        cells += band->count;
    }
    return cells;
}

/* Stamps of the old picture where it showed the same address in cells of the same size. */
static void inherit(Cell *cells, const Band *band, const Model *old)
{
    uint64_t size = (uint64_t)PAGE_BYTES << band->shift;
    for (uint32_t i = 0; i < band->count;) {
        uint64_t address = band->start + i * size;
        const Band *from = model_band_at(old, address);
        if (!from || from->shift != band->shift || (address - from->start) % size) {
            i++; /* a new mapping: nothing has been seen of it. Its holes are small against what is drawn */
            continue;
        }
        uint32_t at = (uint32_t)((address - from->start) / size), n = from->count - at;
        if (n > band->count - i)
            n = band->count - i;
        for (uint32_t k = 0; k < n; k++) {
            cells[band->first + i + k] = old->cells[from->first + at + k];
            cells[band->first + i + k].flags = 0;
            cells[band->first + i + k].pages = 0;
        }
        i += n;
    }
}

/* ---- from page tables to cells ---------------------------------------------------------------------------------- */

typedef struct Painter {
    Model *model;
    uint32_t band;   /* the first that does not end below the last table */
    uint64_t erased; /* cells that begin below have been emptied in this sweep over all pages */
} Painter;

typedef struct Sum {
    uint32_t flags, pages, used;
} Sum;

static Sum sum_pages(const uint16_t *flags, uint64_t count)
{
    Sum sum = {0};
    for (uint64_t i = 0; i < count; i++) {
        sum.flags |= flags[i];
        sum.pages += flags[i] & EMU_PAGE_PRESENT;
        sum.used += (flags[i] & (EMU_PAGE_READ | EMU_PAGE_WRITTEN | EMU_PAGE_EXECUTED)) != 0;
    }
    return sum;
}

static void empty_cell(Band *band, Cell *cell)
{
    band->resident -= (uint64_t)cell->pages * PAGE_BYTES;
    cell->flags = 0;
    cell->pages = 0;
}

/* In a sweep over all pages: cells that begin below `end` and have not been emptied yet. What comes of them is added again. */
static void erase_to(Painter *p, uint64_t end)
{
    const Model *m = p->model;
    for (uint32_t i = p->band; i < m->band_count && m->bands[i].start < end && p->erased < end; i++) {
        Band *band = &m->bands[i];
        uint64_t size = (uint64_t)PAGE_BYTES << band->shift;
        uint64_t first = p->erased > band->start ? (p->erased - band->start + size - 1) / size : 0;
        uint64_t stop = end < band->end ? (end - band->start + size - 1) / size : band->count;
        for (uint64_t k = first; k < stop; k++)
            empty_cell(band, &m->cells[band->first + k]);
    }
    p->erased = end;
}

/* A cell of several pages may lie in two page tables, of which only one has come: then its count waits for the next full
 * sweep. */
static void paint_cell(const Model *model, Band *band, Cell *cell, Sum sum, bool whole)
{
    if (whole && !model->sweep_all)
        empty_cell(band, cell);
    cell->flags |= (uint16_t)(sum.flags & (EMU_PAGE_READ - 1));
    if (whole || model->sweep_all) {
        cell->pages += sum.pages;
        band->resident += (uint64_t)sum.pages * PAGE_BYTES;
    }
    if (sum.flags & EMU_PAGE_READ)
        cell->read = model->now;
    if (sum.flags & EMU_PAGE_WRITTEN)
        cell->written = model->now;
    if (sum.flags & EMU_PAGE_EXECUTED)
        cell->executed = model->now;
}

static void paint_band(Model *model, Band *band, uint64_t table, const uint16_t *flags)
{
    uint64_t table_end = table + (uint64_t)EMU_TABLE_PAGES * PAGE_BYTES, size = (uint64_t)PAGE_BYTES << band->shift;
    uint64_t at = band->start > table ? band->start : table, end = band->end < table_end ? band->end : table_end;
    Cell *cell = model->cells + band->first + (at - band->start) / size;
    for (uint64_t stop; at < end; at = stop, cell++) {
        uint64_t start = at - (at - band->start) % size;
        stop = start + size < end ? start + size : end;
        bool whole = start >= table && (start + size <= table_end || stop == band->end);
        Sum sum = sum_pages(flags + (at - table) / PAGE_BYTES, (stop - at) / PAGE_BYTES);
        model->harvested += sum.used;
        paint_cell(model, band, cell, sum, whole);
    }
}

static void paint_table(void *context, uint64_t address, const uint16_t flags[EMU_TABLE_PAGES])
{
    Painter *p = context;
    Model *m = p->model;
    uint64_t end = address + (uint64_t)EMU_TABLE_PAGES * PAGE_BYTES;
    if (m->sweep_all)
        erase_to(p, end);
    while (p->band < m->band_count && m->bands[p->band].end <= address)
        p->band++;
    for (uint32_t i = p->band; i < m->band_count && m->bands[i].start < end; i++)
        paint_band(m, &m->bands[i], address, flags);
}

/* Goes on with the sweep, or begins one. `all`: at once over all pages, as when something is new. */
static void sweep(Model *model, Emu *emu, uint32_t tables, bool all)
{
    if (all || model->hand == 0) {
        model->sweep_all = all || model->now - model->sweep_full >= FULL_SWEEP_MS;
        model->sweep_full = model->sweep_all ? model->now : model->sweep_full;
        model->sweep_last = model->sweep_now;
        model->sweep_now = model->now;
        model->hand = 0;
    }
    Painter painter = {.model = model, .erased = model->hand};
    model->hand =
        emu_harvest(emu, model->pid, model->hand, all ? UINT32_MAX : tables, !model->sweep_all, paint_table, &painter);
    if (model->sweep_all)
        erase_to(&painter, model->hand);
    model->hand = model->hand == EMU_SWEEP_END ? 0 : model->hand;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

/* The same mappings, so that what was counted in them still counts. */
static bool same_bands(Model *a, const Model *b)
{
    bool same = a->band_count == b->band_count;
    for (uint32_t i = 0; same && i < a->band_count; i++)
        same = a->bands[i].start == b->bands[i].start && a->bands[i].end == b->bands[i].end;
    for (uint32_t i = 0; same && i < a->band_count; i++)
        a->bands[i].resident = b->bands[i].resident;
    return same;
}

bool model_collect_bands(Model *model, Emu *emu, const ModelRequest *request)
{
    model->harvested = 0;
    if (model->band_count && model->bands_pid == model->pid && model->bands_insns == model->stats.insns)
        return true; /* nothing has run: another harvest would only forget */
    model->bands_insns = model->stats.insns;
    model_collect_tlb(model, emu);
    Model old = *model; /* its bands and cells */
    bool other = model->bands_pid != model->pid; /* what glowed was another process's doing */
    model->bands_pid = model->pid;
    model->bands = NULL;
    model->band_capacity = 0;
    uint32_t count = list_bands(model, emu);
    Cell *cells = old.cells;
    bool same = !other && same_bands(model, &old);
    if (!same)
        cells = count == UINT32_MAX ? NULL : calloc(count + 1u, sizeof *cells);
    if (!cells) {
        free(old.bands);
        free(old.cells);
        model->cells = NULL;
        model->band_count = model->cell_count = model->cell_capacity = 0;
        return false;
    }
    for (uint32_t i = 0; !same && !other && i < model->band_count; i++)
        inherit(cells, &model->bands[i], &old);
    free(old.bands);
    if (!same)
        free(old.cells);
    model->cells = cells;
    model->cell_count = count;
    model->cell_capacity = count;
    sweep(model, emu, request->tables ? request->tables : SWEEP_TABLES, !same || request->exact);
    return true;
}

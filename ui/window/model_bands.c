/* Mappings and their pages: one band each, one cell per page (or per 2^n pages of a mapping too large for that). What has glowed
 * keeps glowing: cells inherit the stamps of the cells that showed their addresses in the picture before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static int threads_inside(const Model *model, Emu *emu, const EmuMapping *mapping, uint32_t *count)
{
    int first = 0;
    *count = 0;
    for (uint32_t i = 0; i < model->task_count; i++) {
        const EmuTask *task = &model->tasks[i].task;
        EmuRegisters registers;
        if (task->pid == model->pid && task->state != 'Z' && emu_registers(emu, task->tid, &registers) &&
            registers.r[4] > mapping->start && registers.r[4] <= mapping->end) { /* an empty stack's is at its end */
            first = first ? first : task->tid;
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
    for (uint32_t i = 0; emu_mapping(emu, model->pid, i, &mapping); i++) {
        Band *bands = grown(model->bands, &model->band_capacity, i + 1, sizeof *bands);
        if (!bands)
            return UINT32_MAX;
        model->bands = bands;
        Band *band = &bands[model->band_count++];
        *band = (Band){.start = mapping.start, .end = mapping.end, .resident = mapping.resident, .map_flags = mapping.flags};
        band->tid = threads_inside(model, emu, &mapping, &band->threads);
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
            cells[band->first + i + k].flags = cells[band->first + i + k].pages = 0;
        }
        i += n;
    }
}

typedef struct Painter {
    const Band *band;
    Cell *cells; /* of the band */
    uint32_t now;
} Painter;

static void paint_page(void *context, uint64_t address, uint64_t paddr, uint32_t flags)
{
    Painter *p = context;
    Cell *cell = &p->cells[(address - p->band->start) / PAGE_BYTES >> p->band->shift];
    (void)paddr;
    cell->flags |= (uint16_t)(flags & (EMU_PAGE_READ - 1));
    cell->pages += flags & EMU_PAGE_PRESENT && cell->pages != UINT16_MAX;
    if (flags & EMU_PAGE_READ)
        cell->read = p->now;
    if (flags & EMU_PAGE_WRITTEN)
        cell->written = p->now;
    if (flags & EMU_PAGE_EXECUTED)
        cell->executed = p->now;
}

static bool same_bands(const Model *a, const Model *b)
{
    bool same = a->band_count == b->band_count;
    for (uint32_t i = 0; same && i < a->band_count; i++)
        same = a->bands[i].start == b->bands[i].start && a->bands[i].end == b->bands[i].end;
    return same;
}

bool model_collect_bands(Model *model, Emu *emu, const ModelRequest *request)
{
    if (model->band_count && model->bands_pid == model->pid && model->bands_insns == model->stats.insns)
        return true; /* nothing has run: another harvest would only forget */
    model->bands_insns = model->stats.insns;
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
    for (uint32_t i = 0; i < model->band_count; i++) {
        const Band *band = &model->bands[i];
        Painter painter = {band, cells + band->first, request->now};
        if (!same && !other)
            inherit(cells, band, &old);
        for (uint32_t k = 0; same && k < band->count; k++)
            painter.cells[k].flags = painter.cells[k].pages = 0;
        emu_pages(emu, model->pid, band->start, band->end, true, paint_page, &painter);
    }
    free(old.bands);
    if (!same)
        free(old.cells);
    model->cells = cells;
    model->cell_count = count;
    model->cell_capacity = count;
    return true;
}

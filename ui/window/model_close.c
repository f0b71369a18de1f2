/* What is seen from close up: lines of 64 bytes, or single bytes, of a stretch of memory. Changes are found by comparing with
 * the picture before; what the modelled caches hold is asked of them, where a hierarchy runs. */
#include <stdlib.h>
#include <string.h>

#include "emu/emu_view.h"
#include "ui/window/model.h"

/* Of a line's bytes; FNV-1a over words. */
static uint32_t hash_of(const uint8_t *bytes, uint32_t size)
{
    uint64_t hash = 14695981039346656037ull;
    for (uint32_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        hash = (hash ^ word) * 1099511628211ull;
        hash ^= hash >> 29;
    }
    return (uint32_t)(hash ^ hash >> 32);
}

static bool all_zero(const uint8_t *bytes, uint32_t size)
{
    uint8_t any = 0;
    for (uint32_t i = 0; i < size; i++)
        any |= bytes[i];
    return !any;
}

static void ask_caches(Emu *emu, Close *close, CloseCell *cell, uint64_t address, uint64_t paddr, uint32_t now, uint64_t *clock)
{
    for (uint32_t cache = 0; cache < 4; cache++) {
        EmuHeld held;
        if (!emu_hierarchy_holds(emu, cache, address, paddr, &held))
            continue;
        cell->held |= (uint8_t)(1u << cache);
        cell->dirty |= held.dirty;
        if (held.stamp > close->clock && close->clock)
            cell->used = now;
        *clock = held.stamp > *clock ? held.stamp : *clock;
    }
}

/* The cells of one page, whose bytes are at `bytes` (NULL: it has no frame). */
static void take_cells(const Model *model, Emu *emu, Close *close, const Close *old, uint64_t from, uint64_t end,
                       const uint8_t *bytes, uint64_t paddr, uint64_t *clock)
{
    for (uint64_t at = from; at < end; at += close->unit) {
        uint32_t i = (uint32_t)((at - close->start) / close->unit);
        uint64_t before = (at - old->start) / old->unit;
        bool known =
            old->unit == close->unit && at >= old->start && before < old->count && old->cells[before].kind == CLOSE_DATA;
        CloseCell *cell = &close->cells[i];
        *cell = (CloseCell){.kind = bytes ? CLOSE_DATA : CLOSE_UNTOUCHED};
        if (!bytes)
            continue;
        const uint8_t *value = bytes + (at - from);
        cell->hash = close->unit == 1 ? *value : hash_of(value, close->unit);
        cell->zero = all_zero(value, close->unit);
        cell->changed = !known ? 0 : old->cells[before].hash != cell->hash ? model->now : old->cells[before].changed;
        cell->used = known ? old->cells[before].used : 0;
        if (close->unit > 1)
            ask_caches(emu, close, cell, at, paddr + (at - from), model->now, clock);
    }
}

static void take_page(Model *model, Emu *emu, Close *close, const Close *old, uint64_t from, uint64_t end, uint64_t *clock)
{
    uint8_t page[PAGE_BYTES];
    EmuWalk walk;
    if (!model_band_at(model, from))
        return; /* calloc has made its cells CLOSE_NOTHING */
    bool mapped = emu_walk(emu, model->pid, from, &walk) && emu_read(emu, model->pid, from, page, end - from) == end - from;
    take_cells(model, emu, close, old, from, end, mapped ? page : NULL, walk.paddr, clock);
    uint64_t offset = from - close->start;
    if (mapped && offset + (end - from) <= CLOSE_BYTES_MAX)
        memcpy(close->bytes + offset, page, end - from);
}

bool model_collect_close(Model *model, Emu *emu, const ModelRequest *request)
{
    static const Close none = {.unit = 1};
    Close *old = model->close;
    if (request->close_count == 0) {
        free(old);
        model->close = NULL;
        return true;
    }
    Close *close = calloc(1, sizeof *close);
    if (!close)
        return false;
    *close = (Close){.start = request->close_start, .unit = request->close_unit,
                     .count = request->close_count < CLOSE_CELLS_MAX ? request->close_count : CLOSE_CELLS_MAX};
    close->caches = emu_hierarchy_name(emu) != NULL;
    close->clock = old ? old->clock : 0;
    uint64_t end = close->start + (uint64_t)close->count * close->unit, clock = close->clock;
    for (uint64_t at = close->start, next; at < end; at = next) {
        next = (at | (PAGE_BYTES - 1)) + 1;
        take_page(model, emu, close, old ? old : &none, at, next < end ? next : end, &clock);
    }
    close->clock = clock;
    free(old);
    model->close = close;
    return true;
}

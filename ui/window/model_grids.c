/* What lies in TLBs and caches: where a hierarchy is modelled, in its; else in the machine's own TLBs. What came and what was
 * used is found by comparing with the picture before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu_view.h"
#include "ui/window/model.h"

typedef bool LookInto(Model *model, Emu *emu, uint32_t index, uint32_t set, uint32_t way, EmuHeld *held);

void model_collect_tlb(Model *model, Emu *emu)
{
    for (int i = 0; i < EMU_TLBS; i++)
        for (uint32_t set = 0; set < emu_tlb_sets(i) && set < TLB_SHOWN; set++)
            if (!emu_tlb_entry(emu, i, set, &model->tlb[i][set]))
                model->tlb[i][set] = TLB_EMPTY;
}

static bool look_into_machine(Model *model, Emu *emu, uint32_t index, uint32_t set, uint32_t way, EmuHeld *held)
{
    (void)emu;
    *held = (EmuHeld){.start = model->tlb[index][set], .key = model->tlb[index][set]};
    held->valid = way == 0 && held->start != TLB_EMPTY;
    return true;
}

static bool look_into_tlb(Model *model, Emu *emu, uint32_t index, uint32_t set, uint32_t way, EmuHeld *held)
{
    (void)model;
    return emu_hierarchy_tlb_entry(emu, index, set, way, held);
}

static bool look_into_cache(Model *model, Emu *emu, uint32_t index, uint32_t set, uint32_t way, EmuHeld *held)
{
    (void)model;
    return emu_hierarchy_entry(emu, index, set, way, held);
}

/* Was the key in this set in the picture before? */
static bool was_there(const Grid *old, uint32_t set, uint64_t key)
{
    for (uint32_t way = 0; way < old->ways; way++)
        if (old->cells[set * old->ways + way].held && old->cells[set * old->ways + way].key == key)
            return true;
    return false;
}

static void note_entry(const Model *model, Grid *grid, const Grid *old, uint32_t set, uint32_t way, const EmuHeld *held,
                       bool pages)
{
    GridCell *cell = &grid->cells[set * grid->ways + way];
    const GridCell *before = &old->cells[set * grid->ways + way];
    bool known = old->sets == grid->sets && old->ways == grid->ways;
    if (!held->valid)
        return;
    cell->key = held->key;
    cell->held = 1;
    cell->dirty = held->dirty;
    const Band *band = pages ? model_band_at(model, held->start) : NULL;
    cell->kind = band ? (uint8_t)(band->kind + 1) : 0;
    if (!known)
        return;
    bool came = !was_there(old, set, held->key), first = way == 0 && before->key != held->key;
    cell->came = came ? model->now : before->key == held->key ? before->came : 0;
    bool used = held->stamp ? held->stamp > old->clock : first;
    cell->used = used && !came ? model->now : before->key == held->key ? before->used : 0;
}

/* A group of sets, all ways: how much is in it, and what, as one number. */
static void note_group(Grid *grid, uint32_t set, const EmuHeld *held)
{
    GridCell *cell = &grid->cells[set / grid->group];
    cell->held += held->valid;
    cell->dirty += held->dirty;
    cell->key += held->valid ? held->key * 0x9e3779b97f4a7c15ull : 0;
}

static void note_changes(const Model *model, Grid *grid, const Grid *old)
{
    for (uint32_t i = 0; grid->group && i < grid->count && old->count == grid->count; i++) {
        const GridCell *before = &old->cells[i];
        grid->cells[i].came = before->key != grid->cells[i].key ? model->now : before->came;
    }
}

static void fill(Model *model, Emu *emu, Grid *grid, const Grid *old, uint32_t index, LookInto *look, bool pages)
{
    EmuHeld held;
    while (grid->sets * grid->ways > GRID_CELLS &&
           (grid->group == 0 || (grid->sets + grid->group - 1) / grid->group > GRID_CELLS / 8))
        grid->group = grid->group ? 2 * grid->group : 1;
    grid->count = grid->group ? (grid->sets + grid->group - 1) / grid->group : grid->sets * grid->ways;
    for (uint32_t set = 0; set < grid->sets; set++)
        for (uint32_t way = 0; way < grid->ways && look(model, emu, index, set, way, &held); way++) {
            if (grid->group)
                note_group(grid, set, &held);
            else
                note_entry(model, grid, old, set, way, &held, pages);
            grid->held += held.valid;
            grid->dirty += held.dirty;
            grid->clock = held.stamp > grid->clock ? held.stamp : grid->clock;
        }
    note_changes(model, grid, old);
}

static uint64_t sum_of(Emu *emu, const char *const *names)
{
    uint64_t sum = 0, value;
    for (; *names; names++)
        sum += emu_hierarchy_count(emu, *names, &value) ? value : 0;
    return sum;
}

static void add_tlbs(Model *model, Emu *emu, Grids *grids, const Grids *old)
{
    static const char *const names[EMU_TLBS] = {"for reads", "for writes", "for fetches"};
    EmuTlbGeometry g;
    grids->modelled = emu_hierarchy_name(emu) != NULL;
    for (uint32_t i = 0; !grids->modelled && i < EMU_TLBS; i++) {
        Grid *grid = &grids->grid[grids->count];
        snprintf(grid->name, sizeof grid->name, "%s", names[i]);
        grid->sets = emu_tlb_sets((int)i) < TLB_SHOWN ? emu_tlb_sets((int)i) : TLB_SHOWN;
        grid->ways = 1;
        fill(model, emu, grid, &old->grid[grids->count++], i, look_into_machine, true);
    }
    for (uint32_t i = 0; grids->modelled && grids->count < GRIDS_MAX && emu_hierarchy_tlb(emu, i, &g); i++) {
        Grid *grid = &grids->grid[grids->count];
        if (!g.small_pages)
            continue; /* programs here have no larger ones */
        snprintf(grid->name, sizeof grid->name, "level %u:%s%s%s", g.level, g.fetches ? " fetches" : "",
                 g.loads ? " loads" : "", g.stores ? " stores" : "");
        grid->ways = g.ways;
        grid->sets = g.entries / g.ways;
        fill(model, emu, grid, &old->grid[grids->count++], i, look_into_tlb, true);
    }
}

static void add_caches(Model *model, Emu *emu, Grids *grids, const Grids *old)
{
    static const char *const accesses[2][3] = {{"Ir"}, {"Dr", "Dw"}}, *const misses[2][3] = {{"I1mr"}, {"D1mr", "D1mw"}};
    EmuCacheGeometry g;
    grids->modelled = true;
    for (uint32_t i = 0; i < 4 && emu_hierarchy_cache(emu, i, &g); i++) {
        if (!g.size)
            continue;
        Grid *grid = &grids->grid[grids->count];
        snprintf(grid->name, sizeof grid->name, "%s", g.name);
        grid->ways = g.ways;
        grid->sets = (uint32_t)(g.size / g.line / g.ways);
        grid->accesses = i < 2 ? sum_of(emu, accesses[i]) : 0; /* below, not every access is somebody's */
        grid->misses = i < 2 ? sum_of(emu, misses[i]) : 0;
        fill(model, emu, grid, &old->grid[grids->count++], i, look_into_cache, false);
    }
}

bool model_collect_grids(Model *model, Emu *emu, const ModelRequest *request)
{
    Grids *old = model->grids, *grids = NULL;
    static const Grids none;
    unsigned parts = request->parts & (PART_TLB | PART_CACHES);
    if (old && model->grids_parts == parts && model->grids_insns == model->stats.insns)
        return true; /* nothing has run */
    model->grids_parts = parts;
    model->grids_insns = model->stats.insns;
    if (request->parts & (PART_TLB | PART_CACHES)) {
        grids = calloc(1, sizeof *grids);
        if (!grids)
            return false;
        if (request->parts & PART_TLB)
            add_tlbs(model, emu, grids, old ? old : &none);
        else if (emu_hierarchy_name(emu))
            add_caches(model, emu, grids, old ? old : &none);
    }
    free(old);
    model->grids = grids;
    return true;
}

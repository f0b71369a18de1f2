/* The modelled TLBs and page walks.
 *
 * First level: separate for fetches, loads, stores as configured, by page size. A miss there asks the second level, and
 * what is found, or walked for, is filled into both. A walk starts below the deepest table entry that a page-walk cache
 * holds: the PDE cache is asked first, then PDPTE, PML4E; a hit does not touch the shallower ones. An entry remembers D:
 * a store through one whose D is clear walks again (SDM Vol. 3A, "Accessed and Dirty Flags"). */
#include "mmu/hierarchy/internal.h"
#include "mmu/pte.h"

#include <stdlib.h>

enum { PAGE_SIZES = 3, ENTRY_LARGE_SHIFT = 9, FEW_PAGES = 64 };

static u32 class_of(AccessKind kind) { return kind == KIND_FETCH ? 0 : kind == KIND_READ ? 1 : 2; }

static u64 page_key(const Hierarchy *h, u64 address, u32 size_class)
{
    u64 page = (address & ((1ull << 48) - 1)) >> (h->front.page_shift + ENTRY_LARGE_SHIFT * size_class);
    return page | (u64)size_class << KEY_SIZE_SHIFT | (u64)h->space << KEY_SPACE_SHIFT;
}

static const char *unit_name(const TlbUnit *unit)
{
    bool fetch = unit->config.serves & SERVES_FETCH;
    if (unit->config.level == 2)
        return "STLB";
    return fetch ? "ITLB" : "DTLB";
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

bool tlb_create(Hierarchy *h)
{
    for (u32 i = 0; i < h->config.tlb_count; i++) {
        TlbUnit *unit = &h->tlb[i];
        unit->config = h->config.tlb[i];
        u32 ways = unit->config.ways ? unit->config.ways : unit->config.entries, sets = unit->config.entries / ways;
        i64 *clock = unit->config.level == 1 ? &h->front.clock : NULL;
        if (!cache_create(&unit->cache, sets, ways, (CachePolicy)unit->config.policy, clock))
            return false;
        if (policy_has_state(unit->config.policy) && !(unit->last = malloc(sets * sizeof *unit->last)))
            return false;
        for (u32 class = 0; class < 3; class++)
            if (unit->config.serves >> class & 1) {
                u8 *order = h->tlb_order[unit->config.level - 1][class];
                while (*order)
                    order++;
                *order = (u8)(i + 1);
            }
    }
    for (u32 i = 0; i < 3; i++)
        if (h->config.walk_cache[i] && !cache_create(&h->walk_cache[i], 1, h->config.walk_cache[i], POLICY_LRU, NULL))
            return false;
    tlb_clear(h);
    return true;
}

void tlb_destroy(Hierarchy *h)
{
    for (u32 i = 0; i < h->config.tlb_count; i++) {
        cache_destroy(&h->tlb[i].cache);
        free(h->tlb[i].last);
    }
    for (u32 i = 0; i < 3; i++)
        cache_destroy(&h->walk_cache[i]);
}

static void clear_walk_caches(Hierarchy *h)
{
    for (u32 i = 0; i < 3; i++)
        if (h->config.walk_cache[i])
            cache_clear(&h->walk_cache[i]);
}

void tlb_forget_last(Hierarchy *h)
{
    for (u32 i = 0; i < h->config.tlb_count; i++)
        if (h->tlb[i].last)
            memset(h->tlb[i].last, 0xff, h->tlb[i].cache.sets * sizeof *h->tlb[i].last);
}

void tlb_clear(Hierarchy *h)
{
    for (u32 i = 0; i < h->config.tlb_count; i++)
        cache_clear(&h->tlb[i].cache);
    clear_walk_caches(h);
    filter_clear(h);
}

/* ---- the page filter ------------------------------------------------------------------------------------------- */

static void forget_page(PageView *views, u64 page, u32 store)
{
    PageView *view = view_of(views, page << VIEW_PAGE_SHIFT);
    const u64 canonical = (1ull << (48 - VIEW_PAGE_SHIFT)) - 1; /* keys have no more bits */
    if ((view->page[store] & canonical) == (page & canonical))
        view->page[store] = NO_LINE;
}

static void drop_known_page(Hierarchy *h, const TlbUnit *unit, u64 page)
{
    if (unit->config.serves & SERVES_FETCH)
        forget_page(h->front.fetch, page, 0);
    if (unit->config.serves & SERVES_LOAD)
        forget_page(h->front.data, page, 0);
    if (unit->config.serves & SERVES_STORE)
        forget_page(h->front.data, page, 1);
}

static void know_page(Hierarchy *h, PageView *views, u64 address, u32 store, i64 *stamp)
{
    PageView *view = view_take(h, views, address);
    view->page[store] = address >> VIEW_PAGE_SHIFT;
    view->stamp[store] = stamp;
}

/* `address`'s page was used at `result` of `unit`, or filled there: the filter may know it from now on. */
static void note_page(Hierarchy *h, TlbUnit *unit, const CacheResult *result, u64 address, AccessKind kind, bool dirty, bool filled)
{
    u64 page = address >> h->front.page_shift;
    if (unit->last) {
        if (unit->last[result->set] != page)
            drop_known_page(h, unit, unit->last[result->set]);
        unit->last[result->set] = page;
    }
    if (!h->views_pages || h->observer || (filled && unit->config.policy == POLICY_SRRIP)) /* SRRIP: the first use after a fill changes the age */
        return;
    i64 *stamp = unit->config.policy == POLICY_LRU ? &unit->cache.stamps[result->entry - unit->cache.entries] : &h->front.no_stamp;
    if (kind == KIND_FETCH) {
        know_page(h, h->front.fetch, address, 0, stamp);
        return;
    }
    if (unit->config.serves & SERVES_LOAD)
        know_page(h, h->front.data, address, 0, stamp);
    if (unit->config.serves & SERVES_STORE && dirty)
        know_page(h, h->front.data, address, 1, stamp);
}

/* ---- walks ----------------------------------------------------------------------------------------------------- */

u64 tlb_table_key(const Hierarchy *h, u64 address, u32 cache)
{
    u64 region = (address & ((1ull << 48) - 1)) >> (h->front.page_shift + 9 * (cache + 1));
    return region | (u64)h->space << KEY_SPACE_SHIFT;
}

/* The level of the first entry that must be read: below the deepest one that a page-walk cache holds. */
static u32 walk_start(Hierarchy *h, u64 address, u32 leaf_level)
{
    for (u32 cache = 0; cache < 3; cache++) {
        if (!h->config.walk_cache[cache] || cache + 2 <= leaf_level || cache + 2 > h->config.table_levels)
            continue;
        CacheResult result = cache_lookup(&h->walk_cache[cache], tlb_table_key(h, address, cache));
        observe(h, &(Step){.step = STEP_WALK_CACHE, .kind = KIND_WALK, .unit = "PWC", .level = cache + 2, .hit = result.hit,
                           .key = tlb_table_key(h, address, cache), .way = result.way, .sets = 1, .ways = h->config.walk_cache[cache]});
        if (result.hit) {
            h->tlb_stats.walk_cache_hits[cache]++;
            return cache + 1;
        }
    }
    return h->config.table_levels;
}

/* Reads one table entry through the caches, where so configured. */
static void read_entry(Hierarchy *h, const Walk *walk, u32 level)
{
    h->tlb_stats.walk_references++;
    observe(h, &(Step){.step = STEP_WALK_ENTRY, .kind = KIND_WALK, .unit = "walk", .level = level, .key = walk->entry_paddr[level]});
    Level *first = &h->level[h->config.walk_through == WALK_THROUGH_L2 ? CACHE_L2 : CACHE_L1D];
    if (h->config.walk_through != WALK_THROUGH_NONE && h->walker && first->present)
        path_read(h, first, walk->entry_paddr[level] >> first->line_shift, KIND_WALK);
}

/* Walks; the page's size class, and whether D is set in its leaf. */
static u32 walk(Hierarchy *h, u64 address, bool *dirty)
{
    Walk walk = {.leaf_level = 1, .entry[1] = PTE_D};
    if (h->walker && !h->walker(h->walker_context, address, &walk))
        walk.leaf_level = 1; /* the caller translated it: it can only have changed since, by another's doing */
    u32 leaf = (u32)walk.leaf_level, start = walk_start(h, address, leaf);
    h->tlb_stats.walks++;
    for (u32 level = start; level >= leaf; level--)
        read_entry(h, &walk, level);
    for (u32 level = start; level > leaf; level--)
        if (level >= 2 && h->config.walk_cache[level - 2]) {
            u64 key = tlb_table_key(h, address, level - 2);
            if (!cache_peek(&h->walk_cache[level - 2], key))
                cache_insert(&h->walk_cache[level - 2], key, 0);
        }
    *dirty = walk.entry[leaf] & PTE_D;
    return leaf - 1;
}

/* ---- look-ups -------------------------------------------------------------------------------------------------- */

/* Asks the units of `level` that serve this kind. The one that had the page, or NULL; `*entry` is where. */
static TlbUnit *ask(Hierarchy *h, u32 level, u64 address, AccessKind kind, CacheResult *result, u32 *size_class)
{
    for (const u8 *order = h->tlb_order[level - 1][class_of(kind)]; *order; order++) {
        TlbUnit *unit = &h->tlb[*order - 1];
        for (u32 size = 0; size < PAGE_SIZES; size++) {
            if (!(unit->config.pages >> size & 1))
                continue;
            u64 key = page_key(h, address, size);
            *result = cache_lookup(&unit->cache, key);
            observe(h, &(Step){.step = STEP_TLB, .kind = kind, .unit = unit_name(unit), .level = level, .set = result->set,
                               .way = result->way, .sets = unit->cache.sets, .ways = unit->cache.ways, .key = key, .hit = result->hit});
            if (result->hit) {
                *size_class = size;
                return unit;
            }
        }
    }
    return NULL;
}

/* Puts the page into the units of `level` that serve this kind and hold its size. */
static void fill(Hierarchy *h, u32 level, u64 address, AccessKind kind, u32 size_class, bool dirty)
{
    u64 key = page_key(h, address, size_class);
    for (const u8 *order = h->tlb_order[level - 1][class_of(kind)]; *order; order++) {
        TlbUnit *unit = &h->tlb[*order - 1];
        if (!(unit->config.pages >> size_class & 1) || cache_peek(&unit->cache, key))
            continue;
        CacheResult result = cache_insert(&unit->cache, key, dirty ? ENTRY_DIRTY : 0);
        observe(h, &(Step){.step = STEP_FILL, .kind = kind, .unit = unit_name(unit), .level = level, .set = result.set, .way = result.way,
                           .sets = unit->cache.sets, .ways = unit->cache.ways, .key = key, .victim = ENTRY_KEY(result.victim),
                           .had_victim = result.victim != 0, .victim_dirty = result.victim & ENTRY_DIRTY});
        if (level > 1)
            continue;
        if (result.victim) /* of the running space or not, of small pages or not: dropping too much is harmless */
            drop_known_page(h, unit, ENTRY_KEY(result.victim) & ((1ull << KEY_SIZE_SHIFT) - 1));
        if (size_class == 0)
            note_page(h, unit, &result, address, kind, dirty, true);
    }
}

static void set_dirty(Hierarchy *h, u64 address, u32 size_class, AccessKind kind)
{
    for (u32 level = 0; level < 2; level++)
        for (const u8 *order = h->tlb_order[level][class_of(kind)]; *order; order++) {
            u64 *entry = cache_peek(&h->tlb[*order - 1].cache, page_key(h, address, size_class));
            if (entry)
                *entry |= ENTRY_DIRTY;
        }
}

static void translate(Hierarchy *h, u64 address, AccessKind kind)
{
    CacheResult result;
    u32 size_class = 0;
    bool dirty = true, store = kind == KIND_WRITE;
    TlbUnit *unit = ask(h, 1, address, kind, &result, &size_class);
    if (unit) {
        if (store && !(*result.entry & ENTRY_DIRTY)) {
            h->tlb_stats.dirty_walks++;
            walk(h, address, &dirty);
            set_dirty(h, address, size_class, kind);
        }
        if (size_class == 0)
            note_page(h, unit, &result, address, kind, store || *result.entry & ENTRY_DIRTY, false);
        return;
    }
    h->tlb_stats.misses[kind]++;
    unit = ask(h, 2, address, kind, &result, &size_class);
    if (unit) {
        dirty = *result.entry & ENTRY_DIRTY;
        if (store && !dirty) {
            h->tlb_stats.dirty_walks++;
            walk(h, address, &dirty);
            *result.entry |= ENTRY_DIRTY;
        }
    } else {
        h->tlb_stats.second_misses[kind]++;
        size_class = walk(h, address, &dirty);
        fill(h, 2, address, kind, size_class, dirty || store);
    }
    fill(h, 1, address, kind, size_class, dirty || store);
}

void tlb_access(Hierarchy *h, const Reference *reference, AccessKind kind)
{
    u64 first = reference->address, last = first + reference->size - 1;
    bool modelled = h->tlb_order[0][class_of(kind)][0], store = kind == KIND_WRITE;
    PageView *views = kind == KIND_FETCH ? h->front.fetch : h->front.data;
    for (u64 page = first >> h->front.page_shift; page <= last >> h->front.page_shift; page++) {
        u64 address = page == first >> h->front.page_shift ? first : page << h->front.page_shift;
        const PageView *view = view_of(views, address);
        if (h->views_pages && view->page[store] == page)
            *view->stamp[store] = ++h->front.clock;
        else if (modelled)
            translate(h, address, kind);
        else if (h->views_pages && !h->observer)
            know_page(h, views, address, store, &h->front.no_stamp);
    }
}

/* ---- what the system does to them ------------------------------------------------------------------------------ */

static void drop_page(Hierarchy *h, u64 address)
{
    for (u32 i = 0; i < h->config.tlb_count; i++)
        for (u32 size = 0; size < PAGE_SIZES; size++)
            if (h->tlb[i].config.pages >> size & 1)
                cache_remove(&h->tlb[i].cache, page_key(h, address, size));
}

/* Drops every entry of the running space that overlaps [start, end). */
static void drop_overlapping(Hierarchy *h, Cache *cache, u64 start, u64 end)
{
    for (u64 k = 0; k < (u64)cache->sets * cache->ways;) {
        u64 key = ENTRY_KEY(cache->entries[k]);
        u32 shift = h->front.page_shift + ENTRY_LARGE_SHIFT * (u32)(key >> KEY_SIZE_SHIFT & 3);
        u64 from = (key & ((1ull << KEY_SIZE_SHIFT) - 1)) << shift, to = from + (1ull << shift);
        bool drop = cache->entries[k] && key >> KEY_SPACE_SHIFT == h->space && from < end && start < to;
        if (drop)
            cache_remove(cache, key);
        if (!drop || !cache_ordered(cache)) /* in an ordered set the next entry has moved to this place */
            k++;
    }
}

void hierarchy_flush_pages(Hierarchy *h, u64 start, u64 end)
{
    clear_walk_caches(h); /* SDM Vol. 3A, "Operations that Invalidate TLBs and Paging-Structure Caches": whatever the address */
    u64 page = 1ull << h->front.page_shift;
    bool few = end - start <= FEW_PAGES * page;
    if (few && h->views_pages) /* lines may lie elsewhere now */
        filter_clear_range(h, start & ~(page - 1), end);
    else
        filter_clear(h);
    if (few) {
        for (u64 address = start & ~(page - 1); address < end; address += page)
            drop_page(h, address);
        return;
    }
    for (u32 i = 0; i < h->config.tlb_count; i++)
        drop_overlapping(h, &h->tlb[i].cache, start, end);
}

void hierarchy_flush_space(Hierarchy *h, u32 space)
{
    u32 running = h->space;
    h->space = space % SPACES;
    hierarchy_flush_pages(h, 0, ~0ull);
    h->space = running;
}

/* Building the machine from its configuration, and reading its counters. */
#include "mmu/hierarchy/internal.h"

#include <stdlib.h>
#include <sys/mman.h>

const char *const level_names[CACHES] = {"L1I", "L1D", "L2", "L3"};

static u32 log2_of(u64 value) { return 63 - (u32)__builtin_clzll(value); }

/* Where the filter notes uses; somewhere, when the policy does not ask for them. */
static bool show_stamps(Level *level, i64 **stamps)
{
    bool asked = level->config.policy == POLICY_LRU;
    if (!asked)
        level->unasked = malloc((1 + (u64)level->cache.sets * level->cache.ways) * sizeof *level->unasked);
    *stamps = asked ? level->cache.stamps - 1 : level->unasked;
    return *stamps;
}

static bool create_level(Hierarchy *h, CacheId id)
{
    Level *level = &h->level[id];
    const CacheConfig *config = &h->config.cache[id];
    level->id = id;
    level->config = *config;
    level->present = config->size != 0;
    if (!level->present)
        return true;
    u32 ways = cache_config_ways(config), sets = (u32)(config->size / config->line / ways);
    level->line_shift = log2_of(config->line);
    if (!cache_create(&level->cache, sets, ways, (CachePolicy)config->policy, id <= CACHE_L1D ? &h->front.clock : NULL))
        return false;
    if (h->config.classify && !(level->shadow = shadow_create(config->size / config->line)))
        return false;
    if (id > CACHE_L1D)
        return true;
    if (h->views_pages && level->line_shift == VIEW_LINE_SHIFT && (u64)sets * ways < VIEW_CLEAN - 1)
        level->views = id == CACHE_L1I ? h->front.fetch : h->front.data;
    if (policy_has_state(config->policy) && !(level->last = malloc(sets * sizeof *level->last)))
        return false;
    level->known_as = calloc((u64)sets * ways, sizeof *level->known_as);
    return level->known_as && show_stamps(level, id == CACHE_L1I ? &h->front.fetch_stamps : &h->front.data_stamps);
}

/* Can the simple way (path.c) serve this machine? */
static bool is_simple(const HierarchyConfig *config)
{
    bool simple = config->straddle == STRADDLE_ONE && config->walk_through == WALK_THROUGH_NONE;
    for (u32 id = 0; id < CACHES; id++) {
        const CacheConfig *c = &config->cache[id];
        if (c->size)
            simple &= c->policy == POLICY_LRU && c->write == WRITE_UNSEEN && c->inclusion == INCLUSION_NONE && !c->prefetch && c->allocate;
    }
    return simple;
}

static u32 smallest_line(const HierarchyConfig *config)
{
    u32 line = ~0u;
    for (u32 id = 0; id < CACHES; id++)
        if (config->cache[id].size && config->cache[id].line < line)
            line = config->cache[id].line;
    return line;
}

static bool create_parts(Hierarchy *h)
{
    for (u32 id = 0; id < CACHES; id++)
        if (!create_level(h, (CacheId)id))
            return false;
    Level *l2 = &h->level[CACHE_L2], *l3 = &h->level[CACHE_L3];
    l2->next = l3->present ? l3 : NULL;
    h->level[CACHE_L1I].next = h->level[CACHE_L1D].next = l2->present ? l2 : l2->next;
    if (h->config.reuse && !(h->reuse = reuse_create()))
        return false;
    return tlb_create(h);
}

/* Zeroed; below 2 GiB where the host can: joined code then has the addresses of the filter's cells in its instructions. */
static Hierarchy *reserve(void)
{
#ifdef MAP_32BIT
    const int low = MAP_32BIT;
#else
    const int low = 0;
#endif
    void *p = MAP_FAILED;
    for (int pass = 0; pass < 2 && p == MAP_FAILED; pass++)
        p = mmap(NULL, sizeof(Hierarchy), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | (pass ? 0 : low), -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

Hierarchy *hierarchy_create(const HierarchyConfig *config)
{
    Hierarchy *h = reserve();
    if (!h)
        return NULL;
    h->config = *config;
    h->front.line_shift_fetch = log2_of(config->cache[CACHE_L1I].line);
    h->front.line_shift_data = log2_of(config->cache[CACHE_L1D].line);
    h->front.page_shift = log2_of(config->page_size);
    h->views_pages = h->front.page_shift == VIEW_PAGE_SHIFT;
    h->physical = config->index == INDEX_PHYSICAL;
    h->simple = is_simple(config);
    h->single = config->classify || config->reuse;
    h->cut = config->straddle == STRADDLE_ONE ? smallest_line(config) : config->page_size;
    if (!create_parts(h)) {
        hierarchy_destroy(h);
        return NULL;
    }
    filter_clear(h);
    return h;
}

void hierarchy_destroy(Hierarchy *h)
{
    if (!h)
        return;
    for (u32 id = 0; id < CACHES; id++) {
        cache_destroy(&h->level[id].cache);
        shadow_destroy(h->level[id].shadow);
        free(h->level[id].last);
        free(h->level[id].known_as);
        free(h->level[id].unasked);
    }
    tlb_destroy(h);
    reuse_destroy(h->reuse);
    munmap(h, sizeof *h);
}

const HierarchyConfig *hierarchy_config(const Hierarchy *h) { return &h->config; }

void hierarchy_set_walker(Hierarchy *h, HierarchyWalker *walker, void *context)
{
    h->walker = walker;
    h->walker_context = context;
}

void hierarchy_switch_space(Hierarchy *h, u32 space)
{
    if (h->space == space % SPACES)
        return;
    h->space = space % SPACES;
    filter_clear(h);
}

void hierarchy_flush(Hierarchy *h)
{
    for (u32 id = 0; id < CACHES; id++)
        if (h->level[id].present)
            cache_clear(&h->level[id].cache);
    memset(h->streams, 0, sizeof h->streams);
    memset(h->dram.open_row, 0, sizeof h->dram.open_row);
    tlb_clear(h);
    filter_clear(h);
}

void hierarchy_observe(Hierarchy *h, HierarchyObserver *observer, void *context)
{
    h->observer = observer;
    h->observer_context = context;
    filter_clear(h);
}

/* ---- accesses that are counted here ------------------------------------------------------------------------------ */

static Reference contiguous(const Hierarchy *h, u64 address, u64 paddr, u32 size)
{
    return (Reference){.address = address, .paddr = paddr, .paddr2 = (paddr | (h->config.page_size - 1)) + 1, .size = size};
}

void hierarchy_fetch(Hierarchy *h, u64 address, u64 paddr, u32 size)
{
    h->references[KIND_FETCH]++;
    if (!hierarchy_passes_fetch(h, address, size))
        hierarchy_miss_fetch(h, (Reference[]){contiguous(h, address, paddr, size)});
}

void hierarchy_read(Hierarchy *h, u64 address, u64 paddr, u32 size)
{
    h->references[KIND_READ]++;
    if (!hierarchy_passes_read(h, address, size))
        hierarchy_miss_read(h, (Reference[]){contiguous(h, address, paddr, size)});
}

void hierarchy_write(Hierarchy *h, u64 address, u64 paddr, u32 size)
{
    h->references[KIND_WRITE]++;
    if (!hierarchy_passes_write(h, address, size))
        hierarchy_miss_write(h, (Reference[]){contiguous(h, address, paddr, size)});
}

void hierarchy_modify(Hierarchy *h, u64 address, u64 paddr, u32 size)
{
    h->references[KIND_READ]++;
    if (!hierarchy_passes_modify(h, address, size))
        hierarchy_miss_modify(h, (Reference[]){contiguous(h, address, paddr, size)});
}

void hierarchy_add_references(Hierarchy *h, u64 fetches, u64 reads, u64 writes)
{
    u64 straddling = h->front.straddling_fetches;
    h->front.straddling_fetches = 0;
    h->extra_lines[KIND_FETCH] += straddling;
    h->references[KIND_FETCH] += fetches + (h->config.straddle == STRADDLE_SPLIT ? straddling : 0);
    h->references[KIND_READ] += reads;
    h->references[KIND_WRITE] += writes;
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

/* As often as times allow: then those of long ago become ranks. */
void hierarchy_age(Hierarchy *h, i64 by)
{
    bool rank = h->aged + by > 1ll << 61;
    h->aged = rank ? 0 : h->aged + by;
    h->past += (u128)by;
    Cache *stamped[2 + CONFIG_TLBS] = {&h->level[CACHE_L1I].cache, &h->level[CACHE_L1D].cache};
    for (u32 i = 0; i < h->config.tlb_count; i++)
        stamped[2 + i] = &h->tlb[i].cache;
    for (u32 i = 0; i < 2 + h->config.tlb_count; i++)
        if (rank)
            cache_rank(stamped[i]);
        else
            cache_age(stamped[i], by);
    h->front.clock = rank || h->front.clock < STAMP_RANKS + by ? STAMP_RANKS : h->front.clock - by;
}

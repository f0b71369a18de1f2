/* The model's contents, for those who draw them: what lies in which set and way. Changes nothing, not even an order. */
#include "mmu/hierarchy/internal.h"

/* A time of last use as it would be had nothing ever been moved back (hierarchy_age), in fewer bits: instructions (cpu/model.h), and
 * 24 bits for the order among those of one. Ranks are what was used longest ago. */
static u64 shown_time(const Hierarchy *h, const Cache *cache, u64 at)
{
    i64 stamp = cache->stamps ? cache->stamps[at] : STAMP_EMPTY;
    if (stamp <= STAMP_RANKS)
        return (u64)(stamp - STAMP_EMPTY);
    u128 time = h->past + (u128)(i128)stamp;
    return (u64)(time >> 40 << 24) + (1ull << 33) + ((u64)time >> 8 & 0xffffff);
}

static HeldEntry held(const Hierarchy *h, const Cache *cache, u32 set, u32 way)
{
    u64 at = (u64)set * cache->ways + way, entry = cache->entries[at];
    return (HeldEntry){.valid = entry & ENTRY_VALID, .dirty = entry & ENTRY_DIRTY, .prefetched = entry & ENTRY_PREFETCHED,
                       .key = ENTRY_KEY(entry), .stamp = shown_time(h, cache, at)};
}

bool hierarchy_cache_entry(const Hierarchy *h, CacheId id, u32 set, u32 way, HeldEntry *out)
{
    const Level *level = &h->level[id];
    if (!level->present || set >= level->cache.sets || way >= level->cache.ways)
        return false;
    *out = held(h, &level->cache, set, way);
    out->start = (out->key & ((1ull << KEY_SPACE_SHIFT) - 1)) << level->line_shift;
    return true;
}

bool hierarchy_tlb_entry(const Hierarchy *h, u32 unit, u32 set, u32 way, HeldEntry *out)
{
    if (unit >= h->config.tlb_count || set >= h->tlb[unit].cache.sets || way >= h->tlb[unit].cache.ways)
        return false;
    *out = held(h, &h->tlb[unit].cache, set, way);
    u32 size_class = (u32)(out->key >> KEY_SIZE_SHIFT & 3);
    out->start = (out->key & ((1ull << KEY_SIZE_SHIFT) - 1)) << (h->front.page_shift + 9 * size_class);
    return true;
}

bool hierarchy_holds(const Hierarchy *h, CacheId id, u64 address, u64 paddr, HeldEntry *out)
{
    const Level *level = &h->level[id];
    u64 line = (h->physical ? paddr : address) >> level->line_shift;
    const u64 *entry = level->present ? cache_peek(&level->cache, line_key(h, line)) : NULL;
    if (!entry)
        return false;
    u64 at = (u64)(entry - level->cache.entries);
    *out = held(h, &level->cache, (u32)(at / level->cache.ways), (u32)(at % level->cache.ways));
    out->start = line << level->line_shift;
    out->set = (u32)(at / level->cache.ways);
    out->way = (u32)(at % level->cache.ways);
    return true;
}

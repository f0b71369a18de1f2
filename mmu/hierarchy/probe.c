/* Looking into sets without a trace (probe.h). Which way a newcomer would take is computed here from the policy's state; that
 * it is the way that cache.c then takes is what tests/unit/hierarchy_probe.c checks. */
#include "mmu/hierarchy/probe.h"

#include "mmu/hierarchy/internal.h"

/* Fills in set, hit, way and victim for a key; `index_bits` of it (the page or line number) name the set and the tag. */
static void probe_set(const Cache *cache, u64 key, u64 number, Probe *probe)
{
    u64 *entry = cache_peek(cache, key);
    u64 *set = cache_set(cache, key);
    probe->sets = cache->sets;
    probe->ways = cache->ways;
    probe->set = cache_set_of(cache, key);
    probe->tag = number / cache->sets;
    probe->by_age = cache_ordered(cache);
    probe->hit = entry != NULL;
    probe->way = entry ? (u32)(entry - set) : cache_victim_way(cache, key);
    probe->entry_dirty = entry && *entry & ENTRY_DIRTY;
    if (entry)
        return;
    u64 victim = set[probe->way];
    probe->has_victim = victim & ENTRY_VALID;
    probe->victim = ENTRY_KEY(victim) & ((1ull << KEY_SIZE_SHIFT) - 1);
    probe->victim_dirty = victim & ENTRY_DIRTY;
    if (probe->by_age)
        probe->way = 0; /* newcomers are the newest */
}

bool hierarchy_probe_tlb(const Hierarchy *h, u32 index, u64 address, AccessKind kind, Probe *probe)
{
    u32 class = kind == KIND_FETCH ? 0 : kind == KIND_READ ? 1 : 2;
    for (u32 level = 1; level <= 2; level++)
        for (const u8 *order = h->tlb_order[level - 1][class]; *order; order++) {
            const TlbUnit *unit = &h->tlb[*order - 1];
            if (!(unit->config.pages & PAGES_4K) || index--)
                continue;
            *probe = (Probe){.unit = level == 2 ? "STLB" : kind == KIND_FETCH ? "ITLB" : "DTLB", .level = level};
            u64 page = (address & ((1ull << 48) - 1)) >> h->front.page_shift;
            probe_set(&unit->cache, page | (u64)h->space << KEY_SPACE_SHIFT, page, probe);
            probe->latency = level == 2 ? unit->config.latency : 0;
            return true;
        }
    return false;
}

bool hierarchy_probe_walk_cache(const Hierarchy *h, u32 level, u64 address, Probe *probe)
{
    static const char *const names[] = {"PDE cache", "PDPTE cache", "PML4E cache"};
    if (level < 2 || level > 4 || !h->config.walk_cache[level - 2])
        return false;
    *probe = (Probe){.unit = names[level - 2], .level = level};
    u64 key = tlb_table_key(h, address, level - 2);
    probe_set(&h->walk_cache[level - 2], key, key & ((1ull << KEY_SIZE_SHIFT) - 1), probe);
    return true;
}

bool hierarchy_probe_cache(const Hierarchy *h, CacheId id, u64 address, u64 paddr, Probe *probe)
{
    const Level *level = &h->level[id];
    if (!level->present)
        return false;
    *probe = (Probe){.unit = level_names[id], .level = id, .latency = level->config.latency};
    u64 line = (h->physical ? paddr : address) >> level->line_shift;
    probe_set(&level->cache, line_key(h, line), line, probe);
    return true;
}

bool hierarchy_probe_dram(const Hierarchy *h, u64 address, u32 *bank, u32 *outcome, u32 *cycles)
{
    if (!h->config.dram.banks)
        return false;
    u64 row = address / h->config.dram.row + 1, open = h->dram.open_row[row % h->config.dram.banks];
    *bank = (u32)(row % h->config.dram.banks);
    *outcome = open == row ? 0 : open ? 2 : 1;
    *cycles = *outcome == 0 ? h->config.dram.hit : *outcome == 1 ? h->config.dram.miss : h->config.dram.conflict;
    return true;
}

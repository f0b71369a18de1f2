/* Questions about the model that only some ask: what it must be shown, and what single accesses did. */
#include "mmu/hierarchy/inspect.h"

#include "mmu/hierarchy/internal.h"

bool hierarchy_wants_every_fetch(const Hierarchy *h)
{
    bool every = h->config.cache[CACHE_L1I].policy == POLICY_SRRIP;
    for (u32 id = CACHE_L2; id < CACHES; id++)
        every |= h->level[id].present && h->config.cache[id].inclusion == INCLUSION_INCLUSIVE;
    for (u32 i = 0; i < h->config.tlb_count; i++)
        every |= h->config.tlb[i].level == 1 && h->config.tlb[i].serves & SERVES_FETCH && h->config.tlb[i].policy == POLICY_SRRIP;
    return every;
}

bool hierarchy_wants_each_once(const Hierarchy *h)
{
    const CacheConfig *l1d = &h->config.cache[CACHE_L1D];
    bool once = l1d->policy == POLICY_SRRIP || !l1d->allocate || l1d->write == WRITE_THROUGH;
    for (u32 i = 0; i < h->config.tlb_count; i++)
        once |= h->config.tlb[i].level == 1 && h->config.tlb[i].policy == POLICY_SRRIP;
    return once;
}

void hierarchy_note_shown(Hierarchy *h, i64 time, u64 address, u32 size, AccessKind kind)
{
    h->noted.time = time;
    h->noted.address = address;
    h->noted.size = size;
    h->noted.kind = kind;
}

bool hierarchy_was_shown(Hierarchy *h, i64 time, u64 address, u32 size, AccessKind kind)
{
    bool was = h->noted.size == size && h->noted.time == time && h->noted.address == address && h->noted.kind == kind;
    h->noted.size = 0;
    return was;
}

void hierarchy_shown(const Hierarchy *h, u64 *reads, u64 *writes)
{
    *reads = h->shown_reads;
    *writes = h->shown_writes;
}

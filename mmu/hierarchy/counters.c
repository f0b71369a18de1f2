/* Every counter by name, once: this table gives the reports, JSON, cachegrind.out's columns and --expect. */
#include "mmu/hierarchy/inspect.h"
#include "mmu/hierarchy/internal.h"

typedef enum Source {
    OF_HIERARCHY, /* at an offset of struct Hierarchy */
    OF_L1I, OF_L1D, OF_L2, OF_L3, /* at an offset of that level */
    OF_LAST,      /* of the last cache before DRAM: cachegrind's LL */
    OF_DERIVED,   /* computed */
} Source;

enum { NEEDS_TLB = 1, NEEDS_CLASS = 2, NEEDS_PREFETCH = 4, NEEDS_DRAM = 8, NEEDS_WRITES = 16, NEEDS_STLB = 32, NEEDS_LATENCY = 64 };

typedef struct Row {
    const char *name, *meaning;
    Source source;
    u32 offset;
    u64 (*derive)(const Hierarchy *h);
    u32 needs;
} Row;

static const Level *last_level(const Hierarchy *h)
{
    for (u32 id = CACHES; id-- > 0;)
        if (h->level[id].present)
            return &h->level[id];
    return &h->level[CACHE_L1D];
}

/* Where the cycles went (the latency account): each access waits for the level that has it, no overlap. */
static u64 cycles_l1(const Hierarchy *h)
{
    const Level *l1 = &h->level[CACHE_L1D];
    return (h->references[KIND_READ] + h->references[KIND_WRITE] - l1->misses[KIND_READ] - l1->misses[KIND_WRITE]) * l1->config.latency;
}
static u64 cycles_beyond(const Hierarchy *h, CacheId id)
{
    const Level *level = &h->level[id];
    u64 hits = 0;
    for (AccessKind kind = KIND_FETCH; kind <= KIND_WALK; kind++)
        hits += level->refs[kind] - level->misses[kind];
    return level->present ? hits * level->config.latency : 0;
}
static u64 cycles_l2(const Hierarchy *h) { return cycles_beyond(h, CACHE_L2); }
static u64 cycles_l3(const Hierarchy *h) { return cycles_beyond(h, CACHE_L3); }
static u64 cycles_dram(const Hierarchy *h)
{
    return h->dram.hits * h->config.dram.hit + h->dram.misses * h->config.dram.miss + h->dram.conflicts * h->config.dram.conflict;
}
static u64 second_hits(const Hierarchy *h)
{
    u64 hits = 0;
    for (AccessKind kind = KIND_FETCH; kind <= KIND_WRITE; kind++)
        hits += h->tlb_stats.misses[kind] - h->tlb_stats.second_misses[kind];
    return hits;
}
static u64 cycles_tlb(const Hierarchy *h)
{
    u32 latency = 0;
    for (u32 i = 0; i < h->config.tlb_count; i++)
        if (h->config.tlb[i].level == 2)
            latency = h->config.tlb[i].latency;
    return second_hits(h) * latency;
}
static u64 cycles_walk(const Hierarchy *h) { return h->tlb_stats.walk_references * h->config.walk_latency; }
static u64 dtlb_misses(const Hierarchy *h) { return h->tlb_stats.misses[KIND_READ] + h->tlb_stats.misses[KIND_WRITE]; }
static u64 stlb_misses(const Hierarchy *h)
{
    return h->tlb_stats.second_misses[KIND_FETCH] + h->tlb_stats.second_misses[KIND_READ] + h->tlb_stats.second_misses[KIND_WRITE];
}

#define AT(field) .source = OF_HIERARCHY, .offset = offsetof(Hierarchy, field)
#define IN(level, field) .source = level, .offset = offsetof(Level, field)
#define BY(function) .source = OF_DERIVED, .derive = function

/* Which kind of miss: cold, capacity, conflict, of one level. */
#define CLASSES(prefix, level, kind, what)                                                                                   \
    {prefix "cold", what ": the line's first use (an infinite cache misses too)", IN(level, cold[kind]), .needs = NEEDS_CLASS}, \
    {prefix "capacity", what ": a fully associative cache of this size misses too", IN(level, capacity[kind]), .needs = NEEDS_CLASS}, \
    {prefix "conflict", what ": a fully associative cache of this size would hit", IN(level, conflict[kind]), .needs = NEEDS_CLASS}

/* A level's traffic that is not demand misses. */
#define TRAFFIC(prefix, level)                                                                                                \
    {prefix "evict", "lines that had to leave", IN(level, evictions), .needs = NEEDS_WRITES},                                \
    {prefix "wb", "dirty lines written to the level below", IN(level, writebacks), .needs = NEEDS_WRITES},                   \
    {prefix "backinv", "lines lost because an inclusive level below evicted them", IN(level, back_invalidations), .needs = NEEDS_WRITES}, \
    {prefix "pf", "lines prefetched", IN(level, prefetches), .needs = NEEDS_PREFETCH},                                       \
    {prefix "pfused", "prefetched lines that were used", IN(level, prefetches_used), .needs = NEEDS_PREFETCH},               \
    {prefix "pfwasted", "prefetched lines that left unused", IN(level, prefetches_wasted), .needs = NEEDS_PREFETCH}

static const Row rows[] = {
    {"Ir", "instruction fetches", AT(references[KIND_FETCH])},
    {"I1mr", "of these, missed in L1I", IN(OF_L1I, misses[KIND_FETCH])},
    {"ILmr", "and in the last-level cache", IN(OF_LAST, misses[KIND_FETCH])},
    {"Dr", "data reads; a read-modify-write is one", AT(references[KIND_READ])},
    {"D1mr", "of these, missed in L1D", IN(OF_L1D, misses[KIND_READ])},
    {"DLmr", "and in the last-level cache", IN(OF_LAST, misses[KIND_READ])},
    {"Dw", "data writes", AT(references[KIND_WRITE])},
    {"D1mw", "of these, missed in L1D", IN(OF_L1D, misses[KIND_WRITE])},
    {"DLmw", "and in the last-level cache", IN(OF_LAST, misses[KIND_WRITE])},
    {"L2mi", "instruction fetches that missed in L2", IN(OF_L2, misses[KIND_FETCH])},
    {"L2mr", "data reads that missed in L2", IN(OF_L2, misses[KIND_READ])},
    {"L2mw", "data writes that missed in L2", IN(OF_L2, misses[KIND_WRITE])},
    {"ITLBm", "instruction fetches that missed in the first-level ITLB", AT(tlb_stats.misses[KIND_FETCH]), .needs = NEEDS_TLB},
    {"DTLBm", "data accesses that missed in the first-level DTLB", BY(dtlb_misses), .needs = NEEDS_TLB},
    {"DTLBmr", "of these, reads", AT(tlb_stats.misses[KIND_READ]), .needs = NEEDS_TLB},
    {"DTLBmw", "of these, writes", AT(tlb_stats.misses[KIND_WRITE]), .needs = NEEDS_TLB},
    {"STLBm", "first-level misses that no second-level TLB had: page walks", BY(stlb_misses), .needs = NEEDS_TLB},
    {"Walks", "page walks: for translations, and to set D", AT(tlb_stats.walks), .needs = NEEDS_TLB},
    {"DirtyWalks", "of these, to set D for a store", AT(tlb_stats.dirty_walks), .needs = NEEDS_TLB},
    {"WalkRef", "page-table entries read by walks", AT(tlb_stats.walk_references), .needs = NEEDS_TLB},
    {"PDEhit", "walks that began below a cached PDE", AT(tlb_stats.walk_cache_hits[0]), .needs = NEEDS_TLB},
    {"PDPTEhit", "walks that began below a cached PDPTE", AT(tlb_stats.walk_cache_hits[1]), .needs = NEEDS_TLB},
    {"PML4Ehit", "walks that began below a cached PML4E", AT(tlb_stats.walk_cache_hits[2]), .needs = NEEDS_TLB},
    CLASSES("I1mr.", OF_L1I, KIND_FETCH, "L1I misses"),
    CLASSES("D1mr.", OF_L1D, KIND_READ, "L1D read misses"),
    CLASSES("D1mw.", OF_L1D, KIND_WRITE, "L1D write misses"),
    CLASSES("ILmr.", OF_LAST, KIND_FETCH, "last-level instruction misses"),
    CLASSES("DLmr.", OF_LAST, KIND_READ, "last-level read misses"),
    CLASSES("DLmw.", OF_LAST, KIND_WRITE, "last-level write misses"),
    TRAFFIC("L1D.", OF_L1D),
    TRAFFIC("L2.", OF_L2),
    TRAFFIC("L3.", OF_L3),
    {"DRAMr", "reads from DRAM", AT(dram.reads)},
    {"DRAMw", "writes to DRAM", AT(dram.writes), .needs = NEEDS_WRITES},
    {"RowHit", "DRAM accesses to the open row of a bank", AT(dram.hits), .needs = NEEDS_DRAM},
    {"RowMiss", "to an idle bank", AT(dram.misses), .needs = NEEDS_DRAM},
    {"RowConflict", "to a bank that had another row open", AT(dram.conflicts), .needs = NEEDS_DRAM},
    {"CyL1", "model cycles waited for L1D", BY(cycles_l1), .needs = NEEDS_LATENCY},
    {"CyL2", "for L2", BY(cycles_l2), .needs = NEEDS_LATENCY},
    {"CyL3", "for L3", BY(cycles_l3), .needs = NEEDS_LATENCY},
    {"CyDRAM", "for DRAM", BY(cycles_dram), .needs = NEEDS_LATENCY},
    {"CyTLB", "for the second-level TLB", BY(cycles_tlb), .needs = NEEDS_LATENCY | NEEDS_TLB},
    {"CyWalk", "for page walks", BY(cycles_walk), .needs = NEEDS_LATENCY | NEEDS_TLB},
};

static const Level *level_of(const Hierarchy *h, Source source)
{
    return source == OF_LAST ? last_level(h) : &h->level[source - OF_L1I];
}

/* What the configuration models, as NEEDS_… bits. */
static u32 modelled(const Hierarchy *h)
{
    u32 have = h->config.classify ? NEEDS_CLASS : 0;
    have |= h->config.tlb_count ? NEEDS_TLB : 0;
    have |= h->config.dram.banks ? NEEDS_DRAM : 0;
    for (u32 id = 0; id < CACHES; id++) {
        const CacheConfig *c = &h->config.cache[id];
        have |= c->size && c->prefetch ? NEEDS_PREFETCH : 0;
        have |= c->size && c->write != WRITE_UNSEEN ? NEEDS_WRITES : 0;
        have |= c->size && c->latency ? NEEDS_LATENCY : 0;
    }
    return have;
}

static bool row_applies(const Hierarchy *h, const Row *row)
{
    if (row->needs & ~modelled(h))
        return false;
    return row->source < OF_L1I || row->source > OF_LAST || level_of(h, row->source)->present;
}

static u64 row_value(const Hierarchy *h, const Row *row)
{
    if (row->source == OF_DERIVED)
        return row->derive(h);
    const u8 *base = row->source == OF_HIERARCHY ? (const u8 *)h : (const u8 *)level_of(h, row->source);
    u64 value;
    memcpy(&value, base + row->offset, sizeof value);
    return value;
}

bool hierarchy_counter(const Hierarchy *h, u32 i, HierarchyCounter *counter)
{
    for (u32 k = 0; k < ARRAY_LEN(rows); k++)
        if (row_applies(h, &rows[k]) && i-- == 0) {
            *counter = (HierarchyCounter){rows[k].name, rows[k].meaning, row_value(h, &rows[k])};
            return true;
        }
    return false;
}

bool hierarchy_find_count(const Hierarchy *h, const char *name, u64 *value)
{
    for (u32 k = 0; k < ARRAY_LEN(rows); k++)
        if (strcmp(rows[k].name, name) == 0 && row_applies(h, &rows[k])) {
            *value = row_value(h, &rows[k]);
            return true;
        }
    return false;
}

u64 hierarchy_count(const Hierarchy *h, const char *name)
{
    u64 value = 0;
    hierarchy_find_count(h, name, &value);
    return value;
}

void hierarchy_zero_counters(Hierarchy *h)
{
    memset(h->references, 0, sizeof h->references);
    memset(h->extra_lines, 0, sizeof h->extra_lines);
    memset(&h->tlb_stats, 0, sizeof h->tlb_stats);
    h->dram.reads = h->dram.writes = h->dram.hits = h->dram.misses = h->dram.conflicts = 0;
    for (u32 id = 0; id < CACHES; id++) {
        Level *l = &h->level[id];
        memset(l->refs, 0, (u8 *)(&l->prefetches_wasted + 1) - (u8 *)l->refs);
    }
}

/* ---- events per instruction -------------------------------------------------------------------------------------- */

const char *const hierarchy_event_names[HIERARCHY_EVENTS] = {
    "I1mr", "ILmr", "D1mr", "DLmr", "D1mw", "DLmw", "L2mi", "L2mr", "L2mw", "ITLBm", "DTLBm", "STLBm", "WalkRef", "WB",
};

u32 hierarchy_events(const Hierarchy *h, u64 events[HIERARCHY_EVENTS])
{
    const Level *l1i = &h->level[CACHE_L1I], *l1d = &h->level[CACHE_L1D], *l2 = &h->level[CACHE_L2], *last = last_level(h);
    u32 n = 0;
    events[n++] = l1i->misses[KIND_FETCH];
    events[n++] = last->misses[KIND_FETCH];
    events[n++] = l1d->misses[KIND_READ];
    events[n++] = last->misses[KIND_READ];
    events[n++] = l1d->misses[KIND_WRITE];
    events[n++] = last->misses[KIND_WRITE];
    events[n++] = l2->misses[KIND_FETCH];
    events[n++] = l2->misses[KIND_READ];
    events[n++] = l2->misses[KIND_WRITE];
    events[n++] = h->tlb_stats.misses[KIND_FETCH];
    events[n++] = dtlb_misses(h);
    events[n++] = stlb_misses(h);
    events[n++] = h->tlb_stats.walk_references;
    events[n++] = h->dram.writes;
    return n;
}

const char *const hierarchy_detail_names[HIERARCHY_DETAILS] = {
    "I1mr", "ILmr", "D1mr", "DLmr", "D1mw", "DLmw", "L2mi", "L2mr", "L2mw", "ITLBm", "DTLBm", "STLBm", "WalkRef", "WB",
    "D1cold", "D1capa", "D1conf", "DLcold", "DLcapa", "DLconf",
};

u32 hierarchy_details(const Hierarchy *h, u64 details[HIERARCHY_DETAILS])
{
    const Level *const levels[2] = {&h->level[CACHE_L1D], last_level(h)};
    u32 n = hierarchy_events(h, details);
    for (u32 i = 0; i < 2; i++) {
        details[n++] = levels[i]->cold[KIND_READ] + levels[i]->cold[KIND_WRITE];
        details[n++] = levels[i]->capacity[KIND_READ] + levels[i]->capacity[KIND_WRITE];
        details[n++] = levels[i]->conflict[KIND_READ] + levels[i]->conflict[KIND_WRITE];
    }
    return n;
}

/* ---- reuse --------------------------------------------------------------------------------------------------------- */

/* Uses of data lines: every reference and the second lines of those that straddle (split counts them as references). */
static u64 line_uses(const Hierarchy *h)
{
    u64 uses = h->references[KIND_READ] + h->references[KIND_WRITE];
    return h->config.straddle == STRADDLE_ONE ? uses + h->extra_lines[KIND_READ] + h->extra_lines[KIND_WRITE] : uses;
}

u64 hierarchy_reuse_misses(const Hierarchy *h, u64 lines)
{
    if (!h->reuse || !lines)
        return line_uses(h);
    return reuse_uses(h->reuse) - reuse_nearer(h->reuse, lines); /* what the filter passed over had distance 0 */
}

u32 hierarchy_reuse(const Hierarchy *h, u64 *buckets, u32 capacity)
{
    u32 count = 0;
    if (!h->reuse || capacity < 2)
        return 0;
    u64 known = reuse_uses(h->reuse) - reuse_first_uses(h->reuse), below = 0;
    for (u64 bound = 1; below < known || !count; bound *= 2) { /* distances below `bound` */
        u64 nearer = reuse_nearer(h->reuse, bound);
        if (count == capacity - 1)
            nearer = known;
        buckets[count] = nearer - below + (count ? 0 : line_uses(h) - reuse_uses(h->reuse));
        below = nearer;
        if (++count == capacity - 1)
            break;
    }
    buckets[count++] = reuse_first_uses(h->reuse);
    return count;
}

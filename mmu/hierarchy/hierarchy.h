/* The modelled hardware: what caches, TLBs, page-walk caches and DRAM would have done with a stream of accesses.
 *
 * It stores no data and knows no instructions: it is told of fetches and accesses, and counts. So it serves a running
 * program and a replayed trace alike, and gives the same numbers for both.
 *
 *   hierarchy_fetch/read/write/modify ─► filter (below, inlined): "this changes nothing" ─► done
 *                                          │ otherwise
 *                                          ▼
 *                                        TLBs (tlb.c) ─► L1 ─► L2 ─► L3 ─► DRAM (path.c)
 *
 * The filter is what makes the model affordable. It knows lines that the first-level cache holds and pages that the first-level
 * TLB holds, and where their times of last use are kept: an access to both can miss nowhere, and all that it changes are
 * these two times. Under policies where a use changes more (PLRU, SRRIP) it knows only what was used last in each set,
 * of which another use changes nothing. */
#ifndef EMU_MMU_HIERARCHY_HIERARCHY_H
#define EMU_MMU_HIERARCHY_HIERARCHY_H

#include "mmu/hierarchy/config.h"
#include "mmu/mmu.h"

typedef struct Hierarchy Hierarchy;

typedef enum AccessKind { KIND_FETCH, KIND_READ, KIND_WRITE, KIND_WALK, KIND_PREFETCH, ACCESS_KINDS } AccessKind;

/* One access. */
typedef struct Reference {
    u64 address;
    u64 paddr;  /* of the first byte; unused when the index is virtual */
    u64 paddr2; /* of the first byte in the next page, if the access reaches into it */
    u32 size;   /* bytes, 1 … page size */
} Reference;

/* ---- the filter ------------------------------------------------------------------------------------------------ */

enum { FILTER_LINES = 512, FILTER_PAGES = 64 };

typedef struct FilterSlot {
    u64 number; /* of the line or page; ~0: none */
    u64 *stamp; /* its time of last use */
} FilterSlot;

typedef struct Filter {
    FilterSlot lines[FILTER_LINES], pages[FILTER_PAGES];
} Filter;

/* The part of the model that the inlined path sees; struct Hierarchy begins with it. */
typedef struct HierarchyFront {
    u64 clock; /* grows with every use of anything stamped */
    u32 line_shift_fetch, line_shift_data, page_shift;
    u64 no_stamp; /* what slots point to when there is no time to keep */
    Filter read, write, fetch;
} HierarchyFront;

/* May the model pass over this access? Then it has happened. The filter names lines by guest virtual address even where the
 * caches are indexed by physical ones, so a hit needs no translation. */
static INLINE bool filter_passes(HierarchyFront *front, const Filter *filter, u64 address, u32 size, u32 line_shift)
{
    u64 line = address >> line_shift, page = address >> front->page_shift;
    const FilterSlot *line_slot = &filter->lines[line % FILTER_LINES], *page_slot = &filter->pages[page % FILTER_PAGES];
    if (UNLIKELY(line_slot->number != line || (address + size - 1) >> line_shift != line || page_slot->number != page))
        return false;
    *line_slot->stamp = *page_slot->stamp = ++front->clock;
    return true;
}

static INLINE bool hierarchy_passes_fetch(Hierarchy *h, u64 address, u32 size)
{
    HierarchyFront *front = (HierarchyFront *)h;
    return filter_passes(front, &front->fetch, address, size, front->line_shift_fetch);
}
static INLINE bool hierarchy_passes_read(Hierarchy *h, u64 address, u32 size)
{
    HierarchyFront *front = (HierarchyFront *)h;
    return filter_passes(front, &front->read, address, size, front->line_shift_data);
}
static INLINE bool hierarchy_passes_write(Hierarchy *h, u64 address, u32 size)
{
    HierarchyFront *front = (HierarchyFront *)h;
    return filter_passes(front, &front->write, address, size, front->line_shift_data);
}
/* A modify (read-modify-write of one place): a read reference that dirties. Loads may have a TLB of their own. */
static INLINE bool hierarchy_passes_modify(Hierarchy *h, u64 address, u32 size)
{
    HierarchyFront *front = (HierarchyFront *)h;
    u64 page = address >> front->page_shift;
    const FilterSlot *load = &front->read.pages[page % FILTER_PAGES];
    if (UNLIKELY(load->number != page || !filter_passes(front, &front->write, address, size, front->line_shift_data)))
        return false;
    *load->stamp = ++front->clock;
    return true;
}

/* ---- accesses -------------------------------------------------------------------------------------------------- */

/* An access that the filter did not pass happens. Not counted among Ir, Dr, Dw: who counts these another way (statically per
 * block) asks hierarchy_passes_*, calls this when refused, and tells the sums with hierarchy_add_references. */
void hierarchy_miss_fetch(Hierarchy *h, const Reference *reference);
void hierarchy_miss_read(Hierarchy *h, const Reference *reference);
void hierarchy_miss_write(Hierarchy *h, const Reference *reference);
void hierarchy_miss_modify(Hierarchy *h, const Reference *reference);
void hierarchy_add_references(Hierarchy *h, u64 fetches, u64 reads, u64 writes);

/* The access happens and is counted: Ir, Dr, Dw; a modify is one Dr. Pages follow each other in physical memory as well. */
void hierarchy_fetch(Hierarchy *h, u64 address, u64 paddr, u32 size);
void hierarchy_read(Hierarchy *h, u64 address, u64 paddr, u32 size);
void hierarchy_write(Hierarchy *h, u64 address, u64 paddr, u32 size);
void hierarchy_modify(Hierarchy *h, u64 address, u64 paddr, u32 size);

/* ---- life ------------------------------------------------------------------------------------------------------ */

/* NULL: the host has no memory. `config` has passed hierarchy_config_check and is copied. */
Hierarchy *hierarchy_create(const HierarchyConfig *config);
void hierarchy_destroy(Hierarchy *h);
const HierarchyConfig *hierarchy_config(const Hierarchy *h);

/* Who can tell how an address is translated (pt_walk on the running CR3): page size, entries' places, D. Without one,
 * every page is a small one, and walks read entries of no particular place. */
typedef bool HierarchyWalker(void *context, u64 address, Walk *walk);
void hierarchy_set_walker(Hierarchy *h, HierarchyWalker *walker, void *context);
/* Another address space runs (numbers below 1,024 tell them apart in TLBs, as PCIDs do). */
void hierarchy_switch_space(Hierarchy *h, u32 space);
/* INVLPG over a range of the running space. */
void hierarchy_flush_pages(Hierarchy *h, u64 start, u64 end);
/* The space ended: nothing of it may be found again. */
void hierarchy_flush_space(Hierarchy *h, u32 space);
/* Everything cold again; counters stay. And the other way round. */
void hierarchy_flush(Hierarchy *h);
void hierarchy_zero_counters(Hierarchy *h);

/* ---- what came of it ------------------------------------------------------------------------------------------- */

/* Counters by name (Ir I1mr ILmr Dr D1mr DLmr Dw D1mw DLmw L2mr … ITLBm DTLBm STLBm WalkRef …; counters.c explains
 * each). Number `i` in a fixed order; false behind the last. Those of a part that is not modelled are left out. */
typedef struct HierarchyCounter {
    const char *name;
    const char *meaning;
    u64 value;
} HierarchyCounter;
bool hierarchy_counter(const Hierarchy *h, u32 i, HierarchyCounter *counter);
/* By name; 0 when there is none. */
u64 hierarchy_count(const Hierarchy *h, const char *name);

/* What lies in a set and way (look.c). */
typedef struct HeldEntry {
    bool valid, dirty, prefetched;
    u32 set, way; /* hierarchy_holds: where it was found */
    u64 key;      /* tells lines, or pages, of all spaces apart */
    u64 start;    /* its first byte: of a line physical or virtual as the caches are indexed, of a page virtual */
    u64 stamp;    /* time of last use, where the policy keeps one; else 0 */
} HeldEntry;
/* false: there is no such cache, unit, set or way. */
bool hierarchy_cache_entry(const Hierarchy *h, CacheId id, u32 set, u32 way, HeldEntry *out);
bool hierarchy_tlb_entry(const Hierarchy *h, u32 unit, u32 set, u32 way, HeldEntry *out);
/* Does the cache hold the line of an address of the running space? */
bool hierarchy_holds(const Hierarchy *h, CacheId id, u64 address, u64 paddr, HeldEntry *out);

/* Reuse distances (config.reuse): how many accesses to data lines found that `distance` other lines had been used since the
 * line's last use, in buckets: 0, 1, 2-3, 4-7 … ; the last is "first use". Returns the number of buckets. */
u32 hierarchy_reuse(const Hierarchy *h, u64 *buckets, u32 capacity);
/* How many of the accesses would have missed in a fully associative LRU cache of `lines` lines: exact up to the number of
 * lines ever used. From the same run for every size. */
u64 hierarchy_reuse_misses(const Hierarchy *h, u64 lines);

/* One step of one access, for `explain`, attribution and traces of misses. */
typedef enum StepKind {
    STEP_TLB,        /* a TLB was asked; level 1 or 2 */
    STEP_WALK_CACHE, /* a page-walk cache was asked; level 2 PDE, 3 PDPTE, 4 PML4E */
    STEP_WALK_ENTRY, /* a table entry was read; level 4..1, `key` is its paddr */
    STEP_CACHE,      /* a cache was asked; level is the CacheId */
    STEP_FILL,       /* a line or page was brought in; `victim` left */
    STEP_MEMORY,     /* DRAM: level 0 row hit, 1 bank idle, 2 row conflict */
} StepKind;

typedef struct Step {
    StepKind step;
    AccessKind kind;
    const char *unit; /* "L1D", "DTLB" … */
    u32 level;
    u32 set, way, sets, ways;
    u64 key;          /* line or page number that was asked for */
    bool hit;
    u64 victim;       /* STEP_FILL: line or page number that left; valid when had_victim */
    bool had_victim, victim_dirty;
} Step;
typedef void HierarchyObserver(void *context, const Step *step);
/* NULL: nobody observes (the default; costs nothing). While somebody does, the filter is off, so every access is seen. */
void hierarchy_observe(Hierarchy *h, HierarchyObserver *observer, void *context);

/* Misses since the last call with the same `taken`, for who attributes them to instructions: differences of the nine and
 * more event counters in the order of hierarchy_event_names. */
enum { HIERARCHY_EVENTS = 16 };
extern const char *const hierarchy_event_names[HIERARCHY_EVENTS]; /* I1mr ILmr D1mr DLmr D1mw DLmw L2mr …; NULL: end */
u32 hierarchy_events(const Hierarchy *h, u64 events[HIERARCHY_EVENTS]);

#endif

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
 * of which another use changes nothing. It knows pages of 4 KiB and lines of 64 bytes; others always go the long way.
 *
 * Times only order what happens. Who shows accesses may give each its time (a running processor has one at hand: what it counts,
 * and where it is), which saves a clock that every access would wait for; between runs of such times the past is moved back. */
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

enum {
    VIEWS = 256,
    VIEW_LINES = 64,
    VIEW_PAGE_SHIFT = 12,
    VIEW_LINE_SHIFT = 6,
    VIEW_BYTES_SHIFT = 8,
    VIEW_CLEAN = 0x8000, /* a line that a store would still change (it is not dirty yet): known to loads only */
};

/* What the filter knows of one page, by guest virtual address even where the caches are indexed by physical ones: so a hit needs no
 * translation. Of a size that lets it be found by a shift and a mask. */
typedef struct PageView {
    u64 page[2];   /* its number where the TLB has it: for loads (and fetches), for stores; else ~0 */
    i64 *stamp[2]; /* when it has: the entry's time of last use */
    u64 owner;     /* the page that `lines` is about; ~0: none */
    u64 unused[3];
    u16 lines[VIEW_LINES]; /* which entry of the first level holds the line: index + 1, and VIEW_CLEAN; 0: not known */
    u64 unused_too[8];
} PageView;
_Static_assert(sizeof(PageView) == 1 << VIEW_BYTES_SHIFT, "view_of counts on it");

/* The part of the model that the inlined path sees; struct Hierarchy begins with it. */
typedef struct HierarchyFront {
    i64 clock;                        /* the latest time that was given here */
    i64 *fetch_stamps, *data_stamps;  /* times of last use by PageView.lines (so [0] is nobody's) */
    u64 straddling_fetches;           /* that passed, not yet among extra_lines */
    u32 line_shift_fetch, line_shift_data, page_shift;
    u16 no_cell[2];                   /* zero: for fetches that never pass */
    i64 no_stamp;                     /* what views point to when there is no time to keep */
    PageView fetch[VIEWS] __attribute__((aligned(1 << VIEW_BYTES_SHIFT)));
    PageView data[VIEWS];
} HierarchyFront;

/* Pages whose numbers are equal in the lower bits, as those of arrays that follow each other often are, have different places. */
static INLINE PageView *view_of(PageView *views, u64 address)
{
    const unsigned down = VIEW_PAGE_SHIFT - VIEW_BYTES_SHIFT;
    return (PageView *)((u8 *)views + ((address >> down ^ address >> (down + 8)) & (VIEWS - 1) << VIEW_BYTES_SHIFT));
}
static INLINE u16 *view_cell(PageView *view, u64 address) { return &view->lines[address >> VIEW_LINE_SHIFT & (VIEW_LINES - 1)]; }

/* Is it all in one line? */
static INLINE bool view_in_line(u64 address, u32 size)
{
    const u64 line = 1 << VIEW_LINE_SHIFT;
    return size == 1 || (size <= line && (address & (line - 1)) <= line - size);
}

/* May the model pass over this access at this time? Then it has happened. */
static INLINE bool hierarchy_passes_read_at(Hierarchy *h, u64 address, u32 size, i64 now)
{
    HierarchyFront *front = (HierarchyFront *)h;
    PageView *view = view_of(front->data, address);
    u32 index = *view_cell(view, address) & (VIEW_CLEAN - 1);
    if (UNLIKELY(view->page[0] != address >> VIEW_PAGE_SHIFT || !index || !view_in_line(address, size)))
        return false;
    front->data_stamps[index] = *view->stamp[0] = now;
    return true;
}
static INLINE bool hierarchy_passes_write_at(Hierarchy *h, u64 address, u32 size, i64 now)
{
    HierarchyFront *front = (HierarchyFront *)h;
    PageView *view = view_of(front->data, address);
    i16 index = (i16)*view_cell(view, address);
    if (UNLIKELY(view->page[1] != address >> VIEW_PAGE_SHIFT || index <= 0 || !view_in_line(address, size)))
        return false;
    front->data_stamps[index] = *view->stamp[1] = now;
    return true;
}
/* A modify (read-modify-write of one place): a read reference that dirties. Loads may have a TLB of their own. */
static INLINE bool hierarchy_passes_modify_at(Hierarchy *h, u64 address, u32 size, i64 now)
{
    PageView *view = view_of(((HierarchyFront *)h)->data, address);
    if (UNLIKELY(view->page[0] != address >> VIEW_PAGE_SHIFT || !hierarchy_passes_write_at(h, address, size, now)))
        return false;
    *view->stamp[0] = now;
    return true;
}
/* Of a fetch it can be known beforehand which cell of the filter tells: that of its line, or of the second of two lines (in one page). */
static INLINE const u16 *hierarchy_fetch_cell(Hierarchy *h, u64 address)
{
    return view_cell(view_of(((HierarchyFront *)h)->fetch, address), address);
}
static INLINE PageView *view_of_cell(const u16 *cell) { return (PageView *)((uintptr_t)cell & ~(sizeof(PageView) - 1)); }
static INLINE bool hierarchy_passes_cell_at(Hierarchy *h, const u16 *cell, u64 page, i64 now)
{
    const PageView *view = view_of_cell(cell);
    u32 index = *cell;
    if (UNLIKELY(!index || view->page[0] != page))
        return false;
    ((HierarchyFront *)h)->fetch_stamps[index] = *view->stamp[0] = now;
    return true;
}
static INLINE bool hierarchy_passes_cells_at(Hierarchy *h, const u16 *second, u64 page, i64 now)
{
    HierarchyFront *front = (HierarchyFront *)h;
    u32 first = second[-1];
    if (UNLIKELY(!first || !hierarchy_passes_cell_at(h, second, page, now + 1)))
        return false;
    front->fetch_stamps[first] = now;
    front->straddling_fetches++;
    return true;
}

/* The same at the next time of the model's own clock. */
bool hierarchy_passes_fetch(Hierarchy *h, u64 address, u32 size);
bool hierarchy_passes_read(Hierarchy *h, u64 address, u32 size);
bool hierarchy_passes_write(Hierarchy *h, u64 address, u32 size);
bool hierarchy_passes_modify(Hierarchy *h, u64 address, u32 size);

/* What the model is shown next happens at `now`, or right behind the last that it was shown, if that was later. */
static INLINE void hierarchy_tell_time(Hierarchy *h, i64 now)
{
    HierarchyFront *front = (HierarchyFront *)h;
    front->clock = front->clock < now ? now : front->clock;
}
/* All that has happened happened `by` earlier: what follows may begin with earlier times. */
void hierarchy_age(Hierarchy *h, i64 by);
/* What follows begins at `limit` or later. */
static INLINE void hierarchy_keep_time(Hierarchy *h, i64 limit)
{
    HierarchyFront *front = (HierarchyFront *)h;
    if (UNLIKELY(front->clock >= limit))
        hierarchy_age(h, front->clock - limit + (1 << 12));
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

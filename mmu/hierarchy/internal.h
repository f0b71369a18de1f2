/* The model's parts as its own files see them. Private to this folder. */
#ifndef EMU_MMU_HIERARCHY_INTERNAL_H
#define EMU_MMU_HIERARCHY_INTERNAL_H

#include "mmu/hierarchy/cache.h"
#include "mmu/hierarchy/hierarchy.h"
#include "mmu/hierarchy/shadow.h"

#define NO_LINE (~0ull)

/* Keys: what distinguishes spaces and page sizes lies above what is indexed by. */
enum { KEY_SIZE_SHIFT = 44, KEY_SPACE_SHIFT = 46, SPACES = 1024 };

typedef struct Level {
    bool present;
    CacheId id;
    CacheConfig config;
    Cache cache;
    u32 line_shift;
    struct Level *next;  /* NULL: DRAM */
    PageView *views;     /* first level: the filter's, where it can know such lines; else NULL */
    u64 *known_as;       /* first level: [sets][ways] the virtual line that the filter may know this entry as */
    i64 *unasked;        /* first level, not LRU: where the filter's times go */
    u64 *last;           /* first level under PLRU and SRRIP: [sets] index + 1 of the one entry that the filter may know */
    Shadow *shadow;      /* config.classify */
    u64 refs[ACCESS_KINDS], misses[ACCESS_KINDS];
    u64 cold[ACCESS_KINDS], capacity[ACCESS_KINDS], conflict[ACCESS_KINDS];
    u64 evictions, writebacks, back_invalidations, victims_in;
    u64 prefetches, prefetches_used, prefetches_wasted;
} Level;

typedef struct TlbUnit {
    TlbConfig config;
    Cache cache;
    u64 *last; /* first level under PLRU and SRRIP: [sets] the one page that the filter may know */
} TlbUnit;

typedef struct TlbStats {
    u64 misses[ACCESS_KINDS];        /* first level */
    u64 second_misses[ACCESS_KINDS]; /* neither level had the page */
    u64 walks, walk_references, dirty_walks;
    u64 walk_cache_hits[3]; /* PDE, PDPTE, PML4E */
} TlbStats;

enum { STREAMS = 16 };
typedef struct Stream { /* a stride prefetcher's view of one page */
    u64 page, last_line;
    i64 stride;
    u32 confidence;
    u64 used;
} Stream;

enum { DRAM_BANKS = 256 };
typedef struct Dram {
    u64 open_row[DRAM_BANKS]; /* row + 1; 0: idle */
    u64 reads, writes;
    u64 hits, misses, conflicts; /* of the row buffers */
} Dram;

struct Hierarchy {
    HierarchyFront front; /* first: the inlined path takes one for the other */
    HierarchyConfig config;
    bool physical;        /* the caches are indexed by physical addresses */
    bool simple;          /* every level is LRU and remembers only presence: the quick path (path.c) */
    bool views_pages;     /* the filter can know pages of this size */
    bool single;          /* the filter may hold only the very last line: somebody needs to see the others */
    u64 last_line[2];     /* that line, as the filter names it: of fetches, of data */
    u32 cut;              /* straddle=one: references longer than this are cut to it */
    Level level[CACHES];
    TlbUnit tlb[CONFIG_TLBS];
    u8 tlb_order[2][3][CONFIG_TLBS + 1]; /* [level][fetch, load, store]: units + 1 to ask, 0 ends */
    Cache walk_cache[3];
    u32 space;
    i64 aged;             /* by hierarchy_age, since times were last made ranks */
    u128 past;            /* by hierarchy_age, ever */
    HierarchyWalker *walker;
    void *walker_context;
    u64 references[3];    /* Ir, Dr, Dw */
    u64 shown_reads, shown_writes; /* by hierarchy_miss_…; modifies are writes */
    u64 extra_lines[3];   /* lines beyond the first of straddling references */
    TlbStats tlb_stats;
    Stream streams[STREAMS];
    u64 stream_clock;
    Dram dram;
    struct {
        i64 time;
        u64 address;
        u32 size;
        AccessKind kind;
    } noted;              /* hierarchy_note_shown */
    Reuse *reuse;
    HierarchyObserver *observer;
    void *observer_context;
};

static INLINE u64 line_key(const Hierarchy *h, u64 line)
{
    if (h->physical)
        return line;
    return (line & ((1ull << KEY_SPACE_SHIFT) - 1)) | (u64)h->space << KEY_SPACE_SHIFT;
}

static inline void observe(const Hierarchy *h, const Step *step)
{
    if (UNLIKELY(h->observer != NULL))
        h->observer(h->observer_context, step);
}

extern const char *const level_names[CACHES]; /* "L1I" … */

/* path.c: `line` (of any level: they agree whenever this is called) is used by a walk or a prefetcher, from `level` down. */
void path_read(Hierarchy *h, Level *level, u64 line, AccessKind kind);
void path_prefetch(Hierarchy *h, Level *level, u64 line);
/* prefetch.c: a demand access to `line` missed in `level`, or was the first to use a prefetched line. */
void prefetch_train(Hierarchy *h, Level *level, u64 line);
/* dram.c */
void dram_access(Hierarchy *h, u64 address, bool write);
/* tlb.c: the translation of one access; page filters are brought up to date. */
void tlb_access(Hierarchy *h, const Reference *reference, AccessKind kind);
/* How the page-walk cache number 0 (PDEs) … 2 names the entry that `address` goes through. */
u64 tlb_table_key(const Hierarchy *h, u64 address, u32 cache);
bool tlb_create(Hierarchy *h);
void tlb_destroy(Hierarchy *h);
void tlb_clear(Hierarchy *h);
/* The filter has been cleared. */
void tlb_forget_last(Hierarchy *h);

/* The filter knows nothing any more; of a page; of the running space's small pages in [start, end). */
void filter_clear(Hierarchy *h);
void filter_clear_range(Hierarchy *h, u64 start, u64 end);
/* The view of the page of `address`, taken from another page if need be. */
PageView *view_take(Hierarchy *h, PageView *views, u64 address);

/* Do uses change more than a time, so that only what was used last in a set may be known? */
static inline bool policy_has_state(u32 policy) { return policy == POLICY_PLRU || policy == POLICY_SRRIP; }

#endif

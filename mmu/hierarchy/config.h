/* What hardware is to be modelled: caches, TLBs, page-walk caches, DRAM. Read from text (presets/NAME.conf, a user's file),
 * then changed by single options. One table of keys (config.c) parses, checks and prints. */
#ifndef EMU_MMU_HIERARCHY_CONFIG_H
#define EMU_MMU_HIERARCHY_CONFIG_H

#include "base/types.h"

typedef enum CacheId { CACHE_L1I, CACHE_L1D, CACHE_L2, CACHE_L3, CACHES } CacheId;

typedef enum CachePolicy { POLICY_LRU, POLICY_PLRU, POLICY_FIFO, POLICY_RANDOM, POLICY_SRRIP } CachePolicy;

typedef enum CacheWrite {
    WRITE_BACK,    /* a store makes the line dirty; it is written to the level below when it leaves */
    WRITE_THROUGH, /* a store goes on to the level below at once; lines are never dirty */
    WRITE_UNSEEN,  /* a store looks like a load, and nothing is ever written below: cachegrind's view */
} CacheWrite;

typedef enum CacheInclusion { /* towards the levels above */
    INCLUSION_NONE,      /* neither: filled on a miss, evicts without asking */
    INCLUSION_INCLUSIVE, /* what leaves here leaves the levels above too */
    INCLUSION_EXCLUSIVE, /* a victim cache: filled by what leaves the level above, emptied by hits */
} CacheInclusion;

typedef enum CachePrefetch { PREFETCH_OFF, PREFETCH_NEXT_LINE, PREFETCH_STRIDE } CachePrefetch;

typedef struct CacheConfig {
    u64 size; /* bytes; 0: there is no such cache */
    u32 ways; /* 0: fully associative */
    u32 line; /* bytes, a power of two */
    u32 latency; /* cycles from load to use when the line is found here */
    u32 policy, write, inclusion, prefetch; /* the enums above */
    u32 allocate; /* a store that misses brings the line in */
    u32 degree;   /* lines ahead that the prefetcher asks for */
} CacheConfig;

enum { PAGES_4K = 1, PAGES_2M = 2, PAGES_1G = 4 };
enum { SERVES_FETCH = 1, SERVES_LOAD = 2, SERVES_STORE = 4 };

typedef struct TlbConfig {
    u32 level;   /* 1, or 2: asked when no first-level TLB has the page */
    u32 serves;  /* SERVES_… */
    u32 pages;   /* PAGES_…: which page sizes may lie in it */
    u32 entries;
    u32 ways;    /* 0: fully associative */
    u32 policy;
    u32 latency; /* level 2: cycles that a hit here adds */
} TlbConfig;

typedef enum WalkThrough { WALK_THROUGH_NONE, WALK_THROUGH_L1D, WALK_THROUGH_L2 } WalkThrough;
typedef enum HierarchyIndex { INDEX_PHYSICAL, INDEX_VIRTUAL } HierarchyIndex;
typedef enum Straddle {
    STRADDLE_ONE,   /* an access over two lines counts once and misses at most once (cachegrind) */
    STRADDLE_SPLIT, /* it counts as two accesses (hardware, most other tools) */
} Straddle;

enum { CONFIG_TLBS = 16 };

typedef struct HierarchyConfig {
    char name[32];
    CacheConfig cache[CACHES];
    TlbConfig tlb[CONFIG_TLBS];
    u32 tlb_count;
    u32 page_size, table_levels; /* 4096 and 4; textbook machines differ */
    u32 walk_cache[3];           /* entries for PDEs, PDPTEs, PML4Es (fully associative, LRU); 0: none */
    u32 walk_through;            /* WalkThrough: where page-walk reads enter the data caches */
    u32 walk_latency;            /* cycles per table entry read, when they do not go through the caches */
    u32 index;                   /* HierarchyIndex: what the caches are indexed and tagged by */
    u32 straddle;
    struct {
        u32 banks;               /* 0: no DRAM model, latency is `miss` */
        u32 row;                 /* bytes of a bank's open row */
        u32 hit, miss, conflict; /* cycles: row open; bank idle; another row open */
    } dram;
    u32 classify; /* cold, capacity, conflict by shadow caches */
    u32 reuse;    /* reuse-distance histogram of data lines */
} HierarchyConfig;

enum { CONFIG_MESSAGE = 256 };

/* Applies a text on top of `config` (start from all zero). false: `message` names the line and what was expected. */
bool hierarchy_config_parse(HierarchyConfig *config, const char *text, char message[CONFIG_MESSAGE]);
/* One of the built-in presets, "host", or else the path of a file. */
bool hierarchy_config_load(HierarchyConfig *config, const char *name, char message[CONFIG_MESSAGE]);
/* One override as on the command line: which = "I1" "D1" "L2" "LL" (value SIZE,WAYS,LINE), "itlb" "dtlb" "stlb" (value
 * ENTRIES,WAYS; ways may be "full"; ENTRIES 0: none), or a key of the text as "section.key" (for example "l1d.policy"). */
bool hierarchy_config_override(HierarchyConfig *config, const char *which, const char *value, char message[CONFIG_MESSAGE]);
/* Is it a machine that can be built? To be called last. */
bool hierarchy_config_check(const HierarchyConfig *config, char message[CONFIG_MESSAGE]);
/* The text that would parse to this. Returns the length that would be written, like snprintf. */
u64 hierarchy_config_print(const HierarchyConfig *config, char *text, u64 capacity);
/* Number `i` of the built-in presets' names; NULL behind the last. Its text with comments. */
const char *hierarchy_preset_name(u32 i);
const char *hierarchy_preset_text(u32 i);

static inline u32 cache_config_ways(const CacheConfig *c) { return c->ways ? c->ways : (u32)(c->size / c->line); }

#endif

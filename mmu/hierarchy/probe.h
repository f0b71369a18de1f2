/* What the model would do with an access, without doing it: for `explain`. Nothing here changes anything. */
#ifndef EMU_MMU_HIERARCHY_PROBE_H
#define EMU_MMU_HIERARCHY_PROBE_H

#include "mmu/hierarchy/hierarchy.h"

typedef struct Probe {
    const char *unit;  /* "DTLB" "STLB" "PDE cache" "L1D" … */
    u32 level;         /* TLB: 1, 2; page-walk cache: 2 PDE, 3 PDPTE, 4 PML4E; cache: its CacheId */
    u32 sets, ways, set;
    u64 tag;           /* what is left of the page, line or table number above the set */
    bool hit;
    u32 way;           /* where it is, or where it would go */
    bool by_age;       /* ways are kept in order of use: `way` 0 is the newest */
    bool entry_dirty;  /* hit: the entry's D, or the line is dirty */
    bool has_victim, victim_dirty; /* miss: what leaves for it */
    u64 victim;        /* its page or line number */
    u32 latency;       /* cache: cycles from load to use */
} Probe;

/* TLB number 0, 1, … that an access of this kind asks for small pages: all of level 1, then of level 2. false behind the
 * last. */
bool hierarchy_probe_tlb(const Hierarchy *h, u32 index, u64 address, AccessKind kind, Probe *probe);
/* The page-walk cache of this level, 2 … 4; false: there is none. */
bool hierarchy_probe_walk_cache(const Hierarchy *h, u32 level, u64 address, Probe *probe);
/* A cache and the first line of an access (paddr: by physical address, where so indexed); false: there is no such cache. */
bool hierarchy_probe_cache(const Hierarchy *h, CacheId id, u64 address, u64 paddr, Probe *probe);
/* DRAM: the bank, and what its row buffer does: 0 hit, 1 idle, 2 conflict. false: not modelled. */
bool hierarchy_probe_dram(const Hierarchy *h, u64 address, u32 *bank, u32 *outcome, u32 *cycles);

#endif

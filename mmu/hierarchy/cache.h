/* One set-associative structure, for caches and TLBs alike: sets of ways, an order or state per set, and a key per entry.
 *
 * An entry is `key << 8 | flags`; 0 is an empty way. LRU comes in two forms. In order: each set newest first, so that finding
 * and ageing are one pass over little memory; for large caches, which are asked seldom. Stamped: a time of last use per way,
 * so that a use is one store, which the filter of hierarchy.h can do itself; for the first level, which is asked always.
 * FIFO has the same two forms (its stamp is the time of coming), the other policies keep ways in place. Private to this folder. */
#ifndef EMU_MMU_HIERARCHY_CACHE_H
#define EMU_MMU_HIERARCHY_CACHE_H

#include <simde/x86/avx2.h>

#include "mmu/hierarchy/config.h"

enum {
    ENTRY_VALID = 1,
    ENTRY_DIRTY = 2,
    ENTRY_PREFETCHED = 4, /* brought in by a prefetcher and not used yet */
    ENTRY_AGE = 0x30,     /* SRRIP's re-reference prediction, two bits */
    ENTRY_KEY_SHIFT = 8,
};
#define ENTRY_KEY(entry) ((entry) >> ENTRY_KEY_SHIFT)
#define ENTRY_KEY_BITS (~0xfeull) /* key and valid */

#define STAMP_EMPTY INT64_MIN
#define STAMP_RANKS (INT64_MIN + (1ll << 32)) /* below: a rank in the set, which does not age */

typedef struct Cache {
    u64 *entries;   /* [sets][ways] */
    i64 *stamps;    /* [sets][ways] stamped: time of last use (LRU), of coming (FIFO); STAMP_EMPTY. [-1] is nobody's */
    i64 *clock;     /* stamped: the last time given */
    u64 *state;     /* [sets] PLRU: the tree's bits */
    u32 sets, ways;
    u64 index_mask; /* sets - 1 when that is a mask; else which bits of the key count towards the modulus */
    bool masked;
    u8 policy;
    u64 random;
} Cache;

/* What became of an access to a set. */
typedef struct CacheResult {
    bool hit;
    u64 *entry;  /* the entry of the key now; NULL when it was looked up in vain */
    u64 victim;  /* entry that had to leave; 0: none */
    u32 set, way; /* for those who show it */
} CacheResult;

/* With a `clock`, LRU and FIFO are stamped, and no policy moves entries about. */
bool cache_create(Cache *cache, u32 sets, u32 ways, CachePolicy policy, i64 *clock);
void cache_destroy(Cache *cache);

static inline bool cache_ordered(const Cache *cache)
{
    return (cache->policy == POLICY_LRU || cache->policy == POLICY_FIFO) && !cache->stamps;
}

static INLINE u32 cache_set_of(const Cache *cache, u64 key)
{
    u64 index = key & cache->index_mask;
    return (u32)(cache->masked ? index : index % cache->sets);
}
static INLINE u64 *cache_set(const Cache *cache, u64 key) { return cache->entries + (u64)cache_set_of(cache, key) * cache->ways; }

/* The place of `want` (key << 8 | 1, no other flags in use) in a set, or `ways`. Without branches: it is seldom predictable. */
static INLINE u32 find_among(const u64 *set, u32 ways, u64 want)
{
    u32 found = ways;
    for (u32 way = 0; way < ways; way++)
        found = set[way] == want ? way : found;
    return found;
}
static INLINE u32 find_oldest_among(const i64 *stamps, u32 ways)
{
    u32 oldest = 0;
    i64 least = stamps[0];
    for (u32 way = 1; way < ways; way++) {
        oldest = stamps[way] < least ? way : oldest;
        least = stamps[way] < least ? stamps[way] : least;
    }
    return oldest;
}
/* The usual number of ways, all at once. */
static INLINE u32 find_among_8(const u64 *set, u64 want)
{
    simde__m256i wanted = simde_mm256_set1_epi64x((i64)want);
    simde__m256i low = simde_mm256_cmpeq_epi64(simde_mm256_loadu_si256((const simde__m256i *)set), wanted);
    simde__m256i high = simde_mm256_cmpeq_epi64(simde_mm256_loadu_si256((const simde__m256i *)(set + 4)), wanted);
    u32 found = (u32)simde_mm256_movemask_pd(simde_mm256_castsi256_pd(low)) |
                (u32)simde_mm256_movemask_pd(simde_mm256_castsi256_pd(high)) << 4;
    return (u32)__builtin_ctz(found | 1 << 8);
}
static INLINE u32 older(const i64 *stamps, u32 a, u32 b) { return stamps[b] < stamps[a] ? b : a; }
static INLINE u32 find_oldest_among_8(const i64 *stamps)
{
    u32 low = older(stamps, older(stamps, 0, 1), older(stamps, 2, 3));
    return older(stamps, low, older(stamps, older(stamps, 4, 5), older(stamps, 6, 7)));
}
static INLINE u32 find_plain(const u64 *set, u32 ways, u64 want)
{
    return ways == 8 ? find_among_8(set, want) : find_among(set, ways, want);
}
static INLINE u32 find_oldest_stamp(const i64 *stamps, u32 ways)
{
    return ways == 8 ? find_oldest_among_8(stamps) : find_oldest_among(stamps, ways);
}

/* The cachegrind view: LRU in order, no flags. Looks `want` (key << 8 | 1) up in the set and makes it the newest; true: it missed.
 * One pass: each entry passed over moves down a place until the wanted one, or the oldest, falls out. */
static INLINE bool lru_pass(u64 *set, u32 ways, u64 want)
{
    u64 carry = set[0];
    if (LIKELY(carry == want))
        return false;
    for (u32 i = 1; i < ways; i++) {
        u64 entry = set[i];
        set[i] = carry;
        carry = entry;
        if (entry == want) {
            set[0] = want;
            return false;
        }
    }
    set[0] = want;
    return true;
}

/* Which way of its set a key that is not there would take; changes nothing. */
u32 cache_victim_way(const Cache *cache, u64 key);
/* Looks a key up without changing anything. */
u64 *cache_peek(const Cache *cache, u64 key);
/* Looks a key up; a hit is noted in the set's order. */
CacheResult cache_lookup(Cache *cache, u64 key);
/* Brings a key that is not there in, with `flags` (ENTRY_VALID is added). */
CacheResult cache_insert(Cache *cache, u64 key, u64 flags);
/* Takes a key out; its entry as it was, or 0. */
u64 cache_remove(Cache *cache, u64 key);
void cache_clear(Cache *cache);
/* Stamped: all times become `by` earlier; or their ranks, earlier than any time. */
void cache_age(Cache *cache, i64 by);
void cache_rank(Cache *cache);

#endif

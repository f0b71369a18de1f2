/* Sets, ways and the five replacement policies. */
#include "mmu/hierarchy/cache.h"

#include <stdlib.h>

static const u64 INDEX_BITS = (1ull << 44) - 1; /* a TLB's key carries page size and address space above these */
enum { AGE_SHIFT = 4, AGE_DISTANT = 3, AGE_LONG = 2 };

static void clear_stamps(Cache *cache)
{
    for (u64 i = 0; cache->stamps && i < (u64)cache->sets * cache->ways; i++)
        cache->stamps[i] = STAMP_EMPTY;
}

bool cache_create(Cache *cache, u32 sets, u32 ways, CachePolicy policy, i64 *clock)
{
    *cache = (Cache){.sets = sets, .ways = ways, .policy = (u8)policy, .random = 0x9e3779b97f4a7c15ull};
    cache->masked = (sets & (sets - 1)) == 0;
    cache->index_mask = cache->masked ? sets - 1 : INDEX_BITS;
    cache->entries = calloc((u64)sets * ways, sizeof *cache->entries);
    bool stamped = (policy == POLICY_LRU || policy == POLICY_FIFO) && clock;
    cache->clock = clock;
    i64 *stamps = stamped ? calloc(1 + (u64)sets * ways + ways, sizeof *stamps) : NULL; /* cache_rank needs room behind */
    cache->stamps = stamps ? stamps + 1 : NULL;
    cache->state = policy == POLICY_PLRU ? calloc(sets, sizeof *cache->state) : NULL;
    if (!cache->entries || (stamped && !cache->stamps) || (policy == POLICY_PLRU && !cache->state)) {
        cache_destroy(cache);
        return false;
    }
    clear_stamps(cache);
    return true;
}

void cache_destroy(Cache *cache)
{
    free(cache->entries);
    if (cache->stamps)
        free(cache->stamps - 1);
    free(cache->state);
    *cache = (Cache){0};
}

void cache_clear(Cache *cache)
{
    memset(cache->entries, 0, (u64)cache->sets * cache->ways * sizeof *cache->entries);
    clear_stamps(cache);
    if (cache->state)
        memset(cache->state, 0, cache->sets * sizeof *cache->state);
}

void cache_age(Cache *cache, i64 by)
{
    i64 *stamps = cache->stamps;
    for (u64 i = 0; stamps && i < (u64)cache->sets * cache->ways; i++)
        stamps[i] -= stamps[i] > STAMP_RANKS ? by : 0;
}

/* How many of the set are older; an empty way stays empty. */
static i64 rank_of(const i64 *set, u32 ways, i64 stamp)
{
    i64 rank = STAMP_EMPTY + 1;
    for (u32 way = 0; way < ways; way++)
        rank += set[way] < stamp;
    return stamp == STAMP_EMPTY ? STAMP_EMPTY : rank;
}

void cache_rank(Cache *cache)
{
    if (!cache->stamps)
        return;
    u64 count = (u64)cache->sets * cache->ways;
    i64 *ranks = cache->stamps + count;
    for (i64 *set = cache->stamps; set < cache->stamps + count; set += cache->ways) {
        for (u32 way = 0; way < cache->ways; way++)
            ranks[way] = rank_of(set, cache->ways, set[way]);
        memcpy(set, ranks, cache->ways * sizeof *set);
    }
}

static u32 find_first(const u64 *set, u32 ways, u64 want)
{
    u32 way = 0;
    while (way < ways && (set[way] & ENTRY_KEY_BITS) != want)
        way++;
    return way;
}

/* A key is in a set once, so any order of looking will do: without branches in small sets. */
static INLINE u32 find_key_among(const u64 *set, u32 ways, u64 want)
{
    u32 found = ways;
    for (u32 way = 0; way < ways; way++)
        found = (set[way] & ENTRY_KEY_BITS) == want ? way : found;
    return found;
}
static u32 find(const u64 *set, u32 ways, u64 want)
{
    return ways == 4 ? find_key_among(set, 4, want) : ways == 8 ? find_key_among(set, 8, want) : find_first(set, ways, want);
}

static void move_to_front(u64 *set, u32 way)
{
    u64 entry = set[way];
    memmove(set + 1, set, way * sizeof *set);
    set[0] = entry;
}

/* Tree PLRU for any number of ways: a node covers [low, low + count) and its bit says which half is older. */
static void plru_touch(u64 *bits, u32 ways, u32 way)
{
    u32 low = 0, count = ways, node = 1;
    while (count > 1) {
        u32 half = (count + 1) / 2;
        bool right = way >= low + half;
        *bits = right ? *bits & ~(1ull << node) : *bits | 1ull << node; /* the other half is older now */
        low += right ? half : 0;
        count = right ? count - half : half;
        node = 2 * node + right;
    }
}

static u32 plru_victim(u64 bits, u32 ways)
{
    u32 low = 0, count = ways, node = 1;
    while (count > 1) {
        u32 half = (count + 1) / 2;
        bool right = bits >> node & 1;
        low += right ? half : 0;
        count = right ? count - half : half;
        node = 2 * node + right;
    }
    return low;
}

static u64 with_age(u64 entry, u64 age) { return (entry & ~(u64)ENTRY_AGE) | age << AGE_SHIFT; }

/* SRRIP (Jaleel et al., "High Performance Cache Replacement Using Re-Reference Interval Prediction", hit priority). */
static u32 srrip_victim(u64 *set, u32 ways)
{
    for (;;) {
        for (u32 way = 0; way < ways; way++)
            if ((set[way] & ENTRY_AGE) >> AGE_SHIFT == AGE_DISTANT)
                return way;
        for (u32 way = 0; way < ways; way++)
            set[way] = with_age(set[way], ((set[way] & ENTRY_AGE) >> AGE_SHIFT) + 1);
    }
}

static u32 random_victim(Cache *cache)
{
    cache->random ^= cache->random << 13;
    cache->random ^= cache->random >> 7;
    cache->random ^= cache->random << 17;
    return (u32)((cache->random >> 32) * cache->ways >> 32);
}

/* Notes a use of the entry at `way`; returns where it is afterwards. */
static u32 note_use(Cache *cache, u32 index, u64 *set, u32 way)
{
    switch (cache->policy) {
    case POLICY_LRU:
        if (cache->stamps) {
            cache->stamps[set + way - cache->entries] = ++*cache->clock;
            return way;
        }
        move_to_front(set, way);
        return 0;
    case POLICY_PLRU: plru_touch(&cache->state[index], cache->ways, way); return way;
    case POLICY_SRRIP: set[way] = with_age(set[way], 0); return way;
    default: return way;
    }
}

u64 *cache_peek(const Cache *cache, u64 key)
{
    u64 *set = cache_set(cache, key);
    u32 way = find(set, cache->ways, key << ENTRY_KEY_SHIFT | ENTRY_VALID);
    return way < cache->ways ? &set[way] : NULL;
}

CacheResult cache_lookup(Cache *cache, u64 key)
{
    CacheResult result = {.set = cache_set_of(cache, key)};
    u64 *set = cache->entries + (u64)result.set * cache->ways;
    result.way = find(set, cache->ways, key << ENTRY_KEY_SHIFT | ENTRY_VALID);
    result.hit = result.way < cache->ways;
    if (result.hit)
        result.entry = &set[note_use(cache, result.set, set, result.way)];
    return result;
}

/* The way that a newcomer takes; an empty one first. */
static u32 choose_victim(Cache *cache, u32 index, u64 *set)
{
    u32 way = find_first(set, cache->ways, 0);
    if (way < cache->ways)
        return way;
    switch (cache->policy) {
    case POLICY_PLRU: return plru_victim(cache->state[index], cache->ways);
    case POLICY_SRRIP: return srrip_victim(set, cache->ways);
    case POLICY_RANDOM: return random_victim(cache);
    default:
        if (cache->stamps)
            return find_oldest_stamp(cache->stamps + (set - cache->entries), cache->ways);
        return cache->ways - 1; /* ordered: the oldest is last, as are empty ways */
    }
}

/* As choose_victim: SRRIP ages a set until a way is distant, which the oldest is first; random is asked on a copy. */
u32 cache_victim_way(const Cache *cache, u64 key)
{
    u64 *set = cache_set(cache, key);
    Cache copy = *cache;
    if (cache->policy != POLICY_SRRIP)
        return choose_victim(&copy, cache_set_of(cache, key), set);
    u32 oldest = find_first(set, cache->ways, 0);
    if (oldest < cache->ways)
        return oldest;
    for (u32 way = oldest = 0; way < cache->ways; way++)
        if ((set[way] & ENTRY_AGE) > (set[oldest] & ENTRY_AGE))
            oldest = way;
    return oldest;
}

CacheResult cache_insert(Cache *cache, u64 key, u64 flags)
{
    CacheResult result = {.set = cache_set_of(cache, key)};
    u64 *set = cache->entries + (u64)result.set * cache->ways;
    result.way = choose_victim(cache, result.set, set);
    result.victim = set[result.way];
    set[result.way] = with_age(key << ENTRY_KEY_SHIFT | ENTRY_VALID | flags, AGE_LONG);
    if (cache_ordered(cache)) {
        move_to_front(set, result.way);
        result.entry = &set[0];
    } else {
        if (cache->policy == POLICY_PLRU)
            plru_touch(&cache->state[result.set], cache->ways, result.way);
        if (cache->stamps)
            cache->stamps[set + result.way - cache->entries] = ++*cache->clock;
        result.entry = &set[result.way];
    }
    return result;
}

u64 cache_remove(Cache *cache, u64 key)
{
    u64 *entry = cache_peek(cache, key);
    if (!entry)
        return 0;
    u64 was = *entry;
    *entry = 0;
    if (cache->stamps)
        cache->stamps[entry - cache->entries] = STAMP_EMPTY;
    if (cache_ordered(cache)) { /* empty ways stay last */
        u64 *set = cache_set(cache, key);
        u32 way = (u32)(entry - set);
        memmove(entry, entry + 1, (cache->ways - way - 1) * sizeof *set);
        set[cache->ways - 1] = 0;
    }
    return was;
}

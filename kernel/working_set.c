/* Time between uses of the same page, by powers of two: for a window of 2^w instructions a page that was used counts as long
 * as the window lasts or until it is used again, whichever is shorter, and which that is the power of two tells. So two sums
 * for each power give the average for every window. Reuse distances (mmu/hierarchy/shadow.h) give the faults of LRU. */
#include "kernel/working_set.h"


#include "base/heap.h"
#include "mmu/hierarchy/shadow.h"
#include "mmu/tlb.h"

typedef struct Use {
    u64 page; /* with its space; 0: free */
    u64 when;
} Use;

struct WorkingSet {
    Reuse *reuse;
    Use *uses; /* open addressing, at most half full */
    u64 capacity, count;
    u64 gaps[WINDOWS], gap_sum[WINDOWS]; /* by log2 of the gap; gaps of 0 leave no trace */
    bool failed;
};

WorkingSet *working_set_create(void)
{
    WorkingSet *set = heap_calloc(1, sizeof *set);
    if (!set)
        return NULL;
    set->capacity = 1024;
    set->uses = heap_calloc(set->capacity, sizeof *set->uses);
    set->reuse = reuse_create();
    if (!set->uses || !set->reuse) {
        working_set_destroy(set);
        return NULL;
    }
    return set;
}

void working_set_destroy(WorkingSet *set)
{
    if (!set)
        return;
    reuse_destroy(set->reuse);
    heap_free(set->uses);
    heap_free(set);
}

static Use *find(Use *uses, u64 capacity, u64 page)
{
    u64 at = page * 0x9e3779b97f4a7c15ull >> 20 & (capacity - 1);
    while (uses[at].page && uses[at].page != page)
        at = (at + 1) & (capacity - 1);
    return &uses[at];
}

static void grow(WorkingSet *set)
{
    Use *bigger = heap_calloc(2 * set->capacity, sizeof *bigger);
    if (!bigger) {
        set->failed = true;
        return;
    }
    for (u64 i = 0; i < set->capacity; i++)
        if (set->uses[i].page)
            *find(bigger, 2 * set->capacity, set->uses[i].page) = set->uses[i];
    heap_free(set->uses);
    set->uses = bigger;
    set->capacity *= 2;
}

static void note_gap(u64 *gaps, u64 *sums, u64 gap)
{
    u32 bucket = gap ? 63 - (u32)__builtin_clzll(gap) : 0;
    bucket = bucket < WINDOWS ? bucket : WINDOWS - 1;
    gaps[bucket] += gap != 0;
    sums[bucket] += gap;
}

void working_set_touch(WorkingSet *set, u64 cr3, u64 page, u64 now)
{
    u64 identity = page >> PAGE_SHIFT | cr3 >> PAGE_SHIFT << 36;
    if (2 * set->count >= set->capacity)
        grow(set);
    if (set->failed)
        return;
    Use *use = find(set->uses, set->capacity, identity);
    if (use->page)
        note_gap(set->gaps, set->gap_sum, now - use->when);
    else
        set->count++;
    *use = (Use){.page = identity, .when = now};
    reuse_use(set->reuse, identity);
}

u64 working_set_average(const WorkingSet *set, u32 window, u64 now)
{
    u64 gaps[WINDOWS], sums[WINDOWS];
    unsigned __int128 total = 0;
    memcpy(gaps, set->gaps, sizeof gaps);
    memcpy(sums, set->gap_sum, sizeof sums);
    for (u64 i = 0; i < set->capacity; i++) /* the last uses last until now */
        if (set->uses[i].page)
            note_gap(gaps, sums, now - set->uses[i].when);
    for (u32 bucket = 0; bucket < WINDOWS; bucket++)
        total += bucket < window ? sums[bucket] : (unsigned __int128)gaps[bucket] << window;
    return now ? (u64)(total * 1000 / now) : 0;
}

u64 working_set_faults(const WorkingSet *set, u64 frames) { return reuse_uses(set->reuse) - reuse_nearer(set->reuse, frames); }
u64 working_set_pages(const WorkingSet *set) { return set->count; }

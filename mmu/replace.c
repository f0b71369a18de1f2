/* The four replacement policies over one ring of resident frames.
 *
 * FIFO and CLOCK are one structure: the hand points at the oldest, new pages enter in front of the hand, that is, last (or,
 * for CLOCK, in the victim's place). LRU keeps a time per frame, because a store per touch is all that the model's access
 * path can afford; victims are then found by a scan that yields the 64 oldest at once. Each of them is still the oldest
 * when its turn comes if its time has not changed, since every touch and every newcomer is younger. */
#include "mmu/replace.h"

#include <errno.h>

#include "base/heap.h"

const char *const replace_policy_names[REPLACE_POLICIES] = {"fifo", "lru", "clock", "opt"};

bool replace_create(Replace *replace, ReplacePolicy policy, u32 capacity)
{
    memset(replace, 0, sizeof *replace);
    void *memory = heap_calloc((u64)capacity + 1, 2 * sizeof(u32) + sizeof(u64));
    if (!memory)
        return false;
    replace->policy = policy;
    replace->capacity = capacity;
    replace->memory = memory;
    replace->when = memory;
    replace->next = (u32 *)(replace->when + capacity);
    replace->prev = replace->next + capacity;
    replace->hand = REPLACE_NONE;
    return true;
}

void replace_destroy(Replace *replace)
{
    heap_free(replace->memory);
    memset(replace, 0, sizeof *replace);
}

bool replace_resident(const Replace *replace, u32 frame) { return replace->when[frame] != 0; }

void replace_insert(Replace *replace, u32 frame)
{
    if (replace->hand == REPLACE_NONE) {
        replace->hand = replace->next[frame] = replace->prev[frame] = frame;
    } else {
        u32 after = replace->hand, before = replace->prev[after];
        replace->next[frame] = after;
        replace->prev[frame] = before;
        replace->next[before] = replace->prev[after] = frame;
    }
    /* OPT: until its touch is reported, nothing says that the page will be needed at all. */
    replace->when[frame] = replace->policy == REPLACE_OPT && !replace->strayed ? ~0ull : ++replace->clock;
    replace->count++;
    if (frame >= replace->top)
        replace->top = frame + 1;
}

void replace_remove(Replace *replace, u32 frame)
{
    if (!replace_resident(replace, frame))
        return;
    u32 after = replace->next[frame], before = replace->prev[frame];
    replace->next[before] = after;
    replace->prev[after] = before;
    if (replace->hand == frame)
        replace->hand = after == frame ? REPLACE_NONE : after;
    replace->when[frame] = 0;
    replace->count--;
}

/* ---- the future ---------------------------------------------------------------------------------------------- */

void replace_set_future(Replace *replace, const u64 *future, u64 count)
{
    replace->future = future;
    replace->future_count = count;
    replace->position = 0;
}

/* A touch that is not the recorded one: the future says nothing any more, and victims chosen by it would be as bad as can be (the
 * page that is used all the time may be the one "never needed again"). What is resident now counts as used a moment ago. */
static void stray(Replace *replace)
{
    replace->strayed = replace->position + 1;
    for (u32 frame = 0; frame < replace->top; frame++)
        if (replace->when[frame])
            replace->when[frame] = ++replace->clock;
}

void replace_touch_opt(Replace *replace, u32 frame)
{
    u64 expected = replace->when[frame];
    while (expected < replace->position) /* one page then, now two: processes that shared it each got their own back from swap */
        expected = replace->future[expected];
    if (!replace->strayed && ((expected != ~0ull && expected != replace->position) || replace->position >= replace->future_count))
        stray(replace);
    replace->when[frame] = replace->strayed ? ++replace->clock : replace->future[replace->position++];
}

static u64 hash(u64 page) { return (page ^ page >> 31) * 0x9e3779b97f4a7c15ull; }

/* Backwards over the string: for each page, where it was seen last. Open addressing, at most half full. */
bool replace_future(u64 *string, u64 count)
{
    u64 size = 64, used = 0;
    typedef struct Seen { u64 page, at; } Seen; /* at: position + 1; 0: free */
    Seen *seen = heap_calloc(size, sizeof *seen);
    for (u64 i = count; seen && i-- > 0;) {
        if (2 * used >= size) {
            Seen *bigger = heap_calloc(2 * size, sizeof *bigger);
            for (u64 k = 0; bigger && k < size; k++) {
                u64 place = hash(seen[k].page) >> 20 & (2 * size - 1);
                while (seen[k].at && bigger[place].at)
                    place = (place + 1) & (2 * size - 1);
                if (seen[k].at)
                    bigger[place] = seen[k];
            }
            heap_free(seen);
            seen = bigger;
            size *= 2;
            if (!seen)
                break;
        }
        u64 page = string[i], place = hash(page) >> 20 & (size - 1);
        while (seen[place].at && seen[place].page != page)
            place = (place + 1) & (size - 1);
        used += !seen[place].at;
        string[i] = seen[place].at ? seen[place].at - 1 : ~0ull;
        seen[place] = (Seen){.page = page, .at = i + 1};
    }
    if (!seen) {
        errno = ENOMEM;
        return false;
    }
    heap_free(seen);
    return true;
}

/* ---- victims ------------------------------------------------------------------------------------------------- */

static u32 victim_fifo(Replace *replace, PageProbe *probe, void *context)
{
    u32 frame = replace->hand;
    for (u32 i = 0; i < replace->count; i++, frame = replace->next[frame])
        if (probe(context, frame, false) != PAGE_PINNED)
            return frame;
    return REPLACE_NONE;
}

static u32 victim_clock(Replace *replace, PageProbe *probe, void *context)
{
    /* Once around clears every bit; the second time, whatever is not pinned is idle. */
    for (u64 i = 0; i <= 2ull * replace->count && replace->count; i++) {
        PageState state = probe(context, replace->hand, true);
        if (state == PAGE_IDLE)
            return replace->hand;
        replace->hand = replace->next[replace->hand];
    }
    return REPLACE_NONE;
}

/* Gathers the oldest frames touched after `after`, oldest first. */
static void find_oldest(Replace *replace, u64 after)
{
    u32 count = 0;
    for (u32 frame = 0; frame < replace->top; frame++) {
        u64 when = replace->when[frame];
        if (when <= after || (count == ARRAY_LEN(replace->oldest) && when >= replace->oldest_when[count - 1]))
            continue;
        u32 at = count < ARRAY_LEN(replace->oldest) ? count++ : count - 1;
        for (; at > 0 && replace->oldest_when[at - 1] > when; at--) {
            replace->oldest[at] = replace->oldest[at - 1];
            replace->oldest_when[at] = replace->oldest_when[at - 1];
        }
        replace->oldest[at] = frame;
        replace->oldest_when[at] = when;
    }
    replace->oldest_at = 0;
    replace->oldest_count = count;
}

static u32 victim_lru(Replace *replace, PageProbe *probe, void *context)
{
    u64 after = 0; /* pinned frames up to here have been passed over */
    for (;;) {
        for (; replace->oldest_at < replace->oldest_count; replace->oldest_at++) {
            u32 frame = replace->oldest[replace->oldest_at];
            u64 when = replace->oldest_when[replace->oldest_at];
            if (replace->when[frame] != when)
                continue;
            if (probe(context, frame, false) != PAGE_PINNED) {
                replace->oldest_count = after ? 0 : replace->oldest_count; /* older ones exist: look again next time */
                return frame;
            }
            after = when;
        }
        find_oldest(replace, after);
        if (!replace->oldest_count)
            return REPLACE_NONE;
    }
}

static u32 victim_opt(Replace *replace, PageProbe *probe, void *context)
{
    u32 best = REPLACE_NONE;
    u64 farthest = 0;
    for (u32 frame = 0; frame < replace->top; frame++)
        if (replace->when[frame] > farthest && probe(context, frame, false) != PAGE_PINNED) {
            best = frame;
            farthest = replace->when[frame];
        }
    return best;
}

u32 replace_victim(Replace *replace, PageProbe *probe, void *context)
{
    switch (replace->policy) {
    case REPLACE_FIFO: return victim_fifo(replace, probe, context);
    case REPLACE_CLOCK: return victim_clock(replace, probe, context);
    case REPLACE_LRU: return victim_lru(replace, probe, context);
    default: return replace->strayed ? victim_lru(replace, probe, context) : victim_opt(replace, probe, context);
    }
}

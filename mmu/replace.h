/* Which page leaves when RAM is full: FIFO, LRU, CLOCK, OPT, on frame numbers and nothing else.
 *
 * The engine keeps an order over the resident frames. It does not look at page tables: CLOCK asks its caller for the real
 * accessed bits, LRU and OPT must be told of every touch (they cannot be had from A bits alone), FIFO needs neither.
 * The same engine serves the kernel's paging and the textbooks' reference strings (tests/unit/mmu_replace.c). */
#ifndef EMU_MMU_REPLACE_H
#define EMU_MMU_REPLACE_H

#include "base/types.h"

typedef enum ReplacePolicy {
    REPLACE_FIFO,  /* the longest resident */
    REPLACE_LRU,   /* the longest untouched; needs replace_touch */
    REPLACE_CLOCK, /* second chance: FIFO order, but a referenced page is passed over once */
    REPLACE_OPT,   /* Belady's: the one whose next touch is farthest away; needs replace_touch and the future */
    REPLACE_POLICIES
} ReplacePolicy;

extern const char *const replace_policy_names[REPLACE_POLICIES]; /* "fifo" … */

#define REPLACE_NONE (~0u)

typedef struct Replace {
    ReplacePolicy policy;
    u32 capacity; /* frames are numbered 0 .. capacity-1 */
    u32 count;    /* resident */
    /* private */
    u32 hand;           /* where to look next; new pages go in front of it. REPLACE_NONE: nothing is resident */
    u32 *next, *prev;   /* [capacity] the ring of resident frames */
    u64 *when;          /* [capacity] lru: last touch; opt: next touch; 0: not resident */
    u64 clock;
    u32 top;            /* frames from here on were never resident */
    u32 oldest[64];     /* lru: the oldest frames at the last look, oldest first … */
    u64 oldest_when[64];/* … and when they had been touched */
    u32 oldest_at, oldest_count;
    const u64 *future;  /* opt: see replace_set_future */
    u64 future_count, position;
    u64 strayed;        /* opt: number of the touch that was not the recorded one; LRU since. 0: none */
    void *memory;
} Replace;

/* false with errno when the host has no memory. Costs resident memory only for frames that become resident. */
bool replace_create(Replace *replace, ReplacePolicy policy, u32 capacity);
void replace_destroy(Replace *replace);

/* A page came to lie in `frame` / left it (evicted or unmapped). Inserting counts as its first touch for LRU; OPT expects
 * the touch that caused it to be reported. */
void replace_insert(Replace *replace, u32 frame);
void replace_remove(Replace *replace, u32 frame);
bool replace_resident(const Replace *replace, u32 frame);

/* The page in `frame` was accessed. For LRU and OPT: each access whose page differs from the last access's; repeating the
 * last one changes nothing (LRU), or must have been recorded too (OPT). */
void replace_touch_opt(Replace *replace, u32 frame);
static INLINE void replace_touch(Replace *replace, u32 frame)
{
    if (replace->policy == REPLACE_LRU)
        replace->when[frame] = ++replace->clock;
    else if (replace->policy == REPLACE_OPT)
        replace_touch_opt(replace, frame);
}

/* OPT: `future[i]` is the position of the touch that next concerns the page of touch number i (~0: none). Made from a
 * recorded string of page numbers by replace_future. `future` is kept, not copied. */
void replace_set_future(Replace *replace, const u64 *future, u64 count);
/* Turns a string of page identities into that form, in place. false with errno when the host has no memory. */
bool replace_future(u64 *string, u64 count);

typedef enum PageState {
    PAGE_IDLE,
    PAGE_REFERENCED, /* accessed since last asked (only CLOCK cares) */
    PAGE_PINNED,     /* must stay now */
} PageState;

/* Tells a resident page's state; with `clear`, the page's accessed bits must be cleared (and its TLB entries dropped, or
 * the next access would not set them again). */
typedef PageState PageProbe(void *context, u32 frame, bool clear);

/* The frame to free next, REPLACE_NONE when everything is pinned. It stays resident until replace_remove. */
u32 replace_victim(Replace *replace, PageProbe *probe, void *context);

#endif

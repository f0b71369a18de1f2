/* Frames in pseudo-random order, and coloured frames.
 *
 * Random is a shuffle that is dealt as it is needed: `cards` is the deck of free frames, drawn from anywhere, the last card
 * closing the gap. A card that was never moved is still zero and stands for its own position, so a deck for a terabyte costs
 * memory only where it was touched. Coloured keeps, for each colour, the next frame that was never used and a list of
 * those that came back. */
#include "mmu/order.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/heap.h"

typedef struct FrameOrder FrameOrder;
struct FrameOrder {
    u32 colours;    /* 0: random */
    u32 available;
    u64 random;     /* xorshift state, not 0 */
    u32 *cards;     /* random: [frame_count] the deck; coloured: [frame_count] the next in a list of freed frames */
    u32 *fresh;     /* [colours] the next frame that was never used */
    u32 *freed;     /* [colours] the first in the list of freed ones, 0: none */
};

static FrameOrder *create(Phys *phys, u32 colours)
{
    FrameOrder *order = heap_calloc(1, sizeof *order);
    if (!order)
        return NULL;
    order->cards = heap_calloc(phys->frame_count, sizeof *order->cards);
    order->fresh = heap_calloc(2ull * colours + 1, sizeof *order->fresh);
    order->freed = order->fresh ? order->fresh + colours : NULL;
    order->colours = colours;
    order->available = phys->frame_count - phys->fresh;
    phys->order = order;
    if (!order->cards || !order->fresh) {
        order_destroy(phys);
        errno = ENOMEM;
        return NULL;
    }
    madvise(phys->ram, phys->size, MADV_NOHUGEPAGE); /* frames far apart would each commit a large host page */
    return order;
}

bool phys_order_random(Phys *phys, u64 seed)
{
    FrameOrder *order = create(phys, 0);
    if (order)
        order->random = (seed + 1) * 0x9e3779b97f4a7c15ull | 1;
    return order;
}

bool phys_order_coloured(Phys *phys, u32 colours)
{
    FrameOrder *order = create(phys, colours);
    for (u32 colour = 0; order && colour < colours; colour++) /* the lowest frame of this colour from phys->fresh on */
        order->fresh[colour] = phys->fresh + (colour + colours - phys->fresh % colours) % colours;
    return order;
}

void order_destroy(Phys *phys)
{
    if (!phys->order)
        return;
    heap_free(phys->order->cards);
    heap_free(phys->order->fresh);
    heap_free(phys->order);
    phys->order = NULL;
}

u32 order_available(const Phys *phys) { return phys->order->available; }

static u32 random_below(FrameOrder *order, u32 count)
{
    order->random ^= order->random << 13;
    order->random ^= order->random >> 7;
    order->random ^= order->random << 17;
    return (u32)((order->random >> 32) * count >> 32);
}

/* Cards lie at positions [0, available); one that was never moved is the frame behind those in use from the start. */
static u32 card_at(const Phys *phys, u32 position)
{
    const FrameOrder *order = phys->order;
    return order->cards[position] ? order->cards[position] : position + 2; /* 0 is reserved, 1 the page of zeroes */
}

static u32 take_random(Phys *phys)
{
    FrameOrder *order = phys->order;
    u32 position = random_below(order, order->available), last = --order->available, frame = card_at(phys, position);
    order->cards[position] = card_at(phys, last);
    order->cards[last] = 0;
    return frame;
}

static u32 take_coloured(Phys *phys, u64 page)
{
    FrameOrder *order = phys->order;
    u32 colour = (u32)(page % order->colours), frame;
    while (!order->freed[colour] && order->fresh[colour] >= phys->frame_count) /* none of this colour: the next best */
        colour = (colour + 1) % order->colours;
    order->available--;
    if (order->freed[colour]) {
        frame = order->freed[colour];
        order->freed[colour] = order->cards[frame];
    } else {
        frame = order->fresh[colour];
        order->fresh[colour] += order->colours;
    }
    return frame;
}

u32 order_take(Phys *phys, u64 page)
{
    if (!phys->order->available)
        return 0;
    u32 frame = phys->order->colours ? take_coloured(phys, page) : take_random(phys);
    if (frame >= phys->fresh)
        phys->fresh = frame + 1;
    return frame;
}

void order_give(Phys *phys, u32 frame)
{
    FrameOrder *order = phys->order;
    if (order->colours) {
        order->cards[frame] = order->freed[frame % order->colours];
        order->freed[frame % order->colours] = frame;
        order->available++;
    } else {
        order->cards[order->available++] = frame;
    }
}

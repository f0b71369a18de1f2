/* Guest memory as something that can be kept and put back (state.h): which host memory holds its state, and what must be done
 * after older contents were put there. */
#include "mmu/state.h"

#include <sys/mman.h>

static PhysRange range(const void *start, u64 size) { return (PhysRange){(u8 *)(uintptr_t)start, size}; }

void phys_state(const Phys *phys, PhysRange ranges[PHYS_RANGES])
{
    u64 bits = phys->fresh;
    ranges[0] = range(phys->frames, (u64)phys->fresh * sizeof *phys->frames);
    for (int level = 0; level < FREE_LEVELS; level++) {
        bits = (bits + 63) / 64;
        ranges[1 + level] = range(phys->free_bits[level], bits * sizeof(u64));
    }
    ranges[1 + FREE_LEVELS] = range(phys->dirty_bits, (phys->fresh + 63) / 64 * sizeof(u64));
}

/* Freed frames may hold anything now: the next who gets one must zero it. */
static void all_free_are_dirty(Phys *phys)
{
    phys->dirty_count = 0;
    phys->dirty_low = phys->frame_count;
    phys->dirty_high = 0;
    for (u32 index = 1; index < phys->fresh; index++) {
        u64 bit = 1ull << (index & 63);
        phys->frames[index].flags &= (u8) ~(FRAME_CODE | FRAME_WATCH);
        if (phys->frames[index].refs) {
            phys->dirty_bits[index >> 6] &= ~bit;
            continue;
        }
        phys->dirty_bits[index >> 6] |= bit;
        phys->dirty_count++;
        if (index < phys->dirty_low)
            phys->dirty_low = index;
        phys->dirty_high = index;
    }
}

void phys_put_back(Phys *phys, u32 fresh_before)
{
    if (fresh_before > phys->fresh) { /* frames that were not yet used then are zero */
        u8 *start = phys->ram + ((u64)phys->fresh << PAGE_SHIFT);
        u64 size = (u64)(fresh_before - phys->fresh) << PAGE_SHIFT;
        if (madvise(start, size, MADV_DONTNEED) != 0)
            memset(start, 0, size);
    }
    all_free_are_dirty(phys);
}

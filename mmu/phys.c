/* Guest physical memory: one host reservation, cut into frames.
 *
 * The idea: never touch what was never used. RAM, the Frame array and the bitmaps are reserved mappings of zeroes, and
 * zero means "free, unused" everywhere. Frames from `fresh` on have never been handed out; freed ones below it are found
 * through a bitmap with summary levels (lowest first, a few instructions at any size).
 *
 * A freed frame stays committed and dirty for a while, because zeroing 4 KiB is thirty times cheaper than two trips into
 * the host kernel; when DIRTY_LIMIT of them have gathered, their host memory is given back, run by run. */
#include "mmu/order.h"

#include <assert.h>
#include <errno.h>
#include <sys/mman.h>

#include "base/bits.h"

enum {
    GUARD_SIZE = 2 << 20, /* before and after RAM; keeps RAM aligned for large host pages too */
    HUGE_FROM = 2 << 20,  /* below: small host pages, so that a small program stays small */
    DIRTY_LIMIT = 4096,   /* 16 MiB */
};
static const u64 PHYS_MIN = 1ull << 20, PHYS_MAX = 1ull << 40;

static void *reserve(u64 size, int protection)
{
    void *p = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/* Reserves [guard][ram][guard], ram aligned to GUARD_SIZE. */
static bool reserve_ram(Phys *phys)
{
    phys->reservation_size = bits_align_up(phys->size, GUARD_SIZE) + 3 * (u64)GUARD_SIZE;
    phys->reservation = reserve(phys->reservation_size, PROT_NONE);
    if (!phys->reservation)
        return false;
    phys->ram = (u8 *)bits_align_up((u64)(uintptr_t)phys->reservation + GUARD_SIZE, GUARD_SIZE);
    if (mprotect(phys->ram, phys->size, PROT_READ | PROT_WRITE) != 0)
        return false;
    /* Frames are handed out in ascending order, so a large host page is soon full: a seventh of the faults' cost, and far
     * fewer misses in the host's own TLB. A host without them refuses, which is as good. */
    if (phys->size > HUGE_FROM)
        madvise(phys->ram + HUGE_FROM, phys->size - HUGE_FROM, MADV_HUGEPAGE);
    return true;
}

/* One mapping for the Frame array and all bitmaps. */
static bool reserve_metadata(Phys *phys)
{
    u64 words[FREE_LEVELS], bits = phys->frame_count;
    u64 frames_size = bits_align_up(phys->frame_count * sizeof(Frame), PAGE_SIZE);
    u64 total = frames_size;
    for (int level = 0; level < FREE_LEVELS; level++) {
        words[level] = bits = (bits + 63) / 64;
        total += words[level] * sizeof(u64) * (level == 0 ? 2 : 1);
    }
    phys->metadata_size = bits_align_up(total, PAGE_SIZE);
    phys->metadata = reserve(phys->metadata_size, PROT_READ | PROT_WRITE);
    if (!phys->metadata)
        return false;
    phys->frames = phys->metadata;
    u64 *p = (u64 *)((u8 *)phys->metadata + frames_size);
    for (int level = FREE_LEVELS - 1; level >= 0; level--) {
        phys->free_bits[level] = p;
        p += words[level];
    }
    phys->dirty_bits = p;
    return true;
}

bool phys_create(Phys *phys, u64 size)
{
    memset(phys, 0, sizeof *phys);
    if (size < PHYS_MIN || size > PHYS_MAX) {
        errno = EINVAL;
        return false;
    }
    phys->size = bits_align_up(size, PAGE_SIZE);
    phys->frame_count = (u32)(phys->size >> PAGE_SHIFT);
    phys->dirty_low = phys->frame_count;
    if (!reserve_ram(phys) || !reserve_metadata(phys)) {
        int error = errno;
        phys_destroy(phys);
        errno = error;
        return false;
    }
    phys->frames[0] = (Frame){.refs = 1, .kind = FRAME_RESERVED};
    phys->used[FRAME_RESERVED] = 1;
    phys->used_total = phys->used_peak = phys->fresh = 1;
    phys->zero_page = phys_alloc(phys, FRAME_ZERO);
    return true;
}

void phys_destroy(Phys *phys)
{
    order_destroy(phys);
    if (phys->reservation)
        munmap(phys->reservation, phys->reservation_size);
    if (phys->metadata)
        munmap(phys->metadata, phys->metadata_size);
    memset(phys, 0, sizeof *phys);
}

/* ---- the bitmap of freed frames ------------------------------------------------------------------------------ */

static void free_bits_set(Phys *phys, u32 frame)
{
    for (int level = 0; level < FREE_LEVELS; level++) {
        u64 *word = &phys->free_bits[level][frame >> 6];
        bool known = *word != 0;
        *word |= 1ull << (frame & 63);
        if (known) /* the levels above say so already */
            return;
        frame >>= 6;
    }
}

static void free_bits_clear(Phys *phys, u32 frame)
{
    for (int level = 0; level < FREE_LEVELS; level++) {
        u64 *word = &phys->free_bits[level][frame >> 6];
        *word &= ~(1ull << (frame & 63));
        if (*word)
            return;
        frame >>= 6;
    }
}

/* The lowest freed frame; there must be one. */
static u32 free_bits_lowest(const Phys *phys)
{
    u32 index = 0;
    for (int level = FREE_LEVELS - 1; level >= 0; level--)
        index = index << 6 | (u32)__builtin_ctzll(phys->free_bits[level][index]);
    return index;
}

static bool dirty_test_clear(Phys *phys, u32 frame)
{
    u64 *word = &phys->dirty_bits[frame >> 6], bit = 1ull << (frame & 63);
    if (!(*word & bit))
        return false;
    *word &= ~bit;
    phys->dirty_count--;
    return true;
}

/* Gives [first, end) back to the host: its next touch finds zeroes. */
static void give_back(Phys *phys, u32 first, u32 end)
{
    u8 *host = phys->ram + ((u64)first << PAGE_SHIFT);
    u64 size = (u64)(end - first) << PAGE_SHIFT;
    if (madvise(host, size, MADV_DONTNEED) != 0) /* locked or refused: it must at least be zero */
        memset(host, 0, size);
}

void phys_trim(Phys *phys)
{
    u32 run_start = 0, run_end = 0;
    u32 last = phys->dirty_high >> 6;
    for (u32 word = phys->dirty_low >> 6; phys->dirty_count && word <= last; word++) {
        u64 bits = phys->dirty_bits[word];
        phys->dirty_bits[word] = 0;
        while (bits) {
            u32 from = (u32)__builtin_ctzll(bits), length = 64 - from;
            u64 rest = ~(bits >> from);
            if (rest && (u32)__builtin_ctzll(rest) < length)
                length = (u32)__builtin_ctzll(rest);
            u32 frame = word * 64 + from;
            if (frame != run_end) {
                if (run_end > run_start)
                    give_back(phys, run_start, run_end);
                run_start = frame;
            }
            run_end = frame + length;
            bits &= length == 64 ? 0 : ~(bits_mask(length) << from);
        }
    }
    if (run_end > run_start)
        give_back(phys, run_start, run_end);
    phys->dirty_count = 0;
    phys->dirty_low = phys->frame_count;
    phys->dirty_high = 0;
}

/* ---- frames -------------------------------------------------------------------------------------------------- */

u32 phys_available(const Phys *phys)
{
    return phys->order ? order_available(phys) : phys->frame_count - phys->fresh + phys->free_count;
}

u64 phys_alloc(Phys *phys, FrameKind kind) { return phys_alloc_for(phys, kind, 0); }

u64 phys_alloc_for(Phys *phys, FrameKind kind, u64 page)
{
    u32 frame;
    if (UNLIKELY(phys->order != NULL)) {
        frame = order_take(phys, page);
        if (!frame)
            return 0;
        if (dirty_test_clear(phys, frame))
            memset(phys->ram + ((u64)frame << PAGE_SHIFT), 0, PAGE_SIZE);
    } else if (phys->free_count) {
        frame = free_bits_lowest(phys);
        free_bits_clear(phys, frame);
        phys->free_count--;
        if (dirty_test_clear(phys, frame))
            memset(phys->ram + ((u64)frame << PAGE_SHIFT), 0, PAGE_SIZE);
    } else {
        if (phys->fresh == phys->frame_count)
            return 0;
        frame = phys->fresh++;
    }
    phys->frames[frame] = (Frame){.refs = 1, .kind = (u8)kind};
    if (++phys->used[kind] > phys->table_peak && kind == FRAME_TABLE)
        phys->table_peak = phys->used[kind];
    if (++phys->used_total > phys->used_peak)
        phys->used_peak = phys->used_total;
    return (u64)frame << PAGE_SHIFT;
}

void phys_ref(Phys *phys, u64 paddr)
{
    Frame *frame = phys_frame(phys, paddr);
    assert(paddr < phys->size && frame->refs);
    if (frame->kind != FRAME_ZERO)
        frame->refs++;
}

static COLD void free_frame(Phys *phys, u32 index)
{
    Frame *frame = &phys->frames[index];
    if (frame->flags & FRAME_CODE && phys->code_freed)
        phys->code_freed(phys->code_context, (u64)index << PAGE_SHIFT);
    if (phys->freed)
        phys->freed(phys->freed_context, (u64)index << PAGE_SHIFT);
    phys->used[frame->kind]--;
    phys->used_total--;
    *frame = (Frame){.refs = 0};
    if (UNLIKELY(phys->order != NULL)) {
        order_give(phys, index);
    } else {
        free_bits_set(phys, index);
        phys->free_count++;
    }
    phys->dirty_bits[index >> 6] |= 1ull << (index & 63);
    phys->dirty_count++;
    if (index < phys->dirty_low)
        phys->dirty_low = index;
    if (index > phys->dirty_high)
        phys->dirty_high = index;
    if (phys->dirty_count > DIRTY_LIMIT)
        phys_trim(phys);
}

void phys_unref(Phys *phys, u64 paddr)
{
    Frame *frame = phys_frame(phys, paddr);
    assert(paddr < phys->size && frame->refs && frame->kind != FRAME_RESERVED);
    if (frame->kind != FRAME_ZERO && --frame->refs == 0)
        free_frame(phys, (u32)(paddr >> PAGE_SHIFT));
}

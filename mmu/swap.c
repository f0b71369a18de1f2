/* Slots of one page each in an unnamed file; reference counts tell which are in use. A slot is free when nobody refers to
 * it: neither a page-table entry nor a frame whose clean copy it is. */
#define _GNU_SOURCE
#include "mmu/swap.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/heap.h"

static const u64 SWAP_MAX = 1ull << 44;

static int open_unnamed(const char *directory)
{
    if (!directory)
        directory = getenv("TMPDIR");
    if (!directory || !*directory)
        directory = "/var/tmp";
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) /* a file system without O_TMPFILE */
        fd = memfd_create("emu-swap", MFD_CLOEXEC);
    return fd;
}

bool swap_create(Swap *swap, const Phys *phys, u64 size, const char *directory, bool in_memory)
{
    memset(swap, 0, sizeof *swap);
    swap->fd = -1;
    if (size < PAGE_SIZE || size > SWAP_MAX) {
        errno = EINVAL;
        return false;
    }
    swap->slot_count = (u32)(size >> PAGE_SHIFT) - (size == SWAP_MAX);
    swap->frame_count = phys->frame_count;
    swap->memory = heap_calloc((u64)swap->slot_count + swap->frame_count, sizeof(u32));
    swap->refs = swap->memory;
    swap->slot_of = swap->refs + swap->slot_count;
    swap->pages = in_memory ? heap_calloc(swap->slot_count, sizeof *swap->pages) : NULL;
    if (swap->memory && !in_memory)
        swap->fd = open_unnamed(directory);
    bool ok = swap->memory && (swap->pages || swap->fd >= 0);
    if (!ok) {
        int error = errno;
        swap_destroy(swap);
        errno = error;
    }
    return ok;
}

void swap_destroy(Swap *swap)
{
    if (swap->fd >= 0)
        close(swap->fd);
    for (u32 slot = 0; swap->pages && slot < swap->slot_count; slot++)
        heap_free(swap->pages[slot]);
    heap_free(swap->pages);
    heap_free(swap->memory);
    memset(swap, 0, sizeof *swap);
    swap->fd = -1;
}

/* The next free slot from the hint on, so that pages evicted together lie together. */
static u32 take_slot(Swap *swap)
{
    if (swap->used == swap->slot_count)
        return SWAP_NONE;
    while (swap->refs[swap->hint])
        swap->hint = swap->hint + 1 == swap->slot_count ? 0 : swap->hint + 1;
    swap->refs[swap->hint] = 1;
    if (++swap->used > swap->peak)
        swap->peak = swap->used;
    return swap->hint;
}

void swap_ref(Swap *swap, u32 slot)
{
    assert(slot < swap->slot_count && swap->refs[slot]);
    swap->refs[slot]++;
}

void swap_unref(Swap *swap, u32 slot)
{
    assert(slot < swap->slot_count && swap->refs[slot]);
    if (--swap->refs[slot])
        return;
    swap->used--;
    if (swap->pages) {
        heap_free(swap->pages[slot]);
        swap->pages[slot] = NULL;
    }
}

/* Moves one page between host memory and the file. */
static bool transfer(Swap *swap, u32 slot, u8 *host, bool out)
{
    off_t at = (off_t)slot << PAGE_SHIFT;
    if (swap->pages) {
        if (!swap->pages[slot] && !(swap->pages[slot] = heap_alloc(PAGE_SIZE)))
            return false;
        memcpy(out ? swap->pages[slot] : host, out ? host : swap->pages[slot], PAGE_SIZE);
        return true;
    }
    for (u64 done = 0; done < PAGE_SIZE;) {
        ssize_t n = out ? pwrite(swap->fd, host + done, PAGE_SIZE - done, at + (off_t)done)
                        : pread(swap->fd, host + done, PAGE_SIZE - done, at + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? EIO : errno;
            return false;
        }
        done += (u64)n;
    }
    return true;
}

/* Takes the frame's slot from it: the frame's reference becomes the caller's. */
static u32 take_from_frame(Swap *swap, u64 paddr)
{
    u32 *kept = &swap->slot_of[paddr >> PAGE_SHIFT], slot = *kept ? *kept - 1 : SWAP_NONE;
    *kept = 0;
    return slot;
}

u32 swap_out(Swap *swap, const Phys *phys, u64 paddr)
{
    u32 slot = take_from_frame(swap, paddr);
    if (slot != SWAP_NONE && swap->refs[slot] > 1) { /* others still need the old contents */
        swap_unref(swap, slot);
        slot = SWAP_NONE;
    }
    if (slot == SWAP_NONE)
        slot = take_slot(swap);
    if (slot == SWAP_NONE)
        return SWAP_NONE;
    if (!transfer(swap, slot, phys->ram + paddr, true)) {
        swap_unref(swap, slot);
        return SWAP_NONE;
    }
    swap->stats.outs++;
    return slot;
}

u32 swap_drop_clean(Swap *swap, u64 paddr)
{
    u32 slot = take_from_frame(swap, paddr);
    if (slot != SWAP_NONE)
        swap->stats.clean_drops++;
    return slot;
}

bool swap_in(Swap *swap, const Phys *phys, u32 slot, u64 paddr)
{
    assert(slot < swap->slot_count && swap->refs[slot]);
    if (!transfer(swap, slot, phys->ram + paddr, false))
        return false;
    swap->stats.ins++;
    return true;
}

void swap_keep(Swap *swap, u64 paddr, u32 slot)
{
    swap_forget(swap, paddr);
    swap->slot_of[paddr >> PAGE_SHIFT] = slot + 1;
}

void swap_forget(Swap *swap, u64 paddr)
{
    u32 slot = take_from_frame(swap, paddr);
    if (slot != SWAP_NONE)
        swap_unref(swap, slot);
}

u32 swap_reclaim(Swap *swap)
{
    u32 before = swap->used;
    for (u32 frame = 0; frame < swap->frame_count; frame++)
        if (swap->slot_of[frame])
            swap_forget(swap, (u64)frame << PAGE_SHIFT);
    return before - swap->used;
}

bool swap_peek(const Swap *swap, u32 slot, u64 offset, void *to, u64 size)
{
    if (swap->pages) {
        memcpy(to, swap->pages[slot] + offset, size);
        return true;
    }
    return pread(swap->fd, to, size, (off_t)(((u64)slot << PAGE_SHIFT) + offset)) == (ssize_t)size;
}

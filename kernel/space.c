/* Address spaces: the sorted array of VMAs, its splits and merges, and the life of a whole space. What a fault does is
 * fault.c's business, the system calls are memory.c's. */
#include "kernel/space.h"

#include <errno.h>

#include "base/bits.h"
#include "base/heap.h"
#include "kernel/debug.h"
#include "kernel/frames.h"
#include "kernel/page_cache.h"
#include "mmu/pte.h"

/* ---- the array ------------------------------------------------------------------------------------------------- */

u32 space_index(const Space *space, u64 address)
{
    u32 low = 0, high = space->count;
    while (low < high) {
        u32 middle = (low + high) / 2;
        if (space->vmas[middle].end > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

Vma *space_find(Space *space, u64 address)
{
    if (space->last < space->count) {
        Vma *vma = &space->vmas[space->last];
        if (address >= vma->start && address < vma->end)
            return vma;
    }
    u32 index = space_index(space, address);
    if (index == space->count || space->vmas[index].start > address)
        return NULL;
    space->last = index;
    return &space->vmas[index];
}

/* Counts the VMA's pages in or out (sign +1, -1). */
static void vma_account(Space *space, const Vma *vma, i64 sign)
{
    i64 pages = (i64)((vma->end - vma->start) >> PAGE_SHIFT) * sign;
    space->total_pages += (u64)pages;
    if ((vma->flags & (VMA_WRITE | VMA_SHARED | VMA_GROWSDOWN)) == VMA_WRITE)
        space->data_pages += (u64)pages;
    if (vma->flags & VMA_LOCKED)
        space->locked_pages += (u64)pages;
}

static bool vma_reserve(Space *space, u32 extra)
{
    if (space->count + extra <= space->capacity)
        return true;
    u32 capacity = space->capacity * 2 + extra + 16;
    Vma *grown = heap_realloc(space->vmas, capacity * sizeof *grown);
    if (!grown)
        return false;
    space->vmas = grown;
    space->capacity = capacity;
    return true;
}

/* Room must have been reserved. */
static void vma_insert(Space *space, u32 index, const Vma *vma)
{
    memmove(&space->vmas[index + 1], &space->vmas[index], (space->count - index) * sizeof *vma);
    space->vmas[index] = *vma;
    space->count++;
}

static void vma_remove(Space *space, u32 index, u32 count)
{
    memmove(&space->vmas[index], &space->vmas[index + count], (space->count - index - count) * sizeof(Vma));
    space->count -= count;
}

/* Makes `address` a boundary between VMAs, if one contains it. */
static bool vma_split(Space *space, u64 address)
{
    Vma *vma = space_find(space, address);
    if (!vma || vma->start == address)
        return true;
    if (space->count >= MAX_MAPS || !vma_reserve(space, 1))
        return false;
    u32 index = space_index(space, address);
    vma = &space->vmas[index];
    Vma upper = *vma;
    if (upper.file) {
        cached_file_ref(upper.file);
        upper.offset += address - upper.start;
    }
    upper.start = address;
    vma->end = address;
    vma_insert(space, index + 1, &upper);
    return true;
}

static bool vma_mergeable(const Vma *low, const Vma *high)
{
    return low->end == high->start && low->flags == high->flags && low->kind == high->kind && low->file == high->file &&
           (!low->file || low->offset + (low->end - low->start) == high->offset);
}

/* Merges vmas[index] with the one before it if they are alike. */
static void vma_merge_down(Space *space, u32 index)
{
    if (index == 0 || index >= space->count || !vma_mergeable(&space->vmas[index - 1], &space->vmas[index]))
        return;
    space->vmas[index - 1].end = space->vmas[index].end;
    if (space->vmas[index].file)
        cached_file_unref(space->vmas[index].file);
    vma_remove(space, index, 1);
}

void space_merge(Space *space, u64 start, u64 end)
{
    u32 first = space_index(space, start ? start - 1 : 0);
    for (u32 i = space_index(space, end) + 1; i-- > first;)
        vma_merge_down(space, i);
}

bool space_isolate(Space *space, u64 start, u64 end)
{
    return vma_split(space, start) && vma_split(space, end);
}

void space_set_flags(Space *space, Vma *vma, u32 flags)
{
    vma_account(space, vma, -1);
    vma->flags = flags;
    vma_account(space, vma, +1);
}

void space_grow_down(Space *space, Vma *vma, u64 start)
{
    vma_account(space, vma, -1);
    vma->start = start;
    vma_account(space, vma, +1);
}

/* ---- mapping and unmapping -------------------------------------------------------------------------------------- */

i64 space_unmap(Space *space, u64 start, u64 end)
{
    u32 index = space_index(space, start);
    if (index == space->count || space->vmas[index].start >= end)
        return 0;
    if (!space_isolate(space, start, end))
        return -ENOMEM;
    index = space_index(space, start);
    u32 stop = index;
    while (stop < space->count && space->vmas[stop].end <= end) {
        Vma *vma = &space->vmas[stop++];
        frames_drop(space, vma, vma->start, vma->end);
        vma_account(space, vma, -1);
        if (vma->file)
            cached_file_unref(vma->file);
    }
    vma_remove(space, index, stop - index);
    /* Tables are freed only where no neighbour may still use them; pt_prune looks for itself. */
    pt_prune(&space->kernel->phys, space->cr3, start, end);
    frames_flush(space, start, end);
    return 0;
}

i64 space_map(Space *space, u64 start, u64 size, u32 flags, VmaKind kind, CachedFile *file, u64 offset)
{
    i64 result = space_unmap(space, start, start + size);
    if (result)
        return result;
    if (space->count >= MAX_MAPS || !vma_reserve(space, 1))
        return -ENOMEM;
    Vma vma = {.start = start, .end = start + size, .offset = offset, .file = file, .flags = flags, .kind = kind};
    if (file)
        cached_file_ref(file);
    u32 index = space_index(space, start);
    vma_insert(space, index, &vma);
    vma_account(space, &vma, +1);
    vma_merge_down(space, index + 1);
    vma_merge_down(space, index);
    return 0;
}

i64 space_protect(Space *space, u64 start, u64 end, u32 prot)
{
    if (!space_isolate(space, start, end))
        return -ENOMEM;
    i64 result = 0;
    u64 at = start;
    for (u32 i = space_index(space, start); at < end; i++) {
        Vma *vma = &space->vmas[i];
        if (i == space->count || vma->start > at) {
            result = -ENOMEM; /* what came before the hole stays changed, as in Linux */
            break;
        }
        if ((prot & VMA_WRITE) && (vma->flags & VMA_SHARED) && !(vma->flags & VMA_MAY_WRITE)) {
            result = -EACCES;
            break;
        }
        u32 flags = (vma->flags & ~(u32)(VMA_READ | VMA_WRITE | VMA_EXEC)) | prot;
        if (flags != vma->flags) {
            space_set_flags(space, vma, flags);
            frames_protect(space, vma);
        }
        at = vma->end;
    }
    frames_flush(space, start, end);
    space_merge(space, start, end);
    return result;
}

void space_discard(Space *space, u64 start, u64 end)
{
    for (u32 i = space_index(space, start); i < space->count && space->vmas[i].start < end; i++) {
        Vma *vma = &space->vmas[i];
        u64 from = vma->start > start ? vma->start : start, to = vma->end < end ? vma->end : end;
        frames_drop(space, vma, from, to);
    }
    pt_prune(&space->kernel->phys, space->cr3, start, end);
    frames_flush(space, start, end);
}

/* Is [start, start + size) free, with the stack's guard gap kept below a VMA that grows down? */
static bool range_free(const Space *space, u64 start, u64 size)
{
    u32 index = space_index(space, start);
    if (index == space->count)
        return true;
    const Vma *next = &space->vmas[index];
    u64 gap = next->flags & VMA_GROWSDOWN ? STACK_GUARD_GAP : 0;
    return next->start >= start + size && next->start - (start + size) >= gap;
}

/* The highest gap of `size` bytes in [low, high); 0: none. */
static u64 find_top_down(const Space *space, u64 size, u64 low, u64 high)
{
    for (u32 i = space_index(space, high - 1) + 1; i-- > 0;) {
        u64 top = high;
        if (i < space->count && space->vmas[i].start < high) {
            const Vma *vma = &space->vmas[i];
            u64 gap = vma->flags & VMA_GROWSDOWN ? STACK_GUARD_GAP : 0;
            top = vma->start > gap ? vma->start - gap : 0;
        }
        u64 bottom = i > 0 ? space->vmas[i - 1].end : 0;
        if (bottom < low)
            bottom = low;
        if (top > bottom && top - bottom >= size)
            return top - size;
        if (top <= low)
            break;
    }
    return 0;
}

u64 space_find_low(const Space *space, u64 size, u64 low, u64 high)
{
    for (u32 i = space_index(space, low); size <= high && low <= high - size; i++) {
        if (range_free(space, low, size))
            return low;
        if (i >= space->count)
            break;
        if (space->vmas[i].end > low)
            low = space->vmas[i].end;
    }
    return 0;
}

u64 space_find_free(Space *space, u64 hint, u64 size, u64 low)
{
    if (size > USER_LIMIT)
        return 0;
    if (hint >= MMAP_MIN && hint <= USER_LIMIT - size && range_free(space, hint, size))
        return hint;
    u64 found = find_top_down(space, size, low, space->mmap_base);
    return found ? found : space_find_low(space, size, space->mmap_base, USER_LIMIT);
}

/* ---- whole spaces ------------------------------------------------------------------------------------------------ */

Space *space_create(Kernel *kernel)
{
    Space *space = heap_calloc(1, sizeof *space);
    if (!space)
        return NULL;
    space->kernel = kernel;
    space->refs = 1;
    space->cr3 = frames_new_root(kernel);
    if (!space->cr3) {
        heap_free(space);
        return NULL;
    }
    space->mmap_base = USER_LIMIT - (128ull << 20);
    return space;
}

Space *space_copy(Space *space)
{
    Space *copy = heap_alloc(sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *space;
    copy->refs = 1;
    copy->vmas = NULL;
    copy->count = copy->capacity = copy->last = 0;
    copy->resident = copy->resident_peak = 0;
    copy->total_pages = copy->data_pages = copy->locked_pages = 0;
    copy->cr3 = frames_new_root(space->kernel);
    bool ok = copy->cr3 && vma_reserve(copy, space->count);
    for (u32 i = 0; ok && i < space->count; i++) {
        Vma *vma = &space->vmas[i];
        if (vma->flags & VMA_DONTFORK)
            continue;
        Vma *new = &copy->vmas[copy->count++];
        *new = *vma;
        new->flags &= ~(u32)VMA_LOCKED; /* mlock(2): locks are not inherited */
        if (new->file)
            cached_file_ref(new->file);
        vma_account(copy, new, +1);
        if (!(vma->flags & VMA_WIPEONFORK))
            ok = frames_share(space, copy, vma);
    }
    frames_flush(space, 0, USER_LIMIT); /* the parent's pages have become read-only */
    if (!ok) {
        space_unref(copy);
        return NULL;
    }
    return copy;
}

void space_ref(Space *space) { space->refs++; }

void space_unref(Space *space)
{
    if (--space->refs)
        return;
    watch_forget(space);
    for (u32 i = 0; i < space->count; i++) {
        Vma *vma = &space->vmas[i];
        frames_drop(space, vma, vma->start, vma->end);
        if (vma->file)
            cached_file_unref(vma->file);
    }
    if (space->cr3) {
        frames_forget_root(space);
        pt_destroy(&space->kernel->phys, space->cr3);
    }
    heap_free(space->vmas);
    heap_free(space);
}

/* Page-table entries of user memory and the frames behind them: who holds a reference, what may be written.
 *
 * Every entry that names a frame (but the zero page) holds one reference to it. A private page may be written in place
 * only when it is anonymous and this is its only reference; all else is copied first (fault.c). An entry without P but
 * with a frame is a page of a PROT_NONE mapping: it keeps its contents; one with PTE_SWAP lies in swap (paging.c). */
#include "kernel/frames.h"

#include "kernel/debug.h"

#include "kernel/page_cache.h"
#include "kernel/paging.h"
#include "mmu/pte.h"

u64 frames_alloc(Kernel *kernel, FrameKind kind, u64 page)
{
    if (UNLIKELY(kernel->paging != NULL))
        return paging_alloc(kernel, kind, page, kind == FRAME_ANON);
    u64 paddr = phys_alloc_for(&kernel->phys, kind, page);
    if (!paddr && page_cache_reclaim(kernel, 64))
        paddr = phys_alloc_for(&kernel->phys, kind, page);
    return paddr;
}

u64 frames_alloc_shared(Kernel *kernel, u64 page)
{
    return kernel->paging ? paging_alloc(kernel, FRAME_FILE, page, true) : frames_alloc(kernel, FRAME_FILE, page);
}

/* Room for a page table. */
static bool make_room(Kernel *kernel)
{
    return kernel->paging ? paging_evict(kernel) : page_cache_reclaim(kernel, 64);
}

void frames_put(Kernel *kernel, u64 paddr) { phys_unref(&kernel->phys, paddr); }

u64 frames_new_root(Kernel *kernel)
{
    u64 cr3 = pt_create(&kernel->phys);
    while (!cr3 && make_room(kernel))
        cr3 = pt_create(&kernel->phys);
    return cr3;
}

void frames_forget_root(Space *space)
{
    Mmu *mmu = &space->kernel->cpu.mmu;
    if (mmu->cr3 == space->cr3)
        mmu_set_cr3(mmu, 0);
}

void frames_flush(Space *space, u64 start, u64 end)
{
    mmu_flush_space(&space->kernel->cpu.mmu, space->cr3, start, end);
}

static u64 *table_entry(Space *space, u64 address)
{
    u64 *entry = pt_entry(&space->kernel->phys, space->cr3, address, true);
    while (!entry && make_room(space->kernel))
        entry = pt_entry(&space->kernel->phys, space->cr3, address, true);
    return entry;
}

/* May this frame be written in place through a private or shared mapping? */
static bool writable_now(Kernel *kernel, const Vma *vma, u64 paddr)
{
    if (!(vma->flags & VMA_WRITE))
        return false;
    if (vma->flags & VMA_SHARED)
        return true;
    Frame *frame = phys_frame(&kernel->phys, paddr);
    return paddr != kernel->phys.zero_page && frame->kind == FRAME_ANON && frame->refs == 1;
}

/* An entry's bits for this frame under this VMA, keeping A and D. */
static u64 entry_value(const Vma *vma, u64 paddr, bool write, u64 keep)
{
    u64 entry = paddr | (keep & (PTE_A | PTE_WAS_ACCESSED | PTE_D | PTE_WAS_DIRTY)) | PTE_U;
    if (vma->flags & (VMA_READ | VMA_WRITE | VMA_EXEC))
        entry |= PTE_P;
    if (write)
        entry |= PTE_W;
    else if (!(vma->flags & VMA_SHARED) && (vma->flags & VMA_WRITE))
        entry |= PTE_COW;
    if (vma->flags & VMA_SHARED)
        entry |= PTE_SOFT_SHARED;
    if (!(vma->flags & VMA_EXEC))
        entry |= PTE_NX;
    return entry;
}

bool frames_install(Space *space, const Vma *vma, u64 address, u64 paddr, bool write)
{
    Kernel *kernel = space->kernel;
    u64 *entry = table_entry(space, address);
    if (!entry) {
        frames_put(kernel, paddr);
        return false;
    }
    u64 old = pte_frame(*entry);
    bool old_dirty = *entry & PTE_D;
    if (paddr != kernel->phys.zero_page && (!old || old == kernel->phys.zero_page)) {
        space->resident++;
        if (space->resident > space->resident_peak)
            space->resident_peak = space->resident;
    }
    space->swapped -= swap_is_entry(*entry);
    *entry = entry_value(vma, paddr, write, 0);
    if (UNLIKELY(kernel->paging != NULL)) {
        if (old && old != kernel->phys.zero_page)
            paging_unmapped(kernel, old, space, address, old_dirty);
        if (paddr != kernel->phys.zero_page)
            paging_mapped(kernel, paddr, space, address);
    }
    if (old) {
        frames_flush(space, address, address + PAGE_SIZE);
        if (old != paddr)
            frames_put(kernel, old);
    }
    if (UNLIKELY(kernel->watches != NULL))
        watch_installed(space, address, paddr);
    return true;
}

FaultResult frames_swap_in(Space *space, const Vma *vma, u64 address)
{
    Kernel *kernel = space->kernel;
    Swap *swap = &kernel->paging->swap;
    u32 slot = swap_slot(*pt_entry(&kernel->phys, space->cr3, address, false));
    u64 paddr = frames_alloc(kernel, FRAME_ANON, address >> PAGE_SHIFT);
    if (!paddr)
        return FAULT_OOM;
    if (!swap_in(swap, &kernel->phys, slot, paddr)) {
        frames_put(kernel, paddr);
        return FAULT_ADRERR;
    }
    if (!frames_install(space, vma, address, paddr, vma->flags & VMA_WRITE)) /* its table exists: it held the swap entry */
        return FAULT_OOM;
    swap_keep(swap, paddr, slot); /* the entry's reference */
    return FAULT_RESOLVED;
}

void frames_wrote(Space *space, u64 address)
{
    const u64 *entry = space->kernel->paging ? pt_entry(&space->kernel->phys, space->cr3, address, false) : NULL;
    if (entry && pte_frame(*entry))
        paging_wrote(space->kernel, pte_frame(*entry));
}

bool frames_peek_swapped(Space *space, u64 address, void *to, u64 size)
{
    const u64 *entry = pt_entry(&space->kernel->phys, space->cr3, address, false);
    return entry && swap_is_entry(*entry) &&
           swap_peek(&space->kernel->paging->swap, swap_slot(*entry), address & (PAGE_SIZE - 1), to, size);
}

typedef struct Sweep {
    Space *space;
    Space *other;
    Vma *vma;
    i64 distance;
    bool failed;
} Sweep;

static bool drop_entry(void *context, u64 address, u64 *entry)
{
    Sweep *sweep = context;
    Kernel *kernel = sweep->space->kernel;
    u64 paddr = pte_frame(*entry), old = *entry;
    if ((old & PTE_D) && (sweep->vma->flags & VMA_SHARED) && sweep->vma->file)
        cached_file_dirty(sweep->vma->file, (sweep->vma->offset + (address - sweep->vma->start)) >> PAGE_SHIFT);
    *entry = 0;
    if (swap_is_entry(old)) {
        sweep->space->swapped--;
        swap_unref(&kernel->paging->swap, swap_slot(old));
    }
    if (paddr && paddr != kernel->phys.zero_page) {
        sweep->space->resident--;
        if (UNLIKELY(kernel->paging != NULL))
            paging_unmapped(kernel, paddr, sweep->space, address, old & (PTE_D | PTE_WAS_DIRTY));
        frames_put(kernel, paddr);
    }
    return true;
}

void frames_drop(Space *space, Vma *vma, u64 start, u64 end)
{
    Sweep sweep = {.space = space, .vma = vma};
    pt_visit(&space->kernel->phys, space->cr3, start, end, drop_entry, &sweep);
}

static bool protect_entry(void *context, u64 address, u64 *entry)
{
    Sweep *sweep = context;
    (void)address;
    if (swap_is_entry(*entry))
        return true; /* its rights are decided when it comes back */
    u64 paddr = *entry & PTE_FRAME;
    *entry = entry_value(sweep->vma, paddr, writable_now(sweep->space->kernel, sweep->vma, paddr), *entry);
    return true;
}

void frames_protect(Space *space, Vma *vma)
{
    Sweep sweep = {.space = space, .vma = vma};
    pt_visit(&space->kernel->phys, space->cr3, vma->start, vma->end, protect_entry, &sweep);
}

static bool share_entry(void *context, u64 address, u64 *entry)
{
    Sweep *sweep = context;
    Kernel *kernel = sweep->space->kernel;
    u64 *copy = table_entry(sweep->other, address);
    if (!copy) {
        sweep->failed = true;
        return false;
    }
    if (swap_is_entry(*entry)) { /* perhaps since a moment ago, for the table's sake */
        *copy = *entry;
        swap_ref(&kernel->paging->swap, swap_slot(*entry));
        sweep->other->swapped++;
        return true;
    }
    u64 paddr = *entry & PTE_FRAME;
    if (!paddr) /* a page of zeroes that left, likewise */
        return true;
    *entry = entry_value(sweep->vma, paddr, false, *entry);
    *copy = *entry & ~(PTE_A | PTE_WAS_ACCESSED); /* the child has accessed nothing yet (Linux: pte_mkold) */
    if (paddr != kernel->phys.zero_page) {
        phys_ref(&kernel->phys, paddr);
        sweep->other->resident++;
        if (UNLIKELY(kernel->paging != NULL))
            paging_mapped(kernel, paddr, sweep->other, address);
    }
    return true;
}

bool frames_share(Space *from, Space *to, Vma *vma)
{
    if (vma->flags & VMA_SHARED)
        return true; /* the child's own faults find the same pages in the file's cache */
    Sweep sweep = {.space = from, .other = to, .vma = vma};
    pt_visit(&from->kernel->phys, from->cr3, vma->start, vma->end, share_entry, &sweep);
    if (to->resident > to->resident_peak)
        to->resident_peak = to->resident;
    return !sweep.failed;
}

static bool make_table(void *context, u64 address, u64 *entry)
{
    Sweep *sweep = context;
    (void)entry;
    sweep->failed = !table_entry(sweep->space, address + (u64)sweep->distance);
    return !sweep->failed;
}

static bool move_entry(void *context, u64 address, u64 *entry)
{
    Sweep *sweep = context;
    u64 *target = table_entry(sweep->space, address + (u64)sweep->distance), paddr = pte_frame(*entry);
    Kernel *kernel = sweep->space->kernel;
    if (UNLIKELY(kernel->paging != NULL) && paddr && paddr != kernel->phys.zero_page) {
        paging_unmapped(kernel, paddr, sweep->space, address, false);
        paging_mapped(kernel, paddr, sweep->space, address + (u64)sweep->distance);
    }
    *target = *entry;
    *entry = 0;
    return true;
}

bool frames_move(Space *space, u64 from, u64 to, u64 size)
{
    Sweep sweep = {.space = space, .distance = (i64)(to - from)};
    pt_visit(&space->kernel->phys, space->cr3, from, from + size, make_table, &sweep);
    if (!sweep.failed)
        pt_visit(&space->kernel->phys, space->cr3, from, from + size, move_entry, &sweep);
    pt_prune(&space->kernel->phys, space->cr3, from, from + size);
    frames_flush(space, from, from + size);
    return !sweep.failed;
}

static bool clean_entry(void *context, u64 address, u64 *entry)
{
    Sweep *sweep = context;
    if (*entry & PTE_D) {
        cached_file_dirty(sweep->vma->file, (sweep->vma->offset + (address - sweep->vma->start)) >> PAGE_SHIFT);
        *entry &= ~PTE_D;
    }
    return true;
}

/* The part of one VMA that shows pages first..last of its file. Private copies stay when a file is truncated only if
 * they are written ones; those are ANON and Linux drops them too, so no difference is made. */
static void harvest_vma(Space *space, Vma *vma, u64 first, u64 last, bool drop)
{
    u64 low = vma->offset >> PAGE_SHIFT, high = low + ((vma->end - vma->start) >> PAGE_SHIFT) - 1;
    if (first > high || last < low)
        return;
    u64 start = vma->start + ((first > low ? first - low : 0) << PAGE_SHIFT);
    u64 end = last >= high ? vma->end : vma->start + ((last - low + 1) << PAGE_SHIFT);
    Sweep sweep = {.space = space, .vma = vma};
    if (drop || (vma->flags & VMA_SHARED))
        pt_visit(&space->kernel->phys, space->cr3, start, end, drop ? drop_entry : clean_entry, &sweep);
    frames_flush(space, start, end);
}

void frames_harvest(Kernel *kernel, CachedFile *file, u64 first, u64 last, bool drop)
{
    for (Process *process = kernel->processes; process; process = process->next) {
        Space *space = process->space;
        for (u32 i = 0; space && i < space->count; i++)
            if (space->vmas[i].file == file)
                harvest_vma(space, &space->vmas[i], first, last, drop);
    }
}

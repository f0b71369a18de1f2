/* Making room (paging.h).
 *
 * A page may leave when every reference to its frame is known: those of the entries that map it (reverse_map.c) and the
 * page cache's. Whoever else needs a frame for a while takes a reference, and it stays. Where it goes:
 *
 *   page of a file         written back to it if an entry had D set; the next touch reads it again
 *   private, shared anonymous  its old slot if D is clear and there is one; nowhere if it is clean and all zero; else a slot
 *
 * A and D are the real ones, in the entries that the MMU walks. LRU and OPT need more than A can tell: they hear of each change
 * of page from the MMU (mmu_tell_touches), so LRU is exact. */
#include "kernel/paging.h"

#include <errno.h>

#include "base/heap.h"
#include "base/log.h"
#include "kernel/frames.h"
#include "kernel/page_cache.h"
#include "kernel/space.h"
#include "kernel/working_set.h"
#include "mmu/pte.h"

/* ---- victims --------------------------------------------------------------------------------------------------- */

typedef struct Look { /* what the entries of one frame say */
    Paging *paging;
    bool accessed, dirty, locked, clear;
} Look;

static void look_at(void *context, Space *space, u64 address, u64 *entry)
{
    Look *look = context;
    const Vma *vma = space_find(space, address);
    look->accessed |= (*entry & (PTE_A | PTE_WAS_ACCESSED)) != 0;
    look->dirty |= (*entry & (PTE_D | PTE_WAS_DIRTY)) != 0;
    look->locked |= vma && vma->flags & VMA_LOCKED;
    if (look->clear)
        *entry &= ~PTE_WAS_ACCESSED;
    if (look->clear && *entry & PTE_A) {
        *entry &= ~PTE_A;
        frames_flush(space, address, address + PAGE_SIZE);
    }
}

static bool is_held(const Paging *paging, u64 paddr)
{
    for (u32 i = 0; i < paging->held_count; i++)
        if (paging->held[i] == paddr)
            return true;
    return false;
}

static bool is_zero(const u8 *page)
{
    const u64 *words = (const u64 *)page;
    u64 any = 0;
    for (u32 i = 0; i < PAGE_SIZE / sizeof *words; i++)
        any |= words[i];
    return !any;
}

/* Can a page of zeroes come back as one that was never touched? OPT counts touches of frames: both of its passes must have
 * one. */
static bool zero_needs_no_slot(const Paging *paging, u64 paddr, bool dirty)
{
    return !dirty && paging->replace.policy != REPLACE_OPT && is_zero(phys_host(&paging->kernel->phys, paddr));
}

/* Does its contents' way out need a new slot? */
static bool needs_slot(const Paging *paging, u64 paddr, bool dirty)
{
    const FrameMap *map = &paging->maps[paddr >> PAGE_SHIFT];
    if (map->file && !cached_file_is_anonymous(map->file))
        return false;
    bool clean_copy = !dirty && swap_exists(&paging->swap) && paging->swap.slot_of[paddr >> PAGE_SHIFT];
    return !clean_copy && !zero_needs_no_slot(paging, paddr, dirty);
}

static PageState probe(void *context, u32 number, bool clear)
{
    Paging *paging = context;
    u64 paddr = (u64)number << PAGE_SHIFT;
    const FrameMap *map = &paging->maps[number];
    const Mmu *mmu = &paging->kernel->cpu.mmu;
    if (phys_frame(&paging->kernel->phys, paddr)->refs != map->count + (map->file != NULL) || is_held(paging, paddr) ||
        (mmu->touched && mmu->touched_code != ~0ull && mmu->touched_code_paddr == paddr)) {
        paging->saw_busy = true;
        return PAGE_PINNED;
    }
    Look look = {.paging = paging, .clear = clear};
    reverse_map_visit(paging, paddr, look_at, &look);
    look.dirty |= map->file && cached_file_page_dirty(map->file, map->index);
    if (look.locked || (paging->no_slot && needs_slot(paging, paddr, look.dirty)))
        return PAGE_PINNED;
    return look.accessed ? PAGE_REFERENCED : PAGE_IDLE;
}

/* ---- leaving --------------------------------------------------------------------------------------------------- */

static u64 page_for_entry(const Paging *paging) { return paging->for_address & PAGE_MASK; }

void paging_tell(Kernel *kernel, PageEventKind kind, const Space *space, u64 address, u64 paddr, u32 slot, bool wrote)
{
    if (UNLIKELY(kernel->page_event != NULL))
        kernel->page_event(kernel->page_event_context, &(PageEvent){
            .kind = kind, .space = space, .address = address & PAGE_MASK, .paddr = paddr, .slot = slot, .wrote = wrote,
            .for_address = kind == PAGE_EVICTED && kernel->paging ? page_for_entry(kernel->paging) : 0});
}

/* Takes the frame out of every entry, leaving `value` there; the entries' references go, and with the last one the frame. */
static void unmap_everywhere(Paging *paging, u64 paddr, u32 slot, bool private, bool wrote)
{
    Kernel *kernel = paging->kernel;
    FrameMap *map = &paging->maps[paddr >> PAGE_SHIFT];
    bool first = true;
    while (map->space) {
        Space *space = map->space;
        u64 address = map->address, *entry = pt_entry(&kernel->phys, space->cr3, address, false);
        bool keep = private && slot != SWAP_NONE;
        if (keep && !first)
            swap_ref(&paging->swap, slot);
        first = false;
        *entry = keep ? swap_entry(slot) : 0;
        space->swapped += keep;
        space->resident--;
        frames_flush(space, address, address + PAGE_SIZE);
        paging_tell(kernel, PAGE_EVICTED, space, address, paddr, slot, wrote);
        reverse_map_remove(paging, paddr, space, address);
        phys_unref(&kernel->phys, paddr);
    }
}

static bool evict_file_page(Paging *paging, u64 paddr, bool dirty)
{
    FrameMap *map = &paging->maps[paddr >> PAGE_SHIFT];
    CachedFile *file = map->file;
    u64 index = map->index;
    if (dirty)
        cached_file_dirty(file, index);
    bool wrote = cached_file_page_dirty(file, index);
    if (!cached_file_clean_page(file, index))
        return false;
    paging->stats.write_backs += wrote;
    paging->stats.clean_drops += !wrote;
    unmap_everywhere(paging, paddr, SWAP_NONE, false, wrote);
    cached_file_replace(file, index, 0);
    return true;
}

/* The slot that holds the contents from now on, with one reference; SWAP_NONE: none is needed, or (`*failed`) there is none. */
static u32 find_slot(Paging *paging, u64 paddr, bool dirty, bool *wrote, bool *failed)
{
    Kernel *kernel = paging->kernel;
    u32 slot = SWAP_NONE;
    if (!dirty && swap_exists(&paging->swap))
        slot = swap_drop_clean(&paging->swap, paddr);
    if (slot != SWAP_NONE || zero_needs_no_slot(paging, paddr, dirty)) {
        paging->stats.clean_drops++;
        return slot;
    }
    if (swap_exists(&paging->swap))
        slot = swap_out(&paging->swap, &kernel->phys, paddr);
    if (slot == SWAP_NONE && swap_exists(&paging->swap) && swap_reclaim(&paging->swap))
        slot = swap_out(&paging->swap, &kernel->phys, paddr);
    *failed = slot == SWAP_NONE;
    *wrote = !*failed;
    return slot;
}

static bool evict(Paging *paging, u32 number)
{
    u64 paddr = (u64)number << PAGE_SHIFT;
    FrameMap *map = &paging->maps[number];
    CachedFile *file = map->file;
    u64 index = map->index;
    Look look = {.paging = paging};
    reverse_map_visit(paging, paddr, look_at, &look);
    if (file && !cached_file_is_anonymous(file))
        return evict_file_page(paging, paddr, look.dirty);
    bool failed = false, wrote = false, dirty = look.dirty || (file && cached_file_page_dirty(file, index));
    u32 slot = find_slot(paging, paddr, dirty, &wrote, &failed);
    if (failed)
        return false;
    unmap_everywhere(paging, paddr, slot, !file, wrote);
    if (file)
        cached_file_replace(file, index, slot == SWAP_NONE ? 0 : swap_entry(slot));
    return true;
}

bool paging_evict(Kernel *kernel)
{
    Paging *paging = kernel->paging;
    paging->no_slot = !swap_exists(&paging->swap);
    paging->saw_busy = false;
    for (u32 tries = 0; tries < 64; tries++) {
        u32 victim = replace_victim(&paging->replace, probe, paging);
        if (victim == REPLACE_NONE && page_cache_reclaim(kernel, 64))
            return true;
        if (victim == REPLACE_NONE)
            return false;
        if (evict(paging, victim)) {
            paging->stats.evictions++;
            return true;
        }
        paging->no_slot = true;
    }
    return false;
}

u64 paging_alloc(Kernel *kernel, FrameKind kind, u64 page, bool counted)
{
    Paging *paging = kernel->paging;
    u64 paddr;
    while (counted && paging->limit && !paging->recording && paging->replace.count >= paging->limit)
        if (!paging_evict(kernel)) {
            if (!paging->saw_busy)
                return 0;
            paging->stats.over_limit++;
            break;
        }
    while (!(paddr = phys_alloc_for(&kernel->phys, kind, page)))
        if (!paging_evict(kernel))
            return 0;
    return paddr;
}

/* ---- what others tell ------------------------------------------------------------------------------------------ */

/* --user-frames counts what swap is for; the rest of RAM is the page cache's. */
static bool in_ring(const Paging *paging, const FrameMap *map)
{
    bool anonymous = !map->file || cached_file_is_anonymous(map->file);
    return anonymous ? swap_exists(&paging->swap) : !paging->limit;
}

static void arrived(Paging *paging, u64 paddr)
{
    u32 number = (u32)(paddr >> PAGE_SHIFT);
    FrameMap *map = &paging->maps[number];
    if (replace_resident(&paging->replace, number) || !in_ring(paging, map))
        return;
    map->serial = ++paging->serial;
    replace_insert(&paging->replace, number);
    paging->stats.arrivals += !map->space || map->space->cr3 == paging->kernel->cpu.mmu.cr3; /* not those of execve(2) */
    if (paging->replace.count > paging->stats.resident_peak)
        paging->stats.resident_peak = paging->replace.count;
}

void paging_mapped(Kernel *kernel, u64 paddr, Space *space, u64 address)
{
    if (reverse_map_add(kernel->paging, paddr, space, address))
        arrived(kernel->paging, paddr);
}

void paging_unmapped(Kernel *kernel, u64 paddr, Space *space, u64 address, bool dirty)
{
    Paging *paging = kernel->paging;
    reverse_map_remove(paging, paddr, space, address);
    if (dirty)
        paging_wrote(kernel, paddr); /* the other entries' D would not tell */
}

void paging_cached(Kernel *kernel, u64 paddr, CachedFile *file, u64 index)
{
    FrameMap *map = &kernel->paging->maps[paddr >> PAGE_SHIFT];
    map->file = file;
    map->index = index;
    arrived(kernel->paging, paddr);
}

void paging_wrote(Kernel *kernel, u64 paddr)
{
    if (swap_exists(&kernel->paging->swap))
        swap_forget(&kernel->paging->swap, paddr);
}

/* phys->freed */
static void freed(void *context, u64 paddr)
{
    Paging *paging = context;
    u32 number = (u32)(paddr >> PAGE_SHIFT);
    replace_remove(&paging->replace, number);
    paging_wrote(paging->kernel, paddr);
    paging->maps[number] = (FrameMap){0};
}

/* ---- what must not leave now ------------------------------------------------------------------------------------ */

void paging_fault_begins(Kernel *kernel, u64 address)
{
    Paging *paging = kernel->paging;
    u64 insns = kernel->cpu.stats.insns, rcx = kernel->cpu.r[RCX]; /* a rep string instruction counts once, at its end */
    if (insns != paging->held_insns || rcx != paging->held_rcx)
        paging->held_count = 0;
    paging->held_insns = insns;
    paging->held_rcx = rcx;
    paging->for_address = address;
}

void paging_hold(Kernel *kernel, u64 address)
{
    Paging *paging = kernel->paging;
    const Task *task = kernel->current;
    const u64 *entry = task ? pt_entry(&kernel->phys, task->process->space->cr3, address, false) : NULL;
    if (entry && *entry & PTE_P && paging->held_count < HELD_PAGES)
        paging->held[paging->held_count++] = *entry & PTE_FRAME;
}

void paging_pin(Kernel *kernel, const u8 *host)
{
    Paging *paging = kernel->paging;
    if (paging->pin_count == paging->pin_capacity) {
        u32 capacity = paging->pin_capacity * 2 + 64;
        u64 *grown = heap_realloc(paging->pins, capacity * sizeof *grown);
        if (!grown) {
            log_message(LOG_HOST, "no memory to note which frames a system call uses");
            return;
        }
        paging->pins = grown;
        paging->pin_capacity = capacity;
    }
    u64 paddr = (u64)(host - kernel->phys.ram) & PAGE_MASK;
    phys_ref(&kernel->phys, paddr);
    paging->pins[paging->pin_count++] = paddr;
}

void paging_unpin(Kernel *kernel)
{
    Paging *paging = kernel->paging;
    while (paging->pin_count)
        phys_unref(&kernel->phys, paging->pins[--paging->pin_count]);
}

/* ---- touches ----------------------------------------------------------------------------------------------------- */

static void record(Paging *paging, u64 serial)
{
    if (paging->string_count == paging->string_capacity) {
        u64 capacity = paging->string_capacity * 2 + 4096;
        u64 *grown = heap_realloc(paging->string, capacity * sizeof *grown);
        if (!grown) {
            paging->string_failed = true;
            return;
        }
        paging->string = grown;
        paging->string_capacity = capacity;
    }
    paging->string[paging->string_count++] = serial;
}

/* mmu->touched */
static void touched(void *context, u64 cr3, u64 page, u64 paddr)
{
    Paging *paging = context;
    u32 number = (u32)(paddr >> PAGE_SHIFT);
    if (paging->working_set)
        working_set_touch(paging->working_set, cr3, page, paging->kernel->cpu.stats.insns);
    if (!replace_resident(&paging->replace, number)) /* the page of zeroes; with --user-frames also files' pages */
        return;
    paging->stats.touches++;
    replace_touch(&paging->replace, number);
    if (paging->recording)
        record(paging, paging->maps[number].serial);
}

/* ---- life ---------------------------------------------------------------------------------------------------------- */

bool paging_create(Kernel *kernel)
{
    const KernelConfig *config = &kernel->config;
    Paging *paging = kernel->paging = heap_calloc(1, sizeof *paging);
    if (!paging)
        return false;
    paging->kernel = kernel;
    paging->swap.fd = -1;
    paging->limit = config->user_frames;
    paging->recording = config->record_touches;
    if (!reverse_map_create(paging) || !replace_create(&paging->replace, config->replacement, kernel->phys.frame_count) ||
        (config->swap_size && !swap_create(&paging->swap, &kernel->phys, config->swap_size, NULL, config->heap != NULL)))
        return false;
    if (config->working_set && !(paging->working_set = working_set_create()))
        return false;
    replace_set_future(&paging->replace, config->future, config->future_count);
    kernel->phys.freed = freed;
    kernel->phys.freed_context = paging;
    if (config->replacement == REPLACE_LRU || config->replacement == REPLACE_OPT || paging->recording || paging->working_set)
        mmu_tell_touches(&kernel->cpu.mmu, touched, paging);
    return true;
}

void paging_destroy(Kernel *kernel)
{
    Paging *paging = kernel->paging;
    if (!paging)
        return;
    kernel->phys.freed = NULL;
    working_set_destroy(paging->working_set);
    replace_destroy(&paging->replace);
    swap_destroy(&paging->swap);
    reverse_map_destroy(paging);
    heap_free(paging->pins);
    heap_free(paging->string);
    heap_free(paging);
    kernel->paging = NULL;
}

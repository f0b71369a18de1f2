/* What debuggers ask of address spaces (debug.h). */
#include "kernel/debug.h"

#include <stdlib.h>

#include "kernel/frames.h"
#include "kernel/page_cache.h"
#include "mmu/swap.h"
#include "mmu/pte.h"

/* The frame of a page, made to exist if need be; 0: RAM full or beyond the file. `*shared` as the entry will be. */
static u64 present_frame(Space *space, const Vma *vma, u64 page)
{
    const u64 *entry = pt_entry(&space->kernel->phys, space->cr3, page, false);
    if (entry && swap_is_entry(*entry) && frames_swap_in(space, vma, page) != FAULT_RESOLVED)
        return 0;
    if (entry && pte_frame(*entry))
        return pte_frame(*entry);
    bool beyond = false, major = false;
    u64 paddr = vma->file ? cached_file_page(vma->file, (vma->offset + (page - vma->start)) >> PAGE_SHIFT, &beyond, &major)
                          : frames_alloc(space->kernel, FRAME_ANON, page >> PAGE_SHIFT);
    if (!paddr || !frames_install(space, vma, page, paddr, false))
        return 0;
    return paddr;
}

bool space_poke_prepare(Space *space, u64 address)
{
    Kernel *kernel = space->kernel;
    const Vma *vma = space_find(space, address);
    u64 page = address & PAGE_MASK;
    if (!vma || ((vma->flags & VMA_SHARED) && !(vma->flags & VMA_WRITE)))
        return false;
    u64 paddr = present_frame(space, vma, page);
    frames_wrote(space, page);
    if (!paddr || (vma->flags & VMA_SHARED))
        return paddr != 0;
    const Frame *frame = phys_frame(&kernel->phys, paddr);
    if (frame->kind == FRAME_ANON && frame->refs == 1 && paddr != kernel->phys.zero_page)
        return true;
    phys_ref(&kernel->phys, paddr); /* it must not leave to make room for its own copy */
    u64 copy = frames_alloc(kernel, FRAME_ANON, page >> PAGE_SHIFT);
    if (copy)
        memcpy(phys_host(&kernel->phys, copy), phys_host(&kernel->phys, paddr), PAGE_SIZE);
    frames_put(kernel, paddr);
    if (!copy)
        return false;
    return frames_install(space, vma, page, copy, vma->flags & VMA_WRITE);
}

/* ---- watches --------------------------------------------------------------------------------------------------- */

typedef struct Watch {
    const Space *space;
    u64 address, size;
    u32 access;
} Watch;

typedef struct Watches {
    Watch *watch;
    u32 count, capacity;
    struct { u64 address; u32 size; bool write; } hit;
    bool call_hit; /* by a system call */
    AccessObserver observer; /* accessed is NULL: none */
} Watches;

static bool overlaps(const Watch *w, const Space *space, u64 address, u64 size)
{
    return w->space == space && address < w->address + w->size && w->address < address + size;
}

/* mmu.watched: the running space is the current task's. */
static void watched(void *context, u64 address, u32 size, Access access)
{
    Kernel *kernel = context; /* the Cpu, which a Kernel begins with */
    Watches *watches = kernel->watches;
    u32 kinds = access == ACCESS_READ ? VMA_READ : access == ACCESS_WRITE ? VMA_WRITE : VMA_READ | VMA_WRITE;
    if (!kernel->current || kernel->cpu.watch_hit)
        return;
    if (watches->observer.accessed && watches->observer.space == kernel->current->process->space)
        watches->observer.accessed(watches->observer.context, address, size, access);
    for (u32 i = 0; i < watches->count; i++) {
        const Watch *w = &watches->watch[i];
        if ((w->access & kinds) && overlaps(w, kernel->current->process->space, address, size)) {
            kernel->cpu.watch_hit = true;
            watches->hit.address = address;
            watches->hit.size = size;
            watches->hit.write = kinds & VMA_WRITE;
            return;
        }
    }
}

/* A call's write, known by where its bytes lie in RAM. */
typedef struct CallWrite {
    const Watch *watch;
    const Space *space;
    u64 paddr, size;
    u64 address; /* found: where the program sees it */
} CallWrite;

static bool match_write(void *context, u64 page, u64 *entry)
{
    CallWrite *write = context;
    u64 address = page | (write->paddr & (PAGE_SIZE - 1));
    if (pte_frame(*entry) != (write->paddr & PAGE_MASK) || !overlaps(write->watch, write->space, address, write->size))
        return true;
    write->address = address;
    return false;
}

/* The watched pages of the space are looked through for the frame: watches are few and rare. */
void watch_wrote(Task *task, const u8 *host, u64 size)
{
    Kernel *kernel = task->kernel;
    Watches *watches = kernel->watches;
    CallWrite write = {.space = task->process->space, .paddr = (u64)(host - kernel->phys.ram), .size = size};
    if (!write.space || watches->call_hit || !(phys_frame(&kernel->phys, write.paddr)->flags & FRAME_WATCH))
        return;
    for (u32 i = 0; i < watches->count && !watches->call_hit; i++) {
        const Watch *w = write.watch = &watches->watch[i];
        if (w->space != write.space || !(w->access & VMA_WRITE))
            continue;
        pt_visit(&kernel->phys, w->space->cr3, w->address & PAGE_MASK, w->address + w->size, match_write, &write);
        if (write.address) {
            watches->call_hit = true;
            watches->hit.address = write.address;
            watches->hit.size = (u32)size;
            watches->hit.write = true;
        }
    }
}

void watch_read(Task *task, u64 address, u64 size)
{
    Watches *watches = task->kernel->watches;
    for (u32 i = 0; i < watches->count && !watches->call_hit; i++) {
        const Watch *w = &watches->watch[i];
        if (!(w->access & VMA_READ) || !overlaps(w, task->process->space, address, size))
            continue;
        watches->call_hit = true;
        watches->hit.address = address;
        watches->hit.size = size < UINT32_MAX ? (u32)size : UINT32_MAX;
        watches->hit.write = false;
    }
}

bool watch_from_call(Kernel *kernel)
{
    bool hit = kernel->watches->call_hit;
    kernel->watches->call_hit = false;
    return hit;
}

void watch_report(Kernel *kernel)
{
    kernel->stop.watch_address = kernel->watches->hit.address;
    kernel->stop.watch_size = kernel->watches->hit.size;
    kernel->stop.watch_write = kernel->watches->hit.write;
}

static bool page_is_watched(const Watches *watches, const Space *space, u64 page)
{
    for (u32 i = 0; i < watches->count; i++)
        if (overlaps(&watches->watch[i], space, page, PAGE_SIZE))
            return true;
    const AccessObserver *observer = &watches->observer;
    return observer->accessed && observer->space == space && observer->covers(observer->context, page);
}

void watch_installed(Space *space, u64 address, u64 paddr)
{
    Kernel *kernel = space->kernel;
    if (page_is_watched(kernel->watches, space, address & PAGE_MASK)) {
        phys_frame(&kernel->phys, paddr)->flags |= FRAME_WATCH;
        mmu_flush_frame(&kernel->cpu.mmu, paddr);
    }
}

/* Brings the flag of the page's frame in line with the list. */
static bool update_page(void *context, u64 page, u64 *entry)
{
    Space *space = context;
    Kernel *kernel = space->kernel;
    u64 paddr = pte_frame(*entry);
    if (!paddr)
        return true;
    Frame *frame = phys_frame(&kernel->phys, paddr);
    u8 flags = page_is_watched(kernel->watches, space, page) ? frame->flags | FRAME_WATCH : frame->flags & (u8)~FRAME_WATCH;
    if (flags != frame->flags) {
        frame->flags = flags;
        mmu_flush_frame(&kernel->cpu.mmu, paddr);
    }
    return true;
}

static bool watch_append(Watches *watches, const Watch *watch)
{
    if (watches->count == watches->capacity) {
        u32 capacity = watches->capacity * 2 + 8;
        Watch *grown = realloc(watches->watch, capacity * sizeof *grown);
        if (!grown)
            return false;
        watches->watch = grown;
        watches->capacity = capacity;
    }
    watches->watch[watches->count++] = *watch;
    return true;
}

static bool watch_remove(Watches *watches, const Watch *watch)
{
    for (u32 i = 0; i < watches->count; i++) {
        const Watch *w = &watches->watch[i];
        if (w->space == watch->space && w->address == watch->address && w->size == watch->size && w->access == watch->access) {
            watches->watch[i] = watches->watch[--watches->count];
            return true;
        }
    }
    return false;
}

bool watch_observe(Kernel *kernel, const AccessObserver *observer)
{
    if (!kernel->watches)
        kernel->watches = calloc(1, sizeof *kernel->watches);
    if (!kernel->watches)
        return false;
    kernel->watches->observer = *observer;
    kernel->cpu.mmu.watched = watched;
    return true;
}

void watch_refresh(Space *space, u64 start, u64 end)
{
    pt_visit(&space->kernel->phys, space->cr3, start & PAGE_MASK, end, update_page, space);
}

bool watch_set(Space *space, u64 address, u64 size, u32 access, bool set)
{
    Kernel *kernel = space->kernel;
    Watch watch = {.space = space, .address = address, .size = size, .access = access};
    if (size == 0 || address >= USER_LIMIT || size > USER_LIMIT - address)
        return false;
    if (!kernel->watches)
        kernel->watches = calloc(1, sizeof *kernel->watches);
    if (!kernel->watches || !(set ? watch_append(kernel->watches, &watch) : watch_remove(kernel->watches, &watch)))
        return false;
    pt_visit(&kernel->phys, space->cr3, address & PAGE_MASK, ((address + size - 1) | (PAGE_SIZE - 1)) + 1, update_page, space);
    kernel->cpu.mmu.watched = kernel->watches->count || kernel->watches->observer.accessed ? watched : NULL;
    return true;
}

void watch_forget(Space *space)
{
    Watches *watches = space->kernel->watches;
    for (u32 i = watches ? watches->count : 0; i-- > 0;)
        if (watches->watch[i].space == space)
            watches->watch[i] = watches->watch[--watches->count];
    if (watches && watches->observer.space == space)
        watches->observer = (AccessObserver){0};
}

void watch_destroy(Kernel *kernel)
{
    kernel->cpu.mmu.watched = NULL;
    if (kernel->watches)
        free(kernel->watches->watch);
    free(kernel->watches);
    kernel->watches = NULL;
}

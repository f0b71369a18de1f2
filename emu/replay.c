/* A trace, shown to the modelled hierarchy again. What a run knows of page tables comes from the trace's PAGE events; a trace
 * without them is one of addresses alone: caches are indexed by them, and walks read no entries of a particular place. */
#include <errno.h>
#include <stdlib.h>

#include "emu/machine.h"
#include "emu/emu_trace.h"
#include "mmu/hierarchy/hierarchy.h"
#include "mmu/pte.h"

/* One page of one space. */
typedef struct ReplayPage {
    u64 page;    /* address of it | 1; 0: free */
    u32 space;
    EmuTraced translation;
} ReplayPage;

typedef struct Replay {
    ReplayPage *pages; /* open addressing; capacity is a power of two */
    u64 capacity, count;
    u32 space;
} Replay;

static ReplayPage *slot_of(const Replay *r, u64 page, u32 space)
{
    u64 i = (page >> PAGE_SHIFT ^ (u64)space << 20) * 0x9e3779b97f4a7c15ull >> 20;
    for (;; i++) {
        ReplayPage *p = &r->pages[i & (r->capacity - 1)];
        if (!p->page || (p->page == (page | 1) && p->space == space))
            return p;
    }
}

static bool grow(Replay *r)
{
    Replay larger = *r;
    larger.capacity = r->capacity ? r->capacity * 2 : 1024;
    larger.pages = calloc(larger.capacity, sizeof *larger.pages);
    if (!larger.pages)
        return false;
    for (u64 i = 0; i < r->capacity; i++)
        if (r->pages[i].page)
            *slot_of(&larger, r->pages[i].page & ~1ull, r->pages[i].space) = r->pages[i];
    free(r->pages);
    *r = larger;
    return true;
}

static const EmuTraced *translation_of(const Replay *r, u64 address)
{
    if (!r->count)
        return NULL;
    const ReplayPage *p = slot_of(r, address & PAGE_MASK, r->space);
    return p->page ? &p->translation : NULL;
}

static bool replay_walk(void *context, u64 address, Walk *walk)
{
    const EmuTraced *page = translation_of(context, address);
    if (!page)
        return false;
    walk->leaf_level = page->leaf_level;
    memcpy(walk->entry_paddr, page->table_paddr, sizeof walk->entry_paddr);
    walk->entry[page->leaf_level] = page->dirty ? PTE_D : 0;
    return true;
}

static int learn_page(Emu *emu, const EmuTraced *event)
{
    Replay *r = emu->replay;
    if (r->count * 2 >= r->capacity && !grow(r))
        return ENOMEM;
    if (!r->count)
        hierarchy_set_walker(emu->model, replay_walk, r);
    u64 page = event->address & PAGE_MASK;
    ReplayPage *p = slot_of(r, page, r->space);
    r->count += !p->page;
    *p = (ReplayPage){.page = page | 1, .space = r->space, .translation = *event};
    return 0;
}

static u64 paddr_of(const Replay *r, u64 address)
{
    const EmuTraced *page = translation_of(r, address);
    return page ? page->paddr + (address & ~PAGE_MASK) : address;
}

static void replay_access(Emu *emu, const EmuTraced *event, bool counted)
{
    Hierarchy *h = emu->model;
    u64 next = (event->address | (hierarchy_config(h)->page_size - 1)) + 1;
    Reference r = {.address = event->address, .size = event->size, .paddr = paddr_of(emu->replay, event->address),
                   .paddr2 = paddr_of(emu->replay, next)};
    u64 fetches = 0, reads = 0, writes = 0;
    switch (event->kind) {
    case EMU_TRACE_FETCH:
        fetches = 1;
        if (!hierarchy_passes_fetch(h, r.address, r.size))
            hierarchy_miss_fetch(h, &r);
        break;
    case EMU_TRACE_WRITE:
        writes = 1;
        if (!hierarchy_passes_write(h, r.address, r.size))
            hierarchy_miss_write(h, &r);
        break;
    case EMU_TRACE_MODIFY:
        reads = 1;
        if (!hierarchy_passes_modify(h, r.address, r.size))
            hierarchy_miss_modify(h, &r);
        break;
    default:
        reads = 1;
        if (!hierarchy_passes_read(h, r.address, r.size))
            hierarchy_miss_read(h, &r);
    }
    if (counted)
        hierarchy_add_references(h, fetches, reads, writes);
}

int emu_replay(Emu *emu, const EmuTraced *event, bool counted)
{
    if (!emu->replay) {
        emu->replay = calloc(1, sizeof *emu->replay);
        if (!emu->replay)
            return ENOMEM;
        hierarchy_set_walker(emu->model, NULL, NULL);
    }
    switch (event->kind) {
    case EMU_TRACE_PAGE: return learn_page(emu, event);
    case EMU_TRACE_SPACE:
        emu->replay->space = event->space;
        hierarchy_switch_space(emu->model, event->space);
        if (event->renewed)
            hierarchy_flush_space(emu->model, event->space);
        return 0;
    case EMU_TRACE_FLUSH:
        if (event->space == emu->replay->space)
            hierarchy_flush_pages(emu->model, event->address, event->end);
        else
            hierarchy_flush_space(emu->model, event->space);
        return 0;
    default: replay_access(emu, event, counted); return 0;
    }
}

void machine_forget_replay(Emu *emu)
{
    if (emu->replay)
        free(emu->replay->pages);
    free(emu->replay);
}

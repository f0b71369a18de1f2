/* Checkpoints (checkpoint.h). */
#include "emu/checkpoint.h"

#include <stdlib.h>
#include <time.h>

#include "cpu/debug.h"
#include "emu/machine.h"
#include "mmu/state.h"

struct StoredPage {
    u32 refs;
    u8 bytes[PAGE_SIZE];
};

enum { REGION_HEAP, REGION_BOOKS, REGION_RAM, REGIONS };
enum { STORED_SIZE = sizeof(StoredPage) + 16 }; /* with malloc's own */

static StoredPage zeroes = {.refs = 1}; /* pages of zeroes are not stored */

void checkpoints_init(Checkpoints *all, Kernel *kernel, Heap *heap) { *all = (Checkpoints){.kernel = kernel, .heap = heap}; }

static void page_release(Checkpoints *all, StoredPage *page)
{
    if (page == &zeroes || --page->refs)
        return;
    free(page);
    all->bytes -= STORED_SIZE;
}

static void versions_free(Checkpoints *all, Checkpoint *c)
{
    for (u32 i = 0; i < c->version_count; i++)
        page_release(all, c->versions[i].page);
    all->bytes -= c->version_capacity * sizeof *c->versions;
    free(c->versions);
}

void checkpoints_free(Checkpoints *all)
{
    for (u32 i = 0; i < all->count; i++)
        versions_free(all, &all->list[i]);
    free(all->list);
    for (u32 region = 0; region < REGIONS; region++)
        free(all->newest[region]);
    memset(all, 0, sizeof *all);
}

/* ---- the pages of the state ------------------------------------------------------------------------------------- */

static u8 *region_start(const Checkpoints *all, u32 region)
{
    const Phys *phys = &all->kernel->phys;
    u64 size;
    return region == REGION_HEAP ? heap_memory(all->heap, &size) : region == REGION_BOOKS ? phys->metadata : phys->ram;
}

static u32 region_of(const Checkpoints *all, u64 key)
{
    for (u32 region = 0; region < REGIONS; region++) {
        u64 first = (u64)(uintptr_t)region_start(all, region) / PAGE_SIZE;
        u64 pages = region == REGION_BOOKS ? all->kernel->phys.metadata_size / PAGE_SIZE
                    : region == REGION_RAM ? all->kernel->phys.frame_count : 0;
        if (key >= first && key - first < pages)
            return region;
    }
    return REGION_HEAP;
}

/* Room for the page in `newest`; NULL: no memory. */
static StoredPage **newest_of(Checkpoints *all, u64 key)
{
    u32 region = region_of(all, key);
    u64 index = key - (u64)(uintptr_t)region_start(all, region) / PAGE_SIZE;
    if (index >= all->newest_size[region]) {
        u64 size = index * 3 / 2 + 64;
        StoredPage **grown = realloc(all->newest[region], size * sizeof *grown);
        if (!grown)
            return NULL;
        memset(grown + all->newest_size[region], 0, (size - all->newest_size[region]) * sizeof *grown);
        all->newest[region] = grown;
        all->newest_size[region] = size;
    }
    return &all->newest[region][index];
}

/* Made again when needed: look-ups that the processor remembers. */
static bool is_cache(const Checkpoints *all, const u8 *page)
{
    const Cpu *cpu = &all->kernel->cpu;
    const u8 *jumps = (const u8 *)cpu->jump_cache, *tlb = (const u8 *)&cpu->mmu.tlb;
    return (page >= jumps && page + PAGE_SIZE <= jumps + sizeof cpu->jump_cache) ||
           (page >= tlb && page + PAGE_SIZE <= tlb + sizeof cpu->mmu.tlb);
}

typedef bool StateVisit(Checkpoints *all, void *context, u8 *page);

static bool visit_range(Checkpoints *all, StateVisit *visit, void *context, u8 *start, u64 size)
{
    u8 *page = (u8 *)((uintptr_t)start & PAGE_MASK);
    for (; page < start + size; page += PAGE_SIZE)
        if (!visit(all, context, page))
            return false;
    return true;
}

/* Visits every page that belongs to the present state; false when a visit said so. */
static bool visit_state(Checkpoints *all, StateVisit *visit, void *context)
{
    Phys *phys = &all->kernel->phys;
    PhysRange books[PHYS_RANGES];
    u64 size;
    u8 *heap = heap_memory(all->heap, &size);
    phys_state(phys, books);
    for (u8 *page = heap; page < heap + size; page += PAGE_SIZE)
        if (!is_cache(all, page) && !visit(all, context, page))
            return false;
    for (u32 i = 0; i < PHYS_RANGES; i++)
        if (!visit_range(all, visit, context, books[i].start, books[i].size))
            return false;
    for (u32 frame = 1; frame < phys->fresh; frame++)
        if (phys->frames[frame].refs && !visit(all, context, phys->ram + ((u64)frame << PAGE_SHIFT)))
            return false;
    return true;
}

/* ---- taking ----------------------------------------------------------------------------------------------------- */

static bool add_version(Checkpoints *all, Checkpoint *c, u64 key, StoredPage *page)
{
    if (c->version_count == c->version_capacity) {
        u32 capacity = c->version_capacity * 2 + 64;
        PageVersion *grown = realloc(c->versions, capacity * sizeof *grown);
        if (!grown)
            return false;
        c->versions = grown;
        all->bytes += (capacity - c->version_capacity) * sizeof *grown;
        c->version_capacity = capacity;
    }
    c->versions[c->version_count++] = (PageVersion){key, page};
    return true;
}

static StoredPage *store(Checkpoints *all, const u8 *page)
{
    if (memcmp(page, zeroes.bytes, PAGE_SIZE) == 0)
        return &zeroes;
    StoredPage *stored = malloc(sizeof *stored);
    if (!stored)
        return NULL;
    stored->refs = 1;
    memcpy(stored->bytes, page, PAGE_SIZE);
    all->bytes += STORED_SIZE;
    return stored;
}

static bool take_page(Checkpoints *all, void *context, u8 *page)
{
    u64 key = (u64)(uintptr_t)page / PAGE_SIZE;
    StoredPage **newest = newest_of(all, key);
    if (!newest)
        return false;
    if (*newest && memcmp((*newest)->bytes, page, PAGE_SIZE) == 0)
        return true;
    StoredPage *stored = store(all, page);
    if (!stored)
        return false;
    if (!add_version(all, context, key, stored)) {
        page_release(all, stored);
        return false;
    }
    *newest = stored;
    return true;
}

static int by_key(const void *a, const void *b)
{
    const PageVersion *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

/* What `newest` says is made true again for list[0 … last]. */
static void find_newest(Checkpoints *all, u32 last)
{
    for (u32 region = 0; region < REGIONS; region++)
        if (all->newest[region])
            memset(all->newest[region], 0, all->newest_size[region] * sizeof *all->newest[region]);
    for (u32 i = 0; i <= last && i < all->count; i++)
        for (u32 k = 0; k < all->list[i].version_count; k++) {
            StoredPage **newest = newest_of(all, all->list[i].versions[k].key);
            if (newest) /* there was room for it before */
                *newest = all->list[i].versions[k].page;
        }
}

static u64 host_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

bool checkpoint_take(Checkpoints *all, u64 log_offset, bool fixed)
{
    u64 start = host_ns(), size;
    if (all->count == all->capacity) {
        u32 capacity = all->capacity * 2 + 32;
        Checkpoint *grown = realloc(all->list, capacity * sizeof *grown);
        if (!grown)
            return false;
        all->list = grown;
        all->capacity = capacity;
    }
    heap_memory(all->heap, &size);
    Checkpoint c = {.count = all->kernel->cpu.stats.insns, .log_offset = log_offset, .fresh = all->kernel->phys.fresh,
                    .heap_size = size, .fixed = fixed};
    if (!visit_state(all, take_page, &c)) {
        versions_free(all, &c);
        find_newest(all, all->count - 1);
        return false;
    }
    qsort(c.versions, c.version_count, sizeof *c.versions, by_key);
    all->list[all->count++] = c;
    all->ns = host_ns() - start;
    return true;
}

/* ---- putting back ------------------------------------------------------------------------------------------------ */

static bool put_page(Checkpoints *all, void *context, u8 *page)
{
    (void)context;
    StoredPage **version = newest_of(all, (u64)(uintptr_t)page / PAGE_SIZE);
    const u8 *bytes = version && *version ? (*version)->bytes : zeroes.bytes;
    if (memcmp(page, bytes, PAGE_SIZE) != 0)
        memcpy(page, bytes, PAGE_SIZE);
    return true;
}

/* Bookkeeping first, as far as it reaches now (it is zero beyond what it was), then the frames that it names. */
static void put_memory(Checkpoints *all, u64 fresh)
{
    Phys *phys = &all->kernel->phys;
    PhysRange books[PHYS_RANGES];
    u32 now = phys->fresh;
    phys->fresh = now > fresh ? now : (u32)fresh;
    phys_state(phys, books);
    for (u32 i = 0; i < PHYS_RANGES; i++)
        visit_range(all, put_page, NULL, books[i].start, books[i].size);
    phys->fresh = (u32)fresh;
    for (u32 frame = 1; frame < fresh; frame++)
        if (phys->frames[frame].refs)
            put_page(all, NULL, phys->ram + ((u64)frame << PAGE_SHIFT));
    phys->fresh = now;
}

static void put_structures(Checkpoints *all, const Checkpoint *c)
{
    u64 size;
    u8 *heap = heap_memory(all->heap, &size);
    for (u8 *page = heap; page < heap + c->heap_size; page += PAGE_SIZE)
        if (!is_cache(all, page))
            put_page(all, NULL, page);
}

void checkpoint_put_back(Checkpoints *all, u32 index)
{
    Kernel *kernel = all->kernel, *kept = malloc(sizeof *kept);
    const Checkpoint *c = &all->list[index];
    if (!kept)
        return;
    *kept = *kernel;
    if (index + 1 < all->count)
        find_newest(all, index);
    put_memory(all, c->fresh);
    put_structures(all, c);
    phys_put_back(&kernel->phys, kept->phys.fresh);
    cpu_put_back(&kernel->cpu, &kept->cpu);
    kernel->config = kept->config;
    kernel->watches = kept->watches;
    kernel->events = kept->events;
    kernel->host_signals = kept->host_signals;
    kernel->interrupted = kept->interrupted;
    if (index + 1 < all->count)
        find_newest(all, all->count - 1);
    free(kept);
}

/* ---- which to keep ------------------------------------------------------------------------------------------------- */

u32 checkpoint_before(const Checkpoints *all, u64 count)
{
    u32 low = 0, high = all->count;
    while (high - low > 1) {
        u32 middle = (low + high) / 2;
        if (all->list[middle].count <= count)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void checkpoint_drop(Checkpoints *all, u32 index)
{
    Checkpoint *old = &all->list[index], *next = old + 1, merged = *next;
    u32 i = 0, k = 0;
    merged.versions = NULL;
    merged.version_count = merged.version_capacity = 0;
    while (i < old->version_count || k < next->version_count) {
        const PageVersion *a = i < old->version_count ? &old->versions[i] : NULL;
        const PageVersion *b = k < next->version_count ? &next->versions[k] : NULL;
        const PageVersion *take = !a || (b && b->key <= a->key) ? b : a;
        if (!add_version(all, &merged, take->key, take->page)) { /* no memory: nothing is dropped */
            all->bytes -= merged.version_capacity * sizeof *merged.versions;
            free(merged.versions);
            return;
        }
        i += a && a->key == take->key;
        k += b && b->key == take->key;
    }
    for (i = k = 0; i < old->version_count; i++) { /* what `next` has itself goes */
        while (k < next->version_count && next->versions[k].key < old->versions[i].key)
            k++;
        if (k < next->version_count && next->versions[k].key == old->versions[i].key)
            page_release(all, old->versions[i].page);
    }
    all->bytes -= (old->version_capacity + next->version_capacity) * sizeof *old->versions;
    free(old->versions);
    free(next->versions);
    *old = merged;
    memmove(next, next + 1, (all->count - index - 2) * sizeof *next);
    all->count--;
}

bool checkpoints_thin(Checkpoints *all)
{
    u64 end = all->count ? all->list[all->count - 1].count : 0;
    double least = 0;
    u32 best = 0;
    for (u32 i = 1; i + 1 < all->count; i++) {
        double gap = (double)(all->list[i + 1].count - all->list[i - 1].count);
        double cost = gap / ((double)(end - all->list[i].count) + 1e6);
        if (!all->list[i].fixed && (!best || cost < least)) {
            best = i;
            least = cost;
        }
    }
    u32 before = all->count;
    if (best)
        checkpoint_drop(all, best);
    return all->count < before;
}

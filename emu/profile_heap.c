/* Which heap block is an address in, and where was it allocated?
 *
 * Allocators are found by symbol, so static programs can be watched: when control comes to malloc's first instruction its
 * arguments are noted, when it comes back to the caller its result. What an allocator allocates on behalf of another (operator
 * new of malloc) is the outer one's. Blocks smaller than a page are found through the page that they begin in, larger
 * ones in a sorted list. */
#include "emu/profile_heap.h"

#include <stdlib.h>

#include "emu/allocators.h"
#include "emu/file.h"

enum { FILTER = 4096, PENDING = 64, BUCKETS = 1 << 14 };

typedef struct Entry { /* an allocator's first instruction */
    u64 address;
    u32 image;
    AllocatorShape shape;
} Entry;

typedef struct Pending { /* a call that has not come back */
    i32 tid;           /* 0: free */
    u64 back, rsp;     /* where it returns to, and RSP there */
    u64 size, old, result_at;
    AllocatorShape shape;
} Pending;

typedef struct Small Small;
struct Small {
    Small *next;
    Allocation block;
};

struct Allocations {
    Emu *emu;
    Entry *entries;
    u32 entry_count;
    u32 *known_images;    /* [known_count] looked through */
    u32 known_count;
    u8 interesting[FILTER]; /* hashed addresses that must be looked at */
    Pending pending[PENDING];
    u32 pending_count;
    Small *small[BUCKETS];
    Allocation *large;
    u64 large_count, large_capacity;
};

static u32 filter_of(u64 address) { return (u32)(address ^ address >> 12) % FILTER; }

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

static Small **bucket(Allocations *heap, u32 space, u64 address)
{
    return &heap->small[((address >> PAGE_SHIFT) * 0x9e3779b97f4a7c15ull >> 40 ^ space) % BUCKETS];
}

/* The index of the first large block behind `address`. */
static u64 large_behind(const Allocations *heap, u32 space, u64 address)
{
    u64 low = 0, high = heap->large_count;
    while (low < high) {
        u64 middle = (low + high) / 2;
        const Allocation *b = &heap->large[middle];
        if (b->space < space || (b->space == space && b->address <= address))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void remove_block(Allocations *heap, u32 space, u64 address)
{
    for (Small **s = bucket(heap, space, address); *s; s = &(*s)->next)
        if ((*s)->block.address == address && (*s)->block.space == space) {
            Small *gone = *s;
            *s = gone->next;
            free(gone);
            return;
        }
    u64 i = large_behind(heap, space, address);
    if (i && heap->large[i - 1].address == address && heap->large[i - 1].space == space)
        memmove(&heap->large[i - 1], &heap->large[i], (heap->large_count-- - i) * sizeof *heap->large);
}

static void add_large(Allocations *heap, const Allocation *block)
{
    if (heap->large_count == heap->large_capacity) {
        u64 capacity = heap->large_capacity ? heap->large_capacity * 2 : 64;
        Allocation *grown = realloc(heap->large, capacity * sizeof *grown);
        if (!grown)
            return;
        heap->large = grown;
        heap->large_capacity = capacity;
    }
    u64 i = large_behind(heap, block->space, block->address);
    memmove(&heap->large[i + 1], &heap->large[i], (heap->large_count++ - i) * sizeof *heap->large);
    heap->large[i] = *block;
}

static void add_block(Allocations *heap, const Allocation *block)
{
    remove_block(heap, block->space, block->address);
    if (block->size >= PAGE_SIZE) {
        add_large(heap, block);
        return;
    }
    Small *s = malloc(sizeof *s);
    if (!s)
        return;
    Small **list = bucket(heap, block->space, block->address);
    *s = (Small){.next = *list, .block = *block};
    *list = s;
}

static bool holds(const Allocation *block, u32 space, u64 address)
{
    return block->space == space && address - block->address < block->size;
}

const Allocation *allocations_find(Allocations *heap, u32 space, u64 address)
{
    for (u32 back = 0; back < 2; back++)
        for (Small *s = *bucket(heap, space, address - back * PAGE_SIZE); s; s = s->next)
            if (holds(&s->block, space, address))
                return &s->block;
    u64 i = large_behind(heap, space, address);
    return i && holds(&heap->large[i - 1], space, address) ? &heap->large[i - 1] : NULL;
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static const Symbol *find_allocator(const Symbols *symbols, u32 from, const Allocator *allocator, u32 *index)
{
    for (*index = from; *index < symbols->count; ++*index)
        if (allocator_is(allocator, symbols->symbol[*index].name))
            return &symbols->symbol[*index];
    return NULL;
}

static void add_entry(Allocations *heap, u64 address, u32 image, AllocatorShape shape)
{
    Entry *grown = realloc(heap->entries, (heap->entry_count + 1) * sizeof *grown);
    if (!grown)
        return;
    heap->entries = grown;
    grown[heap->entry_count++] = (Entry){address, image, shape};
    heap->interesting[filter_of(address)] = 1;
}

void allocations_learn(Allocations *heap, const Image *image, u32 number)
{
    for (u32 i = 0; i < heap->known_count; i++)
        if (heap->known_images[i] == number)
            return;
    u32 *grown = realloc(heap->known_images, (heap->known_count + 1) * sizeof *grown);
    if (!grown || !image->program)
        return;
    heap->known_images = grown;
    heap->known_images[heap->known_count++] = number;
    const Symbols *symbols = file_symbols(image->program->file);
    for (u32 k = 0; k < allocator_count; k++) {
        const Symbol *symbol;
        u32 at = 0;
        for (u32 from = 0; (symbol = find_allocator(symbols, from, &allocators[k], &at)); from = at + 1)
            add_entry(heap, symbol->address + image->bias, number, allocators[k].shape);
    }
}

static u64 word_at(const Allocations *heap, u64 address)
{
    const Mmu *mmu = &heap->emu->kernel->cpu.mmu;
    u64 word = 0;
    mmu_peek(mmu->phys, mmu->cr3, address, &word, sizeof word);
    return word;
}

static void call_begins(Allocations *heap, i32 tid, u32 space, const Entry *entry)
{
    const u64 *r = heap->emu->kernel->cpu.r;
    Pending *free_slot = NULL;
    for (u32 i = 0; i < PENDING; i++) {
        Pending *p = &heap->pending[i];
        if (p->tid == tid && r[RSP] < p->rsp)
            return; /* inside another allocator */
        if (p->tid == tid || !p->tid) /* one that was left by a longjmp */
            free_slot = p;
    }
    if (entry->shape == FREES) {
        remove_block(heap, space, r[RDI]);
        return;
    }
    if (!free_slot)
        return;
    u64 size = entry->shape == SIZE_FIRST ? r[RDI] : entry->shape == COUNT_TIMES_SIZE ? r[RDI] * r[RSI]
             : entry->shape == STORES_RESULT ? r[RDX] : entry->shape == RUST_RESIZE ? r[RCX] : r[RSI];
    heap->pending_count += !free_slot->tid;
    *free_slot = (Pending){.tid = tid, .back = word_at(heap, r[RSP]), .rsp = r[RSP] + 8, .size = size, .shape = entry->shape,
                           .old = entry->shape == RESIZE || entry->shape == RUST_RESIZE ? r[RDI] : 0, .result_at = r[RDI]};
    heap->interesting[filter_of(free_slot->back)] = 1;
}

static void call_ends(Allocations *heap, u32 space, u32 image, Pending *p)
{
    u64 result = p->shape == STORES_RESULT ? word_at(heap, p->result_at) : heap->emu->kernel->cpu.r[RAX];
    p->tid = 0;
    heap->pending_count--;
    if (!result)
        return;
    if (p->old)
        remove_block(heap, space, p->old);
    add_block(heap, &(Allocation){.address = result, .size = p->size ? p->size : 1, .site = p->back, .image = image, .space = space});
}

void allocations_begin(Allocations *heap, i32 tid, u32 space, u32 image, u64 rip)
{
    if (LIKELY(!heap->interesting[filter_of(rip)]))
        return;
    u64 rsp = heap->emu->kernel->cpu.r[RSP];
    for (u32 i = 0; heap->pending_count && i < PENDING; i++)
        if (heap->pending[i].tid == tid && heap->pending[i].back == rip && heap->pending[i].rsp == rsp)
            call_ends(heap, space, image, &heap->pending[i]);
    for (u32 i = 0; i < heap->entry_count; i++)
        if (heap->entries[i].address == rip && heap->entries[i].image == image) {
            call_begins(heap, tid, space, &heap->entries[i]);
            return;
        }
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

Allocations *allocations_create(Emu *emu)
{
    Allocations *heap = calloc(1, sizeof *heap);
    if (heap)
        heap->emu = emu;
    return heap;
}

void allocations_destroy(Allocations *heap)
{
    if (!heap)
        return;
    for (u32 i = 0; i < BUCKETS; i++)
        while (heap->small[i]) {
            Small *next = heap->small[i]->next;
            free(heap->small[i]);
            heap->small[i] = next;
        }
    free(heap->large);
    free(heap->entries);
    free(heap->known_images);
    free(heap);
}

/* Which block of the heap an address lies in (emu_view.h): by the books of a watched heap, else by what glibc's malloc()
 * keeps in front of its blocks. Its heap is a row of *chunks*, each beginning with the size of the one before (if that is
 * free) and its own; the first is the cache of small blocks (tcache), the last one (top) ends where the heap does. A row that
 * does not end there is not believed. Guest memory is only looked at. */
#include <string.h>

#include "emu/emu_view.h"
#include "emu/heap.h"

enum {
    TCACHE_SIZE = 0x291,      /* of the first chunk, its bit "the one before is in use" included; since glibc 2.30 */
    FIRST_WITHIN = 64 << 10,  /* in front of it lies what was taken by sbrk(): the thread's own data */
    CHUNKS_MAX = 1 << 16,
    HEADER = 16, CHUNK_MIN = 32, PREVIOUS_IN_USE = 1, NOT_SIZE = 7,
};

typedef struct Reader { /* of words, page by page */
    Emu *emu;
    int pid;
    u64 page;
    u8 bytes[PAGE_SIZE];
} Reader;

static u64 word_at(Reader *r, u64 address)
{
    u64 page = address & PAGE_MASK, word;
    if (page != r->page) {
        memset(r->bytes, 0, sizeof r->bytes);
        emu_read(r->emu, r->pid, page, r->bytes, sizeof r->bytes);
        r->page = page;
    }
    memcpy(&word, r->bytes + (address - page), sizeof word);
    return word;
}

static bool heap_of(Emu *emu, int pid, u64 address, EmuMapping *mapping)
{
    for (u32 i = 0; emu_mapping_outline(emu, pid, i, mapping); i++)
        if (strcmp(mapping->name, "[heap]") == 0)
            return address >= mapping->start && address < mapping->end;
    return false;
}

/* 0: none looks like it. */
static u64 first_chunk(Reader *r, const EmuMapping *heap)
{
    u64 end = heap->end - heap->start < FIRST_WITHIN ? heap->end : heap->start + FIRST_WITHIN;
    for (u64 at = heap->start; at + HEADER <= end; at += HEADER)
        if (word_at(r, at + 8) == TCACHE_SIZE)
            return at;
    return 0;
}

/* The chunk that an address lies in, and whether the row that it is part of can be believed. The last chunk is no block. */
static u64 chunk_of(Reader *r, const EmuMapping *heap, u64 address)
{
    u64 found = 0, at = first_chunk(r, heap);
    for (u32 n = 0; at && n < CHUNKS_MAX; n++) {
        u64 size = word_at(r, at + 8) & ~(u64)NOT_SIZE;
        if (size < CHUNK_MIN || size % HEADER || size > heap->end - at)
            return 0;
        u64 rest = heap->end - (at + size); /* the break need not lie at a page's end */
        if (rest < PAGE_SIZE && (rest < HEADER || word_at(r, at + size + 8) == 0))
            return found;
        if (address >= at + HEADER && address < at + size + 8)
            found = at;
        at += size;
    }
    return found;
}

/* In the tcache a free block's second word is a key. */
static bool in_tcache(Reader *r, u64 user)
{
    EmuSymbol symbol;
    u64 key = emu_symbol_named(r->emu, r->pid, "tcache_key", &symbol) ? word_at(r, symbol.address) : 0;
    return key && word_at(r, user + 8) == key;
}

static bool place_in_chunks(Emu *emu, int pid, u64 address, EmuHeapPlace *place)
{
    EmuMapping heap;
    Reader r = {.emu = emu, .pid = pid, .page = ~0ull};
    u64 chunk = heap_of(emu, pid, address, &heap) ? chunk_of(&r, &heap, address) : 0;
    if (!chunk)
        return false;
    u64 size = word_at(&r, chunk + 8) & ~(u64)NOT_SIZE, user = chunk + HEADER;
    bool used = word_at(&r, chunk + size + 8) & PREVIOUS_IN_USE;
    *place = (EmuHeapPlace){.address = user, .size = size - 8, .live = used && !in_tcache(&r, user)};
    return true;
}

bool emu_heap_place(Emu *emu, int pid, uint64_t address, EmuHeapPlace *place)
{
    const HeapWatch *heap = emu->heap;
    const Process *process = machine_process(emu, pid);
    if (!heap || !process || heap->pid != process->pid)
        return place_in_chunks(emu, pid, address, place);
    const HeapBlock *block = heap_blocks_below(&heap->blocks, address);
    if (!block || address >= block->address + (block->size ? block->size : 1))
        return false;
    *place = (EmuHeapPlace){.address = block->address, .size = block->size, .live = block->live, .watched = true,
                            .serial = block->serial};
    if (block->stack < heap->stack_count && heap->stacks[block->stack].depth)
        place->pc = heap->stacks[block->stack].pc[0];
    return true;
}

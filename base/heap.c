/* Size classes, four to each doubling, and a free list for each; behind them memory that was never used. Nothing is given back:
 * a machine's structures are few. Every block begins with a header that names its heap and class. */
#include "base/heap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CLASSES = 160, UNIT = 32, PAGE = 4096, SPARSE = 1 << 20 };

typedef struct Header {
    Heap *heap; /* NULL: malloc'ed */
    u64 size;   /* as asked for */
    u64 mapped; /* bytes of a mapping of its own, which begins a page before the block; 0: none */
    u64 unused;
} Header;
_Static_assert(sizeof(Header) == UNIT, "blocks stay aligned");

struct Heap {
    u64 reserved, top; /* bytes; top: first that was never used */
    Header *free_blocks[CLASSES]; /* linked through the first word behind the header */
};

static _Thread_local Heap *current;

Heap *heap_create(u64 size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    Heap *heap = memory;
    heap->reserved = size;
    heap->top = (sizeof *heap + UNIT - 1) / UNIT * UNIT;
    return heap;
}

void heap_destroy(Heap *heap)
{
    if (heap)
        munmap(heap, heap->reserved);
}

Heap *heap_use(Heap *heap)
{
    Heap *before = current;
    current = heap;
    return before;
}

u8 *heap_memory(const Heap *heap, u64 *size)
{
    *size = (heap->top + PAGE - 1) / PAGE * PAGE;
    return (u8 *)(uintptr_t)heap;
}

/* The class of a size in bytes with its header, and how large its blocks are: 1, 2, 3 and 4 units of 32 bytes, then 5, 6, 7, 8,
 * then 10, 12, 14, 16 … */
static u32 class_of(u64 size, u64 *room)
{
    u64 units = (size + UNIT - 1) / UNIT;
    if (units <= 4) {
        *room = units * UNIT;
        return (u32)units;
    }
    u32 log = 63 - (u32)__builtin_clzll(units - 1), shift = log - 2;
    u64 quarter = ((units - 1) >> shift) + 1; /* 5 … 8 */
    *room = (quarter << shift) * UNIT;
    return 4 * (log - 1) + (u32)quarter - 4;
}

static Header *take(Heap *heap, u64 size)
{
    u64 room;
    if (size > heap->reserved / 2)
        return NULL;
    u32 class = class_of(size + sizeof(Header), &room);
    Header *block = heap->free_blocks[class];
    if (block) {
        heap->free_blocks[class] = *(Header **)(block + 1);
    } else {
        if (room > heap->reserved - heap->top)
            return NULL;
        block = (Header *)((u8 *)heap + heap->top);
        heap->top += room;
    }
    return block;
}

void *heap_alloc(u64 size)
{
    u64 least = size < sizeof(Header *) ? sizeof(Header *) : size; /* room for the free list's link */
    Header *block = NULL;
    if (current)
        block = take(current, least);
    else if (size <= SIZE_MAX / 2)
        block = aligned_alloc(UNIT, (least + sizeof(Header) + UNIT - 1) / UNIT * UNIT);
    if (!block)
        return NULL;
    *block = (Header){.heap = current, .size = least};
    return block + 1;
}

/* A large table is seldom used all over: its pages come from the host as they are touched, and are zero then. */
static void *map_sparse(u64 size)
{
    u64 mapped = size + PAGE;
    u8 *memory = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    Header *header = (Header *)(memory + PAGE) - 1;
    *header = (Header){.size = size, .mapped = mapped};
    return header + 1;
}

void *heap_calloc(u64 count, u64 size)
{
    u64 bytes;
    if (!current && !__builtin_mul_overflow(count, size, &bytes) && bytes >= SPARSE && bytes <= SIZE_MAX / 2)
        return map_sparse(bytes);
    void *block = __builtin_mul_overflow(count, size, &bytes) ? NULL : heap_alloc(bytes);
    return block ? memset(block, 0, bytes) : NULL;
}

void heap_free(void *block)
{
    u64 room;
    if (!block)
        return;
    Header *header = (Header *)block - 1;
    if (header->mapped) {
        munmap((u8 *)block - PAGE, header->mapped);
        return;
    }
    if (!header->heap) {
        free(header);
        return;
    }
    Header **list = &header->heap->free_blocks[class_of(header->size + sizeof(Header), &room)];
    *(Header **)block = *list;
    *list = header;
}

void *heap_realloc(void *block, u64 size)
{
    Header *header = (Header *)block - 1;
    u64 room, wanted;
    if (!block)
        return heap_alloc(size);
    if (header->heap && size >= sizeof(Header *) && size <= header->heap->reserved &&
        class_of(header->size + sizeof(Header), &room) == class_of(size + sizeof(Header), &wanted)) {
        header->size = size;
        return block;
    }
    void *moved = heap_alloc(size);
    if (moved) {
        memcpy(moved, block, header->size < size ? header->size : size);
        heap_free(block);
    }
    return moved;
}

char *heap_strdup(const char *text)
{
    u64 size = strlen(text) + 1;
    char *copy = heap_alloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

void *heap_aligned(Heap *heap, u64 size, u64 alignment)
{
    u64 at = (heap->top + alignment - 1) & ~(alignment - 1);
    if (size > heap->reserved || at > heap->reserved - size)
        return NULL;
    heap->top = at + (size + UNIT - 1) / UNIT * UNIT;
    return (u8 *)heap + at;
}

/* Where a machine's own structures live. Normally that is malloc(); a machine that is recorded gets a Heap, one reserved
 * stretch of addresses that holds all of them and the heap's own bookkeeping too. So the state of the whole machine is a range
 * of bytes: copied page by page it is a checkpoint, and copied back every pointer in it is right again.
 *
 * A thread works on one heap at a time (heap_use). What was allocated says itself where it belongs, so it may be freed
 * whatever heap is in use. */
#ifndef EMU_BASE_HEAP_H
#define EMU_BASE_HEAP_H

#include "base/types.h"

typedef struct Heap Heap;

/* Reserves `size` bytes of addresses; memory is used where it is touched. NULL with errno. */
Heap *heap_create(u64 size);
void heap_destroy(Heap *heap);
/* The calling thread's allocations come from here from now on (NULL: malloc). Returns what was in use before. */
Heap *heap_use(Heap *heap);

/* The range that holds everything: `*size` is a multiple of the page size and only grows. */
u8 *heap_memory(const Heap *heap, u64 *size);

/* As malloc, calloc, realloc, free, strdup; aligned to 32 bytes. */
void *heap_alloc(u64 size);
void *heap_calloc(u64 count, u64 size);
void *heap_realloc(void *block, u64 size);
void heap_free(void *block);
char *heap_strdup(const char *text);
/* For large structures with an alignment (a power of two): never freed by itself, and only of a heap. */
void *heap_aligned(Heap *heap, u64 size, u64 alignment);

#endif

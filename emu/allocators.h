/* Functions that allocate and free, by the names of their symbols, and how they are called. Inside emu/ only. */
#ifndef EMU_EMU_ALLOCATORS_H
#define EMU_EMU_ALLOCATORS_H

#include "base/types.h"

typedef enum AllocatorShape { /* arguments in order; the result is the block */
    SIZE_FIRST,       /* malloc(size) */
    SIZE_SECOND,      /* aligned_alloc(alignment, size) */
    COUNT_TIMES_SIZE, /* calloc(count, size) */
    RESIZE,           /* realloc(block, size) */
    RUST_RESIZE,      /* __rust_realloc(block, old size, alignment, size) */
    STORES_RESULT,    /* posix_memalign(where, alignment, size) */
    FREES,            /* free(block) */
} AllocatorShape;

typedef struct Allocator {
    const char *name;
    AllocatorShape shape;
    bool outer; /* one that is written in terms of others: operator new */
} Allocator;

extern const Allocator allocators[];
extern const u32 allocator_count;

/* Is it this symbol? Rust's may be mangled: "_RNv…12___rust_alloc". */
bool allocator_is(const Allocator *allocator, const char *symbol);

#endif

/* Blocks of a watched heap by address, live ones and those freed since: a treap, so that the block below any address is found
 * in a few steps. Inside emu/ only. */
#ifndef EMU_EMU_HEAP_BLOCKS_H
#define EMU_EMU_HEAP_BLOCKS_H

#include "base/types.h"

typedef struct HeapBlock HeapBlock;
struct HeapBlock {
    u64 address, size, serial;
    u32 stack, freed_stack; /* numbers of call stacks */
    bool live;
    u8 mark;                /* of the leak search */
    u32 priority;
    HeapBlock *left, *right;
};

typedef struct HeapBlocks {
    HeapBlock *root;
    u32 random;
} HeapBlocks;

/* The block with the highest address at or below `address`; NULL: none. */
HeapBlock *heap_blocks_below(const HeapBlocks *blocks, u64 address);
/* The one with the lowest address above it. */
HeapBlock *heap_blocks_above(const HeapBlocks *blocks, u64 address);
/* A new one, in the place of all freed ones that it overlaps. NULL: no memory. */
HeapBlock *heap_blocks_add(HeapBlocks *blocks, u64 address, u64 size);
void heap_blocks_remove(HeapBlocks *blocks, u64 address);
/* All, in order of address; stops when visit returns false. */
typedef bool HeapVisit(void *context, HeapBlock *block);
bool heap_blocks_visit(HeapBlock *from, HeapVisit *visit, void *context);
void heap_blocks_destroy(HeapBlocks *blocks);

#endif

/* A treap: a search tree by address that is a heap by random priority, and so is balanced on average. */
#include "emu/heap_blocks.h"

#include <stdlib.h>

HeapBlock *heap_blocks_below(const HeapBlocks *blocks, u64 address)
{
    HeapBlock *best = NULL;
    for (HeapBlock *b = blocks->root; b;)
        if (b->address <= address) {
            best = b;
            b = b->right;
        } else {
            b = b->left;
        }
    return best;
}

HeapBlock *heap_blocks_above(const HeapBlocks *blocks, u64 address)
{
    HeapBlock *best = NULL;
    for (HeapBlock *b = blocks->root; b;)
        if (b->address > address) {
            best = b;
            b = b->left;
        } else {
            b = b->right;
        }
    return best;
}

static HeapBlock *merge(HeapBlock *low, HeapBlock *high)
{
    if (!low || !high)
        return low ? low : high;
    if (low->priority > high->priority) {
        low->right = merge(low->right, high);
        return low;
    }
    high->left = merge(low, high->left);
    return high;
}

/* Blocks below `address`, and the others. */
static void split(HeapBlock *b, u64 address, HeapBlock **low, HeapBlock **high)
{
    if (!b) {
        *low = *high = NULL;
    } else if (b->address < address) {
        split(b->right, address, &b->right, high);
        *low = b;
    } else {
        split(b->left, address, low, &b->left);
        *high = b;
    }
}

void heap_blocks_remove(HeapBlocks *blocks, u64 address)
{
    HeapBlock *low, *middle, *high;
    split(blocks->root, address, &low, &middle);
    split(middle, address + 1, &middle, &high);
    blocks->root = merge(low, high);
    free(middle);
}

HeapBlock *heap_blocks_add(HeapBlocks *blocks, u64 address, u64 size)
{
    HeapBlock *low, *high, *old, *new = calloc(1, sizeof *new);
    if (!new)
        return NULL;
    u64 end = address + (size ? size : 1);
    while ((old = heap_blocks_below(blocks, end - 1)) && old->address + (old->size ? old->size : 1) > address)
        heap_blocks_remove(blocks, old->address);
    blocks->random = blocks->random * 1664525 + 1013904223;
    *new = (HeapBlock){.address = address, .size = size, .live = true, .priority = blocks->random};
    split(blocks->root, address, &low, &high);
    blocks->root = merge(merge(low, new), high);
    return new;
}

bool heap_blocks_visit(HeapBlock *from, HeapVisit *visit, void *context)
{
    return !from || (heap_blocks_visit(from->left, visit, context) && visit(context, from) &&
        heap_blocks_visit(from->right, visit, context));
}

static void destroy(HeapBlock *b)
{
    if (!b)
        return;
    destroy(b->left);
    destroy(b->right);
    free(b);
}

void heap_blocks_destroy(HeapBlocks *blocks)
{
    destroy(blocks->root);
    blocks->root = NULL;
}

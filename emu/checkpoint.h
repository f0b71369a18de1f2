/* The machine's past states, as pages that differ from the checkpoint before. Inside emu/ only.
 *
 *   checkpoint 0    1       2            a page's contents at checkpoint k: the newest version stored at k or before;
 *   pages     ABC   B'      A'D          taking one compares every page in use with its newest version,
 *                                        putting one back copies the pages that differ from the machine's
 *
 * What belongs to the state: the heap that holds all structures (base/heap.h), the bookkeeping of frames, and the frames that
 * are in use. Decoded code, the TLB's contents and breakpoints do not: they are made again, or do not travel. */
#ifndef EMU_EMU_CHECKPOINT_H
#define EMU_EMU_CHECKPOINT_H

#include "base/heap.h"
#include "kernel/kernel.h"

typedef struct StoredPage StoredPage;

typedef struct PageVersion {
    u64 key;          /* which page: host address / PAGE_SIZE */
    StoredPage *page; /* counted */
} PageVersion;

typedef struct Checkpoint {
    u64 count;        /* instructions */
    u64 log_offset;
    u64 fresh;        /* phys->fresh */
    u64 heap_size;
    bool fixed;       /* what comes before does not lead here: somebody has changed registers or memory; never thinned out */
    PageVersion *versions; /* by key */
    u32 version_count, version_capacity;
} Checkpoint;

typedef struct Checkpoints {
    Kernel *kernel;
    Heap *heap;
    Checkpoint *list;  /* by count */
    u32 count, capacity;
    u64 bytes;         /* of pages and lists */
    StoredPage **newest[3]; /* by region and page: as of the last checkpoint */
    u64 newest_size[3];
    u64 ns;            /* host time that the last one took */
} Checkpoints;

void checkpoints_init(Checkpoints *all, Kernel *kernel, Heap *heap);
void checkpoints_free(Checkpoints *all);
/* Keeps the present state as the newest. false: no memory (the list is as before). */
bool checkpoint_take(Checkpoints *all, u64 log_offset, bool fixed);
/* Makes list[index] the machine's state. */
void checkpoint_put_back(Checkpoints *all, u32 index);
/* The last one at or before `count`. */
u32 checkpoint_before(const Checkpoints *all, u64 count);
/* Removes list[index], which is not the last: what follows keeps its contents. */
void checkpoint_drop(Checkpoints *all, u32 index);
/* Removes the one whose loss hurts least: those far back, close to others. false: none may go. */
bool checkpoints_thin(Checkpoints *all);

#endif

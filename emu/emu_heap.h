/* libemu watches a program's heap: who allocates what, what is left at the end, and accesses that cannot be right. For static
 * programs too, since allocators are found by symbol and stopped at, and accesses are seen by the MMU. Part of libemu. */
#ifndef EMU_EMU_HEAP_H
#define EMU_EMU_HEAP_H

#include "emu/emu_explain.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Watches the heap of the process that was loaded, from now on. 0; ENOENT: the program has no allocator that its symbols
 * name; ENOTSUP: the machine is recorded (the books would not travel in time with it); ENOMEM. */
int emu_heap_watch(Emu *emu);

typedef struct EmuHeapStats {
    uint64_t allocations, frees, allocated;    /* calls, calls, bytes in all */
    uint64_t live_blocks, live_bytes;
    uint64_t peak_blocks, peak_bytes;          /* when most bytes were live */
    uint64_t brk_grown, brk_shrunk, mapped, unmapped; /* bytes that the allocators took from and gave back to the system */
    uint64_t errors, error_contexts;           /* accesses and calls that were reported; at so many places */
} EmuHeapStats;
/* false: the heap is not watched. */
bool emu_heap_stats(Emu *emu, EmuHeapStats *stats);

typedef struct EmuHeapBlock {
    uint64_t address, size;
    uint64_t serial;      /* the first allocation is 1 */
    uint32_t stack_depth;
    uint64_t stack[12];   /* where it was allocated: return addresses, innermost first */
} EmuHeapBlock;
/* Live blocks by address; false behind the last. */
bool emu_heap_block(Emu *emu, uint32_t index, EmuHeapBlock *block);

/* What was found so far, in Valgrind's words; after the end with leaks by kind (`at_end`). */
void emu_heap_report(Emu *emu, bool at_end, EmuLine *line, void *context);

#ifdef __cplusplus
}
#endif

#endif

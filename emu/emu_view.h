/* What those who draw a machine need beyond emu.h: activity of memory sixty times a second, cheaply. Part of libemu; the same
 * words and rules as in emu.h. */
#ifndef EMU_EMU_VIEW_H
#define EMU_EMU_VIEW_H

#include "emu/emu.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- activity of pages (pages.c, inspect.c) ------------------------------------------------------------------------------ */

enum { EMU_TABLE_PAGES = 512 };
#define EMU_SWEEP_END (1ull << 47)
/* One page table: flags[i] are the EMU_PAGE_… of page address + i * 4096 (EMU_PAGE_SHARED is not told); 0: it has no entry. */
typedef void EmuTableVisit(void *context, uint64_t address, const uint16_t flags[EMU_TABLE_PAGES]);
/* Visits page tables of a process in address order from `from` on, at most `most` of them, and forgets what was accessed, as
 * a kernel's clock algorithm does: A and D bits are cleared, in the page directory too, and translations dropped, so that
 * what is used again is seen again. Returns where to go on the next time, the hand of the clock; EMU_SWEEP_END: all is done,
 * begin at 0. Only this counts as a harvest for EMU_PAGE_READ …. `accessed_only`: only tables below which something was
 * accessed since they were harvested last; in the others nothing was read, written or executed, nor is in the TLB, but pages
 * may have come (by system calls) or gone. It costs the program some TLB misses and changes nothing that it can observe; a
 * modelled hierarchy (hierarchy.h) is not told. */
uint64_t emu_harvest(Emu *emu, int pid, uint64_t from, uint32_t most, bool accessed_only, EmuTableVisit *visit, void *context);

/* As emu_mapping(), but pages are not counted: `resident` is 0. */
bool emu_mapping_outline(Emu *emu, int pid, uint32_t index, EmuMapping *mapping);
/* Bytes that have a frame, of the whole process. */
uint64_t emu_resident(Emu *emu, int pid);

/* ---- how often one page is accessed (access_counts.c) ------------------------------------------------------------------ */

typedef struct EmuAccessCounts {
    uint64_t page;
    int pid;
    uint64_t reads, writes;                   /* since counting began; one that does both is both */
    uint64_t line_reads[64], line_writes[64]; /* of each 64 bytes of the page */
} EmuAccessCounts;
/* Counts from now on how often instructions of a process read and write the page of `address`; only those get slower. Not seen:
 * fetches, and what system calls copy. One page at a time; 0: none any more. false: the machine is recorded, or its heap is
 * watched; no such process; no memory. */
bool emu_count_accesses(Emu *emu, int pid, uint64_t address);
/* The counts so far; false: nothing is counted. */
bool emu_access_counts(Emu *emu, EmuAccessCounts *counts);

/* ---- what an address of the heap belongs to (heap_look.c) --------------------------------------------------------- */

typedef struct EmuHeapPlace {
    uint64_t address, size; /* of the block; as asked for where the heap is watched (emu_heap.h), else what may be used of it */
    bool live;              /* else it was freed */
    bool watched;           /* so these are known: */
    uint64_t serial, pc;    /* the first allocation is 1; the return address of the call that made it, 0: unknown */
} EmuHeapPlace;
/* The block that an address lies in. Of a heap that is not watched what glibc's malloc() says (of the main heap; freed blocks
 * in its "fastbins" still count as live). It looks at up to 65,536 blocks: not for every picture. false: in none that is known. */
bool emu_heap_place(Emu *emu, int pid, uint64_t address, EmuHeapPlace *place);

/* ---- system calls (look.c) ---------------------------------------------------------------------------------------- */

typedef enum EmuArgument { EMU_ARGUMENT_INT, EMU_ARGUMENT_NUMBER, EMU_ARGUMENT_HEX, EMU_ARGUMENT_STRING } EmuArgument;
/* How many arguments system call `number` takes, and how each is best shown: 32 bits signed, 64 bits, hexadecimal, as a
 * string. */
uint32_t emu_syscall_arguments(uint32_t number, EmuArgument types[6]);

/* ---- what lies in TLBs and caches (look.c) ----------------------------------------------------------------------- */

enum { EMU_TLB_READ, EMU_TLB_WRITE, EMU_TLB_FETCH, EMU_TLBS };
/* The machine's own TLBs, direct-mapped: how many sets, and the page in one of them. false: the set is empty. */
uint32_t emu_tlb_sets(int tlb);
bool emu_tlb_entry(Emu *emu, int tlb, uint32_t set, uint64_t *page);

typedef struct EmuHeld {
    bool valid, dirty, prefetched;
    uint32_t set, way; /* emu_hierarchy_holds: where */
    uint64_t start;    /* first byte of the line (physical, unless the model's index is virtual) or of the page (virtual) */
    uint64_t key;      /* different for different lines or pages of all processes */
    uint64_t stamp;    /* time of last use, where the policy keeps one; else 0 */
} EmuHeld;
/* What a modelled cache (index as in emu_hierarchy_cache) holds in a set and way; false: there is no such place, or no model.
 */
bool emu_hierarchy_entry(Emu *emu, uint32_t cache, uint32_t set, uint32_t way, EmuHeld *held);
/* Does a modelled cache hold the line of an address of the process that runs? */
bool emu_hierarchy_holds(Emu *emu, uint32_t cache, uint64_t address, uint64_t paddr, EmuHeld *held);
typedef struct EmuTlbGeometry {
    uint32_t level, entries, ways; /* level 1 or 2 */
    bool fetches, loads, stores;   /* what it is asked for */
    bool small_pages;              /* pages of 4 KiB may lie in it */
} EmuTlbGeometry;
/* The modelled TLB with index 0, 1, …; false behind the last. */
bool emu_hierarchy_tlb(Emu *emu, uint32_t index, EmuTlbGeometry *geometry);
bool emu_hierarchy_tlb_entry(Emu *emu, uint32_t index, uint32_t set, uint32_t way, EmuHeld *held);

#ifdef __cplusplus
}
#endif

#endif

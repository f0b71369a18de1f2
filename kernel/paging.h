/* Paging: what happens when RAM (or --user-frames) is full. A frame is chosen by mmu/replace.c, everything that maps it is
 * found by the reverse map, its contents go to mmu/swap.c or back to their file if they must, and the frame is free.
 *
 * kernel->paging is NULL when nobody asked for it: then memory that is full is full, and nothing here costs anything. */
#ifndef EMU_KERNEL_PAGING_H
#define EMU_KERNEL_PAGING_H

#include "kernel/kernel.h"
#include "mmu/replace.h"
#include "mmu/swap.h"

enum { HELD_PAGES = 40 }; /* one instruction's: a gather of eight elements over two pages each, its mask, itself … */

typedef struct FrameMap { /* who needs a frame */
    Space *space;      /* the first mapping; NULL: none */
    u64 address;
    CachedFile *file;  /* whose cached page it is; NULL: nobody's */
    u64 index;
    u32 more;          /* the other mappings: a list of nodes; 0 ends */
    u32 count;         /* mappings */
    u64 serial;        /* tells pages apart that had the same frame, one after another */
} FrameMap;

typedef struct MapNode {
    Space *space;
    u64 address;
    u32 next;
} MapNode;

typedef struct PagingStats {
    u64 arrivals;      /* pages that came to a frame of the ring: first touches, copies, returns */
    u64 evictions;
    u64 write_backs;   /* dirty pages written to their files by evictions */
    u64 clean_drops;   /* evictions that wrote nothing: file pages, pages of zeroes, pages that swap held already */
    u64 over_limit;    /* arrivals beyond --user-frames, because one instruction or call needed more at once */
    u64 resident_peak; /* frames of the ring */
    u64 touches;       /* changes of page, when they are told */
} PagingStats;

/* What befell a page, for who keeps a history. */
typedef enum PageEventKind { PAGE_MINOR, PAGE_MAJOR, PAGE_COPIED, PAGE_EVICTED, PAGE_WRITTEN_BACK } PageEventKind;
typedef struct PageEvent {
    PageEventKind kind;
    const Space *space;
    u64 address, paddr;
    u32 slot;          /* EVICTED, MAJOR: the swap slot, or SWAP_NONE */
    bool wrote;        /* EVICTED: its contents had to be written */
    u64 for_address;   /* EVICTED: the page that needed the frame; 0: not known */
} PageEvent;

typedef struct Paging {
    Replace replace;   /* the ring: frames that may leave */
    Swap swap;         /* swap.fd -1: none */
    PagingStats stats;
    u32 limit;         /* --user-frames; 0: as many as RAM has. While recording nothing is limited */
    /* private to paging.c and reverse_map.c */
    Kernel *kernel;
    FrameMap *maps;    /* [frame_count] */
    MapNode *nodes;
    u32 node_count, node_capacity, node_free;
    u64 held[HELD_PAGES]; /* frames that the instruction which faults needs all at once … */
    u32 held_count;
    u64 held_insns, held_rcx; /* … and which instruction that is */
    u64 *pins;         /* frames whose host addresses a call holds: one reference each */
    u32 pin_count, pin_capacity;
    bool no_slot;      /* the store is full: only what needs no new slot may leave */
    bool saw_busy;     /* the last look for a victim passed one over that is only busy now */
    u64 for_address;   /* whose fault is being resolved */
    u64 serial;
    u64 *string;       /* recording: serials in order of touch */
    u64 string_count, string_capacity;
    bool recording, string_failed;
    struct WorkingSet *working_set; /* NULL: not asked for */
} Paging;

/* As config asks: swap, user frames, policy. false with errno. */
bool paging_create(Kernel *kernel);
void paging_destroy(Kernel *kernel);

/* A frame, after evicting others if need be; 0: nothing can leave. `counted`: against --user-frames. */
u64 paging_alloc(Kernel *kernel, FrameKind kind, u64 page, bool counted);
/* Evicts one frame, for instance for a page table. false: nothing can leave. */
bool paging_evict(Kernel *kernel);

/* What frames.c and page_cache.c tell. `dirty`: the entry that went had D set. */
void paging_mapped(Kernel *kernel, u64 paddr, Space *space, u64 address);
void paging_unmapped(Kernel *kernel, u64 paddr, Space *space, u64 address, bool dirty);
void paging_cached(Kernel *kernel, u64 paddr, CachedFile *file, u64 index);
/* The frame was written without its entry's D being set (by the loader, a debugger). */
void paging_wrote(Kernel *kernel, u64 paddr);

/* A fault of the running instruction begins: if it is another instruction than last time, what that one held may go. */
void paging_fault_begins(Kernel *kernel, u64 address);
/* … and was resolved: its page stays until the instruction is done. */
void paging_hold(Kernel *kernel, u64 address);
/* The frame behind `host` stays where it is until paging_unpin. */
void paging_pin(Kernel *kernel, const u8 *host);
void paging_unpin(Kernel *kernel);

/* For histories (kernel->page_event is set): tells it. */
void paging_tell(Kernel *kernel, PageEventKind kind, const Space *space, u64 address, u64 paddr, u32 slot, bool wrote);

/* Bytes of swap, and of them in use; 0 without paging. */
static inline u64 swap_total(const Kernel *kernel)
{
    return kernel->paging && swap_exists(&kernel->paging->swap) ? (u64)kernel->paging->swap.slot_count << PAGE_SHIFT : 0;
}
static inline u64 swap_in_use(const Kernel *kernel)
{
    return kernel->paging && swap_exists(&kernel->paging->swap) ? (u64)kernel->paging->swap.used << PAGE_SHIFT : 0;
}

/* ---- the reverse map (reverse_map.c) -------------------------------------------------------------------------- */

bool reverse_map_create(Paging *paging);
void reverse_map_destroy(Paging *paging);
/* false: no host memory; the frame then counts one mapping too few, and stays for good. */
bool reverse_map_add(Paging *paging, u64 paddr, Space *space, u64 address);
void reverse_map_remove(Paging *paging, u64 paddr, const Space *space, u64 address);
/* Calls `visit` with each entry that maps the frame. */
typedef void ReverseVisit(void *context, Space *space, u64 address, u64 *entry);
void reverse_map_visit(Paging *paging, u64 paddr, ReverseVisit *visit, void *context);

#endif

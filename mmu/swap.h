/* The backing store for pages that had to leave RAM, and the notes that save writing a page twice.
 *
 * How a kernel uses it (ours: kernel/paging.c):
 *   eviction   replace_victim() names a frame; for every entry that maps it: D is gathered, the entry is replaced by
 *              swap_entry(slot) (one swap_ref per entry beyond the first), the TLB flushed. Contents are written with
 *              swap_out() only if D was set or no slot holds them yet; otherwise the page is clean and its old slot is good.
 *   fault      swap_is_entry(): swap_in() to a new frame, entry made present with A and D clear. The slot stays with the
 *              frame (swap_keep) as long as it is clean, so that evicting it again costs no write.
 *   freeing    an entry that is dropped while swapped out: swap_unref(slot). A frame that is freed: swap_forget(frame).
 * The file has no name, so no death of the emulator can leave it behind. */
#ifndef EMU_MMU_SWAP_H
#define EMU_MMU_SWAP_H

#include "mmu/mmu.h"
#include "mmu/pte.h"

typedef struct SwapStats {
    u64 ins, outs;   /* pages read from and written to the store */
    u64 clean_drops; /* evictions that needed no write: D was clear and a slot held the page */
} SwapStats;

typedef struct Swap {
    int fd;          /* -1: no swap, or in memory: swap_exists() */
    u32 slot_count;
    u32 used, peak;  /* slots */
    SwapStats stats;
    /* private */
    u32 hint;
    u32 *refs;       /* [slot_count] entries and frames that need the slot; 0: free */
    u32 *slot_of;    /* [frame_count] slot + 1 that holds this frame's contents; 0: none */
    u32 frame_count;
    u8 **pages;      /* [slot_count] instead of a file, for a machine whose whole state must be memory (base/heap.h); else NULL */
    void *memory;
} Swap;

#define SWAP_NONE (~0u)

/* A store of `size` bytes (rounded down to pages; at most 16 TiB) for the frames of `phys`, in an unnamed file in `directory`
 * (NULL: TMPDIR, else /var/tmp). The file grows as it is used. `in_memory`: no file, but memory as it is used. false with
 * errno. */
bool swap_create(Swap *swap, const Phys *phys, u64 size, const char *directory, bool in_memory);
static INLINE bool swap_exists(const Swap *swap) { return swap->slot_count != 0; }
void swap_destroy(Swap *swap);

/* Writes the frame's contents to its own slot if it has one that nobody shares, else to a new one, and returns the slot
 * with one reference for the caller (the frame keeps none: it is about to be freed). SWAP_NONE: full, or the host refused
 * to write (errno). */
u32 swap_out(Swap *swap, const Phys *phys, u64 paddr);
/* A clean frame's slot, with one reference for the caller; SWAP_NONE when it has none. Counts a clean drop. */
u32 swap_drop_clean(Swap *swap, u64 paddr);
/* Reads the slot into the frame. false with errno: the host refused to read. */
bool swap_in(Swap *swap, const Phys *phys, u32 slot, u64 paddr);
/* The frame's contents equal the slot's until D is found set: takes over the caller's reference. */
void swap_keep(Swap *swap, u64 paddr, u32 slot);
/* The frame is freed or was changed: its slot, if it has one, is dropped. */
void swap_forget(Swap *swap, u64 paddr);

/* Lets go of the slots that hold nothing but copies of resident frames (each will be written again when it leaves). How many
 * slots became free. */
u32 swap_reclaim(Swap *swap);
/* Copies `size` bytes at `offset` of a slot's page, uncounted: for debuggers. false: the host refused to read. */
bool swap_peek(const Swap *swap, u32 slot, u64 offset, void *to, u64 size);

void swap_ref(Swap *swap, u32 slot);
void swap_unref(Swap *swap, u32 slot);

static INLINE u64 swap_entry(u32 slot) { return PTE_SWAP | (u64)slot << PAGE_SHIFT; }
static INLINE bool swap_is_entry(u64 entry) { return !(entry & PTE_P) && entry & PTE_SWAP; }
static INLINE u32 swap_slot(u64 entry) { return (u32)((entry & PTE_FRAME) >> PAGE_SHIFT); }

#endif

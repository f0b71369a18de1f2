/* The memory system: guest RAM, x86-64 page tables kept in guest frames, and the TLB in front of them.
 *
 *   address ─► TLB (tlb.h, inlined in the interpreter) ─► host pointer
 *                │ miss
 *                ▼
 *             mmu_translate ─► walk CR3 → PML4E → PDPTE → PDE → PTE (walk.c) ─► frame ─► host pointer
 *
 * One truth: the entries in guest frames. The TLB only caches them. This room knows nothing of instructions and
 * nothing of Linux: it *returns* faults; whoever asked decides what they mean.
 *
 * Words: `address` guest virtual, `paddr` guest physical, `host` a host pointer, `size` bytes. */
#ifndef EMU_MMU_MMU_H
#define EMU_MMU_MMU_H

#include "base/types.h"
#include "mmu/tlb.h"

/* ---- physical memory (phys.c) -------------------------------------------------------------------------------- */

typedef enum FrameKind {
    FRAME_FREE,
    FRAME_RESERVED, /* frame 0: paddr 0 is never handed out, so 0 can mean "none" */
    FRAME_TABLE,    /* a page table */
    FRAME_ANON,     /* user memory without a file behind it */
    FRAME_FILE,     /* a private or shared page of a file */
    FRAME_ZERO,     /* the one shared page of zeroes */
    FRAME_KINDS
} FrameKind;

enum {
    FRAME_CODE = 1,  /* blocks decoded from this frame exist: stores must tell mmu->code_written */
    FRAME_WATCH = 2, /* a watchpoint lies in this frame: every access is a fast-path miss */
    /* After changing either: mmu_flush_frame. Both are forgotten when the frame is freed. */
};

typedef struct Frame {
    u32 refs; /* mappings that share it (copy-on-write, MAP_SHARED); 0 when free */
    u8 kind;  /* FrameKind */
    u8 flags; /* FRAME_CODE, FRAME_WATCH */
    u16 spare;
} Frame;

enum { FREE_LEVELS = 5 }; /* 64^5 frames: 4 TiB */

typedef struct Phys {
    u8 *ram;           /* host address of paddr 0; a reserved mapping between two guard regions */
    u64 size;          /* bytes, a multiple of PAGE_SIZE */
    u32 frame_count;
    u32 fresh;         /* frames from here on were never used: known zero, and their Frame is all zero */
    Frame *frames;     /* [frame_count] */
    u32 used[FRAME_KINDS]; /* frames in use, by kind */
    u32 used_total, used_peak;
    u32 table_peak;    /* most FRAME_TABLE frames at one time */
    u64 zero_page;     /* paddr of the shared page of zeroes; its references are not counted */
    /* Called when a FRAME_CODE frame is freed: blocks decoded from it are void. Set by cpu/ (NULL: nobody decodes). */
    void (*code_freed)(void *context, u64 paddr);
    void *code_context;
    /* Called for every frame that is freed, before that (NULL: nobody keeps notes on frames). Set by kernel/. */
    void (*freed)(void *context, u64 paddr);
    void *freed_context;
    struct FrameOrder *order; /* which free frame is handed out next (order.c); NULL: as phys_alloc says */
    u64 tables_destroyed; /* how often pt_destroy ran: CR3 values seen before may mean another space now */
    /* private to phys.c: freed frames, lowest first */
    u64 *free_bits[FREE_LEVELS]; /* bit n of level k: something is free among its 64^k frames */
    u64 *dirty_bits;             /* free frames whose host memory still holds old contents */
    u32 free_count;              /* freed frames below `fresh` */
    u32 dirty_count, dirty_low, dirty_high; /* how many are dirty, and the range they lie in */
    void *reservation, *metadata;
    u64 reservation_size, metadata_size;
} Phys;

/* Reserves `size` bytes of guest RAM (rounded up to a page, 1 MiB .. 1 TiB). false with errno set when the host refuses.
 * Nothing is committed: RAM and its bookkeeping cost resident memory only where frames are used. */
bool phys_create(Phys *phys, u64 size);
void phys_destroy(Phys *phys);

/* A zeroed frame with one reference; returns its paddr, or 0 when RAM is full. Freed frames first, lowest first; then the
 * lowest never used: a program that only grows sees ascending, contiguous frames. */
u64 phys_alloc(Phys *phys, FrameKind kind);
/* The same, for the page with this number (of an address or of a file), which matters when frames are coloured. */
u64 phys_alloc_for(Phys *phys, FrameKind kind, u64 page);
/* Hands frames out in another order from now on: pseudo-random from a seed, or coloured, so that page and frame numbers agree
 * modulo `colours` wherever such a frame is free. Right after phys_create; false with errno: no host memory. */
bool phys_order_random(Phys *phys, u64 seed);
bool phys_order_coloured(Phys *phys, u32 colours);
void phys_ref(Phys *phys, u64 paddr);
/* Drops a reference; the last one frees the frame, and its host memory is given back (in batches; up to 16 MiB may linger for
 * the next phys_alloc). The shared page of zeroes is never freed. */
void phys_unref(Phys *phys, u64 paddr);
/* Frames that phys_alloc could still hand out. */
u32 phys_available(const Phys *phys);
/* Gives the host memory of all freed frames back now. */
void phys_trim(Phys *phys);

static INLINE Frame *phys_frame(Phys *phys, u64 paddr) { return &phys->frames[paddr >> PAGE_SHIFT]; }
/* Host pointer to a guest physical byte; NULL when paddr lies outside RAM (a corrupt table must not reach the host). */
static INLINE u8 *phys_host(const Phys *phys, u64 paddr) { return paddr < phys->size ? phys->ram + paddr : NULL; }

/* ---- page tables (walk.c; bits in pte.h) ---------------------------------------------------------------------- */

/* MODIFY, a read and a write in one, only in what `watched` is told. */
typedef enum Access { ACCESS_READ, ACCESS_WRITE, ACCESS_FETCH, ACCESS_MODIFY } Access;

typedef enum FaultKind {
    FAULT_NONE,
    FAULT_PAGE,          /* #PF: error code and address as SDM Vol. 3A "Page-Fault Exceptions" */
    FAULT_NON_CANONICAL, /* #GP(0), or #SS(0) for stack references */
    FAULT_BUS,           /* the entry names a frame outside RAM */
} FaultKind;

typedef struct Fault {
    FaultKind kind;
    u32 error;   /* #PF error code: bit 0 present, 1 write, 2 user, 3 reserved bit, 4 instruction fetch */
    u64 address; /* the first byte that could not be accessed: CR2 */
} Fault;

/* How a walk ended. */
typedef enum WalkEnd { WALK_LEAF, WALK_NOT_PRESENT, WALK_RESERVED_BIT, WALK_OUTSIDE_RAM } WalkEnd;

/* One walk, for whoever wants to show it: levels 4 (PML4E) … 1 (PTE). */
typedef struct Walk {
    WalkEnd end;
    int leaf_level;     /* 1: 4 KiB, 2: 2 MiB, 3: 1 GiB leaf; 0: no translation */
    int levels_read;    /* how many entries were read, 1..4 (0: CR3 lies outside RAM) */
    u64 entry_paddr[5]; /* [level] where the entry lies */
    u64 entry[5];       /* [level] its value as found */
    u64 paddr;          /* of the address itself, when leaf_level != 0 */
    u64 rights;         /* PTE_W | PTE_U | PTE_NX as they combine over the levels read */
} Walk;

/* Looks `address` up below `cr3` without changing anything. Fills `walk`; true when a present leaf was found. */
bool pt_walk(const Phys *phys, u64 cr3, u64 address, Walk *walk);

/* An empty PML4 table; its paddr (a CR3 value), or 0 when RAM is full. */
u64 pt_create(Phys *phys);
/* The host address of the 4 KiB-level entry for `address`; with `create`, missing tables are made (NULL: RAM full).
 * Without, NULL means that a table is missing (nothing is mapped in that 2 MiB) or that a large leaf is in the way. */
u64 *pt_entry(Phys *phys, u64 cr3, u64 address, bool create);
/* Calls `visit` for each present or non-zero 4 KiB entry in [start, end), in address order; stops when it returns false. */
typedef bool PtVisit(void *context, u64 address, u64 *entry);
void pt_visit(Phys *phys, u64 cr3, u64 start, u64 end, PtVisit *visit, void *context);
/* Frees every page table (not the leaves: clear those first), the PML4 too. Not the space that the MMU runs in. */
void pt_destroy(Phys *phys, u64 cr3);
/* Frees tables that map nothing any more in [start, end). */
void pt_prune(Phys *phys, u64 cr3, u64 start, u64 end);

/* ---- the MMU of the one emulated core (translate.c) ----------------------------------------------------------- */

/* Hits are look-ups minus misses, and the interpreter counts its look-ups: one per access. Whoever wants the kernel's own accesses apart saves and restores this around them. */
typedef struct MmuStats {
    u64 read_misses, write_misses; /* data-TLB look-ups that found no entry and got one. A look-up that ended in a fault is
                                      neither hit nor miss: its instruction starts over, and counts then */
    u64 extra_lookups;             /* second and further look-ups of page-crossing accesses; who makes them counts them */
    u64 fetch_misses;              /* exec-TLB look-ups that found no entry (hits are not counted: chained blocks need none) */
    u64 walks, walk_references;    /* page walks, also those that ended in a fault; table entries read by them */
} MmuStats;

enum {
    TLB_BITMAP_WORDS = (2 * TLB_SETS + TLB_EXEC_SETS) / 64,
    EXEC_FILTER_WORDS = 64,
};
typedef struct MmuSlot MmuSlot; /* the TLB contents of a space that is not running, as PCIDs keep them */

typedef struct Mmu {
    Tlb tlb; /* first: the interpreter's fast path addresses it from the Cpu pointer */
    Phys *phys;
    u64 cr3;
    /* Changes when any executable translation is dropped and when another space is loaded: jump caches must be cleared
     * unless their entries carry the epoch. A space that comes back with all its translations has its old value again; no
     * value ever means anything else than it did. */
    u32 exec_epoch;
    MmuStats stats;
    /* Called after a store into a FRAME_CODE frame: [paddr, paddr + size), inside one page. Set by cpu/. */
    void (*code_written)(void *context, u64 paddr, u32 size);
    /* Called for each access to a FRAME_WATCH frame, before it happens (NULL: none). Set by emu/. */
    void (*watched)(void *context, u64 address, u32 size, Access access);
    void *context;
    /* Called when another data page, or another code page, is used than the one used last (NULL: nobody asks). Then only these two
     * have entries that the fast path may use, so that every change is seen; when control leaves a code page, that one is told
     * again. Set by mmu_tell_touches. */
    void (*touched)(void *context, u64 cr3, u64 page, u64 paddr);
    void *touched_context;
    u64 touched_data, touched_code;   /* the two pages; ~0: none yet */
    u64 touched_code_paddr;
    /* What a real MMU would be told: INVLPG over a range of the space `cr3`; a CR3 load, `renewed` when what is remembered of
     * that space may be of an earlier one. For a model of real TLBs (NULL: none). */
    void (*model_flush)(void *context, u64 cr3, u64 start, u64 end);
    void (*model_switch)(void *context, u64 cr3, bool renewed);
    void *model_context;
    /* private to translate.c */
    u64 valid[TLB_BITMAP_WORDS];          /* sets of read, write, exec that hold an entry: flushing costs what is held */
    u64 exec_filter[EXEC_FILTER_WORDS];   /* hashed: pages that were executed from since exec_epoch last changed … */
    u64 exec_low, exec_high;              /* … and the range of addresses they lie in */
    u32 last_epoch;                       /* the newest value handed out */
    u64 tables_destroyed;                 /* phys->tables_destroyed when the slots were last known good */
    MmuSlot *slots;                       /* NULL: the host had no memory for them; every switch is a full flush */
    u64 slot_clock;
} Mmu;

void mmu_init(Mmu *mmu, Phys *phys);
void mmu_destroy(Mmu *mmu);

/* CR3 load: switches the address space. Translations of a few recent spaces are kept apart, as by PCID, so a change of a
 * space that does not run needs mmu_flush_space. */
void mmu_set_cr3(Mmu *mmu, u64 cr3);
/* INVLPG over a range of the running space: after any change of entries that removed a right, a translation, or moved it. */
void mmu_flush_range(Mmu *mmu, u64 start, u64 end);
/* The same for whichever space has this CR3, running or not. */
void mmu_flush_space(Mmu *mmu, u64 cr3, u64 start, u64 end);
/* All translations of all spaces. */
void mmu_flush(Mmu *mmu);
/* Sets mmu->touched; before anything runs. */
void mmu_tell_touches(Mmu *mmu, void (*touched)(void *context, u64 cr3, u64 page, u64 paddr), void *context);
/* Brings the TLB's entries for this frame in agreement with its flags, which have changed. No translation is lost by it. */
void mmu_flush_frame(Mmu *mmu, u64 paddr);

/* The miss path: TLB look-up, then the walk; sets A (and D for a write), fills the TLB. A page that its frame's flags keep
 * out of the fast path gets an entry too (a hit here), under a tag that the fast path cannot match. Counts misses and
 * walks. Returns the host address of `address`, good for the rest of its page, or NULL and `*fault`; a walk that faults
 * changes nothing. User privilege always (U needed). */
u8 *mmu_translate(Mmu *mmu, u64 address, Access access, Fault *fault);

/* Whole accesses of any size, page-crossing too: all pages are translated (and faults found) before a byte moves.
 * mmu_read and mmu_write tell `watched`, mmu_write tells code_written, where needed. false and *fault when refused. */
bool mmu_read(Mmu *mmu, u64 address, void *buffer, u64 size, Fault *fault);
bool mmu_write(Mmu *mmu, u64 address, const void *buffer, u64 size, Fault *fault);

/* For who accesses memory through pointers that mmu_translate gave ([host, host+size) inside one page): before the access,
 * tells `watched` if the frame is watched; after a store, tells code_written if it is a code frame. */
void mmu_touching(Mmu *mmu, const u8 *host, u64 address, u32 size, Access access);
void mmu_wrote(Mmu *mmu, const u8 *host, u32 size);

/* For debuggers: no TLB, no A/D, no counts, rights ignored. Returns how many bytes could be moved. A poke stops before a
 * page that others see too (the page of zeroes, copy-on-write): whoever wants to write there makes it private first. */
u64 mmu_peek(const Phys *phys, u64 cr3, u64 address, void *buffer, u64 size);
u64 mmu_poke(Mmu *mmu, u64 cr3, u64 address, const void *buffer, u64 size);

/* Non-canonical: bits 63..47 are not all equal. SDM Vol. 1, "Canonical Addressing". */
static INLINE bool mmu_canonical(u64 address) { return (u64)((i64)(address << 16) >> 16) == address; }

#endif

/* libemu's paging: limited RAM, swap, and which page leaves. Part of emu.h. */
#ifndef EMU_EMU_PAGING_H
#define EMU_EMU_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Emu Emu;

/* LRU and OPT are exact: they hear of each change of page, at the price of the fast path. CLOCK uses the accessed bits. */
typedef enum EmuReplacement { EMU_REPLACE_FIFO, EMU_REPLACE_LRU, EMU_REPLACE_CLOCK, EMU_REPLACE_OPT } EmuReplacement;
typedef enum EmuFrameOrder { EMU_FRAMES_SEQUENTIAL, EMU_FRAMES_RANDOM, EMU_FRAMES_COLOURED } EmuFrameOrder;

typedef struct EmuPagingConfig { /* all zero: no swap, lowest frame first */
    uint64_t swap_size;         /* bytes of an unnamed file in TMPDIR (/var/tmp); 0: none */
    uint32_t user_frames;       /* at most so many frames for private and shared anonymous memory; 0: all of RAM */
    EmuReplacement replacement; /* (EMU_REPLACE_CLOCK) */
    bool working_set;           /* measure it: emu_working_set, emu_lru_faults */
    bool record;                /* first run of OPT: keep the string of pages, whatever user_frames says … */
    uint64_t claimed_memory;    /* … and tell the program of so many bytes of RAM: memory_size of the second; 0: memory_size */
    const uint64_t *future;     /* second run: what emu_future() of the first gave; kept by the caller while the machine lives */
    uint64_t future_count;
    EmuFrameOrder frame_order;
    uint64_t frame_seed;        /* RANDOM */
    uint32_t frame_colours;     /* COLOURED: page and frame numbers agree modulo this */
} EmuPagingConfig;

typedef struct EmuPagingStats {
    uint32_t user_frames;       /* as configured */
    EmuReplacement replacement;
    uint64_t arrivals;          /* pages that came to a frame which counts: first touches, copies, returns */
    uint64_t evictions;         /* pages that left: */
    uint64_t swap_outs, write_backs, clean_drops; /* … to swap, to their file, without being written */
    uint64_t swap_ins;
    uint64_t over_limit;        /* arrivals beyond user_frames, because one instruction or call needed more at once */
    uint64_t resident, resident_peak; /* frames that count, now and at most */
    uint64_t swap_size, swap_used, swap_peak; /* bytes */
    uint64_t strayed;           /* OPT: the first touch that was another one than in the first run: LRU since then; 0: none */
    uint64_t touches;           /* LRU, OPT, working_set: changes of page */
} EmuPagingStats;
/* false: the machine has neither limited memory nor swap. */
bool emu_paging(Emu *emu, EmuPagingStats *stats);

/* With working_set: thousandths of pages in a window of 2^window instructions, on average; false: no such window (0 … 39), or
 * it is not measured. */
bool emu_working_set(Emu *emu, uint32_t window, uint64_t *pages_milli);
/* With working_set: the faults that LRU would have with so many frames; exact, for every number, from one run. */
uint64_t emu_lru_faults(Emu *emu, uint64_t frames);
uint64_t emu_pages_used(Emu *emu);

/* After a run with `record`: what the second run needs as `future`; malloc'ed, the caller's. NULL: no memory, or none recorded. */
uint64_t *emu_future(Emu *emu, uint64_t *count);

#ifdef __cplusplus
}
#endif

#endif

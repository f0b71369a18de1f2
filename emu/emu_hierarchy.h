/* libemu's modelled hierarchy: what caches, TLBs, page walks and DRAM of a described machine would have done. Off unless asked
 * for; a machine with a model runs other handlers, so one without pays nothing. Part of emu.h. */
#ifndef EMU_EMU_HIERARCHY_H
#define EMU_EMU_HIERARCHY_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Emu Emu;

/* Models `preset` (skylake goldencove zen3 zen4 host cachegrind csapp, or the path of a description), changed by `overrides`:
 * pairs of name and value (I1 D1 L2 LL: "SIZE,WAYS,LINE"; itlb dtlb stlb: "ENTRIES,WAYS"; or "section.key"), ended by NULL;
 * NULL: none. Counts begin at zero. 0, or an errno: EINVAL with one line in emu_error(), ENOMEM. */
int emu_hierarchy(Emu *emu, const char *preset, const char *const *overrides);

typedef struct EmuCounter {
    const char *name, *meaning;
    uint64_t value;
} EmuCounter;
/* The model's counters with index 0, 1, …; false behind the last, or without a model. */
bool emu_hierarchy_counter(Emu *emu, uint32_t index, EmuCounter *counter);
/* One by name; false: the model has no such counter. */
bool emu_hierarchy_count(Emu *emu, const char *name, uint64_t *value);

typedef struct EmuCacheGeometry {
    const char *name; /* "L1I" "L1D" "L2" "L3" */
    uint64_t size;    /* bytes; 0: the machine has none */
    uint32_t ways, line;
} EmuCacheGeometry;
bool emu_hierarchy_cache(Emu *emu, uint32_t index, EmuCacheGeometry *geometry);
/* The description, as text that could be loaded again; valid until the next call. NULL without a model. */
const char *emu_hierarchy_description(Emu *emu);
const char *emu_hierarchy_name(Emu *emu);

/* The built-in descriptions: names 0, 1, …; NULL behind the last. Their texts, comments and all. */
const char *emu_hierarchy_preset(uint32_t index);
const char *emu_hierarchy_preset_text(uint32_t index);

/* With override model.reuse=yes: how many accesses to data lines a fully associative LRU cache of `lines` lines would miss. */
uint64_t emu_hierarchy_reuse_misses(Emu *emu, uint64_t lines);
/* Accesses by reuse distance: buckets 0, 1, 2-3, 4-7 …, the last: first uses. How many buckets (0: not asked for). */
uint32_t emu_hierarchy_reuse(Emu *emu, uint64_t *buckets, uint32_t capacity);

#ifdef __cplusplus
}
#endif

#endif

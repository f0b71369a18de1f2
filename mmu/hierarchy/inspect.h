/* Looking into the modelled hardware without changing it. */
#ifndef EMU_MMU_HIERARCHY_INSPECT_H
#define EMU_MMU_HIERARCHY_INSPECT_H

#include "mmu/hierarchy/hierarchy.h"

/* Must the model be shown every fetch, or only those that begin a block or touch another line than the one before? The others hit,
 * unless an inclusive cache below can take the line away between two instructions; and change nothing, unless a second use
 * does (SRRIP). */
bool hierarchy_wants_every_fetch(const Hierarchy *h);

/* Must it not see an access twice in a row? (Under SRRIP the second use of a line says more than the first; a store that brings nothing
 * in misses twice, one that is written through is written twice.) Fast handlers that start over show their first one again. */
bool hierarchy_wants_each_once(const Hierarchy *h);

/* Otherwise such a repetition is known by its time, which is the op's in this pass: who shows an access and may start over notes it
 * (size 0: nothing), and who shows it then leaves it out if it is the noted one. A straddling one would count its lines twice. */
void hierarchy_note_shown(Hierarchy *h, i64 time, u64 address, u32 size, AccessKind kind);
bool hierarchy_was_shown(Hierarchy *h, i64 time, u64 address, u32 size, AccessKind kind);
/* How many reads and writes it has been shown by hierarchy_miss_…, for who counts an instruction's accesses as they happen. A
 * modify is a write here. */
void hierarchy_shown(const Hierarchy *h, u64 *reads, u64 *writes);

/* The value of a counter; false: the model has none of that name. */
bool hierarchy_find_count(const Hierarchy *h, const char *name, u64 *value);

/* What one access caused, by differences: hierarchy_events, and which kind of miss it was (config.classify). */
enum { HIERARCHY_DETAILS = 22 };
extern const char *const hierarchy_detail_names[HIERARCHY_DETAILS]; /* I1mr … WB, D1cold D1capa D1conf DLcold …; NULL: end */
u32 hierarchy_details(const Hierarchy *h, u64 details[HIERARCHY_DETAILS]);

#endif

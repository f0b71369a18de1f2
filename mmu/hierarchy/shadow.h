/* Side books that follow the same accesses: an infinite and a fully associative cache for each real one (what kind of miss
 * was it?), and the LRU stack of all data lines (how far apart are uses of a line?). */
#ifndef EMU_MMU_HIERARCHY_SHADOW_H
#define EMU_MMU_HIERARCHY_SHADOW_H

#include "base/types.h"

typedef enum MissClass {
    MISS_COLD,     /* never used before: an infinite cache misses too */
    MISS_CAPACITY, /* a fully associative LRU cache of this size misses too */
    MISS_CONFLICT, /* that one would have hit */
    MISS_CLASSES
} MissClass;

typedef struct Shadow Shadow;
Shadow *shadow_create(u64 lines);
void shadow_destroy(Shadow *shadow);
/* A line is used; what its miss would be called, if it misses. */
MissClass shadow_use(Shadow *shadow, u64 line);

typedef struct Reuse Reuse;
Reuse *reuse_create(void);
void reuse_destroy(Reuse *reuse);
/* A line is used. The caller may leave out uses of the very line that was used last (distance 0). */
void reuse_use(Reuse *reuse, u64 line);
/* Uses that found fewer than `lines` other lines in between, of those reported; and first uses. */
u64 reuse_nearer(const Reuse *reuse, u64 lines);
u64 reuse_first_uses(const Reuse *reuse);
u64 reuse_uses(const Reuse *reuse);

#endif

/* Keeping guest memory and putting older contents back (phys_state.c, translate.c). */
#ifndef EMU_MMU_STATE_H
#define EMU_MMU_STATE_H

#include "mmu/mmu.h"

typedef struct PhysRange { u8 *start; u64 size; } PhysRange;
enum { PHYS_RANGES = FREE_LEVELS + 2 };

/* Where the bookkeeping's bytes lie that may differ from zero. The whole state is these, the Phys itself, and the contents of
 * all frames with references. */
void phys_state(const Phys *phys, PhysRange ranges[PHYS_RANGES]);
/* After all that was put back; `fresh_before`: phys->fresh as it was. No frame is FRAME_CODE or FRAME_WATCH then, and frames
 * without references hold what they must. */
void phys_put_back(Phys *phys, u32 fresh_before);

/* The Mmu was overwritten with an older copy of itself: nothing that it held counts. `kept` is what it was before, for what is
 * not its past: who is told, memory for slots, epochs that were handed out. */
void mmu_put_back(Mmu *mmu, const Mmu *kept);

#endif

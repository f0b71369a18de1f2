/* Other orders of handing frames out than lowest first: so that what depends on where pages lie in physical memory can be
 * seen (caches indexed by physical addresses), and be made to go away (page colouring). Private to this room. */
#ifndef EMU_MMU_ORDER_H
#define EMU_MMU_ORDER_H

#include "mmu/mmu.h"

/* A free frame for the page with this number, 0: none. */
u32 order_take(Phys *phys, u64 page);
/* The frame is free again. */
void order_give(Phys *phys, u32 frame);
u32 order_available(const Phys *phys);
void order_destroy(Phys *phys);

#endif

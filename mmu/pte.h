/* x86-64 paging-structure entries. SDM Vol. 3A, "4-Level Paging and 5-Level Paging", tables of entry formats. */
#ifndef EMU_MMU_PTE_H
#define EMU_MMU_PTE_H

#include "base/types.h"

#define PTE_P (1ull << 0)   /* present */
#define PTE_W (1ull << 1)   /* writable */
#define PTE_U (1ull << 2)   /* user */
#define PTE_PWT (1ull << 3)
#define PTE_PCD (1ull << 4)
#define PTE_A (1ull << 5)   /* accessed */
#define PTE_D (1ull << 6)   /* dirty (leaf) */
#define PTE_PS (1ull << 7)  /* leaf at level 2 or 3 */
#define PTE_G (1ull << 8)
#define PTE_COW (1ull << 9) /* available to software: shared until written */
#define PTE_SOFT_SHARED (1ull << 10) /* available to software: MAP_SHARED */
#define PTE_SWAP (1ull << 11) /* available to software: in a non-present entry, bits 51..12 are a swap slot (swap.h) */
#define PTE_WAS_DIRTY (1ull << 55) /* available to software: D was set and has been harvested (emu/pages.c) */
#define PTE_NX (1ull << 63)
#define PTE_FRAME 0x000ffffffffff000ull /* bits 51..12 */

enum { PHYS_ADDRESS_BITS = 48 }; /* MAXPHYADDR, as CPUID 80000008h must report it: higher bits of a frame are reserved */
#define PTE_RESERVED (PTE_FRAME & ~((1ull << PHYS_ADDRESS_BITS) - 1))

/* The frame that an entry of level 1 names, present or not (a PROT_NONE page keeps its frame); 0: none, or it is swapped out.
 * */
static INLINE u64 pte_frame(u64 entry) { return (entry & (PTE_P | PTE_SWAP)) == PTE_SWAP ? 0 : entry & PTE_FRAME; }

#endif

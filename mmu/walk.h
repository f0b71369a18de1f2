/* The walk itself, inlined by walk.c (which shows it) and translate.c (which needs it in a few nanoseconds): one truth of
 * how CR3 and an address become a leaf. Private to this room. SDM Vol. 3A, "4-Level Paging and 5-Level Paging".
 *
 *      63      48 47     39 38     30 29     21 20     12 11          0
 *      | copies  |  PML4   |  PDPT   |   PD    |   PT    |  offset   |
 *        of 47      level 4   level 3   level 2   level 1                */
#ifndef EMU_MMU_WALK_H
#define EMU_MMU_WALK_H

#include "mmu/mmu.h"
#include "mmu/pte.h"

enum { PT_ENTRIES = 512 };

/* Bytes that one entry of this level covers: 4 KiB, 2 MiB, 1 GiB, 512 GiB. */
static INLINE u64 pt_span(int level) { return 1ull << (PAGE_SHIFT + 9 * (level - 1)); }
static INLINE u64 pt_index(u64 address, int level) { return address >> (PAGE_SHIFT + 9 * (level - 1)) & (PT_ENTRIES - 1); }

/* Bits that must be zero in a present entry of this level ("Reserved Bits in the paging-structure entries"): address bits
 * above MAXPHYADDR, PS in a PML4E, and in large leaves the address bits below their alignment (bit 12 is PAT there). */
static INLINE u64 pt_reserved(int level, bool large)
{
    if (level == 4)
        return PTE_RESERVED | PTE_PS;
    return large ? PTE_RESERVED | (pt_span(level) - (2ull << PAGE_SHIFT)) : PTE_RESERVED;
}

static INLINE WalkEnd walk_tables(const Phys *phys, u64 cr3, u64 address, Walk *walk)
{
    u64 table = cr3 & PTE_FRAME;
    walk->leaf_level = walk->levels_read = 0;
    walk->rights = PTE_W | PTE_U;
#pragma GCC unroll 4
    for (int level = 4; level >= 1; level--) {
        u64 entry_paddr = table + 8 * pt_index(address, level);
        const u8 *host = phys_host(phys, entry_paddr);
        if (UNLIKELY(!host))
            return WALK_OUTSIDE_RAM;
        u64 entry;
        memcpy(&entry, host, sizeof entry);
        walk->entry_paddr[level] = entry_paddr;
        walk->entry[level] = entry;
        walk->levels_read++;
        if (!(entry & PTE_P))
            return WALK_NOT_PRESENT;
        bool large = (level == 2 || level == 3) && entry & PTE_PS;
        if (UNLIKELY(entry & pt_reserved(level, large)))
            return WALK_RESERVED_BIT;
        walk->rights = (walk->rights & entry & (PTE_W | PTE_U)) | ((walk->rights | entry) & PTE_NX);
        table = entry & PTE_FRAME;
        if (level == 1 || large) {
            u64 span = pt_span(level);
            walk->paddr = (table & ~(span - 1)) | (address & (span - 1));
            if (UNLIKELY(walk->paddr >= phys->size))
                return WALK_OUTSIDE_RAM;
            walk->leaf_level = level;
            return WALK_LEAF;
        }
    }
    __builtin_unreachable();
}

#endif

/* The TLB's data, and the hit. A hit is one compare and one add; anything unusual (miss, page-crossing, a page that
 * holds decoded code, a watched page, a non-canonical address) fails that one compare and is somebody else's business.
 *
 * Direct-mapped, separate arrays for reads, writes and fetches. An entry's tag is the page's address. A tag that must not
 * match has bit 12 flipped: it then names a page of another set, which no look-up in this set can equal. So "invalid" and
 * "valid, but keep out of the fast path" (TLB_SLOW) both fail by construction. */
#ifndef EMU_MMU_TLB_H
#define EMU_MMU_TLB_H

#include "base/types.h"

enum {
    PAGE_SHIFT = 12,
    PAGE_SIZE = 1 << PAGE_SHIFT,
    TLB_SETS = 1024,      /* data, each of read and write */
    TLB_EXEC_SETS = 1024,
};
#define PAGE_MASK (~(u64)(PAGE_SIZE - 1))

typedef struct TlbEntry {
    u64 tag;  /* page address; bit 12 flipped when invalid or slow */
    u8 *host; /* host address of the page; NULL when invalid */
} TlbEntry;

_Static_assert(sizeof(TlbEntry) == 16, "tlb_lookup counts on it");

typedef struct TlbExecEntry {
    u64 tag;   /* page address; bit 12 flipped when invalid */
    u64 paddr; /* of the frame */
} TlbExecEntry;

typedef struct Tlb {
    TlbEntry read[TLB_SETS];
    TlbEntry write[TLB_SETS];
    TlbExecEntry exec[TLB_EXEC_SETS];
} Tlb;

/* The host address of [address, address + size), or NULL when the fast path does not apply. size 1..4096. */
static INLINE u8 *tlb_lookup(const TlbEntry *sets, u64 address, u32 size)
{
    /* one shift and one mask give the entry's byte offset: entries are 16 bytes */
    u64 set = address >> (PAGE_SHIFT - 4) & (TLB_SETS - 1) << 4;
    const TlbEntry *entry = (const TlbEntry *)((const u8 *)sets + set);
    u64 offset = address - entry->tag;
    if (UNLIKELY(offset > PAGE_SIZE - size))
        return NULL;
    u8 *host = entry->host + offset;
    if (!host)
        __builtin_unreachable(); /* saves callers a second test */
    return host;
}

static INLINE const TlbExecEntry *tlb_exec_entry(const Tlb *tlb, u64 address)
{
    return &tlb->exec[address >> PAGE_SHIFT & (TLB_EXEC_SETS - 1)];
}

#endif

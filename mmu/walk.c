/* Page tables in guest frames: looking up, making, visiting and freeing them.
 *
 * Entries are data that a debugger may have corrupted, so every table address is checked against RAM before it is
 * followed, and only frames that are tables are freed as tables. */
#include "mmu/walk.h"

#include "base/bits.h"

bool pt_walk(const Phys *phys, u64 cr3, u64 address, Walk *walk)
{
    memset(walk, 0, sizeof *walk);
    walk->end = walk_tables(phys, cr3, address, walk);
    return walk->end == WALK_LEAF;
}

u64 pt_create(Phys *phys) { return phys_alloc(phys, FRAME_TABLE); }

/* The entry of `address` in the table at `paddr`; NULL outside RAM. */
static u64 *entry_at(const Phys *phys, u64 paddr, u64 address, int level)
{
    return (u64 *)phys_host(phys, (paddr & PTE_FRAME) + 8 * pt_index(address, level));
}

/* The entry of `address` at `level`, following tables only. NULL: a table is missing, outside RAM, or a large leaf. */
static u64 *find_entry(const Phys *phys, u64 cr3, u64 address, int level)
{
    u64 *entry = entry_at(phys, cr3, address, 4);
    for (int at = 3; entry && at >= level; at--) {
        if (!(*entry & PTE_P) || (*entry & PTE_PS))
            return NULL;
        entry = entry_at(phys, *entry, address, at);
    }
    return entry;
}

u64 *pt_entry(Phys *phys, u64 cr3, u64 address, bool create)
{
    u64 *entry = entry_at(phys, cr3, address, 4);
    for (int level = 3; entry && level >= 1; level--) {
        if (!(*entry & PTE_P)) {
            u64 table = create ? phys_alloc(phys, FRAME_TABLE) : 0;
            if (!table)
                return NULL;
            *entry = table | PTE_P | PTE_W | PTE_U; /* rights are decided at the leaf */
        } else if (*entry & PTE_PS) {
            return NULL;
        }
        entry = entry_at(phys, *entry, address, level);
    }
    return entry;
}

/* The first address behind the level-`level` entry that covers `address`; saturates at the end of the address space. */
static u64 span_end(u64 address, int level)
{
    u64 end = (address & ~(pt_span(level) - 1)) + pt_span(level);
    return end ? end : ~0ull;
}

/* The canonical address space is two halves; the hole between them must not be taken for more of the same tables. */
static const u64 LOW_END = 1ull << 47, HIGH_START = ~0ull << 47;

/* At which level the tables for `address` end: 1 when there is a page table, else the level of the entry that has none. */
static int missing_level(const Phys *phys, u64 cr3, u64 address)
{
    for (int level = 4; level > 1; level--) {
        const u64 *entry = find_entry(phys, cr3, address, level);
        if (!entry || !(*entry & PTE_P) || (*entry & PTE_PS))
            return level;
    }
    return 1;
}

void pt_visit(Phys *phys, u64 cr3, u64 start, u64 end, PtVisit *visit, void *context)
{
    u64 address = start & PAGE_MASK;
    while (address < end) {
        if (address >= LOW_END && address < HIGH_START)
            address = HIGH_START;
        int level = missing_level(phys, cr3, address);
        if (level > 1) {
            address = span_end(address, level);
            continue;
        }
        u64 *entry = find_entry(phys, cr3, address, 1);
        u64 table_end = span_end(address, 2);
        if (!entry) {
            address = table_end;
            continue;
        }
        for (u64 stop = table_end < end ? table_end : end; address < stop; address += PAGE_SIZE, entry++) {
            if (*entry && !visit(context, address, entry))
                return;
            if (address + PAGE_SIZE == 0) /* the last page of all */
                return;
        }
    }
}

static bool table_is_empty(const Phys *phys, u64 entry)
{
    const u64 *table = (const u64 *)phys_host(phys, entry & PTE_FRAME);
    u64 any = 0;
    for (int i = 0; table && i < PT_ENTRIES; i++)
        any |= table[i];
    return table && !any;
}

/* Does this entry lead to a table that is ours to free? */
static bool leads_to_table(const Phys *phys, u64 entry)
{
    return (entry & PTE_P) && !(entry & PTE_PS) && (entry & PTE_FRAME) < phys->size &&
           phys->frames[(entry & PTE_FRAME) >> PAGE_SHIFT].kind == FRAME_TABLE;
}

/* Frees what became empty below `table`, whose entries are of `level`, within [start, last]: inclusive, so that
 * the last byte of the address space can be named. */
static void prune_table(Phys *phys, u64 table, int level, u64 start, u64 last)
{
    u64 *entries = (u64 *)phys_host(phys, table);
    if (!entries)
        return;
    for (u64 i = pt_index(start, level); i <= pt_index(last, level); i++) {
        if (!leads_to_table(phys, entries[i]))
            continue;
        u64 base = (start & ~(pt_span(level + 1) - 1)) + i * pt_span(level);
        u64 base_last = base + pt_span(level) - 1;
        if (level > 2)
            prune_table(phys, entries[i] & PTE_FRAME, level - 1, start > base ? start : base,
                        last < base_last ? last : base_last);
        if (table_is_empty(phys, entries[i])) {
            phys_unref(phys, entries[i] & PTE_FRAME);
            entries[i] = 0;
        }
    }
}

void pt_prune(Phys *phys, u64 cr3, u64 start, u64 end)
{
    if (start < end && start < LOW_END)
        prune_table(phys, cr3 & PTE_FRAME, 4, start, (end < LOW_END ? end : LOW_END) - 1);
    if (start < end && end > HIGH_START)
        prune_table(phys, cr3 & PTE_FRAME, 4, start > HIGH_START ? start : HIGH_START, end - 1);
}

static void destroy_table(Phys *phys, u64 table, int level)
{
    const u64 *entries = (const u64 *)phys_host(phys, table);
    for (int i = 0; level > 1 && i < PT_ENTRIES; i++)
        if (leads_to_table(phys, entries[i]))
            destroy_table(phys, entries[i] & PTE_FRAME, level - 1);
    if (phys_frame(phys, table)->kind == FRAME_TABLE) /* corrupt entries can name it twice */
        phys_unref(phys, table);
}

void pt_destroy(Phys *phys, u64 cr3)
{
    phys->tables_destroyed++;
    if ((cr3 & PTE_FRAME) < phys->size && phys_frame(phys, cr3 & PTE_FRAME)->kind == FRAME_TABLE)
        destroy_table(phys, cr3 & PTE_FRAME, 4);
}

/* Page tables: making, walking, visiting, pruning; large leaves, reserved bits, corrupt entries. */
#include <stdlib.h>

#include "mmu/mmu.h"
#include "mmu/pte.h"
#include "tests/unit/check.h"

enum { RW = PTE_P | PTE_W | PTE_U };

static Phys phys;
static u64 cr3;

static void begin(void)
{
    CHECK(phys_create(&phys, 64 << 20));
    cr3 = pt_create(&phys);
    CHECK(cr3 != 0);
}

/* The entry at `level` on the way to `address`, made by hand: what the tests corrupt. */
static u64 *raw_entry(u64 address, int level)
{
    u64 table = cr3;
    for (int at = 4;; at--) {
        u64 *entry = (u64 *)(phys.ram + table) + (address >> (12 + 9 * (at - 1)) & 511);
        if (at == level)
            return entry;
        table = *entry & PTE_FRAME;
    }
}

static void test_shape(void)
{
    begin();
    /* 4-level indices 1, 2, 3, 4 */
    u64 address = 1ull << 39 | 2ull << 30 | 3ull << 21 | 4ull << 12;
    CHECK(pt_entry(&phys, cr3, address, false) == NULL);
    u64 *entry = pt_entry(&phys, cr3, address, true);
    CHECK(entry && *entry == 0);
    CHECK_EQUAL(phys.used[FRAME_TABLE], 4);
    CHECK(pt_entry(&phys, cr3, address, false) == entry);
    CHECK(pt_entry(&phys, cr3, address + PAGE_SIZE, true) == entry + 1);
    CHECK_EQUAL(phys.used[FRAME_TABLE], 4);
    u64 frame = phys_alloc(&phys, FRAME_ANON);
    *entry = frame | PTE_P | PTE_U | PTE_NX;
    Walk walk;
    CHECK(pt_walk(&phys, cr3, address + 0x123, &walk));
    CHECK_EQUAL(walk.leaf_level, 1);
    CHECK_EQUAL(walk.levels_read, 4);
    CHECK_EQUAL(walk.paddr, frame + 0x123);
    CHECK_EQUAL(walk.rights, PTE_U | PTE_NX);
    CHECK_EQUAL(walk.entry_paddr[4], cr3 + 8);
    CHECK_EQUAL(walk.entry_paddr[3] & 0xfff, 2 * 8);
    CHECK_EQUAL(walk.entry_paddr[2] & 0xfff, 3 * 8);
    CHECK_EQUAL(walk.entry_paddr[1], (u64)((u8 *)entry - phys.ram));
    CHECK_EQUAL(walk.entry[1], *entry);
    CHECK(!pt_walk(&phys, cr3, address + PAGE_SIZE, &walk));
    CHECK_EQUAL(walk.end, WALK_NOT_PRESENT);
    CHECK_EQUAL(walk.levels_read, 4);
    CHECK(!pt_walk(&phys, cr3, 0, &walk));
    CHECK_EQUAL(walk.levels_read, 1);
    *entry = 0;
    phys_unref(&phys, frame);
    pt_destroy(&phys, cr3);
    CHECK_EQUAL(phys.used[FRAME_TABLE], 0);
    CHECK_EQUAL(phys.used_total, 2);
    phys_destroy(&phys);
}

/* Page-table frames = 1 + distinct 512 GiB + 1 GiB + 2 MiB regions touched. */
static void test_table_count(void)
{
    begin();
    u64 seed = 7, pml4e[64], pdpte[64], pde[64];
    u32 distinct[3] = {0};
    u64 *seen[3] = {pml4e, pdpte, pde};
    for (int i = 0; i < 64; i++) {
        u64 address = check_random(&seed) & 0x0000018080e00000ull; /* few bits, so regions are shared */
        CHECK(pt_entry(&phys, cr3, address, true) != NULL);
        for (int k = 0; k < 3; k++) {
            u64 region = address >> (39 - 9 * k);
            bool known = false;
            for (u32 j = 0; j < distinct[k]; j++)
                known |= seen[k][j] == region;
            if (!known)
                seen[k][distinct[k]++] = region;
        }
        CHECK_EQUAL(phys.used[FRAME_TABLE], 1 + distinct[0] + distinct[1] + distinct[2]);
    }
    pt_prune(&phys, cr3, 0, 1ull << 47);
    CHECK_EQUAL(phys.used[FRAME_TABLE], 1);
    phys_destroy(&phys);
}

static void test_large_leaves(void)
{
    begin();
    u64 address = 5ull << 30;
    Walk walk;
    CHECK(pt_entry(&phys, cr3, address, true) != NULL);
    *raw_entry(address, 2) = 0x200000 | RW | PTE_PS;
    CHECK(pt_walk(&phys, cr3, address + 0x12345, &walk));
    CHECK_EQUAL(walk.leaf_level, 2);
    CHECK_EQUAL(walk.levels_read, 3);
    CHECK_EQUAL(walk.paddr, 0x200000 + 0x12345);
    CHECK(pt_entry(&phys, cr3, address, true) == NULL); /* a large leaf is in the way */
    *raw_entry(address, 2) |= 1 << 12;                  /* PAT, not an address bit */
    CHECK(pt_walk(&phys, cr3, address + 0x12345, &walk) && walk.paddr == 0x200000 + 0x12345);
    *raw_entry(address, 2) |= 1 << 13;
    CHECK(!pt_walk(&phys, cr3, address, &walk) && walk.end == WALK_RESERVED_BIT);

    *raw_entry(address, 3) = RW | PTE_PS; /* 1 GiB at 0; RAM is 64 MiB of it */
    CHECK(pt_walk(&phys, cr3, address + (64 << 20) - 1, &walk));
    CHECK_EQUAL(walk.leaf_level, 3);
    CHECK_EQUAL(walk.paddr, (64 << 20) - 1);
    CHECK(!pt_walk(&phys, cr3, address + (64 << 20), &walk) && walk.end == WALK_OUTSIDE_RAM);
    *raw_entry(address, 3) |= 1 << 29;
    CHECK(!pt_walk(&phys, cr3, address, &walk) && walk.end == WALK_RESERVED_BIT);

    *raw_entry(address, 4) |= PTE_PS;
    CHECK(!pt_walk(&phys, cr3, address, &walk) && walk.end == WALK_RESERVED_BIT);
    phys_destroy(&phys);
}

static void test_combined_rights(void)
{
    begin();
    u64 address = 0x400000;
    Walk walk;
    *pt_entry(&phys, cr3, address, true) = phys_alloc(&phys, FRAME_ANON) | RW;
    CHECK(pt_walk(&phys, cr3, address, &walk) && walk.rights == (PTE_W | PTE_U));
    for (int level = 1; level <= 4; level++) {
        *raw_entry(address, level) ^= PTE_W;
        CHECK(pt_walk(&phys, cr3, address, &walk) && walk.rights == PTE_U);
        *raw_entry(address, level) ^= PTE_W | PTE_U;
        CHECK(pt_walk(&phys, cr3, address, &walk) && walk.rights == PTE_W);
        *raw_entry(address, level) ^= PTE_U | PTE_NX;
        CHECK(pt_walk(&phys, cr3, address, &walk) && walk.rights == (PTE_W | PTE_U | PTE_NX));
        *raw_entry(address, level) ^= PTE_NX;
    }
    for (int bit = PHYS_ADDRESS_BITS; bit < 52; bit++) {
        for (int level = 1; level <= 4; level++) {
            *raw_entry(address, level) ^= 1ull << bit;
            CHECK(!pt_walk(&phys, cr3, address, &walk) && walk.end == WALK_RESERVED_BIT);
            CHECK_EQUAL(walk.levels_read, 5 - level);
            *raw_entry(address, level) ^= 1ull << bit;
        }
    }
    phys_destroy(&phys);
}

static bool collect(void *context, u64 address, u64 *entry)
{
    u64 **next = context;
    *(*next)++ = address;
    return *entry != 0xdead000;
}

static void test_visit_and_prune(void)
{
    begin();
    const u64 pages[] = {0x1000, 0x1ff000, 0x200000, 0x40000000, 0x7fffffffe000, 0x7ffffffff000};
    u64 seen[16], *next = seen;
    for (u32 i = 0; i < ARRAY_LEN(pages); i++)
        *pt_entry(&phys, cr3, pages[i], true) = 0x5000000000 + i * 2; /* not present, not zero: a swap slot */
    pt_visit(&phys, cr3, 0, ~0ull, collect, &next);
    CHECK_EQUAL(next - seen, ARRAY_LEN(pages));
    CHECK(memcmp(seen, pages, sizeof pages) == 0);
    next = seen;
    pt_visit(&phys, cr3, 0x1ff000, 0x200000, collect, &next);
    CHECK(next - seen == 1 && seen[0] == 0x1ff000);
    next = seen;
    pt_visit(&phys, cr3, 0x1ff001, 0x200001, collect, &next);
    CHECK(next - seen == 2 && seen[1] == 0x200000);
    *pt_entry(&phys, cr3, pages[2], false) = 0xdead000;
    next = seen;
    pt_visit(&phys, cr3, 0, ~0ull, collect, &next);
    CHECK_EQUAL(next - seen, 3);

    CHECK_EQUAL(phys.used[FRAME_TABLE], 1 + 2 + 3 + 4);
    *pt_entry(&phys, cr3, 0x1000, false) = 0;
    pt_prune(&phys, cr3, 0x1000, 0x2000); /* 0x1ff000 still needs the table */
    CHECK_EQUAL(phys.used[FRAME_TABLE], 10);
    *pt_entry(&phys, cr3, 0x1ff000, false) = 0;
    pt_prune(&phys, cr3, 0x1ff000, 0x200000);
    CHECK_EQUAL(phys.used[FRAME_TABLE], 9);
    CHECK(pt_entry(&phys, cr3, 0x1000, false) == NULL);
    *pt_entry(&phys, cr3, 0x40000000, false) = 0;
    pt_prune(&phys, cr3, 0x40000000, 0x40001000); /* its page table, its page directory */
    CHECK_EQUAL(phys.used[FRAME_TABLE], 7);
    *pt_entry(&phys, cr3, pages[4], false) = *pt_entry(&phys, cr3, pages[5], false) = 0;
    pt_prune(&phys, cr3, 0x7ffffffff000, 0x800000000000);
    CHECK_EQUAL(phys.used[FRAME_TABLE], 4);
    CHECK(pt_entry(&phys, cr3, 0x200000, false) != NULL);
    pt_destroy(&phys, cr3);
    CHECK_EQUAL(phys.used[FRAME_TABLE], 0);
    phys_destroy(&phys);
}

static void test_table_exhaustion(void)
{
    CHECK(phys_create(&phys, 1 << 20));
    cr3 = pt_create(&phys);
    while (phys_available(&phys) > 2)
        phys_alloc(&phys, FRAME_ANON);
    CHECK(pt_entry(&phys, cr3, 0, true) == NULL); /* three tables wanted, two frames left */
    CHECK(pt_entry(&phys, cr3, 0, false) == NULL);
    phys_unref(&phys, (u64)(phys.frame_count - 5) << PAGE_SHIFT);
    CHECK(pt_entry(&phys, cr3, 0, true) != NULL);
    pt_destroy(&phys, cr3);
    CHECK_EQUAL(phys.used[FRAME_TABLE], 0);
    phys_destroy(&phys);
}

static bool any(void *context, u64 address, u64 *entry)
{
    (void)address;
    *(u64 *)context += *entry; /* reading it must be safe */
    return true;
}

/* Random entries everywhere: every function must stay inside RAM, and end. (Under a sanitizer or not: RAM lies between
 * guard regions, so a step outside is a crash.) */
static void test_garbage(void)
{
    u64 seed = 3;
    for (int round = 0; round < 300; round++) {
        CHECK(phys_create(&phys, 1 << 20));
        cr3 = pt_create(&phys);
        for (int i = 0; i < 8; i++)
            pt_entry(&phys, cr3, check_random(&seed) >> 17, true);
        for (u64 *p = (u64 *)(phys.ram + cr3); p < (u64 *)(phys.ram + ((u64)phys.fresh << PAGE_SHIFT)); p++) {
            u64 value = check_random(&seed);
            if (value % 4 == 0)
                *p = (value & 0xff) | (check_random(&seed) % 0x180000 & PTE_FRAME) | PTE_P; /* a third lies outside RAM */
            else if (value % 4 == 1)
                *p = value;
        }
        Walk walk;
        u64 sum = 0, inside = 0;
        for (int i = 0; i < 2000; i++) {
            if (pt_walk(&phys, cr3, (u64)((i64)check_random(&seed) >> 16), &walk))
                inside += walk.paddr >= phys.size;
            pt_entry(&phys, cr3, check_random(&seed) >> 17, round % 2);
        }
        CHECK_EQUAL(inside, 0);
        for (int i = 0; i < 4; i++) {
            u64 start = check_random(&seed) >> 17;
            pt_visit(&phys, cr3, start, start + (4ull << 30), any, &sum);
            pt_prune(&phys, cr3, start, start + (4ull << 30));
        }
        pt_destroy(&phys, cr3);
        phys_destroy(&phys);
    }
}

int main(void)
{
    test_shape();
    test_table_count();
    test_large_leaves();
    test_combined_rights();
    test_visit_and_prune();
    test_table_exhaustion();
    test_garbage();
    return check_result();
}

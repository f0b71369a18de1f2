/* The MMU: what hits, what misses, what faults with which error code, when A and D appear, what a flush drops. */
#include <stdlib.h>
#include <time.h>

#include "mmu/mmu.h"
#include "mmu/pte.h"
#include "tests/unit/check.h"

static Phys phys;
static Mmu mmu;
static Fault fault;

static void begin(void)
{
    CHECK(phys_create(&phys, 64 << 20));
    mmu_init(&mmu, &phys);
    mmu_set_cr3(&mmu, pt_create(&phys));
}

static void end(void)
{
    mmu_destroy(&mmu);
    phys_destroy(&phys);
}

/* Maps a new frame; returns its paddr. */
static u64 map(u64 address, u64 rights)
{
    u64 paddr = phys_alloc(&phys, FRAME_ANON);
    *pt_entry(&phys, mmu.cr3, address, true) = paddr | rights;
    return paddr;
}
static u64 entry_of(u64 address) { return *pt_entry(&phys, mmu.cr3, address, false); }
static bool fast_read(u64 address, u32 size) { return tlb_lookup(mmu.tlb.read, address, size) != NULL; }
static bool fast_write(u64 address, u32 size) { return tlb_lookup(mmu.tlb.write, address, size) != NULL; }

enum { R = PTE_P | PTE_U, RW = PTE_P | PTE_U | PTE_W };
#define NX PTE_NX

static void test_fill(void)
{
    begin();
    u64 address = 0x400000, paddr = map(address, RW | NX);
    CHECK(!fast_read(address, 1) && !fast_write(address, 1));
    CHECK(mmu_translate(&mmu, address + 5, ACCESS_READ, &fault) == phys.ram + paddr + 5);
    CHECK(fast_read(address + 4095, 1) && fast_read(address, 4096) && !fast_read(address + 4095, 2) && !fast_read(address - 1, 2));
    CHECK(!fast_write(address, 1)); /* D is clear: a store must walk */
    CHECK_EQUAL(entry_of(address) & (PTE_A | PTE_D), PTE_A);
    CHECK_EQUAL(mmu.stats.read_misses, 1);
    CHECK(mmu_translate(&mmu, address + 5, ACCESS_READ, &fault) == phys.ram + paddr + 5);
    CHECK_EQUAL(mmu.stats.read_misses, 1);
    CHECK(mmu_translate(&mmu, address + 8, ACCESS_WRITE, &fault) == phys.ram + paddr + 8);
    CHECK(fast_write(address, 8));
    CHECK_EQUAL(entry_of(address) & (PTE_A | PTE_D), PTE_A | PTE_D);
    CHECK_EQUAL(mmu.stats.write_misses, 1);
    CHECK_EQUAL(mmu.stats.walks, 2);
    CHECK_EQUAL(mmu.stats.walk_references, 8);
    Walk walk;
    pt_walk(&phys, mmu.cr3, address, &walk);
    for (int level = 2; level <= 4; level++)
        CHECK_EQUAL(walk.entry[level] & (PTE_A | PTE_D), PTE_A);
    end();
}

/* Every combination of rights and access. */
static void test_faults(void)
{
    begin();
    u64 address = 0x10000;
    for (u32 bits = 0; bits < 16; bits++) {
        u64 rights = (bits & 1 ? PTE_P : 0) | (bits & 2 ? PTE_W : 0) | (bits & 4 ? PTE_U : 0) | (bits & 8 ? NX : 0);
        map(address, rights);
        u64 before = entry_of(address);
        for (Access access = ACCESS_READ; access <= ACCESS_FETCH; access++) {
            u32 error = 4 | (bits & 1) | (access == ACCESS_WRITE ? 2 : 0) | (access == ACCESS_FETCH ? 16 : 0);
            bool allowed = (bits & 5) == 5 && (access != ACCESS_WRITE || bits & 2) && (access != ACCESS_FETCH || !(bits & 8));
            fault = (Fault){0};
            CHECK((mmu_translate(&mmu, address + 0xabc, access, &fault) != NULL) == allowed);
            if (!allowed) {
                CHECK_EQUAL(fault.kind, FAULT_PAGE);
                CHECK_EQUAL(fault.error, error);
                CHECK_EQUAL(fault.address, address + 0xabc);
                CHECK_EQUAL(entry_of(address), before);
            }
            *pt_entry(&phys, mmu.cr3, address, false) = before;
            mmu_flush_range(&mmu, address, address + 1);
        }
        address += PAGE_SIZE;
    }
    /* a look-up that faults is neither hit nor miss */
    CHECK_EQUAL(mmu.stats.read_misses + mmu.stats.write_misses + mmu.stats.fetch_misses, 4 + 2 + 2);
    CHECK_EQUAL(mmu.stats.walks, 48);
    CHECK(!mmu_translate(&mmu, 1ull << 47, ACCESS_READ, &fault) && fault.kind == FAULT_NON_CANONICAL);
    CHECK(!mmu_translate(&mmu, 0x8000000000010000, ACCESS_WRITE, &fault) && fault.kind == FAULT_NON_CANONICAL);
    CHECK_EQUAL(mmu.stats.walks, 48);
    CHECK(!mmu_translate(&mmu, 0xffff800000000000, ACCESS_READ, &fault) && fault.kind == FAULT_PAGE && fault.error == 4);
    map(0x7000, RW | 1ull << 51);
    CHECK(!mmu_translate(&mmu, 0x7004, ACCESS_WRITE, &fault) && fault.kind == FAULT_PAGE && fault.error == 15);
    *pt_entry(&phys, mmu.cr3, 0x7000, true) = phys.size | RW;
    CHECK(!mmu_translate(&mmu, 0x7004, ACCESS_READ, &fault) && fault.kind == FAULT_BUS && fault.address == 0x7004);
    end();
}

static void test_large_page(void)
{
    begin();
    map(0x40000000, RW);
    Walk walk;
    pt_walk(&phys, mmu.cr3, 0x40000000, &walk);
    *(u64 *)(phys.ram + walk.entry_paddr[2]) = 0x200000 | RW | PTE_PS;
    CHECK(mmu_translate(&mmu, 0x40012345, ACCESS_WRITE, &fault) == phys.ram + 0x212345);
    CHECK(fast_write(0x40012000, 4096) && !fast_write(0x40013000, 1));
    CHECK_EQUAL(*(u64 *)(phys.ram + walk.entry_paddr[2]) & (PTE_A | PTE_D), PTE_A | PTE_D);
    CHECK(mmu_translate(&mmu, 0x4013ffff, ACCESS_FETCH, &fault) == phys.ram + 0x33ffff);
    CHECK_EQUAL(tlb_exec_entry(&mmu.tlb, 0x4013f000)->paddr, 0x33f000);
    end();
}

/* P pages cyclically, direct-mapped sets: closed form of HIERARCHY.md with W = 1. */
static void test_closed_form(void)
{
    const u32 pages[] = {1, 1000, 1024, 1025, 1100, 2048, 3000};
    enum { ROUNDS = 5 };
    for (u32 k = 0; k < ARRAY_LEN(pages); k++) {
        u32 p = pages[k], expected = 0;
        begin();
        for (u32 i = 0; i < p; i++)
            map(0x100000 + (u64)i * PAGE_SIZE, RW);
        for (u32 set = 0; set < TLB_SETS; set++) {
            u32 in_set = p / TLB_SETS + (set < p % TLB_SETS);
            expected += in_set <= 1 ? in_set : ROUNDS * in_set;
        }
        u64 looked_up = 0;
        for (u32 round = 0; round < ROUNDS; round++)
            for (u32 i = 0; i < p; i++, looked_up++)
                if (!fast_read(0x100000 + (u64)i * PAGE_SIZE, 8))
                    mmu_translate(&mmu, 0x100000 + (u64)i * PAGE_SIZE, ACCESS_READ, &fault);
        CHECK_EQUAL(mmu.stats.read_misses, expected);
        CHECK_EQUAL(mmu.stats.walks, expected);
        CHECK_EQUAL(mmu.stats.walk_references, 4 * expected);
        end();
    }
}

static u64 told_address, told_count, told_paddr, told_size;
static void on_watch(void *context, u64 address, u32 size, Access access)
{
    CHECK(context == &mmu);
    told_address = address;
    told_size = size * 10 + access;
    told_count++;
}
static void on_code(void *context, u64 paddr, u32 size)
{
    CHECK(context == &mmu);
    told_paddr = paddr;
    told_size = size;
    told_count++;
}

static void test_slow_frames(void)
{
    begin();
    mmu.context = &mmu;
    mmu.watched = on_watch;
    mmu.code_written = on_code;
    u64 code = map(0x5000, RW), watch = map(0x6000, RW);
    u8 byte = 0x77, back = 0;
    CHECK(mmu_write(&mmu, 0x5000, &byte, 1, &fault) && mmu_read(&mmu, 0x5000, &back, 1, &fault) && back == 0x77);
    CHECK(fast_write(0x5000, 1) && fast_read(0x5000, 1));
    phys_frame(&phys, code)->flags = FRAME_CODE;
    mmu_flush_frame(&mmu, code);
    CHECK(!fast_write(0x5000, 1) && fast_read(0x5000, 1));
    phys_frame(&phys, watch)->flags = FRAME_WATCH;
    told_count = 0;
    CHECK(mmu_write(&mmu, 0x5ffe, "abcd", 4, &fault));
    CHECK_EQUAL(told_count, 2);
    CHECK_EQUAL(told_paddr, code + 0xffe); /* after the watch, which comes before the access */
    CHECK_EQUAL(told_address, 0x6000);
    CHECK_EQUAL(told_size, 2);
    CHECK(!fast_write(0x6000, 1) && !fast_read(0x6000, 1));
    u64 misses = mmu.stats.write_misses + mmu.stats.read_misses;
    CHECK(mmu_read(&mmu, 0x6000, &back, 1, &fault) && back == 'c');
    CHECK_EQUAL(told_size, 10 + ACCESS_READ);
    for (int i = 0; i < 5; i++) { /* slow entries that match are hits */
        mmu_translate(&mmu, 0x5000, ACCESS_WRITE, &fault);
        mmu_translate(&mmu, 0x6000, ACCESS_WRITE, &fault);
        mmu_translate(&mmu, 0x6000, ACCESS_READ, &fault);
    }
    CHECK_EQUAL(mmu.stats.write_misses + mmu.stats.read_misses, misses + 1);
    phys_frame(&phys, code)->flags = phys_frame(&phys, watch)->flags = 0;
    mmu_flush_frame(&mmu, code);
    mmu_flush_frame(&mmu, watch);
    CHECK(fast_write(0x5000, 1) && fast_read(0x5000, 1) && fast_write(0x6000, 1) && fast_read(0x6000, 1));
    CHECK_EQUAL(mmu.stats.write_misses + mmu.stats.read_misses, misses + 1);
    /* an invalidated slow entry must not match the page whose address its tag spells */
    phys_frame(&phys, watch)->flags = FRAME_WATCH;
    mmu_flush_frame(&mmu, watch);
    mmu_flush_range(&mmu, 0x6000, 0x7000);
    CHECK(!fast_read(0x7000, 1) && !fast_read(0x6000, 1));
    told_count = 0;
    byte = 0x12;
    CHECK_EQUAL(mmu_poke(&mmu, mmu.cr3, 0x6000, &byte, 1), 1);
    CHECK_EQUAL(told_count, 0);
    end();
}

static void test_whole_accesses(void)
{
    begin();
    enum { PAGES = 150 };
    static u8 out[PAGES * PAGE_SIZE], in[PAGES * PAGE_SIZE];
    for (int i = 0; i < PAGES; i++)
        map(0x7fff00000000 + (u64)i * PAGE_SIZE, RW);
    for (u32 i = 0; i < sizeof out; i++)
        out[i] = (u8)(i * 7 + i / 4096);
    CHECK(mmu_write(&mmu, 0x7fff00000001, out, sizeof out - 1, &fault));
    CHECK_EQUAL(mmu.stats.write_misses, PAGES);
    CHECK_EQUAL(mmu.stats.extra_lookups, PAGES - 1);
    CHECK(mmu_read(&mmu, 0x7fff00000001, in, sizeof in - 1, &fault));
    CHECK(memcmp(in, out, sizeof in - 1) == 0);
    CHECK(mmu_read(&mmu, 0x123, in, 0, &fault)); /* nothing asked, nothing refused */
    memset(in, 0, sizeof in);
    CHECK_EQUAL(mmu_peek(&phys, mmu.cr3, 0x7fff00000001, in, sizeof in + 100), sizeof in - 1);
    CHECK(memcmp(in, out, sizeof in - 1) == 0);

    /* The last page is missing: the fault names its first byte, and nothing has been written before it. */
    u64 last = 0x7fff00000000 + (PAGES - 1) * PAGE_SIZE;
    *pt_entry(&phys, mmu.cr3, last, false) = 0;
    mmu_flush_range(&mmu, last, last + PAGE_SIZE);
    memset(out, 0xee, sizeof out);
    CHECK(!mmu_write(&mmu, 0x7fff00000001, out, sizeof out - 1, &fault));
    CHECK_EQUAL(fault.address, last);
    CHECK_EQUAL(fault.error, 6);
    CHECK_EQUAL(mmu_peek(&phys, mmu.cr3, 0x7fff00000001, in, 1), 1);
    CHECK_EQUAL(in[0], 0);
    CHECK(!mmu_read(&mmu, last - 2, in, 4, &fault) && fault.address == last && fault.error == 4);
    end();
}

static void test_poke_spares_shared(void)
{
    begin();
    u8 byte = 9;
    *pt_entry(&phys, mmu.cr3, 0x1000, true) = phys.zero_page | R;
    CHECK_EQUAL(mmu_poke(&mmu, mmu.cr3, 0x1000, &byte, 1), 0);
    u64 shared = map(0x2000, R | PTE_COW);
    phys_ref(&phys, shared);
    CHECK_EQUAL(mmu_poke(&mmu, mmu.cr3, 0x2000, &byte, 1), 0);
    phys_unref(&phys, shared);
    CHECK_EQUAL(mmu_poke(&mmu, mmu.cr3, 0x2fff, &byte, 2), 1);
    CHECK_EQUAL(phys.ram[shared + 0xfff], 9);
    CHECK_EQUAL(phys.ram[phys.zero_page], 0);
    end();
}

static void test_epoch(void)
{
    enum { PAGES = TLB_EXEC_SETS + 200 }; /* more than the exec TLB holds */
    begin();
    for (u64 i = 0; i < PAGES; i++)
        map(0x400000 + i * PAGE_SIZE, R);
    map(0x900000, RW | NX);
    u32 epoch = mmu.exec_epoch;
    for (u64 i = 0; i < PAGES; i++)
        CHECK(mmu_translate(&mmu, 0x400000 + i * PAGE_SIZE, ACCESS_FETCH, &fault) != NULL);
    CHECK(mmu_translate(&mmu, 0x900000, ACCESS_WRITE, &fault) != NULL);
    CHECK_EQUAL(mmu.exec_epoch, epoch);
    mmu_flush_range(&mmu, 0x900000, 0x901000); /* never executed from */
    mmu_flush_range(&mmu, 0x10000000, 0x7fff00000000);
    CHECK_EQUAL(mmu.exec_epoch, epoch);
    u32 dropped = 0;
    for (u64 i = 0; i < PAGES; i++) { /* each may be remembered, whether the TLB still holds it or not */
        epoch = mmu.exec_epoch;
        mmu_translate(&mmu, 0x400000 + i * PAGE_SIZE, ACCESS_FETCH, &fault);
        mmu_flush_range(&mmu, 0x400000 + i * PAGE_SIZE, 0x400001 + i * PAGE_SIZE);
        dropped += mmu.exec_epoch != epoch;
    }
    CHECK_EQUAL(dropped, PAGES);
    epoch = mmu.exec_epoch;
    mmu_flush(&mmu);
    mmu_flush(&mmu);
    CHECK_EQUAL(mmu.exec_epoch, epoch); /* nothing executable was left to drop */
    /* An entry that survives somebody else's flush in the TLB is still known when it has been evicted. */
    mmu_translate(&mmu, 0x400000, ACCESS_FETCH, &fault);
    mmu_translate(&mmu, 0x401000, ACCESS_FETCH, &fault);
    mmu_flush_range(&mmu, 0x401000, 0x402000);
    mmu_translate(&mmu, 0x400000 + TLB_EXEC_SETS * PAGE_SIZE, ACCESS_FETCH, &fault); /* evicts 0x400000 */
    epoch = mmu.exec_epoch;
    mmu_flush_range(&mmu, 0x400000, 0x401000);
    CHECK(mmu.exec_epoch != epoch);
    end();
}

static void test_spaces(void)
{
    begin();
    u64 a = mmu.cr3, b = pt_create(&phys);
    u64 in_a = map(0x400000, RW);
    mmu_translate(&mmu, 0x400000, ACCESS_FETCH, &fault);
    mmu_translate(&mmu, 0x400000, ACCESS_WRITE, &fault);
    u32 epoch_a = mmu.exec_epoch;
    mmu_set_cr3(&mmu, b);
    CHECK(mmu.exec_epoch != epoch_a);
    CHECK(!fast_write(0x400000, 1) && tlb_exec_entry(&mmu.tlb, 0x400000)->tag != 0x400000);
    CHECK(!mmu_translate(&mmu, 0x400000, ACCESS_READ, &fault));
    u64 in_b = map(0x400000, RW);
    CHECK(mmu_translate(&mmu, 0x400000, ACCESS_READ, &fault) == phys.ram + in_b);
    u64 walks = mmu.stats.walks;
    mmu_set_cr3(&mmu, a);
    CHECK(tlb_lookup(mmu.tlb.write, 0x400000, 4) == phys.ram + in_a);
    CHECK_EQUAL(mmu.exec_epoch, epoch_a);
    CHECK(!fast_read(0x400000, 1));
    mmu_set_cr3(&mmu, b);
    CHECK(tlb_lookup(mmu.tlb.read, 0x400000, 4) == phys.ram + in_b && !fast_write(0x400000, 1));
    CHECK_EQUAL(mmu.stats.walks, walks);
    /* a page of the space that does not run changes */
    mmu_flush_space(&mmu, a, 0x400000, 0x401000);
    CHECK(fast_read(0x400000, 1));
    /* a frame's flags change while its space does not run */
    mmu_set_cr3(&mmu, a);
    CHECK(!fast_write(0x400000, 1));
    CHECK(mmu.exec_epoch != epoch_a);
    mmu_translate(&mmu, 0x400000, ACCESS_WRITE, &fault);
    mmu_set_cr3(&mmu, b);
    phys_frame(&phys, in_a)->flags = FRAME_CODE;
    mmu_flush_frame(&mmu, in_a);
    mmu_set_cr3(&mmu, a);
    CHECK(!fast_write(0x400000, 1));
    u64 misses = mmu.stats.write_misses;
    CHECK(mmu_translate(&mmu, 0x400000, ACCESS_WRITE, &fault) != NULL && mmu.stats.write_misses == misses);
    /* destroyed, and the same CR3 made again: nothing may be remembered */
    mmu_set_cr3(&mmu, b);
    pt_destroy(&phys, a);
    u64 again = pt_create(&phys);
    CHECK_EQUAL(again, a);
    mmu_set_cr3(&mmu, again);
    CHECK(!mmu_translate(&mmu, 0x400000, ACCESS_WRITE, &fault));
    pt_destroy(&phys, again); /* even the running one */
    CHECK_EQUAL(pt_create(&phys), again);
    map(0x400000, RW);
    mmu_translate(&mmu, 0x400000, ACCESS_WRITE, &fault);
    mmu_set_cr3(&mmu, again);
    CHECK(!fast_write(0x400000, 1));
    end();
}

/* More spaces than slots, random pages, random changes: the TLB never disagrees with the tables. */
static void test_spaces_random(void)
{
    enum { SPACES = 12, PAGES = 40 };
    static u64 frame[SPACES][PAGES];
    u64 seed = 5, cr3[SPACES], wrong = 0;
    begin();
    for (int s = 0; s < SPACES; s++)
        cr3[s] = pt_create(&phys);
    for (int step = 0; step < 60000; step++) {
        u64 r = check_random(&seed);
        u32 s = r % SPACES, p = (r >> 8) % PAGES;
        u64 address = (u64)p * (TLB_EXEC_SETS / 4 + 1) * PAGE_SIZE + 0x10000;
        if (r >> 20 & 1) {
            mmu_set_cr3(&mmu, cr3[s]);
            Access access = (Access)((r >> 24) % 3);
            u8 *host = mmu_translate(&mmu, address, access, &fault);
            u64 known = frame[s][p];
            wrong += known ? host != phys.ram + (known & PTE_FRAME) && !(access == ACCESS_WRITE && !(known & PTE_W) && !host)
                           : host != NULL;
            wrong += known && access == ACCESS_WRITE && !(known & PTE_W) && host;
        } else { /* change a page of any space: it need not run */
            u64 *entry = pt_entry(&phys, cr3[s], address, true);
            if (*entry)
                phys_unref(&phys, *entry & PTE_FRAME);
            *entry = r >> 21 & 1 ? phys_alloc(&phys, FRAME_ANON) | (r >> 22 & 1 ? RW : R) : 0;
            frame[s][p] = *entry;
            mmu_flush_space(&mmu, cr3[s], address, address + PAGE_SIZE);
        }
    }
    CHECK_EQUAL(wrong, 0);
    end();
}

int main(void)
{
    test_fill();
    test_faults();
    test_large_page();
    test_closed_form();
    test_slow_frames();
    test_whole_accesses();
    test_poke_spares_shared();
    test_epoch();
    test_spaces();
    test_spaces_random();
    return check_result();
}

/* The modelled hierarchy against closed forms, against a slow but obvious cache, and against itself with the filter off. */
#include <stdlib.h>

#include "mmu/hierarchy/hierarchy.h"
#include "mmu/pte.h"
#include "tests/unit/check.h"

static char message[CONFIG_MESSAGE];

static Hierarchy *build(const char *preset, const char *const *overrides)
{
    HierarchyConfig config;
    bool ok = hierarchy_config_load(&config, preset, message);
    for (; ok && overrides && overrides[0]; overrides += 2)
        ok = hierarchy_config_override(&config, overrides[0], overrides[1], message);
    ok = ok && hierarchy_config_check(&config, message);
    if (!ok)
        printf("%s: %s\n", preset, message);
    CHECK(ok);
    Hierarchy *h = hierarchy_create(&config);
    CHECK(h != NULL);
    return h;
}
#define BUILD(preset, ...) build(preset, (const char *const[]){__VA_ARGS__ __VA_OPT__(,) NULL, NULL})

/* ---- closed forms ---------------------------------------------------------------------------- */

/* P pages, R rounds: per set n if n <= W, else R*n. */
static u64 tlb_expected(u32 pages, u32 rounds, u32 sets, u32 ways)
{
    u64 sum = 0;
    for (u32 set = 0; set < sets; set++) {
        u32 n = pages / sets + (set < pages % sets);
        sum += n <= ways ? n : (u64)rounds * n;
    }
    return sum;
}

static void test_tlb_closed_forms(void)
{
    static const struct { const char *geometry; u32 sets, ways; } tlbs[] = {
        {"64,4", 16, 4}, {"64,full", 1, 64}, {"72,full", 1, 72}, {"96,6", 16, 6}, {"1536,12", 128, 12}, {"3072,24", 128, 24}, {"36,12", 3, 12}};
    static const u32 pages[] = {1, 36, 64, 65, 72, 73, 80, 96, 97, 1536, 1600, 3073};
    for (u32 t = 0; t < ARRAY_LEN(tlbs); t++)
        for (u32 k = 0; k < ARRAY_LEN(pages); k++) {
            Hierarchy *h = BUILD("cachegrind", "dtlb", tlbs[t].geometry);
            for (u32 round = 0; round < 50; round++)
                for (u32 page = 0; page < pages[k]; page++)
                    hierarchy_read(h, 0x40000000 + (u64)page * 4096 + 8, 0, 8);
            u64 expected = tlb_expected(pages[k], 50, tlbs[t].sets, tlbs[t].ways);
            CHECK_EQUAL(hierarchy_count(h, "DTLBm"), expected);
            CHECK_EQUAL(hierarchy_count(h, "STLBm"), expected);
            CHECK_EQUAL(hierarchy_count(h, "WalkRef"), 4 * expected); /* no second level, no walk caches */
            CHECK_EQUAL(hierarchy_count(h, "Dr"), 50ull * pages[k]);
            CHECK_EQUAL(hierarchy_count(h, "ITLBm"), 0);
            hierarchy_destroy(h);
        }
}

/* A stride of m pages uses S/gcd(S,m) sets. */
static void test_tlb_strides(void)
{
    for (u32 stride = 1; stride <= 32; stride++) {
        u32 gcd = stride, rest = 16;
        while (rest) {
            u32 t = gcd % rest;
            gcd = rest;
            rest = t;
        }
        Hierarchy *h = BUILD("cachegrind", "dtlb", "64,4");
        for (u32 round = 0; round < 10; round++)
            for (u64 i = 0; i < 40; i++)
                hierarchy_write(h, i * stride * 4096, 0, 4);
        CHECK_EQUAL(hierarchy_count(h, "DTLBmw"), tlb_expected(40, 10, 16 / gcd, 4));
        hierarchy_destroy(h);
    }
}

/* Walk references = second-level misses + 3 for the first walk + 1 per further cold 2 MiB region (in one GiB). */
static void test_walk_references(void)
{
    const u32 pages = 5000;
    Hierarchy *h = BUILD("cachegrind", "dtlb", "64,4", "stlb", "1536,12", "walk.pde", "32", "walk.pdpte", "4", "walk.pml4e", "4");
    for (u32 round = 0; round < 3; round++)
        for (u64 i = 0; i < pages; i++)
            hierarchy_read(h, 0x80000000 + i * 4096, 0, 8);
    u64 second = tlb_expected(pages, 3, 128, 12), regions = (pages + 511) / 512;
    CHECK_EQUAL(hierarchy_count(h, "DTLBm"), tlb_expected(pages, 3, 16, 4));
    CHECK_EQUAL(hierarchy_count(h, "STLBm"), second);
    CHECK_EQUAL(hierarchy_count(h, "WalkRef"), second + 3 + (regions - 1));
    CHECK_EQUAL(hierarchy_count(h, "PDEhit"), second - regions);
    CHECK_EQUAL(hierarchy_count(h, "PDPTEhit"), regions - 1);
    hierarchy_destroy(h);
}

static void test_straddles(void)
{
    Hierarchy *h = BUILD("cachegrind", "dtlb", "64,4");
    hierarchy_read(h, 0x10fff, 0, 2); /* two lines, two pages: one reference, one miss; both pages are asked for */
    CHECK_EQUAL(hierarchy_count(h, "Dr"), 1);
    CHECK_EQUAL(hierarchy_count(h, "D1mr"), 1);
    CHECK_EQUAL(hierarchy_count(h, "DLmr"), 1);
    CHECK_EQUAL(hierarchy_count(h, "DTLBm"), 2);
    hierarchy_read(h, 0x10fc0, 0, 1);
    hierarchy_write(h, 0x11000, 0, 1);
    CHECK_EQUAL(hierarchy_count(h, "D1mr") + hierarchy_count(h, "D1mw"), 1);
    CHECK_EQUAL(hierarchy_count(h, "DTLBm"), 2);
    hierarchy_modify(h, 0x20000, 0, 4);
    CHECK_EQUAL(hierarchy_count(h, "Dr"), 3);
    CHECK_EQUAL(hierarchy_count(h, "D1mr"), 2);
    hierarchy_destroy(h);
    h = BUILD("cachegrind", "model.straddle", "split");
    hierarchy_read(h, 0x1003f, 0, 2);
    hierarchy_write(h, 0x20000, 0, 200); /* 4 lines */
    hierarchy_fetch(h, 0x30010, 0, 15);
    CHECK_EQUAL(hierarchy_count(h, "Dr"), 2);
    CHECK_EQUAL(hierarchy_count(h, "D1mr"), 2);
    CHECK_EQUAL(hierarchy_count(h, "Dw"), 4);
    CHECK_EQUAL(hierarchy_count(h, "D1mw"), 4);
    CHECK_EQUAL(hierarchy_count(h, "I1mr"), 1);
    hierarchy_destroy(h);
}

/* ---- against an obvious LRU -------------------------------------------------------------------------------------- */

typedef struct Obvious {
    u64 line[4096], used[4096];
    u32 sets, ways, size;
    u64 clock;
} Obvious;

static bool obvious_line(Obvious *c, u64 line)
{
    u32 base = (u32)(line % c->sets) * c->ways, oldest = base;
    for (u32 i = base; i < base + c->ways; i++) {
        if (c->used[i] && c->line[i] == line) {
            c->used[i] = ++c->clock;
            return false;
        }
        if (c->used[i] < c->used[oldest])
            oldest = i;
    }
    c->line[oldest] = line;
    c->used[oldest] = ++c->clock;
    return true;
}

static bool obvious_miss(Obvious *c, u64 address, u32 size)
{
    u64 low = address / c->size, high = (address + size - 1) / c->size;
    bool missed = obvious_line(c, low);
    if (high != low)
        missed |= obvious_line(c, high);
    return missed;
}

/* A stream with locality, straddles, and sets under pressure. */
static u64 next_address(u64 *seed, u64 *base)
{
    u64 r = check_random(seed);
    if (r % 64 == 0)
        *base = (r >> 8) % (1 << 20);
    if (r % 7 == 0)
        return (r >> 20) % 4096 * 4096 + 8;
    return *base + (r >> 30) % 3000;
}

static void test_against_obvious(void)
{
    static const struct { const char *i1, *d1, *ll; u32 g[9]; } machines[] = {
        {"2048,2,32", "1024,1,64", "8192,4,64", {32, 2, 32, 16, 1, 64, 32, 4, 64}},
        {"32768,8,64", "49152,12,64", "122880,3,128", {64, 8, 64, 64, 12, 64, 320, 3, 128}},
        {"64,1,64", "192,3,16", "6144,full,32", {1, 1, 64, 4, 3, 16, 1, 192, 32}}, /* one line; LL fully associative */
    };
    static Obvious i1, d1, ll;
    for (u32 m = 0; m < ARRAY_LEN(machines); m++) {
        const u32 *g = machines[m].g;
        memset(&i1, 0, sizeof i1), memset(&d1, 0, sizeof d1), memset(&ll, 0, sizeof ll);
        i1.sets = g[0], i1.ways = g[1], i1.size = g[2];
        d1.sets = g[3], d1.ways = g[4], d1.size = g[5];
        ll.sets = g[6], ll.ways = g[7], ll.size = g[8];
        Hierarchy *h = BUILD("cachegrind", "I1", machines[m].i1, "D1", machines[m].d1, "LL", machines[m].ll);
        u64 seed = m, base = 0, counts[9] = {0};
        u32 cut = g[2] < g[5] ? g[2] : g[5];
        cut = cut < g[8] ? cut : g[8];
        for (u32 i = 0; i < 400000; i++) {
            u64 address = next_address(&seed, &base), r = check_random(&seed);
            u32 size = 1 + (u32)(r >> 8) % 40, kind = r % 3;
            void (*const call[3])(Hierarchy *, u64, u64, u32) = {hierarchy_fetch, hierarchy_read, hierarchy_write};
            call[kind](h, address, 0, size);
            size = size > cut ? cut : size;
            counts[3 * kind]++;
            if (obvious_miss(kind ? &d1 : &i1, address, size)) {
                counts[3 * kind + 1]++;
                counts[3 * kind + 2] += obvious_miss(&ll, address, size);
            }
        }
        static const char *const names[9] = {"Ir", "I1mr", "ILmr", "Dr", "D1mr", "DLmr", "Dw", "D1mw", "DLmw"};
        for (u32 i = 0; i < 9; i++)
            CHECK_EQUAL(hierarchy_count(h, names[i]), counts[i]);
        CHECK(counts[1] && counts[4] && counts[5] && counts[8]);
        hierarchy_destroy(h);
    }
}

/* ---- the filter changes nothing ---------------------------------------------------------------------------------- */

static u64 steps;
static void count_step(void *context, const Step *step)
{
    (void)context;
    steps += step->unit != NULL;
}

static bool walk_small(void *context, u64 address, Walk *walk)
{
    u8 *dirty = context;
    memset(walk, 0, sizeof *walk);
    walk->leaf_level = 1;
    for (int level = 1; level <= 4; level++)
        walk->entry_paddr[level] = 0x900000 + (address >> (12 + 9 * (level - 1))) * 8 % 0x100000;
    walk->entry[1] = dirty[address >> 12 & 4095] ? PTE_D : 0;
    return true;
}

/* Pages lie about in physical memory. */
static u64 scattered(u64 address) { return address + (address >> 12) % 7 * 0x100000; }

static void see(Hierarchy *h, u32 kind, u64 address, u32 size)
{
    Reference r = {.address = address, .paddr = scattered(address), .size = size};
    r.paddr2 = scattered((address | (hierarchy_config(h)->page_size - 1)) + 1);
    hierarchy_add_references(h, kind == 0, kind == 1 || kind == 3, kind == 2);
    if (kind == 0 && !hierarchy_passes_fetch(h, address, size))
        hierarchy_miss_fetch(h, &r);
    else if (kind == 1 && !hierarchy_passes_read(h, address, size))
        hierarchy_miss_read(h, &r);
    else if (kind == 2 && !hierarchy_passes_write(h, address, size))
        hierarchy_miss_write(h, &r);
    else if (kind == 3 && !hierarchy_passes_modify(h, address, size))
        hierarchy_miss_modify(h, &r);
}

/* The same stream through two machines, one of which is observed and so models every access. */
static void compare_filtered(const char *preset, const char *const *overrides)
{
    static u8 dirty[2][4096];
    memset(dirty, 0, sizeof dirty);
    Hierarchy *h[2] = {build(preset, overrides), build(preset, overrides)};
    u64 seed = 99, base = 0;
    hierarchy_observe(h[1], count_step, NULL);
    for (u32 k = 0; k < 2; k++)
        hierarchy_set_walker(h[k], walk_small, dirty[k]);
    for (u32 i = 0; i < 60000; i++) {
        u64 address = next_address(&seed, &base), r = check_random(&seed);
        u32 size = 1u << (r >> 8) % 6;
        for (u32 k = 0; k < 2; k++) {
            if (r % 4 > 1)
                dirty[k][address >> 12 & 4095] = dirty[k][(address + size - 1) >> 12 & 4095] = 1; /* the real walk came first */
            see(h[k], r % 4, address, size);
            if (r >> 40 == 0 || i % 20000 == 0)
                hierarchy_switch_space(h[k], (u32)(r >> 30) % 3);
            if (i % 5000 == 0)
                hierarchy_flush_pages(h[k], address & PAGE_MASK, (address & PAGE_MASK) + (r & 1 ? 4096 : 1 << 20));
            if (i == 40000)
                hierarchy_flush_space(h[k], 1);
        }
    }
    HierarchyCounter a, b;
    for (u32 i = 0; hierarchy_counter(h[0], i, &a); i++) {
        CHECK(hierarchy_counter(h[1], i, &b));
        if (a.value != b.value)
            printf("%s: %s is %llu, observed %llu\n", preset, a.name, (unsigned long long)a.value, (unsigned long long)b.value);
        CHECK(a.value == b.value);
    }
    CHECK(steps > 50000);
    if (hierarchy_config(h[0])->reuse)
        for (u64 lines = 1; lines < 100000; lines *= 3)
            CHECK_EQUAL(hierarchy_reuse_misses(h[0], lines), hierarchy_reuse_misses(h[1], lines));
    hierarchy_destroy(h[0]);
    hierarchy_destroy(h[1]);
}
#define COMPARE(preset, ...) compare_filtered(preset, (const char *const[]){__VA_ARGS__ __VA_OPT__(,) NULL, NULL})

static void test_filter(void)
{
    static const char *const policies[] = {"lru", "plru", "fifo", "random", "srrip"};
    COMPARE("cachegrind", "dtlb", "64,4", "itlb", "16,4", "stlb", "96,6");
    COMPARE("cachegrind", "model.classify", "yes", "model.reuse", "yes");
    COMPARE("csapp");
    for (u32 i = 0; hierarchy_preset_name(i); i++)
        if (strcmp(hierarchy_preset_name(i), "csapp") != 0)
            COMPARE(hierarchy_preset_name(i), "L2", "32768,4,64", "LL", "65536,16,64", "D1", "4096,4,64");
    for (u32 i = 0; i < ARRAY_LEN(policies); i++) {
        COMPARE("zen3", "l1d.policy", policies[i], "l2.policy", policies[i], "l3.policy", policies[i], "D1", "6144,6,64", "L2", "24576,12,64", "LL",
                "98304,full,64", "l1i.policy", policies[i], "l3.policy", "lru");
        COMPARE("skylake", "l1d.policy", policies[i], "l1d.prefetch", i % 2 ? "stride" : "next-line", "l2.prefetch", "next-line", "l2.degree", "3", "D1",
                "4096,2,64", "LL", "32768,2,64", "L2", "16384,4,64");
        COMPARE("goldencove", "l1d.policy", policies[i], "l1d.write", "through", "l1d.allocate", i % 2 ? "no" : "yes", "D1", "2048,2,64");
    }
    COMPARE("skylake", "model.index", "virt", "model.classify", "yes", "model.reuse", "yes", "D1", "4096,2,64");
    COMPARE("zen4", "model.straddle", "one", "l2.inclusion", "exclusive");
}

/* ---- side books -------------------------------------------------------------------------------------------------- */

static void test_classes(void)
{
    /* 4 sets of 1: lines 0 and 4 fight for a set (conflict); 8 lines round and round do not fit (capacity). */
    Hierarchy *h = BUILD("cachegrind", "D1", "256,1,64", "model.classify", "yes");
    for (u32 i = 0; i < 10; i++) {
        hierarchy_read(h, 0, 0, 4);
        hierarchy_read(h, 4 * 64, 0, 4);
    }
    CHECK_EQUAL(hierarchy_count(h, "D1mr.cold"), 2);
    CHECK_EQUAL(hierarchy_count(h, "D1mr.conflict"), 18);
    CHECK_EQUAL(hierarchy_count(h, "D1mr.capacity"), 0);
    hierarchy_zero_counters(h);
    for (u32 round = 0; round < 5; round++)
        for (u32 line = 100; line < 108; line++)
            hierarchy_write(h, line * 64, 0, 4);
    CHECK_EQUAL(hierarchy_count(h, "D1mw.cold"), 8);
    CHECK_EQUAL(hierarchy_count(h, "D1mw.capacity"), 32);
    CHECK_EQUAL(hierarchy_count(h, "D1mw.conflict"), 0);
    CHECK_EQUAL(hierarchy_count(h, "D1mw"), 40);
    hierarchy_destroy(h);
}

/* Misses of every size from one run equal runs at each size. */
static void test_reuse(void)
{
    static const char *const sizes[] = {"64,full,64", "512,full,64", "4096,full,64", "32768,full,64", "262144,full,64"};
    static const u32 lines[] = {1, 8, 64, 512, 4096};
    for (u32 k = 0; k < ARRAY_LEN(sizes); k++) {
        Hierarchy *h = BUILD("cachegrind", "D1", sizes[k], "model.reuse", "yes", "model.straddle", "split");
        u64 seed = 4, base = 0, buckets[40];
        for (u32 i = 0; i < 60000; i++) {
            u64 address = next_address(&seed, &base), r = check_random(&seed);
            if (r & 1)
                hierarchy_read(h, address, 0, 1 + (u32)(r >> 8) % 16);
            else
                hierarchy_write(h, address, 0, 1 + (u32)(r >> 8) % 16);
        }
        CHECK_EQUAL(hierarchy_reuse_misses(h, lines[k]), hierarchy_count(h, "D1mr") + hierarchy_count(h, "D1mw"));
        u32 n = hierarchy_reuse(h, buckets, 40);
        u64 sum = 0;
        for (u32 i = 0; i < n; i++)
            sum += buckets[i];
        CHECK_EQUAL(sum, hierarchy_count(h, "Dr") + hierarchy_count(h, "Dw"));
        CHECK_EQUAL(hierarchy_reuse_misses(h, 1u << 30), buckets[n - 1]);
        hierarchy_destroy(h);
    }
}

/* ---- the relations between levels -------------------------------------------------------------------------------- */

static void test_write_back(void)
{
    Hierarchy *h = BUILD("skylake", "D1", "128,1,64", "L2", "0", "LL", "0", "model.straddle", "one", "walk.through", "none");
    hierarchy_write(h, 0, 0, 4);
    hierarchy_read(h, 256, 256, 4); /* evicts the dirty line */
    hierarchy_read(h, 512, 512, 4); /* evicts a clean one */
    CHECK_EQUAL(hierarchy_count(h, "L1D.wb"), 1);
    CHECK_EQUAL(hierarchy_count(h, "L1D.evict"), 2);
    CHECK_EQUAL(hierarchy_count(h, "DRAMw"), 1);
    CHECK_EQUAL(hierarchy_count(h, "DRAMr"), 3);
    hierarchy_destroy(h);
    h = BUILD("skylake", "D1", "128,1,64", "L2", "0", "LL", "0", "l1d.write", "through", "l1d.allocate", "no", "walk.through", "none");
    for (u32 i = 0; i < 5; i++)
        hierarchy_write(h, 0, 0, 4); /* never allocated: five misses, five writes */
    CHECK_EQUAL(hierarchy_count(h, "D1mw"), 5);
    CHECK_EQUAL(hierarchy_count(h, "DRAMw"), 5);
    CHECK_EQUAL(hierarchy_count(h, "DRAMr"), 0);
    hierarchy_destroy(h);
}

static void test_inclusion(void)
{
    /* L2 of one line, inclusive: whatever it drops leaves L1D too. */
    Hierarchy *h = BUILD("zen3", "D1", "256,4,64", "L2", "64,1,64", "LL", "0", "walk.through", "none");
    hierarchy_write(h, 0, 0, 4);
    hierarchy_read(h, 64, 64, 4);
    hierarchy_read(h, 0, 0, 4);
    CHECK_EQUAL(hierarchy_count(h, "D1mr"), 2);
    CHECK_EQUAL(hierarchy_count(h, "L1D.backinv"), 2);
    CHECK_EQUAL(hierarchy_count(h, "DRAMw"), 1); /* it was dirty above */
    hierarchy_destroy(h);
    /* A victim L2: four lines in all fit in two plus two. */
    h = BUILD("zen3", "D1", "128,2,64", "L2", "128,2,64", "LL", "0", "l2.inclusion", "exclusive", "walk.through", "none");
    for (u32 round = 0; round < 10; round++)
        for (u64 line = 0; line < 4; line++)
            hierarchy_read(h, line * 64, line * 64, 4);
    CHECK_EQUAL(hierarchy_count(h, "L2mr"), 4);
    CHECK_EQUAL(hierarchy_count(h, "DRAMr"), 4);
    CHECK_EQUAL(hierarchy_count(h, "D1mr"), 40);
    hierarchy_destroy(h);
}

static void test_dram(void)
{
    Hierarchy *h = BUILD("skylake", "dram.banks", "2", "dram.row", "1K", "model.straddle", "one", "walk.through", "none");
    hierarchy_read(h, 0, 0, 4);       /* bank 0 idle */
    hierarchy_read(h, 64, 64, 4);     /* open */
    hierarchy_read(h, 1024, 1024, 4); /* bank 1 idle */
    hierarchy_read(h, 2048, 2048, 4); /* bank 0, another row */
    CHECK_EQUAL(hierarchy_count(h, "RowMiss"), 2);
    CHECK_EQUAL(hierarchy_count(h, "RowHit"), 1);
    CHECK_EQUAL(hierarchy_count(h, "RowConflict"), 1);
    CHECK_EQUAL(hierarchy_count(h, "CyDRAM"), 2 * 246 + 206 + 286);
    hierarchy_destroy(h);
}

static void test_prefetch(void)
{
    Hierarchy *h = BUILD("skylake", "l1d.prefetch", "next-line", "walk.through", "none");
    for (u64 address = 0; address < 4096; address += 8)
        hierarchy_read(h, address, address, 8);
    CHECK_EQUAL(hierarchy_count(h, "D1mr"), 1);
    CHECK_EQUAL(hierarchy_count(h, "L1D.pf"), 63); /* not beyond the page */
    CHECK_EQUAL(hierarchy_count(h, "L1D.pfused"), 63);
    hierarchy_destroy(h);
    h = BUILD("skylake", "l1d.prefetch", "stride", "walk.through", "none");
    for (u64 address = 0; address < 4096; address += 192)
        hierarchy_read(h, address, address, 8);
    CHECK_EQUAL(hierarchy_count(h, "D1mr"), 3); /* two strides to be sure */
    hierarchy_destroy(h);
}

/* A store through an entry whose D is clear walks again; the next one does not. */
static void test_dirty_walk(void)
{
    static u8 dirty[4096];
    Hierarchy *h = BUILD("cachegrind", "dtlb", "64,4");
    hierarchy_set_walker(h, walk_small, dirty);
    hierarchy_read(h, 0x5000, 0, 4);
    dirty[5] = 1; /* the real walk sets D before the model sees the store */
    hierarchy_write(h, 0x5000, 0, 4);
    hierarchy_write(h, 0x5004, 0, 4);
    CHECK_EQUAL(hierarchy_count(h, "DTLBm"), 1);
    CHECK_EQUAL(hierarchy_count(h, "DirtyWalks"), 1);
    CHECK_EQUAL(hierarchy_count(h, "Walks"), 2);
    hierarchy_destroy(h);
}

int main(void)
{
    test_tlb_closed_forms();
    test_tlb_strides();
    test_walk_references();
    test_straddles();
    test_against_obvious();
    test_filter();
    test_classes();
    test_reuse();
    test_write_back();
    test_inclusion();
    test_dram();
    test_prefetch();
    test_dirty_walk();
    return check_result();
}

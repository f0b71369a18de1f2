/* What a probe says is what then happens: every access of a random string is probed first, then made under observation. */
#include "mmu/hierarchy/probe.h"

#include "tests/unit/check.h"

typedef struct Seen {
    bool looked[CACHES], hit[CACHES], filled[CACHES];
    u64 victim[CACHES];
    bool had_victim[CACHES], tlb_asked[3], tlb_hit[3];
    u32 way; /* of L1D's fill */
    bool memory;
    u32 row;
} Seen;

static void see(void *context, const Step *step)
{
    Seen *seen = context;
    if (step->step == STEP_TLB) {
        seen->tlb_asked[step->level] = true;
        seen->tlb_hit[step->level] |= step->hit;
    } else if (step->step == STEP_CACHE) {
        seen->looked[step->level] = true;
        seen->hit[step->level] = step->hit;
    } else if (step->step == STEP_FILL && step->unit[0] == 'L' && !seen->filled[step->level]) { /* later ones: what dirty victims push */
        seen->filled[step->level] = true;
        seen->had_victim[step->level] = step->had_victim;
        seen->victim[step->level] = step->victim;
        seen->way = step->level == CACHE_L1D ? step->way : seen->way;
    } else if (step->step == STEP_MEMORY && !seen->memory) {
        seen->memory = true;
        seen->row = step->level;
    }
}

static u64 next_random(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void compare_tlbs(const Seen *seen, bool hit1, bool hit2)
{
    CHECK_EQUAL(seen->tlb_hit[1], hit1);
    if (!hit1)
        CHECK_EQUAL(seen->tlb_hit[2], hit2);
}

static void compare_caches(const Probe *probe, const bool *has, const Seen *seen, u32 row)
{
    for (u32 id = CACHE_L1D; id < CACHES; id++) {
        if (!has[id])
            continue;
        CHECK(seen->looked[id]);
        CHECK_EQUAL(seen->hit[id], probe[id].hit);
        if (probe[id].hit)
            return;
        CHECK_EQUAL(seen->filled[id], true);
        CHECK_EQUAL(seen->had_victim[id], probe[id].has_victim);
        if (probe[id].has_victim)
            CHECK_EQUAL(seen->victim[id], probe[id].victim);
        if (id == CACHE_L1D)
            CHECK_EQUAL(seen->way, probe[id].way);
    }
    CHECK(seen->memory);
    CHECK_EQUAL(seen->row, row);
}

static void one_access(Hierarchy *h, u64 address, AccessKind kind)
{
    Probe probe[CACHES], tlb;
    bool has[CACHES], hit[3] = {false, false, false};
    u32 bank, row = 1, cycles;
    for (u32 id = 0; id < CACHES; id++)
        has[id] = hierarchy_probe_cache(h, (CacheId)id, address, address, &probe[id]);
    for (u32 i = 0; hierarchy_probe_tlb(h, i, address, kind, &tlb); i++)
        hit[tlb.level] |= tlb.hit;
    hierarchy_probe_dram(h, address, &bank, &row, &cycles);
    Seen seen = {0};
    hierarchy_observe(h, see, &seen);
    if (kind == KIND_WRITE)
        hierarchy_write(h, address, address, 1);
    else
        hierarchy_read(h, address, address, 1);
    compare_tlbs(&seen, hit[1], hit[2]);
    compare_caches(probe, has, &seen, row);
}

static void test_machine(const char *preset, const char *policy)
{
    HierarchyConfig config;
    char message[CONFIG_MESSAGE];
    CHECK(hierarchy_config_load(&config, preset, message));
    CHECK(hierarchy_config_override(&config, "D1", "4096,4,64", message));
    CHECK(hierarchy_config_override(&config, "LL", "32768,8,64", message));
    CHECK(hierarchy_config_override(&config, "dtlb", "16,4", message));
    CHECK(hierarchy_config_override(&config, "l1d.policy", policy, message));
    CHECK(hierarchy_config_override(&config, "l3.inclusion", "none", message)); /* what leaves L3 must not empty a way of L1D between */
    config.walk_through = WALK_THROUGH_NONE;
    CHECK(hierarchy_config_check(&config, message));
    Hierarchy *h = hierarchy_create(&config);
    CHECK(h != NULL);
    u64 random = 88172645463325252ull;
    for (u32 i = 0; h && i < 40000; i++) {
        u64 r = next_random(&random);
        one_access(h, (r >> 20) % (r & 1 ? 8192 : 400000), r & 2 ? KIND_WRITE : KIND_READ);
    }
    hierarchy_destroy(h);
}

int main(void)
{
    static const char *const policies[] = {"lru", "plru", "fifo", "random", "srrip"};
    for (u32 i = 0; i < ARRAY_LEN(policies); i++) {
        test_machine("skylake", policies[i]);
        test_machine("cachegrind", policies[i]);
    }
    return check_result();
}

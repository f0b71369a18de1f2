/* Configurations: every preset parses, prints and parses again to the same machine; mistakes are named; garbage is harmless. */
#include <stdio.h>
#include <stdlib.h>

#include "mmu/hierarchy/hierarchy.h"
#include "tests/unit/check.h"

static char message[CONFIG_MESSAGE];
static HierarchyConfig config, again;

static void test_presets(void)
{
    static char text[8192];
    for (u32 i = 0; hierarchy_preset_name(i); i++) {
        const char *name = hierarchy_preset_name(i);
        CHECK(hierarchy_config_load(&config, name, message));
        CHECK(hierarchy_config_check(&config, message));
        CHECK(strcmp(config.name, name) == 0);
        CHECK(hierarchy_preset_text(i)[0] == '#'); /* documented */
        u64 length = hierarchy_config_print(&config, text, sizeof text);
        CHECK(length < sizeof text && strlen(text) == length);
        memset(&again, 0, sizeof again);
        CHECK(hierarchy_config_parse(&again, text, message));
        for (u32 id = 0; id < CACHES; id++)
            if (!config.cache[id].size)
                config.cache[id] = again.cache[id] = (CacheConfig){0};
        CHECK(memcmp(&config, &again, sizeof config) == 0);
        Hierarchy *h = hierarchy_create(&config);
        CHECK(h != NULL);
        hierarchy_destroy(h);
    }
    CHECK(hierarchy_config_load(&config, "goldencove", message));
    CHECK_EQUAL(config.cache[CACHE_L3].size / 64 / config.cache[CACHE_L3].ways, 40960);
    CHECK_EQUAL(config.cache[CACHE_L2].size, 1310720);
    if (hierarchy_config_load(&config, "host", message))
        CHECK(hierarchy_config_check(&config, message) && config.cache[CACHE_L1D].size >= 4096);
    else
        CHECK(strstr(message, "host") != NULL);
}

static void test_overrides(void)
{
    CHECK(hierarchy_config_load(&config, "skylake", message));
    CHECK(hierarchy_config_override(&config, "D1", "48K,12,64", message));
    CHECK(config.cache[CACHE_L1D].size == 49152 && config.cache[CACHE_L1D].ways == 12 && config.cache[CACHE_L1D].latency == 4);
    CHECK(hierarchy_config_override(&config, "LL", "1M,full,64", message));
    CHECK(config.cache[CACHE_L3].size == 1 << 20 && cache_config_ways(&config.cache[CACHE_L3]) == 16384);
    CHECK(hierarchy_config_override(&config, "L2", "0", message) && config.cache[CACHE_L2].size == 0);
    CHECK(hierarchy_config_override(&config, "dtlb", "96,6", message));
    u32 found = 0;
    for (u32 i = 0; i < config.tlb_count; i++)
        found += config.tlb[i].level == 1 && config.tlb[i].serves & SERVES_LOAD && config.tlb[i].pages & PAGES_4K && config.tlb[i].entries == 96;
    CHECK_EQUAL(found, 1);
    CHECK(hierarchy_config_override(&config, "stlb", "0", message));
    CHECK(hierarchy_config_override(&config, "l1d.policy", "srrip", message) && config.cache[CACHE_L1D].policy == POLICY_SRRIP);
    CHECK(hierarchy_config_override(&config, "model.index", "virt", message) && config.index == INDEX_VIRTUAL);
    CHECK(hierarchy_config_check(&config, message));
    static const char *const wrong[][3] = {
        {"D1", "32768", "SIZE,WAYS,LINE"}, {"D1", "32768,8,64,2", "SIZE,WAYS,LINE"}, {"D1", "a,8,64", "SIZE,WAYS,LINE"},
        {"L9", "1", "not a part"}, {"l1d.colour", "red", "no key 'colour'"}, {"l9.size", "1", "no section 'l9'"},
        {"l1d.policy", "best", "lru plru"}, {"dtlb", "64,4,1", "ENTRIES,WAYS"}, {"tlb.entries", "4", "itlb"}, {"l1d.ways", "-1", "number"},
    };
    for (u32 i = 0; i < ARRAY_LEN(wrong); i++) {
        CHECK(!hierarchy_config_override(&config, wrong[i][0], wrong[i][1], message));
        CHECK(strstr(message, wrong[i][2]) != NULL);
    }
}

static void test_checks(void)
{
    static const char *const wrong[][3] = {
        {"D1", "32768,7,64", "sets"}, {"D1", "100,1,64", "sets"}, {"D1", "32768,8,48", "power of two"}, {"D1", "0", "left out"},
        {"D1", "32768,8,8192", "power of two"}, {"dtlb", "64,5", "sets"}, {"l1d.inclusion", "inclusive", "L2 and L3"},
        {"D1", "32768,8,32", "different line sizes"}, {"page.size", "100", "power of two"}, {"walk.levels", "9", "levels"},
        {"dram.banks", "1000", "banks"}, {"l1d.degree", "100", "degree"},
    };
    for (u32 i = 0; i < ARRAY_LEN(wrong); i++) {
        CHECK(hierarchy_config_load(&config, "skylake", message));
        config.cache[CACHE_L1D].prefetch = PREFETCH_NEXT_LINE;
        CHECK(hierarchy_config_override(&config, wrong[i][0], wrong[i][1], message));
        CHECK(!hierarchy_config_check(&config, message));
        CHECK(strstr(message, wrong[i][2]) != NULL);
    }
    CHECK(!hierarchy_config_load(&config, "/no/such/file", message) && strstr(message, "skylake"));
    memset(&config, 0, sizeof config);
    CHECK(!hierarchy_config_parse(&config, "name x\nl1d size=32K\nl1d size=many\n", message) && strstr(message, "line 3"));
    CHECK(!hierarchy_config_parse(&config, "l1d size\n", message) && strstr(message, "key=value"));
    CHECK(!hierarchy_config_parse(&config, "l4 size=1\n", message) && strstr(message, "l4"));
    CHECK(!hierarchy_config_parse(&config, "l4\n", message) && strstr(message, "l4"));
}

/* Presets with bytes changed: parsed or refused, and what passes the check can be built and used. */
static void test_garbage(void)
{
    u64 seed = 1, built = 0;
    for (u32 round = 0; round < 20000; round++) {
        char text[4096];
        u32 preset = (u32)(check_random(&seed) % 6);
        snprintf(text, sizeof text, "%s", hierarchy_preset_text(preset));
        u64 length = strlen(text);
        for (u32 i = 0; i < 1 + round % 5; i++)
            text[check_random(&seed) % length] = (char)(check_random(&seed) % 4 ? "0123456789=, KMG"[check_random(&seed) % 16] : (char)check_random(&seed));
        memset(&config, 0, sizeof config);
        if (!hierarchy_config_parse(&config, text, message) || !hierarchy_config_check(&config, message))
            continue;
        u64 bytes = 0;
        for (u32 id = 0; id < CACHES; id++)
            bytes += config.cache[id].size;
        if (bytes > 16 << 20 || round % 16)
            continue;
        Hierarchy *h = hierarchy_create(&config);
        CHECK(h != NULL);
        for (u64 i = 0; i < 200; i++) {
            u64 address = check_random(&seed) >> (i % 40);
            hierarchy_fetch(h, address, address, 4);
            hierarchy_read(h, address, address, 16);
            hierarchy_modify(h, address, address, 8);
        }
        hierarchy_destroy(h);
        built++;
    }
    CHECK(built > 20);
}

int main(void)
{
    test_presets();
    test_overrides();
    test_checks();
    test_garbage();
    return check_result();
}

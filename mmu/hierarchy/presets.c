/* The built-in presets, which are text files that anyone can read and copy, embedded as they are; and the host's own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "mmu/hierarchy/config.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* The assembler reads the file (it searches the project's root); a NUL ends the text. */
#define PRESET(name)                                                       \
    __asm__(".section .rodata\n"                                           \
            ".global preset_" #name "\n"                                   \
            "preset_" #name ":\n"                                          \
            ".incbin \"mmu/hierarchy/presets/" #name ".conf\"\n"           \
            ".byte 0\n"                                                    \
            ".previous\n");                                                \
    extern const char preset_##name[];

PRESET(skylake)
PRESET(goldencove)
PRESET(zen3)
PRESET(zen4)
PRESET(cachegrind)
PRESET(csapp)

static const struct {
    const char *name, *text;
} presets[] = {
    {"skylake", preset_skylake},       {"goldencove", preset_goldencove}, {"zen3", preset_zen3}, {"zen4", preset_zen4},
    {"cachegrind", preset_cachegrind}, {"csapp", preset_csapp},
};

const char *hierarchy_preset_name(u32 i) { return i < ARRAY_LEN(presets) ? presets[i].name : NULL; }
const char *hierarchy_preset_text(u32 i) { return i < ARRAY_LEN(presets) ? presets[i].text : NULL; }

/* ---- the host ---------------------------------------------------------------------------------------------------- */

#if defined(__x86_64__)
typedef struct Leaf {
    u32 eax, ebx, ecx, edx;
} Leaf;

static Leaf cpuid(u32 leaf, u32 subleaf)
{
    Leaf l = {0};
    if (leaf <= (u32)__get_cpuid_max(leaf & 0x80000000, NULL))
        __cpuid_count(leaf, subleaf, l.eax, l.ebx, l.ecx, l.edx);
    return l;
}

/* CPUID.4 (Intel) and 8000_001Dh (AMD) have one form. SDM Vol. 2A, "CPUID", "Deterministic Cache Parameters Leaf". */
static void host_caches(HierarchyConfig *config, u32 leaf)
{
    for (u32 i = 0; i < 16; i++) {
        Leaf l = cpuid(leaf, i);
        u32 type = l.eax & 31, level = l.eax >> 5 & 7; /* 1 data, 2 instruction, 3 unified */
        if (!type)
            return;
        int id = level == 1 ? (type == 2 ? CACHE_L1I : CACHE_L1D) : level == 2 ? CACHE_L2 : level == 3 ? CACHE_L3 : -1;
        if (id < 0)
            continue;
        u32 line = (l.ebx & 0xfff) + 1, partitions = (l.ebx >> 12 & 0x3ff) + 1, ways = (l.ebx >> 22) + 1;
        config->cache[id] = (CacheConfig){
            .size = (u64)line * partitions * ways * ((u64)l.ecx + 1), .ways = ways, .line = line, .allocate = 1, .degree = 1,
            .inclusion = id >= CACHE_L2 && l.edx & 2 ? INCLUSION_INCLUSIVE : INCLUSION_NONE,
        };
    }
}

static void add_tlb(HierarchyConfig *config, u32 level, u32 serves, u32 pages, u32 entries, u32 ways)
{
    if (!entries || config->tlb_count == CONFIG_TLBS)
        return;
    if (!ways || ways > entries || entries % ways)
        ways = 0;
    config->tlb[config->tlb_count++] =
        (TlbConfig){.level = level, .serves = serves, .pages = pages, .entries = entries, .ways = ways, .latency = level == 2 ? 8 : 0};
}

/* CPUID.18h. SDM Vol. 2A, "Deterministic Address Translation Parameters Leaf". */
static void host_tlbs_intel(HierarchyConfig *config)
{
    static const u32 serves_of[6] = {0, SERVES_LOAD | SERVES_STORE, SERVES_FETCH, SERVES_FETCH | SERVES_LOAD | SERVES_STORE, SERVES_LOAD, SERVES_STORE};
    u32 last = cpuid(0x18, 0).eax;
    for (u32 i = 0; i <= last && i < 32; i++) {
        Leaf l = cpuid(0x18, i);
        u32 type = l.edx & 31, level = l.edx >> 5 & 7, ways = l.ebx >> 16, sets = l.ecx;
        u32 pages = (l.ebx & 1 ? PAGES_4K : 0) | (l.ebx & 2 ? PAGES_2M : 0) | (l.ebx & 8 ? PAGES_1G : 0);
        if (type && type < ARRAY_LEN(serves_of) && pages)
            add_tlb(config, level > 1 ? 2 : 1, serves_of[type], pages, ways * sets, l.edx & 1 << 8 ? 0 : ways);
    }
}

/* AMD64 APM Vol. 3, "CPUID Fn8000_0005", "Fn8000_0006": associativity codes of the second level. */
static u32 amd_ways(u32 code)
{
    static const u16 ways[16] = {0, 1, 2, 3, 4, 6, 8, 0, 16, 0, 32, 48, 64, 96, 128, 0};
    return ways[code & 15];
}

static void host_tlbs_amd(HierarchyConfig *config)
{
    Leaf first = cpuid(0x80000005, 0), second = cpuid(0x80000006, 0);
    u32 data = SERVES_LOAD | SERVES_STORE, full = 0xff;
    u32 iways = first.ebx >> 8 & 255, dways = first.ebx >> 24;
    add_tlb(config, 1, SERVES_FETCH, PAGES_4K | PAGES_2M | PAGES_1G, first.ebx & 255, iways == full ? 0 : iways);
    add_tlb(config, 1, data, PAGES_4K | PAGES_2M | PAGES_1G, first.ebx >> 16 & 255, dways == full ? 0 : dways);
    add_tlb(config, 2, SERVES_FETCH, PAGES_4K | PAGES_2M, second.ebx & 0xfff, amd_ways(second.ebx >> 12));
    add_tlb(config, 2, data, PAGES_4K | PAGES_2M, second.ebx >> 16 & 0xfff, amd_ways(second.ebx >> 28));
}

static bool load_host(HierarchyConfig *config, char *message)
{
    Leaf vendor = cpuid(0, 0);
    bool amd = vendor.ebx == 0x68747541 /* "Auth" */ || vendor.ebx == 0x6f677948 /* "Hygo" */;
    snprintf(config->name, sizeof config->name, "host");
    config->page_size = 4096;
    config->table_levels = 4;
    config->straddle = STRADDLE_SPLIT;
    host_caches(config, amd ? 0x8000001d : 4);
    if (amd)
        host_tlbs_amd(config);
    else
        host_tlbs_intel(config);
    static const u32 latency[CACHES] = {0, 4, 14, 48}; /* CPUID tells none */
    for (u32 id = 0; id < CACHES; id++)
        config->cache[id].latency = latency[id];
    if (amd && config->cache[CACHE_L3].size)
        config->cache[CACHE_L3].inclusion = INCLUSION_EXCLUSIVE; /* a victim cache since Zen */
    config->walk_cache[0] = 32;
    config->walk_cache[1] = config->walk_cache[2] = 4;
    config->walk_through = amd ? WALK_THROUGH_L2 : WALK_THROUGH_L1D;
    if (!config->cache[CACHE_L2].size)
        config->walk_through = WALK_THROUGH_L1D;
    config->dram.banks = 16;
    config->dram.row = 8192;
    config->dram.hit = 200, config->dram.miss = 240, config->dram.conflict = 280;
    if (config->cache[CACHE_L1D].size && config->cache[CACHE_L1I].size)
        return true;
    snprintf(message, CONFIG_MESSAGE, "host: this processor's CPUID does not tell its caches");
    return false;
}
#else
static bool load_host(HierarchyConfig *config, char *message)
{
    (void)config;
    snprintf(message, CONFIG_MESSAGE, "host: only an x86-64 host can tell its caches by CPUID");
    return false;
}
#endif

/* ---- by name ----------------------------------------------------------------------------------------------------- */

static bool load_file(HierarchyConfig *config, const char *path, char *message)
{
    enum { TEXT_MAX = 1 << 16 };
    FILE *file = fopen(path, "r");
    char *text = file ? malloc(TEXT_MAX) : NULL;
    bool ok = false;
    if (!text) {
        snprintf(message, CONFIG_MESSAGE, "'%s' is neither a preset (skylake goldencove zen3 zen4 host cachegrind csapp) nor a file: %s",
                 path, strerror(errno));
    } else {
        u64 length = fread(text, 1, TEXT_MAX - 1, file);
        text[length] = 0;
        if (ferror(file))
            snprintf(message, CONFIG_MESSAGE, "cannot read '%s': %s", path, strerror(errno));
        else if (length == TEXT_MAX - 1 || strlen(text) != length)
            snprintf(message, CONFIG_MESSAGE, "'%s' is not a description of a hierarchy", path);
        else
            ok = hierarchy_config_parse(config, text, message);
    }
    free(text);
    if (file)
        fclose(file);
    return ok;
}

bool hierarchy_config_load(HierarchyConfig *config, const char *name, char message[CONFIG_MESSAGE])
{
    memset(config, 0, sizeof *config);
    for (u32 i = 0; i < ARRAY_LEN(presets); i++)
        if (strcmp(name, presets[i].name) == 0)
            return hierarchy_config_parse(config, presets[i].text, message);
    return strcmp(name, "host") == 0 ? load_host(config, message) : load_file(config, name, message);
}

/* Configurations as text. One line per part of the machine, `section key=value …`, # begins a comment:
 *
 *     l1d size=32K ways=8 line=64 latency=4 policy=lru write=back inclusion=none
 *     tlb level=1 serves=load,store pages=4K entries=64 ways=4
 *
 * One table of keys serves parsing, printing and the command line's section.key. Each `tlb` line adds one. */
#include "mmu/hierarchy/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum Type { TYPE_SIZE, TYPE_NUMBER, TYPE_ONE_OF, TYPE_SET_OF, TYPE_WAYS } Type;

typedef struct Key {
    const char *section, *name;
    Type type;
    u32 offset, bytes; /* in HierarchyConfig; for "cache" and "tlb" in CacheConfig and TlbConfig */
    const char *words; /* TYPE_ONE_OF: value 0, 1, 2 …; TYPE_SET_OF: bit 0, 1, 2 …; separated by spaces */
} Key;

#define FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field)
#define POLICY_WORDS "lru plru fifo random srrip"

static const Key keys[] = {
    {"cache", "size", TYPE_SIZE, FIELD(CacheConfig, size), NULL},
    {"cache", "ways", TYPE_WAYS, FIELD(CacheConfig, ways), NULL},
    {"cache", "line", TYPE_SIZE, FIELD(CacheConfig, line), NULL},
    {"cache", "latency", TYPE_NUMBER, FIELD(CacheConfig, latency), NULL},
    {"cache", "policy", TYPE_ONE_OF, FIELD(CacheConfig, policy), POLICY_WORDS},
    {"cache", "write", TYPE_ONE_OF, FIELD(CacheConfig, write), "back through unseen"},
    {"cache", "allocate", TYPE_ONE_OF, FIELD(CacheConfig, allocate), "no yes"},
    {"cache", "inclusion", TYPE_ONE_OF, FIELD(CacheConfig, inclusion), "none inclusive exclusive"},
    {"cache", "prefetch", TYPE_ONE_OF, FIELD(CacheConfig, prefetch), "off next-line stride"},
    {"cache", "degree", TYPE_NUMBER, FIELD(CacheConfig, degree), NULL},
    {"tlb", "level", TYPE_NUMBER, FIELD(TlbConfig, level), NULL},
    {"tlb", "serves", TYPE_SET_OF, FIELD(TlbConfig, serves), "fetch load store"},
    {"tlb", "pages", TYPE_SET_OF, FIELD(TlbConfig, pages), "4K 2M 1G"},
    {"tlb", "entries", TYPE_NUMBER, FIELD(TlbConfig, entries), NULL},
    {"tlb", "ways", TYPE_WAYS, FIELD(TlbConfig, ways), NULL},
    {"tlb", "policy", TYPE_ONE_OF, FIELD(TlbConfig, policy), POLICY_WORDS},
    {"tlb", "latency", TYPE_NUMBER, FIELD(TlbConfig, latency), NULL},
    {"walk", "pde", TYPE_NUMBER, FIELD(HierarchyConfig, walk_cache[0]), NULL},
    {"walk", "pdpte", TYPE_NUMBER, FIELD(HierarchyConfig, walk_cache[1]), NULL},
    {"walk", "pml4e", TYPE_NUMBER, FIELD(HierarchyConfig, walk_cache[2]), NULL},
    {"walk", "through", TYPE_ONE_OF, FIELD(HierarchyConfig, walk_through), "none l1d l2"},
    {"walk", "latency", TYPE_NUMBER, FIELD(HierarchyConfig, walk_latency), NULL},
    {"walk", "levels", TYPE_NUMBER, FIELD(HierarchyConfig, table_levels), NULL},
    {"page", "size", TYPE_SIZE, FIELD(HierarchyConfig, page_size), NULL},
    {"dram", "banks", TYPE_NUMBER, FIELD(HierarchyConfig, dram.banks), NULL},
    {"dram", "row", TYPE_SIZE, FIELD(HierarchyConfig, dram.row), NULL},
    {"dram", "hit", TYPE_NUMBER, FIELD(HierarchyConfig, dram.hit), NULL},
    {"dram", "miss", TYPE_NUMBER, FIELD(HierarchyConfig, dram.miss), NULL},
    {"dram", "conflict", TYPE_NUMBER, FIELD(HierarchyConfig, dram.conflict), NULL},
    {"model", "index", TYPE_ONE_OF, FIELD(HierarchyConfig, index), "phys virt"},
    {"model", "straddle", TYPE_ONE_OF, FIELD(HierarchyConfig, straddle), "one split"},
    {"model", "classify", TYPE_ONE_OF, FIELD(HierarchyConfig, classify), "no yes"},
    {"model", "reuse", TYPE_ONE_OF, FIELD(HierarchyConfig, reuse), "no yes"},
};

static const char *const cache_sections[CACHES] = {"l1i", "l1d", "l2", "l3"};

static __attribute__((format(printf, 2, 3))) bool fail(char *message, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, CONFIG_MESSAGE, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* Number with K, M, G (powers of 1,024), fractions allowed as in 1.25M; whole text must be used. */
static bool parse_size(const char *text, u64 *value)
{
    char *end;
    double number = strtod(text, &end);
    u32 shift = *end == 'K' || *end == 'k' ? 10 : *end == 'M' || *end == 'm' ? 20 : *end == 'G' || *end == 'g' ? 30 : 0;
    if (end == text || end[shift != 0] || !(number >= 0) || number > 1e12)
        return false;
    *value = (u64)(number * (double)(1ull << shift));
    return true;
}

/* The index of `word` (length given) among space-separated words; -1: not there. */
static int word_index(const char *words, const char *word, u64 length)
{
    for (int index = 0;; index++) {
        u64 n = strcspn(words, " ");
        if (n == length && memcmp(words, word, n) == 0)
            return index;
        if (!words[n])
            return -1;
        words += n + 1;
    }
}

static bool parse_value(const Key *key, const char *text, u64 *value, char *message)
{
    if (key->type == TYPE_SIZE)
        return parse_size(text, value) || fail(message, "%s=%s: a size such as 32K or 1.25M was expected", key->name, text);
    if (key->type == TYPE_WAYS && strcmp(text, "full") == 0) {
        *value = 0;
        return true;
    }
    if (key->type == TYPE_NUMBER || key->type == TYPE_WAYS) {
        char *end;
        *value = strtoull(text, &end, 10);
        return (end != text && !*end && *text != '-' && *value <= ~0u) || fail(message, "%s=%s: a number was expected", key->name, text);
    }
    *value = 0;
    for (const char *p = text;; p++) {
        u64 n = strcspn(p, ",");
        int index = word_index(key->words, p, n);
        if (index < 0 || (key->type == TYPE_ONE_OF && p[n]))
            return fail(message, "%s=%s: expected %s of: %s", key->name, text, key->type == TYPE_ONE_OF ? "one" : "a list", key->words);
        *value |= key->type == TYPE_ONE_OF ? (u64)index : 1ull << index;
        p += n;
        if (!*p)
            return true;
    }
}

/* The structure that a section's keys lie in, and its name in the table. tlb: the one added last. NULL: no such section. */
static void *section_base(HierarchyConfig *config, const char *section, const char **table_name)
{
    for (u32 id = 0; id < CACHES; id++)
        if (strcmp(section, cache_sections[id]) == 0) {
            *table_name = "cache";
            return &config->cache[id];
        }
    for (u32 i = 0; i < ARRAY_LEN(keys); i++)
        if (strcmp(section, keys[i].section) == 0 && strcmp(section, "cache") != 0) {
            *table_name = keys[i].section;
            return strcmp(section, "tlb") == 0 ? (void *)&config->tlb[config->tlb_count - 1] : config;
        }
    return NULL;
}

static void store_field(void *base, const Key *key, u64 value)
{
    u32 narrow = (u32)value;
    if (key->bytes == 8)
        memcpy((u8 *)base + key->offset, &value, 8);
    else
        memcpy((u8 *)base + key->offset, &narrow, 4);
}

static u64 load_field(const void *base, const Key *key)
{
    u64 value = 0;
    memcpy(&value, (const u8 *)base + key->offset, key->bytes);
    return value;
}

static bool set_key(HierarchyConfig *config, const char *section, const char *name, const char *text, char *message)
{
    const char *table_name = NULL;
    void *base = section_base(config, section, &table_name);
    u64 value;
    if (!base)
        return fail(message, "there is no section '%s'", section);
    for (u32 i = 0; i < ARRAY_LEN(keys); i++)
        if (strcmp(keys[i].section, table_name) == 0 && strcmp(keys[i].name, name) == 0) {
            if (!parse_value(&keys[i], text, &value, message))
                return false;
            if (keys[i].bytes == 4 && value > ~0u)
                return fail(message, "%s=%s is too large", name, text);
            store_field(base, &keys[i], value);
            return true;
        }
    return fail(message, "section '%s' has no key '%s'", section, name);
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

static const CacheConfig cache_default = {.line = 64, .allocate = 1, .degree = 1};
static const TlbConfig tlb_default = {.level = 1, .serves = SERVES_LOAD | SERVES_STORE, .pages = PAGES_4K};

static bool begin_section(HierarchyConfig *config, const char *section, char *message)
{
    if (strcmp(section, "tlb") == 0) {
        if (config->tlb_count == CONFIG_TLBS)
            return fail(message, "at most %d TLBs", CONFIG_TLBS);
        config->tlb[config->tlb_count++] = tlb_default;
    }
    for (u32 id = 0; id < CACHES; id++)
        if (strcmp(section, cache_sections[id]) == 0 && !config->cache[id].line)
            config->cache[id] = cache_default;
    return true;
}

static bool parse_line(HierarchyConfig *config, char *line, char *message)
{
    char *rest = line, *section = strtok_r(line, " \t\r", &rest), *word;
    if (!section)
        return true;
    if (strcmp(section, "name") == 0) {
        word = strtok_r(NULL, " \t\r", &rest);
        snprintf(config->name, sizeof config->name, "%s", word ? word : "");
        return true;
    }
    if (!begin_section(config, section, message))
        return false;
    while ((word = strtok_r(NULL, " \t\r", &rest))) {
        char *equals = strchr(word, '=');
        if (!equals)
            return fail(message, "'%s': key=value was expected", word);
        *equals = 0;
        if (!set_key(config, section, word, equals + 1, message))
            return false;
    }
    const char *unused;
    return section_base(config, section, &unused) || fail(message, "there is no section '%s'", section);
}

bool hierarchy_config_parse(HierarchyConfig *config, const char *text, char message[CONFIG_MESSAGE])
{
    if (!config->page_size)
        config->page_size = 4096;
    if (!config->table_levels)
        config->table_levels = 4;
    for (u32 number = 1; *text; number++) {
        char line[512], what[CONFIG_MESSAGE - 32];
        u64 length = strcspn(text, "\n"), used = strcspn(text, "#\n");
        if (used >= sizeof line)
            return fail(message, "line %u: too long", number);
        memcpy(line, text, used);
        line[used] = 0;
        if (!parse_line(config, line, message)) {
            snprintf(what, sizeof what, "%s", message);
            return fail(message, "line %u: %s", number, what);
        }
        text += length + (text[length] == '\n');
    }
    return true;
}

/* ---- overrides --------------------------------------------------------------------------------------------------- */

/* "A,B,C" into up to three values; returns how many, 0 when malformed. The second may be "full". */
static u32 parse_triple(const char *text, u64 values[3])
{
    u32 count = 0;
    for (const char *p = text; count < 3;) {
        char part[32];
        u64 n = strcspn(p, ",");
        if (n >= sizeof part)
            return 0;
        memcpy(part, p, n);
        part[n] = 0;
        values[count] = 0;
        if (!(count == 1 && strcmp(part, "full") == 0) && !parse_size(part, &values[count]))
            return 0;
        count++;
        if (!p[n])
            return count;
        p += n + 1;
    }
    return 0;
}

static bool override_cache(HierarchyConfig *config, CacheId id, const char *value, char *message)
{
    u64 v[3];
    u32 n = parse_triple(value, v);
    if (n != 3 && !(n == 1 && !v[0]))
        return fail(message, "'%s': SIZE,WAYS,LINE was expected (0: no such cache)", value);
    CacheConfig *cache = &config->cache[id];
    if (!cache->line)
        *cache = cache_default;
    cache->size = v[0];
    cache->ways = n == 3 ? (u32)v[1] : cache->ways;
    cache->line = n == 3 ? (u32)v[2] : cache->line;
    return true;
}

/* Every TLB of that level that serves this and holds small pages is replaced by one. */
static bool override_tlb(HierarchyConfig *config, u32 level, u32 serves, const char *value, char *message)
{
    u64 v[3];
    if (parse_triple(value, v) != 2 && !(parse_triple(value, v) == 1 && !v[0]))
        return fail(message, "'%s': ENTRIES,WAYS was expected (0: no such TLB)", value);
    TlbConfig new_one = tlb_default;
    u32 kept = 0;
    for (u32 i = 0; i < config->tlb_count; i++) {
        TlbConfig tlb = config->tlb[i];
        if (tlb.level == level && tlb.serves & serves && tlb.pages & PAGES_4K)
            new_one = tlb;
        else
            config->tlb[kept++] = tlb;
    }
    config->tlb_count = kept;
    if (!v[0])
        return true;
    if (kept == CONFIG_TLBS)
        return fail(message, "at most %d TLBs", CONFIG_TLBS);
    new_one.level = level;
    new_one.serves = serves;
    new_one.entries = (u32)v[0];
    new_one.ways = (u32)v[1];
    config->tlb[config->tlb_count++] = new_one;
    return true;
}

bool hierarchy_config_override(HierarchyConfig *config, const char *which, const char *value, char message[CONFIG_MESSAGE])
{
    static const struct { const char *name; CacheId id; } caches[] = {{"I1", CACHE_L1I}, {"D1", CACHE_L1D}, {"L2", CACHE_L2}, {"L3", CACHE_L3}};
    for (u32 i = 0; i < ARRAY_LEN(caches); i++)
        if (strcmp(which, caches[i].name) == 0)
            return override_cache(config, caches[i].id, value, message);
    if (strcmp(which, "LL") == 0)
        return override_cache(config, config->cache[CACHE_L3].size || !config->cache[CACHE_L2].size ? CACHE_L3 : CACHE_L2, value, message);
    if (strcmp(which, "itlb") == 0)
        return override_tlb(config, 1, SERVES_FETCH, value, message);
    if (strcmp(which, "dtlb") == 0)
        return override_tlb(config, 1, SERVES_LOAD | SERVES_STORE, value, message);
    if (strcmp(which, "stlb") == 0)
        return override_tlb(config, 2, SERVES_FETCH | SERVES_LOAD | SERVES_STORE, value, message);
    char section[32];
    u64 n = strcspn(which, ".");
    if (!which[n] || n >= sizeof section)
        return fail(message, "'%s' is not a part of the hierarchy (I1 D1 L2 L3 LL itlb dtlb stlb, or section.key)", which);
    memcpy(section, which, n);
    section[n] = 0;
    if (strcmp(section, "tlb") == 0)
        return fail(message, "TLBs are changed with itlb, dtlb, stlb");
    return begin_section(config, section, message) && set_key(config, section, which + n + 1, value, message);
}

/* ---- checking ---------------------------------------------------------------------------------------------------- */

static bool power_of_2(u64 value) { return value && !(value & (value - 1)); }

static bool check_cache(const HierarchyConfig *config, u32 id, char *message)
{
    const CacheConfig *c = &config->cache[id];
    const char *name = cache_sections[id];
    if (!c->size)
        return id >= CACHE_L2 || fail(message, "%s: the first level cannot be left out", name);
    if (!power_of_2(c->line) || c->line > config->page_size)
        return fail(message, "%s: the line must be a power of two, at most a page", name);
    u64 lines = c->size / c->line, ways = cache_config_ways(c);
    if (c->size % c->line || !lines || lines > 1u << 28 || lines % ways)
        return fail(message, "%s: %llu bytes do not make sets of %llu lines of %u bytes", name, (unsigned long long)c->size,
                    (unsigned long long)ways, c->line);
    if (c->policy == POLICY_PLRU && ways > 64)
        return fail(message, "%s: tree PLRU has at most 64 ways", name);
    if (c->inclusion != INCLUSION_NONE && id < CACHE_L2)
        return fail(message, "%s: inclusion is a matter of L2 and L3", name);
    if (c->prefetch && (!c->degree || c->degree > 64))
        return fail(message, "%s: the prefetcher's degree is 1 to 64", name);
    return true;
}

/* Levels that hand lines to each other must agree what a line is. */
static bool check_agreement(const HierarchyConfig *config, char *message)
{
    u32 line = config->cache[CACHE_L1D].line;
    bool differ = false, alike = config->straddle == STRADDLE_ONE && config->walk_through == WALK_THROUGH_NONE;
    for (u32 id = 0; id < CACHES; id++) {
        const CacheConfig *c = &config->cache[id];
        if (!c->size)
            continue;
        differ |= c->line != line;
        alike &= c->policy == POLICY_LRU && c->write == WRITE_UNSEEN && c->inclusion == INCLUSION_NONE && !c->prefetch && c->allocate;
    }
    return !differ || alike ||
           fail(message, "caches with different line sizes must be plain: straddle=one, LRU, write=unseen, no inclusion, no prefetch");
}

static bool check_tlb(const HierarchyConfig *config, const TlbConfig *t, char *message)
{
    u32 ways = t->ways ? t->ways : t->entries;
    if (t->level < 1 || t->level > 2 || !t->serves || !t->pages)
        return fail(message, "tlb: level is 1 or 2, and it must serve something");
    if (!t->entries || t->entries > 1u << 20 || t->entries % ways)
        return fail(message, "tlb: %u entries do not make sets of %u", t->entries, ways);
    if (t->policy == POLICY_PLRU && ways > 64)
        return fail(message, "tlb: tree PLRU has at most 64 ways");
    if (config->page_size != 4096 && t->pages != PAGES_4K)
        return fail(message, "tlb: large pages need pages of 4096 bytes");
    return true;
}

bool hierarchy_config_check(const HierarchyConfig *config, char message[CONFIG_MESSAGE])
{
    if (!power_of_2(config->page_size) || config->page_size < 16 || config->page_size > 1 << 20)
        return fail(message, "page: the size must be a power of two, 16 to 1M");
    if (config->table_levels < 1 || config->table_levels > 4)
        return fail(message, "walk: there are 1 to 4 levels");
    for (u32 id = 0; id < CACHES; id++)
        if (!check_cache(config, id, message))
            return false;
    for (u32 i = 0; i < config->tlb_count; i++)
        if (!check_tlb(config, &config->tlb[i], message))
            return false;
    for (u32 i = 0; i < 3; i++)
        if (config->walk_cache[i] > 4096)
            return fail(message, "walk: at most 4096 entries in a page-walk cache");
    if (config->dram.banks > 256 || (config->dram.banks && !config->dram.row))
        return fail(message, "dram: at most 256 banks, and rows must have a size");
    return check_agreement(config, message);
}

/* ---- printing ---------------------------------------------------------------------------------------------------- */

typedef struct Text {
    char *to;
    u64 capacity, length;
} Text;

static __attribute__((format(printf, 2, 3))) void put(Text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    u64 room = text->length < text->capacity ? text->capacity - text->length : 0;
    int n = vsnprintf(room ? text->to + text->length : NULL, room, format, arguments);
    va_end(arguments);
    text->length += (u64)(n > 0 ? n : 0);
}

static void put_value(Text *text, const Key *key, u64 value)
{
    if (key->type == TYPE_ONE_OF || key->type == TYPE_SET_OF) {
        const char *word = key->words, *separator = "";
        for (u64 index = 0; *word; index++) {
            u64 n = strcspn(word, " ");
            if (key->type == TYPE_ONE_OF ? value == index : value >> index & 1) {
                put(text, "%s%.*s", separator, (int)n, word);
                separator = ",";
            }
            word += n + (word[n] == ' ');
        }
    } else if (key->type == TYPE_WAYS && !value) {
        put(text, "full");
    } else if (key->type == TYPE_SIZE && value && value % (1 << 20) == 0) {
        put(text, "%lluM", (unsigned long long)value >> 20);
    } else if (key->type == TYPE_SIZE && value && value % (1 << 10) == 0) {
        put(text, "%lluK", (unsigned long long)value >> 10);
    } else {
        put(text, "%llu", (unsigned long long)value);
    }
}

static void put_section(Text *text, const char *name, const char *table_name, const void *base)
{
    put(text, "%s", name);
    for (u32 i = 0; i < ARRAY_LEN(keys); i++)
        if (strcmp(keys[i].section, table_name) == 0) {
            put(text, " %s=", keys[i].name);
            put_value(text, &keys[i], load_field(base, &keys[i]));
        }
    put(text, "\n");
}

u64 hierarchy_config_print(const HierarchyConfig *config, char *to, u64 capacity)
{
    Text text = {.to = to, .capacity = capacity};
    put(&text, "name %s\n", config->name);
    for (u32 id = 0; id < CACHES; id++)
        if (config->cache[id].size)
            put_section(&text, cache_sections[id], "cache", &config->cache[id]);
    for (u32 i = 0; i < config->tlb_count; i++)
        put_section(&text, "tlb", "tlb", &config->tlb[i]);
    put_section(&text, "walk", "walk", config);
    put_section(&text, "page", "page", config);
    put_section(&text, "dram", "dram", config);
    put_section(&text, "model", "model", config);
    return text.length;
}

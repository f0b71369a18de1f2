/* The modelled caches and TLBs as they are now: what each set holds. Without a model, the machine's own TLBs. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu_view.h"
#include "ui/console/command.h"

bool cmd_hierarchy(Console *console, const char *format, const char *args)
{
    (void)format;
    if (!*args && !emu_hierarchy_name(console->emu))
        return console_error(console, "Nothing is modelled. hierarchy PRESET: skylake goldencove zen3 zen4 host "
                             "cachegrind csapp, or a FILE.");
    if (!*args) {
        fputs(emu_hierarchy_description(console->emu), console->out);
        return true;
    }
    char *name = strdup(args);
    if (!name || emu_hierarchy(console->emu, name, console->overrides) != 0) {
        free(name);
        return console_error(console, "%s.", emu_error(console->emu));
    }
    free(console->modelled);
    console->hierarchy = console->modelled = name; /* for the next `run` as well */
    return true;
}

/* ---- one structure ------------------------------------------------------------------------------------------------- */

typedef bool Look(Emu *emu, uint32_t index, uint32_t set, uint32_t way, EmuHeld *held);

static int newest_first(const void *a, const void *b)
{
    uint64_t x = ((const EmuHeld *)a)->stamp, y = ((const EmuHeld *)b)->stamp;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* The valid entries of a set, those used last first where the policy keeps times; how many. */
static uint32_t read_set(Emu *emu, Look *look, uint32_t index, uint32_t set, uint32_t ways, EmuHeld *held)
{
    uint32_t count = 0;
    for (uint32_t way = 0; way < ways; way++) {
        if (!look(emu, index, set, way, &held[count]) || !held[count].valid)
            continue;
        held[count++].way = way;
    }
    qsort(held, count, sizeof *held, newest_first);
    return count;
}

/* One line, or as many as it takes within 80 columns. */
static void show_set(FILE *out, uint32_t set, const EmuHeld *held, uint32_t count)
{
    enum { COLUMNS = 80 };
    char entry[64];
    int column = fprintf(out, "  set %5" PRIu32 ":", set), left = column;
    for (uint32_t i = 0; i < count; i++) {
        int size = snprintf(entry, sizeof entry, " %" PRIu32 ":0x%" PRIx64 "%s%s", held[i].way, held[i].start,
                            held[i].dirty ? "*" : "", held[i].prefetched ? "p" : "");
        if (column + size > COLUMNS)
            column = fprintf(out, "\n%*s", left, "") - 1;
        column += fprintf(out, "%s", entry);
    }
    fputc('\n', out);
}

/* How many entries are valid, and dirty; with `all`, each set that holds any, too. */
static bool show_structure(Console *console, Look *look, uint32_t index, uint32_t sets, uint32_t ways, bool all)
{
    uint64_t valid = 0, dirty = 0;
    EmuHeld *held = calloc(ways, sizeof *held);
    if (!held)
        return console_error(console, "Out of memory.");
    for (uint32_t set = 0; set < sets; set++) {
        uint32_t count = read_set(console->emu, look, index, set, ways, held);
        for (uint32_t i = 0; i < count; i++)
            dirty += held[i].dirty;
        if (count && all)
            show_set(console->out, set, held, count);
        valid += count;
    }
    fprintf(console->out, "  %" PRIu64 " of %" PRIu64 " valid, %" PRIu64 " dirty\n", valid, (uint64_t)sets * ways, dirty);
    free(held);
    return true;
}

/* ---- caches ---------------------------------------------------------------------------------------------------------- */

/* "l1d", "L1D", "d", "1d", "2", "l3" … is cache `name` ("L1D")? */
static bool is_level(const char *word, const char *name)
{
    const char *tail = name + 1;
    if (strcasecmp(word, name) == 0 || strcasecmp(word, tail) == 0)
        return true;
    return (name[1] == '1' && strcasecmp(word, name + 2) == 0) || (strcasecmp(word, "l1") == 0 && name[1] == '1') ||
           (strcmp(word, "1") == 0 && name[1] == '1');
}

bool cmd_info_cache(Console *console, const char *format, const char *args)
{
    EmuCacheGeometry cache;
    char word[32] = "";
    bool any = false;
    (void)format;
    command_word(&args, word, sizeof word);
    if (!emu_hierarchy_name(console->emu))
        return console_error(console, "No caches are modelled (hierarchy PRESET, or emu debug --hierarchy).");
    for (uint32_t i = 0; emu_hierarchy_cache(console->emu, i, &cache); i++) {
        if (!cache.size || (*word && !is_level(word, cache.name)))
            continue;
        uint32_t sets = (uint32_t)(cache.size / cache.line / cache.ways);
        any = true;
        fprintf(console->out, "%s: %" PRIu64 " bytes, %" PRIu32 " sets of %" PRIu32 " lines of %" PRIu32 " bytes%s\n",
                cache.name, cache.size, sets, cache.ways, cache.line,
                *word ? "; way:address, * dirty, p prefetched; the one used last first" : "");
        if (!show_structure(console, emu_hierarchy_entry, i, sets, cache.ways, *word))
            return false;
    }
    return any || console_error(console, "There is no cache `%s' (l1i l1d l2 l3).", word);
}

/* ---- TLBs ------------------------------------------------------------------------------------------------------------ */

static void show_own_tlb(Console *console, int tlb, const char *name)
{
    uint64_t page;
    uint32_t count = 0;
    fprintf(console->out, "%s TLB of the machine, %" PRIu32 " sets of one page:\n", name, emu_tlb_sets(tlb));
    for (uint32_t set = 0; set < emu_tlb_sets(tlb); set++)
        if (emu_tlb_entry(console->emu, tlb, set, &page)) {
            fprintf(console->out, "  set %5" PRIu32 ": 0x%" PRIx64 "\n", set, page);
            count++;
        }
    fprintf(console->out, "  %" PRIu32 " valid\n", count);
}

static bool show_own_tlbs(Console *console, char which)
{
    if (which == '2')
        return console_error(console, "Only modelled machines have a second-level TLB (hierarchy PRESET).");
    if (which == 'i')
        show_own_tlb(console, EMU_TLB_FETCH, "code");
    if (which == 'd') {
        show_own_tlb(console, EMU_TLB_READ, "read");
        show_own_tlb(console, EMU_TLB_WRITE, "write");
    }
    if (which)
        return true;
    EmuStats s;
    emu_stats(console->emu, &s);
    uint64_t lookups = s.reads + s.writes + s.page_crossings;
    fprintf(console->out, "data TLB:  %" PRIu64 " look-ups, %" PRIu64 " read misses, %" PRIu64 " write misses\n", lookups,
            s.read_misses, s.write_misses);
    fprintf(console->out, "code TLB:  %" PRIu64 " misses\n", s.fetch_misses);
    fprintf(console->out, "walks:     %" PRIu64 ", which read %" PRIu64 " table entries\n", s.walks, s.walk_references);
    return true;
}

static bool tlb_wanted(const EmuTlbGeometry *t, char which)
{
    return !which || (which == '2' && t->level == 2) || (which == 'i' && t->level == 1 && t->fetches) ||
           (which == 'd' && t->level == 1 && (t->loads || t->stores));
}

bool cmd_info_tlb(Console *console, const char *format, const char *args)
{
    EmuTlbGeometry tlb;
    char word[32] = "";
    bool any = false;
    (void)format;
    command_word(&args, word, sizeof word);
    char which = word[0] == '-' && word[1] && !word[2] && strchr("id2", word[1]) ? word[1] : 0;
    if (*word && !which)
        return console_error(console, "`%s' is not -i (code), -d (data) or -2 (second level).", word);
    if (!emu_hierarchy_tlb(console->emu, 0, &tlb))
        return show_own_tlbs(console, which);
    for (uint32_t i = 0; emu_hierarchy_tlb(console->emu, i, &tlb); i++) {
        if (!tlb_wanted(&tlb, which))
            continue;
        any = true;
        fprintf(console->out, "%s for%s%s%s: %" PRIu32 " entries, %" PRIu32 " ways%s\n",
                tlb.level == 2 ? "STLB"
                : tlb.fetches  ? "ITLB"
                               : "DTLB",
                tlb.fetches ? " code" : "", tlb.loads ? " loads" : "", tlb.stores ? " stores" : "", tlb.entries, tlb.ways,
                which ? "; way:page, * D is set; the one used last first" : "");
        if (!show_structure(console, emu_hierarchy_tlb_entry, i, tlb.entries / tlb.ways, tlb.ways, which))
            return false;
    }
    return any || console_error(console, "This model has no such TLB.");
}

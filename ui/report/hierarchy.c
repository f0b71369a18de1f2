/* What the modelled hierarchy counted: as perf stat prints it, as cachegrind prints it, as CSV, as JSON. */
#include <string.h>

#include "ui/json.h"
#include "ui/report/attribution.h"
#include "ui/report/report.h"

static uint64_t count(Emu *emu, const char *name)
{
    uint64_t value = 0;
    emu_hierarchy_count(emu, name, &value);
    return value;
}

/* "1,234,567", in one of a few buffers that take turns. */
static const char *commas(uint64_t value)
{
    static char buffers[8][32];
    static unsigned turn;
    char digits[24], *to = buffers[turn++ % 8], *start = to;
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    for (int i = 0; i < n; i++) {
        *to++ = digits[i];
        if ((n - i - 1) % 3 == 0 && i + 1 < n)
            *to++ = ',';
    }
    *to = 0;
    return start;
}

static double percent(uint64_t part, uint64_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0; }

/* ---- perf stat --------------------------------------------------------------------------------------------------- */

typedef struct PerfRow {
    const char *name;        /* as perf names it */
    const char *counters[3]; /* whose sum it is */
    const char *of[3];       /* the percentage's base, and what it is called */
    const char *what;
} PerfRow;

static const PerfRow perf_rows[] = {
    {"L1-dcache-loads", {"Dr"}, {0}, NULL},
    {"L1-dcache-load-misses", {"D1mr"}, {"Dr"}, "of all L1-dcache loads"},
    {"L1-dcache-stores", {"Dw"}, {0}, NULL},
    {"L1-dcache-store-misses", {"D1mw"}, {"Dw"}, "of all L1-dcache stores"},
    {"L1-icache-loads", {"Ir"}, {0}, NULL},
    {"L1-icache-load-misses", {"I1mr"}, {"Ir"}, "of all L1-icache loads"},
    {"l2-load-misses", {"L2mi", "L2mr"}, {"I1mr", "D1mr"}, "of all L1 load misses"},
    {"l2-store-misses", {"L2mw"}, {"D1mw"}, "of all L1 store misses"},
    {"LLC-load-misses", {"DLmr", "ILmr"}, {"Dr", "Ir"}, "of all loads"},
    {"LLC-store-misses", {"DLmw"}, {"Dw"}, "of all stores"},
    {"dTLB-loads", {"Dr"}, {0}, NULL},
    {"dTLB-load-misses", {"DTLBmr"}, {"Dr"}, "of all dTLB loads"},
    {"dTLB-stores", {"Dw"}, {0}, NULL},
    {"dTLB-store-misses", {"DTLBmw"}, {"Dw"}, "of all dTLB stores"},
    {"iTLB-load-misses", {"ITLBm"}, {"Ir"}, "of all fetches"},
    {"stlb-misses", {"STLBm"}, {"ITLBm", "DTLBm"}, "of all first-level misses"},
    {"page-walk-references", {"WalkRef"}, {0}, NULL},
};

/* The sum of the named counters; false when the model has none of them. */
static bool sum_of(Emu *emu, const char *const names[3], uint64_t *sum)
{
    bool any = false;
    *sum = 0;
    for (int i = 0; i < 3 && names[i]; i++) {
        uint64_t value;
        if (emu_hierarchy_count(emu, names[i], &value)) {
            any = true;
            *sum += value;
        }
    }
    return any;
}

static void perf_line(FILE *out, bool csv, const char *name, uint64_t value, const char *what, double part)
{
    if (csv)
        fprintf(out, "%llu,,%s,,100.00,,\n", (unsigned long long)value, name);
    else if (what)
        fprintf(out, "%20s      %-28s # %6.2f%% %s\n", commas(value), name, part, what);
    else
        fprintf(out, "%20s      %s\n", commas(value), name);
}

bool report_perf_value(Emu *emu, const char *name, uint64_t *value)
{
    for (size_t i = 0; i < sizeof perf_rows / sizeof *perf_rows; i++)
        if (strcmp(perf_rows[i].name, name) == 0)
            return sum_of(emu, perf_rows[i].counters, value);
    return false;
}

/* `ran`: a program did, so instructions and faults have been counted. */
static void report_perf(FILE *out, Emu *emu, const char *program, bool csv, bool ran)
{
    EmuStats stats;
    emu_stats(emu, &stats);
    if (!csv)
        fprintf(out, "\n Modelled hierarchy (%s) for '%s':\n\n", emu_hierarchy_name(emu), program);
    if (ran)
        perf_line(out, csv, "instructions", stats.insns, NULL, 0);
    bool tlbs = false;
    for (size_t i = 0; i < sizeof perf_rows / sizeof *perf_rows; i++) {
        const PerfRow *row = &perf_rows[i];
        uint64_t value, base = 0, ignored;
        tlbs = emu_hierarchy_count(emu, "DTLBm", &ignored);
        if ((!tlbs && strncmp(row->name, "dTLB", 4) == 0) || !sum_of(emu, row->counters, &value))
            continue;
        const char *what = sum_of(emu, row->of, &base) ? row->what : NULL;
        perf_line(out, csv, row->name, value, what, percent(value, base));
    }
    if (!ran)
        return;
    perf_line(out, csv, "page-faults", stats.minor_faults + stats.major_faults, NULL, 0);
    perf_line(out, csv, "minor-faults", stats.minor_faults, NULL, 0);
    perf_line(out, csv, "major-faults", stats.major_faults, NULL, 0);
}

static uint64_t data_line(Emu *emu)
{
    EmuCacheGeometry l1d;
    return emu_hierarchy_cache(emu, 1, &l1d) && l1d.size ? l1d.line : 64;
}

/* What fully associative LRU caches of each size would have missed. */
static void report_curve(FILE *out, Emu *emu, bool known)
{
    uint64_t line = data_line(emu), uses = emu_hierarchy_reuse_misses(emu, 0), least = emu_hierarchy_reuse_misses(emu, UINT64_MAX);
    if (known)
        fprintf(out, "\n Miss-ratio curve of data lines (fully associative, LRU): misses\n\n");
    for (uint64_t lines = 1, misses = least + 1; known && misses > least; lines *= 2) {
        misses = emu_hierarchy_reuse_misses(emu, lines);
        fprintf(out, "%20s      %12s bytes                # %6.2f%%\n", commas(misses), commas(lines * line), percent(misses, uses));
    }
}

/* Where the cycles went, and what else the model counts that perf has no name for. */
static void report_rest(FILE *out, Emu *emu)
{
    static const char *const waits[] = {"CyL1", "CyL2", "CyL3", "CyDRAM", "CyTLB", "CyWalk"};
    uint64_t total = 0, value;
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        total += count(emu, waits[i]);
    if (total)
        fprintf(out, "\n%20s      cycles waited if nothing overlapped\n", commas(total));
    EmuCounter counter;
    for (size_t i = 0; total && i < sizeof waits / sizeof *waits; i++)
        for (uint32_t k = 0; emu_hierarchy_counter(emu, k, &counter); k++)
            if (strcmp(counter.name, waits[i]) == 0)
                fprintf(out, "%20s      %-28s # %6.2f%%\n", commas(counter.value), counter.name + 2, percent(counter.value, total));
    bool title = false;
    for (uint32_t k = 0; emu_hierarchy_counter(emu, k, &counter); k++) {
        if (!strpbrk(counter.name, ".") || !counter.value)
            continue;
        if (!title)
            fprintf(out, "\n");
        title = true;
        fprintf(out, "%20s      %-28s # %s\n", commas(counter.value), counter.name, counter.meaning);
    }
    uint64_t buckets[48];
    uint32_t n = emu_hierarchy_reuse(emu, buckets, 48);
    if (n)
        fprintf(out, "\n Reuse distance of data lines (distinct lines since the last use): accesses\n\n");
    for (uint32_t i = 0; i < n; i++) {
        value = buckets[i];
        if (i + 1 == n)
            fprintf(out, "%20s      first use\n", commas(value));
        else
            fprintf(out, "%20s      below %s\n", commas(value), commas(1ull << i));
    }
    report_curve(out, emu, n > 0);
    fprintf(out, "\n");
}

/* ---- cachegrind -------------------------------------------------------------------------------------------------- */

static int width_of(uint64_t value) { return (int)strlen(commas(value)); }

/* Cachegrind's own lines, spaces and all, so that what reads them reads these. */
static void report_cachegrind(FILE *out, Emu *emu)
{
    uint64_t ir = count(emu, "Ir"), i1 = count(emu, "I1mr"), il = count(emu, "ILmr"), dr = count(emu, "Dr"), dw = count(emu, "Dw"),
             d1r = count(emu, "D1mr"), d1w = count(emu, "D1mw"), dlr = count(emu, "DLmr"), dlw = count(emu, "DLmw");
    int pid = 1, w = width_of(ir), wr = width_of(dr > dw ? dr : dw);
    EmuTask task;
    if (emu_task(emu, 0, &task))
        pid = task.pid;
#define LINE(label, value) fprintf(out, "==%d== " label " %*s\n", pid, w, commas(value))
#define SPLIT(label, all, read, write) \
    fprintf(out, "==%d== " label " %*s  (%*s rd   + %*s wr)\n", pid, w, commas(all), wr, commas(read), wr, commas(write))
    fprintf(out, "==%d== \n", pid);
    LINE("I   refs:     ", ir);
    LINE("I1  misses:   ", i1);
    LINE("LLi misses:   ", il);
    fprintf(out, "==%d== I1  miss rate: %*.2f%%\n", pid, w - 1, percent(i1, ir));
    fprintf(out, "==%d== LLi miss rate: %*.2f%%\n", pid, w - 1, percent(il, ir));
    fprintf(out, "==%d== \n", pid);
    SPLIT("D   refs:     ", dr + dw, dr, dw);
    SPLIT("D1  misses:   ", d1r + d1w, d1r, d1w);
    SPLIT("LLd misses:   ", dlr + dlw, dlr, dlw);
    fprintf(out, "==%d== D1  miss rate: %*.1f%% (%*.1f%%     + %*.1f%%  )\n", pid, w, percent(d1r + d1w, dr + dw), wr, percent(d1r, dr),
            wr, percent(d1w, dw));
    fprintf(out, "==%d== LLd miss rate: %*.1f%% (%*.1f%%     + %*.1f%%  )\n", pid, w, percent(dlr + dlw, dr + dw), wr, percent(dlr, dr),
            wr, percent(dlw, dw));
    fprintf(out, "==%d== \n", pid);
    SPLIT("LL refs:      ", i1 + d1r + d1w, i1 + d1r, d1w);
    SPLIT("LL misses:    ", il + dlr + dlw, il + dlr, dlw);
    fprintf(out, "==%d== LL miss rate:  %*.1f%% (%*.1f%%     + %*.1f%%  )\n", pid, w, percent(il + dlr + dlw, ir + dr + dw), wr,
            percent(il + dlr, ir + dr), wr, percent(dlw, dw));
#undef LINE
#undef SPLIT
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void report_json(FILE *out, Emu *emu, const char *program, bool ran, bool attribute)
{
    EmuStats stats;
    EmuCounter counter;
    EmuCacheGeometry cache;
    uint64_t buckets[48];
    emu_stats(emu, &stats);
    Json json = {.out = out};
    json_open(&json, NULL, '{');
    json_string(&json, "schema", "emu-hierarchy-1");
    json_string(&json, "program", program);
    json_open(&json, "config", '{');
    json_string(&json, "name", emu_hierarchy_name(emu));
    json_string(&json, "description", emu_hierarchy_description(emu));
    for (uint32_t i = 0; emu_hierarchy_cache(emu, i, &cache); i++) {
        if (!cache.size)
            continue;
        json_open(&json, cache.name, '{');
        json_number(&json, "size", cache.size);
        json_number(&json, "ways", cache.ways);
        json_number(&json, "line", cache.line);
        json_close(&json, '}');
    }
    json_close(&json, '}');
    json_open(&json, "counters", '{');
    if (ran) {
        json_number(&json, "instructions", stats.insns);
        json_number(&json, "minor-faults", stats.minor_faults);
        json_number(&json, "major-faults", stats.major_faults);
    }
    for (uint32_t i = 0; emu_hierarchy_counter(emu, i, &counter); i++)
        json_number(&json, counter.name, counter.value);
    json_close(&json, '}');
    uint32_t n = emu_hierarchy_reuse(emu, buckets, 48);
    if (n) {
        json_open(&json, "histograms", '{');
        json_open(&json, "reuse_distance", '[');
        for (uint32_t i = 0; i < n; i++)
            json_number(&json, NULL, buckets[i]);
        json_close(&json, ']');
        json_open(&json, "misses_by_size", '[');
        uint64_t least = emu_hierarchy_reuse_misses(emu, UINT64_MAX);
        for (uint64_t lines = 1, misses = least + 1; misses > least; lines *= 2) {
            misses = emu_hierarchy_reuse_misses(emu, lines);
            json_open(&json, NULL, '{');
            json_number(&json, "bytes", lines * data_line(emu));
            json_number(&json, "misses", misses);
            json_close(&json, '}');
        }
        json_close(&json, ']');
        json_close(&json, '}');
    }
    if (attribute)
        attribution_json(&json, emu);
    json_close(&json, '}');
    fprintf(out, "\n");
}

void report_hierarchy(FILE *out, Emu *emu, const Options *options)
{
    HierarchyReport report = options->report;
    bool ran = options->command != COMMAND_CACHESIM;
    if (report == REPORT_DEFAULT)
        report = strcmp(emu_hierarchy_name(emu), "cachegrind") == 0 ? REPORT_CACHEGRIND : REPORT_PERF;
    switch (report) {
    case REPORT_CACHEGRIND: report_cachegrind(out, emu); break;
    case REPORT_JSON: report_json(out, emu, options->program[0], ran, options->attribute); break;
    default:
        report_perf(out, emu, options->program[0], report == REPORT_CSV, ran);
        if (report == REPORT_PERF)
            report_rest(out, emu);
    }
    if (options->attribute && report != REPORT_JSON && report != REPORT_CSV)
        attribution_text(out, emu);
}

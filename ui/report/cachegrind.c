/* cachegrind.out: counts by function and line, as cg_annotate and KCachegrind read them. Valgrind manual, "Cachegrind: a
 * cache and branch-prediction profiler", "The Cachegrind output file format". KCachegrind knows the format by an "events:" line in
 * the first 2,047 bytes, so the command line is cut short. */
#include <errno.h>
#include <string.h>

#include "emu/emu_profile.h"
#include "ui/report/report.h"

enum { COMMAND_MAX = 400 };

static void write_header(FILE *out, Emu *emu, const Options *options, const char *const *names, uint32_t columns)
{
    static const struct { const char *ours, *theirs; } caches[] = {{"L1I", "I1"}, {"L1D", "D1"}, {"L2", "L2"}, {"L3", "LL"}};
    EmuCacheGeometry cache;
    for (uint32_t i = 0; emu_hierarchy_cache(emu, i, &cache); i++)
        if (cache.size)
            fprintf(out, "desc: %s cache:         %llu B, %u B, %u-way associative\n", caches[i].theirs, (unsigned long long)cache.size,
                    cache.line, cache.ways);
    fprintf(out, "cmd:");
    size_t room = COMMAND_MAX;
    for (const char *const *word = options->program; *word && room > strlen(*word); word++) {
        room -= strlen(*word);
        fprintf(out, " ");
        for (const char *p = *word; *p; p++)
            putc(*p < 32 && *p >= 0 ? ' ' : *p, out);
    }
    fprintf(out, "\nevents:");
    for (uint32_t c = 0; c < columns; c++)
        fprintf(out, " %s", names[c]);
    fprintf(out, "\n");
}

static const char *known(const char *name) { return name ? name : "???"; }

static void write_counts(FILE *out, const uint64_t *counts, uint32_t columns)
{
    for (uint32_t c = 0; c < columns; c++)
        fprintf(out, " %llu", (unsigned long long)counts[c]);
    fprintf(out, "\n");
}

static void write_lines(FILE *out, Emu *emu, uint32_t columns)
{
    uint64_t sums[EMU_PROFILE_COLUMNS] = {0};
    const char *file = "", *function = "";
    EmuProfileLine line;
    for (uint32_t i = 0; emu_profile_line(emu, i, &line); i++) {
        bool same_file = strcmp(file, known(line.file)) == 0;
        if (!same_file)
            fprintf(out, "fl=%s\n", known(line.file));
        if (!same_file || strcmp(function, known(line.function)) != 0)
            fprintf(out, "fn=%s\n", known(line.function));
        file = known(line.file);
        function = known(line.function);
        fprintf(out, "%d", line.line);
        write_counts(out, line.counts, columns);
        for (uint32_t c = 0; c < columns; c++)
            sums[c] += line.counts[c];
    }
    fprintf(out, "summary:");
    write_counts(out, sums, columns);
}

bool report_cachegrind_file(Emu *emu, const Options *options)
{
    const char *names[EMU_PROFILE_COLUMNS];
    uint32_t columns = emu_profile_columns(emu, names);
    FILE *out = fopen(options->cachegrind_out, "we");
    if (out) {
        write_header(out, emu, options, names, columns);
        write_lines(out, emu, columns);
    }
    bool ok = out && !ferror(out);
    if (out && fclose(out) != 0)
        ok = false;
    if (!ok)
        fprintf(stderr, "emu: cannot write '%s': %s\n", options->cachegrind_out, strerror(errno));
    return ok;
}

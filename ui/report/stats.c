/* --stats: what the machine did. */
#include <inttypes.h>

#include "ui/json.h"
#include "ui/report/report.h"

static double percent(uint64_t part, uint64_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0; }

typedef struct Derived {
    uint64_t data_lookups, data_hits, data_misses;
    double mips, seconds;
} Derived;

static Derived derive(const EmuStats *s)
{
    Derived d = {.data_lookups = s->reads + s->writes + s->page_crossings, .data_misses = s->read_misses + s->write_misses};
    d.data_hits = d.data_lookups - d.data_misses;
    d.seconds = (double)s->run_ns / 1e9;
    d.mips = s->run_ns ? (double)s->insns * 1e3 / (double)s->run_ns : 0;
    return d;
}

static void print_json(FILE *out, const EmuStats *s, const Derived *d)
{
    Json json = {.out = out};
    json_open(&json, NULL, '{');
    json_string(&json, "schema", "emu-stats-1");
    json_number(&json, "instructions", s->insns);
    json_number(&json, "rep_iterations", s->rep_iterations);
    json_number(&json, "reads", s->reads);
    json_number(&json, "writes", s->writes);
    json_number(&json, "page_crossings", s->page_crossings);
    json_number(&json, "dtlb_lookups", d->data_lookups);
    json_number(&json, "dtlb_hits", d->data_hits);
    json_number(&json, "dtlb_read_misses", s->read_misses);
    json_number(&json, "dtlb_write_misses", s->write_misses);
    json_number(&json, "itlb_misses", s->fetch_misses);
    json_number(&json, "page_walks", s->walks);
    json_number(&json, "page_walk_references", s->walk_references);
    json_number(&json, "minor_faults", s->minor_faults);
    json_number(&json, "major_faults", s->major_faults);
    json_number(&json, "frames", s->frames);
    json_number(&json, "frames_peak", s->frames_peak);
    json_number(&json, "page_table_frames", s->table_frames);
    json_number(&json, "system_calls", s->system_calls);
    json_number(&json, "blocks_decoded", s->blocks_decoded);
    json_number(&json, "instructions_decoded", s->insns_decoded);
    json_number(&json, "blocks_invalidated", s->blocks_invalidated);
    json_number(&json, "wall_ns", s->run_ns);
    json_real(&json, "mips", d->mips);
    json_close(&json, '}');
}

static void line(FILE *out, const char *name, uint64_t value) { fprintf(out, "%-22s%16" PRIu64 "\n", name, value); }

static void line_share(FILE *out, const char *name, uint64_t value, uint64_t whole, const char *of)
{
    fprintf(out, "%-22s%16" PRIu64 "   %6.3f %% of %s\n", name, value, percent(value, whole), of);
}

static void line_frames(FILE *out, const char *name, uint64_t frames)
{
    fprintf(out, "%-22s%16" PRIu64 "   %6.1f MiB\n", name, frames, (double)frames * 4096 / (1 << 20));
}

static void print_text(FILE *out, const EmuStats *s, const Derived *d)
{
    line(out, "instructions", s->insns);
    line(out, "  rep iterations", s->rep_iterations);
    line(out, "reads", s->reads);
    line(out, "writes", s->writes);
    line(out, "  page-crossing", s->page_crossings);
    line(out, "data TLB hits", d->data_hits);
    line_share(out, "data TLB misses", d->data_misses, d->data_lookups, "look-ups");
    line(out, "code TLB misses", s->fetch_misses);
    line(out, "page walks", s->walks);
    line(out, "  table entries read", s->walk_references);
    line(out, "minor faults", s->minor_faults);
    line(out, "major faults", s->major_faults);
    line_frames(out, "frames at the end", s->frames);
    line_frames(out, "frames at most", s->frames_peak);
    line_frames(out, "page tables at most", s->table_frames);
    line(out, "system calls", s->system_calls);
    fprintf(out, "%-22s%16" PRIu64 "   in %" PRIu64 " blocks\n", "instructions decoded", s->insns_decoded, s->blocks_decoded);
    fprintf(out, "%-22s%16.3f s\n", "wall time", d->seconds);
    fprintf(out, "%-22s%16.1f\n", "MIPS", d->mips);
}

void report_stats(FILE *out, Emu *emu, bool json)
{
    EmuStats stats;
    emu_stats(emu, &stats);
    Derived derived = derive(&stats);
    if (json)
        print_json(out, &stats, &derived);
    else
        print_text(out, &stats, &derived);
}

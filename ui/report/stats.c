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

static void json_paging(Json *json, Emu *emu, uint64_t insns);

static void print_json(FILE *out, Emu *emu, const EmuStats *s, const Derived *d)
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
    json_paging(&json, emu, s->insns);
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

static const char *const policies[] = {
    [EMU_REPLACE_FIFO] = "fifo", [EMU_REPLACE_LRU] = "lru", [EMU_REPLACE_CLOCK] = "clock", [EMU_REPLACE_OPT] = "opt"};

/* The working set for windows of 2^10, 2^12 … instructions, as long as they are shorter than the run; and LRU's faults with
 * powers of two of frames, as long as more frames help. */
static void print_curves(FILE *out, Emu *emu, uint64_t insns)
{
    uint64_t pages, used = emu_pages_used(emu);
    if (!emu_working_set(emu, 0, &pages))
        return;
    line(out, "pages used", used);
    for (uint32_t window = 10; window < 40 && 1ull << window <= insns && emu_working_set(emu, window, &pages); window += 2)
        fprintf(out, "  working set %14.3f   pages in %" PRIu64 " instructions\n", (double)pages / 1000, (uint64_t)1 << window);
    for (uint64_t frames = 1; frames < 2 * used; frames *= 2)
        fprintf(out, "  LRU faults  %14" PRIu64 "   with %" PRIu64 " frames\n", emu_lru_faults(emu, frames), frames);
}

static void print_paging(FILE *out, Emu *emu, uint64_t insns)
{
    EmuPagingStats p;
    if (!emu_paging(emu, &p))
        return;
    fprintf(out, "%-22s%16s", "replacement", policies[p.replacement]);
    fprintf(out, p.user_frames ? "   %u user frames\n" : "\n", p.user_frames);
    line(out, "pages in", p.arrivals);
    line(out, "  from swap", p.swap_ins);
    line(out, "pages out", p.evictions);
    line(out, "  written to swap", p.swap_outs);
    line(out, "  written to files", p.write_backs);
    line(out, "  dropped clean", p.clean_drops);
    if (p.over_limit)
        line(out, "  beyond the limit", p.over_limit);
    if (p.strayed)
        line(out, "lru since touch", p.strayed);
    line_frames(out, "resident at the end", p.resident);
    line_frames(out, "resident at most", p.resident_peak);
    line_frames(out, "swap at most", p.swap_peak / 4096);
    print_curves(out, emu, insns);
}

static void json_curves(Json *json, Emu *emu, uint64_t insns)
{
    uint64_t pages, used = emu_pages_used(emu);
    if (!emu_working_set(emu, 0, &pages))
        return;
    json_number(json, "pages_used", used);
    json_open(json, "working_set", '[');
    for (uint32_t window = 0; window < 40 && 1ull << window <= insns && emu_working_set(emu, window, &pages); window++) {
        json_open(json, NULL, '{');
        json_number(json, "window", (uint64_t)1 << window);
        json_number(json, "pages_milli", pages);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_open(json, "lru_faults", '[');
    for (uint64_t frames = 1; frames < 2 * used; frames *= 2) {
        json_open(json, NULL, '{');
        json_number(json, "frames", frames);
        json_number(json, "faults", emu_lru_faults(emu, frames));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void json_paging(Json *json, Emu *emu, uint64_t insns)
{
    EmuPagingStats p;
    if (!emu_paging(emu, &p))
        return;
    json_open(json, "paging", '{');
    json_string(json, "replacement", policies[p.replacement]);
    json_number(json, "user_frames", p.user_frames);
    json_number(json, "pages_in", p.arrivals);
    json_number(json, "pages_out", p.evictions);
    json_number(json, "swap_ins", p.swap_ins);
    json_number(json, "swap_outs", p.swap_outs);
    json_number(json, "write_backs", p.write_backs);
    json_number(json, "clean_drops", p.clean_drops);
    json_number(json, "over_limit", p.over_limit);
    json_number(json, "strayed", p.strayed);
    json_number(json, "resident", p.resident);
    json_number(json, "resident_peak", p.resident_peak);
    json_number(json, "swap_bytes", p.swap_size);
    json_number(json, "swap_used", p.swap_used);
    json_number(json, "swap_peak", p.swap_peak);
    json_number(json, "touches", p.touches);
    json_curves(json, emu, insns);
    json_close(json, '}');
}

void report_stats(FILE *out, Emu *emu, bool json)
{
    EmuStats stats;
    emu_stats(emu, &stats);
    Derived derived = derive(&stats);
    if (json)
        print_json(out, emu, &stats, &derived);
    else
        print_text(out, &stats, &derived), print_paging(out, emu, stats.insns);
}

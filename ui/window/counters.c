/* One table of what emu_stats() counts; the machine's own counts go on, what is shown begins at Z. */
#include "ui/window/counters.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "ui/json.h"

static const struct Field {
    const char *name;
    size_t offset;
    bool level; /* how much there is, not how often: Z does not change it */
} fields[] = {
    {"instructions", offsetof(EmuStats, insns), false},
    {"rep_iterations", offsetof(EmuStats, rep_iterations), false},
    {"reads", offsetof(EmuStats, reads), false},
    {"writes", offsetof(EmuStats, writes), false},
    {"page_crossings", offsetof(EmuStats, page_crossings), false},
    {"dtlb_read_misses", offsetof(EmuStats, read_misses), false},
    {"dtlb_write_misses", offsetof(EmuStats, write_misses), false},
    {"itlb_misses", offsetof(EmuStats, fetch_misses), false},
    {"page_walks", offsetof(EmuStats, walks), false},
    {"page_walk_references", offsetof(EmuStats, walk_references), false},
    {"minor_faults", offsetof(EmuStats, minor_faults), false},
    {"major_faults", offsetof(EmuStats, major_faults), false},
    {"frames", offsetof(EmuStats, frames), true},
    {"frames_peak", offsetof(EmuStats, frames_peak), true},
    {"page_table_frames", offsetof(EmuStats, table_frames), true},
    {"system_calls", offsetof(EmuStats, system_calls), false},
    {"blocks_decoded", offsetof(EmuStats, blocks_decoded), false},
    {"instructions_decoded", offsetof(EmuStats, insns_decoded), false},
    {"blocks_invalidated", offsetof(EmuStats, blocks_invalidated), false},
    {"run_ns", offsetof(EmuStats, run_ns), false},
};

static uint64_t value_of(const EmuStats *stats, const struct Field *field)
{
    uint64_t value;
    memcpy(&value, (const char *)stats + field->offset, sizeof value);
    return value;
}

void counters_zero(Counters *counters, Emu *emu)
{
    EmuCounter counter;
    emu_stats(emu, &counters->zero);
    for (uint32_t i = 0; i < COUNTERS_MODELLED && emu_hierarchy_counter(emu, i, &counter); i++)
        counters->modelled[i] = counter.value;
}

static void write_one(Json *json, FILE *csv, const char *name, uint64_t value)
{
    json_number(json, name, value);
    fprintf(csv, "%s,%" PRIu64 "\n", name, value);
}

void counters_write(const Counters *counters, Emu *emu, FILE *json_file, FILE *csv)
{
    Json json = {.out = json_file};
    EmuStats stats;
    EmuCounter counter;
    emu_stats(emu, &stats);
    json_open(&json, NULL, '{');
    fprintf(csv, "counter,value\n");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        write_one(&json, csv, fields[i].name,
                  value_of(&stats, &fields[i]) - (fields[i].level ? 0 : value_of(&counters->zero, &fields[i])));
    if (emu_hierarchy_counter(emu, 0, &counter))
        json_open(&json, "hierarchy", '{');
    for (uint32_t i = 0; i < COUNTERS_MODELLED && emu_hierarchy_counter(emu, i, &counter); i++)
        write_one(&json, csv, counter.name, counter.value - counters->modelled[i]);
    if (emu_hierarchy_counter(emu, 0, &counter))
        json_close(&json, '}');
    json_close(&json, '}');
}

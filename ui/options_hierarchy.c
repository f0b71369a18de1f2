/* The options that describe the modelled hierarchy. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "ui/help.h"
#include "ui/report/report.h"

static int mistake(const char *name, const char *value, const char *expected)
{
    fprintf(stderr, "emu: --%s: '%s' is not %s\n", name, value, expected);
    return EXIT_FAILED;
}

/* Notes one change of the description: "D1" "32K,8,64". */
static int add_override(Options *options, const char *name, size_t name_length, const char *value)
{
    char **grown = realloc(options->overrides, (options->override_count + 3) * sizeof *grown);
    if (!grown)
        return EXIT_FAILED;
    options->overrides = grown;
    grown[options->override_count] = strndup(name, name_length);
    grown[options->override_count + 1] = strdup(value);
    options->override_count += 2;
    grown[options->override_count] = NULL;
    return grown[options->override_count - 1] && grown[options->override_count - 2] ? -1 : EXIT_FAILED;
}

int options_override(Options *options, const OptionRow *row, const char *value)
{
    static const struct { OptionId id; const char *key; } keys[] = {
        {OPTION_INDEX, "model.index"}, {OPTION_STRADDLE, "model.straddle"}, {OPTION_WALK_THROUGH, "walk.through"}};
    const char *name = row->name;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].id == row->id)
            name = keys[i].key;
    if (row->id == OPTION_MODEL) {
        const char *equals = strchr(value, '=');
        return equals ? add_override(options, value, (size_t)(equals - value), equals + 1)
                      : mistake("model", value, "of the form SECTION.KEY=VALUE");
    }
    return add_override(options, name, strlen(name), value);
}

int options_report(Options *options, const char *value)
{
    static const char *const names[] = {"", "perf", "csv", "cachegrind", "json"};
    for (int i = REPORT_PERF; i <= REPORT_JSON; i++)
        if (strcmp(value, names[i]) == 0) {
            options->report = (HierarchyReport)i;
            return -1;
        }
    return mistake("report", value, "perf, csv, cachegrind or json");
}

static int add_text(const char ***list, size_t *count, const char *text)
{
    const char **grown = realloc(*list, (*count + 1) * sizeof *grown);
    if (!grown)
        return EXIT_FAILED;
    *list = grown;
    grown[(*count)++] = text;
    return -1;
}

static int take_small(const OptionRow *row, const char *value, int *number)
{
    char *end;
    long n = strtol(value, &end, 10);
    *number = (int)n;
    return end != value && !*end && n >= 0 && n <= 1 << 24 ? -1 : mistake(row->name, value, "a small number");
}

int options_trace(Options *options, const OptionRow *row, const char *value)
{
    static const char *const formats[] = {"", "lackey", "din", "csim", "json"};
    switch (row->id) {
    case OPTION_EXPECT:
        if (!report_expectation_valid(value))
            return mistake("expect", value, "of the form NAME<NUMBER (or <= > >= == !=)");
        return add_text(&options->expectations, &options->expectation_count, value);
    case OPTION_TRACE_RANGE: return add_text(&options->trace_ranges, &options->trace_range_count, value);
    case OPTION_SET_BITS: return take_small(row, value, &options->set_bits);
    case OPTION_WAYS: return take_small(row, value, &options->ways);
    case OPTION_BLOCK_BITS: return take_small(row, value, &options->block_bits);
    default:
        for (int i = TRACE_LACKEY; i <= TRACE_JSON; i++)
            if (strcmp(value, formats[i]) == 0) {
                options->trace = (TraceFormat)i;
                return -1;
            }
        return mistake("trace", value, "lackey, din, csim or json");
    }
}

/* What needs a model brings one along: cachegrind's for its file, the default one for everything else. */
int options_settle_hierarchy(Options *options)
{
    if (options->attribute && (add_override(options, "model.classify", 14, "yes") >= 0 || add_override(options, "model.reuse", 11, "yes") >= 0))
        return EXIT_FAILED;
    if (options->hierarchy || options->command == COMMAND_CACHESIM || options->command == COMMAND_EXPLAIN ||
        options->command == COMMAND_WHY)
        return -1;
    options->implied = !options->override_count && !options->report;
    if (options->cachegrind_out)
        options->hierarchy = "cachegrind";
    else if (options->attribute || options->expectation_count)
        options->hierarchy = "skylake";
    else if (!options->implied) {
        fprintf(stderr, "emu: what describes the modelled hierarchy needs --hierarchy\n");
        return EXIT_FAILED;
    }
    if ((options->trace_range_count || options->trace_out) && !options->trace) {
        fprintf(stderr, "emu: --trace-range and --trace-out need --trace\n");
        return EXIT_FAILED;
    }
    return -1;
}

void options_free_overrides(Options *options)
{
    for (size_t i = 0; i < options->override_count; i++)
        free(options->overrides[i]);
    free(options->overrides);
}

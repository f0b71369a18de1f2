/* The options that describe the modelled hierarchy. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "ui/help.h"

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

void options_free_overrides(Options *options)
{
    for (size_t i = 0; i < options->override_count; i++)
        free(options->overrides[i]);
    free(options->overrides);
}

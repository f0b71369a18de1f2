/* --expect 'D1mr<17000': budgets for continuous integration. */
#include <stdlib.h>
#include <string.h>

#include "ui/report/report.h"

typedef enum Relation { LESS, AT_MOST, MORE, AT_LEAST, EQUAL, UNEQUAL } Relation;

typedef struct Expectation {
    char name[32];
    Relation relation;
    double limit;
} Expectation;

static const struct { const char *text; Relation relation; } relations[] = {
    {"<=", AT_MOST}, {">=", AT_LEAST}, {"==", EQUAL}, {"!=", UNEQUAL}, {"<", LESS}, {">", MORE}, {"=", EQUAL},
};

/* NAME RELATION NUMBER, blanks allowed; the number may have a K, M or G (powers of 1,000) behind it. */
static bool parse(const char *text, Expectation *e)
{
    size_t name = strcspn(text, "<>=! ");
    if (!name || name >= sizeof e->name)
        return false;
    memcpy(e->name, text, name);
    e->name[name] = 0;
    text += name + strspn(text + name, " ");
    size_t i = 0;
    while (i < sizeof relations / sizeof *relations && strncmp(text, relations[i].text, strlen(relations[i].text)) != 0)
        i++;
    if (i == sizeof relations / sizeof *relations)
        return false;
    e->relation = relations[i].relation;
    text += strlen(relations[i].text);
    text += strspn(text, " ");
    char *end;
    e->limit = strtod(text, &end);
    if (end == text || *text < '0' || *text > '9')
        return false;
    static const char units[] = "KMG";
    const char *unit = *end ? strchr(units, *end) : NULL;
    for (const char *u = units; unit && u <= unit; u++)
        e->limit *= 1000;
    end += unit != NULL;
    return !end[strspn(end, " ")];
}

static bool holds(const Expectation *e, double value)
{
    switch (e->relation) {
    case LESS: return value < e->limit;
    case AT_MOST: return value <= e->limit;
    case MORE: return value > e->limit;
    case AT_LEAST: return value >= e->limit;
    case EQUAL: return value == e->limit;
    default: return value != e->limit;
    }
}

/* A counter of the model, of the run, or as perf names it. */
static bool find_value(Emu *emu, const char *name, uint64_t *value)
{
    EmuStats stats;
    emu_stats(emu, &stats);
    const struct { const char *name; uint64_t value; } of_run[] = {
        {"instructions", stats.insns}, {"minor-faults", stats.minor_faults}, {"PFmin", stats.minor_faults},
        {"major-faults", stats.major_faults}, {"PFmaj", stats.major_faults}, {"page-faults", stats.minor_faults + stats.major_faults},
        {"system-calls", stats.system_calls}, {"frames-peak", stats.frames_peak},
    };
    for (size_t i = 0; i < sizeof of_run / sizeof *of_run; i++)
        if (strcmp(name, of_run[i].name) == 0) {
            *value = of_run[i].value;
            return true;
        }
    return emu_hierarchy_count(emu, name, value) || report_perf_value(emu, name, value);
}

bool report_expectation_valid(const char *text)
{
    Expectation e;
    return parse(text, &e);
}

bool report_expectations_known(Emu *emu, const Options *options)
{
    for (size_t i = 0; i < options->expectation_count; i++) {
        Expectation e;
        uint64_t value;
        if (parse(options->expectations[i], &e) && find_value(emu, e.name, &value))
            continue;
        fprintf(stderr, "emu: --expect '%s': this model has no counter '%s'\n", options->expectations[i], e.name);
        return false;
    }
    return true;
}

bool report_expectations(FILE *out, Emu *emu, const Options *options)
{
    bool all = true;
    for (size_t i = 0; i < options->expectation_count; i++) {
        Expectation e;
        uint64_t value;
        if (!parse(options->expectations[i], &e) || !find_value(emu, e.name, &value) || holds(&e, (double)value))
            continue;
        double off = (double)value - e.limit;
        fprintf(out, "emu: --expect '%s' failed: %s is %llu, %.15g %s the limit", options->expectations[i], e.name, (unsigned long long)value,
                off < 0 ? -off : off, off < 0 ? "below" : "above");
        if (e.limit)
            fprintf(out, " (%+.2f %%)", 100 * off / e.limit);
        fprintf(out, "\n");
        all = false;
    }
    return all;
}

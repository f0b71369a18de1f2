/* emu diff A.json B.json: two reports of --report=json side by side, counters that differ only. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ui/commands.h"

/* A member of "counters". */
typedef struct Count {
    char name[40];
    double value;
} Count;

typedef struct Counts {
    Count *list;
    size_t count;
} Counts;

static char *read_file(const char *path)
{
    enum { LIMIT = 1 << 26 };
    FILE *in = fopen(path, "re");
    char *text = in ? malloc(LIMIT) : NULL;
    size_t length = text ? fread(text, 1, LIMIT - 1, in) : 0;
    if (!text || ferror(in)) {
        fprintf(stderr, "emu: cannot read '%s': %s\n", path, strerror(errno));
        free(text);
        text = NULL;
    } else {
        text[length] = 0;
    }
    if (in)
        fclose(in);
    return text;
}

static const char *skip_blanks(const char *p) { return p + strspn(p, " \t\r\n"); }

/* Reads the flat object of numbers called "counters"; false: there is none. */
static bool find_counts(const char *text, Counts *counts)
{
    const char *p = strstr(text, "\"counters\"");
    if (!p || *(p = skip_blanks(p + 10)) != ':' || *(p = skip_blanks(p + 1)) != '{')
        return false;
    for (p = skip_blanks(p + 1); *p == '"'; p = skip_blanks(p)) {
        const char *end = strchr(++p, '"');
        Count c = {0};
        if (!end || (size_t)(end - p) >= sizeof c.name)
            return false;
        memcpy(c.name, p, (size_t)(end - p));
        if (*(p = skip_blanks(end + 1)) != ':')
            return false;
        char *after;
        c.value = strtod(p + 1, &after);
        Count *grown = after == p + 1 ? NULL : realloc(counts->list, (counts->count + 1) * sizeof *grown);
        if (!grown)
            return false;
        counts->list = grown;
        grown[counts->count++] = c;
        p = skip_blanks(after);
        p += *p == ',';
    }
    return *p == '}';
}

static bool load(const char *path, Counts *counts)
{
    char *text = read_file(path);
    bool ok = text && find_counts(text, counts);
    if (text && !ok)
        fprintf(stderr, "emu: '%s' is not a report of --report=json: it has no \"counters\"\n", path);
    free(text);
    return ok;
}

static const Count *find(const Counts *counts, const char *name)
{
    for (size_t i = 0; i < counts->count; i++)
        if (strcmp(counts->list[i].name, name) == 0)
            return &counts->list[i];
    return NULL;
}

static void put_value(const Count *c)
{
    if (c)
        printf(" %16.15g", c->value);
    else
        printf(" %16s", "-");
}

static bool put_difference(const char *name, const Count *a, const Count *b)
{
    if (a && b && a->value == b->value)
        return false;
    printf("%-16s", name);
    put_value(a);
    put_value(b);
    if (a && b)
        printf(" %+16.15g", b->value - a->value);
    if (a && b && a->value)
        printf("  %+9.2f %%", 100 * (b->value - a->value) / a->value);
    printf("\n");
    return true;
}

/* 0: the same; 1: they differ (as diff(1)); the exit code of a mistake. */
int command_diff(const Options *options)
{
    Counts a = {0}, b = {0};
    int code = EXIT_FAILED;
    if (!options->program[1] || options->program[2]) {
        fprintf(stderr, "emu: diff takes two files\n");
    } else if (load(options->program[0], &a) && load(options->program[1], &b)) {
        code = 0;
        for (size_t i = 0; i < a.count; i++)
            code |= put_difference(a.list[i].name, &a.list[i], find(&b, a.list[i].name));
        for (size_t i = 0; i < b.count; i++)
            if (!find(&a, b.list[i].name))
                code |= put_difference(b.list[i].name, NULL, &b.list[i]);
    }
    free(a.list);
    free(b.list);
    return code;
}

/* --attribute: functions, data objects, straddling accesses, false sharing; as text, and as parts of the JSON report. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "emu/emu_profile.h"
#include "ui/console/type.h"
#include "ui/report/attribution.h"

enum { TOP = 12 };

/* The columns that the text shows, where the model has them. */
static const char *const shown[] = {"D1mr", "D1mw", "L2mr", "L2mw", "DLmr", "DLmw", "DTLBm", "D1cold", "D1capa", "D1conf"};
enum { SHOWN = sizeof shown / sizeof *shown };

typedef struct Columns {
    const char *names[EMU_PROFILE_COLUMNS];
    uint32_t count;
    int at[SHOWN]; /* the index of shown[i]; -1: not there */
} Columns;

static Columns columns_of(Emu *emu)
{
    Columns c;
    c.count = emu_profile_columns(emu, c.names);
    for (int i = 0; i < SHOWN; i++) {
        c.at[i] = -1;
        for (uint32_t k = 0; k < c.count; k++)
            if (strcmp(c.names[k], shown[i]) == 0)
                c.at[i] = (int)k;
    }
    return c;
}

static int column_named(const Columns *c, const char *name)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (strcmp(c->names[i], name) == 0)
            return (int)i;
    return -1;
}

static void put_titles(FILE *out, const Columns *c)
{
    for (int i = 0; i < SHOWN; i++)
        if (c->at[i] >= 0)
            fprintf(out, "%10s ", shown[i]);
}

static void put_row(FILE *out, const Columns *c, const uint64_t *counts)
{
    for (int i = 0; i < SHOWN; i++)
        if (c->at[i] >= 0)
            fprintf(out, "%10llu ", (unsigned long long)counts[c->at[i]]);
}

/* ---- functions --------------------------------------------------------------------------------------------------------- */

typedef struct Function {
    const char *name, *file;
    uint64_t counts[EMU_PROFILE_COLUMNS], line_straddles, page_straddles;
} Function;

static int order_names(const void *a, const void *b)
{
    const Function *x = a, *y = b;
    const char *p = x->name ? x->name : "???", *q = y->name ? y->name : "???";
    return strcmp(p, q);
}

static int order_misses(const void *a, const void *b, void *context)
{
    const Function *x = a, *y = b;
    const Columns *c = context;
    uint64_t p = 0, q = 0;
    for (int i = 0; i < 2; i++)
        if (c->at[i] >= 0) {
            p += x->counts[c->at[i]];
            q += y->counts[c->at[i]];
        }
    return p != q ? (p < q ? 1 : -1) : x->counts[0] != y->counts[0] ? (x->counts[0] < y->counts[0] ? 1 : -1) : order_names(a, b);
}

/* Lines summed up by function, most misses first; the number of them. free(*result). */
static size_t make_functions(Emu *emu, Columns *c, Function **result)
{
    EmuProfileLine line;
    size_t count = 0, kept = 0;
    while (emu_profile_line(emu, (uint32_t)count, &line))
        count++;
    Function *list = calloc(count + 1, sizeof *list);
    *result = list;
    for (size_t i = 0; list && i < count; i++) {
        emu_profile_line(emu, (uint32_t)i, &line);
        list[i] = (Function){line.function, line.file, {0}, line.line_straddles, line.page_straddles};
        memcpy(list[i].counts, line.counts, sizeof line.counts);
    }
    if (!list)
        return 0;
    qsort(list, count, sizeof *list, order_names);
    for (size_t i = 0; i < count; i++) {
        if (!kept || order_names(&list[kept - 1], &list[i]) != 0) {
            list[kept++] = list[i];
            continue;
        }
        Function *to = &list[kept - 1];
        for (uint32_t k = 0; k < c->count; k++)
            to->counts[k] += list[i].counts[k];
        to->line_straddles += list[i].line_straddles;
        to->page_straddles += list[i].page_straddles;
    }
    qsort_r(list, kept, sizeof *list, order_misses, c);
    return kept;
}

static void text_functions(FILE *out, Emu *emu, Columns *c)
{
    Function *list;
    size_t count = make_functions(emu, c, &list);
    fprintf(out, "\n Functions:\n\n         Ir ");
    put_titles(out, c);
    fprintf(out, "\n");
    for (size_t i = 0; i < count && i < TOP; i++) {
        fprintf(out, "%11llu ", (unsigned long long)list[i].counts[0]);
        put_row(out, c, list[i].counts);
        fprintf(out, " %s\n", list[i].name ? list[i].name : "???");
    }
    free(list);
}

/* ---- straddling accesses ------------------------------------------------------------------------------------------------- */

static int order_straddles(const void *a, const void *b)
{
    const EmuProfileLine *x = a, *y = b;
    uint64_t p = x->line_straddles + x->page_straddles, q = y->line_straddles + y->page_straddles;
    return p < q ? 1 : p > q ? -1 : 0;
}

/* Source lines with accesses over two lines or pages, most first; how many. free(*result). */
static size_t make_straddles(Emu *emu, EmuProfileLine **result)
{
    EmuProfileLine line;
    size_t count = 0;
    *result = NULL;
    for (uint32_t i = 0; emu_profile_line(emu, i, &line); i++) {
        if (!line.line_straddles && !line.page_straddles)
            continue;
        EmuProfileLine *grown = realloc(*result, (count + 1) * sizeof *grown);
        if (!grown)
            break;
        *result = grown;
        grown[count++] = line;
    }
    if (count)
        qsort(*result, count, sizeof **result, order_straddles);
    return count;
}

static void text_straddles(FILE *out, Emu *emu)
{
    EmuProfileLine *list;
    size_t count = make_straddles(emu, &list);
    if (count)
        fprintf(out, "\n Accesses that lie in two lines, in two pages:\n\n");
    for (size_t i = 0; i < count && i < TOP; i++)
        fprintf(out, "%11llu %10llu  %s (%s:%d)\n", (unsigned long long)list[i].line_straddles, (unsigned long long)list[i].page_straddles,
                list[i].function ? list[i].function : "???", list[i].file ? list[i].file : "???", list[i].line);
    free(list);
}

/* ---- objects --------------------------------------------------------------------------------------------------------------- */

static void type_text(TypePool *pool, uint64_t handle, char *text, size_t size)
{
    EmuType type; /* what it is made of says more than that it is volatile */
    text[0] = 0;
    while (handle && emu_type(pool->emu, handle, &type) && (type.kind == EMU_TYPE_CONST || type.kind == EMU_TYPE_VOLATILE))
        handle = type.target;
    if (handle)
        type_name(type_from_handle(pool, handle), text, size);
}

static void text_objects(FILE *out, Emu *emu, const Columns *c)
{
    TypePool pool = {.emu = emu};
    EmuProfileObject o;
    char type[128];
    fprintf(out, "\n Data that missed:\n\n");
    put_titles(out, c);
    fprintf(out, "\n");
    for (uint32_t i = 0; i < TOP && emu_profile_object(emu, i, &o); i++) {
        put_row(out, c, o.counts);
        type_text(&pool, o.type, type, sizeof type);
        fprintf(out, " %s %s%s%s%s", o.kind, o.name, *type ? " (" : "", type, *type ? ")" : "");
        if (o.several)
            fprintf(out, ", several blocks\n");
        else if (o.size)
            fprintf(out, ", %llu bytes\n", (unsigned long long)o.size);
        else
            fprintf(out, "\n");
    }
    type_pool_free(&pool);
}

/* ---- sharing ---------------------------------------------------------------------------------------------------------------- */

static void text_shared(FILE *out, Emu *emu)
{
    EmuSharedLine line;
    int shown_lines = 0;
    for (uint32_t i = 0; emu_profile_shared(emu, i, &line) && shown_lines < TOP; i++) {
        if (!line.is_false)
            continue;
        if (!shown_lines++)
            fprintf(out, "\n False sharing: lines that threads write to without sharing a byte:\n\n");
        fprintf(out, "  0x%llx", (unsigned long long)line.address);
        fprintf(out, line.name ? " (%s)\n" : "\n", line.name);
        for (uint32_t k = 0; k < line.threads; k++)
            fprintf(out, "      thread %d: %llu accesses, %llu after another's write; reads %016llx, writes %016llx\n", line.sharer[k].tid,
                    (unsigned long long)line.sharer[k].accesses, (unsigned long long)line.sharer[k].takes,
                    (unsigned long long)line.sharer[k].read, (unsigned long long)line.sharer[k].written);
    }
}

void attribution_text(FILE *out, Emu *emu)
{
    Columns c = columns_of(emu);
    text_functions(out, emu, &c);
    text_objects(out, emu, &c);
    text_straddles(out, emu);
    text_shared(out, emu);
    fprintf(out, "\n");
}

/* ---- JSON ------------------------------------------------------------------------------------------------------------------- */

static void json_counts(Json *json, const Columns *c, const uint64_t *counts, bool references)
{
    int dr = column_named(c, "Dr"), dw = column_named(c, "Dw");
    for (uint32_t k = 0; k < c->count; k++)
        if (references || (k != 0 && (int)k != dr && (int)k != dw && strncmp(c->names[k], "PF", 2) != 0))
            json_number(json, c->names[k], counts[k]);
}

static void json_functions(Json *json, Emu *emu, Columns *c)
{
    Function *list;
    size_t count = make_functions(emu, c, &list);
    json_open(json, "per_function", '[');
    for (size_t i = 0; i < count; i++) {
        json_open(json, NULL, '{');
        json_string(json, "function", list[i].name);
        json_string(json, "file", list[i].file);
        json_counts(json, c, list[i].counts, true);
        json_number(json, "line_straddles", list[i].line_straddles);
        json_number(json, "page_straddles", list[i].page_straddles);
        json_close(json, '}');
    }
    json_close(json, ']');
    free(list);
}

static void json_objects(Json *json, Emu *emu, const Columns *c)
{
    TypePool pool = {.emu = emu};
    EmuProfileObject o;
    char type[128];
    json_open(json, "per_object", '[');
    for (uint32_t i = 0; emu_profile_object(emu, i, &o); i++) {
        json_open(json, NULL, '{');
        json_string(json, "kind", o.kind);
        json_string(json, "name", o.name);
        type_text(&pool, o.type, type, sizeof type);
        json_string(json, "type", *type ? type : NULL);
        json_address(json, "address", o.address);
        json_number(json, "size", o.size);
        json_bool(json, "several", o.several);
        json_counts(json, c, o.counts, false);
        json_close(json, '}');
    }
    json_close(json, ']');
    type_pool_free(&pool);
}

static void json_shared(Json *json, Emu *emu)
{
    EmuSharedLine line;
    json_open(json, "shared_lines", '[');
    for (uint32_t i = 0; emu_profile_shared(emu, i, &line); i++) {
        json_open(json, NULL, '{');
        json_address(json, "address", line.address);
        json_string(json, "name", line.name);
        json_bool(json, "false_sharing", line.is_false);
        json_open(json, "threads", '[');
        for (uint32_t k = 0; k < line.threads; k++) {
            json_open(json, NULL, '{');
            json_number(json, "tid", (uint64_t)line.sharer[k].tid);
            json_number(json, "accesses", line.sharer[k].accesses);
            json_number(json, "takes", line.sharer[k].takes);
            json_address(json, "read", line.sharer[k].read);
            json_address(json, "written", line.sharer[k].written);
            json_close(json, '}');
        }
        json_close(json, ']');
        json_close(json, '}');
    }
    json_close(json, ']');
}

void attribution_json(Json *json, Emu *emu)
{
    Columns c = columns_of(emu);
    json_functions(json, emu, &c);
    json_objects(json, emu, &c);
    json_shared(json, emu);
}

/* Traces as text: lackey (Valgrind's), din (Dinero's), csim (the cache lab's), and JSON, one object a line.
 *
 * lackey's form carries lines that begin with == beside the accesses, as Valgrind's own output does: which address space
 * runs, how pages are translated, what a fault interrupted. Others skip them; with them `emu cachesim` finds what the run
 * itself has found (docs/hierarchy.md gives their form). */
#define _GNU_SOURCE
#include "ui/report/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu_trace.h"
#include "ui/report/range.h"

struct Trace {
    Emu *emu;
    FILE *out;
    const char *path; /* NULL: stderr */
    TraceFormat format;
    Ranges ranges;
    bool failed;
};

/* ---- numbers: printf would be most of the time ------------------------------------------------------------------------ */

static char *put_hex(char *to, uint64_t value, int width)
{
    char digits[16];
    int n = 0;
    do
        digits[n++] = "0123456789abcdef"[value & 15];
    while ((value >>= 4) || n < width);
    while (n)
        *to++ = digits[--n];
    return to;
}

static char *put_decimal(char *to, uint64_t value)
{
    char digits[20];
    int n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    while (n)
        *to++ = digits[--n];
    return to;
}

static char *put_text(char *to, const char *text)
{
    size_t n = strlen(text);
    memcpy(to, text, n);
    return to + n;
}

/* ---- lackey ----------------------------------------------------------------------------------------------------------- */

static char *lackey_line(char *to, const EmuTraced *e)
{
    static const char *const marks[] = {"I  ", " L ", " S ", " M "};
    to = put_text(to, marks[e->kind]);
    to = put_hex(to, e->address, 8);
    *to++ = ',';
    return put_decimal(to, e->size);
}

static char *page_line(char *to, const EmuTraced *e)
{
    to = put_text(to, "page ");
    to = put_hex(to, e->address, 1);
    *to++ = ' ';
    to = put_hex(to, e->paddr, 1);
    to = put_text(to, e->dirty ? " D" : " -");
    for (int level = 4; level >= e->leaf_level; level--) {
        *to++ = ' ';
        to = put_hex(to, e->table_paddr[level], 1);
    }
    return to;
}

static char *note_line(char *to, const EmuTraced *e)
{
    if (e->kind == EMU_TRACE_PAGE)
        return page_line(to, e);
    to = put_text(to, e->kind == EMU_TRACE_FLUSH ? "flush " : "space ");
    to = put_decimal(to, e->space);
    if (e->kind == EMU_TRACE_SPACE)
        return e->renewed ? put_text(to, " new") : to;
    *to++ = ' ';
    to = put_hex(to, e->address, 1);
    *to++ = ' ';
    return put_hex(to, e->end, 1);
}

static void write_lackey(Trace *trace, const EmuTraceStep *step)
{
    char line[256];
    for (uint32_t i = 0; i < step->count; i++) {
        const EmuTraced *e = &step->events[i];
        bool note = e->kind >= EMU_TRACE_PAGE, wanted = note || ranges_want(&trace->ranges, step, e);
        if (!wanted)
            continue;
        char *to = line;
        if (note || !step->retired) {
            to = put_text(to, "==");
            to = put_decimal(to, (uint64_t)step->pid);
            to = put_text(to, note ? "== " : "== tried ");
        }
        to = note ? note_line(to, e) : lackey_line(to, e);
        *to++ = '\n';
        fwrite(line, 1, (size_t)(to - line), trace->out);
    }
}

/* ---- the others: accesses of retired instructions, and nothing else --------------------------------------------------------- */

static void write_plain(Trace *trace, const EmuTraceStep *step)
{
    static const char din[] = {'2', '0', '1', '0'}; /* a read-modify-write is a read, as it is counted */
    char line[64];
    for (uint32_t i = 0; step->retired && i < step->count; i++) {
        const EmuTraced *e = &step->events[i];
        bool csim = trace->format == TRACE_CSIM;
        if (e->kind >= EMU_TRACE_PAGE || (csim && e->kind == EMU_TRACE_FETCH) || !ranges_want(&trace->ranges, step, e))
            continue;
        char *to = line;
        if (csim) {
            *to++ = ' ';
            *to++ = e->kind == EMU_TRACE_READ ? 'L' : e->kind == EMU_TRACE_WRITE ? 'S' : 'M';
        } else {
            *to++ = din[e->kind];
        }
        *to++ = ' ';
        to = put_hex(to, e->address, 1);
        if (csim) {
            *to++ = ',';
            to = put_decimal(to, e->size);
        }
        *to++ = '\n';
        fwrite(line, 1, (size_t)(to - line), trace->out);
    }
}

static void write_json(Trace *trace, const EmuTraceStep *step)
{
    static const char *const kinds[] = {"fetch", "read", "write", "modify"};
    const char *between = "";
    if (!step->retired || step->events[0].kind >= EMU_TRACE_FLUSH)
        return;
    for (uint32_t i = 0; i < step->count; i++) {
        const EmuTraced *e = &step->events[i];
        if (e->kind >= EMU_TRACE_PAGE || !ranges_want(&trace->ranges, step, e))
            continue;
        if (!*between)
            fprintf(trace->out, "{\"pid\": %d, \"tid\": %d, \"instruction\": %llu, \"accesses\": [", step->pid, step->tid,
                    (unsigned long long)step->number);
        fprintf(trace->out, "%s{\"kind\": \"%s\", \"address\": \"0x%llx\", \"size\": %u}", between, kinds[e->kind],
                (unsigned long long)e->address, e->size);
        between = ", ";
    }
    if (*between)
        fputs("]}\n", trace->out);
}

/* ---- life ------------------------------------------------------------------------------------------------------------- */

static void on_step(void *context, const EmuTraceStep *step)
{
    Trace *trace = context;
    switch (trace->format) {
    case TRACE_LACKEY: write_lackey(trace, step); break;
    case TRACE_JSON: write_json(trace, step); break;
    default: write_plain(trace, step);
    }
}

Trace *trace_begin(Emu *emu, const Options *options)
{
    Trace *trace = calloc(1, sizeof *trace);
    if (!trace)
        return NULL;
    trace->emu = emu;
    trace->format = options->trace;
    trace->path = options->trace_out ? options->trace_out : options->output;
    trace->out = trace->path ? fopen(trace->path, "we") : stderr;
    if (!trace->out)
        fprintf(stderr, "emu: cannot write '%s': %s\n", trace->path, strerror(errno));
    if (!trace->out || !ranges_resolve(&trace->ranges, emu, options->trace_ranges, options->trace_range_count)) {
        if (trace->out && trace->path)
            fclose(trace->out);
        free(trace);
        return NULL;
    }
    if (trace->path)
        setvbuf(trace->out, NULL, _IOFBF, 1 << 18);
    if (emu_trace_accesses(emu, on_step, trace) == 0)
        return trace;
    fprintf(stderr, "emu: --trace: %s\n", strerror(ENOMEM));
    trace_end(trace);
    return NULL;
}

bool trace_end(Trace *trace)
{
    if (!trace)
        return true;
    emu_trace_accesses(trace->emu, NULL, NULL);
    bool ok = fflush(trace->out) == 0 && !ferror(trace->out);
    if (!ok)
        fprintf(stderr, "emu: the trace could not be written: %s\n", strerror(errno));
    if (trace->path)
        fclose(trace->out);
    ranges_free(&trace->ranges);
    free(trace);
    return ok;
}

/* emu cachesim: a trace of accesses, replayed through the modelled hierarchy; or through one cache, as the cache lab's csim does.
 *
 * Lines may be lackey's, din's or csim's, mixed; what a line is shows in its first characters. Lines of the == kind that
 * `emu --trace=lackey` writes tell of address spaces, pages and what faults interrupted; all others are skipped. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu_trace.h"
#include "ui/commands.h"
#include "ui/report/report.h"

typedef struct Replay {
    Emu *emu;
    bool csim, verbose;
    uint64_t hits, misses, evictions;
    uint64_t seen_misses, seen_evictions; /* the model's counters before this access */
    uint64_t line;                        /* number in the trace */
} Replay;

/* ---- numbers ---------------------------------------------------------------------------------------------------------- */

static bool take_hex(const char **text, uint64_t *value)
{
    char *end;
    while (**text == ' ')
        ++*text;
    if (!((**text >= '0' && **text <= '9') || ((**text | 0x20) >= 'a' && (**text | 0x20) <= 'f')))
        return false;
    *value = strtoull(*text, &end, 16);
    *text = end;
    return true;
}

static bool take_decimal(const char **text, uint64_t *value)
{
    char *end;
    while (**text == ' ')
        ++*text;
    if (**text < '0' || **text > '9')
        return false;
    *value = strtoull(*text, &end, 10);
    *text = end;
    return true;
}

static bool take_word(const char **text, const char *word)
{
    while (**text == ' ')
        ++*text;
    size_t n = strlen(word);
    if (strncmp(*text, word, n) != 0)
        return false;
    *text += n;
    return true;
}

/* ---- one cache, as csim counts ------------------------------------------------------------------------------------------- */

static const char *csim_access(Replay *r, EmuTraceKind kind, uint64_t address)
{
    uint64_t reads = 0, writes = 0, evictions = 0;
    emu_replay(r->emu, &(EmuTraced){.kind = kind, .address = address, .size = 1}, true);
    emu_hierarchy_count(r->emu, "D1mr", &reads);
    emu_hierarchy_count(r->emu, "D1mw", &writes);
    emu_hierarchy_count(r->emu, "L1D.evict", &evictions);
    bool missed = reads + writes != r->seen_misses, evicted = evictions != r->seen_evictions;
    r->seen_misses = reads + writes;
    r->seen_evictions = evictions;
    r->hits += !missed;
    r->misses += missed;
    r->evictions += evicted;
    return !missed ? " hit" : evicted ? " miss eviction" : " miss";
}

static void csim_line(Replay *r, char kind, uint64_t address, uint64_t size)
{
    const char *first = csim_access(r, kind == 'S' ? EMU_TRACE_WRITE : EMU_TRACE_READ, address), *second = "";
    if (kind == 'M')
        second = csim_access(r, EMU_TRACE_WRITE, address);
    if (r->verbose)
        printf("%c %llx,%llu%s%s\n", kind, (unsigned long long)address, (unsigned long long)size, first, second);
}

/* ---- lines --------------------------------------------------------------------------------------------------------------- */

/* One access; false: the line is none. A reference has at most a page of bytes. */
static bool replay_access(Replay *r, char kind, uint64_t address, uint64_t size, bool counted)
{
    EmuTraceKind what = kind == 'I' ? EMU_TRACE_FETCH : kind == 'L' ? EMU_TRACE_READ : kind == 'S' ? EMU_TRACE_WRITE : EMU_TRACE_MODIFY;
    if (r->csim) {
        if (kind != 'I' && counted)
            csim_line(r, kind, address, size);
        return true;
    }
    if (!size || size > 4096)
        return false;
    return emu_replay(r->emu, &(EmuTraced){.kind = what, .address = address, .size = (uint32_t)size}, counted) == 0;
}

/* "I  0400d7d4,8", " L 10,1" */
static bool lackey_line(Replay *r, const char *text, bool counted)
{
    uint64_t address, size;
    while (*text == ' ')
        text++;
    char kind = *text++;
    return take_hex(&text, &address) && *text++ == ',' && take_decimal(&text, &size) && replay_access(r, kind, address, size, counted);
}

/* "0 7fff0010", or with a size behind it (Dinero IV's extended form). */
static bool din_line(Replay *r, const char *text)
{
    uint64_t address, size = 1;
    char kind = text[0] == '2' ? 'I' : text[0] == '0' ? 'L' : 'S';
    text++;
    if (!take_hex(&text, &address))
        return false;
    take_hex(&text, &size);
    return replay_access(r, kind, address, size, true);
}

/* "page ADDRESS PADDR D|- ENTRY…", the entries from level 4 down. */
static bool page_line(Replay *r, const char *text)
{
    EmuTraced page = {.kind = EMU_TRACE_PAGE, .leaf_level = 5};
    if (!take_hex(&text, &page.address) || !take_hex(&text, &page.paddr))
        return false;
    page.dirty = take_word(&text, "D");
    if (!page.dirty && !take_word(&text, "-"))
        return false;
    while (page.leaf_level > 1 && take_hex(&text, &page.table_paddr[page.leaf_level - 1]))
        page.leaf_level--;
    return page.leaf_level <= 3 && emu_replay(r->emu, &page, true) == 0;
}

/* "==1000== …": false: a line of ours that is broken. Others' are skipped. */
static bool note_line(Replay *r, const char *text)
{
    uint64_t pid, space;
    text += 2;
    if (!take_decimal(&text, &pid) || strncmp(text, "== ", 3) != 0 || r->csim)
        return true;
    text += 3;
    if (take_word(&text, "tried "))
        return lackey_line(r, text, false);
    if (take_word(&text, "page "))
        return page_line(r, text);
    bool flush = take_word(&text, "flush ");
    if (!flush && !take_word(&text, "space "))
        return true;
    if (!take_decimal(&text, &space) || space > UINT32_MAX)
        return false;
    EmuTraced e = {.kind = flush ? EMU_TRACE_FLUSH : EMU_TRACE_SPACE, .space = (uint32_t)space};
    if (flush && (!take_hex(&text, &e.address) || !take_hex(&text, &e.end)))
        return false;
    e.renewed = !flush && take_word(&text, "new");
    return emu_replay(r->emu, &e, true) == 0;
}

static bool replay_line(Replay *r, const char *line)
{
    const char *text = line;
    while (*text == ' ')
        text++;
    if (*text && strchr("ILSM", *text) && text[1] == ' ')
        return lackey_line(r, line, true);
    if (*text >= '0' && *text <= '2' && text[1] == ' ')
        return din_line(r, text);
    return strncmp(line, "==", 2) == 0 ? note_line(r, line) : true;
}

static bool replay_file(Replay *r, FILE *in, const char *name)
{
    char *line = NULL;
    size_t capacity = 0;
    bool ok = true;
    while (ok && getline(&line, &capacity, in) >= 0) {
        r->line++;
        ok = replay_line(r, line);
        if (!ok)
            fprintf(stderr, "emu: %s, line %llu: not an access: %.60s%s", name, (unsigned long long)r->line, line,
                    strchr(line, '\n') && strlen(line) <= 60 ? "" : "\n");
    }
    if (ok && ferror(in)) {
        fprintf(stderr, "emu: cannot read '%s': %s\n", name, strerror(errno));
        ok = false;
    }
    free(line);
    return ok;
}

/* ---- the command ---------------------------------------------------------------------------------------------------------- */

/* One LRU cache of 2^s sets of E lines of 2^b bytes. */
static int make_csim(Emu *emu, const Options *o)
{
    char size[24], ways[16], line[24];
    snprintf(size, sizeof size, "%llu", (unsigned long long)o->ways << (o->set_bits + o->block_bits));
    snprintf(ways, sizeof ways, "%d", o->ways);
    snprintf(line, sizeof line, "%llu", 1ull << o->block_bits);
    const char *overrides[] = {"page.size", "1M", "model.straddle", "split", "l3.size", "0", "l1d.write", "back",
                               "l1d.size", size, "l1d.ways", ways, "l1d.line", line, "l1i.size", line, "l1i.ways", "1", "l1i.line", line, NULL};
    return emu_hierarchy(emu, "cachegrind", overrides);
}

static int make_hierarchy(Emu *emu, const Options *o)
{
    bool any = o->set_bits >= 0 || o->ways >= 0 || o->block_bits >= 0, all = o->set_bits >= 0 && o->ways > 0 && o->block_bits >= 0;
    if (any && !all) {
        fprintf(stderr, "emu: cachesim: -s, -E (at least 1) and -b belong together\n");
        return EXIT_FAILED;
    }
    if (all && (o->set_bits + o->block_bits > 40 || o->block_bits > 20 || o->ways > 1 << 20)) {
        fprintf(stderr, "emu: cachesim: at most 2^20 lines a set, blocks of 2^20 bytes, and 2^40 bytes a line of each set\n");
        return EXIT_FAILED;
    }
    int error = any ? make_csim(emu, o) : emu_hierarchy(emu, o->hierarchy ? o->hierarchy : "skylake", (const char *const *)o->overrides);
    if (!error)
        return -1;
    fprintf(stderr, "emu: cachesim: %s\n", *emu_error(emu) ? emu_error(emu) : strerror(error));
    return EXIT_FAILED;
}

static FILE *open_trace(const char *name)
{
    FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
    if (!in)
        fprintf(stderr, "emu: cannot read '%s': %s\n", name, strerror(errno));
    return in;
}

static int replay(Emu *emu, const Options *options, FILE *out)
{
    Replay r = {.emu = emu, .csim = options->set_bits >= 0, .verbose = options->verbose};
    const char *name = options->program[0];
    FILE *in = open_trace(name);
    bool ok = in && replay_file(&r, in, name);
    if (in && in != stdin)
        fclose(in);
    if (!ok)
        return in ? EXIT_FAILED : EXIT_NOT_FOUND;
    if (r.csim)
        fprintf(out, "hits:%llu misses:%llu evictions:%llu\n", (unsigned long long)r.hits, (unsigned long long)r.misses,
                (unsigned long long)r.evictions);
    else
        report_hierarchy(out, emu, options);
    return report_expectations(stderr, emu, options) ? 0 : 1;
}

int command_cachesim(const Options *options)
{
    EmuConfig config = options->config;
    config.memory_size = 1 << 20; /* nothing runs in it */
    Emu *emu = emu_create(&config);
    if (!emu) {
        fprintf(stderr, "emu: cannot make a machine: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    int code = make_hierarchy(emu, options);
    FILE *out = stdout;
    if (code < 0 && options->output && !(out = fopen(options->output, "we"))) {
        fprintf(stderr, "emu: cannot write '%s': %s\n", options->output, strerror(errno));
        code = EXIT_FAILED;
    }
    if (code < 0)
        code = replay(emu, options, out);
    if (out && out != stdout)
        fclose(out);
    emu_destroy(emu);
    return code;
}

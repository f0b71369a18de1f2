/* selftest: random instructions on this machine's processor and on the emulated one; all state must agree.
 *
 * Every form of every row of the instruction table gets its turn (forms.c). A difference is printed with the instruction,
 * what it read, and the option that repeats this one case. The program ends with 0 when there is none. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bytes.h"
#include "compare.h"
#include "generate.h"
#include "guest.h"
#include "native.h"
#include "report.h"
#include "sequence.h"
#include "vectors.h"

typedef struct Options {
    u64 seed, count, sequences, bytes;
    const char *only, *one_case, *record, *replay, *coverage, *document;
    bool json, list, without_host, help;
    u32 reports; /* differences shown in full, per mnemonic */
} Options;

static Run run;
static u64 fs_base;
static FILE *recording;

static void usage(void)
{
    puts("usage: selftest [--seed N] [--count N] [--only MNEMONIC] [--sequences N] [--bytes N] [--case FORM:SEED] [--record FILE]\n"
         "                [--replay FILE] [--undefined] [--reports N] [--coverage FILE] [--document FILE] [--json] [--list]\n"
         "Runs random instructions on the host's processor and on the emulated one, and compares everything.\n"
         "  --count N       single instructions, of each form in turn (default 100000)\n"
         "  --only M        only single instructions of this mnemonic\n"
         "  --sequences N   2 to 9 instructions in a row, on registers (default a third of --count)\n"
         "  --bytes N       random bytes: the same validity and length? (default a third of --count)\n"
         "  --case F:S      one case, as a report names it\n"
         "  --record FILE   write what the host made of the single instructions\n"
         "  --replay FILE   compare with what was recorded, on any host\n"
         "  --without-host  do as on a host that is not x86-64: replay what was recorded for the test suite\n"
         "  --undefined     compare flags, too, that the manuals leave undefined (DIV, IDIV, MUL, IMUL will differ)\n"
         "  --reports N     differences shown in full for each mnemonic (default 2)\n"
         "  --coverage FILE cases, faults and differences of each mnemonic\n"
         "  --document FILE the same by form, as docs/instructions.md\n"
         "  --list          the forms, and nothing else");
}

static bool parse_flag(Options *o, const char *name)
{
    bool *flag = !strcmp(name, "--json") ? &o->json : !strcmp(name, "--list") ? &o->list : !strcmp(name, "--undefined") ? &compare_undefined :
                 !strcmp(name, "--without-host") ? &o->without_host : !strcmp(name, "--help") ? &o->help : NULL;
    if (flag)
        *flag = true;
    return flag;
}

static bool parse_word(Options *o, const char *name, const char *value)
{
    const struct { const char *name; const char **place; } words[] = {
        {"--only", &o->only}, {"--case", &o->one_case}, {"--record", &o->record}, {"--replay", &o->replay}, {"--coverage", &o->coverage},
        {"--document", &o->document}};
    for (u32 i = 0; i < ARRAY_LEN(words); i++)
        if (!strcmp(name, words[i].name))
            return *words[i].place = value, true;
    return false;
}

static bool parse_count(Options *o, const char *name, const char *value)
{
    const struct { const char *name; u64 *place; } counts[] = {
        {"--seed", &o->seed}, {"--count", &o->count}, {"--sequences", &o->sequences}, {"--bytes", &o->bytes}};
    char *end;
    u64 number = strtoull(value, &end, 0);
    if (*end || end == value)
        return false;
    for (u32 i = 0; i < ARRAY_LEN(counts); i++)
        if (!strcmp(name, counts[i].name))
            return *counts[i].place = number, true;
    o->reports = (u32)number;
    return !strcmp(name, "--reports");
}

static bool parse(Options *o, int argc, char **argv)
{
    *o = (Options){ .seed = 1, .count = 100000, .sequences = ~0ull, .bytes = ~0ull, .reports = 2 };
    for (int i = 1; i < argc; i++) {
        if (parse_flag(o, argv[i]))
            continue;
        if (i + 1 == argc || !(parse_word(o, argv[i], argv[i + 1]) || parse_count(o, argv[i], argv[i + 1])))
            return false;
        i++;
    }
    if (o->sequences == ~0ull)
        o->sequences = o->only ? 0 : o->count / 3;
    if (o->bytes == ~0ull)
        o->bytes = o->only ? 0 : o->count / 3;
    return true;
}

/* ---- one case ---------------------------------------------------------------------------------------------------- */

static bool agree(const Case *c, const Outcome *host, const Outcome *emulated, bool first)
{
    if (c->form != BYTES_FORM)
        return compare(c, host, emulated, NULL);
    BytesVerdict verdict = bytes_judge(c, host, emulated);
    run.beyond += first && verdict == BYTES_BEYOND;
    run.by_maker += first && verdict == BYTES_MAKER;
    return verdict != BYTES_DIFFERENT;
}

static void tell(const Options *o, const Case *c, u64 so_far, const char *what)
{
    if (so_far >= o->reports || o->json)
        return;
    report_name(&run, c, stdout);
    puts(what);
    compare_describe(c, stdout);
}

static void judge(const Options *o, const Case *c, const Outcome *host)
{
    static Outcome emulated;
    Tally *t = report_tally(&run, c);
    if (host->cs != 0x33 && !host->died) /* a far transfer to 32-bit code, of all things */
        return;
    t->cases++;
    if (host->died) {
        tell(o, c, t->died++, ": the host's process died");
        return;
    }
    if (c->form < run.form_count) {
        run.form_cases[c->form]++;
        if (recording && !c->place)
            vectors_put(recording, &run.forms[c->form], c, host);
    }
    bool fault = host->vector != 1 && host->vector != 3;
    t->faults += fault;
    if (c->place && fault)
        run.form_faulted[c->form] = true;
    static const char *const names[WAYS] = { " (fast handlers)", " (slow handlers)", " (joined handlers)" };
    for (Way way = 0; way < WAYS; way++) {
        guest_run(c, &emulated, way);
        if (agree(c, host, &emulated, way == 0))
            continue;
        tell(o, c, t->different++, names[way]);
        if (t->different <= o->reports && !o->json)
            compare(c, host, &emulated, stdout);
        return;
    }
}

/* ---- many -------------------------------------------------------------------------------------------------------- */

static Case batch[NATIVE_BATCH];
static Outcome outcomes[NATIVE_BATCH];
static u32 batched;

static void flush(const Options *o)
{
    native_run(batch, outcomes, batched);
    for (u32 i = 0; i < batched; i++)
        judge(o, &batch[i], &outcomes[i]);
    batched = 0;
}

static void added(const Options *o)
{
    if (++batched == NATIVE_BATCH)
        flush(o);
}

static void run_singles(const Options *o, u64 *seed)
{
    u32 *chosen = malloc(run.form_count * sizeof *chosen), chosen_count = 0;
    for (u32 i = 0; i < run.form_count; i++) {
        ZydisMnemonic m = run.forms[i].mnemonic;
        if (!generate_excluded(m) && (!o->only || !strcasecmp(o->only, ZydisMnemonicGetString(m))))
            chosen[chosen_count++] = i;
    }
    for (u64 n = 0; chosen_count && n < o->count; n++) {
        u32 form = chosen[n % chosen_count];
        for (u32 tries = 0; tries < 50; tries++) /* some seeds make another instruction, or none */
            if (generate_case(&batch[batched], &run.forms[form], form, random_next(seed), fs_base)) {
                added(o);
                break;
            }
    }
    free(chosen);
}

/* Every form that accesses memory, at every kind of wrong place. */
static void run_faults(const Options *o, u64 *seed)
{
    for (u32 i = 0; i < run.form_count; i++) {
        ZydisMnemonic m = run.forms[i].mnemonic;
        if (generate_excluded(m) || (o->only && strcasecmp(o->only, ZydisMnemonicGetString(m))) || !generate_accesses(&run.forms[i]))
            continue;
        run.memory_forms++;
        for (u32 place = 1; place <= PLACES; place++)
            for (u32 tries = 0; tries < 50; tries++)
                if (generate_fault(&batch[batched], &run.forms[i], i, random_next(seed), fs_base, place)) {
                    added(o);
                    break;
                }
    }
}

static void run_all(const Options *o)
{
    u64 seed = o->seed;
    run_singles(o, &seed);
    if (o->count)
        run_faults(o, &seed);
    for (u64 n = 0; n < o->sequences; n++)
        if (generate_sequence(&batch[batched], run.forms, run.form_count, random_next(&seed), fs_base))
            added(o);
    for (u64 n = 0; n < o->bytes; n++)
        if (generate_bytes(&batch[batched], random_next(&seed), fs_base))
            added(o);
    flush(o);
}

static bool run_one(const Options *o)
{
    char *end;
    const char *text = o->one_case;
    bool sequence = text[0] == 's', random = text[0] == 'b', made = false;
    u32 form = (u32)strtoul(text, &end, 0);
    end += sequence || random;
    u64 seed = *end == ':' ? strtoull(end + 1, &end, 0) : 0;
    u32 place = *end == ':' ? (u32)strtoul(end + 1, NULL, 0) : 0;
    if (sequence)
        made = generate_sequence(&batch[0], run.forms, run.form_count, seed, fs_base);
    else if (random)
        made = generate_bytes(&batch[0], seed, fs_base);
    else
        made = form < run.form_count && generate_fault(&batch[0], &run.forms[form], form, seed, fs_base, place);
    if (!made) {
        fprintf(stderr, "selftest: no case '%s'\n", text);
        return false;
    }
    batched = 1;
    flush(o);
    return true;
}

static void replayed(const Case *c, const Outcome *host, void *options) { judge(options, c, host); }

static bool replay(Options *o, const char *path)
{
    const char *why;
    if (vectors_replay(path, run.forms, run.form_count, replayed, o, &why))
        return true;
    fprintf(stderr, "selftest: '%s' %s\n", path, why);
    return false;
}

/* With the host, or with what was recorded of another. false: it could not be done; a line on stderr says why. */
static bool run_what_was_asked(Options *o)
{
    const char *why = "as asked";
    if (o->replay)
        return replay(o, o->replay);
    if (o->without_host || !native_open(&why)) {
        fprintf(stderr, "selftest: no comparison with this host (%s): replaying what was recorded on an x86-64 one\n", why);
        return replay(o, SELFTEST_VECTORS);
    }
    fs_base = (u64)__builtin_thread_pointer();
    if (o->record && !(recording = vectors_create(o->record, fs_base))) {
        perror(o->record);
        return false;
    }
    bool done = o->one_case ? run_one(o) : (run_all(o), true);
    native_close();
    if (recording && fclose(recording) != 0) {
        perror(o->record);
        return false;
    }
    return done;
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static bool write_files(const Options *o)
{
    const char *why = NULL;
    const char *paths[2] = { o->coverage, o->document };
    for (u32 i = 0; i < 2; i++) {
        FILE *out = paths[i] ? fopen(paths[i], "w") : NULL;
        if (paths[i] && !out) {
            perror(paths[i]);
            return false;
        }
        if (out && i == 0)
            report_coverage(&run, out);
        if (out && i == 1 && !document_write(&run, out, &why)) {
            fprintf(stderr, "selftest: no document: the level of %s and its CPUID bit do not go together\n", why ? why : "?");
            return false;
        }
        if (out)
            fclose(out);
    }
    return true;
}

static bool prepare(const Options *o)
{
    run.forms = forms_all(&run.form_count);
    run.form_cases = calloc(run.form_count, sizeof *run.form_cases);
    run.form_faulted = calloc(run.form_count, sizeof *run.form_faulted);
    run.seed = o->seed;
    for (u32 i = 0; i < run.form_count; i++)
        run.by_mnemonic[run.forms[i].mnemonic].forms++;
    return run.form_cases && run.form_faulted && guest_open();
}

int main(int argc, char **argv)
{
    Options o;
    bool understood = parse(&o, argc, argv);
    if (!understood || o.help) {
        usage();
        return understood ? 0 : 2;
    }
    if (!prepare(&o)) {
        perror("selftest");
        return 125;
    }
    for (u32 i = 0; i < run.form_count && o.list; i++)
        printf("%u %s\n", i, ZydisMnemonicGetString(run.forms[i].mnemonic));
    if (o.list)
        return 0;
    if (!run_what_was_asked(&o))
        return 2;
    u64 bad = report_result(&run, o.json, o.only || o.one_case || o.replay || o.without_host, stdout);
    bool written = write_files(&o);
    guest_close();
    return bad != 0 ? 1 : written ? 0 : 2;
}

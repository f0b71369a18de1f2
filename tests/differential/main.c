/* selftest: random instructions on this machine's processor and on the emulated one; all state must agree.
 *
 * Every form of every row of the instruction table gets its turn (forms.c). A difference is printed with the instruction,
 * what it read, and the option that repeats this one case. The program ends with 0 when there is none. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "bytes.h"
#include "compare.h"
#include "cpu/translate.h"
#include "generate.h"
#include "guest.h"
#include "native.h"
#include "sequence.h"

typedef struct Options {
    u64 seed, count, sequences, bytes;
    const char *only, *replay, *coverage;
    bool json, list;
    u32 reports; /* differences shown in full, per mnemonic */
} Options;

typedef struct Tally { /* of a mnemonic */
    u32 forms;
    u64 cases, faults, different, died;
} Tally;

static Tally tally[ZYDIS_MNEMONIC_MAX_VALUE + 1];
static u64 fs_base;
static const Form *forms;
static u32 form_count;

static void usage(void)
{
    puts("usage: selftest [--seed N] [--count N] [--sequences N] [--bytes N] [--only MNEMONIC] [--replay FORM:SEED]\n"
         "                [--undefined] [--reports N] [--coverage FILE] [--json] [--list]\n"
         "Runs random instructions on the host's processor and on the emulated one, and compares everything.\n"
         "  --count N       single instructions, of each form in turn (default 100000)\n"
         "  --sequences N   2 to 9 instructions in a row, on registers (default a third of that)\n"
         "  --bytes N       random bytes: the same validity and length? (default a third of that)\n"
         "  --only M        only single instructions of this mnemonic\n"
         "  --replay F:S    one case, as a report names it\n"
         "  --undefined     compare flags, too, that the manuals leave undefined (DIV, IDIV, MUL, IMUL will differ)\n"
         "  --reports N     differences shown in full for each mnemonic (default 2)\n"
         "  --coverage FILE cases, faults and differences of each mnemonic\n"
         "  --list          the forms, and nothing else");
}

static bool parse(Options *o, int argc, char **argv)
{
    *o = (Options){ .seed = 1, .count = 100000, .sequences = ~0ull, .bytes = ~0ull, .reports = 2 };
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(name, "--json")) { o->json = true; continue; }
        if (!strcmp(name, "--list")) { o->list = true; continue; }
        if (!strcmp(name, "--undefined")) { compare_undefined = true; continue; }
        if (!value)
            return false;
        i++;
        if (!strcmp(name, "--seed")) o->seed = strtoull(value, NULL, 0);
        else if (!strcmp(name, "--count")) o->count = strtoull(value, NULL, 0);
        else if (!strcmp(name, "--sequences")) o->sequences = strtoull(value, NULL, 0);
        else if (!strcmp(name, "--bytes")) o->bytes = strtoull(value, NULL, 0);
        else if (!strcmp(name, "--only")) o->only = value;
        else if (!strcmp(name, "--replay")) o->replay = value;
        else if (!strcmp(name, "--reports")) o->reports = (u32)strtoul(value, NULL, 0);
        else if (!strcmp(name, "--coverage")) o->coverage = value;
        else return false;
    }
    if (o->sequences == ~0ull)
        o->sequences = o->only ? 0 : o->count / 3;
    if (o->bytes == ~0ull)
        o->bytes = o->only ? 0 : o->count / 3;
    return true;
}

/* ---- one case ---------------------------------------------------------------------------------------------------- */

static Tally sequences, bytes;
static u64 beyond, by_maker;

static void name_case(const Case *c)
{
    if (c->form == SEQUENCE_FORM)
        printf("sequence --replay s:0x%" PRIx64, c->seed);
    else if (c->form == BYTES_FORM)
        printf("bytes --replay b:0x%" PRIx64, c->seed);
    else
        printf("%s --replay %u:0x%" PRIx64, ZydisMnemonicGetString(forms[c->form].mnemonic), c->form, c->seed);
}

static Tally *tally_of(const Case *c)
{
    return c->form == SEQUENCE_FORM ? &sequences : c->form == BYTES_FORM ? &bytes : &tally[forms[c->form].mnemonic];
}

static bool agree(const Case *c, const Outcome *host, const Outcome *emulated)
{
    if (c->form != BYTES_FORM)
        return compare(c, host, emulated, NULL);
    BytesVerdict verdict = bytes_judge(c, host, emulated);
    beyond += verdict == BYTES_BEYOND;
    by_maker += verdict == BYTES_MAKER;
    return verdict != BYTES_DIFFERENT;
}

static void judge(const Options *o, const Case *c, const Outcome *host)
{
    static Outcome emulated;
    Tally *t = tally_of(c);
    t->cases++;
    if (host->died) {
        if (t->died++ < o->reports && !o->json) {
            name_case(c);
            puts(": the host's process died");
            compare_describe(c, stdout);
        }
        return;
    }
    if (host->cs != 0x33) /* a far transfer to 32-bit code, of all things */
        return;
    t->faults += host->vector != 1 && host->vector != 3;
    static const char *const names[WAYS] = { "fast", "slow", "joined" };
    for (Way way = 0; way < WAYS; way++) {
        guest_run(c, &emulated, way);
        if (agree(c, host, &emulated))
            continue;
        if (t->different++ < o->reports && !o->json) {
            name_case(c);
            printf(" (%s handlers)\n", names[way]);
            compare_describe(c, stdout);
            compare(c, host, &emulated, stdout);
        }
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
    u32 *chosen = malloc(form_count * sizeof *chosen), chosen_count = 0;
    for (u32 i = 0; i < form_count; i++) {
        tally[forms[i].mnemonic].forms++;
        if (!generate_excluded(forms[i].mnemonic) && (!o->only || !strcasecmp(o->only, ZydisMnemonicGetString(forms[i].mnemonic))))
            chosen[chosen_count++] = i;
    }
    for (u64 n = 0; chosen_count && n < o->count; n++) {
        u32 form = chosen[n % chosen_count];
        for (u32 tries = 0; tries < 50; tries++) /* some seeds make another instruction, or none */
            if (generate_case(&batch[batched], &forms[form], form, random_next(seed), fs_base)) {
                added(o);
                break;
            }
    }
    free(chosen);
}

static void run_all(const Options *o)
{
    u64 seed = o->seed;
    run_singles(o, &seed);
    for (u64 n = 0; n < o->sequences; n++)
        if (generate_sequence(&batch[batched], forms, form_count, random_next(&seed), fs_base))
            added(o);
    for (u64 n = 0; n < o->bytes; n++)
        if (generate_bytes(&batch[batched], random_next(&seed), fs_base))
            added(o);
    flush(o);
}

static bool run_one(const Options *o)
{
    char *end;
    bool sequence = o->replay[0] == 's', random = o->replay[0] == 'b', made = false;
    u32 form = (u32)strtoul(o->replay, &end, 0);
    end += sequence || random;
    u64 seed = *end == ':' ? strtoull(end + 1, NULL, 0) : 0;
    if (sequence)
        made = generate_sequence(&batch[0], forms, form_count, seed, fs_base);
    else if (random)
        made = generate_bytes(&batch[0], seed, fs_base);
    else
        made = form < form_count && generate_case(&batch[0], &forms[form], form, seed, fs_base);
    if (!made) {
        fprintf(stderr, "selftest: no case '%s'\n", o->replay);
        return false;
    }
    batched = 1;
    flush(o);
    return true;
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static bool has_row(u32 mnemonic)
{
    extern const Row string_rows[], mmx_rows[];
    return instruction_rows[mnemonic].name || string_rows[mnemonic].name || mmx_rows[mnemonic].name;
}

static bool not_covered(u32 m) { return has_row(m) && !tally[m].cases && !generate_excluded((ZydisMnemonic)m); }

static void print_coverage(FILE *out)
{
    fprintf(out, "%-16s %6s %9s %9s %9s\n", "mnemonic", "forms", "cases", "faults", "different");
    for (u32 m = 0; m <= ZYDIS_MNEMONIC_MAX_VALUE; m++) {
        if (!has_row(m))
            continue;
        const char *why = generate_excluded((ZydisMnemonic)m);
        fprintf(out, "%-16s %6u %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "%s%s\n", ZydisMnemonicGetString((ZydisMnemonic)m), tally[m].forms,
                tally[m].cases, tally[m].faults, tally[m].different, why ? "  not compared: " : "", why ? why : "");
    }
}

static void print_lists(const Options *o)
{
    for (u32 m = 0; m <= ZYDIS_MNEMONIC_MAX_VALUE; m++) {
        if (not_covered(m) && !o->only && !o->replay)
            printf("not covered: %s (%u forms)\n", ZydisMnemonicGetString((ZydisMnemonic)m), tally[m].forms);
        if (tally[m].different)
            printf("%-16s %" PRIu64 " of %" PRIu64 " differ\n", ZydisMnemonicGetString((ZydisMnemonic)m), tally[m].different, tally[m].cases);
    }
}

static u64 print_result(const Options *o)
{
    Tally all = { 0 };
    u64 rows = 0, uncovered = 0;
    for (u32 m = 0; m <= ZYDIS_MNEMONIC_MAX_VALUE; m++) {
        all.cases += tally[m].cases, all.faults += tally[m].faults, all.different += tally[m].different, all.died += tally[m].died;
        rows += has_row(m);
        uncovered += not_covered(m);
    }
    if (o->json) {
        printf("{\"schema\":\"emu-selftest-1\",\"seed\":%" PRIu64 ",\"cases\":%" PRIu64 ",\"faults\":%" PRIu64 ",\"different\":%" PRIu64
               ",\"died\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"rows_not_covered\":%" PRIu64, o->seed, all.cases, all.faults, all.different,
               all.died, rows, uncovered);
        printf(",\"sequences\":%" PRIu64 ",\"sequences_different\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"bytes_different\":%" PRIu64
               ",\"bytes_beyond\":%" PRIu64 ",\"bytes_maker\":%" PRIu64 "}\n", sequences.cases, sequences.different, bytes.cases,
               bytes.different, beyond, by_maker);
    } else {
        print_lists(o);
        printf("%" PRIu64 " cases, %" PRIu64 " of them ended in a fault, %" PRIu64 " differ; %" PRIu64 " rows, %" PRIu64 " not covered\n",
               all.cases, all.faults, all.different, rows, uncovered);
        printf("%" PRIu64 " sequences, %" PRIu64 " of them ended in a fault, %" PRIu64 " differ\n", sequences.cases, sequences.faults,
               sequences.different);
        printf("%" PRIu64 " random encodings, %" PRIu64 " differ (extensions beyond v3: %" PRIu64 ", by maker: %" PRIu64 ")\n", bytes.cases,
               bytes.different, beyond / 2, by_maker / 2);
        if (all.died + sequences.died + bytes.died)
            printf("%" PRIu64 " killed the host's process\n", all.died + sequences.died + bytes.died);
    }
    return all.different + all.died + sequences.different + sequences.died + bytes.different + bytes.died;
}

int main(int argc, char **argv)
{
    Options o;
    const char *why;
    if (!parse(&o, argc, argv)) {
        usage();
        return 2;
    }
    forms = forms_all(&form_count);
    if (o.list) {
        for (u32 i = 0; i < form_count; i++)
            printf("%u %s\n", i, ZydisMnemonicGetString(forms[i].mnemonic));
        return 0;
    }
    if (!native_open(&why)) {
        fprintf(stderr, "selftest: cannot compare with this host: %s\n", why);
        return 77;
    }
    if (!guest_open()) {
        perror("selftest");
        return 125;
    }
    fs_base = (u64)__builtin_thread_pointer();
    if (o.replay ? !run_one(&o) : (run_all(&o), false))
        return 2;
    native_close();
    u64 bad = print_result(&o);
    FILE *out = o.coverage ? fopen(o.coverage, "w") : NULL;
    if (out) {
        print_coverage(out);
        fclose(out);
    }
    guest_close();
    return bad != 0;
}

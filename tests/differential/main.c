/* selftest: random instructions on this machine's processor and on the emulated one; all state must agree.
 *
 * Every form of every row of the instruction table gets its turn (forms.c). A difference is printed with the instruction,
 * what it read, and the option that repeats this one case. The program ends with 0 when there is none. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "compare.h"
#include "cpu/translate.h"
#include "generate.h"
#include "guest.h"
#include "native.h"

typedef struct Options {
    u64 seed, count;
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

static void usage(void)
{
    puts("usage: selftest [--seed N] [--count N] [--only MNEMONIC] [--replay FORM:SEED] [--reports N] [--coverage FILE] [--json] [--list]\n"
         "Runs random instructions on the host's processor and on the emulated one, and compares everything.\n"
         "  --count N       cases (default 100000)\n"
         "  --only M        only this mnemonic\n"
         "  --replay F:S    one case, as a report names it\n"
         "  --reports N     differences shown in full for each mnemonic (default 2)\n"
         "  --coverage FILE cases, faults and differences of each mnemonic\n"
         "  --list          the forms, and nothing else");
}

static bool parse(Options *o, int argc, char **argv)
{
    *o = (Options){ .seed = 1, .count = 100000, .reports = 2 };
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(name, "--json")) { o->json = true; continue; }
        if (!strcmp(name, "--list")) { o->list = true; continue; }
        if (!value)
            return false;
        i++;
        if (!strcmp(name, "--seed")) o->seed = strtoull(value, NULL, 0);
        else if (!strcmp(name, "--count")) o->count = strtoull(value, NULL, 0);
        else if (!strcmp(name, "--only")) o->only = value;
        else if (!strcmp(name, "--replay")) o->replay = value;
        else if (!strcmp(name, "--reports")) o->reports = (u32)strtoul(value, NULL, 0);
        else if (!strcmp(name, "--coverage")) o->coverage = value;
        else return false;
    }
    return true;
}

/* ---- one case ---------------------------------------------------------------------------------------------------- */

static void report(const Case *c, const Insn1 *insn, const Outcome *host, const Outcome *emulated, bool slow)
{
    printf("%s --replay %u:0x%" PRIx64 " (%s)\n  ", ZydisMnemonicGetString(insn->z.mnemonic), c->form, c->seed, slow ? "slow" : "fast");
    compare_describe(c, insn, stdout);
    compare(c, insn, host, emulated, stdout);
}

static void judge(const Options *o, const Case *c, const Outcome *host)
{
    static Outcome emulated;
    Insn1 insn;
    form_decode(c->code, 15, &insn);
    Tally *t = &tally[insn.z.mnemonic];
    t->cases++;
    t->died += host->died;
    if (host->died) {
        if (t->died <= o->reports && !o->json) {
            printf("%s --replay %u:0x%" PRIx64 ": the host's process died\n  ", ZydisMnemonicGetString(insn.z.mnemonic), c->form, c->seed);
            compare_describe(c, &insn, stdout);
        }
        return;
    }
    if (host->cs != 0x33) /* a far transfer to 32-bit code, of all things */
        return;
    t->faults += host->vector != 1 && host->vector != 3;
    for (int slow = 0; slow < 2; slow++) {
        guest_run(c, &emulated, slow);
        if (compare(c, &insn, host, &emulated, NULL))
            continue;
        t->different++;
        if (t->different <= o->reports && !o->json)
            report(c, &insn, host, &emulated, slow);
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

static void run_all(const Options *o, const Form *forms, u32 form_count)
{
    u32 *chosen = malloc(form_count * sizeof *chosen), chosen_count = 0;
    for (u32 i = 0; i < form_count; i++) {
        tally[forms[i].mnemonic].forms++;
        if (!generate_excluded(forms[i].mnemonic) && (!o->only || !strcasecmp(o->only, ZydisMnemonicGetString(forms[i].mnemonic))))
            chosen[chosen_count++] = i;
    }
    u64 seed = o->seed;
    for (u64 n = 0; chosen_count && n < o->count; n++) {
        u32 form = chosen[n % chosen_count];
        for (u32 tries = 0; tries < 50; tries++) /* some seeds make another instruction, or none */
            if (generate_case(&batch[batched], &forms[form], form, random_next(&seed), fs_base)) {
                batched++;
                break;
            }
        if (batched == NATIVE_BATCH)
            flush(o);
    }
    flush(o);
    free(chosen);
}

static bool run_one(const Options *o, const Form *forms, u32 form_count)
{
    char *end;
    u32 form = (u32)strtoul(o->replay, &end, 0);
    if (form >= form_count || *end != ':' || !generate_case(&batch[0], &forms[form], form, strtoull(end + 1, NULL, 0), fs_base)) {
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

static u64 print_result(const Options *o)
{
    u64 cases = 0, faults = 0, different = 0, rows = 0, uncovered = 0, died = 0;
    for (u32 m = 0; m <= ZYDIS_MNEMONIC_MAX_VALUE; m++) {
        cases += tally[m].cases, faults += tally[m].faults, different += tally[m].different, died += tally[m].died;
        rows += has_row(m);
        bool missing = has_row(m) && !tally[m].cases && !generate_excluded((ZydisMnemonic)m);
        uncovered += missing;
        if (missing && !o->only && !o->replay && !o->json)
            printf("not covered: %s (%u forms)\n", ZydisMnemonicGetString((ZydisMnemonic)m), tally[m].forms);
        if (tally[m].different && !o->json)
            printf("%-16s %" PRIu64 " of %" PRIu64 " differ\n", ZydisMnemonicGetString((ZydisMnemonic)m), tally[m].different, tally[m].cases);
    }
    if (o->json)
        printf("{\"schema\":\"emu-selftest-1\",\"seed\":%" PRIu64 ",\"cases\":%" PRIu64 ",\"faults\":%" PRIu64 ",\"different\":%" PRIu64
               ",\"died\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"rows_not_covered\":%" PRIu64 "}\n",
               o->seed, cases, faults, different, died, rows, uncovered);
    else
        printf("%" PRIu64 " cases, %" PRIu64 " of them ended in a fault, %" PRIu64 " differ, %" PRIu64 " killed the host's process; %" PRIu64
               " rows, %" PRIu64 " not covered\n", cases, faults, different, died, rows, uncovered);
    return different + died;
}

int main(int argc, char **argv)
{
    Options o;
    const char *why;
    u32 form_count;
    if (!parse(&o, argc, argv)) {
        usage();
        return 2;
    }
    const Form *forms = forms_all(&form_count);
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
    if (o.replay ? !run_one(&o, forms, form_count) : (run_all(&o, forms, form_count), false))
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

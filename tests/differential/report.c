#include "report.h"

#include <inttypes.h>

#include "bytes.h"
#include "cpu/translate.h"
#include "generate.h"
#include "sequence.h"

Tally *report_tally(Run *run, const Case *c)
{
    return c->form == SEQUENCE_FORM ? &run->sequences : c->form == BYTES_FORM ? &run->bytes :
           &run->by_mnemonic[run->forms[c->form].mnemonic];
}

void report_name(const Run *run, const Case *c, FILE *out)
{
    if (c->form == SEQUENCE_FORM)
        fprintf(out, "sequence --case s:0x%" PRIx64, c->seed);
    else if (c->form == BYTES_FORM)
        fprintf(out, "bytes --case b:0x%" PRIx64, c->seed);
    else
        fprintf(out, "%s --case %u:0x%" PRIx64 ":%u", ZydisMnemonicGetString(run->forms[c->form].mnemonic), c->form, c->seed, c->place);
}

bool report_has_row(u32 mnemonic)
{
    extern const Row string_rows[], mmx_rows[];
    return instruction_rows[mnemonic].name || string_rows[mnemonic].name || mmx_rows[mnemonic].name;
}

static bool not_covered(const Run *run, u32 m)
{
    return report_has_row(m) && !run->by_mnemonic[m].cases && !generate_excluded((ZydisMnemonic)m);
}

void report_coverage(const Run *run, FILE *out)
{
    fprintf(out, "%-16s %6s %9s %9s %9s\n", "mnemonic", "forms", "cases", "faults", "different");
    for (u32 m = 0; m <= ZYDIS_MNEMONIC_MAX_VALUE; m++) {
        const Tally *t = &run->by_mnemonic[m];
        const char *why = generate_excluded((ZydisMnemonic)m);
        if (report_has_row(m))
            fprintf(out, "%-16s %6u %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "%s%s\n", ZydisMnemonicGetString((ZydisMnemonic)m), t->forms,
                    t->cases, t->faults, t->different, why ? "  not compared: " : "", why ? why : "");
    }
}

static void print_lists(const Run *run, bool only_some, FILE *out)
{
    for (u32 m = 0; m <= ZYDIS_MNEMONIC_MAX_VALUE; m++) {
        const Tally *t = &run->by_mnemonic[m];
        const char *name = ZydisMnemonicGetString((ZydisMnemonic)m);
        if (not_covered(run, m) && !only_some)
            fprintf(out, "not covered: %s (%u forms)\n", name, t->forms);
        if (t->different)
            fprintf(out, "%-16s %" PRIu64 " of %" PRIu64 " differ\n", name, t->different, t->cases);
    }
}

static void print_text(const Run *run, const Tally *all, u64 rows, u64 uncovered, FILE *out)
{
    const Tally *s = &run->sequences, *b = &run->bytes;
    fprintf(out, "%" PRIu64 " cases, %" PRIu64 " of them ended in a fault, %" PRIu64 " differ; %" PRIu64 " rows, %" PRIu64 " not covered\n",
            all->cases, all->faults, all->different, rows, uncovered);
    fprintf(out, "%" PRIu64 " sequences, %" PRIu64 " of them ended in a fault, %" PRIu64 " differ\n", s->cases, s->faults, s->different);
    fprintf(out, "%" PRIu64 " random encodings, %" PRIu64 " differ (extensions beyond v3: %" PRIu64 ", by maker: %" PRIu64 ")\n", b->cases,
            b->different, run->beyond, run->by_maker);
    u32 faulted = 0;
    for (u32 i = 0; i < run->form_count; i++)
        faulted += run->form_faulted[i];
    if (run->memory_forms)
        fprintf(out, "%u forms with memory operands, at unmapped, read-only, page-crossing and non-canonical addresses: %u of them faulted\n",
                run->memory_forms, faulted);
    if (all->died + s->died + b->died)
        fprintf(out, "%" PRIu64 " killed the host's process\n", all->died + s->died + b->died);
}

static void print_json(const Run *run, const Tally *all, u64 rows, u64 uncovered, FILE *out)
{
    fprintf(out, "{\"schema\":\"emu-selftest-1\",\"seed\":%" PRIu64 ",\"cases\":%" PRIu64 ",\"faults\":%" PRIu64 ",\"different\":%" PRIu64
            ",\"died\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"rows_not_covered\":%" PRIu64, run->seed, all->cases, all->faults,
            all->different, all->died, rows, uncovered);
    fprintf(out, ",\"sequences\":%" PRIu64 ",\"sequences_different\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"bytes_different\":%" PRIu64
            ",\"bytes_beyond\":%" PRIu64 ",\"bytes_maker\":%" PRIu64 "}\n", run->sequences.cases, run->sequences.different,
            run->bytes.cases, run->bytes.different, run->beyond, run->by_maker);
}

u64 report_result(const Run *run, bool json, bool only_some, FILE *out)
{
    Tally all = { 0 };
    u64 rows = 0, uncovered = 0;
    for (u32 m = 0; m <= ZYDIS_MNEMONIC_MAX_VALUE; m++) {
        const Tally *t = &run->by_mnemonic[m];
        all.cases += t->cases, all.faults += t->faults, all.different += t->different, all.died += t->died;
        rows += report_has_row(m);
        uncovered += not_covered(run, m);
    }
    if (!json)
        print_lists(run, only_some, out);
    (json ? print_json : print_text)(run, &all, rows, uncovered, out);
    return all.different + all.died + run->sequences.different + run->sequences.died + run->bytes.different + run->bytes.died;
}

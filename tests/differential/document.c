/* docs/instructions.md: what is implemented, of which CPUID bit, and with how many vectors it was compared, from the rows of the
 * table, Zydis' knowledge of each form, and a run's tallies. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpu/cpu.h"
#include "cpu/translate.h"
#include "generate.h"
#include "report.h"

/* Which CPUID bit offers an instruction set; leaf 0: every x86-64 processor has it. SDM Vol. 2A, "CPUID". */
typedef struct Feature {
    ZydisISASet set;
    const char *name;
    u32 leaf, word, bit; /* word: 0 EAX, 1 EBX, 2 ECX, 3 EDX */
} Feature;

static const Feature features[] = {
    { ZYDIS_ISA_SET_X87, "FPU", 1, 3, 0 },             { ZYDIS_ISA_SET_FCMOV, "FPU, CMOV", 1, 3, 15 },
    { ZYDIS_ISA_SET_CMOV, "CMOV", 1, 3, 15 },          { ZYDIS_ISA_SET_CLFSH, "CLFSH", 1, 3, 19 },
    { ZYDIS_ISA_SET_PENTIUMMMX, "MMX", 1, 3, 23 },     { ZYDIS_ISA_SET_FXSAVE, "FXSR", 1, 3, 24 },
    { ZYDIS_ISA_SET_FXSAVE64, "FXSR", 1, 3, 24 },      { ZYDIS_ISA_SET_SSE, "SSE", 1, 3, 25 },
    { ZYDIS_ISA_SET_SSEMXCSR, "SSE", 1, 3, 25 },       { ZYDIS_ISA_SET_SSE_PREFETCH, "SSE", 1, 3, 25 },
    { ZYDIS_ISA_SET_SSE2, "SSE2", 1, 3, 26 },          { ZYDIS_ISA_SET_SSE2MMX, "SSE2", 1, 3, 26 },
    { ZYDIS_ISA_SET_RDTSCP, "RDTSCP", 0x80000001, 3, 27 }, { ZYDIS_ISA_SET_LAHF, "LAHF64", 0x80000001, 2, 0 },
    { ZYDIS_ISA_SET_SSE3, "SSE3", 1, 2, 0 },           { ZYDIS_ISA_SET_SSE3X87, "SSE3", 1, 2, 0 },
    { ZYDIS_ISA_SET_SSSE3, "SSSE3", 1, 2, 9 },         { ZYDIS_ISA_SET_SSSE3MMX, "SSSE3", 1, 2, 9 },
    { ZYDIS_ISA_SET_CMPXCHG16B, "CX16", 1, 2, 13 },    { ZYDIS_ISA_SET_SSE4, "SSE4.1", 1, 2, 19 },
    { ZYDIS_ISA_SET_SSE42, "SSE4.2", 1, 2, 20 },       { ZYDIS_ISA_SET_POPCNT, "POPCNT", 1, 2, 23 },
    { ZYDIS_ISA_SET_PCLMULQDQ, "PCLMULQDQ", 1, 2, 1 }, { ZYDIS_ISA_SET_FMA, "FMA", 1, 2, 12 },
    { ZYDIS_ISA_SET_MOVBE, "MOVBE", 1, 2, 22 },        { ZYDIS_ISA_SET_AES, "AES", 1, 2, 25 },
    { ZYDIS_ISA_SET_AVXAES, "AES, AVX", 1, 2, 25 },    { ZYDIS_ISA_SET_XSAVE, "XSAVE", 1, 2, 26 },
    { ZYDIS_ISA_SET_AVX, "AVX", 1, 2, 28 },            { ZYDIS_ISA_SET_F16C, "F16C", 1, 2, 29 },
    { ZYDIS_ISA_SET_RDRAND, "RDRAND", 1, 2, 30 },      { ZYDIS_ISA_SET_RDWRFSGS, "FSGSBASE", 7, 1, 0 },
    { ZYDIS_ISA_SET_BMI1, "BMI1", 7, 1, 3 },           { ZYDIS_ISA_SET_AVX2, "AVX2", 7, 1, 5 },
    { ZYDIS_ISA_SET_AVX2GATHER, "AVX2", 7, 1, 5 },     { ZYDIS_ISA_SET_BMI2, "BMI2", 7, 1, 8 },
    { ZYDIS_ISA_SET_RDSEED, "RDSEED", 7, 1, 18 },      { ZYDIS_ISA_SET_ADOX_ADCX, "ADX", 7, 1, 19 },
    { ZYDIS_ISA_SET_SHA, "SHA", 7, 1, 29 },            { ZYDIS_ISA_SET_LZCNT, "LZCNT", 0x80000001, 2, 5 },
    { ZYDIS_ISA_SET_XSAVEOPT, "XSAVEOPT", 0xd, 0, 0 }, { ZYDIS_ISA_SET_XSAVEC, "XSAVEC", 0xd, 0, 1 },
};

typedef struct Entry { /* one form, as it is shown */
    u32 mnemonic;
    char text[96];
    const char *feature; /* NULL: no CPUID bit */
    u64 cases;
    u8 level;
    bool by_maker;       /* processors differ here: generate_unspecified() */
} Entry;

static bool offered(const Feature *f, u8 level)
{
    static Cpu cpu;
    u32 out[4];
    cpu.level = level;
    cpu_cpuid(&cpu, f->leaf, f->leaf == 0xd, out);
    return out[f->word] >> f->bit & 1;
}

/* Is the feature offered from the row's level on? */
static bool consistent(const Feature *f, u8 level)
{
    for (u8 l = level; l <= CPU_V3; l++)
        if (!offered(f, l))
            return false;
    return true;
}

static void operand_text(const ZydisDecodedOperand *o, char *out, size_t size)
{
    static const char *const classes[] = {
        [ZYDIS_REGCLASS_GPR8] = "r8", [ZYDIS_REGCLASS_GPR16] = "r16", [ZYDIS_REGCLASS_GPR32] = "r32", [ZYDIS_REGCLASS_GPR64] = "r64",
        [ZYDIS_REGCLASS_X87] = "st", [ZYDIS_REGCLASS_MMX] = "mm", [ZYDIS_REGCLASS_XMM] = "xmm", [ZYDIS_REGCLASS_YMM] = "ymm",
        [ZYDIS_REGCLASS_SEGMENT] = "sreg", [ZYDIS_REGCLASS_CONTROL] = "cr", [ZYDIS_REGCLASS_DEBUG] = "dr",
    };
    u32 class = o->type == ZYDIS_OPERAND_TYPE_REGISTER ? ZydisRegisterGetClass(o->reg.value) : 0;
    bool named = o->encoding == ZYDIS_OPERAND_ENCODING_NONE;
    if (o->type == ZYDIS_OPERAND_TYPE_MEMORY)
        snprintf(out, size, o->size ? "m%u" : "m", o->size);
    else if (o->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
        snprintf(out, size, "%s%u", o->imm.is_relative ? "rel" : "imm", o->size);
    else if (o->type == ZYDIS_OPERAND_TYPE_POINTER)
        snprintf(out, size, "ptr");
    else
        snprintf(out, size, "%s", !named && class < ARRAY_LEN(classes) && classes[class] ? classes[class] : ZydisRegisterGetString(o->reg.value));
}

static void form_text(const Insn1 *insn, char out[96])
{
    char operand[24];
    size_t used = 0;
    out[0] = 0;
    for (u32 i = 0; i < insn->z.operand_count_visible; i++) {
        operand_text(&insn->operand[i], operand, sizeof operand);
        used += (size_t)snprintf(out + used, 96 - used, "%s%s", i ? ", " : "", operand);
    }
    if (!used)
        snprintf(out, 96, "(no operands)");
}

/* Any encoding of the form, decoded. */
static bool example(const Form *form, Insn1 *insn)
{
    u64 seed = 1;
    u8 bytes[32];
    for (u32 tries = 0; tries < 200; tries++) {
        generate_encoding(bytes, form, &seed);
        if (form_decode(bytes, 15, insn) && insn->z.mnemonic == form->mnemonic && form_implemented(insn))
            return true;
    }
    return false;
}

static const Feature *feature_of(ZydisISASet set)
{
    for (u32 i = 0; i < ARRAY_LEN(features); i++)
        if (features[i].set == set)
            return &features[i];
    return NULL;
}

static bool beyond_v3(ZydisISASet set) { return set == ZYDIS_ISA_SET_VAES || set == ZYDIS_ISA_SET_VPCLMULQDQ || set == ZYDIS_ISA_SET_KNCV; }

static bool make_entry(const Run *run, u32 index, Entry *entry, const char **why)
{
    Insn1 insn;
    Insn full;
    if (!example(&run->forms[index], &insn) || beyond_v3(insn.z.meta.isa_set))
        return false;
    memset(&full, 0, sizeof full);
    full.z = insn.z;
    memcpy(full.operand, insn.operand, sizeof full.operand);
    const Row *row = translate_row(&full);
    const Feature *feature = feature_of(insn.z.meta.isa_set);
    entry->mnemonic = insn.z.mnemonic;
    entry->feature = feature ? feature->name : NULL;
    entry->level = (u8)translate_level(&full, row);
    entry->cases = run->form_cases[index];
    entry->by_maker = generate_unspecified(&insn);
    form_text(&insn, entry->text);
    if (feature && !consistent(feature, entry->level))
        *why = row->name;
    return true;
}

static int by_text(const void *a, const void *b)
{
    const Entry *x = a, *y = b;
    int order = strcmp(ZydisMnemonicGetString((ZydisMnemonic)x->mnemonic), ZydisMnemonicGetString((ZydisMnemonic)y->mnemonic));
    order = order ? order : x->level - y->level;
    order = order ? order : strcmp(x->feature ? x->feature : "", y->feature ? y->feature : "");
    return order ? order : strcmp(x->text, y->text);
}

static bool same_row(const Entry *a, const Entry *b)
{
    return a->mnemonic == b->mnemonic && a->level == b->level && a->feature == b->feature;
}

/* Entries [first, end) are one line: forms of one mnemonic, level and feature. */
static void put_row(FILE *out, const Entry *entries, u32 first, u32 end)
{
    const char *why = generate_excluded((ZydisMnemonic)entries[first].mnemonic);
    fprintf(out, "| %s | v%u | %s | ", ZydisMnemonicGetString((ZydisMnemonic)entries[first].mnemonic), entries[first].level,
            entries[first].feature ? entries[first].feature : "");
    for (u32 i = first; i < end;) {
        u64 cases = 0;
        u32 from = i;
        for (; i < end && !strcmp(entries[i].text, entries[from].text); i++)
            cases += entries[i].cases;
        fprintf(out, "%s%s", from > first ? " · " : "", entries[from].text);
        if (!why && entries[from].by_maker)
            fputs(" (differs by maker)", out);
        else if (!why)
            fprintf(out, " (%" PRIu64 ")", cases);
    }
    fprintf(out, "%s%s |\n", why ? ". Not compared: " : "", why ? why : "");
}

static const char *host_name(void)
{
    static char line[256];
    FILE *in = fopen("/proc/cpuinfo", "r");
    const char *name = NULL;
    while (in && !name && fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, "model name", 10) && strchr(line, ':'))
            name = strchr(line, ':') + 2;
    }
    if (in)
        fclose(in);
    return name ? name : "this host";
}

static void put_head(const Run *run, FILE *out)
{
    char date[32];
    time_t now = time(NULL);
    u64 cases = 0;
    for (u32 i = 0; i < run->form_count; i++)
        cases += run->form_cases[i];
    strftime(date, sizeof date, "%Y-%m-%d", gmtime(&now));
    fputs("# Instructions\n\n"
          "Made by `selftest --document` from the rows of `cpu/*.def`: do not edit. A row is a mnemonic, from which level of `--cpu` on it\n"
          "exists, the CPUID bit that says so (none: every x86-64 processor has it), and its forms. The numbers are vectors: so many random\n"
          "instructions of this form, with random and edge-case operands, have been executed by the processor below and by `emu`, and all\n"
          "registers, flags (but those that the manuals leave undefined), memory and faults were the same.\n\n", out);
    fprintf(out, "%s, %s, seed %" PRIu64 ": %" PRIu64 " vectors, %" PRIu64 " sequences of instructions and %" PRIu64 " random encodings:\n\n```\n",
            host_name(), date, run->seed, cases, run->sequences.cases, run->bytes.cases);
    report_result(run, false, false, out);
    fputs("```\n\n| mnemonic | level | CPUID | forms (vectors) |\n|---|---|---|---|\n", out);
}

bool document_write(const Run *run, FILE *out, const char **why)
{
    Entry *entries = calloc(run->form_count, sizeof *entries);
    u32 count = 0;
    *why = NULL;
    for (u32 i = 0; i < run->form_count && entries; i++)
        count += make_entry(run, i, &entries[count], why);
    if (!entries || *why)
        return false;
    qsort(entries, count, sizeof *entries, by_text);
    put_head(run, out);
    for (u32 first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && same_row(&entries[first], &entries[end]); end++)
            ;
        put_row(out, entries, first, end);
    }
    free(entries);
    return true;
}

/* What a run has found out, and how it is told: differences, coverage, docs/instructions.md. */
#ifndef EMU_TESTS_DIFFERENTIAL_REPORT_H
#define EMU_TESTS_DIFFERENTIAL_REPORT_H

#include <stdio.h>

#include "case.h"
#include "forms.h"

typedef struct Tally {
    u32 forms;
    u64 cases, faults, different, died;
} Tally;

typedef struct Run {
    const Form *forms;
    u32 form_count;
    Tally by_mnemonic[ZYDIS_MNEMONIC_MAX_VALUE + 1], sequences, bytes;
    u64 *form_cases;       /* of each form */
    bool *form_faulted;    /* one of its cases at a wrong place ended in a fault */
    u32 memory_forms;      /* how many forms were put at all wrong places; 0: none was */
    u64 beyond, by_maker;  /* of random bytes: BYTES_BEYOND, BYTES_MAKER */
    u64 seed;
} Run;

/* The tally that a case counts in. */
Tally *report_tally(Run *run, const Case *c);
/* "add --case 12:0x34": how a case is named, and repeated. */
void report_name(const Run *run, const Case *c, FILE *out);
/* One line for each mnemonic that the table has. */
void report_coverage(const Run *run, FILE *out);
/* The result: text, or JSON. `only_some`: not all mnemonics were meant to run. Returns how many cases differ or died. */
u64 report_result(const Run *run, bool json, bool only_some, FILE *out);

/* The table has a row for this mnemonic. */
bool report_has_row(u32 mnemonic);

/* Writes docs/instructions.md (document.c). false: a row's level and the CPUID bit of its instruction set do not go together;
 * *why says which. */
bool document_write(const Run *run, FILE *out, const char **why);

#endif

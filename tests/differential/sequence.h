/* Several instructions in a row: what single ones cannot show, because the translator sees whole blocks (flags that nobody
 * reads, compare fused with branch, registers handed on). */
#ifndef EMU_TESTS_DIFFERENTIAL_SEQUENCE_H
#define EMU_TESTS_DIFFERENTIAL_SEQUENCE_H

#include "case.h"
#include "forms.h"

enum { SEQUENCE_FORM = 0xffffffff }; /* Case.form of a sequence */

/* A case of 2 to 9 instructions on registers, with conditional jumps over some. false: this seed gives none. */
bool generate_sequence(Case *c, const Form *forms, u32 form_count, u64 seed, u64 fs_base);

#endif

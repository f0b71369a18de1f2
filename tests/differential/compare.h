/* What differs between two outcomes of one case. */
#ifndef EMU_TESTS_DIFFERENTIAL_COMPARE_H
#define EMU_TESTS_DIFFERENTIAL_COMPARE_H

#include <stdio.h>

#include "case.h"
#include "forms.h"

/* True when they agree. Flags that `insn` leaves undefined are not compared. With `out`, each difference becomes a line. */
bool compare(const Case *c, const Insn1 *insn, const Outcome *host, const Outcome *emulated, FILE *out);

/* The instruction, its bytes and the state it ran in, as far as it reads it. */
void compare_describe(const Case *c, const Insn1 *insn, FILE *out);

#endif

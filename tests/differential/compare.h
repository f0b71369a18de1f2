/* What differs between two outcomes of one case. */
#ifndef EMU_TESTS_DIFFERENTIAL_COMPARE_H
#define EMU_TESTS_DIFFERENTIAL_COMPARE_H

#include <stdio.h>

#include "case.h"
#include "forms.h"

/* True when they agree. With `out`, each difference becomes a line. */
bool compare(const Case *c, const Outcome *host, const Outcome *emulated, FILE *out);

/* The instruction (or instructions), their bytes and the state they ran in, as far as they name it. */
void compare_describe(const Case *c, FILE *out);

/* Flags that the manuals leave undefined are compared, too: is this host what the emulated processor follows? */
extern bool compare_undefined;

#endif

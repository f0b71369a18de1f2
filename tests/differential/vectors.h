/* Recorded vectors: single instructions with what a host's processor made of them, for hosts that cannot execute them.
 *
 * A text file: a head line, then one line a vector: the form, the seed that makes the case out of it, a checksum of the case (a
 * change of the generator is noticed, not taken for a difference), and how it ended: vector, error code, address, and the
 * 64-bit words of State and memory that changed. */
#ifndef EMU_TESTS_DIFFERENTIAL_VECTORS_H
#define EMU_TESTS_DIFFERENTIAL_VECTORS_H

#include <stdio.h>

#include "case.h"
#include "forms.h"

/* Begins a file. NULL with errno. */
FILE *vectors_create(const char *path, u64 fs_base);
void vectors_put(FILE *out, const Form *form, const Case *c, const Outcome *host);

typedef void VectorFunction(const Case *c, const Outcome *host, void *context);
/* Gives all vectors of a file to `function`. false: *why says what is wrong, and in which line. */
bool vectors_replay(const char *path, const Form *forms, u32 form_count, VectorFunction *function, void *context, const char **why);

#endif

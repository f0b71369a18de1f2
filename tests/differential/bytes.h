/* Random bytes as code: does the emulated processor take for an instruction what the host's does, and of the same length? */
#ifndef EMU_TESTS_DIFFERENTIAL_BYTES_H
#define EMU_TESTS_DIFFERENTIAL_BYTES_H

#include "case.h"

enum { BYTES_FORM = 0xfffffffe }; /* Case.form of random bytes */

typedef enum BytesVerdict {
    BYTES_AGREE,
    BYTES_BEYOND,    /* the host executes an extension that CPUID does not offer: not an error */
    BYTES_MAKER,     /* processors differ by maker here */
    BYTES_DIFFERENT,
} BytesVerdict;

/* A case of 15 random bytes, more often than by chance with prefixes and escapes. false: would not be harmless on the host. */
bool generate_bytes(Case *c, u64 seed, u64 fs_base);
BytesVerdict bytes_judge(const Case *c, const Outcome *host, const Outcome *emulated);

#endif

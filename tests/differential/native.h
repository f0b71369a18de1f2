/* Runs cases on the host's own processor, in a child process that may die without harm. */
#ifndef EMU_TESTS_DIFFERENTIAL_NATIVE_H
#define EMU_TESTS_DIFFERENTIAL_NATIVE_H

#include "case.h"

enum { NATIVE_BATCH = 64 };

/* Prepares the shared pages. false when this host cannot do it (not x86-64, addresses taken): *why says what. */
bool native_open(const char **why);
void native_close(void);
/* Runs count (<= NATIVE_BATCH) cases; outcomes that could not be had are marked `died`. */
void native_run(const Case *cases, Outcome *outcomes, u32 count);

#endif

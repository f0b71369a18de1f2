/* Runs cases on the emulated processor. */
#ifndef EMU_TESTS_DIFFERENTIAL_GUEST_H
#define EMU_TESTS_DIFFERENTIAL_GUEST_H

#include "case.h"

/* Sets the machine up once. false: the host has no memory. */
bool guest_open(void);
void guest_close(void);
/* `slow`: with the handlers whose every access is out of line. */
void guest_run(const Case *c, Outcome *outcome, bool slow);

#endif

/* Runs cases on the emulated processor. */
#ifndef EMU_TESTS_DIFFERENTIAL_GUEST_H
#define EMU_TESTS_DIFFERENTIAL_GUEST_H

#include "case.h"

/* Sets the machine up once. false: the host has no memory. */
bool guest_open(void);
void guest_close(void);
/* With the handlers as they are; with those whose every access is out of line; with a block's handlers joined (cpu/join.h). */
typedef enum Way { WAY_FAST, WAY_SLOW, WAY_JOINED, WAYS } Way;
void guest_run(const Case *c, Outcome *outcome, Way way);

#endif

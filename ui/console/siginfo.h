/* $_siginfo. */
#ifndef EMU_UI_CONSOLE_SIGINFO_H
#define EMU_UI_CONSOLE_SIGINFO_H

#include "ui/console/value.h"

/* *text is at the point of ".si_signo"; it moves behind the member's path. false: no signal, or no such member. */
bool siginfo_member(Console *console, const char **text, Value *v);
/* All of it, as `print $_siginfo` does, with a newline. */
bool siginfo_print(Console *console);

#endif

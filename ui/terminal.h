/* Lines from a person at a terminal: edited, remembered, completed. With libedit, where it was there at build time; else as the
 * terminal gives them. */
#ifndef EMU_UI_TERMINAL_H
#define EMU_UI_TERMINAL_H

#include "ui/console/console.h"

/* Completion speaks of this console from now on. `symbols`: its machine may be asked for names at any prompt. */
void terminal_open(Console *console, bool symbols);
/* The next line without its newline, malloc'ed into *line; false: there is no more. */
bool terminal_read_line(Console *console, const char *prompt, char **line, size_t *capacity);

/* What `text` may become, the word that begins at `start` of `line`: the candidate with number 0, 1, …, in `candidate`; false behind
 * the last. Commands and their subjects, then by the command's signature symbols or registers. For libedit, and for tests. */
bool terminal_candidate(Console *console, const char *line, size_t start, const char *text, size_t number, bool symbols, char candidate[256]);

#endif

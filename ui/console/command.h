/* The rows of commands.def as data. */
#ifndef EMU_UI_CONSOLE_COMMAND_H
#define EMU_UI_CONSOLE_COMMAND_H

#include "ui/console/console.h"

enum { RUNNING = 1, REPEAT = 2, FRESH = 4, STACK = 8, FRAME = 16, REGISTERS = 32 };

/* `format` is what stood behind the slash ("" when nothing did), `args` the rest of the line without blanks around it. */
typedef bool CommandFunction(Console *console, const char *format, const char *args);

typedef struct CommandRow {
    const char *name, *shortest, *signature;
    unsigned flags;
    CommandFunction *function;
    const char *usage, *help;
} CommandRow;

extern const CommandRow command_rows[];
extern const size_t command_row_count;

/* The row that the line begins with; *rest is what follows its words. NULL: none (*rest: the word that was not understood). */
const CommandRow *command_find(const char *line, const char **rest);

#define COMMAND(name, shortest, signature, flags, function, usage, help) CommandFunction function;
#include "ui/console/commands.def"
#undef COMMAND

/* ---- for the commands ---- */

/* An optional count: "" gives `otherwise`. false after an error. */
bool command_count(Console *console, const char *args, uint64_t otherwise, uint64_t *count);
/* Asks yes or no; yes where nobody can be asked. */
bool command_confirm(Console *console, const char *question);
/* Takes the next blank-separated word off *text into `word`; false: there is none. */
bool command_word(const char **text, char *word, size_t size);
/* Executes a command of which nothing is heard when it fails, or says nothing; else `title` goes before what it says. */
void command_quietly(Console *console, const char *command, void (*title)(Console *console, const void *about),
                     const void *about);
/* Options in front of an expression (-pretty, -elements 3, up to --) change console->settings; *text moves behind them.
 * settings.c */
bool settings_options(Console *console, const char **text);

#endif

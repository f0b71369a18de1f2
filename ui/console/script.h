/* Commands made of commands: while, if, define, and the lines that they consist of. */
#ifndef EMU_UI_CONSOLE_SCRIPT_H
#define EMU_UI_CONSOLE_SCRIPT_H

#include "ui/console/console.h"

/* Lines that are executed from memory; console_next_line() takes the next one of the innermost block. */
typedef struct Block {
    char **lines;            /* NULL-terminated; NULL: none */
    uint32_t at;             /* the next one */
    const char *arguments;   /* what stood behind the command that is defined so: $argc, $arg0 …; NULL: as outside */
    struct Block *outer;
} Block;

typedef enum BlockEnd {
    BLOCK_TO_THE_END,
    BLOCK_TO_A_STOP, /* … or until the program has gone on, and stopped again: what is left means another place */
} BlockEnd;

/* Reads the lines up to the `end' that belongs to them (malloc'ed, NULL-terminated); `plain`: any line may stand there, as in
 * `document'. NULL: no memory. */
char **script_read(Console *console, bool plain);
void script_free(char **lines);
/* One per line, `indent` columns in, and what stands in blocks further. */
void script_print(FILE *out, char **lines, int indent);
/* Executes them until one fails. */
bool script_execute(Console *console, char **lines, const char *arguments, BlockEnd until);
/* The next line of the innermost block, malloc'ed into *line. */
bool script_next_line(Console *console, char **line, size_t *capacity);
/* If the line begins with the name of a user-defined command, executes that; *good tells how it went. */
bool script_defined(Console *console, const char *line, bool *good);
/* Executes the user-defined command hook-NAME, if there is one. */
bool script_hook(Console *console, const char *name);
/* What `document' said of a user-defined command; NULL: there is no such command. */
const char *script_help(Console *console, const char *name);
void script_forget(Console *console);

#endif

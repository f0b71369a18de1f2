/* Between the files that implement breakpoints, watchpoints and catchpoints. */
#ifndef EMU_UI_CONSOLE_BREAKPOINTS_H
#define EMU_UI_CONSOLE_BREAKPOINTS_H

#include "ui/console/console.h"

/* breakpoints.c */
Breakpoint *breakpoint_find(Console *console, int number);
/* A new one at the end of the list; NULL after an error. */
Breakpoint *breakpoint_append(Console *console, BreakKind kind, const char *text);
void breakpoint_delete(Console *console, Breakpoint *b);
void breakpoint_arm(Console *console, Breakpoint *b, bool set);
bool breakpoint_lies_at(const Breakpoint *b, uint64_t address);
/* Counts the hit unless the condition or the ignore count lets it pass. */
bool breakpoint_triggers(Console *console, Breakpoint *b);
/* It has stopped the program. false: in silence. */
bool breakpoint_hit(Console *console, const Breakpoint *b);
/* Begins the line that tells of it: a thread's name, where there are several. */
void breakpoint_title(Console *console);
/* Splits "LOCATION if CONDITION"; the condition is malloc'ed, or NULL. */
void breakpoint_split(const char *args, char *location, size_t size, char **condition);

/* watch.c */
/* Is it armed afterwards? */
bool watch_arm(Console *console, Breakpoint *b, bool set);
Verdict watch_judge(Console *console);

/* catch.c */
Verdict catch_judge(Console *console);
/* "syscall write": what to type to have it again. */
void catch_save(const Breakpoint *b, FILE *out);
/* "syscall 'write' [1]"; and as `info breakpoints` puts it: "syscall "write" ". */
void catch_describe(const Breakpoint *b, FILE *out);
void catch_list(const Breakpoint *b, FILE *out);
bool is_catchpoint(const Breakpoint *b);

#endif

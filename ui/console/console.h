/* The debugger console: an engine that executes lines of gdb's language over emu/emu.h. It reads no terminal: terminal.c
 * (people), script files, the gdb stub's `monitor` and tests all feed it lines and get its output on a stream. */
#ifndef EMU_UI_CONSOLE_CONSOLE_H
#define EMU_UI_CONSOLE_CONSOLE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <wordexp.h>

#include "emu/emu_debug.h"
#include "ui/console/type.h"
#include "ui/console/value.h"

enum { MAX_FRAMES_SHOWN = 10000, MAX_HISTORY = 4096 };

typedef enum BreakKind {
    BREAK_CODE, BREAK_WATCH, BREAK_READ_WATCH, BREAK_ACCESS_WATCH,
    CATCH_CALL, CATCH_SIGNAL, CATCH_FORK, CATCH_VFORK, CATCH_EXEC,
} BreakKind;

typedef struct Breakpoint {
    struct Breakpoint *next;
    int number;
    BreakKind kind;
    bool enabled, temporary, armed; /* armed: set in the machine */
    char *text;             /* as typed: the location, or the expression */
    char *condition;        /* NULL: none */
    uint64_t *addresses;    /* CODE: one or several */
    uint32_t address_count;
    uint64_t address, size; /* WATCH: what is watched */
    Value value;            /* WATCH: its type */
    uint8_t *old;           /* WATCH: the bytes as last seen */
    int pid;                /* WATCH: whose memory */
    uint32_t *calls;        /* CATCH_CALL, CATCH_SIGNAL: these numbers; NULL: all */
    uint32_t call_count;
    uint64_t scope_cfa;     /* WATCH on locals: the frame that they live in; 0: everywhere */
    uint64_t hits, ignore;
    char **commands;        /* lines, NULL-terminated; or NULL */
} Breakpoint;

typedef struct Display {
    struct Display *next;
    int number;
    bool enabled;
    char *expression;
    char format[16];        /* as given after the slash, "" for none */
} Display;

typedef struct Variable {
    struct Variable *next;
    char name[32];
    Value value;
} Variable;

/* A file of commands that is being executed. */
typedef struct Script {
    FILE *file;
    const char *path;
    int line;
    struct Script *outer;
} Script;

enum { MAX_REDIRECTIONS = 8 };
typedef struct Redirection {
    int fd, flags; /* this descriptor of the program is the file, opened so (0666 if it must be made); */
    int from;      /* or (not -1) whatever that one is then */
    char *path;    /* malloc'ed */
} Redirection;

typedef struct Redirections {
    Redirection each[MAX_REDIRECTIONS];
    uint32_t count;
} Redirections;

enum { SIGNAL_STOP = 1, SIGNAL_PRINT = 2, SIGNAL_PASS = 4 }; /* what happens at a signal: handle */

typedef struct Settings {
    bool follow_child, detach_on_fork;
    bool att;               /* disassembly-flavor */
    int list_size;
    bool confirm, quiet;
    uint64_t print_elements;
    bool pretty, arrays, indexes;  /* set print pretty, array, array-indexes */
    bool no_address, no_symbol, null_stop, no_union;
    uint64_t repeats;       /* more than so many equal elements are counted instead; 0: never */
    bool context;           /* registers, code, stack, backtrace at each stop */
} Settings;

struct Console {
    Emu *emu;               /* the program is loaded even when it does not run: names and initial memory can be looked at */
    bool running;           /* between run and its end */
    bool borrowed;          /* the machine is somebody else's (console_borrow) */
    EmuConfig config;
    bool heap;              /* --heap: the heap is watched, and nothing recorded */
    const char *hierarchy;  /* the preset or file of the modelled hierarchy; NULL: none */
    char *modelled;         /* what the command `hierarchy` has made of it */
    const char *const *overrides; /* pairs of name and value, NULL-terminated; or NULL */
    const char *path;
    int64_t program_time;   /* of the file's last change, in seconds; */
    uint64_t program_file;  /* and its number */
    const char *recording;  /* the file that is replayed; NULL: a program is run */
    const char **argv;      /* NULL-terminated */
    const char **new_argv;  /* of `run ARGS`, with the words they consist of; NULL: argv is the caller's */
    wordexp_t new_words;
    Redirections redirections; /* that stood among them */
    char *argument_text;    /* all as typed */
    char *new_path;         /* of `file', or of `cd' where it was relative; NULL: path is the caller's */
    const char **environment;
    const char **new_environment; /* of `set environment'; NULL: environment is the caller's */
    char **new_entries;     /* made for it */
    uint32_t new_entry_count;
    FILE *out, *err;
    FILE *log, *unlogged;   /* `set logging': out goes to both; NULL: there is none */
    bool piped;             /* `pipe': out is a shell command's input */
    char *log_path;
    /* A window beside it (NULL: none): runs the machine as emu_run() does, showing it; and is told when it is another one, or
     * none. */
    void *beside;
    EmuStop (*run_machine)(void *beside, Emu *emu, uint64_t insns);
    void (*replaced)(void *beside, Emu *emu);
    bool interactive;       /* ask before dangerous things, print prompts */
    /* Reads a line for commands that take several (`commands`); malloc'ed into *line. NULL, or false: there is none. */
    bool (*read_line)(Console *console, const char *prompt, char **line, size_t *capacity);
    void (*stopped)(Console *console); /* told of every stop, behind its text; NULL: nobody */
    struct Script *script;  /* lines come from this file instead */
    struct Block *block;    /* or from memory (script.h), which goes first */
    struct UserCommand *user_commands;
    uint32_t block_depth, loops, rounds;
    int leaving;            /* the loop that is being executed, or its present round */
    bool hooking;           /* a hook is being executed */
    volatile sig_atomic_t interrupted; /* Ctrl-C, since the command began */
    bool local;             /* for a person at this machine: may run programs and write files */
    bool quit;
    int exit_code;
    bool failed;            /* the command being executed has reported an error */
    bool muted;             /* errors are not to be said: something is only tried */
    bool from_tty;          /* a person (or who stands for one) has typed the line: say what is going on */
    int hit;                /* the breakpoint that made the program stop last; 0: none */
    int stopped_by;         /* the breakpoint of the last stop; 0: none */
    bool silent;            /* it, and whatever else was hit, does not want the stop to be shown */
    bool resolving;         /* the function that a symbol stands for is being asked for */
    bool judging;           /* a condition is being evaluated: functions that it calls meet no breakpoints */
    int due;                /* the breakpoint whose commands are executed behind the present one; 0: none */
    bool doing_due;         /* they are being executed */
    bool why;               /* `why ADDRESS' has begun a history */
    bool threaded;          /* there has been a second thread: stops say whose they are */
    uint64_t stops;         /* how often the program has stopped */
    char last_line[512];    /* what an empty line repeats */
    const struct CommandRow *row; /* being executed */
    TypePool types;
    Settings settings;
    /* where we stand */
    EmuStop stop;
    int tid;                /* selected thread; 0: the one that ran last */
    uint8_t signals[65];    /* [signal]: SIGNAL_… */
    bool signal_chosen;     /* `signal` has said what becomes of the pending one */
    int fork_child;         /* a new process that is not yet followed or let go; 0: none */
    int followed;           /* the process that was followed into; 0: the first one */
    uint32_t frame;         /* selected, 0 is the innermost */
    EmuFrame *frames;       /* of the current stop; made when first needed */
    EmuFrameId *frame_ids;  /* which they are */
    uint32_t frame_count;
    EmuRegisters before;    /* registers at the last stop: for marking changes */
    bool has_before;
    char *shown_file;       /* the source line that a stop has shown last */
    int shown_line;
    /* what commands remember */
    Breakpoint *breakpoints;
    int next_breakpoint;
    Display *displays;
    int next_display;
    Value *history;         /* $1 is history[0] */
    uint32_t history_count;
    Variable *variables;
    struct { uint64_t address, last; bool back; char format; uint64_t size; uint64_t count; } examine;
    struct { char *file; int line, first; bool listed; } list;
    struct SourceFile *sources;
    uint64_t *checkpoints;  /* counts; `restart 1' goes to the first */
    uint32_t checkpoint_count;
    uint32_t script_depth;
};

Console *console_create(const EmuConfig *config, const char *path, const char **argv, const char **environment);
void console_destroy(Console *console);
/* The console works on somebody else's machine, whose program runs and has stopped so; run, kill and their like are refused. */
void console_borrow(Console *console, Emu *emu, const EmuStop *stop);
/* Gives it back, without breakpoints. */
void console_return(Console *console);

/* Executes one line. An error is printed on console->err; false then. Sets console->quit. */
bool console_execute(Console *console, const char *line);
/* Executes a file of commands (`-x`, `source`); stops at the first error. */
bool console_script(Console *console, const char *path);
/* The next line of the script being executed, else from read_line. */
bool console_next_line(Console *console, const char *prompt, char **line, size_t *capacity);

/* Prints the message (with a newline) and marks the command as failed. Returns false, for `return console_error(…)`. */
bool console_error(Console *console, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The process of the selected thread, for emu.h; 0: the one that ran last. */
int console_pid(const Console *console);
/* true when a program is running; else "The program is not being run." */
bool console_running(Console *console);

/* $N and its relatives: back: counted from the end ($$N); number -1: $ or $$. */
bool console_history(Console *console, bool back, long number, Value *value);
/* Adds to the history; its number. */
uint32_t console_remember(Console *console, const Value *value);
/* $foo: void when it was never set. */
void console_variable(Console *console, const char *name, Value *value);
bool console_set_variable(Console *console, const char *name, const Value *value);

/* Sets $_ to the address that has been looked at, a pointer to `unit`, and $__ to what is there (not where unit is void). */
void console_set_examined(Console *console, const Type *unit, uint64_t address);

/* The type of a variable that the present place sees; false: DWARF knows none of that name. */
bool console_global_type(Console *console, const char *name, uint64_t *handle);

/* ---- between the parts of the console ------------------------------------------------------------------------- */

/* frame_list.c, frames.c */
/* The frames of the current stop. */
/* The frames down to main's, those of inlined functions among them: these share an EmuFrame with the function that they are part
 * of. */
const EmuFrame *frames_get(Console *console, uint32_t *count);
/* Which of emu's the frame is. */
EmuFrameId frames_id(Console *console, uint32_t frame);
/* The frame that this one returns to when it returns; not that of a function that it is inlined in. NULL: none. */
const EmuFrame *frames_caller(Console *console, uint32_t frame);
/* The name of its function; NULL: unknown. */
const char *frames_function(Console *console, uint32_t frame);
/* Where the selected frame stands; 0: the program does not run. */
uint64_t frames_selected_pc(Console *console);
void frames_forget(Console *console);
typedef enum FrameStyle {
    FRAME_LISTED,   /* "#0  main (argc=1) at t.c:5" */
    FRAME_SELECTED, /* the same, and the source line */
    FRAME_STOP,     /* without a number, with the source line */
    FRAME_LOCATION, /* "main (argc=1) at t.c:5", without anything else */
    FRAME_LINE,     /* the source line alone, where there is one */
} FrameStyle;
void frames_print(Console *console, uint32_t level, FrameStyle style);
/* A variable's value; `brief`: aggregates as "...". */
void frames_print_variable(Console *console, const EmuVariable *variable, bool brief);
/* The language of the selected frame's file ("c++"); NULL: unknown. */
const char *frames_language(Console *console);
/* The pc to look names up by: return addresses belong to the call before them. */
uint64_t frames_lookup_pc(const EmuFrame *frame);

/* source.c */
/* Prints one line "5\t    int x = 3;" if the file can be read. */
bool source_print_line(Console *console, const char *file, int line);
/* By the file's name: "c", "rust"; NULL: unknown. */
const char *source_language(const char *file);
/* How many lines the file has; 0: it cannot be read. */
int source_lines(Console *console, const char *path);
void source_forget(Console *console);
/* A location: *ADDR, symbol, FILE:LINE, LINE, +N. Fills up to `capacity` addresses; false after an error. */
bool source_location(Console *console, const char *text, uint64_t *addresses, uint32_t capacity, uint32_t *count);

/* breakpoints.c */
/* What a stop at the current place means: which breakpoints were hit, whether to stop, what to print. */
typedef enum Verdict { VERDICT_GO_ON, VERDICT_STOP } Verdict;
Verdict breakpoints_judge(Console *console);
/* A breakpoint of the machine lies at that address. */
bool breakpoints_armed_at(const Console *console, uint64_t address);
void breakpoints_arm(Console *console);
/* Another program runs now: locations are looked up again in it. */
void breakpoints_relocate(Console *console);
void breakpoints_disarm(Console *console);
/* Executes the commands of the breakpoint that was hit. Not where the stop happens but between commands, as gdb: commands that
 * go on to where others wait could go on forever, and would nest as deeply. */
void breakpoints_do_commands(Console *console);
void breakpoints_free(Console *console);
bool breakpoints_any_watch(const Console *console);

/* catch.c */
void signals_default(Console *console);
const char *signal_label(int signal, char *name, size_t size); /* "SIGSEGV" */
const char *signal_description(int signal);
void catch_configure(Console *console);
/* After a fork: stays with one of the two, as `set follow-fork-mode` says. */
void fork_follow(Console *console);

/* arguments.c */
/* The text becomes the program's arguments and redirections; false after an error: those before are kept. */
bool arguments_take(Console *console, const char *text);
void arguments_free(Console *console);
/* control_load(), with the redirections. */
bool arguments_load(Console *console);

/* control.c */
/* A fresh machine with the program loaded; false after an error. */
bool control_load(Console *console);
/* Goes on, off the breakpoint that it stands on; with `step`, for one instruction of the selected thread (EMU_BUDGET). Sets
 * console->stop. */
void control_go(Console *console, bool step);
/* Goes on until one of the addresses is reached in a frame whose stack pointer is at least `least_rsp`, or something else
 * stops the program; true when it was the former. */
bool control_run_to(Console *console, const uint64_t *addresses, uint32_t count, uint64_t least_rsp);
/* Goes on until a breakpoint or something else stops it. */
void control_run(Console *console);
/* Reports the present stop as gdb would, with displays. `location`: the function and file, not only the line. */
void control_report(Console *console, bool location);
/* Why it stopped, when that was no mere step: false when the program has ended. */
bool control_announce(Console *console);
uint64_t control_pc(Console *console);
/* 'Thread 2 "name" ' where there is more than one thread; else `otherwise`. Which thread the present stop is about. */
void control_print_thread(Console *console, const char *otherwise);

/* reverse.c */
/* The past cannot be changed: false, with an error, there. */
bool reverse_may_change(Console *console);

/* data.c */
void displays_show(Console *console);
void displays_free(Console *console);

/* shell.c */
void shell_log_off(Console *console);

#endif

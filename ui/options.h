/* The command line, parsed. */
#ifndef EMU_UI_OPTIONS_H
#define EMU_UI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "emu/emu.h"

typedef enum Command { COMMAND_RUN, COMMAND_INFO, COMMAND_SNAPSHOT, COMMAND_ROM, COMMAND_DEBUG, COMMAND_CACHESIM, COMMAND_DIFF, COMMAND_EXPLAIN, COMMAND_WHY, COMMAND_RECORD,
    COMMAND_REPLAY, COMMANDS } Command;

enum { EXIT_LIMIT = 124, EXIT_FAILED = 125, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

typedef enum StatsFormat { STATS_OFF, STATS_TEXT, STATS_JSON } StatsFormat;

typedef enum HierarchyReport { REPORT_DEFAULT, REPORT_PERF, REPORT_CSV, REPORT_CACHEGRIND, REPORT_JSON } HierarchyReport;

typedef enum TraceFormat { TRACE_OFF, TRACE_LACKEY, TRACE_DIN, TRACE_CSIM, TRACE_JSON } TraceFormat;

typedef struct EnvironmentEdit {
    bool unset;
    const char *text; /* VAR=VALUE, or VAR */
} EnvironmentEdit;

typedef struct DebugInput {
    bool script;      /* a file of commands, else one command */
    const char *text;
} DebugInput;

typedef struct Options {
    DebugInput *inputs; /* -x and -ex, in the order given */
    size_t input_count;
    bool batch;
    bool autopilot;          /* of replay: no debugger */
    Command command;
    EmuConfig config;
    bool heap;               /* --heap */
    bool no_swap;            /* --swap=0 */
    StatsFormat stats;
    const char *output;      /* NULL: stderr */
    const char *argv0;       /* NULL: as typed */
    bool crash_report;
    const char *hierarchy;   /* preset or file of the modelled hierarchy; NULL: off */
    char **overrides;        /* pairs of name and value, NULL-terminated; the strings are owned */
    size_t override_count;   /* strings */
    HierarchyReport report;
    TraceFormat trace;
    const char *trace_file;  /* of cachesim: what is replayed */
    const char *trace_out;   /* NULL: `output`, else stderr */
    const char **trace_ranges;
    size_t trace_range_count;
    const char *cachegrind_out; /* NULL: none */
    bool attribute;
    bool implied;            /* nobody asked for `hierarchy` itself: no report of it */
    const char **expectations; /* --expect, as given */
    size_t expectation_count;
    int set_bits, ways, block_bits; /* csim's -s -E -b; -1: not given */
    bool verbose;
    EnvironmentEdit *edits;  /* in the order given */
    size_t edit_count;
    const char *section;
    bool json, syscalls;
    const char *gdb;         /* where gdb will connect; NULL: nowhere */
    bool window, headless, record;
    const char *frames, *at, *view, *focus, *zoom; /* NULL: not given */
    bool hilbert;
    uint64_t hit;            /* of --at: which arrival; 0: not given */
    unsigned jobs;           /* of rom: processes at once; 0: one for each processor */
    bool tap;
    const char *junit, *rom_json, *known_failures; /* files, or NULL */
    int width, height;       /* of pictures; 0: not given */
    const char **program;    /* PROGRAM ARGS… NULL; program[0] is NULL when there was none */
} Options;

/* Parses argv. Returns -1 to go on, or the exit code when all is said (--help; a mistake, explained on stderr). */
int options_parse(Options *options, int argc, char **argv);
void options_free(Options *options);

/* The environment of this process with the edits made; NULL-terminated, its strings borrowed. NULL: no memory. */
const char **options_environment(const Options *options, char **environment);

#endif

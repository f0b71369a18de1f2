/* From argv to Options, by the table. Options end at the program's name or at "--": the rest is the program's. */
#define _GNU_SOURCE
#include "ui/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ui/help.h"

/* ---- values --------------------------------------------------------------------------------------------------- */

static int mistake(const OptionRow *row, const char *value, const char *expected)
{
    fprintf(stderr, "emu: --%s: '%s' is not %s\n", row->name, value, expected);
    return EXIT_FAILED;
}

bool options_parse_number(const char *text, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && !*end && !errno;
}

/* 64M, 1.5G, 4096 … bytes. */
bool options_parse_size(const char *text, uint64_t *value)
{
    char *end;
    double number = strtod(text, &end);
    static const char units[] = "KMGT";
    double scale = 1;
    const char *unit = *end ? strchr(units, *end & ~0x20) : NULL;
    if (*end && !unit)
        return false;
    for (const char *u = units; unit && u <= unit; u++)
        scale *= 1024;
    if (end == text || *text < '0' || *text > '9' || (unit && end[1]) || number * scale >= 0x1p60)
        return false;
    *value = (uint64_t)(number * scale);
    return true;
}

static bool parse_seconds(const char *text, uint64_t *ns)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end || !(seconds >= 0) || seconds > 1e9)
        return false;
    *ns = (uint64_t)(seconds * 1e9) + !(seconds * 1e9 >= 1);
    return true;
}

static int apply_memory(Options *options, const OptionRow *row, const char *value)
{
    uint64_t size;
    if (!options_parse_size(value, &size))
        return mistake(row, value, "a size (like 64M)");
    if (row->id == OPTION_STACK) {
        options->config.stack_size = size;
        return size >= 4096 ? -1 : mistake(row, value, "at least 4K");
    }
    options->config.memory_size = size;
    return size >= 1u << 20 && size <= 1ull << 40 ? -1 : mistake(row, value, "between 1M and 1T");
}

static int apply_cpu(Options *options, const OptionRow *row, const char *value)
{
    if (strcmp(value, "help") == 0 || strcmp(value, "?") == 0) {
        help_cpu();
        return 0;
    }
    const char *level = strncmp(value, "x86-64-", 7) == 0 ? value + 7 : value;
    if (level[0] != 'v' || level[1] < '1' || level[1] > '3' || level[2])
        return mistake(row, value, "v1, v2 or v3 (--cpu help says more)");
    options->config.cpu_level = level[1] - '0';
    return -1;
}

static int apply_number(const OptionRow *row, const char *value, uint64_t *number)
{
    return options_parse_number(value, number) ? -1 : mistake(row, value, "a number");
}

static int apply_join(Options *options, const OptionRow *row, const char *value)
{
    uint64_t entries;
    if (strcmp(value, "never") == 0)
        options->config.join_after = -1;
    else if (options_parse_number(value, &entries) && entries >= 1 && entries <= UINT32_MAX)
        options->config.join_after = (int64_t)entries;
    else
        return mistake(row, value, "a number from 1, or never");
    return -1;
}

static int apply_stats(Options *options, const OptionRow *row, const char *value)
{
    if (!value || strcmp(value, "text") == 0)
        options->stats = STATS_TEXT;
    else if (strcmp(value, "json") == 0)
        options->stats = STATS_JSON;
    else
        return mistake(row, value, "text or json");
    return -1;
}

static int apply_environment(Options *options, const OptionRow *row, const char *value)
{
    if (row->id == OPTION_ENV && (!strchr(value, '=') || *value == '='))
        return mistake(row, value, "of the form VAR=VALUE");
    EnvironmentEdit *grown = realloc(options->edits, (options->edit_count + 1) * sizeof *grown);
    if (!grown)
        return EXIT_FAILED;
    options->edits = grown;
    grown[options->edit_count++] = (EnvironmentEdit){row->id == OPTION_UNSET, value};
    return -1;
}

static int apply_window(Options *options, const OptionRow *row, const char *value)
{
    options->window = true;
    options->headless = value != NULL;
    return !value || strcmp(value, "headless") == 0 ? -1 : mistake(row, value, "headless");
}

static int apply_size_of_picture(Options *options, const OptionRow *row, const char *value)
{
    char rest;
    bool good = sscanf(value, "%dx%d%c", &options->width, &options->height, &rest) == 2;
    good = good && options->width >= 1000 && options->width <= 16384 && options->height >= 600 && options->height <= 16384;
    return good ? -1 : mistake(row, value, "a size between 1000x600 and 16384x16384 (like 1280x800)");
}

static int apply_jobs(Options *options, const OptionRow *row, const char *value)
{
    uint64_t jobs;
    if (!options_parse_number(value, &jobs) || jobs < 1 || jobs > 256)
        return mistake(row, value, "a number from 1 to 256");
    options->jobs = (unsigned)jobs;
    return -1;
}

static int apply_input(Options *options, const OptionRow *row, const char *value)
{
    DebugInput *grown = realloc(options->inputs, (options->input_count + 1) * sizeof *grown);
    if (!grown)
        return EXIT_FAILED;
    options->inputs = grown;
    grown[options->input_count++] = (DebugInput){row->id == OPTION_SCRIPT, value};
    return -1;
}

/* Takes one option. -1: go on; else the exit code. */
/* Where an option's value is kept as it is; NULL: it means more than that. */
static const char **text_of(Options *options, OptionId id)
{
    switch (id) {
    case OPTION_OUTPUT: return &options->output;
    case OPTION_CACHEGRIND_OUT: return &options->cachegrind_out;
    case OPTION_TRACE_OUT: return &options->trace_out;
    case OPTION_TRACE_FILE: return &options->trace_file;
    case OPTION_ARGV0: return &options->argv0;
    case OPTION_SECTION: return &options->section;
    case OPTION_GDB: return &options->gdb;
    case OPTION_FRAMES: return &options->frames;
    case OPTION_AT: return &options->at;
    case OPTION_VIEW: return &options->view;
    case OPTION_FOCUS: return &options->focus;
    case OPTION_ZOOM: return &options->zoom;
    case OPTION_JUNIT: return &options->junit;
    case OPTION_ROM_JSON: return &options->rom_json;
    case OPTION_KNOWN_FAILURES: return &options->known_failures;
    default: return NULL;
    }
}

/* What an option without a value sets; NULL: it means more than that. */
static bool *flag_of(Options *options, OptionId id)
{
    switch (id) {
    case OPTION_FOLLOW: return &options->config.strace_follow;
    case OPTION_ATTRIBUTE: return &options->attribute;
    case OPTION_VERBOSE: return &options->verbose;
    case OPTION_WORKING_SET: return &options->config.paging.working_set;
    case OPTION_NO_NET: return &options->config.no_net;
    case OPTION_SYSCALLS: return &options->syscalls;
    case OPTION_RECORD: return &options->record;
    case OPTION_HEAP: return &options->heap;
    case OPTION_HILBERT: return &options->hilbert;
    case OPTION_TAP: return &options->tap;
    case OPTION_AUTOPILOT: return &options->autopilot;
    case OPTION_BATCH: return &options->batch;
    default: return NULL;
    }
}

static int apply(Options *options, const OptionRow *row, const char *value)
{
    EmuConfig *config = &options->config;
    const char **text = text_of(options, row->id);
    bool *flag = flag_of(options, row->id);
    if (text)
        *text = value;
    if (flag)
        *flag = true;
    switch (row->id) {
    case OPTION_STRACE: config->strace = value ? value : ""; return -1;
    case OPTION_STATS: return apply_stats(options, row, value);
    case OPTION_HIERARCHY: options->hierarchy = value ? value : "skylake"; return -1;
    case OPTION_I1: case OPTION_D1: case OPTION_L2: case OPTION_LL: case OPTION_ITLB: case OPTION_DTLB: case OPTION_STLB:
    case OPTION_INDEX: case OPTION_STRADDLE: case OPTION_WALK_THROUGH:
    case OPTION_MODEL: return options_override(options, row, value);
    case OPTION_REPORT: return options_report(options, value);
    case OPTION_EXPECT: case OPTION_TRACE: case OPTION_TRACE_RANGE:
    case OPTION_SET_BITS: case OPTION_WAYS: case OPTION_BLOCK_BITS: return options_trace(options, row, value);
    case OPTION_ENV:
    case OPTION_UNSET: return apply_environment(options, row, value);
    case OPTION_MEM:
    case OPTION_STACK: return apply_memory(options, row, value);
    case OPTION_SWAP: return options_swap(options, value);
    case OPTION_USER_FRAMES: return options_user_frames(options, value);
    case OPTION_REPLACEMENT: return options_replacement(options, value);
    case OPTION_FRAME_ORDER: return options_frame_order(options, value);
    case OPTION_TIMEOUT: return parse_seconds(value, &config->timeout_ns) ? -1 : mistake(row, value, "a number of seconds");
    case OPTION_MAX_INSNS: return apply_number(row, value, &config->max_insns);
    case OPTION_DETERMINISTIC: config->deterministic = true; return value ? apply_number(row, value, &config->seed) : -1;
    case OPTION_SCHED_SEED: return apply_number(row, value, &config->sched_seed);
    case OPTION_JOIN: return apply_join(options, row, value);
    case OPTION_CPU: return apply_cpu(options, row, value);
    case OPTION_NO_CRASH_REPORT: options->crash_report = false; return -1;
    case OPTION_JSON:
        options->json = true;
        return options->command == COMMAND_INFO || options->command == COMMAND_DEBUG ? -1 : options_report(options, "json");
    case OPTION_WINDOW: return apply_window(options, row, value);
    case OPTION_HIT: return apply_number(row, value, &options->hit);
    case OPTION_SIZE: return apply_size_of_picture(options, row, value);
    case OPTION_JOBS: return apply_jobs(options, row, value);
    case OPTION_COMPLETION: help_completion(); return 0;
    case OPTION_HELP: help_usage(options->command); return 0;
    case OPTION_VERSION: help_version(); return 0;
    case OPTION_SCRIPT:
    case OPTION_EXECUTE: return apply_input(options, row, value);
    case OPTION_OUTPUT: case OPTION_CACHEGRIND_OUT: case OPTION_TRACE_OUT: case OPTION_TRACE_FILE: case OPTION_ARGV0:
    case OPTION_SECTION: case OPTION_GDB: case OPTION_FRAMES: case OPTION_AT: case OPTION_VIEW: case OPTION_FOCUS:
    case OPTION_ZOOM: case OPTION_JUNIT: case OPTION_ROM_JSON: case OPTION_KNOWN_FAILURES:
    case OPTION_FOLLOW: case OPTION_ATTRIBUTE: case OPTION_VERBOSE: case OPTION_WORKING_SET: case OPTION_NO_NET:
    case OPTION_SYSCALLS: case OPTION_RECORD: case OPTION_HEAP: case OPTION_HILBERT: case OPTION_TAP: case OPTION_AUTOPILOT:
    case OPTION_BATCH:
    case OPTION_COUNT: break; /* text_of() and flag_of() know them */
    }
    return -1;
}

/* ---- words ---------------------------------------------------------------------------------------------------- */

typedef struct Words {
    char **next;  /* the word after the option */
    char **end;
} Words;

static int unknown(const Options *options, const char *word)
{
    const char *near = help_nearest(options->command, word);
    fprintf(stderr, "emu: unknown option '%s'", word);
    if (near)
        fprintf(stderr, "; did you mean '--%s'?", near);
    fprintf(stderr, " (emu %s%s--help lists them; options end at the program's name or at --)\n",
            options->command == COMMAND_RUN ? "" : command_names[options->command],
            options->command == COMMAND_RUN ? "" : " ");
    return EXIT_FAILED;
}

static int take(Options *options, const OptionRow *row, const char *attached, Words *words, const char *word)
{
    const char *value = attached;
    if (row->argument == NONE && attached) {
        fprintf(stderr, "emu: '%s': --%s takes no argument\n", word, row->name);
        return EXIT_FAILED;
    }
    if (row->argument == REQUIRED && !attached) {
        if (words->next == words->end) {
            fprintf(stderr, "emu: '%s' needs an argument: %s\n", word, row->metavar);
            return EXIT_FAILED;
        }
        value = *words->next++;
    }
    return apply(options, row, value);
}

static int long_option(Options *options, const char *word, Words *words)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const OptionRow *row = &option_rows[i];
        bool same = strlen(row->name) == length - 2 && memcmp(row->name, word + 2, length - 2) == 0;
        if (same && (row->commands & 1u << options->command))
            return take(options, row, equals ? equals + 1 : NULL, words, word);
    }
    return unknown(options, word);
}

/* One dash: qemu's spellings first, as whole words; then letters, which do not bundle: -oFILE, -o FILE. */
static int short_option(Options *options, const char *word, Words *words)
{
    for (size_t i = 0; i < qemu_row_count; i++) {
        const QemuRow *q = &qemu_rows[i];
        if ((option_rows[q->id].commands & 1u << options->command) && strcmp(word + 1, q->spelling) == 0) {
            OptionRow row = option_rows[q->id];
            row.argument = q->takes_argument ? REQUIRED : NONE;
            return take(options, &row, NULL, words, word);
        }
    }
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const OptionRow *row = &option_rows[i];
        if (row->letter && row->letter == word[1] && (row->commands & 1u << options->command))
            return take(options, row, word[2] ? word + 2 : NULL, words, word);
    }
    return unknown(options, word);
}

static Command command_of(const char *word)
{
    for (int c = 0; c < COMMANDS; c++)
        if (strcmp(word, command_names[c]) == 0)
            return (Command)c;
    return COMMANDS;
}

/* All options from here on. -1: words.next is the first word that is none; else the exit code. */
static int take_options(Options *options, Words *words)
{
    while (words->next < words->end) {
        const char *word = *words->next;
        if (word[0] != '-' || !word[1])
            break;
        words->next++;
        if (strcmp(word, "--") == 0)
            break;
        int code = word[1] == '-' ? long_option(options, word, words) : short_option(options, word, words);
        if (code >= 0)
            return code;
    }
    return -1;
}

int options_parse(Options *options, int argc, char **argv)
{
    memset(options, 0, sizeof *options);
    emu_config_init(&options->config);
    options->crash_report = true;
    options->set_bits = options->ways = options->block_bits = -1;
    Words words = {argv + 1, argv + argc};
    if (argc > 1 && command_of(argv[1]) != COMMANDS) {
        options->command = command_of(argv[1]);
        words.next++;
    }
    int code = take_options(options, &words);
    bool anywhere = options->command == COMMAND_SNAPSHOT || options->command == COMMAND_CACHESIM || options->command == COMMAND_DIFF ||
                    options->command == COMMAND_EXPLAIN || options->command == COMMAND_WHY;
    if (code < 0 && anywhere && words.next < words.end) {
        char *program = *words.next++; /* its options may also follow the program's name */
        code = take_options(options, &words);
        *--words.next = program;
    }
    if (code >= 0)
        return code;
    code = options_settle_hierarchy(options);
    if (code >= 0)
        return code;
    if (options->config.paging.replacement == EMU_REPLACE_OPT && options->command != COMMAND_RUN) {
        fprintf(stderr, "emu: --replacement=opt runs the program twice, which only 'emu run' does\n");
        return EXIT_FAILED;
    }
    options->program = (const char **)words.next;
    if (options->command == COMMAND_CACHESIM && options->trace_file)
        options->program = &options->trace_file;
    if (options->program[0] && options->command == COMMAND_CACHESIM)
        return -1;
    if (*words.next || (options->command == COMMAND_INFO && options->syscalls))
        return -1;
    fprintf(stderr, "emu: no program given\nusage: %s\n(emu --help says more)\n", command_usage[options->command]);
    return EXIT_FAILED;
}

void options_free(Options *options)
{
    free(options->trace_ranges);
    free(options->expectations);
    free(options->edits);
    options_free_overrides(options);
    free(options->inputs);
}

/* ---- the environment ------------------------------------------------------------------------------------------ */

static size_t name_length(const char *text) { return strcspn(text, "="); }

static void edit_environment(const char **list, size_t *count, const EnvironmentEdit *edit)
{
    size_t length = name_length(edit->text), kept = 0;
    bool placed = edit->unset;
    for (size_t i = 0; i < *count; i++) {
        bool same = name_length(list[i]) == length && memcmp(list[i], edit->text, length) == 0;
        if (!same)
            list[kept++] = list[i];
        else if (!placed)
            placed = (list[kept++] = edit->text) != NULL;
    }
    if (!placed)
        list[kept++] = edit->text;
    *count = kept;
}

const char **options_environment(const Options *options, char **environment)
{
    size_t count = 0;
    while (environment[count])
        count++;
    const char **list = malloc((count + options->edit_count + 1) * sizeof *list);
    if (!list)
        return NULL;
    memcpy(list, environment, count * sizeof *list);
    for (size_t i = 0; i < options->edit_count; i++)
        edit_environment(list, &count, &options->edits[i]);
    list[count] = NULL;
    return list;
}

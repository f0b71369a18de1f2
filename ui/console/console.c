/* The engine: from a line to a row of the table to its function. */
#include "ui/console/console.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/expression.h"
#include "ui/console/script.h"

enum { MAX_SCRIPTS = 16 };

const CommandRow command_rows[] = {
#define COMMAND(name, shortest, signature, flags, function, usage, help)                                                       \
    {name, shortest, signature, flags, function, usage, help},
#include "ui/console/commands.def"
#undef COMMAND
};
const size_t command_row_count = sizeof command_rows / sizeof command_rows[0];

/* Where the line that fails stands, from the outermost file. */
static void name_scripts(Console *console, const Script *script)
{
    if (!script)
        return;
    name_scripts(console, script->outer);
    fprintf(console->err, "%s:%d: Error in sourced command file:\n", script->path, script->line);
}

bool console_error(Console *console, const char *format, ...)
{
    va_list arguments;
    fflush(console->out);
    if (!console->failed && !console->muted) { /* the first reason is the one that matters */
        name_scripts(console, console->script);
        va_start(arguments, format);
        vfprintf(console->err, format, arguments);
        va_end(arguments);
        putc('\n', console->err);
    }
    fflush(console->err);
    console->failed = true;
    return false;
}

/* ---- finding a command ---------------------------------------------------------------------------------------- */

static size_t word_length(const char *text)
{
    size_t n = 0;
    if (*text == '!' || *text == '|')
        return 1;
    while (isalpha((unsigned char)text[n]) || text[n] == '_' || (n && (text[n] == '-' || isdigit((unsigned char)text[n]))))
        n++;
    return n;
}

/* Does `line` begin with the words of `name`, each at least as long as in `shortest`, or just that (si)? The length taken, or
 * 0. */
static size_t match(const char *line, const char *name, const char *shortest)
{
    const char *p = line;
    for (;;) {
        size_t typed = word_length(p), least = word_length(shortest), full = word_length(name);
        bool shortened = typed == least && strncmp(p, shortest, least) == 0;
        if (!shortened && (typed < least || typed > full || strncmp(p, name, typed) != 0))
            return 0;
        p += typed;
        name += full;
        shortest += least;
        if (!*name)
            return (size_t)(p - line);
        name++;
        shortest++;
        if (!isspace((unsigned char)*p))
            return 0;
        while (isspace((unsigned char)*p))
            p++;
    }
}

/* Longer names first: "info proc mappings" before "info proc"; else the order of the table decides. */
const CommandRow *command_find(const char *line, const char **rest)
{
    const CommandRow *best = NULL;
    size_t best_words = 0, best_length = 0;
    for (size_t i = 0; i < command_row_count; i++) {
        size_t length = match(line, command_rows[i].name, command_rows[i].shortest), words = 1;
        for (const char *p = command_rows[i].name; *p; p++)
            words += *p == ' ';
        bool exact = length == strlen(command_rows[i].name), best_exact = best && best_length == strlen(best->name);
        if (length && (words > best_words || (words == best_words && exact && !best_exact))) {
            best = &command_rows[i];
            best_words = words;
            best_length = length;
        }
    }
    *rest = line + (best ? best_length : 0);
    return best;
}

/* ---- executing ------------------------------------------------------------------------------------------------ */

static bool check_arguments(Console *console, const CommandRow *row, const char *format, const char *args)
{
    const char *s = row->signature;
    bool takes_format = *s == '/';
    s += takes_format;
    if (*format && !takes_format)
        return console_error(console, "`%s' takes no /%s. Usage: %s", row->name, format, row->usage);
    if (!*s && *args)
        return console_error(console, "`%s' takes no argument: \"%s\".", row->name, args);
    if (*s && s[1] != '?' && !*args)
        return console_error(console, "Argument required. Usage: %s", row->usage);
    return true;
}

/* "/4xw" directly behind the command, or (gdb takes that, too) behind a blank. Returns what follows. */
static const char *take_format(const char *p, char *format, size_t size)
{
    const char *q = p;
    format[0] = 0;
    while (isspace((unsigned char)*q))
        q++;
    if (*q != '/')
        return p;
    size_t n = strcspn(++q, " \t");
    snprintf(format, size, "%.*s", (int)n, q);
    return q + n;
}

/* What a program that does not run lacks, in gdb's words. */
static bool can_be_done(Console *console, const CommandRow *row)
{
    if (console->running || !(row->flags & (RUNNING | STACK | FRAME | REGISTERS)))
        return true;
    return console_error(console, row->flags & STACK       ? "No stack."
                                  : row->flags & FRAME     ? "No frame selected."
                                  : row->flags & REGISTERS ? "The program has no registers now."
                                                           : "The program is not being run.");
}

static bool execute_row(Console *console, const CommandRow *row, const char *rest)
{
    char format[32] = "", *args;
    if (row->signature[0] == '/' || (*rest == '/' && row->function != cmd_disassemble))
        rest = take_format(rest, format, sizeof format);
    while (isspace((unsigned char)*rest))
        rest++;
    args = strdup(rest);
    if (!args)
        return console_error(console, "Out of memory.");
    for (size_t n = strlen(args); n && isspace((unsigned char)args[n - 1]) && row->function != cmd_echo; n--)
        args[n - 1] = 0;
    const CommandRow *outer = console->row;
    console->row = row;
    bool good =
        check_arguments(console, row, format, args) && can_be_done(console, row) && row->function(console, format, args);
    console->row = outer;
    free(args);
    return good && !console->failed;
}

/* What an empty line repeats: the whole line, or only its command where the arguments were a beginning (x, list). */
static void remember_line(Console *console, const CommandRow *row, const char *line)
{
    const char *rest;
    if (!(row->flags & REPEAT))
        console->last_line[0] = 0;
    else if (row->flags & FRESH)
        snprintf(console->last_line, sizeof console->last_line, "%.*s", (int)(command_find(line, &rest) ? rest - line : 0),
                 line);
    else
        snprintf(console->last_line, sizeof console->last_line, "%s", line);
}

/* One line that is not empty. */
static bool execute_line(Console *console, const char *line, bool again)
{
    const char *rest;
    bool good;
    if (!console->hooking && script_defined(console, line, &good)) {
        if (!console->block && !console->script)
            snprintf(console->last_line, sizeof console->last_line, "%s", line);
        return good;
    }
    const CommandRow *row = command_find(line, &rest);
    if (!row) {
        size_t n = strcspn(line, " \t");
        return console_error(console, "Undefined command: \"%.*s\".  Try \"help\".", (int)(n < 64 ? n : 64), line);
    }
    if (!again && !console->doing_due && !console->script && !console->block)
        remember_line(console, row, line);
    return script_hook(console, row->name) && execute_row(console, row, rest);
}

bool console_execute(Console *console, const char *line)
{
    while (isspace((unsigned char)*line))
        line++;
    if (*line == '#')
        return true;
    console->failed = false;
    if (console->block_depth == 0) {
        console->interrupted = 0;
        console->rounds = 0;
    }
    char last[sizeof console->last_line];
    bool again = !*line;
    if (again) {
        if (!console->interactive || console->script || console->block || !console->last_line[0])
            return true;
        memcpy(last, console->last_line, sizeof last);
        line = last;
    }
    bool good = execute_line(console, line, again);
    breakpoints_do_commands(console);
    fflush(console->out);
    return good;
}

bool console_script(Console *console, const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return console_error(console, "%s: %s.", path, strerror(errno));
    if (console->script_depth >= MAX_SCRIPTS) {
        fclose(file);
        return console_error(console, "%s: scripts nested too deeply.", path);
    }
    Script script = {.file = file, .path = path, .outer = console->script};
    Block *block = console->block;
    bool good = true, from_tty = console->from_tty;
    char *line = NULL;
    size_t capacity = 0;
    console->from_tty = false;
    console->script_depth++;
    console->script = &script;
    console->block = NULL;
    while (good && !console->quit && console_next_line(console, NULL, &line, &capacity))
        good = console_execute(console, line);
    console->script = script.outer;
    console->block = block;
    console->script_depth--;
    console->from_tty = from_tty;
    free(line);
    fclose(file);
    return good;
}

bool console_next_line(Console *console, const char *prompt, char **line, size_t *capacity)
{
    if (console->block)
        return script_next_line(console, line, capacity);
    if (!console->script)
        return console->read_line && console->read_line(console, prompt, line, capacity);
    console->script->line++;
    ssize_t n = getline(line, capacity, console->script->file);
    if (n > 0 && (*line)[n - 1] == '\n')
        (*line)[n - 1] = 0;
    return n >= 0;
}

/* ---- arguments ------------------------------------------------------------------------------------------------ */

bool command_count(Console *console, const char *args, uint64_t otherwise, uint64_t *count)
{
    Value value;
    *count = otherwise;
    if (!*args)
        return true;
    if (!expression_evaluate(console, args, &value))
        return false;
    *count = value_number(&value);
    return true;
}

bool command_word(const char **text, char *word, size_t size)
{
    while (isspace((unsigned char)**text))
        ++*text;
    size_t n = strcspn(*text, " \t");
    snprintf(word, size, "%.*s", (int)n, *text);
    *text += n;
    return n > 0;
}

bool command_confirm(Console *console, const char *question)
{
    char *line = NULL;
    size_t capacity = 0;
    bool yes = true;
    if (!console->interactive || !console->settings.confirm || console->script || console->block)
        return true;
    fprintf(console->out, "%s (y or n) ", question);
    fflush(console->out);
    if (console_next_line(console, "", &line, &capacity))
        yes = tolower((unsigned char)line[0]) == 'y';
    free(line);
    return yes;
}

void command_quietly(Console *console, const char *command, void (*title)(Console *console, const void *about),
                     const void *about)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = console->out, *memory = open_memstream(&text, &size);
    if (!memory)
        return;
    bool muted = console->muted;
    console->muted = true;
    console->out = memory;
    bool good = console_execute(console, command);
    console->out = out;
    console->muted = muted;
    console->failed = false;
    fclose(memory);
    if (good && size) {
        title(console, about);
        fwrite(text, 1, size, out);
    }
    free(text);
}

/* ---- values kept ---------------------------------------------------------------------------------------------- */

bool console_history(Console *console, bool back, long number, Value *value)
{
    long last = (long)console->history_count, steps = number < 0 ? 1 : number,
         at = back         ? last - steps
              : number < 0 ? last
                           : number;
    *value = (Value){.type = type_builtin(TYPE_VOID)};
    if (last == 0 && number < 0 && !back)
        return true; /* void: nothing has been printed yet */
    if (at == 0 && !back)
        at = last;
    if (back && at < 1)
        return console_error(console, "History does not go back to $$%ld.", steps);
    if (at < 1 || at > last)
        return console_error(console, "History has not yet reached $%ld.", at);
    *value = console->history[at - 1];
    return true;
}

uint32_t console_remember(Console *console, const Value *value)
{
    if (console->history_count == MAX_HISTORY)
        return MAX_HISTORY;
    if (!console->history)
        console->history = calloc(MAX_HISTORY, sizeof *console->history);
    if (!console->history)
        return 0;
    console->history[console->history_count++] = *value;
    return console->history_count;
}

static Variable *find_variable(Console *console, const char *name)
{
    for (Variable *v = console->variables; v; v = v->next)
        if (strcmp(v->name, name) == 0)
            return v;
    return NULL;
}

void console_variable(Console *console, const char *name, Value *value)
{
    const Variable *known = find_variable(console, name);
    *value = known ? known->value : (Value){.type = type_builtin(TYPE_VOID)};
    value->where = WHERE_VARIABLE;
    snprintf(value->variable, sizeof value->variable, "%s", name);
}

bool console_set_variable(Console *console, const char *name, const Value *value)
{
    Variable *v = find_variable(console, name);
    if (!v) {
        v = calloc(1, sizeof *v);
        if (!v)
            return console_error(console, "Out of memory.");
        snprintf(v->name, sizeof v->name, "%s", name);
        v->next = console->variables;
        console->variables = v;
    }
    v->value = *value;
    return true;
}

/* ---- life ----------------------------------------------------------------------------------------------------- */

Console *console_create(const EmuConfig *config, const char *path, const char **argv, const char **environment)
{
    Console *console = calloc(1, sizeof *console);
    if (!console)
        return NULL;
    console->config = *config;
    console->path = path;
    console->argv = argv;
    console->environment = environment;
    console->out = stdout;
    console->err = stderr;
    console->next_breakpoint = 1;
    console->next_display = 1;
    console->settings =
        (Settings){.list_size = 10, .confirm = true, .print_elements = 200, .repeats = 10, .detach_on_fork = true};
    console->config.stop_on_fatal = false; /* every signal is told, before it acts */
    signals_default(console);
    return console;
}

void console_borrow(Console *console, Emu *emu, const EmuStop *stop)
{
    console->emu = console->types.emu = emu;
    console->borrowed = console->running = true;
    console->stop = *stop;
    console->frame = 0;
    frames_forget(console);
}

void console_return(Console *console)
{
    breakpoints_free(console);
    frames_forget(console);
    console->emu = console->types.emu = NULL;
    console->running = false;
}

void console_destroy(Console *console)
{
    if (!console)
        return;
    breakpoints_free(console);
    displays_free(console);
    script_forget(console);
    source_forget(console);
    frames_forget(console);
    while (console->variables) {
        Variable *next = console->variables->next;
        free(console->variables);
        console->variables = next;
    }
    free(console->history);
    free(console->checkpoints);
    free(console->modelled);
    free(console->shown_file);
    free(console->list.file);
    shell_log_off(console);
    free(console->log_path);
    arguments_free(console);
    free(console->new_path);
    free(console->new_environment);
    while (console->new_entry_count)
        free(console->new_entries[--console->new_entry_count]);
    free(console->new_entries);
    type_pool_free(&console->types);
    emu_destroy(console->emu);
    free(console);
}

bool console_running(Console *console)
{
    return console->running || console_error(console, "The program is not being run.");
}

int console_pid(const Console *console)
{
    EmuTask task;
    for (uint32_t i = 0; console->tid && emu_task(console->emu, i, &task); i++)
        if (task.tid == console->tid)
            return task.pid;
    return 0;
}

/* if, while, define, document: gdb's command language. A block of lines is read whole, then executed; each line is an ordinary
 * command, which may itself read a block (script.h). */
#include "ui/console/script.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/expression.h"

enum {
    DEEPEST = 64,          /* of blocks in blocks: user-defined commands may call themselves */
    LONGEST = 1 << 16,     /* characters of a line: $arg* in a command that calls itself could double it again and again */
    UNATTENDED = 1000,     /* rounds of loops in one command where nobody can type Ctrl-C */
};

typedef enum Leaving { LEAVING_NOT, LEAVING_LOOP, LEAVING_ROUND } Leaving;

typedef struct UserCommand {
    struct UserCommand *next;
    char *name, *help; /* help: NULL when not documented */
    char **lines;
    char *alias;       /* instead of lines: what the name stands for */
} UserCommand;

/* ---- reading ---------------------------------------------------------------------------------------------------- */

void script_free(char **lines)
{
    for (char **line = lines; line && *line; line++)
        free(*line);
    free(lines);
}

static bool first_word_is(const char *line, const char *word)
{
    size_t n = strlen(word);
    return strncmp(line, word, n) == 0 && (!line[n] || isspace((unsigned char)line[n]) || line[n] == '(');
}

static bool opens_block(const char *line)
{
    static const char *const openers[] = {"if", "while", "commands", "define", "document"};
    for (size_t i = 0; i < sizeof openers / sizeof openers[0]; i++)
        if (first_word_is(line, openers[i]))
            return true;
    return false;
}

char **script_read(Console *console, bool plain)
{
    char *line = NULL, **lines = calloc(1, sizeof *lines), **grown;
    size_t capacity = 0;
    uint32_t count = 0, depth = 1;
    char prompt[DEEPEST + 2] = ">";
    while (lines && console_next_line(console, prompt, &line, &capacity)) {
        const char *p = plain ? line : line + strspn(line, " \t");
        depth += !plain && opens_block(p);
        depth -= first_word_is(line + strspn(line, " \t"), "end");
        if (depth == 0 || !(grown = realloc(lines, (count + 2) * sizeof *grown)))
            break;
        snprintf(prompt, sizeof prompt, "%*s>", (int)(depth > DEEPEST ? DEEPEST : depth - 1), "");
        lines = grown;
        lines[count] = strdup(p);
        if (lines[count])
            lines[++count] = NULL;
    }
    free(line);
    return lines;
}

void script_print(FILE *out, char **lines, int indent)
{
    int depth = 0;
    for (char **line = lines; line && *line; line++) {
        depth -= first_word_is(*line, "end") || first_word_is(*line, "else");
        fprintf(out, "%*s%s\n", indent + (depth > 0 ? 2 * depth : 0), "", *line);
        depth += opens_block(*line) || first_word_is(*line, "else");
    }
}

/* ---- a block's lines ---------------------------------------------------------------------------------------------- */

/* The number-th word of `text`; its length. */
static size_t nth_word(const char **text, unsigned number)
{
    const char *p = *text + strspn(*text, " \t");
    while (number-- && *p) {
        p += strcspn(p, " \t");
        p += strspn(p, " \t");
    }
    *text = p;
    return strcspn(p, " \t");
}

/* With $argc, $arg0 … $arg9 and $arg* replaced by what they stand for. malloc'ed. */
static char *expand(const char *line, const char *arguments)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    while (out && *line && ftell(out) < LONGEST) {
        const char *word = arguments;
        unsigned count = 0;
        if (strncmp(line, "$arg", 4) != 0 || (!isdigit((unsigned char)line[4]) && line[4] != 'c' && line[4] != '*')) {
            putc(*line++, out);
            continue;
        }
        if (line[4] == 'c') {
            while (nth_word(&word, count > 0))
                count++;
            fprintf(out, "%u", count);
        } else if (line[4] == '*') {
            fputs(arguments, out);
        } else {
            size_t n = nth_word(&word, (unsigned)(line[4] - '0'));
            fprintf(out, "%.*s", (int)n, word);
        }
        line += 5;
    }
    if (out)
        fclose(out);
    return text;
}

bool script_next_line(Console *console, char **line, size_t *capacity)
{
    Block *block = console->block;
    if (!block->lines || !block->lines[block->at])
        return false;
    const char *next = block->lines[block->at++];
    char *copy = block->arguments ? expand(next, block->arguments) : strdup(next);
    if (!copy)
        return false;
    free(*line);
    *line = copy;
    *capacity = strlen(copy) + 1;
    return true;
}

bool script_execute(Console *console, char **lines, const char *arguments, BlockEnd until)
{
    Block block = {.lines = lines, .arguments = arguments, .outer = console->block};
    char *line = NULL;
    size_t capacity = 0;
    bool good = true, from_tty = console->from_tty;
    uint64_t stops = console->stops;
    if (console->block_depth >= DEEPEST)
        return console_error(console, "Max user call depth exceeded -- command aborted.");
    console->from_tty = false;
    console->block_depth++;
    console->block = &block;
    while (good && !console->quit && !console->leaving && (until == BLOCK_TO_THE_END || console->stops == stops) &&
           console_next_line(console, NULL, &line, &capacity))
        good = console_execute(console, line);
    console->block = block.outer;
    console->block_depth--;
    console->from_tty = from_tty;
    free(line);
    return good;
}

/* ---- if, while ---------------------------------------------------------------------------------------------------- */

/* Where the block's own `else' stands; or its end. */
static uint32_t find_else(char **lines)
{
    uint32_t i = 0;
    for (uint32_t depth = 0; lines[i]; i++) {
        if (depth == 0 && first_word_is(lines[i], "else"))
            break;
        depth += opens_block(lines[i]);
        depth -= depth && first_word_is(lines[i], "end");
    }
    return i;
}

bool cmd_if(Console *console, const char *format, const char *args)
{
    Value value;
    char **lines = script_read(console, false);
    (void)format;
    bool good = lines && expression_evaluate(console, args, &value);
    if (good) {
        uint32_t at = find_else(lines);
        char *other = lines[at];
        lines[at] = NULL;
        if (!value_is_zero(&value))
            good = script_execute(console, lines, NULL, BLOCK_TO_THE_END);
        else if (other)
            good = script_execute(console, lines + at + 1, NULL, BLOCK_TO_THE_END);
        lines[at] = other;
    }
    script_free(lines);
    return good;
}

bool cmd_while(Console *console, const char *format, const char *args)
{
    Value value;
    char **lines = script_read(console, false);
    bool good = lines != NULL;
    (void)format;
    console->loops++;
    while (good && !console->quit && (good = expression_evaluate(console, args, &value)) && !value_is_zero(&value)) {
        if (console->interrupted || (!console->local && ++console->rounds > UNATTENDED)) {
            good = console_error(console, console->interrupted ? "Quit" : "This loop goes on for too long.");
            break;
        }
        good = script_execute(console, lines, NULL, BLOCK_TO_THE_END);
        Leaving leaving = (Leaving)console->leaving;
        console->leaving = LEAVING_NOT;
        if (leaving == LEAVING_LOOP)
            break;
    }
    console->loops--;
    script_free(lines);
    return good;
}

static bool leave(Console *console, Leaving how)
{
    if (!console->loops)
        return console_error(console, "This command cannot be used at the top level.");
    console->leaving = how;
    return true;
}

bool cmd_loop_break(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    return leave(console, LEAVING_LOOP);
}

bool cmd_loop_continue(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    return leave(console, LEAVING_ROUND);
}

bool cmd_end(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    return console_error(console, "This command cannot be used at the top level.");
}

/* ---- user-defined commands ---------------------------------------------------------------------------------------- */

static UserCommand *find(Console *console, const char *name, size_t length)
{
    for (UserCommand *c = console->user_commands; c; c = c->next)
        if (strlen(c->name) == length && strncmp(c->name, name, length) == 0)
            return c;
    return NULL;
}

static UserCommand *make(Console *console, const char *name)
{
    UserCommand *c = find(console, name, strlen(name));
    if (!c && (c = calloc(1, sizeof *c))) {
        c->name = strdup(name);
        c->next = console->user_commands;
        console->user_commands = c;
        if (!c->name) {
            console->user_commands = c->next;
            free(c);
            c = NULL;
        }
    }
    if (!c)
        console_error(console, "Out of memory.");
    return c;
}

static bool is_name(Console *console, const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    return (n && !name[n] && n < 64) || console_error(console, "Invalid character in the name of a command: \"%s\".", name);
}

bool cmd_define(Console *console, const char *format, const char *args)
{
    const char *rest;
    (void)format;
    if (!is_name(console, args))
        return false;
    const CommandRow *row = command_find(args, &rest);
    char question[128];
    snprintf(question, sizeof question, "Really redefine built-in command \"%s\"?", args);
    if (row && strcmp(row->name, args) == 0 && !command_confirm(console, question))
        return console_error(console, "Command \"%s\" not redefined.", args);
    if (console->interactive && !console->script && !console->block)
        fprintf(console->out, "Type commands for definition of \"%s\".\nEnd with a line saying just \"end\".\n", args);
    char **lines = script_read(console, false);
    UserCommand *c = lines && console->block_depth < DEEPEST ? make(console, args) : NULL;
    if (!c) {
        script_free(lines);
        return false;
    }
    script_free(c->lines);
    free(c->alias);
    c->lines = lines;
    c->alias = NULL;
    return true;
}

bool cmd_document(Console *console, const char *format, const char *args)
{
    UserCommand *c = find(console, args, strlen(args));
    (void)format;
    if (!c)
        return console_error(console, "Undefined command: \"%s\".  Try \"help\".", args);
    char **lines = script_read(console, true), *text = NULL;
    size_t size = 0;
    FILE *out = lines ? open_memstream(&text, &size) : NULL;
    for (char **line = lines; out && *line; line++)
        fprintf(out, "%s%s", line == lines ? "" : "\n", *line);
    if (out)
        fclose(out);
    script_free(lines);
    free(c->help);
    c->help = text;
    return text != NULL;
}

bool cmd_alias(Console *console, const char *format, const char *args)
{
    char name[64];
    const char *target = strchr(args, '=');
    (void)format;
    if (strncmp(args, "-a ", 3) == 0)
        args += 3;
    if (!target || !command_word(&args, name, sizeof name))
        return console_error(console, "Usage: alias NAME = COMMAND");
    name[strcspn(name, "=")] = 0;
    target += 1 + strspn(target + 1, " \t");
    const char *rest;
    if (!is_name(console, name))
        return false;
    if (!command_find(target, &rest))
        return console_error(console, "Invalid command to alias to: %s", target);
    if (find(console, name, strlen(name)))
        return console_error(console, "Alias already exists: %s", name);
    UserCommand *c = make(console, name);
    if (c)
        c->alias = strdup(target);
    return c && c->alias;
}

bool cmd_show_user(Console *console, const char *format, const char *args)
{
    (void)format;
    if (*args && !find(console, args, strlen(args)))
        return console_error(console, "Not a user command.");
    for (const UserCommand *c = console->user_commands; c; c = c->next) {
        if (c->alias || (*args && strcmp(c->name, args) != 0))
            continue;
        fprintf(console->out, "User command \"%s\":\n", c->name);
        script_print(console->out, c->lines, 2);
        putc('\n', console->out);
    }
    return true;
}

static char **copy_lines(char **lines)
{
    size_t count = 0;
    while (lines[count])
        count++;
    char **copy = calloc(count + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        if (!(copy[i] = strdup(lines[i]))) {
            script_free(copy);
            return NULL;
        }
    return copy;
}

bool script_defined(Console *console, const char *line, bool *good)
{
    size_t n = strcspn(line, " \t/");
    UserCommand *c = find(console, line, n);
    if (!c)
        return false;
    const char *arguments = line + n + strspn(line + n, " \t");
    if (c->alias) {
        char *whole = NULL;
        bool made = asprintf(&whole, "%s%s", c->alias, line + n) >= 0;
        *good = made && ++console->block_depth < DEEPEST && console_execute(console, whole);
        console->block_depth--;
        if (made)
            free(whole);
        return true;
    }
    char **lines = copy_lines(c->lines); /* they may define it anew */
    *good = lines && script_execute(console, lines, arguments, BLOCK_TO_THE_END);
    script_free(lines);
    return true;
}

bool script_hook(Console *console, const char *name)
{
    char hook[80];
    bool good = true;
    size_t n = (size_t)snprintf(hook, sizeof hook, "hook-%s", name);
    if (!console->user_commands || console->hooking || n >= sizeof hook || !find(console, hook, n))
        return true;
    console->hooking = true; /* a hook that uses its own command means the command */
    script_defined(console, hook, &good);
    console->hooking = false;
    return good;
}

const char *script_help(Console *console, const char *name)
{
    const UserCommand *c = find(console, name, strlen(name));
    return !c ? NULL : c->help ? c->help : c->alias ? c->alias : "User-defined.";
}

void script_forget(Console *console)
{
    while (console->user_commands) {
        UserCommand *next = console->user_commands->next;
        free(console->user_commands->name);
        free(console->user_commands->help);
        free(console->user_commands->alias);
        script_free(console->user_commands->lines);
        free(console->user_commands);
        console->user_commands = next;
    }
}

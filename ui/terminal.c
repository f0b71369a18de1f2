/* The terminal (terminal.h). */
#include "ui/terminal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "ui/console/command.h"
#include "ui/console/registers.h"

/* ---- what can be completed -------------------------------------------------------------------------------------- */

/* Takes one candidate off the count; true when it is the one. */
static bool is_it(const char *prefix, const char *name, const char *text, size_t *number, char candidate[256])
{
    if (strncmp(name, text, strlen(text)) != 0 || (*number)--)
        return false;
    snprintf(candidate, 256, "%s%s", prefix, name);
    return true;
}

static bool register_candidate(const char *text, size_t number, char candidate[256])
{
    for (uint32_t i = 0; i < register_count(); i++)
        if (is_it("$", register_row(i)->name, text + 1, &number, candidate))
            return true;
    return false;
}

/* The words that may stand at `start`: of all rows whose name begins with the words before it. */
static bool command_candidate(const char *line, size_t start, const char *text, size_t number, char candidate[256])
{
    char seen[64] = "";
    while (start && isspace((unsigned char)*line))
        line++, start--;
    for (size_t i = 0; i < command_row_count; i++) {
        const char *name = command_rows[i].name, *word = name + start;
        if (strlen(name) <= start || strncmp(name, line, start) != 0 || (start && name[start - 1] != ' '))
            continue;
        char one[64];
        snprintf(one, sizeof one, "%.*s", (int)strcspn(word, " "), word);
        if (strcmp(one, seen) == 0) /* rows with the same first word follow each other, mostly */
            continue;
        memcpy(seen, one, sizeof seen);
        if (is_it("", one, text, &number, candidate))
            return true;
    }
    return false;
}

static bool symbol_candidate(Console *console, const char *text, size_t number, char candidate[256])
{
    EmuSymbol symbol;
    for (uint32_t i = 0; console->emu && *text && emu_symbol(console->emu, 0, i, &symbol); i++)
        if (is_it("", symbol.name, text, &number, candidate))
            return true;
    return false;
}

bool terminal_candidate(Console *console, const char *line, size_t start, const char *text, size_t number, bool symbols, char candidate[256])
{
    const char *rest;
    if (*text == '$')
        return register_candidate(text, number, candidate);
    if (command_candidate(line, start, text, number, candidate))
        return true;
    const CommandRow *row = command_find(line, &rest);
    bool names = row && strpbrk(row->signature, "lset") && start >= (size_t)(rest - line);
    return symbols && names && symbol_candidate(console, text, number, candidate);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static bool plain_line(Console *console, const char *prompt, char **line, size_t *capacity)
{
    if (console->interactive && prompt) {
        fputs(prompt, console->out);
        fflush(console->out);
    }
    ssize_t n = getline(line, capacity, stdin);
    if (n > 0 && (*line)[n - 1] == '\n')
        (*line)[n - 1] = 0;
    return n >= 0;
}

#ifdef HAVE_EDITLINE

#include <editline/readline.h>

static Console *completing;
static bool with_symbols, ready;

/* readline's protocol: called with state 0, 1, … until NULL; what it returns is freed by the library. */
static char *next_candidate(const char *text, int number)
{
    char candidate[256];
    const char *line = rl_line_buffer ? rl_line_buffer : "";
    size_t start = (size_t)rl_point >= strlen(text) ? (size_t)rl_point - strlen(text) : 0;
    return terminal_candidate(completing, line, start, text, (size_t)number, with_symbols, candidate) ? strdup(candidate) : NULL;
}

static char **complete(const char *text, int start, int end)
{
    const char *rest;
    (void)start, (void)end;
    const CommandRow *row = command_find(rl_line_buffer ? rl_line_buffer : "", &rest);
    if (row && row->signature[0] == 'f' && *rest)
        return NULL; /* the library completes files by itself */
    rl_attempted_completion_over = 1;
    return rl_completion_matches(text, next_candidate);
}

/* The library draws the prompt and only then leaves the terminal's line mode: Ctrl-D typed between the two was a NUL and no end
 * of file. This runs before the prompt. */
static int enter_key_mode(void)
{
    rl_prep_terminal(1);
    return 0;
}

void terminal_open(Console *console, bool symbols)
{
    completing = console;
    with_symbols = symbols;
    ready = isatty(0) && isatty(1);
    if (!ready)
        return;
    rl_readline_name = "emu";
    rl_initialize();
    rl_attempted_completion_function = complete;
    rl_pre_input_hook = enter_key_mode;
    rl_basic_word_break_characters = " \t,*&()[]+-/=<>!|";
    using_history();
    stifle_history(1000);
}

bool terminal_read_line(Console *console, const char *prompt, char **line, size_t *capacity)
{
    if (!ready || !console->interactive || !prompt)
        return plain_line(console, prompt, line, capacity);
    fflush(console->out);
    char *typed = readline(prompt);
    if (!typed)
        return false;
    if (*typed)
        add_history(typed);
    free(*line);
    *line = typed;
    *capacity = strlen(typed) + 1;
    return true;
}

#else

void terminal_open(Console *console, bool symbols) { (void)console, (void)symbols; }

bool terminal_read_line(Console *console, const char *prompt, char **line, size_t *capacity)
{
    return plain_line(console, prompt, line, capacity);
}

#endif

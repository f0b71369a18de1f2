/* What `run' and `set args' are given: words as a shell makes them (quotes, $NAME, ~, *), and where standard input and output
 * are to lie: <FILE, >FILE, >>FILE, 2>FILE, 2>>FILE, 2>&1. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wordexp.h>

#include "ui/console/command.h"

/* ---- taking the text apart ---------------------------------------------------------------------------------------- */

/* How long the word at `p` is: up to an unquoted blank or redirection. */
static size_t word_end(const char *p)
{
    size_t n = 0;
    for (char quote = 0; p[n] && (quote || !strchr(" \t<>", p[n])); n++) {
        if (p[n] == quote)
            quote = 0;
        else if (!quote && (p[n] == '"' || p[n] == '\''))
            quote = p[n];
        else if (p[n] == '\\' && quote != '\'' && p[n + 1])
            n++;
    }
    return n;
}

/* Behind those in `words`, which wordfree() frees, too. false: no memory. */
static bool append_words(wordexp_t *words, const wordexp_t *more)
{
    char **grown = realloc(words->we_wordv, (words->we_wordc + more->we_wordc + 1) * sizeof *grown);
    if (!grown)
        return false;
    words->we_wordv = grown;
    for (size_t i = 0; i < more->we_wordc; i++)
        if ((grown[words->we_wordc] = strdup(more->we_wordv[i])))
            words->we_wordc++;
    grown[words->we_wordc] = NULL;
    return true;
}

/* The word of `length` as a shell makes it; command substitution is for the person at the terminal. Not with WRDE_APPEND: after
 * an error glibc's leaves a pointer to what it has already freed. false: an error was said. */
static bool expand(Console *console, const char *word, size_t length, wordexp_t *words)
{
    wordexp_t own = {.we_wordc = 0};
    char *text = strndup(word, length);
    int error = text ? wordexp(text, &own, console->local ? 0 : WRDE_NOCMD) : WRDE_NOSPACE;
    free(text);
    if (!error && !append_words(words, &own))
        error = WRDE_NOSPACE;
    if (!error || error == WRDE_NOSPACE)
        wordfree(&own);
    if (error == WRDE_NOSPACE)
        return console_error(console, "Out of memory.");
    return !error || console_error(console, "A shell would not take \"%.*s\" as a word: quote it.", (int)length, word);
}

static bool add_redirection(Console *console, Redirections *list, Redirection one, const char *file, size_t length)
{
    wordexp_t words = {.we_wordc = 0};
    if (!console->local && one.from < 0 && one.flags != O_RDONLY)
        return console_error(console, "Files can only be written from the console itself.");
    if (list->count == MAX_REDIRECTIONS)
        return console_error(console, "Too many redirections.");
    bool good = one.from >= 0 || expand(console, file, length, &words);
    if (good && one.from < 0) {
        good = words.we_wordc == 1 || console_error(console, "A redirection needs the name of one file.");
        one.path = good ? strdup(words.we_wordv[0]) : NULL;
    }
    wordfree(&words);
    if (good)
        list->each[list->count++] = one;
    return good;
}

/* A redirection that begins at *p, if one does; *p is set behind it. */
static bool take_redirection(Console *console, Redirections *list, const char **p, bool *taken)
{
    const char *at = *p;
    Redirection one = {.fd = 1, .flags = O_WRONLY | O_CREAT | O_TRUNC, .from = -1};
    if (*at >= '0' && *at <= '2' && (at[1] == '<' || at[1] == '>'))
        one.fd = *at++ - '0';
    else if (*at == '<')
        one.fd = 0;
    *taken = *at == '<' || *at == '>';
    if (!*taken)
        return true;
    if (*at == '<')
        one.flags = O_RDONLY;
    at++;
    if (one.flags != O_RDONLY && *at == '>') {
        one.flags = O_WRONLY | O_CREAT | O_APPEND;
        at++;
    }
    if (*at == '&' && at[1] >= '0' && at[1] <= '2') {
        one.from = at[1] - '0';
        at += 2;
    } else {
        at += strspn(at, " \t");
    }
    size_t length = one.from < 0 ? word_end(at) : 0;
    *p = at + length;
    return add_redirection(console, list, one, at, length);
}

void redirections_free(Redirections *list)
{
    while (list->count)
        free(list->each[--list->count].path);
}

bool arguments_take(Console *console, const char *text)
{
    wordexp_t words = {.we_wordc = 0};
    Redirections redirections = {.count = 0};
    bool good = true, taken;
    for (const char *p = text + strspn(text, " \t"); good && *p; p += strspn(p, " \t")) {
        good = take_redirection(console, &redirections, &p, &taken);
        if (good && !taken) {
            size_t length = word_end(p);
            good = expand(console, p, length, &words);
            p += length;
        }
    }
    const char **argv = good ? calloc(words.we_wordc + 2, sizeof *argv) : NULL;
    if (!argv) {
        wordfree(&words);
        redirections_free(&redirections);
        return good ? console_error(console, "Out of memory.") : false;
    }
    argv[0] = console->argv[0];
    for (size_t i = 0; i < words.we_wordc; i++)
        argv[i + 1] = words.we_wordv[i];
    arguments_free(console);
    console->argv = console->new_argv = argv;
    console->new_words = words;
    console->redirections = redirections;
    console->argument_text = strdup(text);
    return true;
}

void arguments_free(Console *console)
{
    free(console->new_argv);
    wordfree(&console->new_words);
    redirections_free(&console->redirections);
    free(console->argument_text);
    console->new_argv = NULL;
    console->new_words = (wordexp_t){.we_wordc = 0};
    console->argument_text = NULL;
}

/* ---- starting with them ------------------------------------------------------------------------------------------- */

bool arguments_load(Console *console)
{
    int usual[3], opened[MAX_REDIRECTIONS];
    uint32_t count = 0;
    bool good = true;
    memcpy(usual, console->config.stdio, sizeof usual);
    for (; good && count < console->redirections.count; count++) {
        const Redirection *one = &console->redirections.each[count];
        opened[count] = one->from >= 0 ? -1 : open(one->path, one->flags | O_CLOEXEC, 0666);
        if (one->from < 0 && opened[count] < 0)
            good = console_error(console, "%s: %s.", one->path, strerror(errno));
        console->config.stdio[one->fd] = one->from >= 0 ? console->config.stdio[one->from] : opened[count];
    }
    good = good && control_load(console);
    memcpy(console->config.stdio, usual, sizeof usual);
    while (count) /* the machine has its own */
        if (opened[--count] >= 0)
            close(opened[count]);
    return good;
}

/* ---- commands ----------------------------------------------------------------------------------------------------- */

bool cmd_set_args(Console *console, const char *format, const char *args)
{
    (void)format;
    if (console->borrowed || console->recording)
        return console_error(console, "The arguments of this program cannot be changed.");
    return arguments_take(console, args) && (console->running || control_load(console));
}

bool cmd_show_args(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    fputs("Argument list to give program being debugged when it is started is \"", console->out);
    if (console->argument_text)
        fputs(console->argument_text, console->out);
    for (uint32_t i = 1; !console->argument_text && console->argv[0] && console->argv[i]; i++)
        fprintf(console->out, "%s%s", i > 1 ? " " : "", console->argv[i]);
    fputs("\".\n", console->out);
    return true;
}

/* The console and the machine that it runs on: shell commands, directories, the program's environment, another program, a log.
 * What starts programs or writes files is for the person at the terminal only, never for who sends `monitor' over a socket. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ui/console/breakpoints.h"
#include "ui/console/command.h"
#include "ui/console/script.h"

static bool is_local(Console *console)
{
    return console->local || console_error(console, "This can only be done in the console itself.");
}

/* ---- other programs ----------------------------------------------------------------------------------------------- */

static void set_exit(Console *console, int status)
{
    Value code =
        value_integer(type_builtin(TYPE_INT), (uint64_t)(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
    console_set_variable(console, "_shell_exitcode", &code);
}

bool cmd_shell(Console *console, const char *format, const char *args)
{
    const char *shell = getenv("SHELL");
    (void)format;
    if (!is_local(console))
        return false;
    fflush(console->out);
    int status = system(*args ? args : shell ? shell : "/bin/sh");
    if (status < 0)
        return console_error(console, "Fork failed");
    set_exit(console, status);
    return true;
}

/* pipe COMMAND | SHELL COMMAND; pipe -d SIGN COMMAND SIGN SHELL COMMAND, where COMMAND has a | itself. */
bool cmd_pipe(Console *console, const char *format, const char *args)
{
    char sign[32] = "|", word[32];
    (void)format;
    if (strncmp(args, "-d ", 3) == 0) {
        args += 3;
        command_word(&args, sign, sizeof sign);
    }
    const char *shell = strstr(args, sign);
    if (!is_local(console))
        return false;
    if (!shell || !command_word(&(const char *){args}, word, sizeof word) || shell == args)
        return console_error(console, "Usage: pipe COMMAND | SHELL_COMMAND");
    char *command = strndup(args, (size_t)(shell - args));
    FILE *out = console->out, *to;
    fflush(out);
    if (!command || !(to = popen(shell + strlen(sign), "w"))) {
        free(command);
        return console_error(console, "Error launching \"%s\"", shell + strlen(sign));
    }
    bool was_piped = console->piped;
    console->out = to;
    console->piped = true;
    bool good = console_execute(console, command);
    console->piped = was_piped;
    console->out = out;
    set_exit(console, pclose(to));
    free(command);
    return good;
}

/* ---- directories, and which program ------------------------------------------------------------------------------- */

bool cmd_pwd(Console *console, const char *format, const char *args)
{
    char here[PATH_MAX];
    (void)format, (void)args;
    if (!getcwd(here, sizeof here))
        return console_error(console, "Error finding name of working directory: %s", strerror(errno));
    fprintf(console->out, "Working directory %s.\n", here);
    return true;
}

/* From now on this program is debugged; `path` is copied. */
static bool use_program(Console *console, const char *path)
{
    char *copy = realpath(path, NULL);
    const char **argv = copy ? calloc(2, sizeof *argv) : NULL;
    if (!argv) {
        free(copy);
        return console_error(console, "%s: %s.", path, strerror(errno));
    }
    free(console->new_path);
    console->path = console->new_path = copy;
    if (console->argv[0] && !console->argv[1]) {
        free(console->new_argv);
        argv[0] = copy;
        console->argv = console->new_argv = argv;
    } else {
        free(argv); /* with its arguments */
    }
    return true;
}

bool cmd_cd(Console *console, const char *format, const char *args)
{
    const char *home = getenv("HOME"), *to = *args && strcmp(args, "~") != 0 ? args : home ? home : "/";
    (void)format;
    if (!is_local(console) || (console->path[0] != '/' && !console->recording && !use_program(console, console->path)))
        return false;
    if (chdir(to) != 0)
        return console_error(console, "%s: %s.", to, strerror(errno));
    return cmd_pwd(console, "", "");
}

bool cmd_file(Console *console, const char *format, const char *args)
{
    (void)format;
    if (!is_local(console))
        return false;
    if (console->borrowed || console->recording)
        return console_error(console, "The program that is debugged here cannot be changed.");
    if (console->running && !command_confirm(console, "A program is being debugged already.\nKill it?"))
        return console_error(console, "Program not killed.");
    if (access(args, R_OK) != 0)
        return console_error(console, "%s: %s.", args, strerror(errno));
    if (!arguments_take(console, "") || !use_program(console, args)) /* its arguments were another program's */
        return false;
    if (!control_load(console))
        return false;
    breakpoints_relocate(console);
    fprintf(console->out, "Reading symbols from %s...\n", args);
    return true;
}

/* ---- the environment ---------------------------------------------------------------------------------------------- */

static size_t name_length(const char *text) { return strcspn(text, "= \t"); }

/* A copy of it without `name` (NULL: without anything), and with room for one more. */
static const char **without(Console *console, const char *name, size_t length)
{
    size_t count = 0, kept = 0;
    while (console->environment && console->environment[count])
        count++;
    const char **copy = calloc(count + 2, sizeof *copy);
    for (size_t i = 0; copy && name && i < count; i++)
        if (name_length(console->environment[i]) != length || strncmp(console->environment[i], name, length) != 0)
            copy[kept++] = console->environment[i];
    return copy;
}

/* `entry` is malloc'ed, and kept as long as the console: a few names that a person has typed. */
static bool change_environment(Console *console, const char **changed, char *entry)
{
    size_t count = 0;
    while (changed[count])
        count++;
    changed[count] = entry;
    free(console->new_environment);
    console->environment = console->new_environment = changed;
    return console->running || control_load(console);
}

bool cmd_set_environment(Console *console, const char *format, const char *args)
{
    size_t n = name_length(args);
    const char *value = args + n + strspn(args + n, " \t");
    value += *value == '=';
    value += strspn(value, " \t");
    (void)format;
    if (console->borrowed || console->recording)
        return console_error(console, "The environment of this program cannot be changed.");
    if (!n)
        return console_error(console, "Argument required (environment variable to set).");
    if (!*value && console->from_tty)
        fprintf(console->out, "Setting environment variable \"%.*s\" to null value.\n", (int)n, args);
    char **kept = realloc(console->new_entries, (console->new_entry_count + 1) * sizeof *kept), *entry = NULL;
    const char **changed = kept ? without(console, args, n) : NULL;
    console->new_entries = kept ? kept : console->new_entries;
    if (!changed || asprintf(&entry, "%.*s=%s", (int)n, args, value) < 0) {
        free(changed);
        return console_error(console, "Out of memory.");
    }
    console->new_entries[console->new_entry_count++] = entry;
    return change_environment(console, changed, entry);
}

bool cmd_unset_environment(Console *console, const char *format, const char *args)
{
    (void)format;
    if (console->borrowed || console->recording)
        return console_error(console, "The environment of this program cannot be changed.");
    if (!*args && !command_confirm(console, "Delete all environment variables?"))
        return true;
    const char **changed = without(console, *args ? args : NULL, strlen(args));
    return changed ? change_environment(console, changed, NULL) : console_error(console, "Out of memory.");
}

bool cmd_show_environment(Console *console, const char *format, const char *args)
{
    size_t n = strlen(args);
    bool any = false;
    (void)format;
    for (const char **entry = console->environment; entry && *entry; entry++) {
        bool wanted = n && name_length(*entry) == n && strncmp(*entry, args, n) == 0;
        if (wanted)
            fprintf(console->out, "%s = %s\n", args, *entry + n + 1);
        else if (!n)
            fprintf(console->out, "%s\n", *entry);
        any |= wanted;
    }
    if (n && !any)
        fprintf(console->out, "Environment variable \"%s\" not defined.\n", args);
    return true;
}

/* ---- a log -------------------------------------------------------------------------------------------------------- */

static ssize_t write_both(void *cookie, const char *text, size_t size)
{
    Console *console = cookie;
    fwrite(text, 1, size, console->log);
    fflush(console->log);
    return fwrite(text, 1, size, console->unlogged) == size && fflush(console->unlogged) == 0 ? (ssize_t)size : -1;
}

static bool log_on(Console *console)
{
    const char *path = console->log_path ? console->log_path : "gdb.txt";
    if (console->log)
        return true;
    console->log = fopen(path, "ae");
    FILE *both = console->log ? fopencookie(console, "w", (cookie_io_functions_t){.write = write_both}) : NULL;
    if (!both) {
        if (console->log)
            fclose(console->log);
        console->log = NULL;
        return console_error(console, "%s: %s.", path, strerror(errno));
    }
    fprintf(console->out, "Copying output to %s.\n", path);
    fflush(console->out);
    console->unlogged = console->out;
    console->out = both;
    return true;
}

void shell_log_off(Console *console)
{
    if (!console->log)
        return;
    fclose(console->out);
    console->out = console->unlogged;
    fclose(console->log);
    console->log = NULL;
}

bool cmd_set_logging(Console *console, const char *format, const char *args)
{
    char word[32];
    (void)format;
    if (!is_local(console))
        return false;
    if (console->piped)
        return console_error(console, "The log cannot be changed inside of pipe.");
    command_word(&args, word, sizeof word);
    args += strspn(args, " \t");
    if (strcmp(word, "enabled") == 0)
        snprintf(word, sizeof word, "%s", *args ? args : "on");
    if (strcmp(word, "file") == 0 && *args) {
        free(console->log_path);
        console->log_path = strdup(args);
        return true;
    }
    if (strcmp(word, "on") == 0)
        return log_on(console);
    if (strcmp(word, "off") != 0)
        return console_error(console, "Usage: set logging on | off | file FILE");
    bool was_on = console->log != NULL;
    shell_log_off(console);
    if (was_on)
        fprintf(console->out, "Done logging to %s.\n", console->log_path ? console->log_path : "gdb.txt");
    return true;
}

/* ---- breakpoints for another time --------------------------------------------------------------------------------- */

static bool save_one(FILE *out, const Breakpoint *b)
{
    static const char *const commands[] = {"break", "watch", "rwatch", "awatch"};
    if (is_catchpoint(b)) {
        fputs("catch ", out);
        catch_save(b, out);
    } else {
        fprintf(out, "%s %s", b->temporary ? "tbreak" : commands[b->kind], b->text);
    }
    putc('\n', out);
    if (b->condition)
        fprintf(out, "  condition $bpnum %s\n", b->condition);
    if (b->ignore)
        fprintf(out, "  ignore $bpnum %llu\n", (unsigned long long)b->ignore);
    if (b->commands) {
        fputs("  commands\n", out);
        script_print(out, b->commands, 4);
        fputs("  end\n", out);
    }
    if (!b->enabled)
        fputs("disable $bpnum\n", out);
    return !ferror(out);
}

bool cmd_save_breakpoints(Console *console, const char *format, const char *args)
{
    (void)format;
    if (!is_local(console))
        return false;
    if (!console->breakpoints) {
        fputs("Nothing to save.\n", console->out);
        return true;
    }
    FILE *out = fopen(args, "we");
    bool good = out != NULL;
    for (const Breakpoint *b = console->breakpoints; good && b; b = b->next)
        good = save_one(out, b);
    if (out)
        good = fclose(out) == 0 && good;
    if (!good)
        return console_error(console, "Unable to open file '%s' for saving (%s)", args, strerror(errno));
    if (console->from_tty)
        fprintf(console->out, "Saved to file '%s'.\n", args);
    return true;
}

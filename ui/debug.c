/* emu debug: feeds the console with -ex, -x and lines from standard input. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/commands.h"
#include "ui/console/console.h"
#include "ui/debug_json.h"
#include "ui/debug_window.h"
#include "ui/terminal.h"

static Console *volatile active; /* executing a command; for the signal handler: Ctrl-C stops the program, not the debugger */

static void interrupt(int signal)
{
    (void)signal;
    Console *console = active; /* its machine may change while a command runs: `run` makes a new one */
    if (console)
        console->interrupted = 1;
    if (console && console->emu)
        emu_interrupt(console->emu);
}

static DebugWindow *window; /* beside the console, or NULL */

static bool json; /* debug_json.h is at work */

static void execute(Console *console, const char *line)
{
    debug_window_borrow(window);
    active = console;
    console_execute(console, line);
    active = NULL;
    if (json)
        debug_json_flush(console);
    debug_window_return(window);
}

static void run_script(Console *console, const char *path)
{
    debug_window_borrow(window);
    active = console;
    console_script(console, path);
    active = NULL;
    debug_window_return(window);
}

static void run_inputs(Console *console, const Options *options)
{
    for (size_t i = 0; i < options->input_count && !console->quit; i++) {
        if (options->inputs[i].script)
            run_script(console, options->inputs[i].text);
        else
            execute(console, options->inputs[i].text);
    }
}

static void run_lines(Console *console)
{
    char *line = NULL;
    size_t capacity = 0;
    while (!console->quit && terminal_read_line(console, "(emu) ", &line, &capacity))
        execute(console, line);
    if (console->interactive && !console->quit)
        putchar('\n');
    free(line);
}

int command_debug(const Options *options, char **environment)
{
    const char **edited = options_environment(options, environment);
    const char *path = options->program[0];
    struct sigaction action = {.sa_handler = interrupt};
    EmuConfig config = options->config;
    config.record = !options->heap;
    config.deterministic = true; /* the same addresses every time, as under gdb */
    Console *console = edited ? console_create(&config, path, options->program, edited) : NULL;
    int code = EXIT_FAILED;
    if (console && options->command == COMMAND_REPLAY)
        console->recording = path;
    if (options->argv0)
        options->program[0] = options->argv0;
    if (console) {
        console->heap = options->heap;
        console->hierarchy = options->hierarchy;
        console->overrides = (const char *const *)options->overrides;
    }
    bool loaded = console && control_load(console), windowed = loaded && options->window;
    if (windowed && !(window = debug_window_open(console, options))) {
        code = EXIT_FAILED;
    } else if (loaded) {
        sigaction(SIGINT, &action, NULL);
        console->interactive = isatty(0) && !options->batch;
        console->local = true;
        console->read_line = terminal_read_line;
        terminal_open(console, window == NULL);
        console->from_tty = !options->batch;
        json = options->json && debug_json_open(console);
        run_inputs(console, options);
        console->from_tty = true;
        if (!options->batch)
            run_lines(console);
        code = options->batch && console->failed && !console->quit ? EXIT_FAILURE : console->exit_code; /* as gdb: of the last command */
        if (json)
            debug_json_close(console);
    } else if (console) {
        code = EXIT_CANNOT_RUN;
    }
    debug_window_close(window);
    window = NULL;
    console_destroy(console);
    free(edited);
    return code;
}

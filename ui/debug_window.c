/* What the console and the window have to tell each other. The window's thread runs the machine when the user says so there;
 * the console then hears of every stop, judges its breakpoints and prints as if it had run it itself. While the console
 * executes a line, the machine is lent to it, and its long runs take pictures on the way. */
#include "ui/debug_window.h"

#include <stdlib.h>
#include <string.h>

#include "ui/window/window.h"

struct DebugWindow {
    Console *console;
    Window *window;
    RunnerHooks hooks;
};

/* ---- from the window's thread, which holds the machine ------------------------------------------------------------- */

static void prompt(Console *console)
{
    if (console->interactive)
        fputs("(emu) ", console->out);
    fflush(console->out);
}

static void starting(void *context)
{
    Console *console = context;
    console->running = true;
    breakpoints_arm(console);
}

static bool stopped(void *context, const EmuStop *stop)
{
    Console *console = context;
    frames_forget(console);
    console->frame = 0;
    console->stop = *stop;
    if ((stop->kind == EMU_BREAKPOINT || stop->kind == EMU_WATCHPOINT) && breakpoints_judge(console) == VERDICT_GO_ON)
        return false;
    if (console->interactive)
        fputc('\n', console->out);
    control_report(console, true);
    prompt(console);
    return true;
}

/* The console's commands for it, so that it has its number there; once more takes it away. */
static void mark(void *context, uint64_t address, uint64_t size)
{
    Console *console = context;
    char line[64] = "";
    for (const Breakpoint *b = console->breakpoints; b && !line[0]; b = b->next)
        if ((size && b->kind != BREAK_CODE && b->address == address) ||
            (!size && b->kind == BREAK_CODE && b->address_count && b->addresses[0] == address))
            snprintf(line, sizeof line, "delete %d", b->number);
    if (!line[0] && size)
        snprintf(line, sizeof line, "watch *0x%llx,%llu", (unsigned long long)address, (unsigned long long)size);
    else if (!line[0])
        snprintf(line, sizeof line, "break *0x%llx", (unsigned long long)address);
    if (console->interactive)
        fputc('\n', console->out);
    starting(console); /* `watch` wants a program that runs */
    console_execute(console, line);
    prompt(console);
}

static void list(void *context, Marks *marks)
{
    const Console *console = context;
    marks->count = 0;
    for (const Breakpoint *b = console->breakpoints; b; b = b->next)
        for (uint32_t i = 0;
             b->enabled && marks->count < MARKS_MAX && i < (b->kind == BREAK_CODE ? b->address_count : b->size != 0); i++)
            marks->mark[marks->count++] = b->kind == BREAK_CODE ? (Mark){b->addresses[i], 0} : (Mark){b->address, b->size};
}

/* ---- from the console's thread ------------------------------------------------------------------------------------- */

static EmuStop run_machine(void *context, Emu *emu, uint64_t insns)
{
    DebugWindow *d = context;
    (void)emu; /* the one that runner_replace() has told of */
    return runner_run_borrowed(window_runner(d->window), insns);
}

static void replaced(void *context, Emu *emu)
{
    DebugWindow *d = context;
    runner_replace(window_runner(d->window), emu);
}

void debug_window_borrow(DebugWindow *d)
{
    if (d)
        runner_borrow(window_runner(d->window));
}

void debug_window_return(DebugWindow *d)
{
    if (d)
        runner_return(window_runner(d->window), d->console->emu);
}

DebugWindow *debug_window_open(Console *console, const Options *options)
{
    DebugWindow *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->console = console;
    d->hooks = (RunnerHooks){.context = console, .starting = starting, .stopped = stopped, .mark = mark, .list = list};
    d->window = window_open_beside(options, console->emu, &d->hooks);
    if (!d->window) {
        free(d);
        return NULL;
    }
    console->beside = d;
    console->run_machine = run_machine;
    console->replaced = replaced;
    return d;
}

void debug_window_close(DebugWindow *d)
{
    if (!d)
        return;
    d->console->run_machine = NULL;
    d->console->replaced = NULL;
    window_close_beside(d->window);
    free(d);
}

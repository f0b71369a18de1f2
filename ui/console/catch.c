/* Catchpoints (system calls, signals, fork, exec), and what happens to signals and new processes that nobody catches. */
#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/breakpoints.h"
#include "ui/console/command.h"

bool is_catchpoint(const Breakpoint *b) { return b->kind >= CATCH_CALL; }

/* ---- signals: stop, print, pass -------------------------------------------------------------------------------- */

const char *signal_label(int signal, char *name, size_t size)
{
    const char *abbreviation = signal > 0 && signal < 32 ? sigabbrev_np(signal) : NULL;
    if (abbreviation)
        snprintf(name, size, "SIG%s", abbreviation);
    else
        snprintf(name, size, "SIG%d", signal);
    return name;
}

const char *signal_description(int signal)
{
    const char *text = signal > 0 && signal < 65 ? sigdescr_np(signal) : NULL;
    return text ? text : "Real-time event";
}

/* "SIGUSR1", "14", "SIG34"; 0: no signal. */
static int signal_named(const char *word)
{
    char name[32];
    for (int signal = 1; signal <= 64; signal++)
        if (strcmp(signal_label(signal, name, sizeof name), word) == 0)
            return signal;
    int number = atoi(word);
    return number > 0 && number <= 64 ? number : 0;
}

/* gdb's own choice: what programs use among themselves every moment passes by in silence. */
void signals_default(Console *console)
{
    static const uint8_t quiet[] = {SIGALRM, SIGURG, SIGIO, SIGVTALRM, SIGPROF, SIGCHLD, SIGWINCH};
    for (int signal = 1; signal <= 64; signal++)
        console->signals[signal] = SIGNAL_STOP | SIGNAL_PRINT | SIGNAL_PASS;
    for (size_t i = 0; i < sizeof quiet; i++)
        console->signals[quiet[i]] = SIGNAL_PASS;
    console->signals[SIGTRAP] = console->signals[SIGINT] = SIGNAL_STOP | SIGNAL_PRINT;
    console->signals[32] = console->signals[33] = SIGNAL_PASS; /* the C library's own */
}

static void list_signal(Console *console, int signal)
{
    char name[32];
    uint8_t how = console->signals[signal];
    fprintf(console->out, "%-13s %s\t%s\t%s\t\t%s\n", signal_label(signal, name, sizeof name), how & SIGNAL_STOP ? "Yes" : "No",
            how & SIGNAL_PRINT ? "Yes" : "No", how & SIGNAL_PASS ? "Yes" : "No", signal_description(signal));
}

bool cmd_info_signals(Console *console, const char *format, const char *args)
{
    int only = *args ? signal_named(args) : 0;
    (void)format;
    if (*args && !only)
        return console_error(
            console, "Only signals 1-64 are valid as numeric signals.\nUse \"info signals\" for a list of symbolic signals.");
    fputs("Signal        Stop\tPrint\tPass to program\tDescription\n", console->out);
    for (int signal = only ? only : 1; signal <= (only ? only : 64); signal++)
        list_signal(console, signal);
    if (!only)
        fputs("\nUse the \"handle\" command to change these tables.\n", console->out);
    return true;
}

/* stop means print, too; noprint means nostop, too. */
static bool change_signal(const char *word, uint8_t *how)
{
    static const struct { const char *word; uint8_t set, clear; } words[] = {
        {"stop", SIGNAL_STOP | SIGNAL_PRINT, 0}, {"nostop", 0, SIGNAL_STOP}, {"print", SIGNAL_PRINT, 0},
        {"noprint", 0, SIGNAL_PRINT | SIGNAL_STOP}, {"pass", SIGNAL_PASS, 0}, {"noignore", SIGNAL_PASS, 0},
        {"nopass", 0, SIGNAL_PASS}, {"ignore", 0, SIGNAL_PASS},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i].word) == 0) {
            *how = (uint8_t)((*how | words[i].set) & ~words[i].clear);
            return true;
        }
    return false;
}

bool cmd_handle(Console *console, const char *format, const char *args)
{
    bool chosen[65] = {false};
    char word[32];
    uint8_t unused = 0;
    const char *rest = args;
    (void)format;
    while (command_word(&rest, word, sizeof word)) {
        int signal = signal_named(word);
        bool all = strcmp(word, "all") == 0;
        if (!signal && !all && !change_signal(word, &unused))
            return console_error(console, "Unrecognized or ambiguous flag word: \"%s\".", word);
        for (int i = 1; all && i <= 64; i++)
            chosen[i] = i != SIGTRAP && i != SIGINT;
        chosen[signal] = true;
    }
    if (console->from_tty)
        fputs("Signal        Stop\tPrint\tPass to program\tDescription\n", console->out);
    for (int signal = 1; signal <= 64; signal++) {
        if (!chosen[signal])
            continue;
        for (rest = args; command_word(&rest, word, sizeof word);)
            change_signal(word, &console->signals[signal]);
        if (console->from_tty)
            list_signal(console, signal);
    }
    return true;
}

bool cmd_signal(Console *console, const char *format, const char *args)
{
    char name[32];
    int signal = signal_named(args);
    (void)format;
    if (!signal && strcmp(args, "0") != 0)
        return console_error(
            console, "Only signals 1-64 are valid as numeric signals.\nUse \"info signals\" for a list of symbolic signals.");
    emu_set_pending_signal(console->emu, console->tid, signal);
    console->signal_chosen = true;
    if (console->from_tty)
        fprintf(console->out, signal ? "Continuing with signal %s.\n" : "Continuing with no signal.\n",
                signal_label(signal, name, sizeof name));
    control_run(console);
    return true;
}

static Verdict judge_signal(Console *console)
{
    char name[32];
    int signal = console->stop.signal;
    uint8_t how = console->signals[signal];
    if (how & SIGNAL_STOP)
        return VERDICT_STOP;
    if (how & SIGNAL_PRINT)
        fprintf(console->out, "\nProgram received signal %s, %s.\n", signal_label(signal, name, sizeof name),
                signal_description(signal));
    return VERDICT_GO_ON;
}

/* ---- making catchpoints ---------------------------------------------------------------------------------------- */

static bool call_named(const char *word, uint32_t *number)
{
    EmuSyscallRow row;
    char *end;
    unsigned long n = strtoul(word, &end, 10);
    if (isdigit((unsigned char)*word)) {
        *number = (uint32_t)n;
        return !*end && n < 4096;
    }
    for (uint32_t i = 0; emu_syscall_row(i, &row); i++)
        if (row.name && strcmp(row.name, word) == 0) {
            *number = i;
            return true;
        }
    return false;
}

static const char *call_label(uint32_t number, char *text, size_t size)
{
    EmuSyscallRow row;
    if (emu_syscall_row(number, &row) && row.name)
        snprintf(text, size, "%s", row.name);
    else
        snprintf(text, size, "%" PRIu32, number);
    return text;
}

static bool add_number(Breakpoint *b, uint32_t number)
{
    uint32_t *grown = realloc(b->calls, (b->call_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    b->calls = grown;
    b->calls[b->call_count++] = number;
    return true;
}

void catch_describe(const Breakpoint *b, FILE *out)
{
    char name[64];
    static const char *const plain[] = {[CATCH_FORK] = "fork", [CATCH_VFORK] = "vfork", [CATCH_EXEC] = "exec"};
    if (b->kind >= CATCH_FORK) {
        fputs(plain[b->kind], out);
    } else if (!b->call_count) {
        fputs(b->kind == CATCH_CALL ? "any syscall" : "standard signals", out);
    } else {
        fputs(b->kind == CATCH_SIGNAL ? "signal" : b->call_count > 1 ? "syscalls" : "syscall", out);
        for (uint32_t i = 0; i < b->call_count; i++)
            if (b->kind == CATCH_SIGNAL)
                fprintf(out, " %s", signal_label((int)b->calls[i], name, sizeof name));
            else
                fprintf(out, " '%s' [%" PRIu32 "]", call_label(b->calls[i], name, sizeof name), b->calls[i]);
    }
}

void catch_list(const Breakpoint *b, FILE *out)
{
    char name[64];
    if (b->kind >= CATCH_FORK || !b->call_count) {
        bool any = b->kind == CATCH_CALL;
        fputs(any ? "syscall \"<any syscall>\" " : "", out);
        if (!any)
            catch_describe(b, out);
        return;
    }
    fputs(b->kind == CATCH_SIGNAL ? "signal \"" : b->call_count > 1 ? "syscalls \"" : "syscall \"", out);
    for (uint32_t i = 0; i < b->call_count; i++) {
        const char *separator = !i ? "" : b->kind == CATCH_SIGNAL ? " " : ", ";
        fprintf(out, "%s%s", separator, b->kind == CATCH_SIGNAL ? signal_label((int)b->calls[i], name, sizeof name)
                                                                : call_label(b->calls[i], name, sizeof name));
    }
    fputs("\" ", out);
}

void catch_save(const Breakpoint *b, FILE *out)
{
    char name[64];
    fputs(b->text, out);
    for (uint32_t i = 0; i < b->call_count; i++)
        fprintf(out, " %s", b->kind == CATCH_SIGNAL ? signal_label((int)b->calls[i], name, sizeof name)
                                                    : call_label(b->calls[i], name, sizeof name));
}

static bool take_numbers(Console *console, Breakpoint *b, const char *args)
{
    char word[64];
    uint32_t number = 0;
    while (command_word(&args, word, sizeof word)) {
        if (b->kind == CATCH_CALL && !call_named(word, &number))
            return console_error(console, "Unknown syscall name '%s'.", word);
        if (b->kind == CATCH_SIGNAL && !(number = (uint32_t)signal_named(word)))
            return console_error(console, "Only signals 1-64 are valid as numeric signals.");
        if (!add_number(b, number))
            return console_error(console, "Out of memory.");
    }
    return true;
}

static bool catch_event(Console *console, const char *args, bool temporary)
{
    static const char *const events[] = {[CATCH_CALL] = "syscall",
                                         [CATCH_SIGNAL] = "signal",
                                         [CATCH_FORK] = "fork",
                                         [CATCH_VFORK] = "vfork",
                                         [CATCH_EXEC] = "exec"};
    char word[32] = "";
    int kind = CATCH_CALL;
    command_word(&args, word, sizeof word);
    while (kind <= CATCH_EXEC && strcmp(events[kind], word) != 0)
        kind++;
    if (kind > CATCH_EXEC)
        return console_error(console, "Undefined catch command: \"%s\".  Try \"help catch\".", word);
    Breakpoint *b = breakpoint_append(console, (BreakKind)kind, word);
    if (!b)
        return false;
    if (kind <= CATCH_SIGNAL && !take_numbers(console, b, args)) {
        breakpoint_delete(console, b);
        console->next_breakpoint--;
        return false;
    }
    b->temporary = temporary;
    fprintf(console->out, temporary ? "Temporary catchpoint %d (" : "Catchpoint %d (", b->number);
    catch_describe(b, console->out);
    fputs(")\n", console->out);
    return true;
}

bool cmd_catch(Console *console, const char *format, const char *args)
{
    (void)format;
    return catch_event(console, args, false);
}

bool cmd_tcatch(Console *console, const char *format, const char *args)
{
    (void)format;
    return catch_event(console, args, true);
}

/* What the machine is to stop for: before it runs. */
void catch_configure(Console *console)
{
    uint32_t *numbers = NULL, count = 0;
    EmuTrace trace = {.forks = true, .execs = true, .ends = true};
    bool all = false;
    for (int signal = 1; signal <= 64; signal++)
        if (console->signals[signal] != SIGNAL_PASS)
            trace.signals |= 1ull << (signal - 1);
    for (const Breakpoint *b = console->breakpoints; b; b = b->next) {
        if (b->kind == CATCH_SIGNAL && b->enabled)
            trace.signals = ~0ull;
        if (b->kind != CATCH_CALL || !b->enabled)
            continue;
        trace.calls = true;
        all |= !b->call_count;
        uint32_t *grown = realloc(numbers, (count + b->call_count) * sizeof *grown + 1);
        if (!grown) {
            all = true;
            continue;
        }
        numbers = grown;
        for (uint32_t i = 0; i < b->call_count; i++)
            numbers[count++] = b->calls[i];
    }
    trace.numbers = all ? NULL : numbers;
    trace.number_count = count;
    emu_trace(console->emu, &trace);
    free(numbers);
}

/* ---- what a stop means ----------------------------------------------------------------------------------------- */

static bool caught(const Breakpoint *b, const EmuStop *stop)
{
    bool call = stop->kind == EMU_CALL_ENTRY || stop->kind == EMU_CALL_RETURN, any = !b->call_count;
    uint64_t number = call ? stop->number : (uint64_t)stop->signal;
    for (uint32_t i = 0; i < b->call_count; i++)
        any |= b->calls[i] == number;
    switch (b->kind) {
    case CATCH_CALL: return call && any;
    case CATCH_SIGNAL: return stop->kind == EMU_SIGNAL && any && (b->call_count || (number != SIGTRAP && number != SIGINT));
    case CATCH_FORK: return stop->kind == EMU_FORKED;
    case CATCH_VFORK: return stop->kind == EMU_VFORKED;
    case CATCH_EXEC: return stop->kind == EMU_EXECED;
    default: return false;
    }
}

static void print_caught(Console *console, const Breakpoint *b)
{
    char name[64];
    EmuTask task;
    const EmuStop *stop = &console->stop;
    breakpoint_title(console);
    fprintf(console->out, b->temporary ? "Temporary catchpoint %d (" : "Catchpoint %d (", b->number);
    if (b->kind == CATCH_CALL) {
        fprintf(console->out, "%s syscall %s", stop->kind == EMU_CALL_ENTRY ? "call to" : "returned from",
                call_label((uint32_t)stop->number, name, sizeof name));
    } else if (b->kind == CATCH_SIGNAL) {
        fprintf(console->out, "signal %s", signal_label(stop->signal, name, sizeof name));
    } else if (b->kind == CATCH_EXEC) {
        for (uint32_t i = 0; emu_task(console->emu, i, &task); i++)
            if (task.pid == stop->pid)
                break;
        fprintf(console->out, "exec'd %s", task.exe);
    } else {
        fprintf(console->out, "%sed process %d", b->kind == CATCH_FORK ? "fork" : "vfork", stop->child);
    }
    fputs("), ", console->out);
}

static Verdict judge_other(Console *console)
{
    const EmuStop *stop = &console->stop;
    switch (stop->kind) {
    case EMU_SIGNAL: return judge_signal(console);
    case EMU_FORKED:
    case EMU_VFORKED: return VERDICT_GO_ON; /* control_go() follows */
    case EMU_ENDED:
        if (stop->pid == console->followed)
            return VERDICT_STOP;
        if (stop->signal)
            fprintf(console->out, "[Process %d was killed by signal %d]\n", stop->pid, stop->signal);
        else
            fprintf(console->out, "[Process %d exited with code 0%o]\n", stop->pid, (unsigned)stop->status);
        return VERDICT_GO_ON;
    default: return VERDICT_GO_ON;
    }
}

Verdict catch_judge(Console *console)
{
    Verdict verdict = VERDICT_GO_ON;
    EmuTask task;
    bool told = false;
    console->hit = 0;
    if (console->stop.kind == EMU_FORKED || console->stop.kind == EMU_VFORKED)
        console->fork_child = console->stop.child;
    if (console->stop.kind == EMU_EXECED) {
        for (uint32_t i = 0; emu_task(console->emu, i, &task); i++)
            if (task.pid == console->stop.pid)
                fprintf(console->out, "process %d is executing new program: %s\n", task.pid, task.exe);
        breakpoints_relocate(console);
    }
    for (Breakpoint *b = console->breakpoints, *next; b; b = next) {
        next = b->next;
        if (!is_catchpoint(b) || !b->enabled || !caught(b, &console->stop) || !breakpoint_triggers(console, b))
            continue;
        if (breakpoint_hit(console, b) && !told) {
            print_caught(console, b);
            told = true;
        }
        verdict = VERDICT_STOP;
        if (b->temporary)
            breakpoint_delete(console, b);
    }
    return verdict == VERDICT_STOP ? verdict : judge_other(console);
}

/* ---- which process to stay with -------------------------------------------------------------------------------- */

void fork_follow(Console *console)
{
    int parent = console->stop.pid, child = console->fork_child;
    console->fork_child = 0;
    if (!child)
        return;
    bool to_child = console->settings.follow_child;
    if (!console->settings.detach_on_fork) {
        emu_hold(console->emu, child, false);
        fprintf(console->out, "[New inferior (process %d)]\n", child);
        return;
    }
    fprintf(console->out,
            to_child ? "[Detaching after fork from parent process %d]\n" : "[Detaching after fork from child process %d]\n",
            to_child ? parent : child);
    emu_trace_process(console->emu, to_child ? parent : child, false);
    if (to_child) {
        emu_hold(console->emu, child, false);
        console->followed = child;
        console->tid = 0;
    }
}

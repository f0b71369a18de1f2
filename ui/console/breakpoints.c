/* Breakpoints: making them, arming them in the machine, deciding what a stop means. Watchpoints are watch.c's, catchpoints
 * catch.c's; changing and listing all of them is in breakpoint_list.c. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/breakpoints.h"
#include "ui/console/command.h"
#include "ui/console/expression.h"
#include "ui/console/script.h"

/* ---- the list ------------------------------------------------------------------------------------------------- */

static void free_breakpoint(Breakpoint *b)
{
    free(b->text);
    free(b->condition);
    free(b->addresses);
    free(b->old);
    free(b->calls);
    script_free(b->commands);
    free(b);
}

Breakpoint *breakpoint_find(Console *console, int number)
{
    for (Breakpoint *b = console->breakpoints; b; b = b->next)
        if (b->number == number)
            return b;
    return NULL;
}

Breakpoint *breakpoint_append(Console *console, BreakKind kind, const char *text)
{
    Breakpoint *b = calloc(1, sizeof *b), **link = &console->breakpoints;
    char *copy = strdup(text);
    if (!b || !copy) {
        free(b);
        free(copy);
        console_error(console, "Out of memory.");
        return NULL;
    }
    *b = (Breakpoint){.number = console->next_breakpoint++, .kind = kind, .text = copy, .enabled = true};
    while (*link)
        link = &(*link)->next;
    *link = b;
    Value number = value_integer(type_builtin(TYPE_INT), (uint64_t)b->number);
    console_set_variable(console, "bpnum", &number);
    return b;
}

/* ---- in the machine ------------------------------------------------------------------------------------------- */

void breakpoint_arm(Console *console, Breakpoint *b, bool set)
{
    if (b->armed == set || !console->emu || is_catchpoint(b))
        return;
    b->armed = set;
    if (b->kind != BREAK_CODE) {
        b->armed = watch_arm(console, b, set);
        return;
    }
    for (uint32_t i = 0; i < b->address_count; i++)
        emu_breakpoint(console->emu, b->addresses[i], set);
}

void breakpoints_arm(Console *console)
{
    if (!console->borrowed)
        catch_configure(console);
    for (Breakpoint *b = console->breakpoints; b; b = b->next)
        breakpoint_arm(console, b, b->enabled && !console->judging);
}

void breakpoints_relocate(Console *console)
{
    uint64_t addresses[64];
    uint32_t count;
    bool muted = console->muted, failed = console->failed;
    console->muted = true;
    for (Breakpoint *b = console->breakpoints; b; b = b->next) {
        breakpoint_arm(console, b, false);
        if (b->kind != BREAK_CODE || !source_location(console, b->text, addresses, 64, &count))
            continue;
        uint64_t *copy = malloc(count * sizeof *copy);
        if (!copy)
            continue;
        memcpy(copy, addresses, count * sizeof *copy);
        free(b->addresses);
        b->addresses = copy;
        b->address_count = count;
    }
    console->muted = muted;
    console->failed = failed;
    breakpoints_arm(console);
}

/* The machine is about to go. Watchpoints on what does not exist without it go, too. */
void breakpoints_disarm(Console *console)
{
    for (Breakpoint *b = console->breakpoints, *next; b; b = next) {
        next = b->next;
        b->armed = false;
        if (b->kind != BREAK_CODE && b->scope_cfa) {
            Breakpoint **link = &console->breakpoints;
            while (*link != b)
                link = &(*link)->next;
            *link = next;
            free_breakpoint(b);
        }
    }
}

void breakpoint_delete(Console *console, Breakpoint *b)
{
    Breakpoint **link = &console->breakpoints;
    breakpoint_arm(console, b, false);
    while (*link != b)
        link = &(*link)->next;
    *link = b->next;
    free_breakpoint(b);
}

void breakpoints_free(Console *console)
{
    while (console->breakpoints)
        breakpoint_delete(console, console->breakpoints);
}

bool breakpoint_lies_at(const Breakpoint *b, uint64_t address)
{
    for (uint32_t i = 0; b->kind == BREAK_CODE && i < b->address_count; i++)
        if (b->addresses[i] == address)
            return true;
    return false;
}

bool breakpoints_armed_at(const Console *console, uint64_t address)
{
    for (const Breakpoint *b = console->breakpoints; b; b = b->next)
        if (b->armed && breakpoint_lies_at(b, address))
            return true;
    return false;
}

/* ---- what a stop means ---------------------------------------------------------------------------------------- */

/* Counts the hit unless the condition or the ignore count lets it pass. */
bool breakpoint_triggers(Console *console, Breakpoint *b)
{
    Value value;
    if (b->condition) {
        bool failed = console->failed;
        console->failed = false;
        console->judging = true;
        bool good = expression_evaluate(console, b->condition, &value);
        console->judging = false;
        console->failed = failed;
        breakpoints_arm(console);
        if (!good)
            fprintf(console->err, "Error in testing condition for breakpoint %d.\n", b->number);
        if (good && value_is_zero(&value))
            return false;
    }
    b->hits++;
    if (b->ignore > 0) {
        b->ignore--;
        return false;
    }
    return true;
}

static bool is_silent(const Breakpoint *b) { return b->commands && b->commands[0] && strcmp(b->commands[0], "silent") == 0; }

bool breakpoint_hit(Console *console, const Breakpoint *b)
{
    if (!console->hit) {
        console->hit = b->number;
        console->silent = true;
    }
    console->silent &= is_silent(b);
    return !is_silent(b);
}

void breakpoint_title(Console *console)
{
    putc('\n', console->out);
    control_print_thread(console, "");
    if (console->threaded)
        fputs("hit ", console->out);
}

/* Which of several locations: 1, 2 … */
static uint32_t location_at(const Breakpoint *b, uint64_t address)
{
    uint32_t i = 0;
    while (i < b->address_count && b->addresses[i] != address)
        i++;
    return i + 1;
}

static Verdict judge_code(Console *console)
{
    uint64_t pc = control_pc(console);
    Verdict verdict = VERDICT_GO_ON;
    bool told = false;
    console->hit = 0;
    for (Breakpoint *b = console->breakpoints, *next; b; b = next) {
        next = b->next;
        if (!b->armed || !breakpoint_lies_at(b, pc) || !breakpoint_triggers(console, b))
            continue;
        if (breakpoint_hit(console, b) && !told) {
            breakpoint_title(console);
            fprintf(console->out, b->temporary ? "Temporary breakpoint %d" : "Breakpoint %d", b->number);
            if (b->address_count > 1)
                fprintf(console->out, ".%" PRIu32, location_at(b, pc));
            fputs(", ", console->out);
            told = true;
        }
        verdict = VERDICT_STOP;
        if (b->temporary)
            breakpoint_delete(console, b);
    }
    return verdict;
}

Verdict breakpoints_judge(Console *console)
{
    if (console->stop.kind == EMU_BREAKPOINT)
        return judge_code(console);
    if (console->stop.kind == EMU_WATCHPOINT)
        return watch_judge(console);
    if (console->stop.kind >= EMU_SIGNAL && console->stop.kind <= EMU_ENDED)
        return catch_judge(console);
    EmuTask task;
    bool first_ended = console->stop.kind == EMU_EXITED || console->stop.kind == EMU_KILLED;
    for (uint32_t i = 0; first_ended && console->followed && emu_task(console->emu, i, &task); i++)
        if (task.pid == console->followed)
            return VERDICT_GO_ON; /* not the one that we have followed */
    return VERDICT_STOP;
}

static void do_commands(Console *console, const Breakpoint *b)
{
    uint32_t count = 0;
    while (b->commands[count])
        count++;
    char **copy = calloc(count + 1, sizeof *copy); /* the commands may delete their breakpoint */
    for (uint32_t i = 0; copy && i < count; i++)
        copy[i] = strdup(b->commands[i]);
    if (copy)
        script_execute(console, copy + is_silent(b), NULL, BLOCK_TO_A_STOP);
    script_free(copy);
}

void breakpoints_do_commands(Console *console)
{
    if (console->doing_due)
        return;
    console->doing_due = true;
    while (console->due && !console->quit) {
        const Breakpoint *b = breakpoint_find(console, console->due);
        console->due = 0;
        if (b && b->commands)
            do_commands(console, b);
    }
    console->doing_due = false;
}

/* ---- making them ---------------------------------------------------------------------------------------------- */

/* Splits "LOCATION if CONDITION"; the condition is malloc'ed, or NULL. */
void breakpoint_split(const char *args, char *location, size_t size, char **condition)
{
    const char *p = args;
    *condition = NULL;
    while ((p = strstr(p, "if"))) {
        bool starts = p == args || isspace((unsigned char)p[-1]), ends = isspace((unsigned char)p[2]) || p[2] == '(';
        if (starts && ends)
            break;
        p += 2;
    }
    size_t n = p ? (size_t)(p - args) : strlen(args);
    while (n && isspace((unsigned char)args[n - 1]))
        n--;
    snprintf(location, size, "%.*s", (int)n, args);
    if (p) {
        p += 2;
        while (isspace((unsigned char)*p))
            p++;
        *condition = strdup(p);
    }
}

static void announce_code(Console *console, const Breakpoint *b)
{
    EmuSource source;
    fprintf(console->out, "%s %d at 0x%" PRIx64, b->temporary ? "Temporary breakpoint" : "Breakpoint", b->number,
            b->addresses[0]);
    if (b->address_count > 1)
        fprintf(console->out, ": %s. (%" PRIu32 " locations)\n", b->text, b->address_count);
    else if (emu_source_at(console->emu, console_pid(console), b->addresses[0], &source) && source.line)
        fprintf(console->out, ": file %s, line %d.\n", source.name, source.line);
    else
        putc('\n', console->out);
}

static bool break_at(Console *console, const char *args, bool temporary)
{
    char location[256], *condition;
    uint64_t addresses[64];
    uint32_t count;
    breakpoint_split(args, location, sizeof location, &condition);
    if (!source_location(console, location, addresses, 64, &count)) {
        free(condition);
        return false;
    }
    Breakpoint *b = breakpoint_append(console, BREAK_CODE, location);
    uint64_t *copy = malloc(count * sizeof *copy);
    if (!b || !copy) {
        free(condition);
        free(copy);
        return console_error(console, "Out of memory.");
    }
    memcpy(copy, addresses, count * sizeof *copy);
    b->addresses = copy;
    b->address_count = count;
    b->condition = condition;
    b->temporary = temporary;
    announce_code(console, b);
    return true;
}

bool cmd_break(Console *console, const char *format, const char *args)
{
    (void)format;
    return break_at(console, args, false);
}

bool cmd_tbreak(Console *console, const char *format, const char *args)
{
    (void)format;
    return break_at(console, args, true);
}


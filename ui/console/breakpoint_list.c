/* Changing and listing breakpoints, watchpoints and catchpoints. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/breakpoints.h"
#include "ui/console/command.h"
#include "ui/console/script.h"

/* ---- changing them -------------------------------------------------------------------------------------------- */

/* Calls `change` for each breakpoint that args names ("1 3 5-7"), or for all. */
typedef void Change(Console *console, Breakpoint *b);
static bool for_each(Console *console, const char *args, Change *change)
{
    char word[32], digits[24];
    uint64_t number;
    if (!*args)
        for (Breakpoint *b = console->breakpoints, *next; b; b = next) {
            next = b->next;
            change(console, b);
        }
    while (command_word(&args, word, sizeof word)) {
        char *end;
        if (*word == '$') {
            if (!command_count(console, word, 0, &number))
                return false;
            snprintf(digits, sizeof digits, "%" PRIu64, number);
            memcpy(word, digits, sizeof digits);
        }
        long first = strtol(word, &end, 10), last = *end == '-' ? strtol(end + 1, &end, 10) : first;
        if (*end || first <= 0 || last < first)
            return console_error(console, "Bad breakpoint number '%s'", word);
        for (long n = first; n <= last && n < console->next_breakpoint; n++) {
            Breakpoint *b = breakpoint_find(console, (int)n);
            if (!b)
                return console_error(console, "No breakpoint number %ld.", n);
            if (b)
                change(console, b);
        }
        if (first >= console->next_breakpoint)
            return console_error(console, "No breakpoint number %ld.", first);
    }
    return true;
}

static void change_delete(Console *console, Breakpoint *b) { breakpoint_delete(console, b); }
static void change_enable(Console *console, Breakpoint *b)
{
    (void)console;
    b->enabled = true;
}
static void change_disable(Console *console, Breakpoint *b)
{
    b->enabled = false;
    breakpoint_arm(console, b, false);
}

bool cmd_delete(Console *console, const char *format, const char *args)
{
    (void)format;
    if (strncmp(args, "breakpoints", 11) == 0)
        args += 11;
    if (strncmp(args, "display", 7) == 0)
        return cmd_undisplay(console, "", args + 7);
    if (!*args && console->breakpoints && !command_confirm(console, "Delete all breakpoints?"))
        return true;
    return for_each(console, args, change_delete);
}

static void change_temporary(Console *console, Breakpoint *b)
{
    change_enable(console, b);
    b->temporary = true;
}

bool cmd_enable(Console *console, const char *format, const char *args)
{
    char word[32] = "";
    const char *rest = args;
    (void)format;
    if (command_word(&rest, word, sizeof word) && strcmp(word, "delete") == 0)
        return for_each(console, rest, change_temporary);
    if (strcmp(word, "once") == 0 || strcmp(word, "count") == 0)
        return console_error(console, "`enable %s' is not known here: use tbreak, enable delete, or ignore.", word);
    return for_each(console, args, change_enable);
}

bool cmd_disable(Console *console, const char *format, const char *args)
{
    (void)format;
    return for_each(console, args, change_disable);
}

bool cmd_clear(Console *console, const char *format, const char *args)
{
    uint64_t addresses[64];
    uint32_t count, deleted = 0;
    (void)format;
    if (!source_location(console, args, addresses, 64, &count))
        return false;
    char *numbers = NULL;
    size_t size = 0;
    FILE *told = open_memstream(&numbers, &size);
    if (!told)
        return console_error(console, "Out of memory.");
    for (Breakpoint *b = console->breakpoints, *next; b; b = next) {
        next = b->next;
        bool here = false;
        for (uint32_t i = 0; i < count; i++)
            here |= breakpoint_lies_at(b, addresses[i]);
        if (here) {
            fprintf(told, " %d", b->number);
            deleted++;
            breakpoint_delete(console, b);
        }
    }
    fclose(told);
    if (deleted && (console->from_tty || deleted > 1))
        fprintf(console->out, "Deleted breakpoint%s%s \n", deleted > 1 ? "s" : "", numbers);
    free(numbers);
    if (!deleted)
        return console_error(console, "No breakpoint at %s.", *args ? args : "this line");
    return true;
}

/* The breakpoint that `args` begins with; moves args behind its number. */
static Breakpoint *numbered(Console *console, const char **args)
{
    char word[32];
    uint64_t number = 0;
    Breakpoint *b = command_word(args, word, sizeof word) && command_count(console, word, 0, &number)
                    ? breakpoint_find(console, (int)number) : NULL;
    if (!b)
        console_error(console, "No breakpoint number %s.", word);
    while (isspace((unsigned char)**args))
        ++*args;
    return b;
}

bool cmd_ignore(Console *console, const char *format, const char *args)
{
    Breakpoint *b = numbered(console, &args);
    uint64_t count;
    (void)format;
    if (!b || !command_count(console, args, 0, &count))
        return false;
    b->ignore = count;
    if (!console->from_tty)
        return true;
    if (count == 0)
        fprintf(console->out, "Will stop next time breakpoint %d is reached.\n", b->number);
    else if (count == 1)
        fprintf(console->out, "Will ignore next crossing of breakpoint %d.\n", b->number);
    else
        fprintf(console->out, "Will ignore next %" PRIu64 " crossings of breakpoint %d.\n", count, b->number);
    return true;
}

bool cmd_condition(Console *console, const char *format, const char *args)
{
    Breakpoint *b = numbered(console, &args);
    (void)format;
    if (!b)
        return false;
    free(b->condition);
    b->condition = *args ? strdup(args) : NULL;
    if (!*args && console->from_tty)
        fprintf(console->out, "Breakpoint %d now unconditional.\n", b->number);
    return true;
}

bool cmd_commands(Console *console, const char *format, const char *args)
{
    uint64_t number;
    (void)format;
    if (!command_count(console, args, (uint64_t)console->next_breakpoint - 1, &number))
        return false;
    Breakpoint *b = breakpoint_find(console, (int)number);
    if (!b)
        return console_error(console, number ? "No breakpoint number %" PRIu64 "." : "No breakpoints specified.", number);
    if (console->interactive && !console->script && !console->block)
        fprintf(console->out, "Type commands for breakpoint(s) %d, one per line.\nEnd with a line saying just \"end\".\n",
                b->number);
    script_free(b->commands);
    b->commands = script_read(console, false);
    return true;
}

/* ---- listing them --------------------------------------------------------------------------------------------- */

/* With its parameters where the language tells functions apart by these. */
static const char *function_title(Console *console, uint64_t address, const EmuSource *source)
{
    EmuSymbol symbol;
    const char *language = source_language(source->file), *plain = NULL;
    if ((!language || strcmp(language, "c++") == 0) && emu_symbol_at(console->emu, console_pid(console), address, &symbol))
        plain = emu_plain_name(console->emu, console_pid(console), symbol.name);
    const char *name = plain && source->function ? strstr(plain, source->function) : NULL;
    if (name && plain != symbol.name) /* a template's result stands in front */
        return name;
    return plain && plain != symbol.name ? plain : source->function ? source->function : "??";
}

static void list_place(Console *console, uint64_t address)
{
    EmuSource source;
    EmuSymbol symbol;
    if (emu_source_at(console->emu, console_pid(console), address, &source) && source.line) {
        fprintf(console->out, "in %s at %s:%d\n", function_title(console, address, &source), source.name, source.line);
    } else if (emu_symbol_at(console->emu, console_pid(console), address, &symbol)) {
        const char *name = emu_plain_name(console->emu, console_pid(console), symbol.name);
        fprintf(console->out, address == symbol.address ? "<%s>\n" : "<%s+%" PRIu64 ">\n", name, address - symbol.address);
    } else {
        putc('\n', console->out);
    }
}

static void list_details(Console *console, const Breakpoint *b)
{
    if (b->condition)
        fprintf(console->out, "\tstop only if %s\n", b->condition);
    if (b->hits)
        fprintf(console->out, "\tbreakpoint already hit %" PRIu64 " time%s\n", b->hits, b->hits > 1 ? "s" : "");
    if (b->ignore)
        fprintf(console->out, "\tignore next %" PRIu64 " hits\n", b->ignore);
    script_print(console->out, b->commands, 8);
}

static void list_what(Console *console, const Breakpoint *b, int width)
{
    if (is_catchpoint(b)) {
        fprintf(console->out, "%*s ", width, "");
        catch_list(b, console->out);
        putc('\n', console->out);
    } else if (b->kind != BREAK_CODE) {
        fprintf(console->out, "%18s %s\n", "", b->text);
    } else if (b->address_count == 1) {
        fprintf(console->out, "0x%016" PRIx64 " ", b->addresses[0]);
        list_place(console, b->addresses[0]);
    } else {
        fputs("<MULTIPLE>         \n", console->out);
    }
}

static bool list(Console *console, bool only_watches)
{
    static const char *const kinds[] = {"breakpoint", "hw watchpoint", "read watchpoint", "acc watchpoint"};
    bool any = false;
    int width = 10, type_width = 14; /* wide enough for addresses, and for read watchpoints, only where there are some */
    for (const Breakpoint *b = console->breakpoints; b; b = b->next) {
        width = is_catchpoint(b) ? width : 18;
        type_width = b->kind == BREAK_READ_WATCH ? 15 : type_width;
    }
    for (const Breakpoint *b = console->breakpoints; b; b = b->next) {
        if (only_watches && (b->kind == BREAK_CODE || is_catchpoint(b)))
            continue;
        if (!any)
            fprintf(console->out, "Num     %-*s Disp Enb %-*s What\n", type_width, "Type", width, "Address");
        any = true;
        fprintf(console->out, "%-7d %-*s %s %-3c ", b->number, type_width, is_catchpoint(b) ? "catchpoint" : kinds[b->kind],
                b->temporary ? "del " : "keep", b->enabled ? 'y' : 'n');
        list_what(console, b, width);
        if (b->address_count)
            console_set_examined(console, type_builtin(TYPE_VOID), b->addresses[b->address_count - 1]);
        list_details(console, b);
        for (uint32_t i = 0; b->address_count > 1 && i < b->address_count; i++) {
            fprintf(console->out, "%d.%-5" PRIu32 "%*c   0x%016" PRIx64 " ", b->number, i + 1, type_width + 8, 'y',
                    b->addresses[i]);
            list_place(console, b->addresses[i]);
        }
    }
    if (!any)
        fputs(only_watches ? "No watchpoints.\n" : "No breakpoints or watchpoints.\n", console->out);
    return true;
}

bool cmd_info_breakpoints(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    return list(console, false);
}

bool cmd_info_watchpoints(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    return list(console, true);
}

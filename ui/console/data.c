/* print, x, display and their relatives: showing values and memory. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/expression.h"
#include "ui/console/operate.h"
#include "ui/console/siginfo.h"

/* The one letter of print/x; false: it is something else. */
static bool print_format(Console *console, const char *format, char *letter)
{
    *letter = *format;
    if (*format && (!strchr("xduotacfsz", *format) || format[1]))
        return console_error(console, "Undefined output format \"%s\".", format);
    return true;
}

static bool show_value(Console *console, char letter, const char *args, bool numbered, bool hide_void)
{
    Value v;
    if (strcmp(args, "$_siginfo") == 0 && console->running)
        return siginfo_print(console);
    if (!console->history_count && (!*args || strcmp(args, "$") == 0)) {
        fputs("The history is empty.\n", console->out);
        return true;
    }
    if (operate_optimized_out(console, args)) {
        v = (Value){.type = type_builtin(TYPE_VOID)};
        if (numbered)
            fprintf(console->out, "$%" PRIu32 " = ", console_remember(console, &v));
        fputs(numbered ? "<optimized out>\n" : "<optimized out>", console->out);
        return true;
    }
    if (!(*args ? expression_evaluate(console, args, &v) : console_history(console, false, -1, &v)))
        return false;
    if (v.type == type_builtin(TYPE_DATA_SYMBOL)) /* says that it must be cast */
        return operate_binary(console, "+", &v, &v);
    EmuTypeKind kind = type_strip(v.type)->kind;
    if (kind == EMU_TYPE_VOID && hide_void)
        return true;
    uint8_t byte;
    if (letter == 'a' && kind == EMU_TYPE_FUNCTION)
        return console_error(console, "Value can't be converted to integer.");
    if (v.where == WHERE_MEMORY && v.type->size && kind != EMU_TYPE_FUNCTION &&
        emu_read(console->emu, console_pid(console), v.address, &byte, 1) != 1)
        return console_error(console, "Cannot access memory at address 0x%" PRIx64, v.address);
    if (numbered)
        fprintf(console->out, "$%" PRIu32 " = ", console_remember(console, &v));
    value_print(console, console->out, &v, letter);
    if (numbered)
        putc('\n', console->out);
    return true;
}

static bool show(Console *console, const char *format, const char *args, bool numbered, bool hide_void)
{
    char letter, late[32] = "";
    Settings before = console->settings;
    bool good = settings_options(console, &args);
    if (good && *args == '/') { /* behind options */
        size_t n = strcspn(++args, " \t");
        snprintf(late, sizeof late, "%.*s", (int)n, args);
        args += n + strspn(args + n, " \t");
    }
    good =
        good && print_format(console, *late ? late : format, &letter) && show_value(console, letter, args, numbered, hide_void);
    console->settings = before;
    return good;
}

bool cmd_show_values(Console *console, const char *format, const char *args)
{
    uint64_t around = 0;
    (void)format;
    if (*args && !command_count(console, args, 0, &around))
        return false;
    uint64_t end = *args && around + 4 < console->history_count ? around + 4 : console->history_count;
    for (uint64_t i = end > 10 ? end - 10 : 0; i < end; i++) {
        fprintf(console->out, "$%" PRIu64 " = ", i + 1);
        value_print(console, console->out, &console->history[i], 0);
        putc('\n', console->out);
    }
    return true;
}

bool cmd_show_convenience(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    for (const Variable *v = console->variables; v; v = v->next) {
        fprintf(console->out, "$%s = ", v->name);
        value_print(console, console->out, &v->value, 0);
        putc('\n', console->out);
    }
    if (!console->variables)
        fputs("No debugger convenience values now defined.\n", console->out);
    return true;
}

bool cmd_print(Console *console, const char *format, const char *args) { return show(console, format, args, true, false); }
bool cmd_call(Console *console, const char *format, const char *args) { return show(console, format, args, true, true); }
bool cmd_output(Console *console, const char *format, const char *args) { return show(console, format, args, false, false); }

bool cmd_set_variable(Console *console, const char *format, const char *args)
{
    Value v;
    (void)format;
    return expression_evaluate(console, args, &v);
}

bool cmd_whatis(Console *console, const char *format, const char *args)
{
    const Type *type;
    Value v;
    char name[256];
    (void)format;
    if (!expression_type(console, args, &type)) {
        if (!expression_evaluate(console, args, &v))
            return false;
        type = v.reference ? v.reference : v.type;
    } else if (type->kind == EMU_TYPE_TYPEDEF) {
        type = type->target; /* of a typedef: what it is a name of */
    }
    type_name(type, name, sizeof name);
    fprintf(console->out, "type = %s\n", name);
    return true;
}

bool cmd_echo(Console *console, const char *format, const char *args)
{
    (void)format;
    while (*args) {
        char c = *args++;
        putc(c == '\\' && *args ? expression_escape(&args) : c, console->out);
    }
    return true;
}

/* ---- x -------------------------------------------------------------------------------------------------------- */

static bool examine_format(Console *console, const char *text)
{
    char *end;
    if (*text)
        console->examine.count = 1;
    console->examine.back = *text == '-' && isdigit((unsigned char)text[1]);
    text += console->examine.back;
    if (isdigit((unsigned char)*text)) {
        console->examine.count = strtoull(text, &end, 10);
        text = end;
    }
    bool sized = false;
    for (; *text; text++) {
        const char *unit = strchr("bhwg", *text);
        if (unit) {
            console->examine.size = 1u << (unit - "bhwg");
            sized = true;
        } else if (strchr("xduotacfsiz", *text)) {
            console->examine.format = *text;
        } else {
            return console_error(console, "Undefined output format \"%s\".", text);
        }
    }
    char f = console->examine.format;
    if (!console->examine.size || (f == 'a' && !sized))
        console->examine.size = f == 'a' ? 8 : 4;
    if (!sized && f == 'c')
        console->examine.size = 1;
    if (!sized && f == 'f')
        console->examine.size = 8;
    return true;
}

static void address_label(Console *console, uint64_t address)
{
    fprintf(console->out, "0x%" PRIx64, address);
    value_print_symbol(console, console->out, address);
    putc(':', console->out);
}

static bool examine_insns(Console *console)
{
    EmuInsn insn;
    uint64_t pc = frames_selected_pc(console);
    for (uint64_t i = 0; i < console->examine.count; i++) {
        uint64_t at = console->examine.address;
        if (!emu_disassemble(console->emu, console_pid(console), at, &insn))
            return console_error(console, "Cannot access memory at address 0x%" PRIx64, at);
        fputs(at == pc && pc ? "=> " : "   ", console->out);
        address_label(console, at);
        fprintf(console->out, "\t%s\n", insn.text);
        console->examine.last = at;
        console->examine.address += insn.length;
    }
    return true;
}

static bool examine_strings(Console *console)
{
    for (uint64_t i = 0; i < console->examine.count; i++) {
        uint64_t at = console->examine.last = console->examine.address;
        address_label(console, at);
        putc('\t', console->out);
        uint64_t size = value_print_string(console, console->out, at, value_limit(console));
        if (!size)
            fprintf(console->out, "<error: Cannot access memory at address 0x%" PRIx64 ">", at);
        putc('\n', console->out);
        if (!size)
            break;
        console->examine.address += size;
    }
    return true;
}

static bool examine_units(Console *console)
{
    char f = console->examine.format;
    uint64_t size = console->examine.size;
    uint64_t per_line = f == 'c' ? 8 : f == 't' ? (size > 2 ? 2 : 8 / size) : size == 8 ? 2 : size == 4 ? 4 : 8;
    if (f == 'a')
        per_line = 2;
    for (uint64_t i = 0; i < console->examine.count; i++) {
        uint8_t bytes[16] = {0};
        uint64_t at = console->examine.last = console->examine.address;
        if (i % per_line == 0)
            address_label(console, at);
        if (emu_read(console->emu, console_pid(console), at, bytes, size) != size) {
            putc('\n', console->out);
            return console_error(console, "Cannot access memory at address 0x%" PRIx64, at);
        }
        putc('\t', console->out);
        value_print_number(console, console->out, bytes, size, f, f == 'd' || f == 'c', strchr("xotz", f) != NULL);
        if ((i + 1) % per_line == 0 || i + 1 == console->examine.count)
            putc('\n', console->out);
        console->examine.address += size;
    }
    return true;
}

static bool examine(Console *console)
{
    if (console->examine.format == 'i')
        return examine_insns(console);
    return console->examine.format == 's' ? examine_strings(console) : examine_units(console);
}

/* *unit: what was looked at last, for $_. */
static bool examine_at(Console *console, const char *format, const char *args, const Type **unit)
{
    if (!console->examine.format)
        console->examine.format = 'x';
    if (!examine_format(console, format))
        return false;
    if (*args && !expression_address(console, args, &console->examine.address))
        return false;
    if (console->examine.back && strchr("is", console->examine.format))
        return console_error(console, "Only units of one size can be shown backwards.");
    if (console->examine.back)
        console->examine.address -= console->examine.count * console->examine.size;
    uint64_t start = console->examine.address;
    if (!examine(console))
        return false;
    char f = console->examine.format;
    uint64_t size = f == 'i' || f == 's' ? 1 : console->examine.size, last = console->examine.last;
    static const BuiltIn units[] = {[1] = TYPE_BYTE, [2] = TYPE_I16, [4] = TYPE_I32, [8] = TYPE_I64},
                         reals[] = {[4] = TYPE_FLOAT, [8] = TYPE_DOUBLE};
    *unit = type_builtin(f == 'f' && size >= 4 ? reals[size] : f == 'c' ? TYPE_CHAR : units[size]);
    console->examine.last = last >= start ? last : start;
    return true;
}

bool cmd_x(Console *console, const char *format, const char *args)
{
    const Type *unit;
    if (!examine_at(console, format, args, &unit))
        return false;
    console_set_examined(console, unit, console->examine.last);
    return true;
}

void console_set_examined(Console *console, const Type *unit, uint64_t address)
{
    Value at = value_integer(type_pointer(&console->types, unit), address), there = at;
    console_set_variable(console, "_", &at);
    bool muted = console->muted, failed = console->failed;
    console->muted = true;
    if (unit != type_builtin(TYPE_VOID) && operate_dereference(console, &there))
        console_set_variable(console, "__", &there);
    console->muted = muted;
    console->failed = failed;
}

/* ---- display -------------------------------------------------------------------------------------------------- */

static void show_display(Console *console, Display *d)
{
    bool memory = strpbrk(d->format, "isbhwg") != NULL || isdigit((unsigned char)d->format[0]);
    const Type *unit;
    Value v;
    console->failed = false;
    console->muted = true; /* its names may not exist here: then it is not shown */
    bool good = expression_evaluate(console, d->expression, &v);
    console->muted = false;
    if (!good)
        return;
    fprintf(console->out, "%d: ", d->number);
    console->failed = false;
    if (memory) {
        fprintf(console->out, "x/%s %s\n", d->format, d->expression);
        examine_at(console, d->format, d->expression, &unit);
        return;
    }
    fprintf(console->out, "%s%s%s%s = ", *d->format ? "/" : "", d->format, *d->format ? " " : "", d->expression);
    cmd_output(console, d->format, d->expression);
    putc('\n', console->out);
}

void displays_show(Console *console)
{
    bool failed = console->failed;
    for (Display *d = console->displays; d; d = d->next)
        if (d->enabled)
            show_display(console, d);
    console->failed = failed;
}

bool cmd_display(Console *console, const char *format, const char *args)
{
    if (!*args) {
        displays_show(console);
        return true;
    }
    Value v;
    bool local = console->running || !strchr(args, '$'); /* what has registers in it may mean something later */
    if (local && !expression_evaluate(console, args, &v))
        return false;
    Display *d = calloc(1, sizeof *d), **link = &console->displays;
    char *copy = strdup(args);
    if (!d || !copy) {
        free(d);
        free(copy);
        return console_error(console, "Out of memory.");
    }
    *d = (Display){.number = console->next_display++, .enabled = true, .expression = copy};
    snprintf(d->format, sizeof d->format, "%.15s", format);
    while (*link)
        link = &(*link)->next;
    *link = d;
    if (local && console->from_tty)
        show_display(console, d);
    return true;
}

void displays_free(Console *console)
{
    while (console->displays) {
        Display *next = console->displays->next;
        free(console->displays->expression);
        free(console->displays);
        console->displays = next;
    }
}

/* Calls `change` for those that args names ("1 3 5-7"), or for all. `change` gets the link that leads to it. */
typedef void DisplayChange(Display **link);
static bool each_display(Console *console, const char *args, DisplayChange *change)
{
    char word[32];
    for (Display **link = &console->displays, *d; !*args && (d = *link);) {
        change(link);
        if (*link == d)
            link = &d->next;
    }
    while (command_word(&args, word, sizeof word)) {
        char *end;
        long first = strtol(word, &end, 10), last = *end == '-' ? strtol(end + 1, &end, 10) : first;
        if (*end || first <= 0 || last < first)
            return console_error(console, "Arguments must be display numbers.");
        for (long n = first; n <= last && n < console->next_display; n++) {
            Display **link = &console->displays;
            while (*link && (*link)->number != n)
                link = &(*link)->next;
            if (*link)
                change(link);
            else
                fprintf(console->out, "No display number %ld.\n", n);
        }
        if (first >= console->next_display)
            fprintf(console->out, "No display number %ld.\n", first);
    }
    return true;
}

static void remove_display(Display **link)
{
    Display *gone = *link;
    *link = gone->next;
    free(gone->expression);
    free(gone);
}

static void enable_display(Display **link) { (*link)->enabled = true; }
static void disable_display(Display **link) { (*link)->enabled = false; }

bool cmd_undisplay(Console *console, const char *format, const char *args)
{
    (void)format;
    if (!*args && console->displays && !command_confirm(console, "Delete all auto-display expressions?"))
        return console_error(console, "Not confirmed.");
    return each_display(console, args, remove_display);
}

bool cmd_enable_display(Console *console, const char *format, const char *args)
{
    (void)format;
    return each_display(console, args, enable_display);
}

bool cmd_disable_display(Console *console, const char *format, const char *args)
{
    (void)format;
    return each_display(console, args, disable_display);
}

/* What `info display' calls a format of x: "2bi" for 2i, "4wx" for 4xw; that of print as it is. */
static void memory_format(const char *format, char *text, size_t size)
{
    unsigned long count = strtoul(format, NULL, 10);
    const char *letter = strpbrk(format, "xduotacfsiz"), *unit = strpbrk(format, "bhwg");
    bool memory = strpbrk(format, "is") != NULL || isdigit((unsigned char)*format) || unit;
    char usual = letter && strchr("is", *letter) ? 'b' : 'w';
    snprintf(text, size, "%s", format);
    if (memory)
        snprintf(text, size, "%lu%c%c", count ? count : 1, unit ? *unit : usual, letter ? *letter : 'x');
}

bool cmd_info_display(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    if (!console->displays)
        fputs("There are no auto-display expressions now.\n", console->out);
    else
        fputs("Auto-display expressions now in effect:\nNum Enb Expression\n", console->out);
    for (const Display *d = console->displays; d; d = d->next)
    {
        char shown[24];
        memory_format(d->format, shown, sizeof shown);
        fprintf(console->out, "%d:   %c  %s%s%s%s\n", d->number, d->enabled ? 'y' : 'n', *shown ? "/" : "", shown,
                *shown ? " " : "", d->expression);
    }
    return true;
}

/* Breakpoints and watchpoints: making them, deciding what a stop means, and listing them. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/expression.h"
#include "ui/console/operate.h"

/* ---- the list ------------------------------------------------------------------------------------------------- */

static void free_lines(char **lines)
{
    for (char **line = lines; line && *line; line++)
        free(*line);
    free(lines);
}

static void free_breakpoint(Breakpoint *b)
{
    free(b->text);
    free(b->condition);
    free(b->addresses);
    free_lines(b->commands);
    free(b);
}

static Breakpoint *find(Console *console, int number)
{
    for (Breakpoint *b = console->breakpoints; b; b = b->next)
        if (b->number == number)
            return b;
    return NULL;
}

static Breakpoint *append(Console *console, BreakKind kind, const char *text)
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
    return b;
}

/* ---- in the machine ------------------------------------------------------------------------------------------- */

static uint32_t access_of(const Breakpoint *b)
{
    return b->kind == BREAK_WATCH ? EMU_MAP_WRITE : b->kind == BREAK_READ_WATCH ? EMU_MAP_READ : EMU_MAP_READ | EMU_MAP_WRITE;
}

static void arm(Console *console, Breakpoint *b, bool set)
{
    if (b->armed == set || !console->emu)
        return;
    b->armed = set;
    if (b->kind != BREAK_CODE) {
        if (!emu_watchpoint(console->emu, b->address, b->size, access_of(b), set) && set)
            b->armed = false;
        return;
    }
    for (uint32_t i = 0; i < b->address_count; i++)
        emu_breakpoint(console->emu, b->addresses[i], set);
}

void breakpoints_arm(Console *console)
{
    for (Breakpoint *b = console->breakpoints; b; b = b->next)
        arm(console, b, b->enabled);
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

static void delete(Console *console, Breakpoint *b)
{
    Breakpoint **link = &console->breakpoints;
    arm(console, b, false);
    while (*link != b)
        link = &(*link)->next;
    *link = b->next;
    free_breakpoint(b);
}

void breakpoints_free(Console *console)
{
    while (console->breakpoints)
        delete(console, console->breakpoints);
}

static bool lies_at(const Breakpoint *b, uint64_t address)
{
    for (uint32_t i = 0; b->kind == BREAK_CODE && i < b->address_count; i++)
        if (b->addresses[i] == address)
            return true;
    return false;
}

bool breakpoints_armed_at(const Console *console, uint64_t address)
{
    for (const Breakpoint *b = console->breakpoints; b; b = b->next)
        if (b->armed && lies_at(b, address))
            return true;
    return false;
}

/* ---- what a stop means ---------------------------------------------------------------------------------------- */

/* Counts the hit unless the condition or the ignore count lets it pass. */
static bool triggers(Console *console, Breakpoint *b)
{
    Value value;
    if (b->condition) {
        bool failed = console->failed;
        console->failed = false;
        bool good = expression_evaluate(console, b->condition, &value);
        console->failed = failed;
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

static Verdict judge_code(Console *console)
{
    uint64_t pc = control_pc(console);
    Verdict verdict = VERDICT_GO_ON;
    console->hit = 0;
    for (Breakpoint *b = console->breakpoints, *next; b; b = next) {
        next = b->next;
        if (!b->armed || !lies_at(b, pc) || !triggers(console, b))
            continue;
        if (verdict == VERDICT_GO_ON) {
            fprintf(console->out, b->temporary ? "\nTemporary breakpoint %d, " : "\nBreakpoint %d, ", b->number);
            console->hit = b->number;
        }
        verdict = VERDICT_STOP;
        if (b->temporary)
            delete(console, b);
    }
    return verdict;
}

static bool load_watched(Console *console, Breakpoint *b, Value *value)
{
    *value = b->value;
    value->where = WHERE_MEMORY;
    value->address = b->address;
    return operate_load(console, value);
}

static bool report_watch(Console *console, Breakpoint *b)
{
    Value now;
    bool changed = load_watched(console, b, &now) && memcmp(now.bytes, b->value.bytes, sizeof now.bytes) != 0;
    static const char *const titles[] = {[BREAK_WATCH] = "Hardware watchpoint", [BREAK_READ_WATCH] = "Hardware read watchpoint",
                                         [BREAK_ACCESS_WATCH] = "Hardware access (read/write) watchpoint"};
    if ((b->kind == BREAK_WATCH && !changed) || !triggers(console, b)) {
        b->value = now;
        return false;
    }
    fprintf(console->out, "\n%s %d: %s\n\n", titles[b->kind], b->number, b->text);
    if (changed) {
        fputs("Old value = ", console->out);
        value_print(console, console->out, &b->value, 0);
        fputs("\nNew value = ", console->out);
    } else {
        fputs("Value = ", console->out);
    }
    value_print(console, console->out, &now, 0);
    putc('\n', console->out);
    b->value = now;
    console->hit = b->number;
    return true;
}

/* The frame that a watched local lived in has gone. */
static bool out_of_scope(Console *console, const Breakpoint *b)
{
    EmuRegisters r;
    return b->scope_cfa && emu_registers(console->emu, 0, &r) && r.r[4] >= b->scope_cfa;
}

static Verdict judge_watch(Console *console)
{
    Verdict verdict = VERDICT_GO_ON;
    uint64_t at = console->stop.address;
    console->hit = 0;
    for (Breakpoint *b = console->breakpoints, *next; b; b = next) {
        next = b->next;
        if (!b->armed || b->kind == BREAK_CODE)
            continue;
        if (out_of_scope(console, b)) {
            fprintf(console->out, "\nWatchpoint %d deleted because the program has left the block in\n"
                                  "which its expression is valid.\n", b->number);
            delete(console, b);
            verdict = VERDICT_STOP;
        } else if (at < b->address + b->size && at + console->stop.size > b->address && report_watch(console, b)) {
            verdict = VERDICT_STOP;
        }
    }
    return verdict;
}

Verdict breakpoints_judge(Console *console)
{
    if (console->stop.kind == EMU_BREAKPOINT)
        return judge_code(console);
    if (console->stop.kind == EMU_WATCHPOINT)
        return judge_watch(console);
    return VERDICT_STOP;
}

void breakpoints_run_commands(Console *console)
{
    Breakpoint *b = console->hit ? find(console, console->hit) : NULL;
    console->hit = 0;
    if (!b || !b->commands)
        return;
    uint32_t count = 0;
    while (b->commands[count])
        count++;
    char **copy = calloc(count + 1, sizeof *copy); /* the commands may delete their breakpoint */
    for (uint32_t i = 0; copy && i < count; i++)
        copy[i] = strdup(b->commands[i]);
    for (uint32_t i = 0; copy && i < count && copy[i] && !console->quit; i++)
        if (!console_execute(console, copy[i]))
            break;
    free_lines(copy);
}

/* ---- making them ---------------------------------------------------------------------------------------------- */

/* Splits "LOCATION if CONDITION"; the condition is malloc'ed, or NULL. */
static void split_condition(const char *args, char *location, size_t size, char **condition)
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
    fprintf(console->out, "%s %d at 0x%" PRIx64, b->temporary ? "Temporary breakpoint" : "Breakpoint", b->number, b->addresses[0]);
    if (b->address_count > 1)
        fprintf(console->out, ": %s. (%" PRIu32 " locations)\n", b->text, b->address_count);
    else if (emu_source_at(console->emu, 0, b->addresses[0], &source) && source.line)
        fprintf(console->out, ": file %s, line %d.\n", source.name, source.line);
    else
        putc('\n', console->out);
}

static bool break_at(Console *console, const char *args, bool temporary)
{
    char location[256], *condition;
    uint64_t addresses[64];
    uint32_t count;
    split_condition(args, location, sizeof location, &condition);
    if (!source_location(console, location, addresses, 64, &count)) {
        free(condition);
        return false;
    }
    Breakpoint *b = append(console, BREAK_CODE, location);
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

/* "*ADDRESS,LENGTH" watches bytes; anything else is an lvalue in memory. */
static bool watched_value(Console *console, const char *text, Value *value)
{
    char address[256];
    Value at, length;
    const char *comma = text[0] == '*' ? strrchr(text, ',') : NULL;
    if (!comma)
        return expression_evaluate(console, text, value);
    snprintf(address, sizeof address, "%.*s", (int)(comma - text - 1), text + 1);
    if (!expression_evaluate(console, address, &at) || !expression_evaluate(console, comma + 1, &length))
        return false;
    uint64_t size = value_number(&length);
    if (size == 0 || size > 1 << 20)
        return console_error(console, "Cannot watch %" PRIu64 " bytes.", size);
    *value = (Value){.type = type_array(&console->types, type_builtin(TYPE_UCHAR), size), .where = WHERE_MEMORY,
                     .address = value_number(&at)};
    return operate_load(console, value);
}

static bool watch(Console *console, const char *args, BreakKind kind)
{
    char text[256], *condition;
    Value value = {.type = type_builtin(TYPE_VOID)};
    EmuVariable variable;
    static const char *const titles[] = {[BREAK_WATCH] = "Hardware watchpoint", [BREAK_READ_WATCH] = "Hardware read watchpoint",
                                         [BREAK_ACCESS_WATCH] = "Hardware access (read/write) watchpoint"};
    split_condition(args, text, sizeof text, &condition);
    bool good = watched_value(console, text, &value);
    if (good && (value.where != WHERE_MEMORY || value.type->size == 0))
        good = console_error(console, value.where == WHERE_MEMORY ? "Cannot watch `%s': its size is not known; cast it."
                                                                  : "Cannot watch `%s': it is not in memory.", text);
    Breakpoint *b = good ? append(console, kind, text) : NULL;
    if (!b) {
        free(condition);
        return false;
    }
    b->address = value.address;
    b->size = value.type->size;
    b->value = value;
    b->condition = condition;
    uint32_t count;
    const EmuFrame *frames = frames_get(console, &count);
    if (console->frame < count && emu_variable_named(console->emu, 0, console->frame, text, &variable) &&
        variable.place == EMU_AT_ADDRESS && variable.value >= frames[console->frame].r[4] && variable.value < frames[console->frame].cfa)
        b->scope_cfa = frames[console->frame].cfa;
    fprintf(console->out, "%s %d: %s\n", titles[kind], b->number, text);
    return true;
}

bool cmd_watch(Console *console, const char *format, const char *args)
{
    (void)format;
    return watch(console, args, BREAK_WATCH);
}

bool cmd_rwatch(Console *console, const char *format, const char *args)
{
    (void)format;
    return watch(console, args, BREAK_READ_WATCH);
}

bool cmd_awatch(Console *console, const char *format, const char *args)
{
    (void)format;
    return watch(console, args, BREAK_ACCESS_WATCH);
}

/* ---- changing them -------------------------------------------------------------------------------------------- */

/* Calls `change` for each breakpoint that args names ("1 3 5-7"), or for all. */
typedef void Change(Console *console, Breakpoint *b);
static bool for_each(Console *console, const char *args, Change *change)
{
    char word[32];
    if (!*args)
        for (Breakpoint *b = console->breakpoints, *next; b; b = next) {
            next = b->next;
            change(console, b);
        }
    while (command_word(&args, word, sizeof word)) {
        char *end;
        long first = strtol(word, &end, 10), last = *end == '-' ? strtol(end + 1, &end, 10) : first;
        if (*end || first <= 0 || last < first)
            return console_error(console, "Bad breakpoint number '%s'", word);
        for (long n = first; n <= last && n < console->next_breakpoint; n++) {
            Breakpoint *b = find(console, (int)n);
            if (!b && first == last)
                return console_error(console, "No breakpoint number %ld.", n);
            if (b)
                change(console, b);
        }
        if (first >= console->next_breakpoint)
            return console_error(console, "No breakpoint number %ld.", first);
    }
    return true;
}

static void change_delete(Console *console, Breakpoint *b) { delete(console, b); }
static void change_enable(Console *console, Breakpoint *b)
{
    (void)console;
    b->enabled = true;
}
static void change_disable(Console *console, Breakpoint *b)
{
    b->enabled = false;
    arm(console, b, false);
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

bool cmd_enable(Console *console, const char *format, const char *args)
{
    (void)format;
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
    for (Breakpoint *b = console->breakpoints, *next; b; b = next) {
        next = b->next;
        bool here = false;
        for (uint32_t i = 0; i < count; i++)
            here |= lies_at(b, addresses[i]);
        if (here) {
            fprintf(console->out, deleted++ ? " %d" : "Deleted breakpoint %d", b->number);
            delete(console, b);
        }
    }
    if (!deleted)
        return console_error(console, "No breakpoint at %s.", *args ? args : "this line");
    fputs("\n", console->out);
    return true;
}

/* The breakpoint that `args` begins with; moves args behind its number. */
static Breakpoint *numbered(Console *console, const char **args)
{
    char word[32];
    Breakpoint *b = command_word(args, word, sizeof word) ? find(console, atoi(word)) : NULL;
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
    if (!*args)
        fprintf(console->out, "Breakpoint %d now unconditional.\n", b->number);
    return true;
}

bool cmd_commands(Console *console, const char *format, const char *args)
{
    uint64_t number;
    char *line = NULL;
    size_t capacity = 0;
    uint32_t count = 0;
    (void)format;
    if (!command_count(console, args, (uint64_t)console->next_breakpoint - 1, &number))
        return false;
    Breakpoint *b = find(console, (int)number);
    if (!b)
        return console_error(console, number ? "No breakpoint number %" PRIu64 "." : "No breakpoints specified.", number);
    if (console->interactive && !console->script)
        fprintf(console->out, "Type commands for breakpoint(s) %d, one per line.\nEnd with a line saying just \"end\".\n", b->number);
    free_lines(b->commands);
    b->commands = calloc(1, sizeof *b->commands);
    while (b->commands && console_next_line(console, ">", &line, &capacity)) {
        const char *p = line;
        while (isspace((unsigned char)*p))
            p++;
        if (strcmp(p, "end") == 0)
            break;
        char **grown = realloc(b->commands, (count + 2) * sizeof *grown);
        if (!grown)
            break;
        b->commands = grown;
        b->commands[count++] = strdup(p);
        b->commands[count] = NULL;
    }
    free(line);
    return true;
}

/* ---- listing them --------------------------------------------------------------------------------------------- */

static void list_place(Console *console, uint64_t address)
{
    EmuSource source;
    EmuSymbol symbol;
    if (emu_source_at(console->emu, 0, address, &source) && source.line) {
        const char *slash = strrchr(source.file, '/');
        fprintf(console->out, "in %s at %s:%d\n", source.function ? source.function : "??", slash ? slash + 1 : source.file, source.line);
    } else if (emu_symbol_at(console->emu, 0, address, &symbol)) {
        fprintf(console->out, "<%s+%" PRIu64 ">\n", symbol.name, address - symbol.address);
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
    for (char **line = b->commands; line && *line; line++)
        fprintf(console->out, "        %s\n", *line);
}

static bool list(Console *console, bool only_watches)
{
    static const char *const kinds[] = {"breakpoint", "hw watchpoint", "read watchpoint", "acc watchpoint"};
    bool any = false;
    for (const Breakpoint *b = console->breakpoints; b; b = b->next) {
        if (only_watches && b->kind == BREAK_CODE)
            continue;
        if (!any)
            fputs("Num     Type           Disp Enb Address            What\n", console->out);
        any = true;
        fprintf(console->out, "%-7d %-14s %s %-3c ", b->number, kinds[b->kind], b->temporary ? "del " : "keep", b->enabled ? 'y' : 'n');
        if (b->kind != BREAK_CODE) {
            fprintf(console->out, "%18s %s\n", "", b->text);
        } else if (b->address_count == 1) {
            fprintf(console->out, "0x%016" PRIx64 " ", b->addresses[0]);
            list_place(console, b->addresses[0]);
        } else {
            fputs("<MULTIPLE>         \n", console->out);
        }
        list_details(console, b);
        for (uint32_t i = 0; b->address_count > 1 && i < b->address_count; i++) {
            fprintf(console->out, "%d.%-5" PRIu32 " %24c 0x%016" PRIx64 " ", b->number, i + 1, 'y', b->addresses[i]);
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

/* Watchpoints: what is watched, whether it has changed, and when the frame that it lived in has gone. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/breakpoints.h"
#include "ui/console/command.h"
#include "ui/console/expression.h"
#include "ui/console/operate.h"

enum { MAX_WATCH = 1 << 20 }; /* bytes */

static uint32_t access_of(const Breakpoint *b)
{
    return b->kind == BREAK_WATCH ? EMU_MAP_WRITE : b->kind == BREAK_READ_WATCH ? EMU_MAP_READ : EMU_MAP_READ | EMU_MAP_WRITE;
}

bool watch_arm(Console *console, Breakpoint *b, bool set)
{
    return emu_watchpoint_in(console->emu, b->pid, b->address, b->size, access_of(b), set) && set;
}

/* The present bytes, of any length. */
static bool read_watched(Console *console, const Breakpoint *b, uint8_t *bytes)
{
    return emu_read(console->emu, b->pid, b->address, bytes, b->size) == b->size;
}

/* The watched value with these bytes, as far as a value can hold them. */
static Value value_of(const Breakpoint *b, const uint8_t *bytes)
{
    Value v = b->value;
    v.where = WHERE_NOWHERE;
    memcpy(v.bytes, bytes, b->size < sizeof v.bytes ? b->size : sizeof v.bytes);
    return v;
}

/* What does not fit into a value is told by the first bytes that differ. */
static void print_watched(Console *console, const Breakpoint *b, const uint8_t *bytes, const uint8_t *other)
{
    Value v = value_of(b, bytes);
    uint64_t at = 0;
    if (b->size <= sizeof v.bytes) {
        value_print(console, console->out, &v, 0);
        return;
    }
    while (other && at < b->size - 1 && bytes[at] == other[at])
        at++;
    fprintf(console->out, "[%" PRIu64 "] =", at);
    for (uint64_t i = at; i < at + 16 && i < b->size; i++)
        fprintf(console->out, " %02x", bytes[i]);
    fprintf(console->out, at + 16 < b->size ? " ..." : "");
}

static const char *const titles[] = {[BREAK_WATCH] = "Hardware watchpoint", [BREAK_READ_WATCH] = "Hardware read watchpoint",
                                     [BREAK_ACCESS_WATCH] = "Hardware access (read/write) watchpoint"};

static bool report_watch(Console *console, Breakpoint *b)
{
    uint8_t *now = malloc(b->size);
    bool readable = now && read_watched(console, b, now), changed = readable && memcmp(now, b->old, b->size) != 0;
    bool only_written = b->kind == BREAK_READ_WATCH && changed && console->stop.write; /* for another watchpoint */
    if ((b->kind == BREAK_WATCH && !changed) || only_written || !breakpoint_triggers(console, b)) {
        if (readable)
            memcpy(b->old, now, b->size);
        free(now);
        return false;
    }
    if (!breakpoint_hit(console, b)) {
        if (readable)
            memcpy(b->old, now, b->size);
        free(now);
        return true;
    }
    breakpoint_title(console);
    fprintf(console->out, "%s %d: %s\n\n", titles[b->kind], b->number, b->text);
    if (changed) {
        fputs("Old value = ", console->out);
        print_watched(console, b, b->old, now);
        fputs("\nNew value = ", console->out);
    } else {
        fputs("Value = ", console->out);
    }
    if (readable) {
        print_watched(console, b, now, changed ? b->old : NULL);
        memcpy(b->old, now, b->size);
    }
    putc('\n', console->out);
    free(now);
    return true;
}

/* The frame that a watched local lived in has gone. */
static bool out_of_scope(Console *console, const Breakpoint *b)
{
    EmuRegisters r;
    return b->scope_cfa && emu_registers(console->emu, console->tid, &r) && r.r[4] >= b->scope_cfa;
}

Verdict watch_judge(Console *console)
{
    Verdict verdict = VERDICT_GO_ON;
    uint64_t at = console->stop.address;
    console->hit = 0;
    for (Breakpoint *b = console->breakpoints, *next; b; b = next) {
        next = b->next;
        if (!b->armed || b->kind < BREAK_WATCH || b->kind > BREAK_ACCESS_WATCH)
            continue;
        if (out_of_scope(console, b)) {
            fprintf(console->out, "\nWatchpoint %d deleted because the program has left the block in\n"
                                  "which its expression is valid.\n", b->number);
            breakpoint_delete(console, b);
            verdict = VERDICT_STOP;
        } else if (at < b->address + b->size && at + console->stop.size > b->address && report_watch(console, b)) {
            verdict = VERDICT_STOP;
        }
    }
    return verdict;
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
    if (size == 0 || size > MAX_WATCH)
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
    breakpoint_split(args, text, sizeof text, &condition);
    const char *expression = text;
    bool location = strncmp(text, "-l ", 3) == 0 || strncmp(text, "-location ", 10) == 0;
    if (location)
        expression = text + strcspn(text, " ") + 1;
    bool good = watched_value(console, expression, &value);
    if (good && (value.where != WHERE_MEMORY || value.type->size == 0))
        good = console_error(console, value.where == WHERE_MEMORY ? "Cannot watch `%s': its size is not known; cast it."
                                                                  : "Cannot watch `%s': it is not in memory.", text);
    if (good && value.type->size > MAX_WATCH)
        good = console_error(console, "Cannot watch %" PRIu64 " bytes.", value.type->size);
    Breakpoint *b = good ? breakpoint_append(console, kind, text) : NULL;
    if (b && !(b->old = calloc(1, value.type->size))) {
        breakpoint_delete(console, b);
        b = NULL;
    }
    if (!b) {
        free(condition);
        return false;
    }
    b->address = value.address;
    b->size = value.type->size;
    b->value = value;
    b->condition = condition;
    int tid;
    emu_last_task(console->emu, &b->pid, &tid);
    if (!read_watched(console, b, b->old))
        memset(b->old, 0, b->size);
    uint32_t count;
    const EmuFrame *frames = frames_get(console, &count);
    if (!location && console->frame < count &&
        emu_variable_named(console->emu, console->tid, frames_id(console, console->frame), text, &variable) && variable.place == EMU_AT_ADDRESS &&
        variable.value >= frames[console->frame].r[4] && variable.value < frames[console->frame].cfa)
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

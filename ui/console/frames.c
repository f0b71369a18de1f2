/* The stack as it is shown: frames, the selected one, and what it holds. Which there are: frame_list.c. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/registers.h"

/* "(argc=1, argv=0x7ffe…)" */
static void list_arguments(Console *console, uint32_t level)
{
    EmuVariable v;
    bool any = false;
    uint32_t selected = console->frame;
    console->frame = level;
    for (uint32_t i = 0; emu_variable(console->emu, console->tid, frames_id(console, level), i, &v); i++) {
        if (!v.argument)
            continue;
        fprintf(console->out, "%s%s=", any ? ", " : "", v.name);
        frames_print_variable(console, &v, true);
        any = true;
    }
    console->frame = selected;
}

static void print_arguments(Console *console, uint32_t level)
{
    putc('(', console->out);
    list_arguments(console, level);
    putc(')', console->out);
}

/* @0x7ffe… and what is there; or "..." for a whole structure. */
static void print_reference(Console *console, const EmuVariable *variable, const Type *type, bool brief)
{
    uint64_t address = variable->value;
    const Type *target = type_strip(type->target);
    if (brief && !type_is_scalar(target)) {
        fputs("...", console->out);
        return;
    }
    if (variable->place == EMU_AT_ADDRESS && emu_read(console->emu, console_pid(console), variable->value, &address, 8) != 8) {
        fprintf(console->out, "<error: Cannot access memory at address 0x%" PRIx64 ">", variable->value);
        return;
    }
    fprintf(console->out, "@0x%" PRIx64 ": ", address);
    Value v = {.type = type->target, .where = WHERE_MEMORY, .address = address};
    if (type_is_scalar(target) && emu_read(console->emu, console_pid(console), address, v.bytes, target->size) != target->size)
        fprintf(console->out, "<error: Cannot access memory at address 0x%" PRIx64 ">", address);
    else
        value_print_plain(console, console->out, &v);
}

void frames_print_variable(Console *console, const EmuVariable *variable, bool brief)
{
    const Type *type = type_from_handle(&console->types, variable->type), *plain = type_strip(type);
    if (variable->place == EMU_NOWHERE) {
        fputs("<optimized out>", console->out);
        return;
    }
    if (type_is_reference(plain)) {
        print_reference(console, variable, plain, brief);
        return;
    }
    if (brief && (plain->kind == EMU_TYPE_STRUCT || plain->kind == EMU_TYPE_UNION || plain->kind == EMU_TYPE_ARRAY)) {
        fputs("...", console->out);
        return;
    }
    Value v = value_integer(type_builtin(TYPE_ULONG), variable->value);
    v.type = type;
    if (variable->place == EMU_AT_ADDRESS) {
        v = (Value){.type = type, .where = WHERE_MEMORY, .address = variable->value};
        uint64_t size = type->size < sizeof v.bytes ? type->size : sizeof v.bytes;
        if (type_is_scalar(type) && emu_read(console->emu, console_pid(console), v.address, v.bytes, size) != size) {
            fprintf(console->out, "<error: Cannot access memory at address 0x%" PRIx64 ">", v.address);
            return;
        }
    }
    value_print_plain(console, console->out, &v);
}

/* What is known of a frame's place. */
typedef struct Site {
    EmuSource source;
    EmuFunction function;
    bool has_source, has_function;
    const char *name; /* of the function; NULL: unknown */
    bool middle; /* the pc is not the start of its line: then the address is shown */
} Site;

/* Where an inlined function is called, its caller stands. */
static bool at_call(Console *console, uint64_t pc, uint32_t inlined, EmuSource *source)
{
    EmuInlined within;
    if (!inlined || !emu_inlined_at(console->emu, console_pid(console), pc, inlined - 1, &within) || !within.call_file ||
        !within.call_line)
        return false;
    source->file = within.call_file;
    source->name = within.call_name;
    source->line = within.call_line;
    source->start = source->end = 0;
    return true;
}

static Site look_up(Console *console, uint32_t level)
{
    Site s;
    const EmuFrame *frame = &console->frames[level];
    uint64_t pc = frames_lookup_pc(frame);
    s.has_source = emu_source_at(console->emu, console_pid(console), pc, &s.source) && s.source.line > 0;
    s.has_function = emu_function_at(console->emu, console_pid(console), pc, &s.function);
    s.middle = !s.has_source || frame->pc != s.source.start;
    if (at_call(console, pc, console->frame_ids[level].inlined, &s.source))
        s.middle = false;
    s.name = frames_function(console, level);
    return s;
}

/* The code that handlers return to: mov rax,15 (rt_sigreturn); syscall. */
static bool returns_from_handler(Console *console, uint64_t pc)
{
    static const uint8_t code[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
    uint8_t bytes[sizeof code];
    return emu_read(console->emu, console_pid(console), pc, bytes, sizeof bytes) == sizeof bytes &&
           !memcmp(bytes, code, sizeof code);
}

static void print_location(Console *console, uint32_t level, const EmuFrame *frame, const Site *s)
{
    if (level && returns_from_handler(console, frame->pc)) {
        fputs("<signal handler called>\n", console->out);
        return;
    }
    if (s->middle)
        fprintf(console->out, "0x%016" PRIx64 " in ", frame->pc);
    fprintf(console->out, "%s ", s->name ? s->name : "??");
    if (s->has_function && s->function.has_lines)
        print_arguments(console, level);
    else
        fputs("()", console->out);
    if (s->has_source)
        fprintf(console->out, " at %s:%d", s->source.name, s->source.line);
    putc('\n', console->out);
}

void frames_print(Console *console, uint32_t level, FrameStyle style)
{
    uint32_t count;
    const EmuFrame *frames = frames_get(console, &count);
    if (level >= count)
        return;
    Site s = look_up(console, level);
    bool bare = style == FRAME_LINE && s.has_source;
    if (style == FRAME_LISTED || style == FRAME_SELECTED)
        fprintf(console->out, "#%-2" PRIu32 " ", level);
    if (!bare)
        print_location(console, level, &frames[level], &s);
    if (!s.has_source || style == FRAME_LISTED || style == FRAME_LOCATION)
        return;
    if (bare && s.middle)
        fprintf(console->out, "0x%016" PRIx64 "\t", frames[level].pc);
    if (!source_print_line(console, s.source.file, s.source.line))
        fprintf(console->out, "%d\tin %s\n", s.source.line, s.source.file);
}

/* ---- commands ------------------------------------------------------------------------------------------------- */

static void print_frame_variables(Console *console, uint32_t level, bool arguments, const char *indent, bool *any)
{
    EmuVariable v;
    for (uint32_t i = 0; emu_variable(console->emu, console->tid, frames_id(console, level), i, &v); i++) {
        if (v.argument != arguments)
            continue;
        fprintf(console->out, "%s%s = ", indent, v.name);
        frames_print_variable(console, &v, false);
        putc('\n', console->out);
        *any = true;
    }
}

/* Options, `full' and a number in any order. */
static bool backtrace_words(Console *console, const char *args, bool *full, int64_t *limit)
{
    char word[32], *end;
    while (command_word(&args, word, sizeof word)) {
        const char *name = word + (*word == '-');
        uint64_t number = 0;
        if (*name && strncmp("full", name, strlen(name)) == 0)
            *full = true;
        else if (*name && (!strncmp("past-main", name, strlen(name)) || !strncmp("frame-arguments", name, strlen(name))))
            return console_error(console, "\"%s\" is not known here: backtrace [full] [N | -N]", word);
        else if ((*limit = strtoll(word, &end, 0)) == 0 || *end) {
            if (!command_count(console, word, 0, &number))
                return false;
            *limit = (int64_t)number;
        }
    }
    return true;
}

bool cmd_backtrace(Console *console, const char *format, const char *args)
{
    uint32_t count;
    bool full = false, any;
    int64_t limit = 0;
    (void)format;
    if (!backtrace_words(console, args, &full, &limit))
        return false;
    frames_get(console, &count);
    uint32_t first = limit < 0 && count > (uint64_t)-limit ? count - (uint32_t)-limit : 0;
    uint32_t end = limit > 0 && count > (uint64_t)limit ? (uint32_t)limit : count;
    for (uint32_t i = first; i < end; i++) {
        EmuFunction function;
        const EmuFrame *frame = &frames_get(console, &count)[i];
        frames_print(console, i, FRAME_LISTED);
        any = false;
        if (full)
            print_frame_variables(console, i, false, "        ", &any);
        if (full && !any) {
            bool known =
                emu_function_at(console->emu, console_pid(console), frames_lookup_pc(frame), &function) && function.has_lines;
            fputs(known ? "No locals.\n" : "No symbol table info available.\n", console->out);
        }
    }
    if (end < count && console->from_tty)
        fputs("(More stack frames follow...)\n", console->out);
    return true;
}

static bool select_frame(Console *console, int64_t level)
{
    uint32_t count;
    frames_get(console, &count);
    console->frame = (uint32_t)level;
    frames_print(console, console->frame, FRAME_SELECTED);
    return true;
}

bool cmd_select_frame(Console *console, const char *format, const char *args)
{
    uint64_t level;
    uint32_t count;
    (void)format;
    frames_get(console, &count);
    if (!command_count(console, args, console->frame, &level))
        return false;
    if (level >= count)
        return console_error(console, "No frame at level %s.", args);
    console->frame = (uint32_t)level;
    return true;
}

bool cmd_frame(Console *console, const char *format, const char *args)
{
    return cmd_select_frame(console, format, args) && select_frame(console, console->frame);
}

bool cmd_frame_function(Console *console, const char *format, const char *args)
{
    uint32_t count;
    frames_get(console, &count);
    (void)format;
    for (uint32_t i = 0; i < count; i++) {
        const char *name = frames_function(console, i);
        if (name && strcmp(name, args) == 0)
            return select_frame(console, i);
    }
    return console_error(console, "No frame for function \"%s\".", args);
}

static void frame_title(Console *console, const void *level) { frames_print(console, *(const uint32_t *)level, FRAME_LISTED); }

/* frame apply all | COUNT | -COUNT | level N COMMAND; faas COMMAND: all, without words about those where it fails. */
static bool apply_to(Console *console, uint32_t first, uint32_t end, const char *command, bool silent)
{
    uint32_t selected = console->frame;
    bool good = true;
    for (uint32_t i = first; good && i < end; i++) {
        console->frame = i;
        if (silent) {
            command_quietly(console, command, frame_title, &i);
            continue;
        }
        frames_print(console, i, FRAME_LISTED);
        good = console_execute(console, command);
    }
    console->frame = selected;
    console->failed = !good;
    return good;
}

bool cmd_frame_apply(Console *console, const char *format, const char *args)
{
    char word[32];
    uint32_t count, first = 0;
    (void)format;
    frames_get(console, &count);
    command_word(&args, word, sizeof word);
    uint32_t end = count;
    if (strcmp(word, "level") == 0 && command_word(&args, word, sizeof word)) {
        first = (uint32_t)strtoul(word, NULL, 10);
        end = first < count ? first + 1 : first;
    } else if (strcmp(word, "all") != 0) {
        long n = strtol(word, NULL, 10);
        if (n == 0)
            return console_error(console, "Usage: frame apply all | COUNT | -COUNT | level N COMMAND");
        end = n > 0 && (uint32_t)n < count ? (uint32_t)n : count;
        first = n < 0 && (uint32_t)-n < count ? count - (uint32_t)-n : 0;
    }
    if (first >= count)
        return console_error(console, "No frame at level %" PRIu32 ".", first);
    args += strspn(args, " \t");
    bool silent = strncmp(args, "-s ", 3) == 0 || strncmp(args, "-q ", 3) == 0;
    args += silent ? 3 : 0;
    return *args ? apply_to(console, first, end, args, silent)
                 : console_error(console, "Please specify a command to apply on the selected frames");
}

bool cmd_faas(Console *console, const char *format, const char *args)
{
    uint32_t count;
    (void)format;
    frames_get(console, &count);
    return apply_to(console, 0, count, args, true);
}

bool cmd_up(Console *console, const char *format, const char *args)
{
    uint64_t n;
    uint32_t count;
    (void)format;
    frames_get(console, &count);
    if (!command_count(console, args, 1, &n))
        return false;
    if (console->frame + 1 >= count && !*args)
        return console_error(console, "Initial frame selected; you cannot go up.");
    return select_frame(console, (int64_t)(console->frame + n < count ? console->frame + n : count - 1));
}

bool cmd_down(Console *console, const char *format, const char *args)
{
    uint64_t n;
    (void)format;
    if (!command_count(console, args, 1, &n))
        return false;
    if (console->frame == 0 && !*args)
        return console_error(console, "Bottom (innermost) frame selected; you cannot go down.");
    return select_frame(console, console->frame > n ? (int64_t)(console->frame - n) : 0);
}

static void print_language(Console *console, const EmuFrame *f)
{
    EmuSource source;
    const char *language =
        emu_source_at(console->emu, console_pid(console), frames_lookup_pc(f), &source) ? source_language(source.file) : NULL;
    if (language)
        fprintf(console->out, " source language %s.\n", language);
}

/* The second half of `info frame`: where arguments, locals and the caller's registers are. "Arglist" is where rbp points, in
 * functions that keep a frame pointer. */
static void print_frame_base(Console *console, const EmuFrame *f)
{
    static const uint8_t order[17] = {0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16}; /* gdb's */
    EmuFunction function;
    bool known = emu_function_at(console->emu, console_pid(console), frames_lookup_pc(f), &function), any = false;
    print_language(console, f);
    bool part = frames_id(console, console->frame + 1).level == frames_id(console, console->frame).level;
    if (!f->cfa || part) {
        fprintf(console->out, " Arglist at unknown address.\n Locals at unknown address%s\n",
                part ? ", Previous frame's sp in rsp" : ".");
        return;
    }
    fprintf(console->out, " Arglist at 0x%" PRIx64 ", args: ", f->cfa - 16);
    if (known && function.has_lines)
        list_arguments(console, console->frame);
    fprintf(console->out, "\n Locals at 0x%" PRIx64 ", Previous frame's sp is 0x%" PRIx64 "\n", f->cfa - 16, f->cfa);
    for (int i = 0; i < 17; i++) {
        uint64_t at = f->saved_at[order[i]];
        if (at)
            fprintf(console->out, "%s%s at 0x%" PRIx64, any ? ", " : " Saved registers:\n  ", register_names[order[i]], at);
        any |= at != 0;
    }
    if (any)
        putc('\n', console->out);
}

/* Who is on either side of the frame. */
static void print_neighbours(Console *console, const EmuFrame *frames, uint32_t count)
{
    uint32_t frame = console->frame;
    bool outer = frame + 1 < count, part = outer && console->frame_ids[frame].level == console->frame_ids[frame + 1].level;
    if (part)
        fprintf(console->out, " inlined into frame %" PRIu32, frame + 1);
    else if (outer)
        fprintf(console->out, " called by frame at 0x%" PRIx64, frames[frame + 1].cfa);
    if (frame > 0)
        fprintf(console->out, "%s caller of frame at 0x%" PRIx64, outer ? "," : "", frames[frame - 1].cfa);
    if (outer || frame > 0)
        putc('\n', console->out);
}

bool cmd_info_frame(Console *console, const char *format, const char *args)
{
    uint32_t count;
    const EmuFrame *frames = frames_get(console, &count);
    (void)format, (void)args;
    if (console->frame >= count)
        return console_error(console, "No stack.");
    const EmuFrame *f = &frames[console->frame];
    Site site = look_up(console, console->frame);
    fprintf(console->out, "Stack level %" PRIu32 ", frame at 0x%" PRIx64 ":\n rip = 0x%" PRIx64, console->frame, f->cfa, f->pc);
    if (site.name)
        fprintf(console->out, " in %s", site.name);
    if (site.has_source)
        fprintf(console->out, " (%s:%d)", site.source.name, site.source.line);
    if (f->return_address)
        fprintf(console->out, "; saved rip = 0x%" PRIx64 "\n", f->return_address);
    else
        fputs("; outermost\n", console->out);
    print_neighbours(console, frames, count);
    print_frame_base(console, f);
    return true;
}

static bool print_variables(Console *console, bool arguments)
{
    uint32_t count;
    bool any = false;
    frames_get(console, &count);
    if (console->frame >= count)
        return console_error(console, "No frame selected.");
    Site site = look_up(console, console->frame);
    if (!site.has_source && !(site.has_function && site.function.has_lines))
        return console_error(console, "No symbol table info available.");
    print_frame_variables(console, console->frame, arguments, "", &any);
    if (!any)
        fputs(arguments ? "No arguments.\n" : "No locals.\n", console->out);
    return true;
}

bool cmd_info_locals(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    return print_variables(console, false);
}

bool cmd_info_args(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    return print_variables(console, true);
}

/* rbp-0x14, or rsp+0x8 where the frame has no frame pointer. */
static void place_text(const EmuFrame *frame, const EmuVariable *v, char *text, size_t size)
{
    bool rbp_known = (frame->known >> 5 & 1) && frame->cfa && frame->r[5] == frame->cfa - 16;
    int base = rbp_known ? 5 : 4;
    int64_t distance = (int64_t)(v->value - frame->r[base]);
    bool in_frame = frame->cfa && v->value >= frame->r[4] - 128 && v->value < frame->cfa + 4096;
    if (v->place == EMU_IN_REGISTER)
        snprintf(text, size, "%s", register_names[v->reg & 15]);
    else if (v->place == EMU_AS_VALUE)
        snprintf(text, size, "a constant");
    else if (v->place == EMU_NOWHERE)
        snprintf(text, size, "nowhere");
    else if (in_frame)
        snprintf(text, size, "%s%c0x%" PRIx64, register_names[base], distance < 0 ? '-' : '+',
                 (uint64_t)(distance < 0 ? -distance : distance));
    else
        snprintf(text, size, "0x%" PRIx64, v->value);
}

bool cmd_info_where(Console *console, const char *format, const char *args)
{
    uint32_t count;
    const EmuFrame *frames = frames_get(console, &count);
    EmuVariable v;
    char type[128], place[64];
    bool any = false;
    (void)format, (void)args;
    if (console->frame >= count)
        return console_error(console, "No frame selected.");
    for (uint32_t i = 0; emu_variable(console->emu, console->tid, frames_id(console, console->frame), i, &v); i++) {
        type_name(type_from_handle(&console->types, v.type), type, sizeof type);
        place_text(&frames[console->frame], &v, place, sizeof place);
        fprintf(console->out, "%-12s %-20s @ %-14s = ", v.name, type, place);
        frames_print_variable(console, &v, false);
        putc('\n', console->out);
        any = true;
    }
    if (!any)
        fputs("No locals and no arguments (none, or compiled without -g).\n", console->out);
    return true;
}

/* The program as a whole: threads, processes, functions, the executable file, types in full, the stack as a drawing. */
#include <ctype.h>
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/expression.h"
#include "ui/console/registers.h"
#include "ui/console/rust.h"

/* ---- threads and processes ------------------------------------------------------------------------------------- */

enum { MAX_APPLIED = 256 }; /* threads that `thread apply' tells apart */

static int selected_tid(Console *console)
{
    int pid, tid = console->tid;
    if (!tid)
        emu_last_task(console->emu, &pid, &tid);
    return tid;
}

typedef struct AppliedTo { uint32_t number; const EmuTask *task; } AppliedTo;

static void thread_title(Console *console, const void *about)
{
    const AppliedTo *to = about;
    fprintf(console->out, "\nThread %" PRIu32 " (process %d thread %d \"%s\"):\n", to->number, to->task->pid, to->task->tid,
            to->task->name);
}

/* Executes the command for each thread that is wanted, the first or (descending) the last of them first; `silent`: without its
 * title where nothing comes of it. */
static bool apply_to(Console *console, const bool *wanted, bool descending, const char *command, bool silent)
{
    EmuTask task;
    int selected = console->tid;
    uint32_t frame = console->frame;
    bool good = true;
    for (uint32_t k = 0; good && k < MAX_APPLIED; k++) {
        uint32_t i = descending ? MAX_APPLIED - 1 - k : k;
        if (!wanted[i + 1] || !emu_task(console->emu, i, &task))
            continue;
        console->tid = task.tid;
        console->frame = 0;
        frames_forget(console);
        AppliedTo to = {i + 1, &task};
        if (silent) {
            command_quietly(console, command, thread_title, &to);
            continue;
        }
        thread_title(console, &to);
        good = console_execute(console, command);
    }
    console->tid = selected;
    console->frame = frame;
    frames_forget(console);
    return good;
}

/* thread apply all bt; thread apply 1 3-4 info locals */
static bool thread_apply(Console *console, const char *args)
{
    char word[32];
    bool wanted[MAX_APPLIED + 1] = {false}, silent = false, descending = false; /* all: the newest first */
    const char *rest = args, *command = args;
    while (command_word(&rest, word, sizeof word) &&
           (isdigit((unsigned char)*word) || *word == '-' || strcmp(word, "all") == 0)) {
        char *end;
        long first = strtol(word, &end, 10), last = *end == '-' ? atol(end + 1) : first;
        silent |= strcmp(word, "-s") == 0 || strcmp(word, "-q") == 0;
        descending |= strcmp(word, "all") == 0;
        descending &= strcmp(word, "-ascending") != 0;
        for (long n = 1; n <= MAX_APPLIED; n++)
            wanted[n] |= strcmp(word, "all") == 0 || (n >= first && n <= last);
        command = rest;
    }
    while (isspace((unsigned char)*command))
        command++;
    if (!*command)
        return console_error(console, "Please specify a command at the end of 'thread apply'");
    return apply_to(console, wanted, descending, command, silent);
}

bool cmd_taas(Console *console, const char *format, const char *args)
{
    bool wanted[MAX_APPLIED + 1];
    (void)format;
    memset(wanted, 1, sizeof wanted);
    return apply_to(console, wanted, true, args, true);
}

bool cmd_tfaas(Console *console, const char *format, const char *args)
{
    char *command = NULL;
    bool good = asprintf(&command, "faas %s", args) >= 0 && cmd_taas(console, format, command);
    free(command);
    return good;
}

/* The threads whose name matches. */
static bool thread_find(Console *console, const char *args)
{
    EmuTask task;
    regex_t regex;
    bool any = false;
    if (!*args || regcomp(&regex, args, REG_NOSUB) != 0)
        return console_error(console, "Invalid regexp: %s", args);
    for (uint32_t i = 0; emu_task(console->emu, i, &task); i++)
        if (regexec(&regex, task.name, 0, NULL, 0) == 0) {
            fprintf(console->out, "Thread %" PRIu32 " has target name '%s'\n", i + 1, task.name);
            any = true;
        }
    regfree(&regex);
    if (!any)
        fprintf(console->out, "No threads match '%s'\n", args);
    return true;
}

static void select_task(Console *console, const EmuTask *task)
{
    console->tid = task->tid;
    console->frame = 0;
    frames_forget(console);
    frames_print(console, 0, FRAME_SELECTED);
}

bool cmd_thread(Console *console, const char *format, const char *args)
{
    EmuTask task;
    uint64_t number = 0;
    (void)format;
    if (strncmp(args, "apply ", 6) == 0)
        return thread_apply(console, args + 6);
    if (strncmp(args, "find ", 5) == 0)
        return thread_find(console, args + 5);
    if (strncmp(args, "name", 4) == 0 && (!args[4] || args[4] == ' '))
        return console_error(console, "Threads have the names that they give themselves: see info threads.");
    if (*args && !command_count(console, args, 0, &number))
        return false;
    for (uint32_t i = 0; emu_task(console->emu, i, &task); i++) {
        if (*args ? i + 1 != number : task.tid != selected_tid(console))
            continue;
        fprintf(console->out, "[%s thread %s%" PRIu32 " (process %d thread %d)]\n", *args ? "Switching to" : "Current",
                *args ? "" : "is ", i + 1, task.pid, task.tid);
        if (*args)
            select_task(console, &task);
        return true;
    }
    return console_error(console, *args ? "Unknown thread %" PRIu64 "." : "No thread selected", number);
}

static int selected_pid(Console *console)
{
    EmuTask task;
    for (uint32_t i = 0; emu_task(console->emu, i, &task); i++)
        if (task.tid == selected_tid(console))
            return task.pid;
    return 0;
}

bool cmd_info_inferiors(Console *console, const char *format, const char *args)
{
    EmuTask task;
    int last = 0, number = 0, selected = console->running ? selected_pid(console) : 0;
    (void)format, (void)args;
    fputs("  Num  Description       Connection           Executable        \n", console->out);
    for (uint32_t i = 0; console->running && emu_task(console->emu, i, &task); i++) {
        char title[32];
        if (task.pid == last)
            continue;
        last = task.pid;
        snprintf(title, sizeof title, "process %d", task.pid);
        fprintf(console->out, "%c %-4d %-17s 1 (emu)              %-17s \n", task.pid == selected ? '*' : ' ', ++number, title,
                task.exe);
    }
    if (!number)
        fprintf(console->out, "* 1    <null>                                 %-17s \n", console->path);
    return true;
}

bool cmd_inferior(Console *console, const char *format, const char *args)
{
    EmuTask task;
    uint64_t wanted = 0, number = 0;
    int last = 0, selected = selected_pid(console);
    (void)format;
    if (*args && !command_count(console, args, 0, &wanted))
        return false;
    for (uint32_t i = 0; emu_task(console->emu, i, &task); i++) {
        number += task.pid != last;
        if (task.pid != last && (*args ? number == wanted : task.pid == selected)) {
            fprintf(console->out, "[%s inferior %s%" PRIu64 " [process %d] (%s)]\n", *args ? "Switching to" : "Current",
                    *args ? "" : "is ", number, task.pid, task.exe);
            if (*args)
                select_task(console, &task);
            return true;
        }
        last = task.pid;
    }
    return console_error(console, "Inferior ID %" PRIu64 " not known.", wanted);
}

/* ---- functions, the file --------------------------------------------------------------------------------------- */

bool cmd_info_elf(Console *console, const char *format, const char *args)
{
    EmuTask task = {.exe = console->path};
    EmuFileInfo info;
    EmuFileSegment segment;
    EmuFileSection section;
    (void)format, (void)args;
    for (uint32_t i = 0; emu_task(console->emu, i, &task) && task.tid != selected_tid(console); i++)
        continue;
    EmuFile *file = emu_file_open(task.exe);
    if (!file)
        return console_error(console, "Cannot read \"%s\".", task.exe);
    emu_file_info(file, &info);
    fprintf(console->out, "%s: %s, %s, entry 0x%" PRIx64 "%s\nSegments (address, in memory, in the file, rights):\n", task.exe,
            info.format, info.position_independent ? "position-independent" : "at fixed addresses", info.entry,
            info.has_dwarf ? ", with DWARF" : "");
    for (uint32_t i = 0; emu_file_segment(file, i, &segment); i++)
        fprintf(console->out, "  0x%016" PRIx64 " %#10" PRIx64 " %#10" PRIx64 "  %c%c%c\n", segment.address,
                segment.memory_size, segment.file_size, segment.flags & EMU_MAP_READ ? 'r' : '-',
                segment.flags & EMU_MAP_WRITE ? 'w' : '-', segment.flags & EMU_MAP_EXEC ? 'x' : '-');
    fputs("Sections in memory:\n", console->out);
    for (uint32_t i = 0; emu_file_section(file, i, &section); i++)
        if (section.alloc)
            fprintf(console->out, "  0x%016" PRIx64 " %#10" PRIx64 "  %s\n", section.address, section.size, section.name);
    emu_file_close(file);
    return true;
}

/* ---- ptype ----------------------------------------------------------------------------------------------------- */

static void print_enum(Console *console, const Type *type)
{
    EmuMember m;
    int64_t expected = 0;
    fprintf(console->out, "enum %s%s{", type->name, *type->name ? " " : "");
    for (uint32_t i = 0; type->handle && emu_type_member(console->emu, type->handle, i, &m); i++) {
        fprintf(console->out, i ? ", %s" : "%s", m.name);
        if (m.value != expected)
            fprintf(console->out, " = %" PRId64, m.value);
        expected = m.value + 1;
    }
    putc('}', console->out);
}

/* What points to, or consists of, others: those at the end of the chain. */
static const Type *base_of(const Type *type)
{
    while (type->target && (type->kind == EMU_TYPE_POINTER || type->kind == EMU_TYPE_ARRAY || type->kind == EMU_TYPE_CONST ||
                            type->kind == EMU_TYPE_VOLATILE))
        type = type->target;
    return type;
}

/* "struct geo::Circle : public geo::Shape {" */
static void print_title(Console *console, const Type *type)
{
    EmuMember m;
    bool any = false;
    fprintf(console->out, "%s%s", type->kind == EMU_TYPE_UNION ? "union " : "struct ", type->name);
    for (uint32_t i = 0; type->handle && emu_type_member(console->emu, type->handle, i, &m); i++)
        if (m.base) {
            fprintf(console->out, "%s%s", any ? ", " : " : public ", type_from_handle(&console->types, m.type)->name);
            any = true;
        }
    fprintf(console->out, "%s{\n", *type->name ? " " : "");
}

/* Members that have no type name of their own are opened up in place. */
static void print_members(Console *console, const Type *type, int indent)
{
    EmuMember m;
    char text[512];
    if (type->kind == EMU_TYPE_ENUM) {
        print_enum(console, type);
        return;
    }
    print_title(console, type);
    for (uint32_t i = 0; type->handle && emu_type_member(console->emu, type->handle, i, &m); i++) {
        const Type *member = type_from_handle(&console->types, m.type), *base = base_of(member);
        if (m.base)
            continue;
        bool composite = base->kind == EMU_TYPE_STRUCT || base->kind == EMU_TYPE_UNION || base->kind == EMU_TYPE_ENUM;
        type_declare(member, m.name, text, sizeof text);
        const char *rest = strstr(text, "{...}");
        fprintf(console->out, "%*s", indent + 4, "");
        if (composite && !*base->name && rest && indent < 32) {
            print_members(console, base, indent + 4);
            fputs(rest + 5, console->out);
        } else {
            fputs(text, console->out);
        }
        if (m.bit_size)
            fprintf(console->out, " : %" PRIu32, m.bit_size);
        fputs(";\n", console->out);
    }
    fprintf(console->out, "%*s}", indent, "");
}

bool cmd_ptype(Console *console, const char *format, const char *args)
{
    const Type *type;
    Value v;
    char whole[512], base_name[512];
    (void)format;
    if (!expression_type(console, args, &type)) {
        if (!expression_evaluate(console, args, &v))
            return false;
        type = v.reference ? v.reference : v.type;
    }
    type = type_strip(type);
    const Type *base = type;
    while (base->target && (base->kind == EMU_TYPE_POINTER || base->kind == EMU_TYPE_ARRAY || base->kind == EMU_TYPE_TYPEDEF ||
                            base->kind == EMU_TYPE_CONST || base->kind == EMU_TYPE_VOLATILE))
        base = base->target;
    bool members = base->kind == EMU_TYPE_STRUCT || base->kind == EMU_TYPE_UNION || base->kind == EMU_TYPE_ENUM;
    type_name(type, whole, sizeof whole);
    fputs("type = ", console->out);
    if (members && base->rust) {
        rust_print_type(console, console->out, base);
    } else if (members) {
        print_members(console, base, 0);
        type_name(base, base_name, sizeof base_name);
        size_t n = strlen(base_name);
        fputs(strncmp(whole, base_name, n) == 0 ? whole + n : "", console->out); /* " *", " [4]" */
    } else {
        fputs(whole, console->out);
    }
    putc('\n', console->out);
    return true;
}

/* ---- the stack, drawn ------------------------------------------------------------------------------------------ */

/* The local or argument that lies at the address; false: none of this frame's. */
static bool variable_at(Console *console, uint32_t level, uint64_t address, EmuVariable *found)
{
    for (uint32_t i = 0; emu_variable(console->emu, console->tid, frames_id(console, level), i, found); i++) {
        uint64_t size = type_from_handle(&console->types, found->type)->size;
        if (found->place == EMU_AT_ADDRESS && found->value < address + 8 && address < found->value + (size ? size : 1))
            return true;
    }
    return false;
}

/* Which of the caller's registers is kept there; NULL: none. */
static const char *saved_register(const EmuFrame *frame, uint64_t address)
{
    for (int i = 0; i < 16; i++)
        if (frame->saved_at[i] == address)
            return register_names[i];
    return NULL;
}

static void draw_word(Console *console, uint32_t level, uint64_t address, const EmuFrame *frame, uint64_t rsp, uint64_t low)
{
    uint64_t word = 0;
    EmuVariable variable;
    emu_read(console->emu, console_pid(console), address, &word, 8);
    fprintf(console->out, "  0x%016" PRIx64 "  0x%016" PRIx64 "  ", address, word);
    if (address == frame->cfa - 8) {
        fputs("return address", console->out);
        value_print_symbol(console, console->out, word);
    } else if (saved_register(frame, address)) {
        fprintf(console->out, "saved %s", saved_register(frame, address));
    } else if (variable_at(console, level, address, &variable)) {
        fprintf(console->out, "%s%s", variable.name,
                variable.value == address  ? ""
                : variable.value < address ? " (goes on)"
                                           : " (begins inside)");
    }
    if (word >= low && word < rsp)
        fputs("  dangling: points below the stack pointer", console->out);
    putc('\n', console->out);
}

bool cmd_info_stack(Console *console, const char *format, const char *args)
{
    enum { FRAMES = 16, WORDS = 64, RED_ZONE = 128 };
    uint32_t count;
    EmuRegisters r;
    EmuFunction function;
    EmuMapping m;
    const EmuFrame *frames = frames_get(console, &count);
    (void)format, (void)args;
    if (!count || !emu_registers(console->emu, console->tid, &r))
        return console_error(console, "No stack.");
    uint64_t at = r.r[4], low = at - RED_ZONE;
    for (uint32_t i = 0; emu_mapping(console->emu, console_pid(console), i, &m); i++)
        if (at >= m.start && at < m.end)
            low = m.start;
    fprintf(console->out, "  0x%016" PRIx64 "  the red zone: %d bytes that a leaf function may use\nrsp\n", at - RED_ZONE,
            RED_ZONE);
    for (uint32_t i = 0; i < count && i < FRAMES && frames[i].cfa >= at; i++) {
        if (frames[i].cfa == at) /* one frame of memory is several functions', the innermost has been drawn */
            continue;
        bool known = emu_function_at(console->emu, console_pid(console), frames_lookup_pc(&frames[i]), &function);
        uint64_t words = (frames[i].cfa - at) / 8;
        fprintf(console->out, "#%" PRIu32 " %s: %" PRIu64 " bytes\n", i, known ? function.name : "??", frames[i].cfa - at);
        for (uint64_t w = 0; w < words; w++, at += 8) {
            if (words > WORDS && w == WORDS / 2) {
                fprintf(console->out, "  ... %" PRIu64 " bytes ...\n", (words - WORDS) * 8);
                w += words - WORDS;
                at += (words - WORDS) * 8;
            }
            draw_word(console, i, at, &frames[i], r.r[4], low);
        }
        at = frames[i].cfa;
    }
    return true;
}

/* ---- context --------------------------------------------------------------------------------------------------- */

bool cmd_context(Console *console, const char *format, const char *args)
{
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    EmuRegisters r;
    (void)format, (void)args;
    if (!emu_registers(console->emu, console->tid, &r))
        return console_error(console, "The program has no registers now.");
    fputs("---- registers (* changed) ----\n", console->out);
    for (int i = 0; i < 16; i++)
        fprintf(console->out, "%c%-3s 0x%016" PRIx64 "%s", console->has_before && r.r[i] != console->before.r[i] ? '*' : ' ',
                names[i], r.r[i], i % 3 == 2 ? "\n" : "  ");
    char flags[128];
    register_flags_text("eflags", r.rflags, flags, sizeof flags);
    fprintf(console->out, " rip 0x%016" PRIx64 "   eflags %s\n---- code ----\n", r.rip, flags);
    bool good = console_execute(console, "x/5i $pc");
    fputs("---- stack ----\n", console->out);
    good = good && console_execute(console, "telescope $rsp 4");
    fputs("---- frames ----\n", console->out);
    return good && console_execute(console, "backtrace 4");
}

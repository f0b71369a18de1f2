/* What gdb knows besides: the source file, why the program stands, the auxiliary vector, its arguments; and printf. */
#include <ctype.h>
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/expression.h"
#include "ui/console/operate.h"

/* ---- the source file ---- */

/* The line of the selected frame, else of what was listed last. */
static bool current_source(Console *console, EmuSource *source)
{
    uint32_t count = 0;
    uint64_t address;
    int line = 1;
    const EmuFrame *frames = console->running ? frames_get(console, &count) : NULL;
    if (console->frame < count)
        return emu_source_at(console->emu, console_pid(console), frames_lookup_pc(&frames[console->frame]), source);
    return console->list.file && emu_line_addresses(console->emu, 0, console->list.file, &line, &address, 1) &&
           emu_source_at(console->emu, 0, address, source);
}

bool cmd_info_source(Console *console, const char *format, const char *args)
{
    EmuSource source;
    (void)format, (void)args;
    if (!current_source(console, &source)) {
        fputs("No current source file.\n", console->out);
        return true;
    }
    const char *language = source_language(source.file);
    size_t directory = strlen(source.file) - strlen(source.name);
    fprintf(console->out, "Current source file is %s\n", source.name);
    if (directory > 1 && strcmp(source.file + directory, source.name) == 0)
        fprintf(console->out, "Compilation directory is %.*s\n", (int)directory - 1, source.file);
    fprintf(console->out, "Located in %s\n", source.file);
    if (source_lines(console, source.file))
        fprintf(console->out, "Contains %d lines.\n", source_lines(console, source.file));
    if (language)
        fprintf(console->out, "Source language is %s.\n", language);
    EmuUnit unit;
    if (!emu_unit_at(console->emu, console_pid(console), source.start, &unit))
        return true;
    if (unit.producer)
        fprintf(console->out, "Producer is %s.\n", unit.producer);
    fprintf(console->out, "Compiled with DWARF %d debugging format.\n%s preprocessor macro info.\n", unit.version,
            unit.macros ? "Includes" : "Does not include");
    return true;
}

bool cmd_info_program(Console *console, const char *format, const char *args)
{
    EmuTask task = {.pid = 0};
    int pid = console_pid(console), tid;
    (void)format, (void)args;
    if (!pid)
        emu_last_task(console->emu, &pid, &tid);
    for (uint32_t i = 0; emu_task(console->emu, i, &task) && task.pid != pid; i++)
        continue;
    fprintf(console->out, "\tUsing the running image of child process %d.\nProgram stopped at 0x%" PRIx64 ".\n", pid,
            control_pc(console));
    if (console->stopped_by)
        fprintf(console->out, "It stopped at breakpoint %d.\n", console->stopped_by);
    else if (console->stop.kind == EMU_SIGNAL || console->stop.kind == EMU_INTERRUPTED) {
        int signal = console->stop.kind == EMU_SIGNAL ? console->stop.signal : 2;
        char name[32];
        fprintf(console->out, "It stopped at signal %s, %s.\n", signal_label(signal, name, sizeof name),
                signal_description(signal));
    } else {
        fputs("It stopped after being stepped.\n", console->out);
    }
    return true;
}

bool cmd_info_proc(Console *console, const char *format, const char *args)
{
    static const struct { const char *word, *file, *title; bool link; } rows[] = {
        {"cmdline", "/proc/self/cmdline", "cmdline", false},
        {"cwd", "/proc/self/cwd", "cwd", true},
        {"exe", "/proc/self/exe", "exe", true},
        {"status", "/proc/self/status", NULL, false},
        {"stat", "/proc/self/stat", NULL, false},
    };
    EmuOpened file;
    char target[4096];
    int pid = console_pid(console), tid;
    bool known = !*args || strcmp(args, "all") == 0;
    (void)format;
    if (!pid)
        emu_last_task(console->emu, &pid, &tid);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        known |= strcmp(args, rows[i].word) == 0;
    if (!known)
        return console_error(
            console,
            "Too many parameters or a subject that is not known: info proc [cmdline|cwd|exe|mappings|stat|status|all]");
    fprintf(console->out, "process %d\n", pid);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (*args ? strcmp(args, "all") != 0 && strcmp(args, rows[i].word) != 0 : !rows[i].title)
            continue;
        int64_t n = rows[i].link ? emu_readlink(console->emu, pid, rows[i].file, target, sizeof target) : 0;
        if (rows[i].link && n >= 0)
            fprintf(console->out, "%s = '%.*s'\n", rows[i].title, (int)n, target);
        if (rows[i].link || emu_open(console->emu, pid, rows[i].file, &file) != 0)
            continue;
        fputs(rows[i].title ? "cmdline = '" : "", console->out);
        for (uint64_t k = 0; file.text && k < file.size; k++) {
            char c = ((const char *)file.text)[k];
            if (c || k + 1 < file.size)
                putc(c ? c : ' ', console->out);
        }
        fputs(rows[i].title ? "'\n" : "", console->out);
        emu_opened_close(&file);
    }
    return true;
}

/* Programs are static. */
bool cmd_info_sharedlibrary(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    fputs("No shared libraries loaded at this time.\n", console->out);
    return true;
}

/* ---- the auxiliary vector ---- */

typedef enum AuxForm { AUX_HEX, AUX_DECIMAL, AUX_STRING } AuxForm;
static const struct { uint32_t tag; const char *name, *what; AuxForm form; } aux_rows[] = {
    {AT_NULL, "AT_NULL", "End of vector", AUX_HEX},
    {AT_IGNORE, "AT_IGNORE", "Entry should be ignored", AUX_HEX},
    {AT_EXECFD, "AT_EXECFD", "File descriptor of program", AUX_DECIMAL},
    {AT_PHDR, "AT_PHDR", "Program headers for program", AUX_HEX},
    {AT_PHENT, "AT_PHENT", "Size of program header entry", AUX_DECIMAL},
    {AT_PHNUM, "AT_PHNUM", "Number of program headers", AUX_DECIMAL},
    {AT_PAGESZ, "AT_PAGESZ", "System page size", AUX_DECIMAL},
    {AT_BASE, "AT_BASE", "Base address of interpreter", AUX_HEX},
    {AT_FLAGS, "AT_FLAGS", "Flags", AUX_HEX},
    {AT_ENTRY, "AT_ENTRY", "Entry point of program", AUX_HEX},
    {AT_UID, "AT_UID", "Real user ID", AUX_DECIMAL},
    {AT_EUID, "AT_EUID", "Effective user ID", AUX_DECIMAL},
    {AT_GID, "AT_GID", "Real group ID", AUX_DECIMAL},
    {AT_EGID, "AT_EGID", "Effective group ID", AUX_DECIMAL},
    {AT_CLKTCK, "AT_CLKTCK", "Frequency of times()", AUX_DECIMAL},
    {AT_PLATFORM, "AT_PLATFORM", "String identifying platform", AUX_STRING},
    {AT_HWCAP, "AT_HWCAP", "Machine-dependent CPU capability hints", AUX_HEX},
    {AT_SECURE, "AT_SECURE", "Boolean, was exec setuid-like?", AUX_DECIMAL},
    {AT_RANDOM, "AT_RANDOM", "Address of 16 random bytes", AUX_HEX},
    {AT_HWCAP2, "AT_HWCAP2", "Extension of AT_HWCAP", AUX_HEX},
    {AT_EXECFN, "AT_EXECFN", "File name of executable", AUX_STRING},
    {AT_SYSINFO_EHDR, "AT_SYSINFO_EHDR", "System-supplied DSO's ELF header", AUX_HEX},
    {51, "AT_MINSIGSTKSZ", "Minimum stack size for signal delivery", AUX_HEX},
};

static void print_aux(Console *console, uint64_t tag, uint64_t value)
{
    size_t row = 0, rows = sizeof aux_rows / sizeof aux_rows[0];
    while (row < rows && aux_rows[row].tag != tag)
        row++;
    AuxForm form = row < rows ? aux_rows[row].form : AUX_HEX;
    fprintf(console->out, "%-4" PRIu64 " %-20s %-30s ", tag, row < rows ? aux_rows[row].name : "???",
            row < rows ? aux_rows[row].what : "");
    fprintf(console->out, form == AUX_DECIMAL ? "%" PRIu64 : "0x%" PRIx64, value);
    if (form == AUX_STRING) {
        putc(' ', console->out);
        value_print_string(console, console->out, value, 200);
    }
    putc('\n', console->out);
}

bool cmd_info_auxv(Console *console, const char *format, const char *args)
{
    EmuOpened file;
    uint64_t pair[2];
    (void)format, (void)args;
    if (emu_open(console->emu, console_pid(console), "/proc/self/auxv", &file) != 0)
        return console_error(console, "The program has no auxiliary information now.");
    for (uint64_t at = 0; file.text && at + sizeof pair <= file.size; at += sizeof pair) {
        memcpy(pair, (const char *)file.text + at, sizeof pair);
        print_aux(console, pair[0], pair[1]);
    }
    emu_opened_close(&file);
    return true;
}

/* ---- printf ---- */

/* One conversion, from '%' to its letter, with its argument. `text` is behind the comma. */
static bool print_one(Console *console, const char *conversion, size_t length, const char **text)
{
    char spec[32], wide[40];
    Value v;
    char letter = conversion[length - 1];
    size_t digits = 0, most = 0; /* a width of millions would only be a typing mistake */
    for (size_t i = 0; i < length; i++) {
        digits = isdigit((unsigned char)conversion[i]) ? digits + 1 : 0;
        most = digits > most ? digits : most;
    }
    if (most > 3 || length >= sizeof spec || memchr(conversion, '*', length) || !strchr("diouxXcsfFeEgGap", letter))
        return console_error(console, "Bad format string");
    while (isspace((unsigned char)**text) || **text == ',')
        ++*text;
    if (!**text)
        return console_error(console, "Wrong number of arguments for specified format-string");
    if (!expression_prefix(console, text, &v))
        return false;
    size_t plain = 0; /* without h, l, z: the width is ours */
    for (size_t i = 0; i + 1 < length; i++)
        if (!strchr("hlzjtLq", conversion[i]))
            spec[plain++] = conversion[i];
    spec[plain] = 0;
    if (letter == 's') {
        uint64_t address = 0, n = 0;
        if (type_strip(v.type)->kind == EMU_TYPE_ARRAY && v.where == WHERE_NOWHERE)
            return snprintf(wide, sizeof wide, "%ss", spec) > 0 && fprintf(console->out, wide, (const char *)v.bytes) >= 0;
        char string[512] = "";
        if (!operate_address(console, &v, &address))
            return false;
        for (; n < sizeof string - 1 && emu_read(console->emu, console_pid(console), address + n, string + n, 1) == 1 &&
               string[n];
             n++)
            continue;
        string[n] = 0;
        snprintf(wide, sizeof wide, "%ss", spec);
        fprintf(console->out, wide, string);
    } else if (strchr("fFeEgGa", letter)) {
        snprintf(wide, sizeof wide, "%sL%c", spec, letter);
        fprintf(console->out, wide, value_real(&v));
    } else if (letter == 'c') {
        snprintf(wide, sizeof wide, "%sc", spec);
        fprintf(console->out, wide, (int)value_number(&v));
    } else if (letter == 'p') {
        fprintf(console->out, "0x%" PRIx64, value_number(&v));
    } else {
        bool narrow = !memchr(conversion, 'l', length) && !memchr(conversion, 'z', length) && v.type->size <= 4;
        uint64_t n = value_number(&v);
        snprintf(wide, sizeof wide, "%sll%c", spec, letter);
        if (narrow)
            n = strchr("di", letter) ? (uint64_t)(int64_t)(int32_t)n : (uint32_t)n;
        fprintf(console->out, wide, (unsigned long long)n);
    }
    return true;
}

bool cmd_eval(Console *console, const char *format, const char *args)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = console->out, *memory = open_memstream(&text, &size);
    if (!memory)
        return console_error(console, "Out of memory.");
    console->out = memory;
    bool good = cmd_printf(console, format, args);
    console->out = out;
    fclose(memory);
    good = good && console_execute(console, text);
    free(text);
    return good;
}

bool cmd_printf(Console *console, const char *format, const char *args)
{
    (void)format;
    if (*args != '"')
        return console_error(console, "Bad format string");
    const char *end = args + 1;
    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    if (!*end)
        return console_error(console, "Bad format string, non-terminated '\"'");
    const char *rest = end + 1;
    for (const char *p = args + 1; p < end;) {
        char c = *p++;
        if (c == '\\') {
            putc(expression_escape(&p), console->out);
        } else if (c != '%') {
            putc(c, console->out);
        } else if (*p == '%') {
            putc(*p++, console->out);
        } else {
            size_t n = strspn(p, "-+ #0123456789.hlzjtLq*");
            if (p + n >= end || !print_one(console, p - 1, n + 2, &rest))
                return console->failed ? false : console_error(console, "Bad format string");
            p += n + 1;
        }
    }
    return true;
}

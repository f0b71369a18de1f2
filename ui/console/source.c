/* Source files, locations, and the lines of both. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/expression.h"
#include "ui/console/registers.h"

typedef struct SourceFile {
    struct SourceFile *next;
    char *path, **lines; /* NULL-terminated; NULL: unreadable */
    int count;
} SourceFile;

static void read_lines(SourceFile *file)
{
    FILE *in = fopen(file->path, "re");
    char *line = NULL;
    size_t capacity = 0;
    ssize_t n;
    while (in && (n = getline(&line, &capacity, in)) >= 0) {
        char **grown = realloc(file->lines, ((size_t)file->count + 2) * sizeof *grown);
        if (!grown)
            break;
        if (n && line[n - 1] == '\n')
            line[n - 1] = 0;
        file->lines = grown;
        file->lines[file->count++] = strdup(line);
    }
    free(line);
    if (in)
        fclose(in);
}

static SourceFile *open_source(Console *console, const char *path)
{
    for (SourceFile *f = console->sources; f; f = f->next)
        if (strcmp(f->path, path) == 0)
            return f;
    SourceFile *file = calloc(1, sizeof *file);
    if (!file || !(file->path = strdup(path))) {
        free(file);
        return NULL;
    }
    read_lines(file);
    file->next = console->sources;
    console->sources = file;
    return file;
}

void source_forget(Console *console)
{
    while (console->sources) {
        SourceFile *f = console->sources;
        console->sources = f->next;
        for (int i = 0; i < f->count; i++)
            free(f->lines[i]);
        free(f->lines);
        free(f->path);
        free(f);
    }
    free(console->list.file);
    console->list.file = NULL;
}

static void remember(Console *console, const char *file, int line)
{
    char *copy = strdup(file);
    free(console->list.file);
    console->list.file = copy;
    console->list.line = line;
    console->list.listed = false;
}

bool source_print_line(Console *console, const char *path, int line)
{
    SourceFile *file = open_source(console, path);
    remember(console, path, line);
    if (!file || line < 1 || line > file->count)
        return false;
    fprintf(console->out, "%d\t%s\n", line, file->lines[line - 1]);
    return true;
}

/* ---- locations ------------------------------------------------------------------------------------------------ */

/* The file that a bare line number means: the one listed or stopped in last, else main's. */
static bool default_file(Console *console, char *file, size_t size)
{
    EmuSymbol symbol;
    EmuSource source;
    if (console->list.file) {
        snprintf(file, size, "%s", console->list.file);
        return true;
    }
    if (emu_symbol_named(console->emu, console_pid(console), "main", &symbol) &&
        emu_source_at(console->emu, console_pid(console), symbol.address, &source)) {
        snprintf(file, size, "%s", source.file);
        return true;
    }
    return console_error(console, "No symbol table is loaded.  Use the \"file\" command.");
}

static bool locate_line(Console *console, const char *file, int line, uint64_t *addresses, uint32_t capacity, uint32_t *count)
{
    int found = line;
    EmuFunction function;
    *count = emu_line_addresses(console->emu, console_pid(console), file, &found, addresses, capacity);
    if (*count == 0 && console->list.file && strcmp(file, console->list.file) == 0)
        return console_error(console, "No line %d in the current file.", line);
    if (*count == 0)
        return console_error(console, "No line %d in file \"%s\".", line, file);
    for (uint32_t i = 0; i < *count; i++) /* a function's first line: behind its prologue */
        if (emu_function_at(console->emu, console_pid(console), addresses[i], &function) && function.start == addresses[i])
            addresses[i] = function.body;
    return true;
}

static bool is_number(const char *text) { return *text && strspn(text, "0123456789") == strlen(text); }

/* "over(int)", or a name that only the symbol table has: as the language writes it. */
static bool plain_named(Console *console, const char *text, uint64_t *addresses, uint32_t capacity, uint32_t *count)
{
    EmuSymbol symbol;
    EmuFunction function;
    size_t n = strlen(text);
    uint64_t before = 0;
    for (uint32_t i = 0; *count < capacity && emu_symbol(console->emu, console_pid(console), i, &symbol); i++) {
        if (!symbol.function || symbol.name[0] != '_' || symbol.address == before)
            continue;
        const char *plain = emu_plain_name(console->emu, console_pid(console), symbol.name);
        bool fits = plain != symbol.name && strncmp(plain, text, n) == 0 && (!plain[n] || plain[n] == '(' || plain[n] == '<');
        if (!fits)
            continue;
        before = symbol.address;
        addresses[(*count)++] =
            emu_function_at(console->emu, console_pid(console), symbol.address, &function) ? function.body : symbol.address;
    }
    return *count > 0;
}

/* Where to stop in a function that begins there: behind its prologue; where it is inlined, at the first whole line. */
static uint64_t body_of(Console *console, uint64_t address)
{
    EmuFunction function;
    EmuSource source;
    if (emu_function_at(console->emu, console_pid(console), address, &function) && function.start == address)
        return function.body;
    bool middle = emu_source_at(console->emu, console_pid(console), address, &source) && source.start != address;
    return middle && source.end < function.end ? source.end : address;
}

bool source_location(Console *console, const char *text, uint64_t *addresses, uint32_t capacity, uint32_t *count)
{
    char file[512];
    EmuSymbol symbol;
    EmuFunction function;
    *count = 1;
    if (!console->emu)
        return console_error(console, "No symbol table is loaded.  Use the \"file\" command.");
    if (!*text) {
        uint32_t frames;
        const EmuFrame *frame = console->running ? frames_get(console, &frames) : NULL;
        if (!frame || console->frame >= frames)
            return console_error(console, "No default breakpoint address now.");
        addresses[0] = frame[console->frame].pc;
        return true;
    }
    if (*text == '*')
        return expression_address(console, text + 1, &addresses[0]);
    const char *colon = strrchr(text, ':');
    if (colon && is_number(colon + 1)) {
        snprintf(file, sizeof file, "%.*s", (int)(colon - text), text);
        return locate_line(console, file, atoi(colon + 1), addresses, capacity, count);
    }
    bool relative = *text == '+' && is_number(text + 1);
    if (is_number(text) || relative)
        return default_file(console, file, sizeof file) &&
               locate_line(console, file, atoi(text) + (relative ? console->list.line : 0), addresses, capacity, count);
    if (colon && colon > text && colon[-1] != ':' && emu_symbol_named(console->emu, console_pid(console), colon + 1, &symbol) &&
        symbol.function)
        text = colon + 1; /* FILE:FUNCTION */
    if (!emu_symbol_named(console->emu, console_pid(console), text, &symbol) || !symbol.function) {
        *count = emu_functions_named(console->emu, console_pid(console), text, addresses, capacity);
        for (uint32_t i = 0; i < *count; i++)
            addresses[i] = body_of(console, addresses[i]);
        if (*count || plain_named(console, text, addresses, capacity, count))
            return true;
        return emu_symbol(console->emu, console_pid(console), 0, &symbol)
               ? console_error(console, "Function \"%s\" not defined.", text)
               : console_error(console, "No symbol table is loaded.  Use the \"file\" command.");
    }
    addresses[0] =
        emu_function_at(console->emu, console_pid(console), symbol.address, &function) ? function.body : symbol.address;
    return true;
}

const char *source_language(const char *file)
{
    static const struct {
        const char *suffix, *language;
    } known[] = {{".c", "c"},     {".rs", "rust"}, {".S", "asm"},   {".s", "asm"},
                 {".asm", "asm"}, {".cc", "c++"},  {".cpp", "c++"}, {".cxx", "c++"}};
    const char *dot = strrchr(file, '.');
    for (size_t i = 0; dot && i < sizeof known / sizeof known[0]; i++)
        if (strcmp(dot, known[i].suffix) == 0)
            return known[i].language;
    return NULL;
}

int source_lines(Console *console, const char *path)
{
    const SourceFile *file = open_source(console, path);
    return file ? file->count : 0;
}

/* ---- list, info line, info symbol ------------------------------------------------------------------------------ */

/* The listed file as the compiler was given it. */
static const char *file_title(Console *console)
{
    uint64_t address;
    EmuSource source;
    int line = 1;
    if (emu_line_addresses(console->emu, console_pid(console), console->list.file, &line, &address, 1) &&
        emu_source_at(console->emu, console_pid(console), address, &source) && strcmp(source.file, console->list.file) == 0)
        return source.name;
    return console->list.file;
}

static bool list_range(Console *console, int first, int last)
{
    SourceFile *file = console->list.file ? open_source(console, console->list.file) : NULL;
    if (!console->list.file)
        return console_error(console, "No symbol table is loaded.  Use the \"file\" command.");
    if (!file || !file->count)
        return console_error(console, "%s: No such file or directory.", console->list.file);
    if (first > file->count)
        return console_error(console, "Line number %d out of range; %s has %d lines.", first, file_title(console), file->count);
    first = first < 1 ? 1 : first;
    for (int i = first; i <= last && i <= file->count; i++)
        fprintf(console->out, "%d\t%s\n", i, file->lines[i - 1]);
    console->list.first = first;
    console->list.line = (last < file->count ? last : file->count) + 1;
    console->list.listed = true;
    return true;
}

/* The file as the program's lines name it becomes the one that is listed. */
static bool remember_file(Console *console, const char *file)
{
    uint64_t address;
    EmuSource source;
    int line = 1;
    if (!emu_line_addresses(console->emu, console_pid(console), file, &line, &address, 1) ||
        !emu_source_at(console->emu, console_pid(console), address, &source))
        return console_error(console, "No source file named %s.", file);
    remember(console, source.file, source.line);
    return true;
}

/* The line that a location means, whether it has code or not; its file becomes the listed one. */
static bool line_of(Console *console, const char *text, int *line)
{
    char file[512];
    uint64_t addresses[64];
    uint32_t count;
    EmuSource source;
    EmuFunction function;
    const char *colon = strrchr(text, ':');
    if (colon && is_number(colon + 1)) {
        snprintf(file, sizeof file, "%.*s", (int)(colon - text), text);
        *line = atoi(colon + 1);
        return remember_file(console, file);
    }
    if (is_number(text)) {
        *line = atoi(text);
        return true;
    }
    if ((*text == '+' || *text == '-') && is_number(text + 1)) {
        *line = (console->list.listed ? console->list.line - 1 : console->list.line) + atoi(text);
        return true;
    }
    if (!source_location(console, text, addresses, 64, &count))
        return false;
    if (emu_function_at(console->emu, console_pid(console), addresses[0], &function) && function.body == addresses[0])
        addresses[0] = function.start;
    if (!emu_source_at(console->emu, console_pid(console), addresses[0], &source))
        return console_error(console, "No line number information for \"%s\".", text);
    remember(console, source.file, source.line);
    *line = source.line;
    return true;
}

/* FIRST,LAST; FIRST, (ten lines from there); ,LAST (ten lines up to there). Both may be any location. */
static bool list_between(Console *console, const char *args, const char *comma)
{
    char first_text[512];
    const char *last_text = comma + 1 + strspn(comma + 1, " \t");
    int size = console->settings.list_size, first = 0, last = 0;
    snprintf(first_text, sizeof first_text, "%.*s", (int)(comma - args), args);
    for (size_t n = strlen(first_text); n && isspace((unsigned char)first_text[n - 1]); n--)
        first_text[n - 1] = 0;
    if ((*first_text && !line_of(console, first_text, &first)) || (*last_text && !line_of(console, last_text, &last)))
        return false;
    first = *first_text ? first : last - size + 1;
    return list_range(console, first, *last_text ? last : first + size - 1);
}

/* Where `list' without a place begins: the file that was looked at last, else main's. */
static bool begin_list(Console *console)
{
    char file[512];
    EmuSymbol symbol;
    EmuFunction function;
    EmuSource source;
    if (console->list.file)
        return true;
    if (!console->emu)
        return console_error(console, "No symbol table is loaded.  Use the \"file\" command.");
    if (!default_file(console, file, sizeof file))
        return false;
    int around = 1, size = console->settings.list_size;
    if (emu_symbol_named(console->emu, console_pid(console), "main", &symbol) &&
        emu_function_at(console->emu, console_pid(console), symbol.address, &function) &&
        emu_source_at(console->emu, console_pid(console), function.body, &source))
        around = source.line > size ? source.line - size + 1 : 1; /* as gdb: main's first lines are the last that are shown */
    remember(console, file, around);
    return true;
}

/* list *ADDRESS says first what lies there. */
static void say_where(Console *console, const char *text)
{
    uint64_t address;
    EmuSource source;
    EmuFunction function;
    if (expression_address(console, text, &address) && emu_source_at(console->emu, console_pid(console), address, &source) &&
        emu_function_at(console->emu, console_pid(console), address, &function))
        fprintf(console->out, "0x%" PRIx64 " is in %s (%s:%d).\n", address, function.name, source.name, source.line);
}

bool cmd_list(Console *console, const char *format, const char *args)
{
    int size = console->settings.list_size, around = 0;
    (void)format;
    bool named = *args && strcmp(args, "-") != 0 && *args != ',' && !isdigit((unsigned char)*args) && *args != '+';
    if (!named && !begin_list(console))
        return false;
    if ((!*args || strcmp(args, "+") == 0) && console->list.listed)
        return list_range(console, console->list.line, console->list.line + size - 1);
    if (strcmp(args, "-") == 0) {
        int last = (console->list.listed ? console->list.first : console->list.line - size / 2) - 1;
        return last < 1 ? console_error(console, "Already at the start of %s.", file_title(console))
                        : list_range(console, last - size + 1, last);
    }
    const char *comma = strchr(args, ',');
    if (comma && !strchr(args, '<'))
        return list_between(console, args, comma);
    if (!*args || strcmp(args, "+") == 0)
        around = console->list.line;
    else if (!line_of(console, args, &around))
        return false;
    if (*args == '*')
        say_where(console, args + 1);
    int first = around - size / 2 < 1 ? 1 : around - size / 2;
    return list_range(console, first, first + size - 1);
}

/* "info line 30", "info line f.c:30": the line that is asked for; 0: another kind of place. */
static int asked_line(const char *args)
{
    const char *colon = strrchr(args, ':'), *number = colon ? colon + 1 : args;
    return *args != '*' && is_number(number) ? atoi(number) : 0;
}

static void print_place(Console *console, const char *before, uint64_t address)
{
    fprintf(console->out, "%s0x%" PRIx64, before, address);
    value_print_symbol(console, console->out, address);
}

/* Without a place: the line that was listed or stopped at last. */
static bool line_place(Console *console, const char *args, uint64_t *address, int *wanted)
{
    uint64_t addresses[64];
    uint32_t count;
    EmuFunction function;
    char here[24];
    *wanted = asked_line(args);
    if (!*args && console->list.file) {
        *wanted = console->list.listed ? console->list.first : console->list.line;
        snprintf(here, sizeof here, "%d", *wanted);
        args = here;
    }
    if (!source_location(console, args, addresses, 64, &count))
        return false;
    EmuSource body;
    bool at_body = *args != '*' &&
        emu_function_at(console->emu, console_pid(console), addresses[0], &function) && function.body == addresses[0];
    bool own_line = at_body && emu_source_at(console->emu, console_pid(console), function.body, &body) && body.line == *wanted;
    if (at_body && !own_line) /* the function is meant, not the line that its body begins with */
        addresses[0] = function.start;
    *address = addresses[0];
    return true;
}

bool cmd_info_line(Console *console, const char *format, const char *args)
{
    uint64_t address;
    int wanted;
    EmuSource source;
    (void)format;
    if (!line_place(console, args, &address, &wanted))
        return false;
    bool known = emu_source_at(console->emu, console_pid(console), address, &source);
    console_set_examined(console, type_builtin(TYPE_VOID), known ? source.start : address);
    if (!known) {
        print_place(console, "No line number information available for address ", address);
        putc('\n', console->out);
        return true;
    }
    if (wanted && source.line > wanted) {
        fprintf(console->out, "Line %d of \"%s\"", wanted, source.name);
        print_place(console, " is at address ", address);
        fputs(" but contains no code.\n", console->out);
        return true;
    }
    fprintf(console->out, "Line %d of \"%s\"", source.line, source.name);
    print_place(console, " starts at address ", source.start);
    print_place(console, " and ends at ", source.end);
    fputs(".\n", console->out);
    return true;
}

/* The file of the selected process's program. */
static const char *program_of(Console *console)
{
    EmuTask task;
    int pid = console_pid(console), tid;
    if (!pid)
        emu_last_task(console->emu, &pid, &tid);
    for (uint32_t i = 0; emu_task(console->emu, i, &task); i++)
        if (task.pid == pid)
            return task.exe;
    return console->path;
}

/* The section of the program's file that the address lies in; "" when there is none. */
static void section_of(Console *console, uint64_t address, char *name, size_t size)
{
    EmuFileSection section;
    EmuFile *file = emu_file_open(program_of(console));
    name[0] = 0;
    for (uint32_t i = 0; file && emu_file_section(file, i, &section); i++)
        if (section.alloc && address - section.address < section.size)
            snprintf(name, size, "%s", section.name);
    emu_file_close(file);
}

/* ---- search ------------------------------------------------------------------------------------------------------ */

/* The next line that matches, forth or back from the one that was listed last. */
static bool search(Console *console, const char *pattern, int step)
{
    regex_t regex;
    if (!begin_list(console))
        return false;
    SourceFile *file = open_source(console, console->list.file);
    int line = console->list.line + (step > 0 ? !console->list.listed : console->list.listed ? -2 : -1);
    if (!file || regcomp(&regex, pattern, REG_NOSUB) != 0)
        return console_error(console, file ? "Invalid regexp: %s" : "Out of memory.", pattern);
    while (line >= 1 && line <= file->count && regexec(&regex, file->lines[line - 1], 0, NULL, 0) != 0)
        line += step;
    regfree(&regex);
    if (line < 1 || line > file->count)
        return console_error(console, "Expression not found");
    return list_range(console, line, line);
}

bool cmd_search(Console *console, const char *format, const char *args)
{
    (void)format;
    return search(console, args, 1);
}

bool cmd_reverse_search(Console *console, const char *format, const char *args)
{
    (void)format;
    return search(console, args, -1);
}

bool cmd_info_symbol(Console *console, const char *format, const char *args)
{
    uint64_t address;
    EmuSymbol symbol;
    char section[64];
    (void)format;
    if (!expression_address(console, args, &address))
        return false;
    if (!console->emu || !emu_symbol_at(console->emu, console_pid(console), address, &symbol)) {
        fprintf(console->out, "No symbol matches %s.\n", args);
        return true;
    }
    section_of(console, address, section, sizeof section);
    fputs(emu_plain_name(console->emu, console_pid(console), symbol.name), console->out);
    if (address != symbol.address)
        fprintf(console->out, " + %" PRIu64, address - symbol.address);
    if (*section)
        fprintf(console->out, " in section %s", section);
    if (*section && console->stops) /* beside the vDSO: gdb says it where there are several files */
        fprintf(console->out, " of %s", program_of(console));
    putc('\n', console->out);
    return true;
}

/* A variable of the selected frame, where DWARF tells of it. */
static bool frame_variable_address(Console *console, const char *name)
{
    EmuVariable v;
    uint32_t count = 0;
    const EmuFrame *frames = console->running ? frames_get(console, &count) : NULL;
    if (!emu_variable_named(console->emu, console->tid, frames_id(console, console->frame), name, &v))
        return false;
    if (v.place == EMU_IN_REGISTER)
        fprintf(console->out, "Symbol \"%s\" is a variable in $%s.\n", name, register_names[v.reg & 15]);
    else if (v.place != EMU_AT_ADDRESS)
        fprintf(console->out, "Symbol \"%s\" is optimized out.\n", name);
    else if (console->frame < count &&
             v.value - frames[console->frame].r[4] < frames[console->frame].cfa - frames[console->frame].r[4])
        fprintf(console->out, "Symbol \"%s\" is a variable at frame base reg $rbp offset 16+%" PRId64 ".\n", name,
                (int64_t)(v.value - frames[console->frame].cfa));
    else
        fprintf(console->out, "Symbol \"%s\" is static storage at address 0x%" PRIx64 ".\n", name, v.value);
    return true;
}

bool cmd_info_address(Console *console, const char *format, const char *args)
{
    EmuSymbol symbol;
    EmuFunction function;
    (void)format;
    if (console->emu && frame_variable_address(console, args))
        return true;
    if (!console->emu || !emu_symbol_named(console->emu, console_pid(console), args, &symbol))
        return console_error(console, "No symbol \"%s\" in current context.", args);
    bool described =
        symbol.function && emu_function_at(console->emu, console_pid(console), symbol.address, &function) && function.has_lines;
    fprintf(console->out,
            described ? "Symbol \"%s\" is a function at address 0x%" PRIx64 ".\n"
                      : "Symbol \"%s\" is at 0x%" PRIx64 " in a file compiled without debugging.\n",
            args, symbol.address);
    return true;
}

/* What the program declares: functions, variables, types and files by name, the variables of a scope; breakpoints on many
 * functions. */
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu_file.h"
#include "ui/console/command.h"
#include "ui/console/registers.h"

/* ---- a sorted list of declarations -------------------------------------------------------------------------------- */

typedef struct Listing {
    regex_t *regex; /* NULL: all */
    EmuDeclaration *all;
    size_t count, capacity;
} Listing;

static void take_declaration(void *context, const EmuDeclaration *d)
{
    Listing *list = context;
    if (list->regex && regexec(list->regex, d->name, 0, NULL, 0) != 0)
        return;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 256;
        EmuDeclaration *grown = realloc(list->all, capacity * sizeof *grown);
        if (!grown)
            return;
        list->all = grown;
        list->capacity = capacity;
    }
    list->all[list->count++] = *d;
}

/* By file, then by name. */
static int in_order(const void *a, const void *b)
{
    const EmuDeclaration *x = a, *y = b;
    int files = strcmp(x->file ? x->file : "\377", y->file ? y->file : "\377"),
        names = files ? files : strcmp(type_short_name(x->name), type_short_name(y->name));
    return names ? names : x->line - y->line;
}

static const char *tag_of(const Type *type)
{
    return type->kind == EMU_TYPE_STRUCT  ? "struct "
           : type->kind == EMU_TYPE_UNION ? "union "
           : type->kind == EMU_TYPE_ENUM  ? "enum "
                                          : "";
}

static void print_declaration(Console *console, EmuDeclared what, const EmuDeclaration *d)
{
    char text[1024];
    const Type *type = type_from_handle(&console->types, d->type);
    if (d->line)
        fprintf(console->out, "%d:", d->line);
    putc('\t', console->out);
    if (what != EMU_TYPES) {
        type_declare(type, d->name, text, sizeof text);
        fprintf(console->out, "%s%s;\n", d->is_static ? "static " : "", text);
    } else if (type->kind == EMU_TYPE_TYPEDEF) {
        type_declare(type->target, d->name, text, sizeof text);
        fprintf(console->out, "typedef %s;\n", text);
    } else {
        bool composite = *tag_of(type) != 0;
        fprintf(console->out, "%s%s%s\n", type->plain ? tag_of(type) : "", composite ? d->name : type_short_name(d->name),
                composite ? ";" : "");
    }
}

/* Those that only the symbol table knows. */
static void print_symbols(Console *console, EmuDeclared what, const regex_t *regex)
{
    EmuSymbol symbol;
    EmuFunction function;
    uint64_t handle;
    bool any = false;
    for (uint32_t i = 0; emu_symbol(console->emu, console_pid(console), i, &symbol); i++) {
        const char *name = emu_plain_name(console->emu, console_pid(console), symbol.name);
        if (symbol.function != (what == EMU_FUNCTIONS) || (regex && regexec(regex, name, 0, NULL, 0) != 0))
            continue;
        bool described = symbol.function ? emu_function_at(console->emu, console_pid(console), symbol.address, &function) &&
                                               function.has_lines
                                         : console_global_type(console, symbol.name, &handle);
        if (described)
            continue;
        fprintf(console->out, "%s0x%016" PRIx64 "  %s\n", any ? "" : "\nNon-debugging symbols:\n", symbol.address, name);
        any = true;
    }
}

bool console_global_type(Console *console, const char *name, uint64_t *handle)
{
    EmuVariable v;
    bool found = emu_variable_named(console->emu, console->tid, frames_id(console, console->frame), name, &v);
    *handle = found ? v.type : 0;
    return found;
}

static void print_listing(Console *console, EmuDeclared what, const Listing *list)
{
    const char *file = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const EmuDeclaration *d = &list->all[i], *before = i ? d - 1 : NULL;
        if (before && in_order(before, d) == 0)
            continue;
        if (d->file && (!file || strcmp(file, d->file) != 0))
            fprintf(console->out, "\nFile %s:\n", file = d->file);
        print_declaration(console, what, d);
    }
}

/* `args`: a regular expression into `regex`, or nothing. */
static bool take_regex(Console *console, const char *args, regex_t *regex)
{
    bool good = console->emu && (!*args || regcomp(regex, args, REG_NOSUB | REG_EXTENDED) == 0);
    return good || console_error(console, "Invalid regexp: %s", args);
}

static bool list_declared(Console *console, EmuDeclared what, const char *plural, const char *args)
{
    regex_t regex;
    if (strncmp(args, "-q", 2) == 0)
        args += 2 + strspn(args + 2, " ");
    Listing list = {.regex = *args ? &regex : NULL};
    if (!take_regex(console, args, &regex))
        return false;
    if (*args)
        fprintf(console->out, "All %s matching regular expression \"%s\":\n", plural, args);
    else
        fprintf(console->out, "All defined %s:\n", plural);
    emu_declarations(console->emu, console_pid(console), what, take_declaration, &list);
    if (list.count)
        qsort(list.all, list.count, sizeof *list.all, in_order);
    print_listing(console, what, &list);
    if (what != EMU_TYPES)
        print_symbols(console, what, list.regex);
    free(list.all);
    if (*args)
        regfree(&regex);
    return true;
}

bool cmd_info_functions(Console *console, const char *format, const char *args)
{
    (void)format;
    return list_declared(console, EMU_FUNCTIONS, "functions", args);
}

bool cmd_info_variables(Console *console, const char *format, const char *args)
{
    (void)format;
    return list_declared(console, EMU_VARIABLES, "variables", args);
}

bool cmd_info_types(Console *console, const char *format, const char *args)
{
    (void)format;
    return list_declared(console, EMU_TYPES, "types", args);
}

/* ---- files -------------------------------------------------------------------------------------------------------- */

bool cmd_info_sources(Console *console, const char *format, const char *args)
{
    regex_t regex;
    Listing list = {.regex = *args ? &regex : NULL};
    bool any = false;
    (void)format;
    if (!take_regex(console, args, &regex))
        return false;
    emu_declarations(console->emu, console_pid(console), EMU_FILES, take_declaration, &list);
    fprintf(console->out, "%s:\n\n", console->path);
    for (size_t i = 0; i < list.count; i++) {
        size_t same = 0;
        while (strcmp(list.all[same].name, list.all[i].name) != 0)
            same++;
        if (same < i)
            continue;
        fprintf(console->out, "%s%s", any ? ", " : "", list.all[i].name);
        any = true;
    }
    fputs(any ? "\n" : "No source files: the program has no DWARF.\n", console->out);
    free(list.all);
    if (*args)
        regfree(&regex);
    return true;
}

bool cmd_info_files(Console *console, const char *format, const char *args)
{
    EmuFileInfo info;
    EmuFileSection section;
    (void)format, (void)args;
    EmuFile *file = emu_file_open(console->path);
    if (!file)
        return console_error(console, "Cannot read \"%s\".", console->path);
    emu_file_info(file, &info);
    fprintf(console->out,
            "Symbols from \"%s\".\nLocal exec file:\n\t`%s', file type elf64-x86-64.\n\tEntry point: 0x%" PRIx64 "\n",
            console->path, console->path, info.entry);
    for (uint32_t i = 0; emu_file_section(file, i, &section); i++)
        if (section.alloc)
            fprintf(console->out, "\t0x%016" PRIx64 " - 0x%016" PRIx64 " is %s\n", section.address,
                    section.address + section.size, section.name);
    emu_file_close(file);
    return true;
}

/* ---- a scope ------------------------------------------------------------------------------------------------------ */

static void print_scope_variable(Console *console, const EmuVariable *v)
{
    const Type *type = type_from_handle(&console->types, v->type);
    fprintf(console->out, "Symbol %s is ", v->name);
    if (v->place == EMU_IN_REGISTER)
        fprintf(console->out, "a variable in $%s", register_names[v->reg & 15]);
    else if (v->place == EMU_AS_VALUE)
        fprintf(console->out, "the constant %" PRId64, (int64_t)v->value);
    else if (v->place == EMU_NOWHERE)
        fputs("optimized out here", console->out);
    else if (v->reg == -1)
        fprintf(console->out, "static storage at address 0x%" PRIx64, v->value);
    else if (v->reg == -2)
        fprintf(console->out, "a variable at frame base CFA%+" PRId64, (int64_t)v->value);
    else
        fprintf(console->out, "a variable at frame base reg $%s offset 0%+" PRId64, register_names[v->reg & 15],
                (int64_t)v->value);
    fprintf(console->out, ", length %" PRIu64 ".\n", type->size);
}

bool cmd_info_scope(Console *console, const char *format, const char *args)
{
    uint64_t addresses[64];
    uint32_t count, i = 0;
    EmuVariable v;
    (void)format;
    if (!source_location(console, args, addresses, 64, &count))
        return false;
    for (; emu_scope_variable(console->emu, console_pid(console), addresses[0], i, &v); i++) {
        if (i == 0)
            fprintf(console->out, "Scope for %s:\n", args);
        print_scope_variable(console, &v);
    }
    if (i == 0)
        fprintf(console->out, "Scope for %s contains no locals or arguments.\n", args);
    return true;
}

/* ---- breakpoints on many functions -------------------------------------------------------------------------------- */

bool cmd_rbreak(Console *console, const char *format, const char *args)
{
    regex_t regex;
    EmuSymbol symbol;
    EmuFunction function;
    char text[1024], place[32];
    uint64_t before = 0;
    bool good = true;
    (void)format;
    if (!console->emu || regcomp(&regex, args, REG_NOSUB) != 0)
        return console_error(console, "Invalid regexp: %s", args);
    for (uint32_t i = 0; good && emu_symbol(console->emu, console_pid(console), i, &symbol); i++) {
        bool known = emu_function_at(console->emu, console_pid(console), symbol.address, &function);
        const char *name = known && function.has_lines ? function.name : symbol.name;
        if (!symbol.function || symbol.address == before || regexec(&regex, name, 0, NULL, 0) != 0)
            continue;
        before = symbol.address;
        snprintf(place, sizeof place, "*0x%" PRIx64, known ? function.body : symbol.address);
        good = cmd_break(console, "", place);
        if (known && function.signature)
            type_declare(type_from_handle(&console->types, function.signature), name, text, sizeof text);
        else
            snprintf(text, sizeof text, "<function, no debug info> %s", name);
        fprintf(console->out, "%s;\n", text);
    }
    regfree(&regex);
    return good;
}

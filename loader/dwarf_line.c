/* The line table: addresses to lines, and lines to addresses. */
#include "loader/dwarf.h"

#ifdef HAVE_LIBDW
#include <stdlib.h>

#include "loader/libdw.h"

typedef struct Row {
    u64 address;
    int line;
    bool statement, end, prologue_end;
} Row;

static bool row_at(Dwarf_Lines *lines, size_t index, Row *row)
{
    Dwarf_Line *line = dw.dwarf_onesrcline(lines, index);
    Dwarf_Addr address;
    if (!line || dw.dwarf_lineaddr(line, &address) || dw.dwarf_lineno(line, &row->line))
        return false;
    row->address = address;
    dw.dwarf_linebeginstatement(line, &row->statement);
    dw.dwarf_lineendsequence(line, &row->end);
    dw.dwarf_lineprologueend(line, &row->prologue_end);
    return true;
}

/* The last row at or below `address`, if its sequence reaches that far. libdw sorts rows by address. */
static bool find_row(Dwarf_Lines *lines, size_t count, u64 address, size_t *index)
{
    size_t low = 0, high = count;
    Row row;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (row_at(lines, middle, &row) && row.address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    *index = low - 1;
    return low > 0 && row_at(lines, low - 1, &row) && !row.end;
}

static const char *function_name(DebugInfo *info, u64 address)
{
    Dwarf_Die *scopes;
    const char *name = NULL;
    int count = libdw_scopes(info, address, &scopes);
    for (int i = 0; i < count && !name; i++) {
        int tag = dw.dwarf_tag(&scopes[i]);
        if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine)
            name = libdw_whole_name(info, scopes, count, i);
    }
    free(scopes);
    return name;
}

/* Does the row count as the start of a line? gdb drops rows that repeat the line before them once one of that run has had a
 * discriminator (the parts of a `for` line), and so do we, to stop where it stops. */
static bool row_counts(Dwarf_Lines *lines, size_t index)
{
    Row row, previous;
    unsigned discriminator = 0;
    bool any = false;
    if (!row_at(lines, index, &row))
        return false;
    if (index && !row.statement && row_at(lines, index - 1, &previous) && previous.line == row.line && !previous.end)
        return false; /* LLVM's: the line goes on, and nobody should stop here */
    for (size_t i = index;; i--) {
        dw.dwarf_linediscriminator(dw.dwarf_onesrcline(lines, i), &discriminator);
        any |= discriminator != 0;
        if (i == 0 || !row_at(lines, i - 1, &previous) || previous.line != row.line || previous.end)
            return i == index || !any;
    }
}

static const char *compiler_directory(DebugInfo *info)
{
    Dwarf_Attribute attribute;
    return dw.dwarf_formstring(dw.dwarf_attr(&info->unit, DW_AT_comp_dir, &attribute));
}

const char *libdw_given_name(DebugInfo *info, const char *path)
{
    const char *directory = compiler_directory(info);
    size_t n = directory ? strlen(directory) : 0;
    return n && strncmp(path, directory, n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

bool dwarf_source_at(DebugInfo *info, u64 address, DwarfSource *source)
{
    Dwarf_Lines *lines;
    size_t count, index;
    Row row, next;
    if (!libdw_find_unit(info, address) || dw.dwarf_getsrclines(&info->unit, &lines, &count) ||
        !find_row(lines, count, address, &index) || !row_at(lines, index, &row))
        return false;
    while (index > 0 && !row.statement && row_at(lines, index - 1, &next) &&
           next.address == row.address) { /* of rows at one address, */
        index--; /* the last statement */
        row = next;
    }
    while (index > 0 && !row_counts(lines, index))
        index--;
    if (!row_at(lines, index, &row))
        return false;
    Dwarf_Line *line = dw.dwarf_onesrcline(lines, index);
    *source = (DwarfSource){.file = dw.dwarf_linesrc(line, NULL, NULL),
                            .line = row.line,
                            .start = row.address,
                            .end = row.address,
                            .statement = row.statement};
    for (size_t i = index + 1; i < count && row_at(lines, i, &next); i++)
        if (next.address > address && (next.end || row_counts(lines, i))) {
            source->end = next.address;
            break;
        }
    source->directory = compiler_directory(info);
    if (source->file)
        source->name = libdw_given_name(info, source->file);
    dw.dwarf_linecol(line, &source->column);
    source->function = function_name(info, address);
    return source->file != NULL;
}

/* ---- from lines to addresses ---------------------------------------------------------------------------------- */

typedef struct LineSearch {
    const char *file;
    int wanted, best;   /* best: the least line that is wanted or behind it and has code; 0: none so far */
    u64 *addresses;
    u32 count, capacity;
} LineSearch;

/* Does `path` end with `file`, whole parts of the path? */
static bool same_file(const char *path, const char *file)
{
    size_t n = strlen(path), m = strlen(file);
    return m <= n && strcmp(path + n - m, file) == 0 && (m == n || path[n - m - 1] == '/');
}

static void note(LineSearch *search, const Row *row)
{
    if (row->line < search->wanted || (search->best && row->line > search->best))
        return;
    if (row->line != search->best)
        search->count = 0;
    search->best = row->line;
    if (search->count < search->capacity)
        search->addresses[search->count++] = row->address;
}

static bool search_unit(void *context, Dwarf_Die *unit)
{
    LineSearch *search = context;
    Dwarf_Lines *lines;
    size_t count;
    int previous = 0;
    if (dw.dwarf_getsrclines(unit, &lines, &count))
        return true;
    for (size_t i = 0; i < count; i++) {
        Row row;
        if (!row_at(lines, i, &row))
            break;
        const char *path = dw.dwarf_linesrc(dw.dwarf_onesrcline(lines, i), NULL, NULL);
        bool here = path && same_file(path, search->file);
        if (here && row.statement && !row.end && row.line != previous && row.line > 0)
            note(search, &row);
        previous = here && !row.end ? row.line : 0;
    }
    return true;
}

/* One address per function: a loop's line has several rows, of which the first is meant. */
static u32 one_per_function(DebugInfo *info, u64 *addresses, u32 count)
{
    u32 kept = 0;
    DwarfFunction function, other;
    for (u32 i = 0; i < count; i++) {
        bool again = false;
        bool known = dwarf_function_at(info, addresses[i], &function);
        for (u32 k = 0; k < kept && !again; k++)
            again = known && dwarf_function_at(info, addresses[k], &other) && other.start == function.start;
        if (!again)
            addresses[kept++] = addresses[i];
        for (u32 k = 0; k < kept && again; k++)
            if (dwarf_function_at(info, addresses[k], &other) && other.start == function.start && addresses[i] < addresses[k])
                addresses[k] = addresses[i];
    }
    return kept;
}

u32 dwarf_line_addresses(DebugInfo *info, const char *file, int *line, u64 *addresses, u32 capacity)
{
    LineSearch search = {.file = file, .wanted = *line, .addresses = addresses, .capacity = capacity};
    if (!file)
        return 0;
    libdw_each_unit(info, search_unit, &search);
    *line = search.best;
    return one_per_function(info, addresses, search.count);
}

#else

bool dwarf_source_at(DebugInfo *info, u64 address, DwarfSource *source)
{
    (void)info, (void)address, (void)source;
    return false;
}

u32 dwarf_line_addresses(DebugInfo *info, const char *file, int *line, u64 *addresses, u32 capacity)
{
    (void)info, (void)file, (void)line, (void)addresses, (void)capacity;
    return 0;
}

#endif

/* Symbol tables, read without trusting a byte of them. */
#define _GNU_SOURCE /* qsort_r */
#include "loader/symbols.h"

#include <elf.h>
#include <stdlib.h>

/* Which of several names for one address people want to see: sized before unsized, functions first, global before local. */
static int rank(const Symbol *s)
{
    int r = s->size ? 0 : 8;
    r += s->type == STT_FUNC || s->type == STT_GNU_IFUNC ? 0 : s->type == STT_OBJECT ? 2 : 4;
    return r + (s->binding == STB_LOCAL);
}

static int by_address(const void *a, const void *b)
{
    const Symbol *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    int order = rank(x) - rank(y);
    return order               ? order
           : x->name < y->name ? 1
                               : -1; /* gdb's choice, so that people meet the names that they know: the last in the table */
}

static bool wanted(const Elf64_Sym *s)
{
    unsigned type = ELF64_ST_TYPE(s->st_info);
    if (s->st_shndx == SHN_UNDEF || s->st_shndx == SHN_ABS || s->st_name == 0)
        return false;
    return type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE || type == STT_GNU_IFUNC;
}

static const Section *table_section(const Sections *sections, u32 type)
{
    for (u32 i = 0; i < sections->count; i++)
        if (sections->section[i].type == type && sections->section[i].readable)
            return &sections->section[i];
    return NULL;
}

static bool is_code(const Elf64_Sym *s, const Sections *sections)
{
    unsigned type = ELF64_ST_TYPE(s->st_info);
    bool in_code = s->st_shndx < sections->count && (sections->section[s->st_shndx].flags & SHF_EXECINSTR);
    return type == STT_FUNC || type == STT_GNU_IFUNC || (type == STT_NOTYPE && in_code);
}

static void add(Symbols *symbols, const Elf64_Sym *s, const u8 *bytes, const Sections *sections, const Section *strings)
{
    if (!wanted(s) || s->st_name >= strings->size)
        return;
    const char *name = (const char *)bytes + strings->offset + s->st_name;
    if (!*name || !memchr(name, 0, strings->size - s->st_name))
        return;
    symbols->symbol[symbols->count++] = (Symbol){
        .name = name, .address = s->st_value, .size = s->st_size,
        .type = ELF64_ST_TYPE(s->st_info), .binding = ELF64_ST_BIND(s->st_info), .code = is_code(s, sections),
    };
}

bool symbols_read(Symbols *symbols, const Sections *sections, const u8 *bytes, u64 size)
{
    *symbols = (Symbols){0};
    const Section *table = table_section(sections, SHT_SYMTAB);
    symbols->stripped = !table;
    if (!table)
        table = table_section(sections, SHT_DYNSYM);
    if (!table || table->link >= sections->count || !sections->section[table->link].readable || size == 0)
        return true;
    u64 count = table->size / sizeof(Elf64_Sym);
    symbols->symbol = malloc((count ? count : 1) * sizeof *symbols->symbol);
    if (!symbols->symbol)
        return false;
    for (u64 i = 0; i < count; i++) {
        Elf64_Sym s;
        memcpy(&s, bytes + table->offset + i * sizeof s, sizeof s);
        add(symbols, &s, bytes, sections, &sections->section[table->link]);
    }
    qsort(symbols->symbol, symbols->count, sizeof *symbols->symbol, by_address);
    return true;
}

void symbols_free(Symbols *symbols)
{
    free(symbols->symbol);
    free(symbols->by_name);
    *symbols = (Symbols){0};
}

/* Index of the first symbol above `address`. */
static u32 first_above(const Symbols *symbols, u64 address)
{
    u32 low = 0, high = symbols->count;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        if (symbols->symbol[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const Symbol *symbols_at(const Symbols *symbols, u64 address)
{
    enum { NESTED = 16 }; /* labels inside a function hide it: look a little further back */
    const Symbol *unsized = NULL;
    bool passed_sized = false; /* a sized symbol between: an unsized one below it does not reach this far */
    u32 i = first_above(symbols, address);
    for (u32 n = 0; i > 0 && n < NESTED; n++) {
        const Symbol *s = &symbols->symbol[--i];
        while (i > 0 && symbols->symbol[i - 1].address == s->address)
            s = &symbols->symbol[--i]; /* the best name stands first */
        if (s->size && address - s->address < s->size)
            return s;
        if (s->size == 0 && !unsized && !passed_sized)
            unsized = s;
        passed_sized |= s->size != 0;
    }
    return unsized;
}

static int by_name(const void *a, const void *b, void *context)
{
    const Symbol *symbol = context, *x = &symbol[*(const u32 *)a], *y = &symbol[*(const u32 *)b];
    int order = strcmp(x->name, y->name);
    return order ? order : (x->binding == STB_LOCAL) - (y->binding == STB_LOCAL);
}

const Symbol *symbols_named(Symbols *symbols, const char *name)
{
    if (!symbols->by_name) {
        symbols->by_name = malloc((symbols->count ? symbols->count : 1) * sizeof *symbols->by_name);
        if (!symbols->by_name)
            return NULL;
        for (u32 i = 0; i < symbols->count; i++)
            symbols->by_name[i] = i;
        qsort_r(symbols->by_name, symbols->count, sizeof *symbols->by_name, by_name, symbols->symbol);
    }
    u32 low = 0, high = symbols->count;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        if (strcmp(symbols->symbol[symbols->by_name[middle]].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == symbols->count || strcmp(symbols->symbol[symbols->by_name[low]].name, name) != 0)
        return NULL;
    return &symbols->symbol[symbols->by_name[low]];
}

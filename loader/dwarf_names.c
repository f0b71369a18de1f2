/* Names: functions that lie in namespaces (as all of Rust's do), functions and enumerators by their name. libdw's own search
 * for scopes does not look into namespaces, and leaves out what an inlined function is part of. */
#define _GNU_SOURCE
#include "loader/dwarf.h"

#ifdef HAVE_LIBDW
#include <stdio.h>
#include <stdlib.h>

#include "loader/libdw.h"

enum { DEEPEST = 32 };

static bool is_space(int tag)
{
    return tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type ||
           tag == DW_TAG_enumeration_type;
}

static bool is_code(int tag)
{
    return tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine;
}

/* ---- which scopes hold an address ---- */

/* chain[0] is a unit; chain[1] and so on become what holds the address in it, outermost first. The count; 1: only the unit. */
static int find_chain(Dwarf_Die *chain, int depth, u64 address)
{
    Dwarf_Die die;
    for (int more = dw.dwarf_child(&chain[depth], &die); more == 0 && depth + 1 < DEEPEST;
         more = dw.dwarf_siblingof(&die, &die)) {
        int tag = dw.dwarf_tag(&die), found = 0;
        chain[depth + 1] = die;
        if (is_code(tag) && dw.dwarf_haspc(&die, address) > 0)
            return find_chain(chain, depth + 1, address);
        if (is_space(tag) && (found = find_chain(chain, depth + 1, address)) > depth + 2)
            return found;
    }
    return depth + 1;
}

int libdw_scopes(DebugInfo *info, u64 address, Dwarf_Die **scopes)
{
    Dwarf_Die chain[DEEPEST];
    *scopes = NULL;
    if (!libdw_find_unit(info, address))
        return 0;
    chain[0] = info->unit;
    int count = find_chain(chain, 0, address);
    *scopes = malloc((size_t)count * sizeof **scopes);
    for (int i = 0; *scopes && i < count; i++)
        (*scopes)[i] = chain[count - 1 - i];
    return *scopes ? count : 0;
}

/* ---- whole names ---- */

static u32 bucket_of(const char *text)
{
    u32 hash = 5381;
    while (*text)
        hash = hash * 33 + (u8)*text++;
    return hash % LIBDW_BUCKETS;
}

/* Names are asked for again and again, and their readers keep them: each is made once. */
static const char *keep(DebugInfo *info, const char *text)
{
    LibdwName **bucket = &info->names[bucket_of(text)];
    for (LibdwName *n = *bucket; n; n = n->next)
        if (strcmp(n->text, text) == 0)
            return n->text;
    LibdwName *made = malloc(sizeof *made + strlen(text) + 1);
    if (!made)
        return NULL;
    strcpy(made->text, text);
    made->next = *bucket;
    *bucket = made;
    return made->text;
}

/* What a definition outside of its class, or a copy, refers to: there it was declared. */
static Dwarf_Die declared_at(Dwarf_Die die)
{
    Dwarf_Attribute attribute;
    Dwarf_Die next;
    for (int steps = 0; steps < 4; steps++) {
        if (!dw.dwarf_formref_die(dw.dwarf_attr(&die, DW_AT_specification, &attribute), &next) &&
            !dw.dwarf_formref_die(dw.dwarf_attr(&die, DW_AT_abstract_origin, &attribute), &next))
            break;
        die = next;
    }
    return die;
}

/* DIEs do not know their parents: down from the unit, always into the last child that does not lie behind `die`. Appends
 * "a::b::" to text[size]. */
static void append_spaces(Dwarf_Die *unit, Dwarf_Die *die, char *text, size_t size)
{
    Dwarf_Die parent = *unit, child, last;
    Dwarf_Off wanted = dw.dwarf_dieoffset(die);
    for (int depth = 0; depth < DEEPEST; depth++) {
        bool any = false;
        for (int more = dw.dwarf_child(&parent, &child); more == 0 && dw.dwarf_dieoffset(&child) <= wanted;
             more = dw.dwarf_siblingof(&child, &child)) {
            last = child;
            any = true;
        }
        if (!any || dw.dwarf_dieoffset(&last) == wanted)
            return;
        const char *name = is_space(dw.dwarf_tag(&last)) ? libdw_name(&last) : NULL;
        if (is_space(dw.dwarf_tag(&last)))
            snprintf(text + strlen(text), size - strlen(text), "%s::", name ? name : "(anonymous namespace)");
        parent = last;
    }
}

static const char *make_name(DebugInfo *info, Dwarf_Die *die)
{
    const char *name = libdw_name(die);
    Dwarf_Die unit, declared = declared_at(*die);
    char text[512] = "";
    if (!name || !dw.dwarf_diecu(&declared, &unit, NULL, NULL) || !libdw_has_spaces(&unit))
        return name;
    append_spaces(&unit, &declared, text, sizeof text);
    if (!*text || strlen(text) + strlen(name) >= sizeof text)
        return name;
    strcat(text, name);
    return keep(info, text);
}

/* The same few are asked for at every step. */
const char *libdw_qualified_name(DebugInfo *info, Dwarf_Die *die)
{
    u64 offset = dw.dwarf_dieoffset(die);
    LibdwKnown *known = &info->known[offset % LIBDW_BUCKETS];
    if (known->offset != offset || !known->name)
        *known = (LibdwKnown){offset, make_name(info, die)};
    return known->name;
}

const char *libdw_whole_name(DebugInfo *info, Dwarf_Die *scopes, int count, int index)
{
    (void)count;
    return libdw_qualified_name(info, &scopes[index]);
}

bool libdw_is_rust(Dwarf_Die *unit)
{
    enum { RUST_BEFORE_DWARF_5 = 0x9000 };
    int language = dw.dwarf_srclang(unit);
    return language == DW_LANG_Rust || language == RUST_BEFORE_DWARF_5;
}

bool libdw_has_spaces(Dwarf_Die *unit)
{
    enum { C17 = 0x2c }; /* newer than this header */
    int language = dw.dwarf_srclang(unit);
    return language != DW_LANG_C && language != DW_LANG_C89 && language != DW_LANG_C99 && language != DW_LANG_C11 &&
           language != C17 && language != DW_LANG_Mips_Assembler;
}

void libdw_forget_names(DebugInfo *info)
{
    for (int i = 0; i < LIBDW_BUCKETS; i++)
        while (info->names[i]) {
            LibdwName *next = info->names[i]->next;
            free(info->names[i]);
            info->names[i] = next;
        }
}

/* ---- by name ---- */

typedef struct FunctionSearch {
    DebugInfo *info;
    const char *name, *last; /* as wanted: "a::f"; and its last part: "f" */
    u64 *addresses;
    u32 count, capacity;
} FunctionSearch;

const char *libdw_last_part(const char *name)
{
    int depth = 0;
    const char *last = name;
    for (const char *p = name; *p; p++) {
        depth += *p == '<';
        depth -= *p == '>' && depth;
        if (!depth && p[0] == ':' && p[1] == ':')
            last = p + 2;
    }
    return last;
}

/* The same name; or the same but for a template's arguments, which need not be given. */
static bool same_name(const char *own, const char *wanted)
{
    size_t n = strlen(wanted);
    return strncmp(own, wanted, n) == 0 && (!own[n] || (own[n] == '<' && !strchr(wanted, '<')));
}

bool libdw_name_ends(const char *whole, const char *wanted)
{
    for (const char *p = whole; p; p = (p = strstr(p, "::")) ? p + 2 : NULL)
        if (same_name(p, wanted))
            return true;
    return false;
}

/* Any function whose qualified name ends in the wanted one, as gdb takes it: "f" is a::f, too. */
static bool fits(FunctionSearch *search, Dwarf_Die *die)
{
    const char *own = libdw_name(die);
    if (!own || !same_name(own, search->last))
        return false;
    if (search->last == search->name)
        return true;
    return libdw_name_ends(libdw_qualified_name(search->info, die), search->name);
}

bool libdw_inlined_entry(Dwarf_Die *instance, Dwarf_Addr *entry)
{
    Dwarf_Addr base, end;
    return dw.dwarf_ranges(instance, 0, &base, entry, &end) > 0;
}

/* Every place where the function is inlined. */
static int add_instance(Dwarf_Die *instance, void *context)
{
    FunctionSearch *search = context;
    Dwarf_Addr entry;
    if (search->count < search->capacity && libdw_inlined_entry(instance, &entry))
        search->addresses[search->count++] = entry;
    return DWARF_CB_OK;
}

static void search_functions(FunctionSearch *search, Dwarf_Die *parent, int depth)
{
    Dwarf_Die die;
    Dwarf_Addr entry;
    for (int more = dw.dwarf_child(parent, &die); more == 0 && depth < DEEPEST; more = dw.dwarf_siblingof(&die, &die)) {
        int tag = dw.dwarf_tag(&die);
        if (is_space(tag) && tag != DW_TAG_enumeration_type)
            search_functions(search, &die, depth + 1);
        if (tag != DW_TAG_subprogram || search->count == search->capacity || !fits(search, &die))
            continue;
        if (!dw.dwarf_entrypc(&die, &entry))
            search->addresses[search->count++] = entry;
        else if (dw.dwarf_func_inline(&die))
            dw.dwarf_func_inline_instances(&die, add_instance, search);
    }
}

static bool functions_of_unit(void *context, Dwarf_Die *unit)
{
    FunctionSearch *search = context;
    search_functions(search, unit, 0);
    return search->count < search->capacity;
}

static int by_address(const void *a, const void *b)
{
    u64 x = *(const u64 *)a, y = *(const u64 *)b;
    return (x > y) - (x < y);
}

u32 dwarf_functions_named(DebugInfo *info, const char *name, u64 *addresses, u32 capacity)
{
    FunctionSearch search = {
        .info = info, .name = name, .last = libdw_last_part(name), .addresses = addresses, .capacity = capacity};
    libdw_each_unit(info, functions_of_unit, &search);
    qsort(addresses, search.count, sizeof *addresses, by_address);
    return search.count;
}

typedef struct EnumeratorSearch {
    DebugInfo *info;
    const char *name, *last;
    u64 type;
    i64 value;
    bool found;
} EnumeratorSearch;

/* "Kind::Large" of an enum Kind, or "Large" alone. */
static bool is_enumerator(EnumeratorSearch *search, Dwarf_Die *type, Dwarf_Die *die)
{
    const char *name = libdw_name(die), *space = libdw_qualified_name(search->info, type);
    size_t n = (size_t)(search->last - search->name);
    if (!name || strcmp(name, search->last) != 0)
        return false;
    if (!n)
        return true;
    size_t m = space ? strlen(space) : 0;
    return n >= 2 && m >= n - 2 && strncmp(space + m - (n - 2), search->name, n - 2) == 0;
}

static void search_enum(EnumeratorSearch *search, Dwarf_Die *type)
{
    Dwarf_Die die;
    Dwarf_Attribute attribute;
    Dwarf_Sword value;
    for (int more = dw.dwarf_child(type, &die); more == 0 && !search->found; more = dw.dwarf_siblingof(&die, &die))
        if (is_enumerator(search, type, &die) && dw.dwarf_attr(&die, DW_AT_const_value, &attribute) &&
            !dw.dwarf_formsdata(&attribute, &value)) {
            search->type = dw.dwarf_dieoffset(type);
            search->value = value;
            search->found = true;
        }
}

static void search_enums(EnumeratorSearch *search, Dwarf_Die *parent, int depth)
{
    Dwarf_Die die;
    for (int more = dw.dwarf_child(parent, &die); more == 0 && !search->found; more = dw.dwarf_siblingof(&die, &die)) {
        int tag = dw.dwarf_tag(&die);
        if (tag == DW_TAG_enumeration_type)
            search_enum(search, &die);
        else if ((tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type) && depth < DEEPEST)
            search_enums(search, &die, depth + 1);
    }
}

static bool enumerators_of_unit(void *context, Dwarf_Die *unit)
{
    EnumeratorSearch *search = context;
    search_enums(search, unit, 0);
    return !search->found;
}

bool dwarf_enumerator(DebugInfo *info, const char *name, u64 *type, i64 *value)
{
    EnumeratorSearch search = {.info = info, .name = name, .last = libdw_last_part(name)};
    libdw_each_unit(info, enumerators_of_unit, &search);
    *type = search.type;
    *value = search.value;
    return search.found;
}

#else

u32 dwarf_functions_named(DebugInfo *info, const char *name, u64 *addresses, u32 capacity)
{
    (void)info, (void)name, (void)addresses, (void)capacity;
    return 0;
}

bool dwarf_enumerator(DebugInfo *info, const char *name, u64 *type, i64 *value)
{
    (void)info, (void)name, (void)type, (void)value;
    return false;
}

#endif

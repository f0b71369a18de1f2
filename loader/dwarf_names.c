/* Names: functions that lie in namespaces (as all of Rust's do), functions and enumerators by their name. libdw's own search for
 * scopes does not look into namespaces. */
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

static bool is_code(int tag) { return tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine; }

/* ---- which scopes hold an address ---- */

/* chain[0] is a unit; chain[1] and so on become what holds the address in it, outermost first. The count; 1: only the unit. */
static int find_chain(Dwarf_Die *chain, int depth, u64 address)
{
    Dwarf_Die die;
    for (int more = dw.dwarf_child(&chain[depth], &die); more == 0 && depth + 1 < DEEPEST; more = dw.dwarf_siblingof(&die, &die)) {
        int tag = dw.dwarf_tag(&die), found = 0;
        chain[depth + 1] = die;
        if (is_code(tag) && dw.dwarf_haspc(&die, address) > 0)
            return find_chain(chain, depth + 1, address);
        if (is_space(tag) && (found = find_chain(chain, depth + 1, address)) > depth + 2)
            return found;
    }
    return depth + 1;
}

int libdw_scopes_in_spaces(DebugInfo *info, u64 address, Dwarf_Die **scopes)
{
    Dwarf_Die chain[DEEPEST];
    chain[0] = info->unit;
    int count = find_chain(chain, 0, address);
    *scopes = malloc((size_t)count * sizeof **scopes);
    for (int i = 0; *scopes && i < count; i++)
        (*scopes)[i] = chain[count - 1 - i];
    return *scopes ? count : 0;
}

/* ---- whole names ---- */

/* Names are asked for again and again, and their readers keep them: each is made once. */
static const char *keep(DebugInfo *info, const char *text)
{
    for (LibdwName *n = info->names; n; n = n->next)
        if (strcmp(n->text, text) == 0)
            return n->text;
    LibdwName *made = malloc(sizeof *made + strlen(text) + 1);
    if (!made)
        return NULL;
    strcpy(made->text, text);
    made->next = info->names;
    info->names = made;
    return made->text;
}

const char *libdw_whole_name(DebugInfo *info, Dwarf_Die *scopes, int count, int index)
{
    const char *name = libdw_name(&scopes[index]);
    char text[512];
    size_t at = sizeof text - 1;
    bool spaces = false;
    text[at] = 0;
    for (int i = index; i < count && name; i++) {
        const char *part = i == index || is_space(dw.dwarf_tag(&scopes[i])) ? libdw_name(&scopes[i]) : NULL;
        if (!part)
            continue;
        size_t n = strlen(part);
        spaces |= i > index;
        if (n + 2 > at)
            break;
        if (i > index)
            memcpy(text + (at -= 2), "::", 2);
        memcpy(text + (at -= n), part, n);
    }
    return spaces ? keep(info, text + at) : name;
}

void libdw_forget_names(DebugInfo *info)
{
    while (info->names) {
        LibdwName *next = info->names->next;
        free(info->names);
        info->names = next;
    }
}

/* ---- by name ---- */

typedef struct FunctionSearch {
    const char *name;
    u64 *addresses;
    u32 count, capacity;
} FunctionSearch;

/* `name` is what is left of the wanted name: "b::f" inside of a. Out-of-line copies count, whatever the compiler has called them. */
static void search_functions(FunctionSearch *search, Dwarf_Die *parent, const char *name, int depth)
{
    Dwarf_Die die;
    Dwarf_Addr entry;
    for (int more = dw.dwarf_child(parent, &die); more == 0 && depth < DEEPEST; more = dw.dwarf_siblingof(&die, &die)) {
        int tag = dw.dwarf_tag(&die);
        const char *own = tag == DW_TAG_subprogram || is_space(tag) ? libdw_name(&die) : NULL;
        size_t n = own ? strlen(own) : 0;
        if (!own)
            continue;
        if (is_space(tag) && strncmp(name, own, n) == 0 && strncmp(name + n, "::", 2) == 0)
            search_functions(search, &die, name + n + 2, depth + 1);
        if (tag == DW_TAG_subprogram && strcmp(own, name) == 0 && search->count < search->capacity && !dw.dwarf_entrypc(&die, &entry))
            search->addresses[search->count++] = entry;
    }
}

static bool functions_of_unit(void *context, Dwarf_Die *unit)
{
    FunctionSearch *search = context;
    search_functions(search, unit, search->name, 0);
    return search->count < search->capacity;
}

u32 dwarf_functions_named(DebugInfo *info, const char *name, u64 *addresses, u32 capacity)
{
    FunctionSearch search = {.name = name, .addresses = addresses, .capacity = capacity};
    libdw_each_unit(info, functions_of_unit, &search);
    return search.count;
}

typedef struct EnumeratorSearch { const char *name; u64 type; i64 value; bool found; } EnumeratorSearch;

static bool enumerators_of_unit(void *context, Dwarf_Die *unit)
{
    EnumeratorSearch *search = context;
    Dwarf_Die type, die;
    Dwarf_Attribute attribute;
    for (int more = dw.dwarf_child(unit, &type); more == 0; more = dw.dwarf_siblingof(&type, &type)) {
        if (dw.dwarf_tag(&type) != DW_TAG_enumeration_type)
            continue;
        for (int inner = dw.dwarf_child(&type, &die); inner == 0; inner = dw.dwarf_siblingof(&die, &die)) {
            const char *name = libdw_name(&die);
            Dwarf_Sword value;
            if (!name || strcmp(name, search->name) != 0 || !dw.dwarf_attr(&die, DW_AT_const_value, &attribute) ||
                dw.dwarf_formsdata(&attribute, &value))
                continue;
            *search = (EnumeratorSearch){search->name, dw.dwarf_dieoffset(&type), value, true};
            return false;
        }
    }
    return true;
}

bool dwarf_enumerator(DebugInfo *info, const char *name, u64 *type, i64 *value)
{
    EnumeratorSearch search = {.name = name};
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

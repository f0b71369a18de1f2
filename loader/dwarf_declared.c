/* Everything that a program declares outside of its functions, one by one: what `info types` and its like list. */
#include "loader/dwarf.h"

#ifdef HAVE_LIBDW
#include <stdlib.h>

#include "loader/libdw.h"

enum { DEEPEST = 16 };

typedef struct Walk {
    DebugInfo *info;
    DwarfDeclared what;
    DwarfDeclarationVisit *visit;
    void *context;
    const char *directory, *file; /* of the unit */
} Walk;

static bool is_type(int tag)
{
    return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type ||
           tag == DW_TAG_enumeration_type || tag == DW_TAG_typedef || tag == DW_TAG_base_type;
}

static bool wanted(DwarfDeclared what, Dwarf_Die *die)
{
    Dwarf_Addr entry;
    switch (what) {
    case DWARF_A_FUNCTION: return dw.dwarf_tag(die) == DW_TAG_subprogram && dw.dwarf_entrypc(die, &entry) == 0;
    case DWARF_A_VARIABLE: return dw.dwarf_tag(die) == DW_TAG_variable && dw.dwarf_hasattr(die, DW_AT_location);
    case DWARF_A_TYPE: return is_type(dw.dwarf_tag(die)) && !dw.dwarf_hasattr(die, DW_AT_declaration);
    default: return false;
    }
}

static void declare(Walk *walk, Dwarf_Die *die)
{
    Dwarf_Die type;
    Dwarf_Attribute attribute;
    const char *directory = walk->directory, *name = libdw_qualified_name(walk->info, die);
    DwarfDeclaration d = {.what = walk->what, .name = name, .file = dw.dwarf_decl_file(die)};
    size_t n = directory ? strlen(directory) : 0;
    if (!name)
        return;
    if (!d.file)
        d.file = walk->file; /* built in */
    if (dw.dwarf_decl_line(die, &d.line))
        d.line = 0;
    if (d.file && n && strncmp(d.file, directory, n) == 0 && d.file[n] == '/')
        d.file += n + 1;
    d.is_static = walk->what != DWARF_A_TYPE && !dw.dwarf_attr_integrate(die, DW_AT_external, &attribute);
    d.type = walk->what != DWARF_A_VARIABLE ? dw.dwarf_dieoffset(die) : libdw_type(die, &type) ? dw.dwarf_dieoffset(&type) : 0;
    walk->visit(walk->context, &d);
}

static void walk_children(Walk *walk, Dwarf_Die *parent, int depth)
{
    Dwarf_Die die;
    for (int more = dw.dwarf_child(parent, &die); more == 0 && depth < DEEPEST; more = dw.dwarf_siblingof(&die, &die)) {
        int tag = dw.dwarf_tag(&die);
        if (wanted(walk->what, &die))
            declare(walk, &die);
        if (tag == DW_TAG_namespace ||
            ((tag == DW_TAG_structure_type || tag == DW_TAG_class_type) && walk->what != DWARF_A_VARIABLE))
            walk_children(walk, &die, depth + 1);
    }
}

static void walk_files(Walk *walk, Dwarf_Die *unit)
{
    Dwarf_Files *files;
    size_t count;
    if (dw.dwarf_getsrcfiles(unit, &files, &count))
        return;
    for (size_t i = 0; i < count; i++) { /* the first is none, before DWARF 5 */
        const char *path = dw.dwarf_filesrc(files, i, NULL, NULL);
        if (path && strcmp(path, "???") != 0)
            walk->visit(walk->context, &(DwarfDeclaration){.what = DWARF_A_FILE, .name = path});
    }
}

static bool walk_unit(void *context, Dwarf_Die *unit)
{
    Walk *walk = context;
    Dwarf_Attribute attribute;
    walk->directory = dw.dwarf_formstring(dw.dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    walk->file = libdw_name(unit);
    if (walk->what == DWARF_A_FILE)
        walk_files(walk, unit);
    else
        walk_children(walk, unit, 0);
    return true;
}

void dwarf_declarations(DebugInfo *info, DwarfDeclared what, DwarfDeclarationVisit *visit, void *context)
{
    libdw_each_unit(info, walk_unit, &(Walk){.info = info, .what = what, .visit = visit, .context = context});
}

#else

void dwarf_declarations(DebugInfo *info, DwarfDeclared what, DwarfDeclarationVisit *visit, void *context)
{
    (void)info, (void)what, (void)visit, (void)context;
}

#endif

/* The functions of elfutils' libdw and libelf that we call, found at run time (dwarf.c). Inside loader/ only. */
#ifndef EMU_LOADER_LIBDW_H
#define EMU_LOADER_LIBDW_H

#ifdef HAVE_LIBDW
#include <dwarf.h>
#include <elfutils/libdw.h>

#include "loader/dwarf.h"
#include "loader/expression.h"

#define LIBDW_FUNCTIONS(X)                                                                                                 \
    X(elf_version) X(elf_memory) X(elf_end) X(dwarf_begin_elf) X(dwarf_end) X(dwarf_addrdie) X(dwarf_nextcu)               \
    X(dwarf_offdie) X(dwarf_haspc) X(dwarf_getsrclines) X(dwarf_onesrcline) X(dwarf_lineaddr) X(dwarf_linesrc)             \
    X(dwarf_lineno) X(dwarf_linecol) X(dwarf_linebeginstatement) X(dwarf_lineendsequence) X(dwarf_lineprologueend)            \
    X(dwarf_linediscriminator)                                                                                             \
    X(dwarf_tag) X(dwarf_child) X(dwarf_siblingof) X(dwarf_dieoffset) X(dwarf_attr)                                        \
    X(dwarf_attr_integrate) X(dwarf_hasattr) X(dwarf_formstring) X(dwarf_formref_die) X(dwarf_formudata) X(dwarf_formsdata)\
    X(dwarf_lowpc) X(dwarf_highpc) X(dwarf_entrypc) X(dwarf_getlocation) X(dwarf_getlocation_addr) X(dwarf_whatform)       \
    X(dwarf_getcfi) X(dwarf_getcfi_elf) X(dwarf_cfi_end) X(dwarf_cfi_addrframe) X(dwarf_frame_info) X(dwarf_frame_cfa)     \
    X(dwarf_frame_register) X(dwarf_decl_file) X(dwarf_decl_line) X(dwarf_getsrcfiles) X(dwarf_filesrc) X(dwarf_diecu)     \
    X(dwarf_srclang) X(dwarf_cu_info) X(dwarf_getlocation_attr) X(dwarf_formaddr) X(dwarf_func_inline)                     \
    X(dwarf_func_inline_instances) X(dwarf_ranges)

#define X(f) __typeof__(f) *f;
typedef struct Libdw { LIBDW_FUNCTIONS(X) } Libdw;
#undef X
extern Libdw dw; /* the addresses of a library's functions: the same for everyone */

enum { LIBDW_BUCKETS = 1024 };
typedef struct LibdwName { struct LibdwName *next; char text[]; } LibdwName;

typedef struct LibdwKnown { u64 offset; const char *name; } LibdwKnown;

struct DebugInfo {
    Elf *elf;
    Dwarf *dwarf;              /* NULL: no debug sections */
    Dwarf_CFI *eh_frame, *debug_frame;
    Dwarf_Die unit;            /* the compilation unit found last */
    bool has_unit;
    LibdwName *names[LIBDW_BUCKETS]; /* made by dwarf_names.c, */
    LibdwKnown known[LIBDW_BUCKETS]; /* and of which DIEs they are */
};

/* Makes info->unit the compilation unit whose code holds `address`. */
bool libdw_find_unit(DebugInfo *info, u64 address);
/* Calls `visit` for every compilation unit until it returns false. */
typedef bool LibdwUnitVisit(void *context, Dwarf_Die *unit);
void libdw_each_unit(DebugInfo *info, LibdwUnitVisit *visit, void *context);
/* DW_AT_name, of the abstract origin if need be; NULL: none. */
const char *libdw_name(Dwarf_Die *die);
/* The DIE that DW_AT_type refers to; false: void. */
bool libdw_type(Dwarf_Die *die, Dwarf_Die *type);

/* dwarf_line.c */
/* A path of info->unit as the compiler was given it. */
const char *libdw_given_name(DebugInfo *info, const char *path);

/* dwarf_names.c */
/* Where an inlined function begins: where it lies in several pieces, at the first that is listed, as gdb has it. false: nowhere. */
bool libdw_inlined_entry(Dwarf_Die *instance, Dwarf_Addr *entry);
/* What holds `address`: blocks, inlined functions, the function that these are part of, its spaces, the unit; from the innermost
 * (malloc'ed). The count, 0: none. */
int libdw_scopes(DebugInfo *info, u64 address, Dwarf_Die **scopes);
/* The name of scopes[index] with the namespaces around it: "a::b::f". It lives as long as info. */
const char *libdw_whole_name(DebugInfo *info, Dwarf_Die *scopes, int count, int index);
bool libdw_is_rust(Dwarf_Die *unit);
/* Has its language namespaces? */
bool libdw_has_spaces(Dwarf_Die *unit);
/* What stands behind the last "::" that is not inside of <...>. */
const char *libdw_last_part(const char *name);
/* Is `whole` the wanted name, or that in some space? A template's arguments need not be given. */
bool libdw_name_ends(const char *whole, const char *wanted);
/* Its name with the namespaces and classes that it is declared in: "a::Class::f"; NULL: it has none. */
const char *libdw_qualified_name(DebugInfo *info, Dwarf_Die *die);
void libdw_forget_names(DebugInfo *info);
#endif

#endif

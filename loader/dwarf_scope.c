/* Functions and variables: which function holds an address, which variables its code sees, and where they live. */
#include "loader/dwarf.h"

#ifdef HAVE_LIBDW
#include <stdlib.h>

#include "loader/libdw.h"

static u64 handle_of(Dwarf_Die *die)
{
    Dwarf_Die type;
    return libdw_type(die, &type) ? dw.dwarf_dieoffset(&type) : 0;
}

/* ---- functions ------------------------------------------------------------------------------------------------ */

/* What the line table says of the function's beginning. */
static void find_prologue(DebugInfo *info, DwarfFunction *function)
{
    Dwarf_Lines *lines;
    size_t count;
    if (dw.dwarf_getsrclines(&info->unit, &lines, &count))
        return;
    for (size_t i = 0; i < count; i++) {
        Dwarf_Line *line = dw.dwarf_onesrcline(lines, i);
        Dwarf_Addr address;
        bool prologue_end = false, end = false;
        if (!line || dw.dwarf_lineaddr(line, &address) || address < function->start)
            continue;
        dw.dwarf_lineprologueend(line, &prologue_end);
        dw.dwarf_lineendsequence(line, &end);
        if (address >= function->end || end)
            return;
        if (address > function->start && !function->next_row)
            function->next_row = address;
        if (prologue_end && !function->after_prologue)
            function->after_prologue = address;
    }
}

bool dwarf_function_at(DebugInfo *info, u64 address, DwarfFunction *function)
{
    Dwarf_Die *scopes;
    bool found = false;
    int count = libdw_scopes(info, address, &scopes);
    for (int i = 0; i < count && !found; i++) {
        Dwarf_Addr low, high;
        if (dw.dwarf_tag(&scopes[i]) != DW_TAG_subprogram || dw.dwarf_entrypc(&scopes[i], &low))
            continue;
        if (dw.dwarf_highpc(&scopes[i], &high) || high <= low)
            high = low + 1; /* in several pieces: only its beginning is asked for */
        *function = (DwarfFunction){.name = libdw_whole_name(info, scopes, count, i),
                                    .start = low,
                                    .end = high,
                                    .type = handle_of(&scopes[i]),
                                    .signature = dw.dwarf_dieoffset(&scopes[i])};
        found = function->name != NULL;
    }
    free(scopes);
    if (found)
        find_prologue(info, function);
    return found;
}

/* DW_AT_call_file is a number in the unit's table of files. */
static const char *call_file(DebugInfo *info, Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    Dwarf_Word number;
    Dwarf_Files *files;
    size_t count;
    if (dw.dwarf_formudata(dw.dwarf_attr(die, DW_AT_call_file, &attribute), &number) ||
        dw.dwarf_getsrcfiles(&info->unit, &files, &count) || number >= count)
        return NULL;
    return dw.dwarf_filesrc(files, number, NULL, NULL);
}

bool dwarf_inlined_at(DebugInfo *info, u64 address, u32 index, DwarfInlined *inlined)
{
    Dwarf_Die *scopes;
    Dwarf_Attribute attribute;
    Dwarf_Word line;
    bool found = false;
    int count = libdw_scopes(info, address, &scopes);
    for (int i = 0; i < count && !found; i++) {
        Dwarf_Addr entry;
        if (dw.dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine || index-- > 0)
            continue;
        found = true;
        *inlined = (DwarfInlined){.name = libdw_whole_name(info, scopes, count, i), .call_file = call_file(info, &scopes[i])};
        if (libdw_inlined_entry(&scopes[i], &entry))
            inlined->entry = entry;
        if (dw.dwarf_formudata(dw.dwarf_attr(&scopes[i], DW_AT_call_line, &attribute), &line) == 0)
            inlined->call_line = (int)line;
        inlined->call_name = inlined->call_file ? libdw_given_name(info, inlined->call_file) : NULL;
        if (!inlined->name)
            inlined->name = "??";
    }
    free(scopes);
    return found;
}

/* ---- where a variable is -------------------------------------------------------------------------------------- */

/* An address that stands in a table of its own (.debug_addr), as clang writes DWARF 5. */
static bool indexed_address(Dwarf_Attribute *attribute, const Dwarf_Op *op, u64 *value)
{
    Dwarf_Attribute place;
    Dwarf_Addr address;
    bool indexed = op->atom == DW_OP_addrx || op->atom == DW_OP_GNU_addr_index;
    if (!indexed || dw.dwarf_getlocation_attr(attribute, op, &place) != 0 || dw.dwarf_formaddr(&place, &address) != 0)
        return false;
    *value = address;
    return true;
}

static bool evaluate(DebugInfo *info, const DwarfFrame *frame, Dwarf_Attribute *attribute, const Expression *e, u64 *value,
                     ExpressionKind *kind, int *reg, bool *fixed)
{
    Dwarf_Op *ops;
    size_t count;
    (void)info;
    if (dw.dwarf_getlocation_addr(attribute, frame->pc, &ops, &count, 1) != 1 || count == 0)
        return false;
    if (count == 1 && indexed_address(attribute, &ops[0], value)) {
        *fixed = true;
        *kind = EXPRESSION_ADDRESS;
        return true;
    }
    *fixed = count == 1 && ops[0].atom == DW_OP_addr;
    *reg = ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31 ? ops[0].atom - DW_OP_reg0 : (int)ops[0].number;
    *kind = dwarf_expression_evaluate(e, ops, count, value);
    return *kind != EXPRESSION_BAD;
}

/* DW_AT_frame_base of the function: usually DW_OP_call_frame_cfa. */
static void find_frame_base(DebugInfo *info, const DwarfFrame *frame, Dwarf_Die *scopes, int count, Expression *e)
{
    Dwarf_Attribute attribute;
    ExpressionKind kind;
    bool fixed;
    int reg;
    for (int i = 0; i < count; i++)
        if (dw.dwarf_tag(&scopes[i]) == DW_TAG_subprogram &&
            dw.dwarf_attr_integrate(&scopes[i], DW_AT_frame_base, &attribute)) {
            evaluate(info, frame, &attribute, e, &e->frame_base, &kind, &reg, &fixed);
            return;
        }
}

static void locate(DebugInfo *info, const DwarfFrame *frame, Dwarf_Die *die, const Expression *e, DwarfVariable *variable)
{
    Dwarf_Attribute attribute;
    ExpressionKind kind;
    Dwarf_Sword constant;
    if (dw.dwarf_attr_integrate(die, DW_AT_location, &attribute)) {
        if (evaluate(info, frame, &attribute, e, &variable->value, &kind, &variable->reg, &variable->fixed))
            variable->place = kind == EXPRESSION_ADDRESS ? DWARF_AT_ADDRESS
                              : kind == EXPRESSION_REGISTER ? DWARF_IN_REGISTER : DWARF_AS_VALUE;
    } else if (dw.dwarf_attr_integrate(die, DW_AT_const_value, &attribute) && !dw.dwarf_formsdata(&attribute, &constant)) {
        variable->place = DWARF_AS_VALUE;
        variable->value = (u64)constant;
    }
}

static Expression expression_of(const DwarfFrame *frame)
{
    return (Expression){.registers = frame->registers,
                        .cfa = frame->registers->cfa,
                        .read = frame->read,
                        .context = frame->context,
                        .thread_base = frame->registers->thread - frame->tls_size};
}

/* The first scope of the function that has `inlined` others inside. */
static int first_scope(Dwarf_Die *scopes, int count, u32 inlined)
{
    int i = 0;
    for (; inlined && i < count; i++)
        inlined -= dw.dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine;
    return i;
}

/* The index-th variable among the scopes' children, from the innermost scope to the function. */
static bool nth_variable(Dwarf_Die *scopes, int count, const DwarfFrame *frame, u32 index, Dwarf_Die *die,
                         DwarfVariable *variable)
{
    u32 depth = 0;
    for (int i = first_scope(scopes, count, frame->inlined); i < count; i++) {
        int tag = dw.dwarf_tag(&scopes[i]);
        if (tag == DW_TAG_compile_unit)
            return false;
        for (int more = dw.dwarf_child(&scopes[i], die); more == 0; more = dw.dwarf_siblingof(die, die)) {
            int child = dw.dwarf_tag(die);
            if ((child != DW_TAG_variable && child != DW_TAG_formal_parameter) || !libdw_name(die))
                continue;
            if (index-- == 0) {
                variable->depth = depth;
                variable->argument = child == DW_TAG_formal_parameter;
                return true;
            }
        }
        depth++;
        if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine)
            return false;
    }
    return false;
}

bool dwarf_variable(DebugInfo *info, const DwarfFrame *frame, u32 index, DwarfVariable *variable)
{
    Dwarf_Die *scopes, die;
    int count = libdw_scopes(info, frame->pc, &scopes);
    *variable = (DwarfVariable){0};
    bool found = nth_variable(scopes, count, frame, index, &die, variable);
    if (found) {
        Expression e = expression_of(frame);
        find_frame_base(info, frame, scopes, count, &e);
        variable->name = libdw_name(&die);
        variable->type = handle_of(&die);
        locate(info, frame, &die, &e, variable);
    }
    free(scopes);
    return found;
}

/* ---- globals -------------------------------------------------------------------------------------------------- */

typedef struct GlobalSearch {
    DebugInfo *info;
    const char *name, *last; /* "a::b", and its last part "b" */
    Dwarf_Die found;
    bool any, defined;
} GlobalSearch;

static bool is_wanted(GlobalSearch *search, Dwarf_Die *die)
{
    const char *name = libdw_name(die);
    if (!name || strcmp(name, search->last) != 0)
        return false;
    return search->last == search->name || libdw_name_ends(libdw_qualified_name(search->info, die), search->name);
}

/* Among a unit's (and its namespaces') own variables; declarations only count until a definition turns up. */
static void search_children(GlobalSearch *search, Dwarf_Die *parent, int depth)
{
    Dwarf_Die die;
    for (int more = dw.dwarf_child(parent, &die); more == 0 && !search->defined; more = dw.dwarf_siblingof(&die, &die)) {
        int tag = dw.dwarf_tag(&die);
        if (tag == DW_TAG_namespace && depth < 8)
            search_children(search, &die, depth + 1);
        if (tag != DW_TAG_variable || !is_wanted(search, &die))
            continue;
        search->found = die;
        search->any = true;
        search->defined = dw.dwarf_hasattr(&die, DW_AT_location) || dw.dwarf_hasattr(&die, DW_AT_const_value);
    }
}

static bool search_unit(void *context, Dwarf_Die *unit)
{
    GlobalSearch *search = context;
    search_children(search, unit, 0);
    return !search->defined;
}

bool dwarf_global(DebugInfo *info, const DwarfFrame *frame, const char *name, DwarfVariable *variable)
{
    GlobalSearch search = {.info = info, .name = name, .last = libdw_last_part(name)};
    if (libdw_find_unit(info, frame->pc))
        search_unit(&search, &info->unit);
    if (!search.defined)
        libdw_each_unit(info, search_unit, &search);
    if (!search.defined)
        return false;
    Expression e = expression_of(frame);
    *variable = (DwarfVariable){.name = libdw_name(&search.found), .type = handle_of(&search.found)};
    locate(info, frame, &search.found, &e, variable);
    return true;
}

#else

bool dwarf_function_at(DebugInfo *info, u64 address, DwarfFunction *function)
{
    (void)info, (void)address, (void)function;
    return false;
}

bool dwarf_inlined_at(DebugInfo *info, u64 address, u32 index, DwarfInlined *inlined)
{
    (void)info, (void)address, (void)index, (void)inlined;
    return false;
}

bool dwarf_variable(DebugInfo *info, const DwarfFrame *frame, u32 index, DwarfVariable *variable)
{
    (void)info, (void)frame, (void)index, (void)variable;
    return false;
}

bool dwarf_global(DebugInfo *info, const DwarfFrame *frame, const char *name, DwarfVariable *variable)
{
    (void)info, (void)frame, (void)name, (void)variable;
    return false;
}

#endif

/* libdw, opened at run time: its five libraries cost more than a millisecond at start, which only those who ask for lines
 * or backtraces should pay. Here: the library, compilation units, and unwinding. */
#define _GNU_SOURCE
#include "loader/dwarf.h"

#include <stdlib.h>

#ifdef HAVE_LIBDW
#include <dlfcn.h>
#include <pthread.h>

#include "loader/libdw.h"

Libdw dw;
static bool loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load_library(void)
{
    void *library = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return;
    loaded = true;
#define X(f) loaded = loaded && (dw.f = (__typeof__(f) *)dlsym(library, #f)) != NULL;
    LIBDW_FUNCTIONS(X)
#undef X
    loaded = loaded && dw.elf_version(EV_CURRENT) != EV_NONE;
}

DebugInfo *dwarf_open(const u8 *bytes, u64 size)
{
    pthread_once(&once, load_library);
    DebugInfo *info = loaded ? calloc(1, sizeof *info) : NULL;
    if (!info)
        return NULL;
    info->elf = dw.elf_memory((char *)bytes, size);
    if (!info->elf) {
        free(info);
        return NULL;
    }
    info->dwarf = dw.dwarf_begin_elf(info->elf, DWARF_C_READ, NULL);
    info->eh_frame = dw.dwarf_getcfi_elf(info->elf);
    info->debug_frame = info->dwarf ? dw.dwarf_getcfi(info->dwarf) : NULL;
    return info;
}

void dwarf_close(DebugInfo *info)
{
    if (!info)
        return;
    libdw_forget_names(info);
    if (info->eh_frame)
        dw.dwarf_cfi_end(info->eh_frame);
    if (info->dwarf)
        dw.dwarf_end(info->dwarf);
    dw.elf_end(info->elf);
    free(info);
}

/* ---- units and DIEs ------------------------------------------------------------------------------------------- */

void libdw_each_unit(DebugInfo *info, LibdwUnitVisit *visit, void *context)
{
    size_t header;
    for (Dwarf_Off offset = 0, next; info->dwarf; offset = next) {
        Dwarf_Die unit;
        if (dw.dwarf_nextcu(info->dwarf, offset, &next, &header, NULL, NULL, NULL) != 0)
            return;
        if (dw.dwarf_offdie(info->dwarf, offset + header, &unit) && !visit(context, &unit))
            return;
    }
}

typedef struct UnitSearch { DebugInfo *info; u64 address; } UnitSearch;

static bool unit_has(void *context, Dwarf_Die *unit)
{
    UnitSearch *search = context;
    if (dw.dwarf_haspc(unit, search->address) <= 0)
        return true;
    search->info->unit = *unit;
    search->info->has_unit = true;
    return false;
}

/* By .debug_aranges, else (clang writes none) by asking every unit. */
bool libdw_find_unit(DebugInfo *info, u64 address)
{
    if (!info->dwarf)
        return false;
    if (info->has_unit && dw.dwarf_haspc(&info->unit, address) > 0)
        return true;
    info->has_unit = dw.dwarf_addrdie(info->dwarf, address, &info->unit) != NULL;
    if (!info->has_unit)
        libdw_each_unit(info, unit_has, &(UnitSearch){info, address});
    return info->has_unit;
}

bool dwarf_unit_at(DebugInfo *info, u64 address, DwarfUnit *unit)
{
    Dwarf_Attribute attribute;
    Dwarf_Half version;
    if (!libdw_find_unit(info, address) || dw.dwarf_cu_info(info->unit.cu, &version, NULL, NULL, NULL, NULL, NULL, NULL) != 0)
        return false;
    *unit = (DwarfUnit){.producer = dw.dwarf_formstring(dw.dwarf_attr(&info->unit, DW_AT_producer, &attribute)),
                        .version = version};
    unit->macros = dw.dwarf_hasattr(&info->unit, DW_AT_macros) || dw.dwarf_hasattr(&info->unit, DW_AT_macro_info) ||
                   dw.dwarf_hasattr(&info->unit, DW_AT_GNU_macros);
    return true;
}

const char *libdw_name(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    return dw.dwarf_formstring(dw.dwarf_attr_integrate(die, DW_AT_name, &attribute));
}

bool libdw_type(Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute attribute;
    return dw.dwarf_formref_die(dw.dwarf_attr_integrate(die, DW_AT_type, &attribute), type) != NULL;
}

/* ---- unwinding ------------------------------------------------------------------------------------------------ */

enum { DWARF_RSP = 7, DWARF_RA = 16 };

/* System V psABI, "Registers": functions keep these for their callers. */
static bool is_callee_saved(int number) { return number == 3 || number == 6 || (number >= 12 && number <= 15); }

/* One register of the caller. libdw answers with no operations for "same value" (ops NULL), and for "undefined" and "not spoken
 * of": that a function's entry says nothing of RBX means that it still holds the caller's. */
static bool restore(Dwarf_Frame *frame, int number, Expression *e, DwarfRegisters *caller)
{
    Dwarf_Op memory[3], *ops;
    size_t count;
    if (dw.dwarf_frame_register(frame, number, memory, &ops, &count) != 0)
        return false;
    if (count == 0) {
        caller->known[number] = (ops == NULL || is_callee_saved(number)) && e->registers->known[number];
        caller->value[number] = e->registers->value[number];
        caller->saved_at[number] = caller->known[number] ? e->registers->saved_at[number] : 0;
        return true;
    }
    u64 value;
    ExpressionKind kind = dwarf_expression_evaluate(e, ops, count, &value);
    caller->saved_at[number] = kind == EXPRESSION_ADDRESS ? value : 0;
    if (kind == EXPRESSION_ADDRESS && !e->read(e->context, value, &value))
        return false;
    caller->known[number] = kind != EXPRESSION_BAD;
    caller->value[number] = value;
    return kind != EXPRESSION_BAD;
}

static bool unwind_by(Dwarf_CFI *cfi, u64 pc, Expression *e, DwarfRegisters *caller)
{
    Dwarf_Frame *frame;
    if (!cfi || dw.dwarf_cfi_addrframe(cfi, pc, &frame) != 0)
        return false;
    Dwarf_Op *ops;
    size_t count;
    bool good =
        dw.dwarf_frame_cfa(frame, &ops, &count) == 0 && dwarf_expression_evaluate(e, ops, count, &e->cfa) != EXPRESSION_BAD;
    *caller = (DwarfRegisters){.cfa = e->cfa, .thread = e->registers->thread};
    dw.dwarf_frame_info(frame, NULL, NULL, &caller->interrupted);
    for (int i = 0; good && i <= DWARF_RA; i++)
        good = restore(frame, i, e, caller) || i != DWARF_RA;
    if (good && !caller->known[DWARF_RSP]) {
        caller->known[DWARF_RSP] = true;
        caller->value[DWARF_RSP] = e->cfa;
    }
    free(frame);
    return good;
}

bool dwarf_unwind(DebugInfo *info, u64 pc, const DwarfRegisters *callee, DwarfRegisters *caller, DwarfReadWord *read,
                  void *context)
{
    Expression e = {.registers = callee, .read = read, .context = context};
    return unwind_by(info->eh_frame, pc, &e, caller) || unwind_by(info->debug_frame, pc, &e, caller);
}

#else /* built without libdw: dwarf_open() finds nothing, so nothing else is ever called with an info */

DebugInfo *dwarf_open(const u8 *bytes, u64 size)
{
    (void)bytes, (void)size;
    return NULL;
}

void dwarf_close(DebugInfo *info) { (void)info; }

bool dwarf_unit_at(DebugInfo *info, u64 address, DwarfUnit *unit)
{
    (void)info, (void)address, (void)unit;
    return false;
}

bool dwarf_unwind(DebugInfo *info, u64 pc, const DwarfRegisters *callee, DwarfRegisters *caller, DwarfReadWord *read,
                  void *context)
{
    (void)info, (void)pc, (void)callee, (void)caller, (void)read, (void)context;
    return false;
}

#endif

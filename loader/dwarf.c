/* libdw, opened at run time: its five libraries cost more than a millisecond at start, which only those who ask for lines
 * or backtraces should pay. Expressions (of CFI) are evaluated in expression.c. */
#define _GNU_SOURCE
#include "loader/dwarf.h"

#include <stdlib.h>

#ifdef HAVE_LIBDW
#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <pthread.h>

#include "loader/expression.h"

#define LIBDW_FUNCTIONS(X)                                                                                             \
    X(elf_version) X(elf_memory) X(elf_end) X(dwarf_begin_elf) X(dwarf_end) X(dwarf_addrdie) X(dwarf_nextcu)           \
    X(dwarf_offdie) X(dwarf_haspc) X(dwarf_getsrc_die) X(dwarf_linesrc) X(dwarf_lineno) X(dwarf_linecol)               \
    X(dwarf_getscopes) X(dwarf_tag) X(dwarf_diename) X(dwarf_attr) X(dwarf_attr_integrate) X(dwarf_formstring)         \
    X(dwarf_getcfi) X(dwarf_getcfi_elf) X(dwarf_cfi_end) X(dwarf_cfi_addrframe) X(dwarf_frame_info) X(dwarf_frame_cfa) \
    X(dwarf_frame_register)

#define X(f) __typeof__(f) *f;
static struct { LIBDW_FUNCTIONS(X) } dw; /* the addresses of a library's functions: the same for everyone */
#undef X
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

struct DebugInfo {
    Elf *elf;
    Dwarf *dwarf;                  /* NULL: no debug sections */
    Dwarf_CFI *eh_frame, *debug_frame;
    Dwarf_Die unit;                /* the compilation unit found last */
    bool has_unit;
};

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
    if (info->eh_frame)
        dw.dwarf_cfi_end(info->eh_frame);
    if (info->dwarf)
        dw.dwarf_end(info->dwarf);
    dw.elf_end(info->elf);
    free(info);
}

/* ---- lines ---------------------------------------------------------------------------------------------------- */

/* The compilation unit of `address`: by .debug_aranges, else (clang writes none) by asking every unit. */
static bool find_unit(DebugInfo *info, u64 address)
{
    if (info->has_unit && dw.dwarf_haspc(&info->unit, address) > 0)
        return true;
    info->has_unit = dw.dwarf_addrdie(info->dwarf, address, &info->unit) != NULL;
    size_t header;
    for (Dwarf_Off offset = 0, next; !info->has_unit; offset = next) {
        if (dw.dwarf_nextcu(info->dwarf, offset, &next, &header, NULL, NULL, NULL) != 0)
            return false;
        info->has_unit = dw.dwarf_offdie(info->dwarf, offset + header, &info->unit) &&
                         dw.dwarf_haspc(&info->unit, address) > 0;
    }
    return true;
}

static const char *function_at(DebugInfo *info, u64 address)
{
    Dwarf_Die *scopes = NULL;
    const char *name = NULL;
    int count = dw.dwarf_getscopes(&info->unit, address, &scopes);
    for (int i = 0; i < count && !name; i++) {
        int tag = dw.dwarf_tag(&scopes[i]);
        if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine) {
            Dwarf_Attribute attribute;
            name = dw.dwarf_formstring(dw.dwarf_attr_integrate(&scopes[i], DW_AT_name, &attribute));
        }
    }
    if (count > 0)
        free(scopes);
    return name;
}

bool dwarf_source_at(DebugInfo *info, u64 address, DwarfSource *source)
{
    if (!info->dwarf || !find_unit(info, address))
        return false;
    Dwarf_Line *line = dw.dwarf_getsrc_die(&info->unit, address);
    *source = (DwarfSource){0};
    source->file = line ? dw.dwarf_linesrc(line, NULL, NULL) : NULL;
    if (!source->file)
        return false;
    dw.dwarf_lineno(line, &source->line);
    dw.dwarf_linecol(line, &source->column);
    source->function = function_at(info, address);
    return true;
}

/* ---- unwinding ------------------------------------------------------------------------------------------------ */

enum { DWARF_RSP = 7, DWARF_RA = 16 };

/* One register of the caller. libdw answers with no operations for "same value" (ops NULL) and "undefined". */
static bool restore(Dwarf_Frame *frame, int number, Expression *e, DwarfRegisters *caller)
{
    Dwarf_Op memory[3], *ops;
    size_t count;
    if (dw.dwarf_frame_register(frame, number, memory, &ops, &count) != 0)
        return false;
    if (count == 0) {
        caller->known[number] = ops == NULL && e->registers->known[number];
        caller->value[number] = e->registers->value[number];
        return true;
    }
    u64 value;
    ExpressionKind kind = expression_evaluate(e, ops, count, &value);
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
    bool good = dw.dwarf_frame_cfa(frame, &ops, &count) == 0 && expression_evaluate(e, ops, count, &e->cfa) != EXPRESSION_BAD;
    *caller = (DwarfRegisters){.cfa = e->cfa};
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

#else /* built without libdw */

DebugInfo *dwarf_open(const u8 *bytes, u64 size)
{
    (void)bytes;
    (void)size;
    return NULL;
}

void dwarf_close(DebugInfo *info) { (void)info; }

bool dwarf_source_at(DebugInfo *info, u64 address, DwarfSource *source)
{
    (void)info;
    (void)address;
    (void)source;
    return false;
}

bool dwarf_unwind(DebugInfo *info, u64 pc, const DwarfRegisters *callee, DwarfRegisters *caller, DwarfReadWord *read,
                  void *context)
{
    (void)info;
    (void)pc;
    (void)callee;
    (void)caller;
    (void)read;
    (void)context;
    return false;
}

#endif

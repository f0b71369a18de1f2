/* DWARF expressions: where a value is, or what it is. Inside loader/ only, and only with libdw. */
#ifndef EMU_LOADER_EXPRESSION_H
#define EMU_LOADER_EXPRESSION_H

#ifdef HAVE_LIBDW
#include <elfutils/libdw.h>

#include "loader/dwarf.h"

typedef struct Expression {
    const DwarfRegisters *registers;
    u64 cfa, frame_base;
    u64 thread_base; /* where the thread's copy of the TLS segment begins */
    DwarfReadWord *read;
    void *context;
} Expression;

typedef enum ExpressionKind {
    EXPRESSION_BAD,      /* malformed, or it needs what we do not know */
    EXPRESSION_ADDRESS,  /* *result is the address of the value */
    EXPRESSION_VALUE,    /* *result is the value */
    EXPRESSION_REGISTER, /* *result is the value, and it lives in a register */
} ExpressionKind;

ExpressionKind dwarf_expression_evaluate(const Expression *e, const Dwarf_Op *ops, size_t count, u64 *result);
#endif

#endif

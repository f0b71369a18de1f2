/* Names for addresses: .symtab, or .dynsym when that was stripped. Sorted by address once, then binary search. */
#ifndef EMU_LOADER_SYMBOLS_H
#define EMU_LOADER_SYMBOLS_H

#include "base/types.h"
#include "loader/sections.h"

typedef struct Symbol {
    const char *name; /* into the file's bytes */
    u64 address;      /* as the file states it: the load bias is not added */
    u64 size;         /* 0: not stated */
    u8 type;          /* STT_FUNC, STT_OBJECT, STT_NOTYPE, STT_TLS, STT_GNU_IFUNC */
    u8 binding;       /* STB_LOCAL, STB_GLOBAL, STB_WEAK */
    bool code;        /* a function, or a label among code, as assemblers leave it */
} Symbol;

typedef struct Symbols {
    Symbol *symbol;   /* [count], by address; of equals the better name (global, function) first */
    u32 count;
    u32 *by_name;     /* [count], indices sorted by name; made when first needed */
    bool stripped;    /* there was no .symtab */
} Symbols;

/* Defined symbols of functions, objects and labels. `bytes` must outlive the result. false: no host memory. */
bool symbols_read(Symbols *symbols, const Sections *sections, const u8 *bytes, u64 size);
void symbols_free(Symbols *symbols);

/* The symbol that holds `address`: it reaches that far, or states no size and is the last before it. NULL: none. */
const Symbol *symbols_at(const Symbols *symbols, u64 address);
/* By name; globals before locals. NULL: none. */
const Symbol *symbols_named(Symbols *symbols, const char *name);

#endif

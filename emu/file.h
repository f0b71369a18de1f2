/* A program file as the rest of emu/ uses it. Inside emu/ only. */
#ifndef EMU_EMU_FILE_H
#define EMU_EMU_FILE_H

#include "emu/emu.h"
#include "loader/sections.h"
#include "loader/symbols.h"

Symbols *file_symbols(EmuFile *file);
/* e_entry, unbiased. */
u64 file_entry(const EmuFile *file);
/* Bytes that a thread's copy of the TLS segment takes below FS. */
u64 file_tls_size(const EmuFile *file);

/* A loader's symbol as the public API shows it. */
void symbol_out(const Symbol *symbol, u64 bias, EmuSymbol *out);

#endif

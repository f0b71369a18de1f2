/* The third page of emu.h, which includes it: what an executable file holds, and whether and how it would run. No machine is
 * needed to ask. */
#ifndef EMU_EMU_FILE_PAGE_H
#define EMU_EMU_FILE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/emu_symbols.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- files (file.c): what `emu info` prints -------------------------------------------------------------------- */

typedef struct EmuFile EmuFile;
typedef struct EmuFileInfo {
    const char *format;     /* "ELF64 x86-64", "PE (Windows)" … */
    bool runs;              /* Linux and this emulator would start it */
    const char *why_not;    /* else: one line */
    bool elf;               /* the rest means something */
    bool position_independent, is_static;
    const char *interp;     /* or NULL */
    const char *machine;
    uint64_t entry, size;
    uint64_t text_size, data_size, bss_size; /* as size(1) */
    uint32_t segments, sections, symbols;    /* how many */
    bool has_dwarf, stripped, stack_exec, has_tls, has_relro;
    uint64_t relro_start, relro_size, tls_file_size, tls_memory_size;
} EmuFileInfo;
typedef struct EmuFileSegment {
    uint64_t address, memory_size, offset, file_size, align;
    uint32_t flags;           /* EMU_MAP_READ … */
    uint64_t map_start, map_end, anon_start, anon_end; /* file pages and pages of zeroes, unbiased */
} EmuFileSegment;
typedef struct EmuFileSection {
    const char *name, *type;
    uint64_t address, offset, size;
    bool alloc, write, exec, no_bits;
} EmuFileSection;

/* NULL with errno when it cannot be read. Any file is good. */
EmuFile *emu_file_open(const char *path);
void emu_file_close(EmuFile *file);
void emu_file_info(const EmuFile *file, EmuFileInfo *info);
bool emu_file_segment(const EmuFile *file, uint32_t index, EmuFileSegment *segment);
bool emu_file_section(const EmuFile *file, uint32_t index, EmuFileSection *section);
bool emu_file_symbol(const EmuFile *file, uint32_t index, EmuSymbol *symbol);
/* The bytes of the file at `offset`: how many of `size` are there, and where. */
uint64_t emu_file_bytes(const EmuFile *file, uint64_t offset, uint64_t size, const uint8_t **bytes);

#ifdef __cplusplus
}
#endif

#endif

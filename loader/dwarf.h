/* Debugging information through elfutils' libdw. The library is loaded when first asked for: a program that is only run
 * does not pay for it. Without it (not built in, not installed) dwarf_open() returns NULL, and every caller does without. */
#ifndef EMU_LOADER_DWARF_H
#define EMU_LOADER_DWARF_H

#include "base/types.h"

typedef struct DebugInfo DebugInfo;

typedef struct DwarfSource {
    const char *file;     /* lives as long as the DebugInfo */
    int line, column;     /* 0: unknown */
    const char *function; /* innermost, inlined ones too; NULL: unknown */
} DwarfSource;

/* The frame of a caller, in DWARF's register numbers: 0..16 are rax rdx rcx rbx rsi rdi rbp rsp r8 … r15 and the return
 * address (System V psABI, "DWARF Register Number Mapping"). */
typedef struct DwarfRegisters {
    u64 value[17];
    bool known[17];
    u64 cfa;
    bool interrupted; /* a signal handler's frame lies below: its pc is the interrupted instruction, not a return address */
} DwarfRegisters;

/* Reads 8 bytes of the program's memory. */
typedef bool DwarfReadWord(void *context, u64 address, u64 *value);

/* Opens the ELF file in bytes[size], which must outlive the result. NULL: no libdw, or it finds nothing that it can use. */
DebugInfo *dwarf_open(const u8 *bytes, u64 size);
void dwarf_close(DebugInfo *info); /* NULL is fine */

/* The line that the code at `address` (unbiased) comes from. */
bool dwarf_source_at(DebugInfo *info, u64 address, DwarfSource *source);

/* From the registers in the frame whose code stands at `pc`, those of its caller, by .eh_frame or .debug_frame. pc is
 * unbiased, and the return address - 1 except in the innermost and in interrupted frames. false: no rule for this pc, or
 * memory that it needs cannot be read. */
bool dwarf_unwind(DebugInfo *info, u64 pc, const DwarfRegisters *callee, DwarfRegisters *caller, DwarfReadWord *read,
                  void *context);

#endif

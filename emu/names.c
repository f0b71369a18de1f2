/* Names for a running program's addresses: its file's symbols and DWARF, moved by the load bias. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/demangle.h"
#include "emu/file.h"
#include "emu/machine.h"
#include "emu/record.h"
#include "kernel/space.h"
#include "loader/dwarf.h"

void symbol_out(const Symbol *symbol, u64 bias, EmuSymbol *out)
{
    *out = (EmuSymbol){
        .name = symbol->name, .address = symbol->address + bias, .size = symbol->size,
        .function = symbol->code,
        .indirect = symbol->type == STT_GNU_IFUNC,
    };
}

static void program_free(Program *program)
{
    dwarf_close(program->dwarf);
    demangler_destroy(program->names);
    emu_file_close(program->file);
    free(program->path);
    free(program);
}

void machine_forget_programs(Emu *emu)
{
    while (emu->programs) {
        Program *next = emu->programs->next;
        program_free(emu->programs);
        emu->programs = next;
    }
}

/* In a replay the file may not exist here, or not any more: the recording has it. */
static EmuFile *open_as_recorded(Emu *emu, const char *path)
{
    const HostFile *kept = emu->record && emu->record->from_file ? emu->record->log->files : NULL;
    while (kept && strcmp(kept->path, path) != 0)
        kept = kept->next;
    if (!kept)
        return emu_file_open(path);
    char name[64];
    int fd = memfd_create("recorded program", MFD_CLOEXEC);
    bool whole = fd >= 0 && write(fd, kept->bytes, kept->size) == (ssize_t)kept->size;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    EmuFile *file = whole ? emu_file_open(name) : NULL;
    if (fd >= 0)
        close(fd);
    return file;
}

static Program *program_open(Emu *emu, const char *path)
{
    for (Program *p = emu->programs; p; p = p->next)
        if (strcmp(p->path, path) == 0)
            return p;
    Program *program = calloc(1, sizeof *program);
    char *copy = strdup(path);
    if (!program || !copy) {
        free(program);
        free(copy);
        return NULL;
    }
    program->path = copy;
    program->file = open_as_recorded(emu, path); /* remembered when it fails, too: not tried again */
    program->number = emu->programs ? emu->programs->number + 1 : 1;
    program->next = emu->programs;
    emu->programs = program;
    return program;
}

Program *machine_program(Emu *emu, int pid, u64 *bias)
{
    Process *process = machine_process(emu, pid);
    if (!process || !process->space || !process->exe_path)
        return NULL;
    Program *program = program_open(emu, process->exe_path);
    if (!program || !program->file)
        return NULL;
    *bias = process->space->entry - file_entry(program->file);
    return program;
}

DebugInfo *program_dwarf(Program *program)
{
    if (!program->dwarf_tried) {
        const u8 *bytes;
        u64 size = emu_file_bytes(program->file, 0, UINT64_MAX, &bytes);
        program->dwarf = dwarf_open(bytes, size);
        program->dwarf_tried = true;
    }
    return program->dwarf;
}

DebugInfo *machine_dwarf(Emu *emu, int pid, u64 *bias)
{
    Program *program = machine_program(emu, pid, bias);
    if (!program)
        return NULL;
    return program_dwarf(program);
}

bool emu_symbol_at(Emu *emu, int pid, uint64_t address, EmuSymbol *out)
{
    u64 bias;
    Program *program = machine_program(emu, pid, &bias);
    const Symbol *symbol = program ? symbols_at(file_symbols(program->file), address - bias) : NULL;
    if (symbol)
        symbol_out(symbol, bias, out);
    return symbol != NULL;
}

bool emu_symbol_named(Emu *emu, int pid, const char *name, EmuSymbol *out)
{
    u64 bias;
    Program *program = machine_program(emu, pid, &bias);
    const Symbol *symbol = program ? symbols_named(file_symbols(program->file), name) : NULL;
    if (symbol)
        symbol_out(symbol, bias, out);
    return symbol != NULL;
}

bool emu_symbol(Emu *emu, int pid, uint32_t index, EmuSymbol *out)
{
    u64 bias;
    Program *program = machine_program(emu, pid, &bias);
    if (!program || !emu_file_symbol(program->file, index, out))
        return false;
    out->address += bias;
    return true;
}

const char *emu_plain_name(Emu *emu, int pid, const char *symbol)
{
    u64 bias;
    Program *program = machine_program(emu, pid, &bias);
    return program ? demangle(&program->names, symbol) : symbol;
}

bool emu_source_at(Emu *emu, int pid, uint64_t address, EmuSource *out)
{
    u64 bias;
    DebugInfo *dwarf = machine_dwarf(emu, pid, &bias);
    DwarfSource source;
    if (!dwarf || !dwarf_source_at(dwarf, address - bias, &source))
        return false;
    *out = (EmuSource){.file = source.file, .name = source.name, .line = source.line, .column = source.column, .function = source.function,
                       .start = source.start + bias, .end = source.end + bias, .statement = source.statement};
    return true;
}

bool emu_unit_at(Emu *emu, int pid, uint64_t address, EmuUnit *out)
{
    u64 bias;
    DebugInfo *dwarf = machine_dwarf(emu, pid, &bias);
    DwarfUnit unit;
    if (!dwarf || !dwarf_unit_at(dwarf, address - bias, &unit))
        return false;
    *out = (EmuUnit){.producer = unit.producer, .version = unit.version, .macros = unit.macros};
    return true;
}

uint32_t emu_line_addresses(Emu *emu, int pid, const char *file, int *line, uint64_t *addresses, uint32_t capacity)
{
    u64 bias;
    DebugInfo *dwarf = machine_dwarf(emu, pid, &bias);
    u32 count = dwarf ? dwarf_line_addresses(dwarf, file, line, addresses, capacity) : 0;
    for (u32 i = 0; i < count; i++)
        addresses[i] += bias;
    return count;
}

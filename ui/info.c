/* emu info: what a program file is, why it will or will not run, and what it consists of. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "ui/commands.h"
#include "ui/json.h"

static const char *flags_text(uint32_t flags, char *text)
{
    text[0] = flags & EMU_MAP_READ ? 'r' : '-';
    text[1] = flags & EMU_MAP_WRITE ? 'w' : '-';
    text[2] = flags & EMU_MAP_EXEC ? 'x' : '-';
    text[3] = 0;
    return text;
}

static const char *kind_text(const EmuFileInfo *info)
{
    if (!info->is_static)
        return info->interp ? "dynamically linked" : "neither an executable nor a static PIE";
    return info->position_independent ? "static PIE (position-independent)" : "static executable";
}

/* ---- text ----------------------------------------------------------------------------------------------------- */

static void print_segments(const EmuFile *file)
{
    EmuFileSegment s;
    char flags[4];
    puts("\nsegments (what is mapped where)");
    for (uint32_t i = 0; emu_file_segment(file, i, &s); i++) {
        printf("  %s  0x%-12" PRIx64 " %10" PRIu64 " bytes", flags_text(s.flags, flags), s.address, s.memory_size);
        if (s.map_end > s.map_start)
            printf(", file pages 0x%" PRIx64 "-0x%" PRIx64 " from offset 0x%" PRIx64, s.map_start, s.map_end,
                   s.offset - (s.address - s.map_start));
        if (s.memory_size > s.file_size)
            printf(", %" PRIu64 " bytes of zeroes", s.memory_size - s.file_size);
        if (s.anon_end > s.anon_start)
            printf(" (pages 0x%" PRIx64 "-0x%" PRIx64 ")", s.anon_start, s.anon_end);
        putchar('\n');
    }
}

static void print_sections(const EmuFile *file)
{
    EmuFileSection s;
    puts("\nsections");
    for (uint32_t i = 1; emu_file_section(file, i, &s); i++)
        printf("  %-22s %-12s 0x%-12" PRIx64 " %10" PRIu64 " bytes at 0x%-8" PRIx64 " %s%s%s\n", s.name, s.type, s.address,
               s.size, s.offset, s.alloc ? "a" : "", s.write ? "w" : "", s.exec ? "x" : "");
}

static void print_names(const EmuFileInfo *info)
{
    if (info->stripped && !info->symbols)
        puts("symbols     stripped: the file holds addresses and offsets, no names of functions or variables");
    else
        printf("symbols     %" PRIu32 "%s\n", info->symbols, info->stripped ? " (.dynsym only: stripped)" : "");
    printf("DWARF       %s\n", info->has_dwarf ? "present: source lines, variables and types" : "none (compile with -g)");
}

static void print_text(const char *path, const EmuFile *file, const EmuFileInfo *info)
{
    printf("file        %s, %" PRIu64 " bytes\nformat      %s", path, info->size, info->format);
    if (info->elf && info->machine && strcmp(info->format, "ELF64 x86-64") != 0)
        printf(" (%s)", info->machine);
    if (info->elf && info->segments)
        printf(", %s", kind_text(info));
    printf("\nruns here   %s%s\n", info->runs ? "yes" : "no: ", info->runs ? "" : info->why_not);
    if (!info->elf)
        return;
    if (info->segments) {
        printf("entry       0x%" PRIx64 "%s\n", info->entry, info->position_independent ? " + load address" : "");
        printf("stack       %s\n", info->stack_exec ? "executable" : "not executable");
        if (info->has_tls)
            printf("TLS         %" PRIu64 " bytes per thread, %" PRIu64 " of them from the file\n", info->tls_memory_size,
                   info->tls_file_size);
        if (info->has_relro)
            printf("RELRO       0x%" PRIx64 ", %" PRIu64 " bytes: read-only once the program has started\n", info->relro_start,
                   info->relro_size);
    }
    if (info->sections)
        printf("size        text %" PRIu64 ", data %" PRIu64 ", bss %" PRIu64 "\n", info->text_size, info->data_size,
               info->bss_size);
    print_names(info);
    if (info->segments)
        print_segments(file);
    if (info->sections > 1)
        print_sections(file);
}

/* ---- JSON ----------------------------------------------------------------------------------------------------- */

static void json_parts(Json *json, const EmuFile *file)
{
    EmuFileSegment segment;
    EmuFileSection section;
    char flags[4];
    json_open(json, "segments", '[');
    for (uint32_t i = 0; emu_file_segment(file, i, &segment); i++) {
        json_open(json, NULL, '{');
        json_string(json, "flags", flags_text(segment.flags, flags));
        json_address(json, "address", segment.address);
        json_number(json, "memory_size", segment.memory_size);
        json_number(json, "offset", segment.offset);
        json_number(json, "file_size", segment.file_size);
        json_number(json, "align", segment.align);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_open(json, "sections", '[');
    for (uint32_t i = 1; emu_file_section(file, i, &section); i++) {
        json_open(json, NULL, '{');
        json_string(json, "name", section.name);
        json_string(json, "type", section.type);
        json_address(json, "address", section.address);
        json_number(json, "offset", section.offset);
        json_number(json, "size", section.size);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_json(const char *path, const EmuFile *file, const EmuFileInfo *info)
{
    Json json = {.out = stdout};
    json_open(&json, NULL, '{');
    json_string(&json, "schema", "emu-info-1");
    json_string(&json, "path", path);
    json_number(&json, "size", info->size);
    json_string(&json, "format", info->format);
    json_bool(&json, "runs", info->runs);
    json_string(&json, "why_not", info->runs ? NULL : info->why_not);
    if (info->elf) {
        json_string(&json, "machine", info->machine);
        json_bool(&json, "static", info->is_static);
        json_bool(&json, "position_independent", info->position_independent);
        json_string(&json, "interpreter", info->interp);
        json_address(&json, "entry", info->entry);
        json_bool(&json, "stack_executable", info->stack_exec);
        json_number(&json, "text", info->text_size);
        json_number(&json, "data", info->data_size);
        json_number(&json, "bss", info->bss_size);
        json_number(&json, "symbols", info->symbols);
        json_bool(&json, "stripped", info->stripped);
        json_bool(&json, "dwarf", info->has_dwarf);
        json_parts(&json, file);
    }
    json_close(&json, '}');
}

/* ---- one section ---------------------------------------------------------------------------------------------- */

static void hexdump(const uint8_t *bytes, uint64_t size, uint64_t address)
{
    for (uint64_t row = 0; row < size; row += 16) {
        printf("%08" PRIx64 " ", address + row);
        for (uint64_t i = row; i < row + 16; i++) {
            if (i % 8 == 0)
                putchar(' ');
            if (i < size)
                printf("%02x ", bytes[i]);
            else
                fputs("   ", stdout);
        }
        fputs(" |", stdout);
        for (uint64_t i = row; i < row + 16 && i < size; i++)
            putchar(bytes[i] >= 32 && bytes[i] < 127 ? bytes[i] : '.');
        puts("|");
    }
}

static int dump_section(const char *path, const EmuFile *file, const char *name)
{
    EmuFileSection s;
    const uint8_t *bytes;
    for (uint32_t i = 0; emu_file_section(file, i, &s); i++) {
        if (strcmp(s.name, name) != 0)
            continue;
        if (s.no_bits) {
            printf("%s has no bytes in the file: %" PRIu64 " bytes of zeroes at 0x%" PRIx64 "\n", name, s.size, s.address);
            return 0;
        }
        uint64_t size = emu_file_bytes(file, s.offset, s.size, &bytes);
        hexdump(bytes, size, s.address ? s.address : s.offset);
        return 0;
    }
    fprintf(stderr, "emu: '%s' has no section '%s' (emu info %s lists them)\n", path, name, path);
    return 1;
}

/* ---- system calls --------------------------------------------------------------------------------------------- */

static int list_syscalls(bool as_json)
{
    EmuSyscallRow row;
    Json json = {.out = stdout};
    if (as_json)
        json_open(&json, NULL, '[');
    for (uint32_t n = 0; emu_syscall_row(n, &row); n++) {
        if (!row.name)
            continue;
        if (!as_json) {
            printf("%4" PRIu32 "  %-26s ", n, row.name);
            if (row.lacks)
                printf("partly: %s\n", row.lacks);
            else if (row.implemented)
                printf("implemented\n");
            else
                printf("refused: %s\n", strerror(row.refusal));
            continue;
        }
        json_open(&json, NULL, '{');
        json_number(&json, "number", n);
        json_string(&json, "name", row.name);
        json_bool(&json, "implemented", row.implemented);
        if (row.lacks)
            json_string(&json, "lacks", row.lacks);
        if (!row.implemented)
            json_string(&json, "refused", strerror(row.refusal));
        json_close(&json, '}');
    }
    if (as_json)
        json_close(&json, ']');
    return 0;
}

int command_info(const Options *options)
{
    if (options->syscalls)
        return list_syscalls(options->json);
    const char *path = options->program[0];
    EmuFile *file = emu_file_open(path);
    if (!file) {
        fprintf(stderr, "emu: cannot read '%s': %s\n", path, strerror(errno));
        return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
    }
    EmuFileInfo info;
    emu_file_info(file, &info);
    int code = 0;
    if (options->section)
        code = dump_section(path, file, options->section);
    else if (options->json)
        print_json(path, file, &info);
    else
        print_text(path, file, &info);
    emu_file_close(file);
    return code;
}

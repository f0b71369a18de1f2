/* What kind of file the first bytes announce, in words. Only elf.c's verdict decides whether it runs. */
#include <elf.h>

#include "base/bits.h"
#include "loader/elf.h"
#include "loader/format.h"

static const struct {
    u16 machine;
    const char *name;
} machines[] = {
    {EM_386, "32-bit x86 (i386)"}, {EM_AARCH64, "AArch64"}, {EM_ARM, "32-bit ARM"}, {EM_RISCV, "RISC-V"},
    {EM_PPC, "32-bit PowerPC"}, {EM_PPC64, "64-bit PowerPC"}, {EM_S390, "IBM Z (s390)"}, {EM_MIPS, "MIPS"},
    {EM_SPARC, "SPARC"}, {EM_SPARCV9, "64-bit SPARC"}, {EM_IA_64, "Itanium"}, {EM_68K, "Motorola 68000"},
    {EM_SH, "SuperH"}, {EM_ALPHA, "Alpha"}, {EM_PARISC, "PA-RISC"}, {EM_AVR, "AVR"}, {EM_LOONGARCH, "LoongArch"},
    {EM_BPF, "BPF"}, {EM_X86_64, "x86-64"},
};

const char *elf_machine_name(u16 machine)
{
    for (size_t i = 0; i < ARRAY_LEN(machines); i++)
        if (machines[i].machine == machine)
            return machines[i].name;
    return NULL;
}

const char *elf_format_name(FileFormat format)
{
    static const char *const names[] = {
        [FORMAT_UNKNOWN] = "unknown",
        [FORMAT_EMPTY] = "empty file",
        [FORMAT_TEXT] = "text",
        [FORMAT_SCRIPT] = "script",
        [FORMAT_ELF64] = "ELF64 x86-64",
        [FORMAT_ELF32] = "ELF32 i386",
        [FORMAT_ELF_FOREIGN] = "ELF for another machine",
        [FORMAT_PE] = "PE (Windows)",
        [FORMAT_DOS] = "MZ (DOS)",
        [FORMAT_MACHO] = "Mach-O (macOS)",
        [FORMAT_ARCHIVE] = "ar archive",
        [FORMAT_COMPRESSED] = "compressed file",
        [FORMAT_WASM] = "WebAssembly module",
        [FORMAT_JAVA] = "Java class file",
    };
    return names[format];
}

static FileFormat elf_format(const u8 *head, u64 size)
{
    if (size < 20)
        return FORMAT_ELF64; /* truncated; elf.c says so */
    u16 machine = load16(head + 18);
    bool big_endian = head[EI_DATA] == ELFDATA2MSB;
    if (machine == EM_X86_64)
        return FORMAT_ELF64;
    if (machine == EM_386 && !big_endian)
        return FORMAT_ELF32;
    return FORMAT_ELF_FOREIGN;
}

static bool starts(const u8 *head, u64 size, const char *magic, u64 length)
{
    return size >= length && memcmp(head, magic, length) == 0;
}

static bool looks_like_text(const u8 *head, u64 size)
{
    for (u64 i = 0; i < size; i++)
        if (head[i] < 32 && head[i] != '\n' && head[i] != '\t' && head[i] != '\r')
            return false;
    return true;
}

static FileFormat mz_format(const u8 *head, u64 size)
{
    if (size < 64)
        return FORMAT_DOS;
    u32 offset = load32(head + 60);
    return offset <= size - 4 && memcmp(head + offset, "PE\0\0", 4) == 0 ? FORMAT_PE : FORMAT_DOS;
}

FileFormat format_of(const u8 *head, u64 size)
{
    if (size == 0)
        return FORMAT_EMPTY;
    if (starts(head, size, ELFMAG, SELFMAG))
        return elf_format(head, size);
    if (starts(head, size, "#!", 2))
        return FORMAT_SCRIPT;
    if (starts(head, size, "MZ", 2))
        return mz_format(head, size);
    if (starts(head, size, "\xcf\xfa\xed\xfe", 4) || starts(head, size, "\xce\xfa\xed\xfe", 4))
        return FORMAT_MACHO;
    if (starts(head, size, "\xca\xfe\xba\xbe", 4)) /* a fat Mach-O counts its parts where Java has its version */
        return size >= 8 && head[4] == 0 && head[5] == 0 && head[6] == 0 && head[7] < 30 ? FORMAT_MACHO : FORMAT_JAVA;
    if (starts(head, size, "!<arch>\n", 8))
        return FORMAT_ARCHIVE;
    if (starts(head, size, "\x1f\x8b", 2) || starts(head, size, "\x28\xb5\x2f\xfd", 4) || starts(head, size, "BZh", 3) ||
        starts(head, size, "\xfd" "7zXZ", 5) || starts(head, size, "PK\3\4", 4))
        return FORMAT_COMPRESSED;
    if (starts(head, size, "\0asm", 4))
        return FORMAT_WASM;
    return looks_like_text(head, size) ? FORMAT_TEXT : FORMAT_UNKNOWN;
}

/* The loader's judgement, header by header: what fs/binfmt_elf.c accepts is accepted, what it refuses is refused with the
 * same errno, and what it kills is killed. tests/faults/elf_mutations.py compares the whole program with the kernel. */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "loader/elf.h"
#include "tests/unit/check.h"

typedef struct File {
    u8 bytes[0x3000];
    u64 size;
} File;

static i64 read_file(void *context, void *to, u64 size, u64 offset)
{
    File *file = context;
    if (offset >= file->size)
        return 0;
    u64 n = size < file->size - offset ? size : file->size - offset;
    memcpy(to, file->bytes + offset, n);
    return (i64)n;
}

static Elf64_Ehdr *header_of(File *file) { return (Elf64_Ehdr *)file->bytes; }
static Elf64_Phdr *phdr_of(File *file, unsigned i) { return (Elf64_Phdr *)(file->bytes + 64) + i; }

/* A good executable: text at 0x400000, data with bss at 0x401f00. */
static void make(File *file)
{
    memset(file, 0, sizeof *file);
    file->size = sizeof file->bytes;
    *header_of(file) = (Elf64_Ehdr){
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_EXEC, .e_machine = EM_X86_64,
        .e_version = EV_CURRENT, .e_entry = 0x400100, .e_phoff = 64, .e_ehsize = 64, .e_phentsize = 56, .e_phnum = 3};
    *phdr_of(file, 0) = (Elf64_Phdr){PT_LOAD, PF_R | PF_X, 0, 0x400000, 0x400000, 0x1000, 0x1000, 0x1000};
    *phdr_of(file, 1) = (Elf64_Phdr){PT_LOAD, PF_R | PF_W, 0x1f00, 0x401f00, 0x401f00, 0x200, 0x3000, 0x1000};
    *phdr_of(file, 2) = (Elf64_Phdr){PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16};
}

static ElfImage parse(File *file)
{
    ElfImage image;
    elf_parse(&image, read_file, file);
    return image;
}

static void expect(File *file, ElfVerdict verdict, int error, int line)
{
    ElfImage image = parse(file);
    if (image.verdict != verdict || image.error != error)
        printf("loader_elf.c:%d: verdict %d errno %d (%s)\n", line, image.verdict, image.error, image.reason);
    CHECK(image.verdict == verdict && image.error == error);
    CHECK((image.reason[0] != 0) == (verdict != ELF_OK));
    elf_free(&image);
}
#define EXPECT(file, verdict, error) expect(file, verdict, error, __LINE__)

static void test_good(void)
{
    File file;
    make(&file);
    ElfImage image = parse(&file);
    CHECK_EQUAL(image.verdict, ELF_OK);
    CHECK_EQUAL(image.segment_count, 2);
    CHECK_EQUAL(image.entry, 0x400100);
    CHECK_EQUAL(image.phdr_vaddr, 0x400040);
    CHECK_EQUAL(image.low, 0x400000);
    CHECK_EQUAL(image.high, 0x404f00);
    CHECK_EQUAL(image.brk, 0x404f00);
    CHECK(!image.stack_exec && image.has_gnu_stack && !image.position_independent);
    ElfMapping m = elf_mapping(&image, 1, 0);
    CHECK_EQUAL(m.file_start, 0x401000);
    CHECK_EQUAL(m.file_size, 0x2000);
    CHECK_EQUAL(m.file_offset, 0x1000);
    CHECK_EQUAL(m.zero_start, 0x402100);
    CHECK_EQUAL(m.zero_end, 0x403000);
    CHECK_EQUAL(m.anon_start, 0x403000);
    CHECK_EQUAL(m.anon_size, 0x2000);
    elf_free(&image);
}

/* What the kernel does not look at must not matter. */
static void test_ignored(void)
{
    File file;
    make(&file);
    header_of(&file)->e_ident[EI_CLASS] = ELFCLASS32;
    header_of(&file)->e_ident[EI_DATA] = ELFDATA2MSB;
    header_of(&file)->e_ident[EI_VERSION] = 77;
    header_of(&file)->e_ident[EI_OSABI] = 200;
    header_of(&file)->e_version = 9;
    header_of(&file)->e_ehsize = 1;
    header_of(&file)->e_flags = ~0u;
    header_of(&file)->e_shoff = ~0ull;
    header_of(&file)->e_shnum = 0xffff;
    phdr_of(&file, 0)->p_align = 3;
    phdr_of(&file, 1)->p_paddr = ~0ull;
    EXPECT(&file, ELF_OK, 0);
}

static void test_refused(void)
{
    File file;
    make(&file), file.size = 0, EXPECT(&file, ELF_REFUSED, ENOEXEC);
    make(&file), file.size = 63, EXPECT(&file, ELF_REFUSED, ENOEXEC);
    make(&file), file.size = 64 + 3 * 56 - 1, EXPECT(&file, ELF_REFUSED, ENOEXEC);
    make(&file), file.bytes[0] = 0, EXPECT(&file, ELF_REFUSED, ENOEXEC);
    make(&file), header_of(&file)->e_type = ET_REL, EXPECT(&file, ELF_REFUSED, ENOEXEC);
    make(&file), header_of(&file)->e_machine = EM_AARCH64, EXPECT(&file, ELF_REFUSED, ENOEXEC);
    make(&file), header_of(&file)->e_phentsize = 57, EXPECT(&file, ELF_REFUSED, ENOEXEC);
    make(&file), header_of(&file)->e_phnum = 0, EXPECT(&file, ELF_REFUSED, ENOEXEC);
    make(&file), header_of(&file)->e_phnum = 1171, EXPECT(&file, ELF_REFUSED, ENOEXEC);
    make(&file), header_of(&file)->e_phoff = 1ull << 63, EXPECT(&file, ELF_REFUSED, ENOEXEC);
    make(&file), phdr_of(&file, 2)->p_type = PT_INTERP, phdr_of(&file, 2)->p_filesz = 1, EXPECT(&file, ELF_REFUSED, ENOEXEC);
    make(&file), phdr_of(&file, 2)->p_type = PT_INTERP, phdr_of(&file, 2)->p_filesz = 4097, EXPECT(&file, ELF_REFUSED, ENOEXEC);
    /* no NUL at the end of the path */
    make(&file), phdr_of(&file, 2)->p_type = PT_INTERP, phdr_of(&file, 2)->p_filesz = 4, EXPECT(&file, ELF_REFUSED, ENOEXEC);
}

static void test_unsupported(void)
{
    File file;
    make(&file), header_of(&file)->e_machine = EM_386, EXPECT(&file, ELF_UNSUPPORTED, ENOEXEC);
    make(&file), phdr_of(&file, 2)->p_type = PT_INTERP, phdr_of(&file, 2)->p_offset = 0x800, phdr_of(&file, 2)->p_filesz = 8;
    memcpy(file.bytes + 0x800, "/lib/ld", 8);
    ElfImage image = parse(&file);
    CHECK_EQUAL(image.verdict, ELF_UNSUPPORTED);
    CHECK(image.interp && strcmp(image.interp, "/lib/ld") == 0);
    CHECK(strstr(image.reason, "-static") != NULL);
    elf_free(&image);
}

/* Found after the old program is gone: SIGSEGV. */
static void test_fatal(void)
{
    File file;
    make(&file), phdr_of(&file, 1)->p_offset++, EXPECT(&file, ELF_FATAL, EINVAL);
    make(&file), phdr_of(&file, 1)->p_memsz = 0x100, EXPECT(&file, ELF_FATAL, EINVAL);
    make(&file), phdr_of(&file, 1)->p_vaddr += 1ull << 47, EXPECT(&file, ELF_FATAL, EINVAL);
    make(&file), phdr_of(&file, 1)->p_memsz = 0x7fffffffffff, EXPECT(&file, ELF_FATAL, EINVAL);
    make(&file), phdr_of(&file, 1)->p_offset = 0x7ffffffffffff000 | 0xf00, EXPECT(&file, ELF_FATAL, EINVAL);
    make(&file), header_of(&file)->e_entry = 0x7ffffffff000, EXPECT(&file, ELF_FATAL, EINVAL);
    make(&file), header_of(&file)->e_type = ET_DYN, phdr_of(&file, 0)->p_type = PT_NULL;
    phdr_of(&file, 1)->p_vaddr = 0x401000, phdr_of(&file, 1)->p_filesz = phdr_of(&file, 1)->p_memsz = 0;
    EXPECT(&file, ELF_FATAL, EINVAL);
}

static void test_bias(void)
{
    File file;
    make(&file);
    header_of(&file)->e_type = ET_DYN;
    ElfImage image = parse(&file);
    CHECK_EQUAL(elf_span(&image), 0x4f00);
    CHECK_EQUAL(elf_bias(&image, 0x7ffff7ff0000), 0x7ffff7ff0000 - 0x400000);
    elf_free(&image);
    phdr_of(&file, 1)->p_align = 0x200000;
    image = parse(&file);
    CHECK_EQUAL(elf_bias(&image, 0x7ffff7ff0000), 0x7ffff7e00000 - 0x400000);
    elf_free(&image);
}

static void test_formats(void)
{
    static const struct { const char *bytes; u64 size; FileFormat format; } cases[] = {
        {"#!/bin/sh\n", 10, FORMAT_SCRIPT}, {"hello\n", 6, FORMAT_TEXT}, {"!<arch>\n", 8, FORMAT_ARCHIVE},
        {"\x1f\x8b\x08", 3, FORMAT_COMPRESSED}, {"\xcf\xfa\xed\xfe", 4, FORMAT_MACHO}, {"\0asm\1", 5, FORMAT_WASM},
        {"\xca\xfe\xba\xbe\0\0\0\2", 8, FORMAT_MACHO}, {"\xca\xfe\xba\xbe\0\0\0\x34", 8, FORMAT_JAVA}, {"MZ", 2, FORMAT_DOS},
    };
    File file;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        memset(&file, 0, sizeof file);
        memcpy(file.bytes, cases[i].bytes, cases[i].size);
        file.size = cases[i].size;
        ElfImage image = parse(&file);
        CHECK_EQUAL(image.format, cases[i].format);
        CHECK_EQUAL(image.verdict, ELF_REFUSED);
        elf_free(&image);
    }
    memset(&file, 0, sizeof file);
    memcpy(file.bytes, "MZ", 2);
    file.bytes[60] = 0x80;
    memcpy(file.bytes + 0x80, "PE\0\0", 4);
    file.size = 0x200;
    ElfImage image = parse(&file);
    CHECK_EQUAL(image.format, FORMAT_PE);
    elf_free(&image);
}

/* Whatever the bytes: a verdict, and nothing read or written out of place (the sanitizers watch). */
static void test_random(void)
{
    u64 seed = 1;
    File file;
    for (int i = 0; i < 20000; i++) {
        make(&file);
        for (u64 n = check_random(&seed) % 8; n-- > 0;)
            file.bytes[check_random(&seed) % 256] = (u8)check_random(&seed);
        file.size = check_random(&seed) % 4 ? file.size : check_random(&seed) % 512;
        ElfImage image = parse(&file);
        for (u32 s = 0; image.verdict == ELF_OK && s < image.segment_count; s++) {
            ElfMapping m = elf_mapping(&image, s, elf_bias(&image, 0x7ffff0000000));
            CHECK((m.file_start & 4095) == 0 && (m.file_size & 4095) == 0 && (m.anon_size & 4095) == 0);
        }
        elf_free(&image);
    }
}

int main(void)
{
    test_good();
    test_ignored();
    test_refused();
    test_unsupported();
    test_fatal();
    test_bias();
    test_formats();
    test_random();
    return check_result();
}

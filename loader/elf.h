/* What an executable file is, and how Linux would load it. This room validates and describes; it maps nothing.
 *
 * The rules are the kernel's own (fs/binfmt_elf.c, execve(2)): not stricter, not laxer. Linux judges in two stages: what it
 * finds before it has destroyed the old program is an errno (ELF_REFUSED); what it finds later kills the process with
 * SIGSEGV (ELF_FATAL). What Linux would run and we cannot (dynamic, 32-bit) is ELF_UNSUPPORTED. */
#ifndef EMU_LOADER_ELF_H
#define EMU_LOADER_ELF_H

#include "base/types.h"

/* Reads up to `size` bytes at `offset` of the file. Returns the bytes read (short only at the end of the file) or -errno. */
typedef i64 ElfRead(void *context, void *to, u64 size, u64 offset);

typedef enum FileFormat {
    FORMAT_UNKNOWN, FORMAT_EMPTY, FORMAT_TEXT, FORMAT_SCRIPT, FORMAT_ELF64, FORMAT_ELF32, FORMAT_ELF_FOREIGN,
    FORMAT_PE, FORMAT_DOS, FORMAT_MACHO, FORMAT_ARCHIVE, FORMAT_COMPRESSED, FORMAT_WASM, FORMAT_JAVA,
} FileFormat;

typedef enum ElfVerdict {
    ELF_OK,
    ELF_REFUSED,     /* execve(2) fails with image->error; the old program goes on */
    ELF_FATAL,       /* execve(2) destroys the old program, then SIGSEGV kills the new one */
    ELF_UNSUPPORTED, /* Linux would run it; we do not (dynamic, i386, x32). image->error is what execve should return */
} ElfVerdict;

enum { ELF_READ = 4, ELF_WRITE = 2, ELF_EXEC = 1 }; /* PF_R PF_W PF_X */

/* A PT_LOAD as the file states it; addresses before the load bias is added. */
typedef struct ElfSegment {
    u64 vaddr, memsz;
    u64 offset, filesz;
    u64 align;
    u32 flags; /* ELF_READ | ELF_WRITE | ELF_EXEC */
} ElfSegment;

typedef struct ElfImage {
    FileFormat format;
    ElfVerdict verdict;
    int error;           /* errno when the verdict is not ELF_OK */
    char reason[200];    /* one line: what the file is, and what to do; empty when ELF_OK */

    /* The rest is filled when the headers could be read (verdict OK, FATAL, or UNSUPPORTED because dynamic). */
    bool position_independent; /* ET_DYN: static PIE, loaded at a bias; else ET_EXEC at its own addresses */
    u64 entry;                 /* e_entry, unbiased */
    u64 phdr_offset;           /* e_phoff */
    u16 phdr_count;            /* e_phnum */
    u64 phdr_vaddr;            /* AT_PHDR, unbiased (0 when no segment holds the headers, as Linux has it) */
    ElfSegment *segments;      /* the PT_LOADs in file order; Linux maps them in this order, later ones over earlier */
    u32 segment_count;
    char *interp;              /* PT_INTERP's path, or NULL */
    bool stack_exec;           /* PT_GNU_STACK with PF_X. Without the header x86-64 has no executable stack */
    bool has_gnu_stack, has_tls, has_relro;
    ElfSegment tls, relro;
    u64 low, high;             /* page-aligned start, unaligned end over all segments (0, 0: none) */
    u64 max_align;             /* greatest power-of-two p_align of the PT_LOADs, 0 when below a page; for ET_DYN's bias */
    u64 brk;                   /* end of the highest segment, unbiased; start_brk is this + bias, rounded up to a page */
    u64 start_code, end_code, start_data, end_data; /* /proc/PID/stat; unbiased */
} ElfImage;

/* What mapping one segment at `bias` means. All addresses page-aligned except zero_*. */
typedef struct ElfMapping {
    u64 file_start, file_size, file_offset; /* MAP_PRIVATE of the file; size 0: no file mapping */
    u64 zero_start, zero_end;               /* bytes to clear in the last file page: only if the segment is writable
                                             * (Linux tries always, and ignores the fault when it is not) */
    u64 anon_start, anon_size;              /* private zeroes, always readable and writable, ELF_EXEC only by flag */
    u32 flags;                              /* of the file mapping: ELF_READ … */
} ElfMapping;

/* Reads headers through `read` and fills `image` (all of it, whatever the verdict). elf_free() afterwards, always.
 * Never fails otherwise; running out of host memory is ELF_REFUSED with ENOMEM. */
void elf_parse(ElfImage *image, ElfRead *read, void *context);
void elf_free(ElfImage *image);

/* How Linux maps image->segments[index] with this bias (elf_load() in fs/binfmt_elf.c). */
ElfMapping elf_mapping(const ElfImage *image, u32 index, u64 bias);

/* The bias for ET_DYN whose lowest page is to lie at or below `address` (a page): honours max_align, and Linux'
 * quirk that the first segment, not the lowest, decides. ET_EXEC: 0. */
u64 elf_bias(const ElfImage *image, u64 address);

/* Bytes from the first page of the lowest segment to the end of the highest: what the whole image needs. */
u64 elf_span(const ElfImage *image);

/* A few words for people: "ELF64 x86-64 executable", "PE (Windows)" … */
const char *elf_format_name(FileFormat format);
/* The name of an e_machine, or NULL when it is not a well-known one. */
const char *elf_machine_name(u16 machine);

#endif

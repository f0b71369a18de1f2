/* Linux' judgement on an executable file, and its plan for mapping it.
 *
 * The order of the checks is the kernel's, because the order decides which error a doubly broken file gets. Things that
 * Linux does not look at (EI_CLASS, EI_DATA, e_version, e_ehsize, section headers, p_align of ET_EXEC) are not looked at. */
#include "loader/elf.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bits.h"
#include "loader/format.h"

enum {
    HEAD_SIZE = 256,          /* BINPRM_BUF_SIZE: what execve reads before it chooses a loader; zero-filled when short */
    PHDR_BYTES_MAX = 65536,   /* load_elf_phdrs() */
    PAGE = 4096,
};
#define TASK_SIZE 0x7ffffffff000ull

static void judge(ElfImage *image, ElfVerdict verdict, int error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void judge(ElfImage *image, ElfVerdict verdict, int error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    image->verdict = verdict;
    image->error = error;
    vsnprintf(image->reason, sizeof image->reason, format, arguments);
    va_end(arguments);
}

/* ---- files that are not ELF for this machine ------------------------------------------------------------------ */

static void describe_script(ElfImage *image, const u8 *head, u64 size)
{
    char line[128];
    u64 n = 0;
    for (u64 i = 2; i < size && n < sizeof line - 1 && head[i] >= 32; i++)
        if (n || head[i] != ' ')
            line[n++] = (char)head[i];
    line[n] = 0;
    judge(image, ELF_REFUSED, ENOEXEC, "it is a script for '%s': run that interpreter (a static one) on it", line);
}

static void describe_other(ElfImage *image, const u8 *head, u64 size)
{
    switch (image->format) {
    case FORMAT_EMPTY:
        return judge(image, ELF_REFUSED, ENOEXEC, "it is empty");
    case FORMAT_SCRIPT:
        return describe_script(image, head, size);
    case FORMAT_TEXT:
        return judge(image, ELF_REFUSED, ENOEXEC, "it is text without a #! line: run it with a (static) shell");
    case FORMAT_PE:
    case FORMAT_MACHO:
        return judge(image, ELF_REFUSED, ENOEXEC, "it is a %s program: only Linux programs for x86-64 are emulated",
                     elf_format_name(image->format));
    case FORMAT_ARCHIVE:
        return judge(image, ELF_REFUSED, ENOEXEC, "it is a library archive: link it into a program");
    case FORMAT_COMPRESSED:
        return judge(image, ELF_REFUSED, ENOEXEC, "it is a compressed file: unpack it");
    default:
        return judge(image, ELF_REFUSED, ENOEXEC, "it is not an ELF file (%s)", elf_format_name(image->format));
    }
}

static void describe_machine(ElfImage *image, u16 machine)
{
    const char *name = elf_machine_name(machine);
    if (image->format == FORMAT_ELF32)
        return judge(image, ELF_UNSUPPORTED, ENOEXEC,
                     "it is a 32-bit x86 program: only 64-bit ones are emulated; build it with -m64");
    if (name)
        return judge(image, ELF_REFUSED, ENOEXEC, "it is a program for %s: only x86-64 is emulated", name);
    judge(image, ELF_REFUSED, ENOEXEC, "it is an ELF file for an unknown machine (%u): only x86-64 is emulated", machine);
}

static void describe_type(ElfImage *image, u16 type)
{
    if (type == ET_REL)
        return judge(image, ELF_REFUSED, ENOEXEC, "it is an object file: link it into a static program");
    if (type == ET_CORE)
        return judge(image, ELF_REFUSED, ENOEXEC, "it is a core dump: gdb reads it");
    judge(image, ELF_REFUSED, ENOEXEC, "its ELF type is %u, neither an executable nor a static PIE", type);
}

static void describe_dynamic(ElfImage *image)
{
    char name[81];
    u64 n = 0;
    for (; image->interp[n] && n < sizeof name - 1; n++)
        name[n] = image->interp[n] >= 32 && image->interp[n] < 127 ? image->interp[n] : '?'; /* it may be anything */
    name[n] = 0;
    judge(image, ELF_UNSUPPORTED, ENOEXEC, "it is dynamically linked (needs %s): build it with -static", name);
}

/* ---- headers -------------------------------------------------------------------------------------------------- */

static bool check_header(ElfImage *image, const Elf64_Ehdr *header, const u8 *head, u64 size)
{
    image->format = format_of(head, size);
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return describe_other(image, head, size), false;
    if (size < 20)
        return judge(image, ELF_REFUSED, ENOEXEC, "it is truncated: %u bytes of an ELF header", (unsigned)size), false;
    if (header->e_machine != EM_X86_64)
        return describe_machine(image, header->e_machine), false;
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return describe_type(image, header->e_type), false;
    if (header->e_phentsize != sizeof(Elf64_Phdr)) {
        if (header->e_ident[EI_CLASS] == ELFCLASS32 && ((const Elf32_Ehdr *)header)->e_phentsize == sizeof(Elf32_Phdr))
            judge(image, ELF_UNSUPPORTED, ENOEXEC, "it is an x32 program: only 64-bit ones are emulated; build it with -m64");
        else
            judge(image, ELF_REFUSED, ENOEXEC, "it is damaged: program headers of %u bytes instead of %u",
                  header->e_phentsize, (unsigned)sizeof(Elf64_Phdr));
        return false;
    }
    u64 bytes = header->e_phnum * sizeof(Elf64_Phdr);
    if (bytes == 0 || bytes > PHDR_BYTES_MAX)
        return judge(image, ELF_REFUSED, ENOEXEC, "it has %s program headers (%u)", bytes ? "too many" : "no",
                     header->e_phnum), false;
    return true;
}

static Elf64_Phdr *read_phdrs(ElfImage *image, const Elf64_Ehdr *header, ElfRead *read, void *context)
{
    u64 bytes = header->e_phnum * sizeof(Elf64_Phdr);
    Elf64_Phdr *phdrs = malloc(bytes);
    if (!phdrs)
        return judge(image, ELF_REFUSED, ENOMEM, "no memory"), NULL;
    i64 got = header->e_phoff > INT64_MAX ? -EINVAL : read(context, phdrs, bytes, header->e_phoff);
    if (got == (i64)bytes)
        return phdrs;
    free(phdrs);
    return judge(image, ELF_REFUSED, ENOEXEC, "it is truncated: its program headers lie beyond its end"), NULL;
}

static bool read_interp(ElfImage *image, const Elf64_Phdr *phdr, ElfRead *read, void *context)
{
    if (phdr->p_filesz > PATH_MAX || phdr->p_filesz < 2)
        return judge(image, ELF_REFUSED, ENOEXEC, "it is damaged: an interpreter path of %llu bytes",
                     (unsigned long long)phdr->p_filesz), false;
    image->interp = malloc(phdr->p_filesz);
    if (!image->interp)
        return judge(image, ELF_REFUSED, ENOMEM, "no memory"), false;
    i64 got = phdr->p_offset > INT64_MAX ? -EINVAL : read(context, image->interp, phdr->p_filesz, phdr->p_offset);
    if (got != (i64)phdr->p_filesz || image->interp[phdr->p_filesz - 1] != 0) {
        free(image->interp);
        image->interp = NULL;
        return judge(image, ELF_REFUSED, got < 0 ? (int)-got : ENOEXEC,
                     "it is damaged: its interpreter's path cannot be read"), false;
    }
    return true;
}

static ElfSegment segment_of(const Elf64_Phdr *p)
{
    return (ElfSegment){p->p_vaddr, p->p_memsz, p->p_offset, p->p_filesz, p->p_align, p->p_flags & 7};
}

/* ---- what the segments add up to ------------------------------------------------------------------------------ */

static u64 min64(u64 a, u64 b) { return a < b ? a : b; }
static u64 max64(u64 a, u64 b) { return a > b ? a : b; }

static void add_segment(ElfImage *image, const ElfSegment *s)
{
    bool first = image->segment_count == 0;
    image->segments[image->segment_count++] = *s;
    image->low = first ? s->vaddr & ~(u64)(PAGE - 1) : min64(image->low, s->vaddr & ~(u64)(PAGE - 1));
    image->high = max64(image->high, s->vaddr + s->memsz);
    if (s->align && !(s->align & (s->align - 1)))
        image->max_align = max64(image->max_align, s->align);
    if (s->offset <= image->phdr_offset && image->phdr_offset < s->offset + s->filesz)
        image->phdr_vaddr = image->phdr_offset - s->offset + s->vaddr;
    if (s->flags & ELF_EXEC) {
        image->start_code = min64(image->start_code, s->vaddr);
        image->end_code = max64(image->end_code, s->vaddr + s->filesz);
    }
    image->start_data = max64(image->start_data, s->vaddr);
    image->end_data = max64(image->end_data, s->vaddr + s->filesz);
    image->brk = max64(image->brk, s->vaddr + s->memsz);
}

static bool read_segments(ElfImage *image, const Elf64_Phdr *phdrs, u32 count, ElfRead *read, void *context)
{
    image->segments = calloc(count, sizeof *image->segments);
    if (!image->segments)
        return judge(image, ELF_REFUSED, ENOMEM, "no memory"), false;
    image->start_code = ~0ull;
    for (u32 i = 0; i < count; i++) {
        ElfSegment s = segment_of(&phdrs[i]);
        switch (phdrs[i].p_type) {
        case PT_LOAD:
            add_segment(image, &s);
            break;
        case PT_INTERP:
            if (!image->interp && !read_interp(image, &phdrs[i], read, context))
                return false;
            break;
        case PT_GNU_STACK:
            image->has_gnu_stack = true;
            image->stack_exec = s.flags & ELF_EXEC;
            break;
        case PT_TLS:
            image->has_tls = true;
            image->tls = s;
            break;
        case PT_GNU_RELRO:
            image->has_relro = true;
            image->relro = s;
            break;
        }
    }
    if (image->max_align < PAGE)
        image->max_align = 0;
    return true;
}

/* What makes mapping fail whatever the bias: the process is then killed, as the old program is already gone. */
static bool segment_maps(ElfImage *image, const ElfSegment *s)
{
    u64 in_page = s->vaddr & (PAGE - 1);
    const char *why = NULL;
    if (s->filesz && ((s->offset - s->vaddr) & (PAGE - 1)))
        why = "file offset and address differ within the page";
    else if (s->filesz > s->memsz)
        why = "it is larger in the file than in memory";
    else if (s->vaddr >= TASK_SIZE || s->memsz > TASK_SIZE || TASK_SIZE - s->memsz < s->vaddr)
        why = "it lies outside the address space";
    else if (s->filesz && s->offset - in_page > (u64)INT64_MAX - bits_align_up(s->filesz + in_page, PAGE))
        why = "its file offset is out of range";
    if (why)
        judge(image, ELF_FATAL, EINVAL, "it is damaged: segment at 0x%llx: %s", (unsigned long long)s->vaddr, why);
    return !why;
}

static void check_layout(ElfImage *image)
{
    for (u32 i = 0; i < image->segment_count; i++)
        if (!segment_maps(image, &image->segments[i]))
            return;
    if (image->position_independent && image->segment_count && image->high == image->low)
        return judge(image, ELF_FATAL, EINVAL, "it is damaged: its segments are empty");
    if (!image->position_independent && image->entry >= TASK_SIZE)
        judge(image, ELF_FATAL, EINVAL, "it is damaged: its entry point 0x%llx lies outside the address space",
              (unsigned long long)image->entry);
}

void elf_parse(ElfImage *image, ElfRead *read, void *context)
{
    union { Elf64_Ehdr header; u8 bytes[HEAD_SIZE]; } head = {.bytes = {0}};
    memset(image, 0, sizeof *image);
    i64 got = read(context, head.bytes, sizeof head.bytes, 0);
    if (got < 0)
        return judge(image, ELF_REFUSED, (int)-got, "it cannot be read: %s", strerror((int)-got));
    if (!check_header(image, &head.header, head.bytes, (u64)got))
        return;
    Elf64_Phdr *phdrs = read_phdrs(image, &head.header, read, context);
    if (!phdrs)
        return;
    image->position_independent = head.header.e_type == ET_DYN;
    image->entry = head.header.e_entry;
    image->phdr_offset = head.header.e_phoff;
    image->phdr_count = head.header.e_phnum;
    if (read_segments(image, phdrs, head.header.e_phnum, read, context)) {
        if (image->interp)
            describe_dynamic(image);
        else
            check_layout(image);
    }
    free(phdrs);
}

void elf_free(ElfImage *image)
{
    free(image->segments);
    free(image->interp);
    image->segments = NULL;
    image->interp = NULL;
}

/* ---- the plan ------------------------------------------------------------------------------------------------- */

ElfMapping elf_mapping(const ElfImage *image, u32 index, u64 bias)
{
    const ElfSegment *s = &image->segments[index];
    u64 in_page = s->vaddr & (PAGE - 1);
    u64 start = bits_align_down(s->vaddr + bias, PAGE);
    ElfMapping m = {.flags = s->flags, .file_start = start};
    u64 zero = start;
    if (s->filesz) {
        m.file_size = bits_align_up(s->filesz + in_page, PAGE);
        m.file_offset = s->offset - in_page;
        zero = start + in_page + s->filesz;
    }
    if (s->memsz > s->filesz) {
        u64 end = start + in_page + s->memsz;
        m.anon_start = bits_align_up(zero, PAGE);
        m.anon_size = bits_align_up(end, PAGE) - m.anon_start;
        if (s->filesz) {
            m.zero_start = zero; /* to the end of the page, even when the segment ends earlier, as padzero() does */
            m.zero_end = m.anon_start;
        }
    }
    return m;
}

u64 elf_bias(const ElfImage *image, u64 address)
{
    if (!image->position_independent || image->segment_count == 0)
        return 0;
    const ElfSegment *first = &image->segments[0];
    if (first->filesz == 0)
        address = 0; /* nothing of the file to place: Linux then maps the zeroes where the hint was, at 0 */
    if (image->max_align)
        address = bits_align_down(address, image->max_align);
    return bits_align_down(address - first->vaddr, PAGE);
}

u64 elf_span(const ElfImage *image) { return image->high - image->low; }

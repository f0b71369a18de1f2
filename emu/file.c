/* Files that are looked at without running them. The whole file is read: a mapping could shrink under us. */
#include "emu/file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "loader/elf.h"

struct EmuFile {
    u8 *bytes;
    u64 size;
    u16 machine;
    bool executable_type; /* ET_EXEC or ET_DYN */
    ElfImage image;
    Sections sections;
    Symbols symbols;
};

static i64 read_bytes(void *context, void *to, u64 size, u64 offset)
{
    const EmuFile *file = context;
    if (offset >= file->size)
        return 0;
    if (size > file->size - offset)
        size = file->size - offset;
    memcpy(to, file->bytes + offset, size);
    return (i64)size;
}

static bool slurp(EmuFile *file, int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return false;
    if (!S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        return false;
    }
    file->bytes = malloc((size_t)st.st_size + 1);
    if (!file->bytes)
        return false;
    while (file->size < (u64)st.st_size) {
        ssize_t got = pread(fd, file->bytes + file->size, (size_t)st.st_size - file->size, (off_t)file->size);
        if (got < 0 && errno != EINTR)
            return false;
        if (got == 0)
            break;
        file->size += got > 0 ? (u64)got : 0;
    }
    return true;
}

EmuFile *emu_file_open(const char *path)
{
    EmuFile *file = calloc(1, sizeof *file);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool good = file && fd >= 0 && slurp(file, fd);
    if (good) {
        elf_parse(&file->image, read_bytes, file);
        if (file->size >= sizeof(Elf64_Ehdr)) {
            file->machine = (u16)(file->bytes[18] | file->bytes[19] << 8);
            u16 type = (u16)(file->bytes[16] | file->bytes[17] << 8);
            file->executable_type = type == ET_EXEC || type == ET_DYN;
        }
        good = sections_read(&file->sections, file->bytes, file->size) &&
               symbols_read(&file->symbols, &file->sections, file->bytes, file->size);
    }
    int saved = errno;
    if (fd >= 0)
        close(fd);
    if (!good && file) {
        emu_file_close(file);
        file = NULL;
    }
    errno = saved;
    return file;
}

void emu_file_close(EmuFile *file)
{
    if (!file)
        return;
    symbols_free(&file->symbols);
    sections_free(&file->sections);
    elf_free(&file->image);
    free(file->bytes);
    free(file);
}

Symbols *file_symbols(EmuFile *file) { return &file->symbols; }
u64 file_entry(const EmuFile *file) { return file->image.entry; }

u64 file_tls_size(const EmuFile *file)
{
    u64 align = file->image.tls.align;
    return align && !(align & (align - 1)) ? bits_align_up(file->image.tls.memsz, align) : file->image.tls.memsz;
}

/* text, data and bss as size(1) counts them: allocated sections that are not writable; writable; without bytes. */
static void count_sizes(const EmuFile *file, EmuFileInfo *info)
{
    for (u32 i = 0; i < file->sections.count; i++) {
        const Section *s = &file->sections.section[i];
        if (!(s->flags & SHF_ALLOC))
            continue;
        if (s->type == SHT_NOBITS)
            info->bss_size += s->size;
        else if (s->flags & SHF_WRITE)
            info->data_size += s->size;
        else
            info->text_size += s->size;
    }
}

void emu_file_info(const EmuFile *file, EmuFileInfo *info)
{
    const ElfImage *image = &file->image;
    *info = (EmuFileInfo){
        .format = elf_format_name(image->format), .runs = image->verdict == ELF_OK, .why_not = image->reason,
        .elf = image->format >= FORMAT_ELF64 && image->format <= FORMAT_ELF_FOREIGN, .machine = elf_machine_name(file->machine),
        .position_independent = image->position_independent, .is_static = file->executable_type && !image->interp,
        .interp = image->interp, .entry = image->entry, .size = file->size,
        .segments = image->segment_count, .sections = file->sections.count, .symbols = file->symbols.count,
        .has_dwarf = sections_find(&file->sections, ".debug_info") != NULL, .stripped = file->symbols.stripped,
        .stack_exec = image->stack_exec, .has_tls = image->has_tls, .has_relro = image->has_relro,
        .relro_start = image->relro.vaddr, .relro_size = image->relro.memsz,
        .tls_file_size = image->tls.filesz, .tls_memory_size = image->tls.memsz,
    };
    count_sizes(file, info);
}

static u32 map_flags(u32 flags)
{
    return (flags & ELF_READ ? EMU_MAP_READ : 0) | (flags & ELF_WRITE ? EMU_MAP_WRITE : 0) |
           (flags & ELF_EXEC ? EMU_MAP_EXEC : 0);
}

bool emu_file_segment(const EmuFile *file, uint32_t index, EmuFileSegment *out)
{
    if (index >= file->image.segment_count)
        return false;
    const ElfSegment *s = &file->image.segments[index];
    ElfMapping m = elf_mapping(&file->image, index, 0);
    *out = (EmuFileSegment){
        .address = s->vaddr, .memory_size = s->memsz, .offset = s->offset, .file_size = s->filesz, .align = s->align,
        .flags = map_flags(s->flags), .map_start = m.file_start, .map_end = m.file_start + m.file_size,
        .anon_start = m.anon_start, .anon_end = m.anon_start + m.anon_size,
    };
    return true;
}

bool emu_file_section(const EmuFile *file, uint32_t index, EmuFileSection *out)
{
    if (index >= file->sections.count)
        return false;
    const Section *s = &file->sections.section[index];
    *out = (EmuFileSection){
        .name = s->name, .type = section_type_name(s->type), .address = s->address, .offset = s->offset, .size = s->size,
        .alloc = s->flags & SHF_ALLOC, .write = s->flags & SHF_WRITE, .exec = s->flags & SHF_EXECINSTR,
        .no_bits = s->type == SHT_NOBITS,
    };
    return true;
}

bool emu_file_symbol(const EmuFile *file, uint32_t index, EmuSymbol *out)
{
    if (index >= file->symbols.count)
        return false;
    symbol_out(&file->symbols.symbol[index], 0, out);
    return true;
}

uint64_t emu_file_bytes(const EmuFile *file, uint64_t offset, uint64_t size, const uint8_t **bytes)
{
    if (offset > file->size)
        offset = file->size;
    *bytes = file->bytes + offset;
    return size < file->size - offset ? size : file->size - offset;
}

/* Section headers, read without trusting a byte of them. */
#include "loader/sections.h"

#include <elf.h>
#include <stdlib.h>

#include "base/bits.h"

static bool inside(u64 offset, u64 length, u64 size) { return offset <= size && length <= size - offset; }

/* The string at `offset` of the table if it ends inside it, else "". */
static const char *string_at(const u8 *bytes, const Section *table, u64 offset)
{
    if (!table->readable || offset >= table->size)
        return "";
    const char *s = (const char *)bytes + table->offset + offset;
    return memchr(s, 0, table->size - offset) ? s : "";
}

static Section section_of(const Elf64_Shdr *h, u64 file_size)
{
    return (Section){
        .name = "", .type = h->sh_type, .link = h->sh_link, .info = h->sh_info, .flags = h->sh_flags,
        .address = h->sh_addr, .offset = h->sh_offset, .size = h->sh_size, .entry_size = h->sh_entsize,
        .readable = h->sh_type != SHT_NOBITS && h->sh_type != SHT_NULL && inside(h->sh_offset, h->sh_size, file_size),
    };
}

/* Counts and the index of the name table may be too large for the header; they then stand in section 0 (elf(5)). */
static bool table_of(const u8 *bytes, u64 size, Elf64_Ehdr *header, u64 *count, u32 *names)
{
    if (size < sizeof *header)
        return false;
    memcpy(header, bytes, sizeof *header);
    if (memcmp(bytes, ELFMAG, SELFMAG) || bytes[EI_CLASS] != ELFCLASS64 || header->e_shentsize != sizeof(Elf64_Shdr))
        return false;
    if (header->e_shoff == 0 || !inside(header->e_shoff, sizeof(Elf64_Shdr), size))
        return false;
    Elf64_Shdr first;
    memcpy(&first, bytes + header->e_shoff, sizeof first);
    *count = header->e_shnum ? header->e_shnum : first.sh_size;
    *names = header->e_shstrndx == SHN_XINDEX ? first.sh_link : header->e_shstrndx;
    u64 room = (size - header->e_shoff) / sizeof(Elf64_Shdr);
    if (*count > room)
        *count = room;
    return true;
}

bool sections_read(Sections *sections, const u8 *bytes, u64 size)
{
    Elf64_Ehdr header;
    u64 count;
    u32 names;
    *sections = (Sections){0};
    if (!table_of(bytes, size, &header, &count, &names) || count == 0)
        return true;
    sections->section = calloc(count, sizeof *sections->section);
    if (!sections->section)
        return false;
    sections->count = (u32)count;
    for (u32 i = 0; i < count; i++) {
        Elf64_Shdr h;
        memcpy(&h, bytes + header.e_shoff + i * sizeof h, sizeof h);
        sections->section[i] = section_of(&h, size);
    }
    for (u32 i = 0; i < count && names < count; i++)
        sections->section[i].name =
            string_at(bytes, &sections->section[names], load32(bytes + header.e_shoff + i * sizeof(Elf64_Shdr)));
    return true;
}

void sections_free(Sections *sections)
{
    free(sections->section);
    *sections = (Sections){0};
}

const Section *sections_find(const Sections *sections, const char *name)
{
    for (u32 i = 0; i < sections->count; i++)
        if (strcmp(sections->section[i].name, name) == 0)
            return &sections->section[i];
    return NULL;
}

const char *section_type_name(u32 type)
{
    static const char *const names[] = {
        "NULL", "PROGBITS", "SYMTAB", "STRTAB", "RELA", "HASH", "DYNAMIC", "NOTE", "NOBITS", "REL", "SHLIB", "DYNSYM",
        "?", "?", "INIT_ARRAY", "FINI_ARRAY", "PREINIT_ARRAY", "GROUP", "SYMTAB_SHNDX",
    };
    if (type < ARRAY_LEN(names))
        return names[type];
    switch (type) {
    case SHT_GNU_HASH: return "GNU_HASH";
    case SHT_GNU_verdef: return "VERDEF";
    case SHT_GNU_verneed: return "VERNEED";
    case SHT_GNU_versym: return "VERSYM";
    case SHT_X86_64_UNWIND: return "X86_64_UNWIND";
    default: return "?";
    }
}

/* The section headers of an ELF file in memory: for people and for symbols. Loading never looks at them. */
#ifndef EMU_LOADER_SECTIONS_H
#define EMU_LOADER_SECTIONS_H

#include "base/types.h"

typedef struct Section {
    const char *name;   /* into the file's bytes; "" when it has none */
    u32 type, link, info;
    u64 flags, address, offset, size, entry_size;
    bool readable;      /* offset and size lie inside the file, and it occupies bytes there */
} Section;

typedef struct Sections {
    Section *section;   /* [count], index as in the file */
    u32 count;
} Sections;

/* Reads the section headers of the ELF64 file in bytes[size]. A damaged table gives as many sections as make sense, perhaps
 * none. `bytes` must outlive the result. false: no host memory. */
bool sections_read(Sections *sections, const u8 *bytes, u64 size);
void sections_free(Sections *sections);

/* The first section with that name, or NULL. */
const Section *sections_find(const Sections *sections, const char *name);

/* "PROGBITS", "NOBITS" …; "?" for unknown types. */
const char *section_type_name(u32 type);

#endif

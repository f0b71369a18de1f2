/* Types. A handle is the offset of the type's DIE; the inner dimensions of an array of arrays, which are one DIE, have the
 * number of dimensions already taken off in bits 40 and up. */
#include "loader/dwarf.h"

#ifdef HAVE_LIBDW
#include "loader/libdw.h"

enum { DIMENSION_SHIFT = 40 };

static bool die_of(DebugInfo *info, u64 type, Dwarf_Die *die, u32 *dimension)
{
    *dimension = (u32)(type >> DIMENSION_SHIFT);
    return info->dwarf && type && dw.dwarf_offdie(info->dwarf, type & ((1ull << DIMENSION_SHIFT) - 1), die);
}

static u64 number_attribute(Dwarf_Die *die, unsigned name, u64 otherwise)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    if (!dw.dwarf_attr_integrate(die, name, &attribute) || dw.dwarf_formudata(&attribute, &value))
        return otherwise;
    return value;
}

static DwarfTypeKind base_kind(u64 encoding, u64 size)
{
    switch (encoding) {
    case DW_ATE_boolean: return DWARF_BOOL;
    case DW_ATE_float: return DWARF_FLOAT;
    case DW_ATE_signed_char: return DWARF_SIGNED_CHAR;
    case DW_ATE_unsigned_char: return DWARF_UNSIGNED_CHAR;
    case DW_ATE_unsigned:
    case DW_ATE_address: return DWARF_UNSIGNED;
    case DW_ATE_UTF: return size == 1 ? DWARF_UNSIGNED_CHAR : DWARF_UNSIGNED;
    default: return DWARF_SIGNED;
    }
}

static DwarfTypeKind kind_of(Dwarf_Die *die, u64 size)
{
    switch (dw.dwarf_tag(die)) {
    case DW_TAG_base_type: return base_kind(number_attribute(die, DW_AT_encoding, 0), size);
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type: return DWARF_POINTER;
    case DW_TAG_array_type: return DWARF_ARRAY;
    case DW_TAG_structure_type:
    case DW_TAG_class_type: return DWARF_STRUCT;
    case DW_TAG_union_type: return DWARF_UNION;
    case DW_TAG_enumeration_type: return DWARF_ENUM;
    case DW_TAG_subroutine_type:
    case DW_TAG_subprogram: return DWARF_FUNCTION;
    case DW_TAG_const_type: return DWARF_CONST;
    case DW_TAG_volatile_type: return DWARF_VOLATILE;
    case DW_TAG_typedef: return DWARF_TYPEDEF;
    default: return DWARF_TYPEDEF; /* restrict, _Atomic …: another name for what it refers to */
    }
}

/* The dimension-th subrange of an array; *more: there is another one behind it. */
static u64 array_count(Dwarf_Die *die, u32 dimension, bool *more)
{
    Dwarf_Die child;
    u64 count = 0;
    u32 index = 0;
    *more = false;
    for (int next = dw.dwarf_child(die, &child); next == 0; next = dw.dwarf_siblingof(&child, &child)) {
        if (dw.dwarf_tag(&child) != DW_TAG_subrange_type)
            continue;
        if (index == dimension)
            count = number_attribute(&child, DW_AT_count, number_attribute(&child, DW_AT_upper_bound, ~0ull) + 1);
        *more |= index++ > dimension;
    }
    return count;
}

bool dwarf_type(DebugInfo *info, u64 type, DwarfType *out)
{
    Dwarf_Die die, target, unit;
    u32 dimension;
    if (!die_of(info, type, &die, &dimension))
        return false;
    u64 size = number_attribute(&die, DW_AT_byte_size, 0);
    int tag = dw.dwarf_tag(&die);
    const char *name = tag == DW_TAG_base_type ? libdw_name(&die) : libdw_qualified_name(info, &die);
    *out = (DwarfType){.kind = kind_of(&die, size), .name = name ? name : "", .size = size};
    bool known = dw.dwarf_diecu(&die, &unit, NULL, NULL) != NULL;
    out->plain = known && !libdw_has_spaces(&unit);
    out->rust = known && libdw_is_rust(&unit);
    out->reference = tag == DW_TAG_reference_type ? 1 : tag == DW_TAG_rvalue_reference_type ? 2 : 0;
    out->scoped = tag == DW_TAG_enumeration_type && dw.dwarf_hasattr(&die, DW_AT_enum_class);
    out->target = libdw_type(&die, &target) ? dw.dwarf_dieoffset(&target) : 0;
    if (out->kind == DWARF_POINTER)
        out->size = 8;
    if (out->kind == DWARF_FUNCTION)
        out->count = dw.dwarf_hasattr(&die, DW_AT_prototyped) != 0;
    if (out->kind == DWARF_ARRAY) {
        bool more;
        out->count = array_count(&die, dimension, &more);
        out->name = "";
        if (more)
            out->target = (type & ((1ull << DIMENSION_SHIFT) - 1)) | (u64)(dimension + 1) << DIMENSION_SHIFT;
    }
    return true;
}

/* DWARF 5 counts bits from the start of the structure; DWARF 2 and 3 from the most significant end of the storage unit. */
static void member_bits(Dwarf_Die *die, DebugInfo *info, DwarfMember *m)
{
    DwarfType type;
    m->bit_size = (u32)number_attribute(die, DW_AT_bit_size, 0);
    if (!m->bit_size || !dwarf_type(info, m->type, &type) || !type.size)
        return;
    u64 bit = number_attribute(die, DW_AT_data_bit_offset, ~0ull);
    if (bit == ~0ull)
        bit = m->offset * 8 + type.size * 8 - number_attribute(die, DW_AT_bit_offset, 0) - m->bit_size;
    m->offset = bit / 8 / type.size * type.size;
    m->bit_offset = (u32)(bit - m->offset * 8);
}

static bool is_member(Dwarf_Die *die, int parent)
{
    int tag = dw.dwarf_tag(die);
    if (parent == DW_TAG_enumeration_type)
        return tag == DW_TAG_enumerator;
    if (parent == DW_TAG_subroutine_type || parent == DW_TAG_subprogram)
        return tag == DW_TAG_formal_parameter;
    return (tag == DW_TAG_member && !dw.dwarf_hasattr(die, DW_AT_external)) || tag == DW_TAG_inheritance;
}

bool dwarf_type_member(DebugInfo *info, u64 type, u32 index, DwarfMember *member)
{
    Dwarf_Die die, child, target;
    Dwarf_Attribute attribute;
    Dwarf_Sword value = 0;
    u32 dimension;
    if (!die_of(info, type, &die, &dimension))
        return false;
    int parent = dw.dwarf_tag(&die), next = dw.dwarf_child(&die, &child);
    while (next == 0 && (!is_member(&child, parent) || index-- > 0))
        next = dw.dwarf_siblingof(&child, &child);
    if (next != 0)
        return false;
    const char *name = libdw_name(&child);
    *member = (DwarfMember){.name = name ? name : "", .offset = number_attribute(&child, DW_AT_data_member_location, 0)};
    member->type = libdw_type(&child, &target) ? dw.dwarf_dieoffset(&target) : 0;
    member->base = dw.dwarf_tag(&child) == DW_TAG_inheritance;
    if (dw.dwarf_attr(&child, DW_AT_const_value, &attribute) && !dw.dwarf_formsdata(&attribute, &value))
        member->value = value;
    member_bits(&child, info, member);
    return true;
}

/* ---- Rust's enums ---------------------------------------------------------------------------------------------- */

/* The first child of that kind, or (index) a later one. */
static bool child_of(Dwarf_Die *parent, int tag, u32 index, Dwarf_Die *child)
{
    int more = dw.dwarf_child(parent, child);
    while (more == 0 && (dw.dwarf_tag(child) != tag || index-- > 0))
        more = dw.dwarf_siblingof(child, child);
    return more == 0;
}

static bool variant_part(DebugInfo *info, u64 type, Dwarf_Die *part)
{
    Dwarf_Die die;
    u32 dimension;
    return die_of(info, type, &die, &dimension) && child_of(&die, DW_TAG_variant_part, 0, part);
}

static void describe(Dwarf_Die *die, DwarfMember *member)
{
    Dwarf_Die target;
    const char *name = libdw_name(die);
    *member = (DwarfMember){.name = name ? name : "", .offset = number_attribute(die, DW_AT_data_member_location, 0)};
    member->type = libdw_type(die, &target) ? dw.dwarf_dieoffset(&target) : 0;
}

bool dwarf_type_variant(DebugInfo *info, u64 type, u32 index, DwarfMember *variant)
{
    Dwarf_Die part, die, member;
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    Dwarf_Sword sign;
    if (!variant_part(info, type, &part) || !child_of(&part, DW_TAG_variant, index, &die) ||
        !child_of(&die, DW_TAG_member, 0, &member))
        return false;
    describe(&member, variant);
    variant->base = !dw.dwarf_attr(&die, DW_AT_discr_value, &attribute);
    if (!variant->base && dw.dwarf_formudata(&attribute, &value) == 0)
        variant->value = (i64)value;
    else if (!variant->base && dw.dwarf_formsdata(&attribute, &sign) == 0)
        variant->value = sign;
    return true;
}

bool dwarf_type_discriminant(DebugInfo *info, u64 type, DwarfMember *discriminant)
{
    Dwarf_Die part, die;
    Dwarf_Attribute attribute;
    if (!variant_part(info, type, &part) || !dw.dwarf_formref_die(dw.dwarf_attr(&part, DW_AT_discr, &attribute), &die))
        return false;
    describe(&die, discriminant);
    return true;
}

/* ---- by name -------------------------------------------------------------------------------------------------- */

typedef struct TypeSearch {
    const char *name;
    int tag; /* 0: any but struct, union and enum tags of C */
    u64 found;
} TypeSearch;

static bool tag_fits(int tag, int wanted)
{
    switch (tag) {
    case DW_TAG_structure_type:
    case DW_TAG_class_type: return wanted == DW_TAG_structure_type || wanted == 0;
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type: return wanted == tag || wanted == 0;
    case DW_TAG_typedef:
    case DW_TAG_base_type: return wanted == 0;
    default: return false;
    }
}

static bool search_children(TypeSearch *search, Dwarf_Die *parent, const char *name, int depth)
{
    Dwarf_Die die;
    for (int more = dw.dwarf_child(parent, &die); more == 0; more = dw.dwarf_siblingof(&die, &die)) {
        int tag = dw.dwarf_tag(&die);
        bool space = tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type;
        const char *own = space || tag_fits(tag, search->tag) ? libdw_name(&die) : NULL;
        size_t n = own ? strlen(own) : 0;
        if (!own || strncmp(own, name, n) != 0)
            continue;
        if (!name[n] && tag_fits(tag, search->tag) && !dw.dwarf_hasattr(&die, DW_AT_declaration)) {
            search->found = dw.dwarf_dieoffset(&die);
            return false;
        }
        if (space && strncmp(name + n, "::", 2) == 0 && depth < 16 && !search_children(search, &die, name + n + 2, depth + 1))
            return false;
    }
    return true;
}

static bool search_types(void *context, Dwarf_Die *unit)
{
    TypeSearch *search = context;
    return search_children(search, unit, search->name, 0);
}

bool dwarf_type_named(DebugInfo *info, const char *name, u64 *type)
{
    static const struct { const char *word; int tag; } tags[] = {
        {"struct ", DW_TAG_structure_type}, {"union ", DW_TAG_union_type}, {"enum ", DW_TAG_enumeration_type},
    };
    TypeSearch search = {.name = name};
    for (size_t i = 0; i < ARRAY_LEN(tags); i++)
        if (strncmp(name, tags[i].word, strlen(tags[i].word)) == 0) {
            search.name = name + strlen(tags[i].word);
            search.tag = tags[i].tag;
        }
    if (info->has_unit)
        search_types(&search, &info->unit);
    if (!search.found)
        libdw_each_unit(info, search_types, &search);
    *type = search.found;
    return search.found != 0;
}

#else

bool dwarf_type(DebugInfo *info, u64 type, DwarfType *out)
{
    (void)info, (void)type, (void)out;
    return false;
}

bool dwarf_type_member(DebugInfo *info, u64 type, u32 index, DwarfMember *member)
{
    (void)info, (void)type, (void)index, (void)member;
    return false;
}

bool dwarf_type_variant(DebugInfo *info, u64 type, u32 index, DwarfMember *variant)
{
    (void)info, (void)type, (void)index, (void)variant;
    return false;
}

bool dwarf_type_discriminant(DebugInfo *info, u64 type, DwarfMember *discriminant)
{
    (void)info, (void)type, (void)discriminant;
    return false;
}

bool dwarf_type_named(DebugInfo *info, const char *name, u64 *type)
{
    (void)info, (void)name, (void)type;
    return false;
}

#endif

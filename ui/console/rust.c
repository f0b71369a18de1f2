/* Rust (rust.h): structures with their names, tuples, enums by the variant that is there, slices by what they refer to. */
#include "ui/console/rust.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/console.h"

enum { LARGEST_SLICE = 1 << 20 /* bytes of it that are looked at */ };

/* Are its members called __0, __1 …? */
static bool is_tuple(Console *console, const Type *type)
{
    EmuMember m;
    return emu_type_member(console->emu, type->handle, 0, &m) && strcmp(m.name, "__0") == 0;
}

static bool has_members(Console *console, const Type *type)
{
    EmuMember m;
    return emu_type_member(console->emu, type->handle, 0, &m);
}

/* ---- values ------------------------------------------------------------------------------------------------------- */

static void print_members(Console *console, FILE *out, const Type *type, const uint8_t *bytes, char format, int depth)
{
    EmuMember m;
    bool tuple = is_tuple(console, type), pretty = console->settings.pretty;
    putc(tuple ? '(' : '{', out);
    for (uint32_t i = 0; depth < 20 && emu_type_member(console->emu, type->handle, i, &m); i++) {
        const Type *member = type_from_handle(&console->types, m.type);
        fputs(!i ? "" : pretty ? "," : ", ", out);
        if (pretty)
            fprintf(out, "\n%*s", 2 * depth + 2, "");
        if (!tuple)
            fprintf(out, "%s: ", m.name);
        if (m.offset + member->size <= type->size)
            value_print_bytes(console, out, member, bytes + m.offset, format, depth + 1);
    }
    if (pretty)
        fprintf(out, "\n%*s", 2 * depth, "");
    putc(tuple ? ')' : '}', out);
}

/* The variant that the bytes are; false: the type has none, or they are none of it. */
static bool find_variant(Console *console, const Type *type, const uint8_t *bytes, EmuMember *variant)
{
    EmuMember discriminant, m;
    uint64_t value = 0;
    bool found = false;
    bool several = emu_type_discriminant(console->emu, type->handle, &discriminant);
    uint64_t size = several ? type_from_handle(&console->types, discriminant.type)->size : 0;
    if (several && size <= 8 && discriminant.offset + size <= type->size)
        memcpy(&value, bytes + discriminant.offset, size);
    uint64_t mask = size && size < 8 ? (1ull << 8 * size) - 1 : UINT64_MAX;
    for (uint32_t i = 0; emu_type_variant(console->emu, type->handle, i, &m); i++) {
        bool exact = !m.base && ((uint64_t)m.value & mask) == value;
        if (!exact && (!m.base || found))
            continue;
        *variant = m;
        found = true;
        if (exact)
            break;
    }
    return found;
}

static bool print_enum(Console *console, FILE *out, const Type *type, const uint8_t *bytes, char format, int depth)
{
    EmuMember variant;
    if (!find_variant(console, type, bytes, &variant))
        return false;
    const Type *held = type_strip(type_from_handle(&console->types, variant.type));
    fprintf(out, "%s::%s", type->name, variant.name);
    if (has_members(console, held) && variant.offset + held->size <= type->size)
        print_members(console, out, held, bytes + variant.offset, format, depth);
    return true;
}

/* &str and &[T]: two words, data_ptr and length. */
static bool print_slice(Console *console, FILE *out, const Type *type, const uint8_t *bytes, char format, int depth)
{
    EmuMember data, length;
    uint64_t words[2];
    if (type->name[0] != '&' || type->size != sizeof words || !emu_type_member(console->emu, type->handle, 0, &data) ||
        !emu_type_member(console->emu, type->handle, 1, &length) || strcmp(data.name, "data_ptr") != 0 ||
        strcmp(length.name, "length") != 0)
        return false;
    memcpy(words, bytes, sizeof words);
    const Type *pointer = type_strip(type_from_handle(&console->types, data.type));
    uint64_t unit = pointer->target ? pointer->target->size : 0, size = words[1] * unit, shown = words[1];
    if (!unit || words[1] > LARGEST_SLICE / unit)
        shown = unit ? LARGEST_SLICE / unit : 0;
    size = shown * unit;
    uint8_t *elements = calloc(1, size + 1);
    bool text = strcmp(type->name, "&str") == 0;
    if (!text)
        fprintf(out, "%s ", type->name);
    if (!elements || emu_read(console->emu, console_pid(console), words[0], elements, size) != size)
        fprintf(out, "<error: Cannot access memory at address 0x%" PRIx64 ">", words[0]);
    else if (text)
        value_print_text(console, out, elements, shown);
    else
        value_print_bytes(console, out, type_array(&console->types, pointer->target, shown), elements, format, depth);
    free(elements);
    return true;
}

void rust_print(Console *console, FILE *out, const Type *type, const uint8_t *bytes, char format, int depth)
{
    if (print_enum(console, out, type, bytes, format, depth) || print_slice(console, out, type, bytes, format, depth))
        return;
    bool unnamed = type->name[0] == '('; /* a tuple */
    if (!unnamed || !has_members(console, type))
        fputs(type->name, out);
    if (!has_members(console, type))
        return;
    if (!unnamed)
        putc(' ', out);
    print_members(console, out, type, bytes, format, depth);
}

/* ---- types -------------------------------------------------------------------------------------------------------- */

/* "(f64)", "{w: u32, h: u32}"; nothing for a variant that holds nothing. */
static void print_held(Console *console, FILE *out, const Type *type)
{
    EmuMember m;
    char name[512];
    bool tuple = is_tuple(console, type);
    for (uint32_t i = 0; emu_type_member(console->emu, type->handle, i, &m); i++) {
        type_name(type_from_handle(&console->types, m.type), name, sizeof name);
        fprintf(out, "%s%s%s%s", i ? ", " : tuple ? "(" : "{", tuple ? "" : m.name, tuple ? "" : ": ", name);
    }
    if (has_members(console, type))
        putc(tuple ? ')' : '}', out);
}

void rust_print_type(Console *console, FILE *out, const Type *type)
{
    EmuMember m;
    char name[512];
    bool variants = emu_type_variant(console->emu, type->handle, 0, &m), tuple = is_tuple(console, type);
    bool is_enum = variants || type->kind == EMU_TYPE_ENUM;
    if (type->name[0] == '(') {
        fputs(type->name, out);
        return;
    }
    fprintf(out, "%s %s %c\n", is_enum ? "enum" : "struct", type->name, tuple ? '(' : '{');
    for (uint32_t i = 0; variants && emu_type_variant(console->emu, type->handle, i, &m); i++) {
        fprintf(out, "  %s", m.name);
        print_held(console, out, type_strip(type_from_handle(&console->types, m.type)));
        fputs(",\n", out);
    }
    for (uint32_t i = 0; !variants && emu_type_member(console->emu, type->handle, i, &m); i++) {
        type_name(type_from_handle(&console->types, m.type), name, sizeof name);
        if (is_enum)
            fprintf(out, "  %s,\n", m.name);
        else
            fprintf(out, "  %s%s%s,\n", tuple ? "" : m.name, tuple ? "" : ": ", name);
    }
    putc(tuple ? ')' : '}', out);
}

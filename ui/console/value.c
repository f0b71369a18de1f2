/* Values and their looks: gdb's print, as people know it. */
#include "ui/console/value.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/console.h"
#include "ui/console/registers.h"
#include "ui/console/rust.h"
#include "ui/console/vector.h"

enum {
    MAX_VALUE = 1 << 20,  /* bytes of the largest value that is shown */
};

/* ---- numbers -------------------------------------------------------------------------------------------------- */

Value value_integer(const Type *type, uint64_t number)
{
    Value v = {.type = type};
    uint64_t size = type_strip(type)->size;
    int64_t sign =
        type_is_signed(type) && size < 8 && size > 0 ? (int64_t)(number << (64 - 8 * size)) >> 63 : (int64_t)number >> 63;
    memcpy(v.bytes, &number, 8);
    if (type_is_signed(type))
        memset(v.bytes + 8, sign ? 0xff : 0, 8);
    return v;
}

Value value_float(const Type *type, long double number)
{
    Value v = {.type = type};
    float single = (float)number;
    double twice = (double)number;
    if (type->size == 4)
        memcpy(v.bytes, &single, 4);
    else if (type->size == 8)
        memcpy(v.bytes, &twice, 8);
    else
        memcpy(v.bytes, &number, 10);
    return v;
}

static __int128 number_of(const uint8_t *bytes, uint64_t size, bool is_signed)
{
    unsigned __int128 n = 0;
    size = size > 16 ? 16 : size;
    memcpy(&n, bytes, size);
    if (size == 0 || size == 16)
        return (__int128)n;
    unsigned unused = 128 - 8 * (unsigned)size;
    return is_signed ? (__int128)(n << unused) >> unused : (__int128)n;
}

static long double real_of(const uint8_t *bytes, uint64_t size)
{
    float single = 0;
    double twice = 0;
    long double extended = 0;
    if (size == sizeof single)
        memcpy(&single, bytes, sizeof single);
    else if (size == sizeof twice)
        memcpy(&twice, bytes, sizeof twice);
    else if (size >= 10)
        memcpy(&extended, bytes, 10);
    return size == sizeof single ? single : size == sizeof twice ? twice : extended;
}

/* What does not fit becomes the number of that sign that is farthest from zero. */
static __int128 wide(long double number)
{
    __int128 most = (__int128)(~(unsigned __int128)0 >> 1);
    if (number > -0x1p127L && number < 0x1p127L)
        return (__int128)number;
    return number >= 0x1p127L ? most : -most - 1;
}

__int128 value_wide(const Value *value)
{
    const Type *type = type_strip(value->type);
    if (type->kind == EMU_TYPE_FLOAT)
        return wide(real_of(value->bytes, type->size));
    return number_of(value->bytes, type->size, type_is_signed(type));
}

uint64_t value_number(const Value *value) { return (uint64_t)value_wide(value); }

long double value_real(const Value *value)
{
    const Type *type = type_strip(value->type);
    return type->kind == EMU_TYPE_FLOAT ? real_of(value->bytes, type->size) : (long double)value_wide(value);
}

bool value_is_zero(const Value *value)
{
    return type_is_float(value->type) ? value_real(value) == 0 : value_wide(value) == 0;
}

/* ---- characters and strings ----------------------------------------------------------------------------------- */

static void print_escaped(FILE *out, uint8_t c, char quote)
{
    static const char escapes[] = "\aa\bb\ff\nn\rr\tt\vv";
    const char *known = c ? strchr(escapes, c) : NULL;
    if (known && (known - escapes) % 2 == 0)
        fprintf(out, "\\%c", known[1]);
    else if (c == quote || c == '\\')
        fprintf(out, "\\%c", c);
    else if (c < 32 || c >= 127)
        fprintf(out, "\\%03o", c);
    else
        putc(c, out);
}

void value_print_char(FILE *out, uint8_t c, char quote)
{
    putc(quote, out);
    print_escaped(out, c, quote);
    putc(quote, out);
}

/* More than so many equal elements are counted instead. */
static uint64_t repeats_of(const Console *console)
{
    return console->settings.repeats ? console->settings.repeats : UINT64_MAX;
}

/* Characters, with long runs counted: "ab", 'x' <repeats 12 times>, "c" */
static void print_chars(FILE *out, const uint8_t *chars, uint64_t count, uint64_t repeats)
{
    bool open = false, any = false;
    for (uint64_t i = 0, run; i < count; i += run) {
        for (run = 1; i + run < count && chars[i + run] == chars[i]; run++)
            continue;
        bool counted = run > repeats;
        if (open && counted)
            fputs("\"", out);
        if (any && (counted || !open))
            fputs(", ", out);
        if (!counted && !open)
            putc('"', out);
        open = !counted;
        any = true;
        if (counted) {
            value_print_char(out, chars[i], '\'');
            fprintf(out, " <repeats %" PRIu64 " times>", run);
        } else {
            print_escaped(out, chars[i], '"');
            run = 1;
        }
    }
    if (!any)
        fputs("\"\"", out);
    else if (open)
        putc('"', out);
}

/* The bytes at `address` up to a NUL, or `most` of them, or those that can be read: malloc'ed, their number in *count. Most strings are
 * short, whatever the limit. */
static uint8_t *read_text(Console *console, uint64_t address, uint64_t most, uint64_t *count)
{
    uint8_t *chars = NULL, *grown;
    *count = 0;
    for (uint64_t size = 256, want;; size *= 2) {
        size = size < most ? size : most;
        if (!(grown = realloc(chars, size)))
            return chars;
        chars = grown;
        want = size - *count;
        uint64_t n = emu_read(console->emu, console_pid(console), address + *count, chars + *count, want);
        bool ended = n && memchr(chars + *count, 0, n);
        *count += n;
        if (ended || n < want || size == most)
            return chars;
    }
}

uint64_t value_print_string(Console *console, FILE *out, uint64_t address, uint64_t limit)
{
    uint64_t n;
    uint8_t *chars = read_text(console, address, limit + 1, &n);
    uint8_t *end = n ? memchr(chars, 0, n) : NULL;
    uint64_t length = end ? (uint64_t)(end - chars) : n;
    if (n) {
        print_chars(out, chars, length < limit ? length : limit, repeats_of(console));
        if (!end && n > limit)
            fputs("...", out);
        else if (!end)
            fprintf(out, "<error: Cannot access memory at address 0x%" PRIx64 ">", address + n);
    }
    free(chars);
    return n ? length + (end != NULL) : 0;
}

static void print_name(Console *console, FILE *out, uint64_t address, const char *before)
{
    EmuSymbol symbol;
    if (!console->emu || !emu_symbol_at(console->emu, console_pid(console), address, &symbol))
        return;
    if (symbol.address == address)
        fprintf(out, "%s<%s>", before, emu_plain_name(console->emu, console_pid(console), symbol.name));
    else if (strcmp(symbol.name, "_end") != 0 &&
             strcmp(symbol.name, "end") != 0) /* behind the program: the heap, the stack … */
        fprintf(out, "%s<%s+%" PRIu64 ">", before, emu_plain_name(console->emu, console_pid(console), symbol.name),
                address - symbol.address);
}

void value_print_symbol(Console *console, FILE *out, uint64_t address) { print_name(console, out, address, " "); }

void value_print_text(Console *console, FILE *out, const uint8_t *chars, uint64_t count)
{
    uint64_t limit = value_limit(console);
    print_chars(out, chars, count < limit ? count : limit, repeats_of(console));
    if (count > limit)
        fputs("...", out);
}

uint64_t value_limit(const Console *console)
{
    uint64_t limit = console->settings.print_elements;
    return limit && limit < MAX_VALUE ? limit : MAX_VALUE;
}

/* ---- scalars -------------------------------------------------------------------------------------------------- */

static void print_real(FILE *out, const uint8_t *bytes, uint64_t size)
{
    long double real = real_of(bytes, size);
    uint64_t mantissa = 0;
    memcpy(&mantissa, bytes, size < 8 ? size : 8);
    if (isnan(real)) {
        mantissa &= size == 4 ? 0x7fffff : size == 8 ? 0xfffffffffffff : ~0ull;
        fprintf(out, "%snan(0x%" PRIx64 ")", signbit(real) ? "-" : "", mantissa);
    } else if (isinf(real)) {
        fputs(real < 0 ? "-inf" : "inf", out);
    } else {
        fprintf(out, "%.*Lg", size == 4 ? 9 : size == 8 ? 17 : 18, real);
    }
}

static void print_digits(FILE *out, unsigned __int128 n, unsigned base, unsigned width)
{
    char text[130];
    unsigned i = sizeof text;
    text[--i] = 0;
    do {
        text[--i] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n || (width && sizeof text - 1 - i < width));
    fputs(text + i, out);
}

static void print_decimal(FILE *out, __int128 n, bool is_signed)
{
    if (is_signed && n < 0)
        putc('-', out);
    print_digits(out, is_signed && n < 0 ? -(unsigned __int128)n : (unsigned __int128)n, 10, 0);
}

void value_print_number(Console *console, FILE *out, const uint8_t *bytes, uint64_t size, char format, bool is_signed, bool pad)
{
    unsigned __int128 raw = (unsigned __int128)number_of(bytes, size, false);
    unsigned digits = (unsigned)size * 2;
    switch (format) {
    case 'z':
    case 'x':
        fputs("0x", out);
        return print_digits(out, raw, 16, pad || format == 'z' ? digits : 0);
    case 'o':
        if (raw)
            putc('0', out);
        return print_digits(out, raw, 8, 0);
    case 't': return print_digits(out, raw, 2, pad ? digits * 4 : 0);
    case 'u': return print_decimal(out, (__int128)raw, false);
    case 'a':
        fprintf(out, "0x%" PRIx64, (uint64_t)raw);
        return value_print_symbol(console, out, (uint64_t)raw);
    case 'c':
        print_decimal(out, number_of(bytes, 1, is_signed), is_signed);
        putc(' ', out);
        return value_print_char(out, bytes[0], '\'');
    case 'f':
        if (size == 4 || size == 8 || size == 10 || size == 16)
            return print_real(out, bytes, size);
        return print_decimal(out, number_of(bytes, size, is_signed), is_signed);
    default: return print_decimal(out, number_of(bytes, size, format == 'd' || is_signed), format == 'd' || is_signed);
    }
}

/* What an enumerator is named with: its enum where that is a scope (enum class), else the space that the enum lies in. */
static void print_scope(FILE *out, const Type *type)
{
    const char *end = type->name + strlen(type->name);
    for (const char *p = type->name; !type->scoped && (end = strstr(p, "::")) && strstr(end + 2, "::"); p = end + 2)
        continue;
    if (end && end > type->name)
        fprintf(out, "%.*s::", (int)(end - type->name), type->name);
}

static void print_enum(Console *console, FILE *out, const Type *type, int64_t number)
{
    EmuMember m;
    int64_t left = number;
    bool flags = true, any = false;
    for (uint32_t i = 0; emu_type_member(console->emu, type->handle, i, &m); i++) {
        if (m.value == number) {
            if (!type->plain)
                print_scope(out, type);
            fputs(m.name, out);
            return;
        }
        flags = flags && m.value > 0 && !(m.value & (m.value - 1));
    }
    if (!flags || number == 0) {
        fprintf(out, "%" PRId64, number);
        return;
    }
    for (uint32_t i = 0; emu_type_member(console->emu, type->handle, i, &m); i++)
        if (left & m.value) {
            fprintf(out, "%s%s", any ? " | " : "(", m.name);
            left &= ~m.value;
            any = true;
        }
    if (left)
        fprintf(out, "%sunknown: 0x%" PRIx64, any ? " | " : "(", (uint64_t)left);
    putc(')', out);
}

static void print_pointer(Console *console, FILE *out, const Type *named, uint64_t address, bool top)
{
    const Type *type = type_strip(named), *target = type_strip(type->target);
    bool is_char = !type->rust && (target->kind == EMU_TYPE_SIGNED_CHAR || target->kind == EMU_TYPE_UNSIGNED_CHAR);
    bool is_code = target->kind == EMU_TYPE_FUNCTION;
    char name[256];
    if (type->count) { /* a reference inside of something */
        fprintf(out, "@0x%" PRIx64, address);
        return;
    }
    if (top && !is_char) {
        type_name(named, name, sizeof name);
        fprintf(out, "(%s) ", name);
    }
    bool bare = console->settings.no_address;
    if (!bare || (!address && !is_code))
        fprintf(out, "0x%" PRIx64, address);
    EmuSymbol symbol;
    if (!address || !console->emu)
        return;
    if (is_char) {
        fputs(bare ? "" : " ", out);
        if (!value_print_string(console, out, address, value_limit(console)))
            fprintf(out, "<error: Cannot access memory at address 0x%" PRIx64 ">", address);
    } else if (!console->settings.no_symbol &&
               (is_code ||
                (emu_symbol_at(console->emu, console_pid(console), address, &symbol) && (symbol.function || symbol.size)))) {
        print_name(console, out, address, bare ? "" : " ");
    }
}

/* Four bytes: 120 'x' */
static void print_rust_char(FILE *out, const uint8_t *bytes)
{
    uint32_t c;
    memcpy(&c, bytes, sizeof c);
    fprintf(out, "%" PRIu32 " ", c);
    if (c < 128)
        value_print_char(out, (uint8_t)c, '\'');
    else
        fprintf(out, "'\\u{%06x}'", c);
}

static void print_scalar(Console *console, FILE *out, const Type *type, const uint8_t *bytes, char format, bool top)
{
    const Type *plain = type_strip(type);
    if (plain->rust && !format && strcmp(plain->name, "char") == 0)
        return print_rust_char(out, bytes);
    uint64_t number = (uint64_t)number_of(bytes, plain->size, type_is_signed(plain));
    if (format && !(format == 's' || format == 'i'))
        return value_print_number(console, out, bytes, plain->size, format, type_is_signed(plain), false);
    switch (plain->kind) {
    case EMU_TYPE_FLOAT: return print_real(out, bytes, plain->size);
    case EMU_TYPE_BOOL:
        if (number > 1)
            fprintf(out, "%" PRIu64, number);
        else
            fputs(number ? "true" : "false", out);
        return;
    case EMU_TYPE_ENUM: return print_enum(console, out, plain, (int64_t)number);
    case EMU_TYPE_POINTER: return print_pointer(console, out, type, number, top);
    case EMU_TYPE_SIGNED_CHAR:
    case EMU_TYPE_UNSIGNED_CHAR:
        if (plain->rust)
            return print_decimal(out, number_of(bytes, 1, type_is_signed(plain)), true);
        print_decimal(out, number_of(bytes, 1, type_is_signed(plain)), true);
        putc(' ', out);
        return value_print_char(out, bytes[0], '\'');
    default: return print_decimal(out, number_of(bytes, plain->size, type_is_signed(plain)), type_is_signed(plain));
    }
}

/* ---- aggregates ----------------------------------------------------------------------------------------------- */

static bool is_scalar(const Type *type) { return type_is_scalar(type); }

static void print_text(Console *console, FILE *out, const Type *type, const uint8_t *bytes)
{
    uint64_t limit = value_limit(console), count = type->count > limit ? limit : type->count;
    const uint8_t *end = console->settings.null_stop && count ? memchr(bytes, 0, count) : NULL;
    bool drop = count == type->count && count && !bytes[count - 1]; /* the string's NUL */
    print_chars(out, bytes, end ? (uint64_t)(end - bytes) : count - drop, repeats_of(console));
    if (count < type->count && !end)
        fputs("...", out);
}

/* A new line of a structure or array that is laid out; as far in as `depth` says. */
static void new_line(FILE *out, int depth) { fprintf(out, "\n%*s", 2 * depth, ""); }

static void print_array(Console *console, FILE *out, const Type *type, const uint8_t *bytes, char format, int depth)
{
    const Type *element = type->target;
    const Settings *how = &console->settings;
    uint64_t size = element->size, limit = value_limit(console), repeats = repeats_of(console), shown = 0;
    EmuTypeKind kind = type_strip(element)->kind;
    if (!type->rust && (kind == EMU_TYPE_SIGNED_CHAR || kind == EMU_TYPE_UNSIGNED_CHAR) && (!format || format == 's'))
        return print_text(console, out, type, bytes);
    bool rows = how->arrays && kind == EMU_TYPE_ARRAY;
    putc(type->rust ? '[' : '{', out);
    for (uint64_t i = 0, run; i < type->count; i += run) {
        if (shown >= limit) {
            fputs("...", out);
            break;
        }
        fputs(!i ? "" : rows ? "," : ", ", out);
        if (rows)
            fprintf(out, i ? "\n%*s" : "%*s", i ? 2 * depth + 2 : 0, "");
        for (run = 1; i + run < type->count && !memcmp(bytes + i * size, bytes + (i + run) * size, size); run++)
            continue;
        if (how->indexes)
            fprintf(out, "[%" PRIu64 "] = ", i);
        value_print_bytes(console, out, element, bytes + i * size, format, depth + 1);
        if (run > repeats)
            fprintf(out, " <repeats %" PRIu64 " times>", run);
        else
            run = 1;
        shown += run > repeats ? repeats : 1;
    }
    putc(type->rust ? ']' : '}', out);
}

static void print_member(Console *console, FILE *out, const EmuMember *m, const uint8_t *bytes, char format, int depth)
{
    const Type *type = type_from_handle(&console->types, m->type);
    if (m->base)
        fprintf(out, "<%s> = ", type->name);
    else if (*m->name)
        fprintf(out, "%s = ", m->name);
    if (!m->bit_size)
        return value_print_bytes(console, out, type, bytes + m->offset, format, depth + 1);
    uint64_t raw = 0;
    memcpy(&raw, bytes + m->offset, type->size > 8 ? 8 : type->size);
    unsigned unused = 64 - m->bit_size;
    raw = raw >> m->bit_offset << unused;
    Value v = value_integer(type, type_is_signed(type) ? (uint64_t)((int64_t)raw >> unused) : raw >> unused);
    print_scalar(console, out, type, v.bytes, format, false);
}

static void print_struct(Console *console, FILE *out, const Type *type, const uint8_t *bytes, char format, int depth)
{
    EmuMember m;
    bool pretty = console->settings.pretty, fields = false;
    uint32_t i = 0;
    putc('{', out);
    for (; depth < 20 && emu_type_member(console->emu, type->handle, i, &m); i++) {
        fputs(!i ? "" : pretty ? "," : ", ", out);
        if (pretty)
            new_line(out, depth + 1);
        if (m.offset + type_from_handle(&console->types, m.type)->size <= type->size)
            print_member(console, out, &m, bytes, format, depth);
        fields |= !m.base;
    }
    if (!fields && type->handle && depth < 20)
        fprintf(out, "%s<No data fields>", i ? ", " : "");
    if (pretty && i)
        new_line(out, depth);
    putc('}', out);
}

void value_print_bytes(Console *console, FILE *out, const Type *type, const uint8_t *bytes, char format, int depth)
{
    const Type *plain = type_strip(type);
    if (plain->kind == EMU_TYPE_ARRAY)
        print_array(console, out, plain, bytes, format, depth);
    else if (plain->kind == EMU_TYPE_UNION && depth > 0 && console->settings.no_union)
        fputs("{...}", out);
    else if (plain->rust && plain->kind == EMU_TYPE_STRUCT)
        rust_print(console, out, plain, bytes, format, depth);
    else if (plain->kind == EMU_TYPE_STRUCT || plain->kind == EMU_TYPE_UNION)
        print_struct(console, out, plain, bytes, format, depth);
    else if (is_scalar(plain))
        print_scalar(console, out, type, bytes, format, depth == 0);
    else
        fputs("void", out);
}

static bool print_special(Console *console, FILE *out, const Value *value, char format)
{
    const Type *type = type_strip(value->type);
    char text[256];
    if (value->where == WHERE_REGISTER && type->kind == EMU_TYPE_ARRAY) {
        vector_print(console, out, value->bytes, (unsigned)value->type->size, format);
    } else if (value->where == WHERE_REGISTER && !format && register_flags(register_row((uint32_t)value->reg)->name)) {
        register_flags_text(register_row((uint32_t)value->reg)->name, value_number(value), text, sizeof text);
        fputs(text, out);
    } else if (type == type_builtin(TYPE_DATA_SYMBOL)) {
        fputs("<data variable, no debug info>", out);
    } else if (type->kind == EMU_TYPE_FUNCTION) {
        type_name(type, text, sizeof text);
        fprintf(out, "{%s} 0x%" PRIx64, text, value->address);
        value_print_symbol(console, out, value->address);
    } else {
        return false;
    }
    return true;
}

static void print_value(Console *console, FILE *out, const Value *value, char format, int depth)
{
    const Type *type = type_strip(value->type);
    if (print_special(console, out, value, format))
        return;
    if (is_scalar(type) || value->where != WHERE_MEMORY || !type->size)
        return value_print_bytes(console, out, value->type, value->bytes, format, depth);
    if (type->size > MAX_VALUE) {
        fprintf(out, "<error: value requires %" PRIu64 " bytes, which is more than %d>", type->size, MAX_VALUE);
        return;
    }
    uint8_t *bytes = malloc(type->size);
    if (bytes && emu_read(console->emu, console_pid(console), value->address, bytes, type->size) == type->size)
        value_print_bytes(console, out, value->type, bytes, format, depth);
    else
        fprintf(out, "<error: Cannot access memory at address 0x%" PRIx64 ">", value->address);
    free(bytes);
}

void value_print(Console *console, FILE *out, const Value *value, char format)
{
    char name[512];
    if (value->reference && !format) {
        type_name(value->reference, name, sizeof name);
        fprintf(out, "(%s) @0x%" PRIx64 ": ", name, value->address);
    }
    print_value(console, out, value, format, value->reference && !format);
}

void value_print_plain(Console *console, FILE *out, const Value *value) { print_value(console, out, value, 0, 1); }

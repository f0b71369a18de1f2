/* C's operators on values: usual conversions, pointer arithmetic, lvalues in memory, registers and convenience variables. */
#include "ui/console/operate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/console.h"
#include "ui/console/registers.h"

/* ---- loading -------------------------------------------------------------------------------------------------- */

bool operate_load(Console *console, Value *v)
{
    uint64_t size = v->type->size < sizeof v->bytes ? v->type->size : sizeof v->bytes;
    memset(v->bytes, 0, sizeof v->bytes);
    if (v->where != WHERE_MEMORY || !size)
        return true;
    if (emu_read(console->emu, console_pid(console), v->address, v->bytes, size) != size)
        return console_error(console, "Cannot access memory at address 0x%" PRIx64, v->address);
    return true;
}

static bool find_member(Console *console, const Type *type, const char *name, EmuMember *found, int depth);

static bool place(Console *console, Value *v, const Type *type, uint64_t address)
{
    memset(v, 0, sizeof *v);
    v->type = type;
    v->where = WHERE_MEMORY;
    v->address = address;
    EmuTypeKind kind = type_strip(type)->kind;
    if (type_is_reference(type)) { /* what it refers to is what is meant */
        Value pointer = {.type = type_builtin(TYPE_ULONG), .where = WHERE_MEMORY, .address = address};
        bool good = operate_load(console, &pointer) && place(console, v, type_strip(type)->target, value_number(&pointer));
        v->reference = type;
        return good;
    }
    bool lazy = kind == EMU_TYPE_ARRAY || kind == EMU_TYPE_FUNCTION || kind == EMU_TYPE_VOID || kind == EMU_TYPE_STRUCT ||
                kind == EMU_TYPE_UNION;
    return lazy || operate_load(console, v);
}

/* An array or a function used as a value becomes its address. */
static void decay(Console *console, Value *v)
{
    const Type *type = type_strip(v->type);
    if (type->kind == EMU_TYPE_ARRAY && v->where == WHERE_MEMORY)
        *v = value_integer(type_pointer(&console->types, type->target), v->address);
    else if (type->kind == EMU_TYPE_FUNCTION)
        *v = value_integer(type_pointer(&console->types, v->type), v->address);
}

bool operate_address(Console *console, const Value *value, uint64_t *address)
{
    Value v = *value;
    decay(console, &v);
    const Type *type = type_strip(v.type);
    if (type->kind == EMU_TYPE_VOID || type->kind == EMU_TYPE_STRUCT || type->kind == EMU_TYPE_UNION) {
        if (v.where != WHERE_MEMORY)
            return console_error(console, "Value can't be converted to integer.");
        *address = v.address;
        return true;
    }
    *address = value_number(&v);
    return true;
}

/* ---- names ---------------------------------------------------------------------------------------------------- */

bool operate_optimized_out(Console *console, const char *name)
{
    EmuVariable v;
    for (uint32_t i = 0; console->running && emu_variable(console->emu, console->tid, frames_id(console, console->frame), i, &v); i++)
        if (strcmp(v.name, name) == 0)
            return v.place == EMU_NOWHERE;
    return false;
}

static bool variable_value(Console *console, const EmuVariable *variable, Value *v)
{
    const Type *type = type_from_handle(&console->types, variable->type);
    switch (variable->place) {
    case EMU_AT_ADDRESS: return place(console, v, type, variable->value);
    case EMU_NOWHERE:
        memset(v, 0, sizeof *v);
        v->type = type;
        v->where = WHERE_NOWHERE;
        return console_error(console, "value has been optimized out");
    default:
        if (type_is_reference(type)) {
            bool good = place(console, v, type_strip(type)->target, variable->value);
            v->reference = type;
            return good;
        }
        *v = value_integer(type_builtin(TYPE_ULONG), variable->value);
        v->type = type;
        return true;
    }
}

/* A local or an argument; else, in a method, a member of *this. *found says whether there is one. */
static bool local_value(Console *console, const char *name, Value *v, bool *found)
{
    EmuVariable variable, self = {.name = NULL};
    EmuMember member;
    *found = false;
    for (uint32_t i = 0; !*found && emu_variable(console->emu, console->tid, frames_id(console, console->frame), i, &variable); i++) {
        *found = strcmp(variable.name, name) == 0;
        if (strcmp(variable.name, "this") == 0)
            self = variable;
    }
    if (*found)
        return variable_value(console, &variable, v);
    const Type *class = self.name ? type_strip(type_from_handle(&console->types, self.type)) : NULL;
    if (!class || class->kind != EMU_TYPE_POINTER || !find_member(console, type_strip(class->target), name, &member, 0))
        return true;
    *found = true;
    return variable_value(console, &self, v) && operate_member(console, v, name);
}

const Type *operate_truth(Console *console)
{
    const char *language = frames_language(console);
    return type_builtin(language && (strcmp(language, "c++") == 0 || strcmp(language, "rust") == 0) ? TYPE_BOOL : TYPE_INT);
}

/* true and false, which C++ and Rust have. */
static bool console_truth(Console *console, const char *name, Value *v)
{
    bool yes = strcmp(name, "true") == 0;
    if ((!yes && strcmp(name, "false") != 0) || operate_truth(console) != type_builtin(TYPE_BOOL))
        return false;
    *v = value_integer(type_builtin(TYPE_BOOL), yes);
    return true;
}

/* function::variable, of the innermost frame of that function. */
static bool outer_value(Console *console, const char *name, Value *v, bool *found)
{
    uint32_t count = 0, selected = console->frame;
    const char *last = strrchr(name, ':');
    size_t n = last && last > name + 1 ? (size_t)(last - 1 - name) : 0;
    bool good = true;
    if (n)
        frames_get(console, &count);
    for (uint32_t i = 0; !*found && i < count; i++) {
        const char *function = frames_function(console, i);
        if (!function || strncmp(function, name, n) != 0 || function[n])
            continue;
        console->frame = i;
        good = local_value(console, last + 1, v, found);
    }
    console->frame = selected;
    return good;
}

bool operate_name(Console *console, const char *name, Value *v)
{
    EmuVariable variable;
    EmuSymbol symbol;
    EmuFunction function;
    Emu *emu = console->emu;
    bool found = false;
    if (emu && console->running &&
        (!local_value(console, name, v, &found) || found || !outer_value(console, name, v, &found) || found))
        return found && !console->failed;
    if (emu && emu_variable_named(emu, console->tid, frames_id(console, console->frame), name, &variable))
        return variable_value(console, &variable, v);
    uint64_t handle;
    int64_t number;
    bool has_symbol = emu && emu_symbol_named(emu, 0, name, &symbol);
    if (emu && !has_symbol && emu_enumerator(emu, 0, name, &handle, &number)) {
        *v = value_integer(type_from_handle(&console->types, handle), (uint64_t)number);
        return true;
    }
    uint64_t address;
    if (!has_symbol && emu && emu_functions_named(emu, console_pid(console), name, &address, 1)) { /* known by another name */
        symbol.address = address;
        symbol.function = true;
    } else if (!has_symbol && console_truth(console, name, v)) {
        return true;
    } else if (!has_symbol) {
        return console_error(console, "No symbol \"%s\" in current context.", name);
    }
    if (!symbol.function)
        return place(console, v, type_builtin(TYPE_DATA_SYMBOL), symbol.address);
    const Type *type = type_builtin(TYPE_TEXT_SYMBOL);
    if (emu_function_at(emu, 0, symbol.address, &function))
        type = function.signature ? type_from_handle(&console->types, function.signature) : type_builtin(TYPE_TEXT_SYMBOL);
    return place(console, v, type, symbol.address);
}

static bool known_type(Console *console, const Value *v)
{
    EmuSymbol symbol;
    if (v->type != type_builtin(TYPE_DATA_SYMBOL))
        return true;
    bool found = emu_symbol_at(console->emu, console_pid(console), v->address, &symbol);
    return console_error(console, "'%s' has unknown type; cast it to its declared type", found ? symbol.name : "it");
}

/* ---- access --------------------------------------------------------------------------------------------------- */

bool operate_dereference(Console *console, Value *v)
{
    decay(console, v);
    const Type *type = type_strip(v->type);
    if (type_is_integer(type)) /* as gdb does: an int is taken for the address of a long */
        return place(console, v, type_builtin(TYPE_LONG), value_number(v));
    if (type->kind != EMU_TYPE_POINTER)
        return console_error(console, "Attempt to take contents of a non-pointer value.");
    if (type_strip(type->target)->kind == EMU_TYPE_VOID && type->target != type_builtin(TYPE_DATA_SYMBOL))
        return console_error(console, "Attempt to take contents of a non-pointer value.");
    return place(console, v, type->target, value_number(v));
}

bool operate_address_of(Console *console, Value *v)
{
    if (v->where != WHERE_MEMORY)
        return console_error(console, v->where == WHERE_REGISTER ? "Attempt to take address of value not located in memory."
                                                                 : "Attempt to take address of value not located in memory.");
    if (v->bit_size)
        return console_error(console, "Attempt to take address of bit-field.");
    *v = value_integer(type_pointer(&console->types, v->type), v->address);
    return true;
}

/* In an array that no memory holds: a function's result, "text". */
static bool index_in_value(Console *console, Value *v, const Value *index)
{
    const Type *element = type_strip(v->type)->target;
    uint64_t n = value_number(index), size = element->size;
    if (!size || n >= sizeof v->bytes / size || size > sizeof v->bytes)
        return console_error(console, "no such vector element");
    memmove(v->bytes, v->bytes + n * size, size);
    memset(v->bytes + size, 0, sizeof v->bytes - size);
    v->type = element;
    v->where = WHERE_NOWHERE;
    return true;
}

bool operate_index(Console *console, Value *v, const Value *index)
{
    if (v->where != WHERE_MEMORY && type_strip(v->type)->kind == EMU_TYPE_ARRAY)
        return index_in_value(console, v, index);
    const Type *type = type_strip(v->type);
    if (type->rust && type->kind == EMU_TYPE_STRUCT && type->name[0] == '&' &&
        !operate_member(console, v, "data_ptr")) /* a slice */
        return false;
    return operate_binary(console, "+", v, index) && operate_dereference(console, v);
}

static void take_bits(Value *v, const EmuMember *m)
{
    uint64_t raw = value_number(v) >> m->bit_offset;
    unsigned unused = 64 - m->bit_size;
    const Type *type = v->type;
    uint64_t address = v->address;
    raw = type_is_signed(type) ? (uint64_t)((int64_t)(raw << unused) >> unused) : raw << unused >> unused;
    *v = value_integer(type, raw);
    v->where = WHERE_MEMORY;
    v->address = address;
    v->bit_offset = m->bit_offset;
    v->bit_size = m->bit_size;
}

/* Members of anonymous structs and unions inside belong to the outer one. */
static bool find_member(Console *console, const Type *type, const char *name, EmuMember *found, int depth)
{
    EmuMember m;
    for (uint32_t i = 0; depth < 8 && emu_type_member(console->emu, type->handle, i, &m); i++) {
        if (strcmp(m.name, name) == 0) {
            *found = m;
            return true;
        }
        const Type *inner = *m.name && !m.base ? type : type_strip(type_from_handle(&console->types, m.type));
        if (inner != type && find_member(console, inner, name, found, depth + 1)) {
            found->offset += m.offset;
            return true;
        }
    }
    return false;
}

bool operate_member(Console *console, Value *v, const char *name)
{
    const Type *type = type_strip(v->type);
    EmuMember m;
    if (type->kind == EMU_TYPE_POINTER) {
        if (!operate_dereference(console, v))
            return false;
        type = type_strip(v->type);
    }
    if (type->kind != EMU_TYPE_STRUCT && type->kind != EMU_TYPE_UNION)
        return known_type(console, v) &&
               console_error(console, "Attempt to extract a component of a value that is not a structure.");
    if (!find_member(console, type, name, &m, 0))
        return console_error(console, "There is no member named %s.", name);
    const Type *member = type_from_handle(&console->types, m.type);
    if (v->where != WHERE_MEMORY) { /* a structure in a register */
        memmove(v->bytes, v->bytes + (m.offset < sizeof v->bytes ? m.offset : 0), sizeof v->bytes - m.offset % sizeof v->bytes);
        v->type = member;
    } else if (!place(console, v, member, v->address + m.offset)) {
        return false;
    }
    if (m.bit_size)
        take_bits(v, &m);
    return true;
}

/* As the processor converts: what does not fit is the most negative number. SDM Vol. 2A, "CVTTSD2SI". */
static uint64_t whole(long double number)
{
    bool fits = number > -0x1p63L - 1 && number < 0x1p63L;
    return fits ? (uint64_t)(int64_t)number : number >= 0x1p63L && number < 0x1p64L ? (uint64_t)number : 1ull << 63;
}

bool operate_cast(Console *console, const Type *type, Value *v)
{
    const Type *to = type_strip(type);
    if (v->type == type_builtin(TYPE_DATA_SYMBOL) && v->where == WHERE_MEMORY)
        return place(console, v, type, v->address);
    if (to->kind == EMU_TYPE_ARRAY || to->kind == EMU_TYPE_STRUCT || to->kind == EMU_TYPE_UNION) {
        if (v->where != WHERE_MEMORY || v->type->size != to->size)
            return console_error(console, "Invalid cast.");
        v->type = type;
        return true;
    }
    decay(console, v);
    if (!type_is_scalar(v->type) && to->kind != EMU_TYPE_VOID)
        return console_error(console, "Invalid cast.");
    if (type_is_float(to))
        *v = value_float(type, value_real(v));
    else if (to->kind == EMU_TYPE_BOOL)
        *v = value_integer(type, !value_is_zero(v));
    else if (type_is_float(v->type))
        *v = value_integer(type, whole(value_real(v)));
    else
        *v = value_integer(type, value_number(v));
    return true;
}

/* ---- arithmetic ----------------------------------------------------------------------------------------------- */

/* C's usual arithmetic conversions, as far as the result's type goes. */
static const Type *common_type(const Type *a, const Type *b)
{
    if (type_is_float(a) || type_is_float(b)) {
        uint64_t size = type_is_float(a) ? a->size : 0;
        if (type_is_float(b) && b->size > size)
            size = b->size;
        return type_builtin(size > 8 ? TYPE_LDOUBLE : size > 4 ? TYPE_DOUBLE : TYPE_FLOAT);
    }
    bool a_wins = a->size > b->size || (a->size == b->size && !type_is_signed(a));
    const Type *wider = type_strip(a_wins ? a : b);
    if (wider->size < 4)
        return type_builtin(TYPE_INT);
    if (wider->kind == EMU_TYPE_ENUM || wider->kind == EMU_TYPE_BOOL)
        return type_builtin(wider->size > 4 ? TYPE_ULONG : TYPE_UINT);
    return a_wins ? a : b;
}

bool operate_unary(Console *console, char operator, Value *v)
{
    decay(console, v);
    if (!known_type(console, v))
        return false;
    if (!type_is_scalar(v->type))
        return console_error(console, "Argument to arithmetic operation not a number or boolean.");
    if (operator == '!') {
        *v = value_integer(operate_truth(console), value_is_zero(v));
        return true;
    }
    if (type_is_float(v->type)) {
        if (operator == '~')
            return console_error(console, "Argument to complement operation not an integer, boolean.");
        *v = value_float(v->type, operator == '-' ? -value_real(v) : value_real(v));
        return true;
    }
    const Type *type = type_is_pointer(v->type) ? type_builtin(TYPE_LONG) : common_type(v->type, type_builtin(TYPE_INT));
    uint64_t n = value_number(v);
    *v = value_integer(type, operator == '-' ? -n : operator == '~' ? ~n : n);
    return true;
}

static bool compare(const char *operator, int order)
{
    switch (operator[0]) {
    case '=': return order == 0;
    case '!': return order != 0 && order != 2;
    case '<': return order == -1 || (operator[1] && order == 0);
    default: return order == 1 || (operator[1] && order == 0);
    }
}

static bool is_comparison(const char *operator)
{
    return strchr("=!", operator[0]) || (strchr("<>", operator[0]) && operator[1] != operator[0]);
}

/* -1, 0, 1; 2: unordered (NaN) */
static int order_of(const Value *a, const Value *b)
{
    if (type_is_float(a->type) || type_is_float(b->type)) {
        long double x = value_real(a), y = value_real(b);
        return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
    }
    const Type *type =
        type_is_pointer(a->type) || type_is_pointer(b->type) ? type_builtin(TYPE_ULONG) : common_type(a->type, b->type);
    if (type_is_signed(type)) {
        __int128 x = value_wide(a), y = value_wide(b);
        return x < y ? -1 : x > y;
    }
    uint64_t x = value_number(a), y = value_number(b);
    if (type->size == 4)
        x = (uint32_t)x, y = (uint32_t)y;
    return x < y ? -1 : x > y;
}

static bool real_arithmetic(Console *console, const char *operator, Value *v, const Value *right)
{
    long double a = value_real(v), b = value_real(right);
    const Type *type = common_type(v->type, right->type);
    switch (operator[0]) {
    case '+': *v = value_float(type, a + b); return true;
    case '-': *v = value_float(type, a - b); return true;
    case '*': *v = value_float(type, a * b); return true;
    case '/': *v = value_float(type, a / b); return true;
    default: return console_error(console, "Integer-only operation %s on floating-point values.", operator);
    }
}

static uint64_t shift(const char *operator, uint64_t a, uint64_t by, bool is_signed)
{
    if (operator[0] == '<')
        return by < 64 ? a << by : 0;
    if (is_signed)
        return (uint64_t)((int64_t)a >> (by < 64 ? by : 63));
    return by < 64 ? a >> by : 0;
}

static bool divide(Console *console, char operator, bool is_signed, uint64_t *a, uint64_t b)
{
    if (b == 0)
        return console_error(console, "Division by zero");
    if (!is_signed)
        *a = operator == '/' ? *a / b : *a % b;
    else if (b == UINT64_MAX)
        *a = operator == '/' ? -*a : 0;
    else
        *a = (uint64_t)(operator == '/' ? (int64_t)*a / (int64_t)b : (int64_t)*a % (int64_t)b);
    return true;
}

static bool integer_arithmetic(Console *console, const char *operator, Value *v, const Value *right)
{
    const Type *type = common_type(v->type, right->type);
    uint64_t a = value_number(v), b = value_number(right);
    bool is_signed = type_is_signed(type);
    if (type->size == 4 && !is_signed)
        a = (uint32_t)a, b = (uint32_t)b;
    switch (operator[0]) {
    case '+': a += b; break;
    case '-': a -= b; break;
    case '*': a *= b; break;
    case '&': a &= b; break;
    case '|': a |= b; break;
    case '^': a ^= b; break;
    case '<':
    case '>': a = shift(operator, a, b, is_signed); break;
    default:
        if (!divide(console, operator[0], is_signed, &a, b))
            return false;
    }
    *v = value_integer(type, a);
    return true;
}

static bool pointer_arithmetic(Console *console, const char *operator, Value *v, const Value *right)
{
    if (!type_is_pointer(v->type)) { /* n + pointer */
        Value swapped = *right;
        if (operator[0] != '+' || !pointer_arithmetic(console, operator, &swapped, v))
            return console_error(console, "Argument to arithmetic operation not a number or boolean.");
        *v = swapped;
        return true;
    }
    uint64_t size = type_strip(v->type)->target->size ? type_strip(v->type)->target->size : 1;
    if (type_is_pointer(right->type) && operator[0] == '-') {
        *v = value_integer(type_builtin(TYPE_LONG),
                           (uint64_t)((int64_t)(value_number(v) - value_number(right)) / (int64_t)size));
        return true;
    }
    if (type_is_pointer(right->type) || !strchr("+-", operator[0])) { /* gdb computes with the addresses */
        Value a = value_integer(type_builtin(TYPE_LONG), value_number(v)),
              b = value_integer(type_builtin(TYPE_LONG), value_number(right));
        *v = a;
        return integer_arithmetic(console, operator, v, &b);
    }
    uint64_t offset = value_number(right) * size;
    *v = value_integer(v->type, value_number(v) + (operator[0] == '+' ? offset : -offset));
    return true;
}

/* object @ count: an array that starts at the object */
static bool repeat(Console *console, Value *v, const Value *count)
{
    int64_t n = (int64_t)value_number(count);
    if (v->where != WHERE_MEMORY)
        return console_error(console, "Only values in memory can be extended with '@'.");
    if (n <= 0 || n > 1 << 24)
        return console_error(console, "Invalid number %" PRId64 " of repetitions.", n);
    v->type = type_array(&console->types, v->type, (uint64_t)n);
    return true;
}

bool operate_binary(Console *console, const char *operator, Value *v, const Value *right_value)
{
    Value right = *right_value;
    if (operator[0] == '@')
        return known_type(console, v) && repeat(console, v, &right);
    decay(console, v);
    decay(console, &right);
    if (!known_type(console, v) || !known_type(console, &right))
        return false;
    if (!type_is_scalar(v->type) || !type_is_scalar(right.type))
        return console_error(console, "Argument to arithmetic operation not a number or boolean.");
    if (is_comparison(operator)) {
        *v = value_integer(operate_truth(console), compare(operator, order_of(v, &right)));
        return true;
    }
    if (type_is_pointer(v->type) || type_is_pointer(right.type))
        return pointer_arithmetic(console, operator, v, &right);
    if (type_is_float(v->type) || type_is_float(right.type))
        return real_arithmetic(console, operator, v, &right);
    return integer_arithmetic(console, operator, v, &right);
}

/* ---- assignment ----------------------------------------------------------------------------------------------- */

/* What no Value can hold goes from memory to memory. Both have the same size: operate_cast() has seen to that. */
static bool store_large(Console *console, const Value *v, const Value *from)
{
    enum { LARGEST = 1 << 20 };
    uint64_t size = v->type->size;
    if (size > LARGEST || from->where != WHERE_MEMORY)
        return console_error(console, "Cannot assign %llu bytes.", (unsigned long long)size);
    uint8_t *bytes = malloc(size);
    bool good = bytes && reverse_may_change(console);
    if (good && (emu_read(console->emu, console_pid(console), from->address, bytes, size) != size ||
                 emu_write(console->emu, console_pid(console), v->address, bytes, size) != size))
        good = console_error(console, "Cannot access memory at address 0x%llx", (unsigned long long)v->address);
    free(bytes);
    return good;
}

static bool store(Console *console, Value *v)
{
    if (v->bit_size && v->type->size <= 8) {
        uint8_t old[8] = {0};
        uint64_t mask = (v->bit_size < 64 ? (1ull << v->bit_size) - 1 : ~0ull) << v->bit_offset, word, bits = value_number(v);
        emu_read(console->emu, console_pid(console), v->address, old, v->type->size);
        memcpy(&word, old, 8);
        word = (word & ~mask) | (bits << v->bit_offset & mask);
        memcpy(v->bytes, &word, 8);
    }
    if (!reverse_may_change(console))
        return false;
    if (emu_write(console->emu, console_pid(console), v->address, v->bytes, v->type->size) != v->type->size)
        return console_error(console, "Cannot access memory at address 0x%" PRIx64, v->address);
    return true;
}

bool operate_assign(Console *console, Value *v, const Value *right)
{
    Value converted = *right;
    if (v->where == WHERE_VARIABLE) {
        char name[sizeof v->variable];
        memcpy(name, v->variable, sizeof name);
        if (right->type->size > sizeof v->bytes) /* a variable keeps the value, not the place */
            return console_error(console, "Cannot keep %" PRIu64 " bytes in $%s.", right->type->size, name);
        if (right->where == WHERE_MEMORY && !right->bit_size && !operate_load(console, &converted))
            return false;
        *v = converted;
        return console_set_variable(console, name, &converted);
    }
    if (v->where == WHERE_NOWHERE)
        return console_error(console, "Left operand of assignment is not an lvalue.");
    if (v->where == WHERE_REGISTER)
        return register_assign(console, (uint32_t)v->reg, right) && register_value(console, (uint32_t)v->reg, v);
    if (!known_type(console, v) || !operate_cast(console, v->type, &converted))
        return false;
    if (v->type->size > sizeof v->bytes)
        return store_large(console, v, &converted);
    memcpy(v->bytes, converted.bytes, sizeof v->bytes);
    return store(console, v);
}

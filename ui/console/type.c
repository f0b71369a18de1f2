/* Types: built in, derived, and read from DWARF when somebody asks. */
#include "ui/console/type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Type builtins[BUILT_INS] = {
    [TYPE_VOID] = {.kind = EMU_TYPE_VOID, .size = 0, .name = "void"},
    [TYPE_CHAR] = {.kind = EMU_TYPE_SIGNED_CHAR, .size = 1, .name = "char"},
    [TYPE_SCHAR] = {.kind = EMU_TYPE_SIGNED_CHAR, .size = 1, .name = "signed char"},
    [TYPE_UCHAR] = {.kind = EMU_TYPE_UNSIGNED_CHAR, .size = 1, .name = "unsigned char"},
    [TYPE_SHORT] = {.kind = EMU_TYPE_SIGNED, .size = 2, .name = "short"},
    [TYPE_USHORT] = {.kind = EMU_TYPE_UNSIGNED, .size = 2, .name = "unsigned short"},
    [TYPE_INT] = {.kind = EMU_TYPE_SIGNED, .size = 4, .name = "int"},
    [TYPE_UINT] = {.kind = EMU_TYPE_UNSIGNED, .size = 4, .name = "unsigned int"},
    [TYPE_LONG] = {.kind = EMU_TYPE_SIGNED, .size = 8, .name = "long"},
    [TYPE_ULONG] = {.kind = EMU_TYPE_UNSIGNED, .size = 8, .name = "unsigned long"},
    [TYPE_LLONG] = {.kind = EMU_TYPE_SIGNED, .size = 8, .name = "long long"},
    [TYPE_ULLONG] = {.kind = EMU_TYPE_UNSIGNED, .size = 8, .name = "unsigned long long"},
    [TYPE_INT128] = {.kind = EMU_TYPE_SIGNED, .size = 16, .name = "__int128"},
    [TYPE_UINT128] = {.kind = EMU_TYPE_UNSIGNED, .size = 16, .name = "unsigned __int128"},
    [TYPE_FLOAT] = {.kind = EMU_TYPE_FLOAT, .size = 4, .name = "float"},
    [TYPE_DOUBLE] = {.kind = EMU_TYPE_FLOAT, .size = 8, .name = "double"},
    [TYPE_LDOUBLE] = {.kind = EMU_TYPE_FLOAT, .size = 16, .name = "long double"},
    [TYPE_BOOL] = {.kind = EMU_TYPE_BOOL, .size = 1, .name = "_Bool"},
    [TYPE_I8] = {.kind = EMU_TYPE_SIGNED_CHAR, .size = 1, .name = "int8_t"},
    [TYPE_I16] = {.kind = EMU_TYPE_SIGNED, .size = 2, .name = "int16_t"},
    [TYPE_I32] = {.kind = EMU_TYPE_SIGNED, .size = 4, .name = "int32_t"},
    [TYPE_I64] = {.kind = EMU_TYPE_SIGNED, .size = 8, .name = "int64_t"},
    [TYPE_U8] = {.kind = EMU_TYPE_UNSIGNED_CHAR, .size = 1, .name = "uint8_t"},
    [TYPE_U16] = {.kind = EMU_TYPE_UNSIGNED, .size = 2, .name = "uint16_t"},
    [TYPE_U32] = {.kind = EMU_TYPE_UNSIGNED, .size = 4, .name = "uint32_t"},
    [TYPE_U64] = {.kind = EMU_TYPE_UNSIGNED, .size = 8, .name = "uint64_t"},
    [TYPE_BYTE] = {.kind = EMU_TYPE_SIGNED, .size = 1, .name = "int8_t"},
    [TYPE_TEXT_SYMBOL] = {.kind = EMU_TYPE_FUNCTION,
                          .size = 1,
                          .name = "<text variable, no debug info>",
                          .target = &builtins[TYPE_INT]},
    [TYPE_DATA_SYMBOL] = {.kind = EMU_TYPE_VOID, .size = 0, .name = "<data variable, no debug info>"},
};

/* Other spellings of the same. */
static const struct { const char *name; BuiltIn which; } spellings[] = {
    {"short int", TYPE_SHORT}, {"unsigned short int", TYPE_USHORT}, {"short unsigned int", TYPE_USHORT}, {"signed", TYPE_INT},
    {"signed int", TYPE_INT}, {"unsigned", TYPE_UINT}, {"long int", TYPE_LONG}, {"signed long", TYPE_LONG},
    {"unsigned long int", TYPE_ULONG}, {"long unsigned int", TYPE_ULONG}, {"long unsigned", TYPE_ULONG},
    {"long long int", TYPE_LLONG}, {"unsigned long long int", TYPE_ULLONG}, {"long long unsigned int", TYPE_ULLONG},
    {"bool", TYPE_BOOL}, {"size_t", TYPE_ULONG}, {"i8", TYPE_I8}, {"i16", TYPE_I16}, {"i32", TYPE_I32}, {"i64", TYPE_I64},
    {"u8", TYPE_U8}, {"u16", TYPE_U16}, {"u32", TYPE_U32}, {"u64", TYPE_U64}, {"f32", TYPE_FLOAT}, {"f64", TYPE_DOUBLE},
    {"i128", TYPE_INT128}, {"u128", TYPE_UINT128},
};

const Type *type_builtin(BuiltIn which) { return &builtins[which]; }

const Type *type_builtin_named(const char *name)
{
    for (size_t i = 0; i < TYPE_TEXT_SYMBOL; i++)
        if (strcmp(builtins[i].name, name) == 0)
            return &builtins[i];
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        if (strcmp(spellings[i].name, name) == 0)
            return &builtins[spellings[i].which];
    return NULL;
}

/* ---- derived -------------------------------------------------------------------------------------------------- */

static const Type *intern(TypePool *pool, const Type *wanted)
{
    for (const Type *t = pool->all; t; t = t->next)
        if (t->kind == wanted->kind && t->target == wanted->target && t->count == wanted->count &&
            t->handle == wanted->handle && t->rust == wanted->rust)
            return t;
    Type *made = malloc(sizeof *made);
    if (!made)
        return &builtins[TYPE_VOID];
    *made = *wanted;
    made->name = made->own_name = strdup(wanted->name); /* DWARF's goes with its machine; types stay in $1 and its like */
    if (!made->name) {
        free(made);
        return &builtins[TYPE_VOID];
    }
    made->next = pool->all;
    pool->all = made;
    return made;
}

const Type *type_pointer(TypePool *pool, const Type *target)
{
    return intern(pool, &(Type){.kind = EMU_TYPE_POINTER, .size = 8, .name = "", .target = target, .rust = target->rust});
}

const Type *type_array(TypePool *pool, const Type *target, uint64_t count)
{
    uint64_t size; /* too many bytes for any memory: as many as can be said */
    if (__builtin_mul_overflow(target->size, count, &size))
        size = UINT64_MAX;
    return intern(pool, &(Type){.kind = EMU_TYPE_ARRAY, .size = size, .name = "", .target = target, .count = count,
                                .rust = target->rust});
}

const Type *type_function(TypePool *pool, const Type *result)
{
    return intern(pool, &(Type){.kind = EMU_TYPE_FUNCTION, .size = 1, .name = "", .target = result});
}

void type_pool_outdate(TypePool *pool)
{
    for (Type *t = pool->all; t; t = t->next)
        t->handle = 0;
}

void type_pool_free(TypePool *pool)
{
    while (pool->all) {
        Type *next = pool->all->next;
        free(pool->all->parameters);
        free(pool->all->own_name);
        free(pool->all);
        pool->all = next;
    }
}

/* ---- DWARF ---------------------------------------------------------------------------------------------------- */

/* "int, char *"; NULL where the program does not say. */
static char *parameters_of(TypePool *pool, uint64_t handle, bool prototyped)
{
    char text[512] = "", one[128];
    EmuMember m;
    size_t at = 0;
    for (uint32_t i = 0; emu_type_member(pool->emu, handle, i, &m); i++) {
        type_name(type_from_handle(pool, m.type), one, sizeof one);
        if (at + strlen(one) + 3 < sizeof text)
            at += (size_t)sprintf(text + at, "%s%s", i ? ", " : "", one);
    }
    return !at && !prototyped ? NULL : strdup(at ? text : "void");
}

static const Type *function_from_handle(TypePool *pool, const EmuType *t, uint64_t handle)
{
    Type function = {.kind = EMU_TYPE_FUNCTION,
                     .rust = t->rust,
                     .size = 1,
                     .name = "",
                     .target = type_from_handle(pool, t->target),
                     .handle = handle,
                     .parameters = parameters_of(pool, handle, t->count)};
    const Type *made = intern(pool, &function);
    if (made->parameters != function.parameters) /* known already, or no memory */
        free(function.parameters);
    return made;
}

static const Type *read_type(TypePool *pool, const EmuType *t, uint64_t handle)
{
    switch (t->kind) {
    case EMU_TYPE_POINTER:
        return intern(pool, &(Type){.kind = EMU_TYPE_POINTER,
                                    .size = 8,
                                    .name = "",
                                    .target = type_from_handle(pool, t->target),
                                    .count = t->reference,
                                    .rust = t->rust});
    case EMU_TYPE_ARRAY: return type_array(pool, type_from_handle(pool, t->target), t->count);
    case EMU_TYPE_FUNCTION: return function_from_handle(pool, t, handle);
    case EMU_TYPE_CONST:
    case EMU_TYPE_VOLATILE:
    case EMU_TYPE_TYPEDEF: {
        const Type *target = type_from_handle(pool, t->target);
        return intern(pool, &(Type){.kind = t->kind,
                                    .size = target->size,
                                    .name = t->name,
                                    .target = target,
                                    .plain = t->plain,
                                    .rust = t->rust,
                                    .handle = handle});
    }
    default:
        return intern(pool, &(Type){.kind = t->kind,
                                    .size = t->size,
                                    .name = t->name,
                                    .plain = t->plain,
                                    .rust = t->rust,
                                    .scoped = t->scoped,
                                    .handle = handle});
    }
}

const Type *type_from_handle(TypePool *pool, uint64_t handle)
{
    enum { DEEPEST = 64 };
    EmuType t;
    if (handle == 0)
        return &builtins[TYPE_VOID];
    for (const Type *known = pool->all; known; known = known->next)
        if (known->handle == handle)
            return known;
    if (pool->depth > DEEPEST || !emu_type(pool->emu, handle, &t))
        return &builtins[TYPE_VOID];
    pool->depth++;
    const Type *type = read_type(pool, &t, handle);
    pool->depth--;
    return type;
}

/* ---- questions ------------------------------------------------------------------------------------------------ */

const Type *type_strip(const Type *type)
{
    while (type->kind == EMU_TYPE_TYPEDEF || type->kind == EMU_TYPE_CONST || type->kind == EMU_TYPE_VOLATILE)
        type = type->target;
    return type;
}

bool type_is_integer(const Type *type)
{
    EmuTypeKind kind = type_strip(type)->kind;
    return (kind >= EMU_TYPE_SIGNED && kind <= EMU_TYPE_BOOL) || kind == EMU_TYPE_ENUM;
}

bool type_is_signed(const Type *type)
{
    EmuTypeKind kind = type_strip(type)->kind;
    return kind == EMU_TYPE_SIGNED || kind == EMU_TYPE_SIGNED_CHAR;
}

bool type_is_float(const Type *type) { return type_strip(type)->kind == EMU_TYPE_FLOAT; }
bool type_is_pointer(const Type *type) { return type_strip(type)->kind == EMU_TYPE_POINTER; }
bool type_is_reference(const Type *type) { return type_is_pointer(type) && type_strip(type)->count; }
bool type_is_scalar(const Type *type) { return type_is_integer(type) || type_is_float(type) || type_is_pointer(type); }

/* ---- names ---------------------------------------------------------------------------------------------------- */

const char *type_short_name(const char *name)
{
    static const char *const pairs[][2] = {
        {"long int", "long"},           {"long unsigned int", "unsigned long"},
        {"short int", "short"},         {"short unsigned int", "unsigned short"},
        {"long long int", "long long"}, {"long long unsigned int", "unsigned long long"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (strcmp(name, pairs[i][0]) == 0)
            return pairs[i][1];
    return name;
}

void type_name(const Type *type, char *text, size_t size) { type_declare(type, "", text, size); }

/* "*mut T", "[T; 4]", "fn name(A, B) -> R" */
static void declare_rust(const Type *type, const char *variable, char *text, size_t size)
{
    char inner[400] = "";
    bool wraps = type->kind == EMU_TYPE_POINTER || type->kind == EMU_TYPE_ARRAY || type->kind == EMU_TYPE_FUNCTION;
    if (wraps && type->target)
        type_declare(type->target, "", inner, sizeof inner);
    if (type->kind == EMU_TYPE_POINTER && !*type->name)
        snprintf(text, size, "*mut %s%s%s", *inner ? inner : "()", *variable ? " " : "", variable);
    else if (type->kind == EMU_TYPE_ARRAY)
        snprintf(text, size, "[%s; %llu]%s%s", inner, (unsigned long long)type->count, *variable ? " " : "", variable);
    else if (type->kind == EMU_TYPE_FUNCTION)
        snprintf(text, size, "fn %s(%s)%s%s", variable,
                 type->parameters && strcmp(type->parameters, "void") != 0 ? type->parameters : "",
                 type->target && type->target->kind != EMU_TYPE_VOID ? " -> " : "",
                 type->target && type->target->kind != EMU_TYPE_VOID ? inner : "");
    else
        snprintf(text, size, *variable ? "%s: %s" : "%s%s", variable, *type->name ? type->name : "{...}");
}

/* C declares inside out: `inner` is what has been read so far ("*", "*[4]"), to which the outer type is wrapped around. */
void type_declare(const Type *type, const char *variable, char *text, size_t size)
{
    if (type->rust) {
        declare_rust(type, variable, text, size);
        return;
    }
    char inner[256], next[256];
    snprintf(inner, sizeof inner, "%.200s", variable);
    for (int depth = 0; depth < 32; depth++) {
        const Type *target = type->target;
        bool parenthesise = target && (target->kind == EMU_TYPE_ARRAY || target->kind == EMU_TYPE_FUNCTION);
        if (type->kind == EMU_TYPE_POINTER) {
            const char *star = type->count == 2 ? "&&" : type->count ? "&" : "*";
            snprintf(next, sizeof next, parenthesise ? "(%s%.240s)" : "%s%.240s", star, inner);
        } else if (type->kind == EMU_TYPE_ARRAY) {
            snprintf(next, sizeof next, "%.220s[%llu]", inner, (unsigned long long)type->count);
        } else if (type->kind == EMU_TYPE_FUNCTION && type != &builtins[TYPE_TEXT_SYMBOL]) {
            snprintf(next, sizeof next, "%.100s(%.150s)", inner, type->parameters ? type->parameters : "");
        } else if ((type->kind == EMU_TYPE_CONST || type->kind == EMU_TYPE_VOLATILE) && target->kind == EMU_TYPE_POINTER) {
            snprintf(next, sizeof next, " %s%.230s", type->kind == EMU_TYPE_CONST ? "const" : "volatile", inner);
        } else {
            break;
        }
        memcpy(inner, next, sizeof inner);
        type = target;
    }
    const char *qualifier = type->kind == EMU_TYPE_CONST ? "const " : type->kind == EMU_TYPE_VOLATILE ? "volatile " : "";
    if (*qualifier)
        type = type->target;
    const char *tag = !type->plain && *type->name     ? ""
                      : type->kind == EMU_TYPE_STRUCT ? "struct "
                      : type->kind == EMU_TYPE_UNION  ? "union "
                      : type->kind == EMU_TYPE_ENUM   ? "enum "
                                                      : "";
    const char *name = *type->name ? type_short_name(type->name) : "{...}";
    snprintf(text, size, "%s%s%s%s%s", qualifier, tag, name, *inner ? " " : "", inner);
}

/* The C types that expressions speak of: the built-in ones, those derived from them, and those that DWARF brings. Types are
 * made once and live as long as their pool, so that equal types are equal pointers. */
#ifndef EMU_UI_CONSOLE_TYPE_H
#define EMU_UI_CONSOLE_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/emu.h"

typedef struct Type Type;
struct Type {
    EmuTypeKind kind;
    uint64_t size;       /* bytes; 0 for void and incomplete types */
    const char *name;    /* "int"; tag for structs and enums; "" for derived and anonymous types */
    char *own_name;      /* the same where the pool owns it */
    const Type *target;  /* of pointers, arrays, functions (result), typedefs */
    uint64_t count;      /* of arrays; of pointers: 1 is &, 2 is && */
    char *parameters;    /* of functions: "int, char *"; malloc'ed; NULL: unknown */
    bool scoped;         /* of enums: their members are named with them */
    bool rust;           /* Rust's: named and shown in its way */
    bool plain;          /* of C: "struct node"; false: another language's, where the tag is not said */
    uint64_t handle;     /* DWARF's, for members and enumerators; 0: built in */
    Type *next;
};

typedef struct TypePool {
    Type *all;
    Emu *emu; /* whose DWARF handles refer to */
    uint32_t depth; /* of the type that is being read: damaged DWARF may go in circles */
} TypePool;

typedef enum BuiltIn {
    TYPE_VOID, TYPE_CHAR, TYPE_SCHAR, TYPE_UCHAR, TYPE_SHORT, TYPE_USHORT, TYPE_INT, TYPE_UINT, TYPE_LONG, TYPE_ULONG,
    TYPE_LLONG, TYPE_ULLONG, TYPE_INT128, TYPE_UINT128, TYPE_FLOAT, TYPE_DOUBLE, TYPE_LDOUBLE, TYPE_BOOL,
    TYPE_I8, TYPE_I16, TYPE_I32, TYPE_I64, TYPE_U8, TYPE_U16, TYPE_U32, TYPE_U64,
    TYPE_BYTE, /* int8_t as the debugger has it: a number, no character */
    TYPE_TEXT_SYMBOL, TYPE_DATA_SYMBOL, /* of symbols that DWARF does not describe */
    BUILT_INS
} BuiltIn;

const Type *type_builtin(BuiltIn which);
/* The built-in type of that (normalised) name: "unsigned long", "uint8_t" …; NULL: none. */
const Type *type_builtin_named(const char *name);

/* NULL: no memory. */
const Type *type_pointer(TypePool *pool, const Type *target);
const Type *type_array(TypePool *pool, const Type *target, uint64_t count);
const Type *type_function(TypePool *pool, const Type *result);
/* The type behind a DWARF handle; unknown ones come as void. */
const Type *type_from_handle(TypePool *pool, uint64_t handle);
/* Another program is debugged: what DWARF said of these types does not hold any more. */
void type_pool_outdate(TypePool *pool);
void type_pool_free(TypePool *pool);

/* Without typedefs on the outside. */
const Type *type_strip(const Type *type);
bool type_is_integer(const Type *type); /* chars, bools and enums too */
bool type_is_signed(const Type *type);
bool type_is_float(const Type *type);
bool type_is_pointer(const Type *type);
bool type_is_reference(const Type *type);
bool type_is_scalar(const Type *type);

/* DWARF says "long unsigned int", people and gdb "unsigned long". */
const char *type_short_name(const char *name);
/* As C would declare it: "char *[4]", "void (*)()". */
void type_declare(const Type *type, const char *variable, char *text, size_t size); /* "char *argv[4]" */
void type_name(const Type *type, char *text, size_t size);

#endif

/* Values of expressions, and how they print. */
#ifndef EMU_UI_CONSOLE_VALUE_H
#define EMU_UI_CONSOLE_VALUE_H

#include <stdio.h>

#include "ui/console/type.h"

typedef enum Where { WHERE_NOWHERE, WHERE_MEMORY, WHERE_REGISTER, WHERE_VARIABLE } Where;

typedef struct Value {
    const Type *type;
    uint8_t bytes[64];  /* scalars, and what lies in registers; what is larger and in memory is read when needed */
    Where where;        /* lvalues: where it can be changed */
    uint64_t address;   /* MEMORY */
    int reg;            /* REGISTER: index into the table of registers (registers.h) */
    char variable[32];  /* VARIABLE: a convenience variable's name */
    uint32_t bit_offset, bit_size; /* bit-fields */
    const Type *reference; /* the type of the reference that led here; NULL: none */
} Value;

typedef struct Console Console;

Value value_integer(const Type *type, uint64_t number);
Value value_float(const Type *type, long double number);
/* As a number; floats are truncated. */
uint64_t value_number(const Value *value);
__int128 value_wide(const Value *value);
long double value_real(const Value *value);
bool value_is_zero(const Value *value);

/* One value in the style of gdb's print, without a newline. `format` is a letter of x/FMT, or 0 for the type's own. */
void value_print(Console *console, FILE *out, const Value *value, char format);
/* The same inside something else: without a pointer's type in front. */
void value_print_plain(Console *console, FILE *out, const Value *value);
/* A number of `size` bytes in the given format: the workhorse of print/x and x/4xw. */
void value_print_number(Console *console, FILE *out, const uint8_t *bytes, uint64_t size, char format, bool is_signed,
                        bool pad);
/* <main+4>, with a blank in front; nothing when no symbol is near. */
void value_print_symbol(Console *console, FILE *out, uint64_t address);
/* 65 'A' */
void value_print_char(FILE *out, uint8_t c, char quote);
/* Characters, quoted, long runs counted. */
void value_print_text(Console *console, FILE *out, const uint8_t *chars, uint64_t count);
/* How many elements or characters are shown at most. */
uint64_t value_limit(const Console *console);
/* A string in memory, quoted, at most `limit` characters. Returns the bytes it occupies with its NUL; 0: unreadable. */
uint64_t value_print_string(Console *console, FILE *out, uint64_t address, uint64_t limit);

#endif

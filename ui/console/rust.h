/* Rust's values and types as gdb shows them. */
#ifndef EMU_UI_CONSOLE_RUST_H
#define EMU_UI_CONSOLE_RUST_H

#include "ui/console/value.h"

/* A structure, tuple, enum, slice or &str out of its bytes. `depth` as in value.c. */
void rust_print(Console *console, FILE *out, const Type *type, const uint8_t *bytes, char format, int depth);
/* ptype's answer for a structure or enum, without "type = ". */
void rust_print_type(Console *console, FILE *out, const Type *type);

/* value.c: anything out of its bytes. */
void value_print_bytes(Console *console, FILE *out, const Type *type, const uint8_t *bytes, char format, int depth);

#endif

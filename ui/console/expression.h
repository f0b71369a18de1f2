/* C expressions over registers ($rax), symbols, memory and DWARF variables, with gdb's additions: $1, $foo, {type}address,
 * array@count, casts to any type. */
#ifndef EMU_UI_CONSOLE_EXPRESSION_H
#define EMU_UI_CONSOLE_EXPRESSION_H

#include "ui/console/value.h"

/* Evaluates all of `text`. false: console_error() has said why. */
bool expression_evaluate(Console *console, const char *text, Value *value);
/* Evaluates the longest expression at the start of *text and moves *text behind it. */
bool expression_prefix(Console *console, const char **text, Value *value);
/* The character behind a backslash, in C's spelling; *text moves behind it. */
unsigned char expression_escape(const char **text);
/* As a 64-bit number: arrays and functions give their address. */
bool expression_address(Console *console, const char *text, uint64_t *address);
/* A type: "struct node *", "unsigned char". false without a message when it is none. */
bool expression_type(Console *console, const char *text, const Type **type);

#endif

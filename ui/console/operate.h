/* What operators do to values. All return false after console_error(). */
#ifndef EMU_UI_CONSOLE_OPERATE_H
#define EMU_UI_CONSOLE_OPERATE_H

#include "ui/console/value.h"

/* A name: a variable of the selected frame or the program, else a symbol. */
bool operate_name(Console *console, const char *name, Value *v);
bool operate_cast(Console *console, const Type *type, Value *v);
bool operate_dereference(Console *console, Value *v);
bool operate_address_of(Console *console, Value *v);
bool operate_index(Console *console, Value *v, const Value *index);
bool operate_member(Console *console, Value *v, const char *name);
/* What comparisons give: bool, where the language has it. */
const Type *operate_truth(Console *console);
bool operate_unary(Console *console, char operator, Value *v);
bool operate_binary(Console *console, const char *operator, Value *v, const Value *right);
bool operate_assign(Console *console, Value *v, const Value *right);
/* Where the value is or points: arrays and functions decay. */
bool operate_address(Console *console, const Value *v, uint64_t *address);
/* Is that a variable of the selected frame that has no value there? */
bool operate_optimized_out(Console *console, const char *name);
/* Fills v->bytes of a memory lvalue (as much as they hold). */
bool operate_load(Console *console, Value *v);

#endif

/* Calls of the program's functions from expressions. */
#ifndef EMU_UI_CONSOLE_CALL_H
#define EMU_UI_CONSOLE_CALL_H

#include "ui/console/value.h"

/* Calls what `v` is (a function, or a pointer to one) in the selected thread; v becomes the result. `result`: its type where
 * the program does not say; NULL: unknown. Stops on the way (breakpoints, signals) end it, with an error: the thread is then in
 * the function. */
bool call_function(Console *console, Value *v, Value *arguments, uint32_t count, const Type *result);
/* What a function of that result type has returned when it is back in its caller, with these registers. */
void call_result(Console *console, const Type *type, const EmuRegisters *registers, Value *v);

#endif

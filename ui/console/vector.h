/* Vector and x87 registers: the same bytes as everything they may be. */
#ifndef EMU_UI_CONSOLE_VECTOR_H
#define EMU_UI_CONSOLE_VECTOR_H

#include "ui/console/value.h"

/* As gdb prints $xmm0 (size 16) and $ymm0 (32). `format`: for every element; 0: each its own. */
void vector_print(Console *console, FILE *out, const uint8_t *bytes, unsigned size, char format);

/* $xmm0.v4_float, $ymm3.v8_int32, $xmm1.uint128: that view of the register in `v`, as an array. false after an error. */
bool vector_member(Console *console, Value *v, const char *name);

#endif


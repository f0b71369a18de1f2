/* Names of C++ and Rust functions as people write them. */
#ifndef EMU_EMU_DEMANGLE_H
#define EMU_EMU_DEMANGLE_H

#include "base/types.h"

typedef struct Demangler Demangler;

/* `name` as written in its language, if it is mangled and libiberty was there when emu was built; else `name` itself. Kept until
 * demangler_destroy; *demangler may begin as NULL. NULL only for NULL. */
const char *demangle(Demangler **demangler, const char *name);
void demangler_destroy(Demangler *demangler);

#endif

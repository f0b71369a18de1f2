/* The vector family's way into the table. */
#ifndef EMU_CPU_VEC_TRANSLATE_H
#define EMU_CPU_VEC_TRANSLATE_H

#include "cpu/translate.h"

TranslateFunction translate_vec;

#endif

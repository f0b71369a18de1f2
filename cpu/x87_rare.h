/* The functions behind the RARE rows of x87.def. FNSTENV, FLDENV, FNSAVE and FRSTOR find the size of the environment
 * block (14 or 28) in op->size. */
#ifndef EMU_CPU_X87_RARE_H
#define EMU_CPU_X87_RARE_H

#include "cpu/translate.h"

RareFunction rare_fnclex, rare_fninit, rare_fnstenv, rare_fldenv, rare_fnsave, rare_frstor, rare_x87_nop;

#endif

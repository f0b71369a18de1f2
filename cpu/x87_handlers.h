/* What handlers/x87.c offers to x87_translate.c, per mode. */
#ifndef EMU_CPU_X87_HANDLERS_H
#define EMU_CPU_X87_HANDLERS_H

#include "cpu/op.h"

/* By opcode - D8 and the low six bits of ModRM (register forms), or ModRM.reg (memory forms). NULL: carried out otherwise. */
extern OpHandler *const fast_x87_registers[8][64], *const slow_x87_registers[8][64];
extern OpHandler *const fast_x87_memory[8][8], *const slow_x87_memory[8][8];

OpHandler fast_x87_fwait, slow_x87_fwait, fast_x87_fldcw, slow_x87_fldcw, fast_x87_fnstcw, slow_x87_fnstcw;
OpHandler fast_x87_fnstsw_ax, slow_x87_fnstsw_ax, fast_x87_fnstsw_mem, slow_x87_fnstsw_mem;

#endif

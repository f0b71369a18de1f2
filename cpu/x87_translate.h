/* The translate functions that rows of x87.def and mmx.def name. */
#ifndef EMU_CPU_X87_TRANSLATE_H
#define EMU_CPU_X87_TRANSLATE_H

#include "cpu/translate.h"

TranslateFunction x87_translate_plain, x87_translate_fcmov, x87_translate_fwait, x87_translate_fldcw;
TranslateFunction x87_translate_fnstcw, x87_translate_fnstsw, x87_translate_rare;

TranslateFunction mmx_translate_arithmetic, mmx_translate_mov, mmx_translate_to_gpr, mmx_translate_pinsrw;
TranslateFunction mmx_translate_xmm, mmx_translate_rare;

/* Rows for instructions with an MM operand: their mnemonics have XMM namesakes in instruction_rows. */
extern const Row mmx_rows[ZYDIS_MNEMONIC_MAX_VALUE + 1];

#endif

/* The families' translate functions, as the table's rows name them. */
#ifndef EMU_CPU_TABLE_H
#define EMU_CPU_TABLE_H

#include "cpu/translate.h"

extern const Row string_rows[ZYDIS_MNEMONIC_MAX_VALUE + 1];

TranslateFunction translate_alu, translate_unary, translate_shift, translate_bittest, translate_count, translate_bmi3;
TranslateFunction translate_mov, translate_movx, translate_lea, translate_xchg, translate_xadd, translate_cmpxchg;
TranslateFunction translate_shiftd, translate_mul, translate_imul, translate_div, translate_mulx, translate_adx;
TranslateFunction translate_bswap, translate_movbe, translate_crc32, translate_push, translate_pop, translate_leave;
TranslateFunction translate_jmp, translate_call, translate_ret, translate_jrcxz, translate_loop, translate_jcc;
TranslateFunction translate_setcc, translate_cmovcc, translate_extend, translate_nop, translate_syscall, translate_string;
/* XCHG r8, rAX; op->size: bits. */
RareFunction rare_xchg_r8;
TranslateFunction translate_rare, translate_vec, translate_vec_rare;
TranslateFunction translate_selector; /* LAR, LSL, VERR, VERW */
TranslateFunction translate_far; /* far forms of RET, JMP, CALL; IRET */

/* MOV, PUSH, POP with a segment, control or debug register (rare.c). */
bool translate_mov_segment(Translator *t, const Insn *insn);
bool translate_push_segment(Translator *t, const Insn *insn);
bool translate_pop_segment(Translator *t, const Insn *insn);

#endif

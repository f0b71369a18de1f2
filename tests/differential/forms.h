/* All the forms of all the instructions that the table implements, found by asking Zydis about every encoding. */
#ifndef EMU_TESTS_DIFFERENTIAL_FORMS_H
#define EMU_TESTS_DIFFERENTIAL_FORMS_H

#include <Zydis/Zydis.h>

#include "base/types.h"

enum { PREFIX_66_F3 = 1, PREFIX_66_F2 = 2 }; /* two prefixes: 16-bit POPCNT, TZCNT, LZCNT, CRC32; REP MOVSW */

typedef struct Form {
    ZydisMnemonic mnemonic;
    u8 prefix;   /* 0, 66, F3 or F2: mandatory prefix, operand size or repetition; 67; PREFIX_66_… */
    u8 map;      /* 0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A */
    u8 opcode;
    bool vex, wide, l256; /* VEX-encoded; REX.W or VEX.W; VEX.L */
    bool has_modrm, memory; /* a ModRM byte; which names memory */
    u8 modrm;    /* with the fields below, where they are not free */
    bool reg_free, rm_free, vvvv_free;
} Form;

typedef struct Insn1 { /* one decoded instruction */
    ZydisDecodedInstruction z;
    ZydisDecodedOperand operand[ZYDIS_MAX_OPERAND_COUNT];
} Insn1;

/* Writes the bytes of a Form.prefix; how many. */
u32 form_prefix_bytes(u8 prefix, u8 *out);
/* Decodes at most 15 bytes in 64-bit mode. */
bool form_decode(const u8 *bytes, u32 size, Insn1 *insn);
/* The table has a row for it. */
bool form_implemented(const Insn1 *insn);

/* All forms, sorted by encoding; *count receives how many. Never NULL; made once. */
const Form *forms_all(u32 *count);

#endif

/* Expands the table into arrays indexed by Zydis mnemonic. The string instructions have an array of their own, because
 * MOVSD and CMPSD each name two instructions. */
#include "cpu/translate.h"
#include "cpu/table.h"
#include "cpu/flags.h"
#include "cpu/x87_translate.h"
#include "cpu/vec.h"

/* Handler tables of each family and mode; their shapes are known to the family's translate function. */
#define TABLES(name) extern OpHandler *const fast_table_##name[], *const slow_table_##name[];
#define ALU(m, ...) TABLES(m)
#define CMP_(m, ...) TABLES(m)
#define UNARY(m, ...) TABLES(m)
#define SHIFT(m, ...) TABLES(m)
#define BITTEST(m, ...) TABLES(m)
#define COUNT(m, ...) TABLES(m)
#define BMI3(m, ...) TABLES(m)
#define STRING(m, semantics, ...) TABLES(semantics)
#include "cpu/instructions.def"
#define INSN(m, family, ...) TABLES(family)
#define CC(m, family, ...) TABLES(family)
#include "cpu/instructions.def"

#define RARE(m, function, ...) RareFunction function;
#include "cpu/instructions.def"
#define X87(m, ...)
#define X87_RARE(m, function, ...) RareFunction function;
#include "cpu/x87.def"
#undef X87
#undef X87_RARE
#define VEC(m, ...) TABLES(m)
#define VEC_SSE(m, ...) TABLES(m)
#define VEC_AVX(m, ...) TABLES(m)
#define VEC_RARE(m, function, ...) RareFunction function;
#include "cpu/vec.def"

#define FAMILY_ROW(m, family, table, level, notes) \
    [ZYDIS_MNEMONIC_##m] = { #m, translate_##family, { fast_table_##table, slow_table_##table }, notes, level, NULL },

const Row instruction_rows[ZYDIS_MNEMONIC_MAX_VALUE + 1] = {
#define ALU(m, semantics, level, notes) FAMILY_ROW(m, alu, m, level, notes)
#define CMP_(m, semantics, level, notes) FAMILY_ROW(m, alu, m, level, notes)
#define UNARY(m, semantics, level, notes) FAMILY_ROW(m, unary, m, level, notes)
#define SHIFT(m, semantics, level, notes) FAMILY_ROW(m, shift, m, level, notes)
#define BITTEST(m, semantics, level, notes) FAMILY_ROW(m, bittest, m, level, notes)
#define COUNT(m, semantics, level, notes) FAMILY_ROW(m, count, m, level, notes)
#define BMI3(m, semantics, level, notes) FAMILY_ROW(m, bmi3, m, level, notes)
#define CC(m, family, condition) FAMILY_ROW(m, family, family, CPU_V1, (condition) << ROW_CONDITION_SHIFT)
#define INSN(m, family, level, notes) FAMILY_ROW(m, family, family, level, notes)
#define RARE(m, function, level, notes) [ZYDIS_MNEMONIC_##m] = { #m, translate_rare, { 0 }, notes, level, function },
#include "cpu/instructions.def"
/* A legacy mnemonic and its VEX twin share their table. */
#define VEC(m, shape, semantics, level, notes) FAMILY_ROW(m, vec, m, level, notes) FAMILY_ROW(V##m, vec, m, CPU_V3, notes)
#define VEC_SSE(m, shape, semantics, level, notes) FAMILY_ROW(m, vec, m, level, notes)
#define VEC_AVX(m, shape, semantics, level, notes) FAMILY_ROW(m, vec, m, level, notes)
#define VEC_RARE(m, function, level, notes) [ZYDIS_MNEMONIC_##m] = { #m, translate_vec_rare, { 0 }, notes, level, function },
#include "cpu/vec.def"
#define X87(m, shape, level, notes) [ZYDIS_MNEMONIC_##m] = { #m, x87_translate_##shape, { 0 }, notes, level, NULL },
#define X87_RARE(m, function, level, notes) [ZYDIS_MNEMONIC_##m] = { #m, x87_translate_rare, { 0 }, notes, level, function },
#include "cpu/x87.def"
};

const Row string_rows[ZYDIS_MNEMONIC_MAX_VALUE + 1] = {
#define STRING(m, semantics, level, notes) FAMILY_ROW(m, string, semantics, level, notes)
#include "cpu/instructions.def"
};

/* Handlers whose register numbers are compile-time constants: the guest register is then `[cpu + constant]`, and the op's operand
 * bytes are never read. Chosen after the general handler, for the forms that compilers emit most (docs/performance.md has the
 * latest measurements); the op keeps all its operands, so a miss falls back to the general slow handler. */
#ifndef EMU_CPU_SPECIAL_H
#define EMU_CPU_SPECIAL_H

#include "cpu/exec.h"

/* Tables [first * SPECIAL_BASES + second]: sixteen registers by sixteen registers and SLOT_ZERO. */
enum { SPECIAL_REGS = 16, SPECIAL_BASES = 17 };

typedef enum Special {
    SPECIAL_NONE,
    SPECIAL_MOV_RR_32, SPECIAL_MOV_RR_64,
    SPECIAL_LOAD_32, SPECIAL_LOAD_64, SPECIAL_LOAD_ZX8, SPECIAL_LOAD_ZX16, SPECIAL_LOAD_SX8, SPECIAL_LOAD_SX32,
    SPECIAL_STORE_8, SPECIAL_STORE_32, SPECIAL_STORE_64,
    SPECIAL_MOVZX8, SPECIAL_MOVSXD,
    SPECIAL_LEA_32, SPECIAL_LEA_64,
    SPECIAL_MOV_RI_32, SPECIAL_MOV_RI_64, SPECIAL_PUSH, SPECIAL_POP, SPECIAL_STORE_I8, SPECIAL_STORE_I32, SPECIAL_STORE_I64,
    /* each: dead 32, dead 64, live 32, live 64 */
    SPECIAL_ADD_RR, SPECIAL_SUB_RR = SPECIAL_ADD_RR + 4, SPECIAL_AND_RR = SPECIAL_SUB_RR + 4, SPECIAL_OR_RR = SPECIAL_AND_RR + 4,
    SPECIAL_XOR_RR = SPECIAL_OR_RR + 4,
    SPECIAL_ADD_RI = SPECIAL_XOR_RR + 4, SPECIAL_SUB_RI = SPECIAL_ADD_RI + 4, SPECIAL_AND_RI = SPECIAL_SUB_RI + 4,
    SPECIAL_OR_RI = SPECIAL_AND_RI + 4, SPECIAL_XOR_RI = SPECIAL_OR_RI + 4,
    /* each: dead 32, dead 64 */
    SPECIAL_SHL_RI = SPECIAL_XOR_RI + 4, SPECIAL_SHR_RI = SPECIAL_SHL_RI + 2, SPECIAL_SAR_RI = SPECIAL_SHR_RI + 2,
    SPECIAL_ROL_RI = SPECIAL_SAR_RI + 2, SPECIAL_ROR_RI = SPECIAL_ROL_RI + 2,
    SPECIALS = SPECIAL_ROR_RI + 2,
} Special;

/* Memory operands with an index: constant are the register and the scale. */
typedef enum SpecialScaled {
    SCALED_LOAD_32, SCALED_LOAD_64, SCALED_LOAD_ZX8, SCALED_LOAD_ZX16, SCALED_LOAD_SX8, SCALED_LOAD_SX16, SCALED_LOAD_SX32,
    SCALED_STORE_8, SCALED_STORE_16, SCALED_STORE_32, SCALED_STORE_64, SCALED_LEA_32, SCALED_LEA_64, SPECIALS_SCALED
} SpecialScaled;

extern OpHandler *const special_table_mov[SPECIAL_STORE_I64 + 1][SPECIAL_REGS * SPECIAL_BASES];
extern OpHandler *const special_table_rr[20][SPECIAL_REGS * SPECIAL_BASES];
extern OpHandler *const special_table_ri[30][SPECIAL_REGS];
extern OpHandler *const special_table_scaled[SPECIALS_SCALED][SPECIAL_REGS * 4]; /* [register * 4 + scale] */
/* ADD, SUB, AND, OR, XOR of a constant register and memory: [which * 2 + full address][register]; which: as special_table_rr. */
extern OpHandler *const special_table_rm[40][SPECIAL_REGS];

/* Fused flag producer and Jcc, [producer][condition] (or [producer][condition][register]). */
typedef enum Fused {
    FUSED_CMP, FUSED_TEST, /* all forms */
    FUSED_SUB, FUSED_ADD, FUSED_AND, FUSED_INC, FUSED_DEC, /* registers, 32 and 64 bits */
} Fused;
extern OpHandler *const fused_table_cmp[2][8 * 4 * 16];  /* [CMP, TEST][(form * 4 + width) * 16 + condition] */
extern OpHandler *const fused_table_alu[5][2 * 2 * 16];  /* [SUB…][(form * 2 + (width == 64)) * 16 + condition]; form R,R R,I */
enum { FUSED_CMP_RI, FUSED_TEST_SAME, FUSED_CMP_RR, FUSED_TEST_RI, FUSED_SPECIALS };
extern OpHandler *const fused_table_special[FUSED_SPECIALS][3 * 16 * 16]; /* [(width * 16 + condition) * 16 + register]; 8, 32, 64 */

#define DEFINE_SPECIAL(name, slow_name, template, ...)                        \
    OpHandler slow_name;                                                      \
    static const Op *name(Cpu *cpu, const Op *op, u64 acc) { return template(cpu, op, acc, slow_name, __VA_ARGS__); }

#define FOR_REGS(M, ...)                                                                                                  \
    M(__VA_ARGS__, 0) M(__VA_ARGS__, 1) M(__VA_ARGS__, 2) M(__VA_ARGS__, 3) M(__VA_ARGS__, 4) M(__VA_ARGS__, 5)           \
    M(__VA_ARGS__, 6) M(__VA_ARGS__, 7) M(__VA_ARGS__, 8) M(__VA_ARGS__, 9) M(__VA_ARGS__, 10) M(__VA_ARGS__, 11)         \
    M(__VA_ARGS__, 12) M(__VA_ARGS__, 13) M(__VA_ARGS__, 14) M(__VA_ARGS__, 15)
#define FOR_BASES(M, ...)                                                                                                 \
    M(__VA_ARGS__, 0) M(__VA_ARGS__, 1) M(__VA_ARGS__, 2) M(__VA_ARGS__, 3) M(__VA_ARGS__, 4) M(__VA_ARGS__, 5)           \
    M(__VA_ARGS__, 6) M(__VA_ARGS__, 7) M(__VA_ARGS__, 8) M(__VA_ARGS__, 9) M(__VA_ARGS__, 10) M(__VA_ARGS__, 11)         \
    M(__VA_ARGS__, 12) M(__VA_ARGS__, 13) M(__VA_ARGS__, 14) M(__VA_ARGS__, 15) M(__VA_ARGS__, 16)

/* A register number for the tables; -1: not one (AH…BH, scratch slots). `zero`: SLOT_ZERO counts, as number 16. */
static INLINE int special_register(u8 slot, bool zero)
{
    return slot & 7 || slot / 8 >= SPECIAL_REGS + zero ? -1 : slot / 8;
}

/* Replaces op's handler by special_table_mov[which] / special_table_rr / special_table_ri, if its registers allow. */
static INLINE void specialise_mov(Op *op, Special which, u8 first, u8 second)
{
    int a = special_register(first, false), b = special_register(second, true);
    if (a >= 0 && b >= 0 && special_table_mov[which][a * SPECIAL_BASES + b])
        op->handler = special_table_mov[which][a * SPECIAL_BASES + b];
}
static INLINE void specialise_rr(Op *op, unsigned which)
{
    int a = special_register(op->a, false), b = special_register(op->b, false);
    if (a >= 0 && b >= 0)
        op->handler = special_table_rr[which - SPECIAL_ADD_RR][a * SPECIAL_BASES + b];
}
static INLINE void specialise_scaled(Op *op, SpecialScaled which)
{
    int a = special_register(op->a, false);
    if (a >= 0)
        op->handler = special_table_scaled[which][a * 4 + op->scale];
}
static INLINE void specialise_rm(Op *op, unsigned which, bool full)
{
    int a = special_register(op->a, false);
    if (a >= 0)
        op->handler = special_table_rm[(which - SPECIAL_ADD_RR) * 2 + full][a];
}
static INLINE void specialise_ri(Op *op, unsigned which)
{
    int a = special_register(op->a, false);
    if (a >= 0)
        op->handler = special_table_ri[which - SPECIAL_ADD_RI][a];
}

#endif

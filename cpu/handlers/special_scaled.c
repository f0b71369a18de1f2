/* Loads, stores and LEA with an index, register and scale constant (special.h). Fast mode only. */
#include "cpu/special_access.h"

#if EMU_MODE == MODE_FAST

static INLINE u64 scaled_address(Cpu *cpu, const Op *op, unsigned scale)
{
    return *reg64(cpu, op->base) + (*reg64(cpu, op->index) << scale) + (u64)op->disp;
}

static INLINE const Op *load(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, bool sign, unsigned from, unsigned to, unsigned a,
                             unsigned scale)
{
    return special_load(cpu, op, acc, slow, sign, from, to, a, scaled_address(cpu, op, scale));
}

static INLINE const Op *store(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width, unsigned a, unsigned scale)
{
    return special_store(cpu, op, acc, slow, width, a, scaled_address(cpu, op, scale));
}

static INLINE const Op *lea(Cpu *cpu, const Op *op, u64 acc, OpHandler *slow, unsigned width, unsigned a, unsigned scale)
{
    (void)slow;
    return special_lea(cpu, op, acc, width, a, scaled_address(cpu, op, scale));
}

#define FOR_SCALES(M, ...) M(__VA_ARGS__, 0) M(__VA_ARGS__, 1) M(__VA_ARGS__, 2) M(__VA_ARGS__, 3)
#define LOAD_ONE(name, slow, sign, from, to, a, scale) DEFINE_SPECIAL(name##_##a##_##scale, slow, load, sign, from, to, a, scale)
#define STORE_ONE(name, slow, width, a, scale) DEFINE_SPECIAL(name##_##a##_##scale, slow, store, width, a, scale)
#define LEA_ONE(name, slow, width, a, scale) DEFINE_SPECIAL(name##_##a##_##scale, slow, lea, width, a, scale)
#define ENTRY(name, a, scale) name##_##a##_##scale,
#define ROWS(ONE, ...)                                                                                                    \
    FOR_SCALES(ONE, __VA_ARGS__, 0) FOR_SCALES(ONE, __VA_ARGS__, 1) FOR_SCALES(ONE, __VA_ARGS__, 2)                       \
    FOR_SCALES(ONE, __VA_ARGS__, 3) FOR_SCALES(ONE, __VA_ARGS__, 4) FOR_SCALES(ONE, __VA_ARGS__, 5)                       \
    FOR_SCALES(ONE, __VA_ARGS__, 6) FOR_SCALES(ONE, __VA_ARGS__, 7) FOR_SCALES(ONE, __VA_ARGS__, 8)                       \
    FOR_SCALES(ONE, __VA_ARGS__, 9) FOR_SCALES(ONE, __VA_ARGS__, 10) FOR_SCALES(ONE, __VA_ARGS__, 11)                     \
    FOR_SCALES(ONE, __VA_ARGS__, 12) FOR_SCALES(ONE, __VA_ARGS__, 13) FOR_SCALES(ONE, __VA_ARGS__, 14)                    \
    FOR_SCALES(ONE, __VA_ARGS__, 15)
ROWS(LOAD_ONE, load_32, slow_mov_rm_32, 0, 32, 32)
ROWS(LOAD_ONE, load_64, slow_mov_rm_64, 0, 64, 64)
ROWS(LOAD_ONE, load_zx8, slow_movx_m_0_8_32, 0, 8, 32)
ROWS(LOAD_ONE, load_zx16, slow_movx_m_0_16_32, 0, 16, 32)
ROWS(LOAD_ONE, load_sx8, slow_movx_m_1_8_32, 1, 8, 32)
ROWS(LOAD_ONE, load_sx16, slow_movx_m_1_16_32, 1, 16, 32)
ROWS(LOAD_ONE, load_sx32, slow_movx_m_1_32_64, 1, 32, 64)
ROWS(STORE_ONE, store_8, slow_mov_mr_8, 8)
ROWS(STORE_ONE, store_16, slow_mov_mr_16, 16)
ROWS(STORE_ONE, store_32, slow_mov_mr_32, 32)
ROWS(STORE_ONE, store_64, slow_mov_mr_64, 64)
ROWS(LEA_ONE, lea_32, slow_lea_m_32, 32)
ROWS(LEA_ONE, lea_64, slow_lea_m_64, 64)

OpHandler *const special_table_scaled[SPECIALS_SCALED][SPECIAL_REGS * 4] = {
    [SCALED_LOAD_32] = { ROWS(ENTRY, load_32) },
    [SCALED_LOAD_64] = { ROWS(ENTRY, load_64) },
    [SCALED_LOAD_ZX8] = { ROWS(ENTRY, load_zx8) },
    [SCALED_LOAD_ZX16] = { ROWS(ENTRY, load_zx16) },
    [SCALED_LOAD_SX8] = { ROWS(ENTRY, load_sx8) },
    [SCALED_LOAD_SX16] = { ROWS(ENTRY, load_sx16) },
    [SCALED_LOAD_SX32] = { ROWS(ENTRY, load_sx32) },
    [SCALED_STORE_8] = { ROWS(ENTRY, store_8) },
    [SCALED_STORE_16] = { ROWS(ENTRY, store_16) },
    [SCALED_STORE_32] = { ROWS(ENTRY, store_32) },
    [SCALED_STORE_64] = { ROWS(ENTRY, store_64) },
    [SCALED_LEA_32] = { ROWS(ENTRY, lea_32) },
    [SCALED_LEA_64] = { ROWS(ENTRY, lea_64) },
};

#endif

/* Vector values, and how handlers of the vector family get and put them.
 *
 * An operand field of an Op that names a vector register holds VEC_SLOT(number): the handler's address arithmetic is then
 * one scaled index. Registers are always moved as 16 or 32 whole bytes, even where an instruction changes only 4 or 8: a
 * narrow store followed by a wide load of the same register would miss the host's store forwarding.
 *
 * Legacy SSE leaves the upper half of the YMM register as it is; VEX-encoded instructions clear it. */
#ifndef EMU_CPU_VEC_H
#define EMU_CPU_VEC_H

#include <simde/x86/avx2.h>

#include "cpu/exec.h"

typedef simde__m128i V128; /* whatever the lanes mean: SIMDe's and the host's float types are casts of the same registers */
typedef simde__m256i V256;

#define VEC_SLOT(number) ((u8)((number) << 2))

static INLINE Vector *vec_reg(Cpu *cpu, u8 slot) { return (Vector *)((u8 *)cpu->v + slot * 8); }

static INLINE V128 vec_get(Cpu *cpu, u8 slot) { return simde_mm_load_si128((const simde__m128i *)vec_reg(cpu, slot)); }
static INLINE V256 vec_get_256(Cpu *cpu, u8 slot) { return simde_mm256_load_si256((const simde__m256i *)vec_reg(cpu, slot)); }

static INLINE V256 vec_join(V128 low, V128 high) { return simde_mm256_set_m128i(high, low); }
static INLINE V128 vec_low(V256 v) { return simde_mm256_castsi256_si128(v); }
static INLINE V128 vec_high(V256 v) { return simde_mm256_extractf128_si256(v, 1); }

/* Puts an XMM result; `vex`: the upper half becomes zero. */
static INLINE void vec_put(Cpu *cpu, u8 slot, V128 value, bool vex)
{
    simde__m128i *to = (simde__m128i *)vec_reg(cpu, slot);
#ifdef __AVX__
    if (vex) {
        __m256i whole = _mm256_zextsi128_si256(value);
        __asm__("" : "+x"(whole)); /* one store, for the same reason: the compiler would make two of it */
        _mm256_store_si256((__m256i *)to, whole);
        return;
    }
#endif
    simde_mm_store_si128(to, value);
    if (vex)
        simde_mm_store_si128(to + 1, simde_mm_setzero_si128());
}

static INLINE void vec_put_256(Cpu *cpu, u8 slot, V256 value)
{
    simde_mm256_store_si256((simde__m256i *)vec_reg(cpu, slot), value);
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

/* The `size` bytes at p, zero-extended; size is a constant 1, 2, 4, 8 or 16. */
static INLINE V128 vec_load(const u8 *p, u32 size)
{
    switch (size) {
    case 1: return simde_mm_cvtsi32_si128(*p);
    case 2: return simde_mm_cvtsi32_si128(load16(p));
    case 4: return simde_mm_cvtsi32_si128((i32)load32(p));
    case 8: return simde_mm_loadl_epi64((const simde__m128i *)p);
    default: return simde_mm_loadu_si128((const simde__m128i *)p);
    }
}
static INLINE V256 vec_load_256(const u8 *p) { return simde_mm256_loadu_si256((const simde__m256i *)p); }

/* Stores the low `size` bytes; size is a constant 4, 8 or 16. */
static INLINE void vec_store(u8 *p, V128 value, u32 size)
{
    switch (size) {
    case 4: store32(p, (u32)simde_mm_cvtsi128_si32(value)); break;
    case 8: simde_mm_storel_epi64((simde__m128i *)p, value); break;
    default: simde_mm_storeu_si128((simde__m128i *)p, value); break;
    }
}

/* Legacy SSE operands of 16 bytes, MOVAPS and its like must be aligned, or the instruction ends with #GP(0). In fast
 * code a misaligned address is one more miss. SDM Vol. 2A, "Exceptions Type 1" to "Type 4". */
static INLINE const u8 *vec_read(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, bool aligned)
{
    if (aligned && UNLIKELY(address & (size - 1))) {
        if (EMU_MODE == MODE_FAST)
            return NULL;
        cpu_enter_slow(cpu, op, acc);
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    }
    return mem_read(cpu, op, acc, address, size);
}

static INLINE u8 *vec_write(Cpu *cpu, const Op *op, u64 acc, u64 address, u32 size, bool aligned)
{
    if (aligned && UNLIKELY(address & (size - 1))) {
        if (EMU_MODE == MODE_FAST)
            return NULL;
        cpu_enter_slow(cpu, op, acc);
        cpu_raise(cpu, VECTOR_GP, 0, 0);
    }
    return mem_write(cpu, op, acc, address, size);
}

/* ---- tables of handlers ------------------------------------------------------------------------------------------ */

/* A row's table has one handler for each operand form it knows: where the destination or first source is, and the last one.
 * R register, M memory, B memory with base and displacement only, I a count or selector that is an immediate where another
 * form has a register (others have an immediate besides), G general register, L the register that the op before put. */
#define VEC_FORMS_OF(w)                                                                                                        \
    FORM_##w##_RR, FORM_##w##_RM, FORM_##w##_RB, FORM_##w##_MR, FORM_##w##_BR, FORM_##w##_RI, FORM_##w##_MI, FORM_##w##_RG,    \
    FORM_##w##_GR, FORM_##w##_LR, FORM_##w##_RL, FORM_##w##_LM, FORM_##w##_LB, FORM_##w##_LI
typedef enum VecForm { VEC_FORMS_OF(SSE), VEC_FORMS_OF(128), VEC_FORMS_OF(256), VEC_FORMS } VecForm;
enum { FORMS_PER_WIDTH = FORM_128_RR };

/* The tables of conversions between floats and general registers: R or M, where the source is, and the integer's width. */
typedef enum VecIntForm {
    FORM_SSE_R32, FORM_SSE_R64, FORM_SSE_M32, FORM_SSE_M64,
    FORM_128_R32, FORM_128_R64, FORM_128_M32, FORM_128_M64,
    VEC_INT_FORMS
} VecIntForm;
enum {
    ROW_VEC_INT = 1 << 16,    /* a row with such a table */
    ROW_VEC_GATHER = 1 << 17, /* a vector of indices in its memory operand */
};

#define VEC_TABLE(mnemonic, ...) OpHandler *const H(table_##mnemonic)[VEC_FORMS] = { __VA_ARGS__ };
#define VEC_INT_TABLE(mnemonic, ...) OpHandler *const H(table_##mnemonic)[VEC_INT_FORMS] = { __VA_ARGS__ };
#define VEC_ENTRY(form, name) [FORM_##form] = H(name)

#endif

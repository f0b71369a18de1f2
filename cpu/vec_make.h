/* Making the handlers of a row of vec.def, and its table, from the templates. */
#ifndef EMU_CPU_VEC_MAKE_H
#define EMU_CPU_VEC_MAKE_H

#include "cpu/vec_templates.h"

/* One handler; `slow_name` is its slow twin. The forwarding ones exist in fast mode only, as do those for base-only addresses. */
#define VEC_HANDLER(name, slow_name, t, none, f, first, from, ...)                                                     \
    OpHandler CONCAT(slow_, slow_name), H(name);                                                                       \
    const Op *H(name)(Cpu *cpu, const Op *op, u64 acc)                                                                 \
    {                                                                                                                  \
        return t(cpu, op, acc, none, CONCAT(slow_, slow_name), f, first, from, __VA_ARGS__);                           \
    }
#define VEC_NONE_128 simde_mm_setzero_si128()
#define VEC_NONE_256 simde_mm256_setzero_si256()
#if EMU_MODE == MODE_FAST
#define VEC_HANDLER_FAST VEC_HANDLER
#define VEC_ENTRY_FAST(form, name) VEC_ENTRY(form, name)
#else
#define VEC_HANDLER_FAST(...)
#define VEC_ENTRY_FAST(form, name) [FORM_##form] = NULL
#endif
#if EMU_MODE == MODE_FAST && defined(EMU_TAIL_CALLS)
#define VEC_HANDLER_LAST_128(name, slow_name, t, f, first, from, ...) VEC_HANDLER_LAST(V128, name, slow_name, t, f, first, from, __VA_ARGS__)
#define VEC_HANDLER_LAST(Last, name, slow_name, t, f, first, from, ...)                                                \
    const Op *H(name)(Cpu *cpu, const Op *op, u64 acc, Last last);                                                     \
    const Op *H(name)(Cpu *cpu, const Op *op, u64 acc, Last last)                                                      \
    {                                                                                                                  \
        return t(cpu, op, acc, last, CONCAT(slow_, slow_name), f, first, from, __VA_ARGS__);                           \
    }
#define VEC_ENTRY_LAST_128(form, name) [FORM_##form] = (OpHandler *)(void (*)(void))H(name)
#else
#define VEC_HANDLER_LAST_128(...)
#define VEC_ENTRY_LAST_128(form, name) [FORM_##form] = NULL
#endif
#if EMU_MODE == MODE_FAST && defined(EMU_TAIL_CALLS) && defined(__AVX__)
#define VEC_HANDLER_LAST_256(name, slow_name, t, f, first, from, ...) VEC_HANDLER_LAST(V256, name, slow_name, t, f, first, from, __VA_ARGS__)
#define VEC_ENTRY_LAST_256 VEC_ENTRY_LAST_128
#else
#define VEC_HANDLER_LAST_256(...)
#define VEC_ENTRY_LAST_256(form, name) [FORM_##form] = NULL
#endif

/* The handlers of template `t` for one width (m##_sse…): _rr, _rm, and _rb for base-only addresses. */
#define VEC_MAKE(prefix, t, none, f, vex, size, fp)                                                       \
    VEC_HANDLER(prefix##_rr, prefix##_rr, t, none, f, FROM_REGISTER, FROM_REGISTER, vex, size, fp)        \
    VEC_HANDLER(prefix##_rm, prefix##_rm, t, none, f, FROM_REGISTER, FROM_MEMORY, vex, size, fp)          \
    VEC_HANDLER_FAST(prefix##_rb, prefix##_rm, t, none, f, FROM_REGISTER, FROM_BASE, vex, size, fp)
#define VEC_ENTRIES(width, prefix) \
    VEC_ENTRY(width##_RR, prefix##_rr), VEC_ENTRY(width##_RM, prefix##_rm), VEC_ENTRY_FAST(width##_RB, prefix##_rb)
#define VEC_MAKE_SSE(m, t, f, size, fp) VEC_MAKE(m##_sse, t##_128, VEC_NONE_128, f, false, size, fp)
#define VEC_MAKE_128(m, t, f, size, fp) VEC_MAKE(m##_128, t##_128, VEC_NONE_128, f, true, size, fp)
#define VEC_MAKE_256(m, t, f, size, fp) VEC_MAKE(m##_256, t##_256, VEC_NONE_256, f##_256, true, size, fp)
#define VEC_MAKE_256_FROM_128(m, t, f, size, fp) VEC_MAKE(m##_256, t##_256, VEC_NONE_128, f##_256, true, size, fp)
#define VEC_ENTRIES_SSE(m) VEC_ENTRIES(SSE, m##_sse)
#define VEC_ENTRIES_128(m) VEC_ENTRIES(128, m##_128)
#define VEC_ENTRIES_256(m) VEC_ENTRIES(256, m##_256)

/* With the first source forwarded (_lr, _lm, _lb), or the last (_rl). */
#define VEC_MAKE_FORWARDED(prefix, HANDLER, t, f, vex, size, fp)                                          \
    HANDLER(prefix##_lr, prefix##_rr, t, f, FROM_LAST, FROM_REGISTER, vex, size, fp)                      \
    HANDLER(prefix##_rl, prefix##_rr, t, f, FROM_REGISTER, FROM_LAST, vex, size, fp)                      \
    HANDLER(prefix##_lm, prefix##_rm, t, f, FROM_LAST, FROM_MEMORY, vex, size, fp)                        \
    HANDLER(prefix##_lb, prefix##_rm, t, f, FROM_LAST, FROM_BASE, vex, size, fp)
#define VEC_ENTRIES_FORWARDED(width, ENTRY, prefix)                                                        \
    ENTRY(width##_LR, prefix##_lr), ENTRY(width##_RL, prefix##_rl), ENTRY(width##_LM, prefix##_lm), ENTRY(width##_LB, prefix##_lb)
#define VEC_FORWARD_SSE(m, t, f, size, fp) VEC_MAKE_FORWARDED(m##_sse, VEC_HANDLER_LAST_128, t##_128, f, false, size, fp)
#define VEC_FORWARD_128(m, t, f, size, fp) VEC_MAKE_FORWARDED(m##_128, VEC_HANDLER_LAST_128, t##_128, f, true, size, fp)
#define VEC_FORWARD_256(m, t, f, size, fp) VEC_MAKE_FORWARDED(m##_256, VEC_HANDLER_LAST_256, t##_256, f##_256, true, size, fp)
#define VEC_FORWARDED_SSE(m) VEC_ENTRIES_FORWARDED(SSE, VEC_ENTRY_LAST_128, m##_sse)
#define VEC_FORWARDED_128(m) VEC_ENTRIES_FORWARDED(128, VEC_ENTRY_LAST_128, m##_128)
#define VEC_FORWARDED_256(m) VEC_ENTRIES_FORWARDED(256, VEC_ENTRY_LAST_256, m##_256)
/* The same for one source: only _rl. */
#define VEC_FORWARD_UNARY_SSE(m, t, f, size, fp) VEC_HANDLER_LAST_128(m##_sse_rl, m##_sse_rr, t##_128, f, FROM_REGISTER, FROM_LAST, false, size, fp)
#define VEC_FORWARD_UNARY_128(m, t, f, size, fp) VEC_HANDLER_LAST_128(m##_128_rl, m##_128_rr, t##_128, f, FROM_REGISTER, FROM_LAST, true, size, fp)
#define VEC_FORWARD_UNARY_256(m, t, f, size, fp) VEC_HANDLER_LAST_256(m##_256_rl, m##_256_rr, t##_256, f##_256, FROM_REGISTER, FROM_LAST, true, size, fp)
#define VEC_FORWARDED_UNARY_SSE(m) VEC_ENTRY_LAST_128(SSE_RL, m##_sse_rl)
#define VEC_FORWARDED_UNARY_128(m) VEC_ENTRY_LAST_128(128_RL, m##_128_rl)
#define VEC_FORWARDED_UNARY_256(m) VEC_ENTRY_LAST_256(256_RL, m##_256_rl)

/* Whole rows. ALL: three widths; VEX: without legacy; NARROW: without 256 bits (scalars, and what AVX2 left out). */
#define VEC_MAKE_ALL(m, t, f, size, size256, fp)           \
    VEC_MAKE_SSE(m, t, f, size, fp)                        \
    VEC_MAKE_128(m, t, f, size, fp)                        \
    VEC_MAKE_256(m, t, f, size256, fp)                     \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m), VEC_ENTRIES_256(m))
#define VEC_MAKE_WIDEN(m, t, t256, f, size, size256, fp)   \
    VEC_MAKE_SSE(m, t, f, size, fp)                        \
    VEC_MAKE_128(m, t, f, size, fp)                        \
    VEC_MAKE_256_FROM_128(m, t256, f, size256, fp)         \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m), VEC_ENTRIES_256(m))
#define VEC_MAKE_VEX(m, t, f, size, size256, fp)           \
    VEC_MAKE_128(m, t, f, size, fp)                        \
    VEC_MAKE_256(m, t, f, size256, fp)                     \
    VEC_TABLE(m, VEC_ENTRIES_128(m), VEC_ENTRIES_256(m))
#define VEC_MAKE_NARROW(m, t, f, size, fp)                 \
    VEC_MAKE_SSE(m, t, f, size, fp)                        \
    VEC_MAKE_128(m, t, f, size, fp)                        \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m))
/* The frequent ones, with forwarding. */
#define VEC_MAKE_ALL_HOT(m, t, f, size, size256, fp)       \
    VEC_MAKE_SSE(m, t, f, size, fp)                        \
    VEC_MAKE_128(m, t, f, size, fp)                        \
    VEC_MAKE_256(m, t, f, size256, fp)                     \
    VEC_FORWARD_SSE(m, t, f, size, fp)                     \
    VEC_FORWARD_128(m, t, f, size, fp)                     \
    VEC_FORWARD_256(m, t, f, size256, fp)                  \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m), VEC_ENTRIES_256(m), VEC_FORWARDED_SSE(m), VEC_FORWARDED_128(m), VEC_FORWARDED_256(m))
#define VEC_MAKE_NARROW_HOT(m, t, f, size, fp)             \
    VEC_MAKE_SSE(m, t, f, size, fp)                        \
    VEC_MAKE_128(m, t, f, size, fp)                        \
    VEC_FORWARD_SSE(m, t, f, size, fp)                     \
    VEC_FORWARD_128(m, t, f, size, fp)                     \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m), VEC_FORWARDED_SSE(m), VEC_FORWARDED_128(m))
#define VEC_MAKE_UNARY_HOT(m, t, f, size, size256, fp)     \
    VEC_MAKE_SSE(m, t, f, size, fp)                        \
    VEC_MAKE_128(m, t, f, size, fp)                        \
    VEC_MAKE_256(m, t, f, size256, fp)                     \
    VEC_FORWARD_UNARY_SSE(m, t, f, size, fp)               \
    VEC_FORWARD_UNARY_128(m, t, f, size, fp)               \
    VEC_FORWARD_UNARY_256(m, t, f, size256, fp)            \
    VEC_TABLE(m, VEC_ENTRIES_SSE(m), VEC_ENTRIES_128(m), VEC_ENTRIES_256(m), VEC_FORWARDED_UNARY_SSE(m), VEC_FORWARDED_UNARY_128(m), VEC_FORWARDED_UNARY_256(m))

#endif

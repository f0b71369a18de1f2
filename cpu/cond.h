/* Expansion of a template over all conditions and the flag producers that readers know as constants (forms.h, KIND_…). */
#ifndef EMU_CPU_COND_H
#define EMU_CPU_COND_H

#include "cpu/flags.h"
#include "cpu/forms.h"

/* Whatever produced the flags: comparisons and logical operations, moved up to 64 bits, need no flag computed. */
static INLINE bool cond_any(const Cpu *cpu, Condition condition)
{
    u32 kind = cpu->cc_kind, operation = kind >> 2;
    unsigned shift = 64 - CC_WIDTH(kind);
    if ((condition & ~1u) != COND_P) {
        if (LIKELY(operation == CC_OP_SUB))
            return cond_of_sub(condition, 64, cpu->cc_a << shift, cpu->cc_b << shift);
        if (operation == CC_OP_LOGIC)
            return cond_of_logic(condition, 64, cpu->cc_a << shift);
        if (operation != CC_OP_RFLAGS && operation != CC_OP_SBB && ((condition & ~1u) == COND_E || (condition & ~1u) == COND_S))
            return cond_of_logic(condition, 64, cpu->cc_a << shift);
    }
    return cond_of_flags(condition, cc_flags(cpu));
}

/* The cc_kind that a KIND_… stands for; ANY: whatever the Cpu says now. */
#define COND_HOLDS(cpu, condition, k)                                                                                     \
    ((k) == KIND_ANY     ? cond_any(cpu, condition)                                                                       \
     : (k) < KIND_LOGIC8 ? cond_of_sub(condition, 8u << ((k) - KIND_SUB8), (cpu)->cc_a, (cpu)->cc_b)                      \
                         : cond_of_logic(condition, 8u << ((k) - KIND_LOGIC8), (cpu)->cc_a))

#define FOR_CONDITIONS(M, ...)                                                                                            \
    M(__VA_ARGS__, 0) M(__VA_ARGS__, 1) M(__VA_ARGS__, 2) M(__VA_ARGS__, 3) M(__VA_ARGS__, 4) M(__VA_ARGS__, 5)           \
    M(__VA_ARGS__, 6) M(__VA_ARGS__, 7) M(__VA_ARGS__, 8) M(__VA_ARGS__, 9) M(__VA_ARGS__, 10) M(__VA_ARGS__, 11)         \
    M(__VA_ARGS__, 12) M(__VA_ARGS__, 13) M(__VA_ARGS__, 14) M(__VA_ARGS__, 15)
#define FOR_KINDS(M, ...)                                                                                                 \
    FOR_CONDITIONS(M, __VA_ARGS__, 0) FOR_CONDITIONS(M, __VA_ARGS__, 1) FOR_CONDITIONS(M, __VA_ARGS__, 2)                 \
    FOR_CONDITIONS(M, __VA_ARGS__, 3) FOR_CONDITIONS(M, __VA_ARGS__, 4) FOR_CONDITIONS(M, __VA_ARGS__, 5)                 \
    FOR_CONDITIONS(M, __VA_ARGS__, 6) FOR_CONDITIONS(M, __VA_ARGS__, 7) FOR_CONDITIONS(M, __VA_ARGS__, 8)

#endif

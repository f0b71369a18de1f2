/* The guest's MXCSR on the host's vector unit.
 *
 * While cpu_run() runs, the host's MXCSR holds the guest's rounding mode, DAZ and FTZ with every exception masked, and
 * gathers the sticky flags; the guest's MXCSR field keeps control bits, masks and the flags gathered before. An unmasked
 * exception (rare) is found in slow mode only: cpu_run() must run MODE_SLOW while fpenv_unmasked(). There each
 * floating-point handler brackets its computation with fpenv_begin() and fpenv_end(), which raises #XM in time.
 * Hosts other than x86-64 round as the guest asks; DAZ, FTZ and the denormal flag are an x86-64 host's only. */
#ifndef EMU_CPU_FPENV_H
#define EMU_CPU_FPENV_H

#include "cpu/cpu.h"
#ifndef __x86_64__
#include <fenv.h>
#endif

enum { /* SDM Vol. 1, "MXCSR Control and Status Register" */
    MXCSR_IE = 1 << 0, MXCSR_DE = 1 << 1, MXCSR_ZE = 1 << 2, MXCSR_OE = 1 << 3, MXCSR_UE = 1 << 4, MXCSR_PE = 1 << 5,
    MXCSR_FLAGS = 0x3f, MXCSR_DAZ = 1 << 6, MXCSR_MASK_SHIFT = 7, MXCSR_MASKS = 0x3f << 7, MXCSR_RC = 3 << 13,
    MXCSR_FTZ = 1 << 15, MXCSR_DEFAULT = 0x1f80, MXCSR_WRITABLE = 0xffff,
};

/* The host's MXCSR, or its nearest equivalent. Ordered against the (volatile) arithmetic in vec_fp.h. */
static INLINE u32 fpenv_host_get(void)
{
#ifdef __x86_64__
    u32 value;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
#else
    int raised = fetestexcept(FE_ALL_EXCEPT), rounding = fegetround();
    return (rounding == FE_DOWNWARD ? 1u << 13 : rounding == FE_UPWARD ? 2u << 13 : rounding == FE_TOWARDZERO ? 3u << 13 : 0) |
           (raised & FE_INVALID ? MXCSR_IE : 0) | (raised & FE_DIVBYZERO ? MXCSR_ZE : 0) | (raised & FE_OVERFLOW ? MXCSR_OE : 0) |
           (raised & FE_UNDERFLOW ? MXCSR_UE : 0) | (raised & FE_INEXACT ? MXCSR_PE : 0) | MXCSR_MASKS;
#endif
}

static INLINE void fpenv_host_set(u32 value)
{
#ifdef __x86_64__
    __asm__ volatile("ldmxcsr %0" : : "m"(value) : "memory");
#else
    static const int rounding[4] = { FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO };
    feclearexcept(FE_ALL_EXCEPT);
    fesetround(rounding[value >> 13 & 3]);
#endif
}

/* Makes sticky flags as if an operation had. */
static INLINE void fpenv_host_raise(u32 flags)
{
#ifdef __x86_64__
    if (flags)
        fpenv_host_set(fpenv_host_get() | flags);
#else
    feraiseexcept((flags & MXCSR_IE ? FE_INVALID : 0) | (flags & MXCSR_OE ? FE_OVERFLOW : 0) | (flags & MXCSR_UE ? FE_UNDERFLOW : 0) |
                  (flags & MXCSR_PE ? FE_INEXACT : 0));
#endif
}

/* What the host must hold for this guest MXCSR: its modes, all masked, no flag. */
static INLINE u32 fpenv_host_value(u32 mxcsr) { return (mxcsr & (MXCSR_RC | MXCSR_DAZ | MXCSR_FTZ)) | MXCSR_MASKS; }

static INLINE bool fpenv_unmasked(const Cpu *cpu) { return (cpu->mxcsr & MXCSR_MASKS) != MXCSR_MASKS; }

/* Entering and leaving cpu_run(); between them nothing of ours may compute with floats. Leaving also brings cpu->mxcsr up
 * to date and gives the emulator its own default environment back. */
static INLINE void fpenv_enter(Cpu *cpu)
{
    u32 value = fpenv_host_value(cpu->mxcsr);
    if (UNLIKELY(value != MXCSR_DEFAULT))
        fpenv_host_set(value);
}

static INLINE void fpenv_leave(Cpu *cpu)
{
    u32 host = fpenv_host_get();
    cpu->mxcsr |= host & MXCSR_FLAGS;
    if (host != MXCSR_DEFAULT || fpenv_host_value(cpu->mxcsr) != MXCSR_DEFAULT)
        fpenv_host_set(MXCSR_DEFAULT);
}

/* The guest's MXCSR in the middle of a run; and replacing it there (reserved bits have been refused already). After a
 * replacement that changed fpenv_unmasked() the run must be left, for the other mode's handlers. */
static INLINE u32 fpenv_guest_get(Cpu *cpu) { return cpu->mxcsr |= fpenv_host_get() & MXCSR_FLAGS; }
static INLINE void fpenv_guest_set(Cpu *cpu, u32 mxcsr)
{
    cpu->mxcsr = mxcsr;
    fpenv_host_set(fpenv_host_value(mxcsr));
}

/* Around one instruction's arithmetic while something is unmasked. `tiny`: a result is denormal, which an unmasked
 * underflow exception reports even when exact. fpenv_end raises #XM (cpu->op and cpu->acc must be set). */
void fpenv_begin(Cpu *cpu);
void fpenv_end(Cpu *cpu, bool tiny);

#endif

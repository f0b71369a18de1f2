/* Unmasked SIMD floating-point exceptions. SDM Vol. 1, "SSE and SSE2 SIMD Floating-Point Exceptions". */
#include "cpu/fpenv.h"

#include "cpu/exec.h"

void fpenv_begin(Cpu *cpu)
{
    u32 value = fpenv_host_value(fpenv_guest_get(cpu));
    if (!(cpu->mxcsr & MXCSR_UE << MXCSR_MASK_SHIFT))
        value &= ~(u32)MXCSR_FTZ; /* flushing is the masked response to underflow */
    fpenv_host_set(value);
}

void fpenv_end(Cpu *cpu, bool tiny)
{
    u32 flags = fpenv_host_get() & MXCSR_FLAGS;
    u32 unmasked = ~(cpu->mxcsr >> MXCSR_MASK_SHIFT) & MXCSR_FLAGS;
    if (tiny && unmasked & MXCSR_UE)
        flags |= MXCSR_UE;
    if (flags & unmasked & (MXCSR_IE | MXCSR_DE | MXCSR_ZE)) /* found before computing: then nothing was computed */
        flags &= MXCSR_IE | MXCSR_DE | MXCSR_ZE;
    cpu->mxcsr |= flags;
    fpenv_host_set(fpenv_host_value(cpu->mxcsr));
    if (flags & unmasked)
        cpu_raise(cpu, VECTOR_XM, 0, 0);
}

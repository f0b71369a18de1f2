/* What the processor claims: exactly what the instruction table has at the chosen level, and a plain cache description that lets
 * C libraries size their copies. SDM Vol. 2A, "CPUID". */
#include "cpu/cpu.h"

enum { /* leaf 1 EDX, and what 8000_0001h EDX repeats */
    EDX_BASE = 1u << 0 | 1u << 4 | 1u << 8 | 1u << 15 | 1u << 19 | 1u << 23 | 1u << 24 | 1u << 25 | 1u << 26,
    /*         FPU       TSC       CX8       CMOV       CLFSH      MMX        FXSR       SSE        SSE2 */
};

static u32 leaf1_ecx(CpuLevel level)
{
    u32 ecx = 0;
    if (level >= CPU_V2)
        ecx |= 1u << 0 | 1u << 9 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 23;
    /*         SSE3      SSSE3     CX16       SSE4.1     SSE4.2     POPCNT */
    if (level >= CPU_V3)
        ecx |= 1u << 1 | 1u << 12 | 1u << 22 | 1u << 25 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 29 | 1u << 30;
    /*         PCLMUL    FMA        MOVBE      AES        XSAVE      OSXSAVE    AVX        F16C       RDRAND */
    return ecx;
}

static u32 leaf7_ebx(CpuLevel level)
{
    u32 ebx = 1u << 9; /* ERMS: `rep movsb` is how large copies run fastest here */
    if (level >= CPU_V3)
        ebx |= 1u << 0 | 1u << 3 | 1u << 5 | 1u << 8 | 1u << 18 | 1u << 19 | 1u << 29;
    /*         FSGSBASE  BMI1      AVX2      BMI2      RDSEED     ADX        SHA */
    return ebx;
}

/* Leaf 4: L1D, L1I, L2, L3. */
static void cache_leaf(u32 subleaf, u32 out[4])
{
    static const struct { u32 type, level, ways, sets; } caches[] = {
        { 1, 1, 8, 64 }, { 2, 1, 8, 64 }, { 3, 2, 4, 1024 }, { 3, 3, 16, 8192 },
    };
    if (subleaf >= 4)
        return;
    out[0] = caches[subleaf].type | caches[subleaf].level << 5 | 1u << 8;
    out[1] = 63 | (caches[subleaf].ways - 1) << 22;
    out[2] = caches[subleaf].sets - 1;
}

/* Leaf 0Dh: the x87, SSE and AVX state of an XSAVE area in standard format. */
static void xsave_leaf(u32 subleaf, u32 out[4])
{
    if (subleaf == 0)
        out[0] = 7, out[1] = 832, out[2] = 832;
    else if (subleaf == 1)
        out[0] = 1 | 1 << 1 | 1 << 2, out[1] = 832; /* XSAVEOPT, XSAVEC, XGETBV with ECX = 1 */
    else if (subleaf == 2)
        out[0] = 256, out[1] = 576;
}

static void extended_leaf(const Cpu *cpu, u32 leaf, u32 out[4])
{
    static const char brand[48] = "emu, an interpreter of x86-64 with paging";
    switch (leaf) {
    case 0x80000000u:
        out[0] = 0x80000008u;
        break;
    case 0x80000001u:
        out[2] = cpu->level >= CPU_V2 ? 1u << 0 : 0;     /* LAHF in 64-bit mode */
        out[2] |= cpu->level >= CPU_V3 ? 1u << 5 : 0;    /* LZCNT */
        out[3] = 1u << 11 | 1u << 20 | 1u << 27 | 1u << 29; /* SYSCALL, NX, RDTSCP, long mode */
        break;
    case 0x80000002u: case 0x80000003u: case 0x80000004u:
        memcpy(out, brand + (leaf - 0x80000002u) * 16, 16);
        break;
    case 0x80000007u:
        out[3] = 1u << 8; /* invariant TSC */
        break;
    case 0x80000008u:
        out[0] = 40 | 48 << 8; /* physical, virtual address bits */
        break;
    }
}

void cpu_cpuid(const Cpu *cpu, u32 leaf, u32 subleaf, u32 out[4])
{
    u32 highest = cpu->level >= CPU_V3 ? 0xd : 7;
    memset(out, 0, 4 * sizeof *out);
    if (leaf & 0x80000000u) {
        extended_leaf(cpu, leaf, out);
        return;
    }
    switch (leaf) {
    case 0:
        out[0] = highest;
        memcpy(&out[1], "Genu", 4), memcpy(&out[3], "ineI", 4), memcpy(&out[2], "ntel", 4);
        break;
    case 1:
        out[0] = 0x000506e3; /* family 6, model 94 */
        out[1] = 8 << 8 | 1 << 16;
        out[2] = leaf1_ecx(cpu->level);
        out[3] = EDX_BASE;
        break;
    case 4:
        cache_leaf(subleaf, out);
        break;
    case 7:
        if (subleaf == 0)
            out[1] = leaf7_ebx(cpu->level);
        break;
    case 0xd:
        if (highest >= 0xd)
            xsave_leaf(subleaf, out);
        break;
    }
}

u64 cpu_hwcap(const Cpu *cpu)
{
    u32 out[4];
    cpu_cpuid(cpu, 1, 0, out);
    return out[3];
}

/* HWCAP2_FSGSBASE. */
u64 cpu_hwcap2(const Cpu *cpu) { return cpu->level >= CPU_V3 ? 2 : 0; }

/* The x87 unit: where its registers are, and how they get there.
 *
 * The idea: on an x86-64 host the guest's x87 registers, status and rounding control *live in the host's own FPU* from the
 * first x87 instruction that the interpreter meets until it leaves cpu_run(), and a handler is that very instruction
 * executed once more. Results, condition codes, stack faults and sticky flags are the hardware's because they are made by
 * it, and nothing is moved. No C code of ours uses `long double` while that is so.
 *
 * The host's control word always masks all exceptions while code of ours runs. A guest that unmasks one (rare) gets every
 * x87 instruction loaded, executed with its own control word and stored again: the response to an unmasked exception is
 * the hardware's too. A pending one becomes #MF at the next waiting instruction, as on hardware.
 *
 * MMX registers are the x87 registers, but MMX instructions work on the struct (mmx.c): X87_MMX says that it is ready for
 * them. This file knows nothing of operands; handlers/x87.c does. */
#ifndef EMU_CPU_X87_H
#define EMU_CPU_X87_H

#include "cpu/cpu.h"

enum { /* Cpu.x87_mode: where the registers are */
    X87_STORED,   /* in cpu->x87 */
    X87_LIVE,     /* in the host's FPU; the guest masks all exceptions, so none can be pending */
    X87_UNMASKED, /* in the host's FPU with the guest's own control word, within one instruction */
    X87_MMX,      /* in cpu->x87, no exception pending, TOP 0 and all tags valid: as an MMX instruction leaves them */
};

enum { /* FSW, FCW. SDM Vol. 1, "x87 FPU Status Register", "x87 FPU Control Word" */
    X87_EXCEPTIONS = 0x3f,
    X87_SUMMARY = 1 << 7, /* ES */
    X87_BUSY = 1 << 15,   /* B: the same as ES */
    X87_TOP_SHIFT = 11,
    X87_CONTROL_WRITABLE = 0x1f7f,
    X87_CONTROL_ONE = 0x40, /* reserved, always set */
    X87_CONTROL_INIT = 0x37f,
    X87_SELECTOR = 0x33, /* CS of 64-bit programs under Linux, which FNSTENV shows */
};

/* Brings the registers home: afterwards cpu->x87 is up to date and may be changed. Whoever reads or writes cpu->x87 inside
 * cpu_run() calls this first (FXSAVE, XRSTOR …), and cpu_run() itself before it returns. */
void x87_settle_live(Cpu *cpu);
static INLINE void x87_settle(Cpu *cpu)
{
    if (cpu->x87_mode != X87_STORED)
        x87_settle_live(cpu);
}

/* For slow handlers before an x87 instruction: raises #MF when an exception is pending, else loads the host's FPU
 * (X87_LIVE, or X87_UNMASKED: then x87_settle() behind the instruction). */
void x87_load(Cpu *cpu, const Op *op, u64 acc);
/* For instructions that do not touch the registers but wait (FWAIT, FLDCW, MMX): raises #MF when an exception is pending. */
void x87_wait(Cpu *cpu, const Op *op, u64 acc);
/* For MMX instructions: X87_MMX, with #MF first. SDM Vol. 1, "Effect of MMX, x87 FPU, FXSAVE, and FXRSTOR Instructions
 * on the x87 FPU Tag Word". */
void x87_enter_mmx(Cpu *cpu, const Op *op, u64 acc);

/* FLDCW: any mode. Reserved bits are ignored. */
void x87_set_control(Cpu *cpu, u16 control);
/* FNINIT's state, and what a new program starts with; the registers' contents stay. */
void x87_reset(X87 *x87);

/* An unmasked exception is pending (ES). For settled registers only, as the next two. */
static INLINE bool x87_pending(const X87 *x87) { return x87->status & ~x87->control & X87_EXCEPTIONS; }
/* FSW with TOP, ES and B in place; and taking one apart. */
u16 x87_status_word(const X87 *x87);
void x87_set_status_word(X87 *x87, u16 status);
/* The full tag word, two bits a register: 0 valid, 1 zero, 2 special, 3 empty. */
u16 x87_tag_word(const X87 *x87);
void x87_set_tag_word(X87 *x87, u16 tags);
/* Register ST(i). */
static INLINE u8 *x87_st(X87 *x87, u32 i) { return x87->st[(x87->top + i) & 7]; }

#endif

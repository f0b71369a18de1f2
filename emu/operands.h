/* The instruction that a thread executes next, decoded, with what its operands come to. Inside emu/ only. */
#ifndef EMU_EMU_OPERANDS_H
#define EMU_EMU_OPERANDS_H

#include <Zydis/Zydis.h>

#include "emu/emu_explain.h"
#include "emu/machine.h"

typedef struct Operands {
    int pid;
    CpuState registers;
    u8 bytes[15];
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operand[ZYDIS_MAX_OPERAND_COUNT];
} Operands;

/* false: no such thread, or no instruction there. */
bool operands_decode(Emu *emu, int tid, Operands *operands);
/* Memory access number `index`; NULL behind the last. */
const ZydisDecodedOperand *operands_access(const Operands *operands, u32 index, EmuAccess *access);
/* "rbp + disp = 0x7ffe0 + -0x1" */
void operands_formula(const Operands *operands, const ZydisDecodedOperand *operand, char *text, size_t size);

#endif

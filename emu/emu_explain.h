/* libemu explains: one memory access, from the instruction's bytes to the value, one line for each step, in the words of CS:APP
 * (VPN, VPO, TLBI, TLBT, PPN, PPO, CI, CT, CO); and what befell a page or line since the program began. Part of libemu; the
 * same conventions as emu.h. */
#ifndef EMU_EMU_EXPLAIN_H
#define EMU_EMU_EXPLAIN_H

#include "emu/emu.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Takes one line, without a newline; the text is gone afterwards. */
typedef void EmuLine(void *context, const char *line);

typedef struct EmuAccess {
    uint64_t address;
    uint32_t size; /* bytes */
    bool read, write;
} EmuAccess;

/* The memory accesses of the instruction that the thread executes next, in its order. How many (at most `capacity` are
 * stored). Of a repeated string instruction: of one round. Gathers have several addresses and are left out. */
uint32_t emu_accesses(Emu *emu, int tid, EmuAccess *accesses, uint32_t capacity);

/* The instruction that the thread executes next: its text and its bytes, with displacement and immediate marked. */
void emu_explain_insn(Emu *emu, int tid, EmuLine *line, void *context);
/* How access number `index` of it comes to its address. */
void emu_explain_operand(Emu *emu, int tid, uint32_t index, EmuLine *line, void *context);
/* What happens on the way of an access, were it made now: translation, TLBs and caches of the model (if there is one), table
 * entries, and a fault, with who resolves it. Changes nothing. false: it would fault. */
bool emu_explain_access(Emu *emu, int tid, const EmuAccess *access, EmuLine *line, void *context);
/* The bytes that lie there, and what they are as u8 … u64. */
void emu_explain_value(Emu *emu, int tid, const EmuAccess *access, EmuLine *line, void *context);

/* Lets the kernel resolve the fault that the access would raise, as when it is made. false: it would be a signal. */
bool emu_resolve(Emu *emu, int tid, const EmuAccess *access);

/* ---- history (why.c) ------------------------------------------------------------------------------------------------ */

/* From now on, keeps what befalls the page of `address` of the process that was loaded (faults, evictions and for whom, swap,
 * write-backs), and, with a model, its line (fills and evictions by whom, of each cache, and of its translation). 0 or
 * ENOMEM. */
int emu_why_record(Emu *emu, uint64_t address);
/* The history, oldest first. */
void emu_why(Emu *emu, EmuLine *line, void *context);

#ifdef __cplusplus
}
#endif

#endif

/* Recorders: who wants to see every instruction and every access, each once (traces, attribution).
 *
 * They work in MODE_SLOW's handlers: an op in front of each instruction begins it, and it has retired when the next one begins or
 * the chain ends, unless it was abandoned (a fault, a watchpoint). A recorder shows the modelled hierarchy, if there is one, what
 * it sees itself: the model's own ops are not emitted then, and its accesses come here. */
#ifndef EMU_CPU_RECORD_H
#define EMU_CPU_RECORD_H

#include "cpu/block.h"
#include "mmu/hierarchy/hierarchy.h"

typedef struct Recorder {
    void *context;
    /* An instruction begins (again, when it was abandoned): its fetch. A `rep` begins once for each iteration, and once more when
     * it finds RCX zero. */
    void (*begin)(void *context, const Reference *fetch);
    /* It makes an access: KIND_READ or KIND_WRITE; `modify`: a read that the instruction also writes to. */
    void (*access)(void *context, const Reference *reference, AccessKind kind, bool modify);
    /* It is over: retired, or abandoned, to begin again or never. */
    void (*end)(void *context, bool retired);
    /* As Mmu.model_flush and model_switch. */
    void (*flushed)(void *context, u64 cr3, u64 start, u64 end);
    void (*switched)(void *context, u64 cr3, bool renewed);
    Reference fetch; /* of the instruction that has begun */
    bool begun;
    u64 reads, writes; /* shown so far, whether their instructions retired or not; modifies are writes */
} Recorder;

/* From now on `recorder` sees everything (NULL: nobody any more). Blocks decoded so far are forgotten. */
void cpu_record_attach(Cpu *cpu, Recorder *recorder);

/* Is somebody to be shown accesses: a model, a recorder? */
static INLINE bool cpu_observed(const Cpu *cpu) { return cpu->model != NULL || cpu->blocks->recorder != NULL; }

/* What the interpreter tells: the instruction at `rip`, if it has begun, will not retire now; whatever has begun has retired; the
 * same instruction goes on. Cheap without a recorder, and on cold paths. */
void cpu_record_end(Cpu *cpu, bool retired);
static INLINE void cpu_record_settle(Cpu *cpu)
{
    if (UNLIKELY(cpu->blocks->recorder != NULL) && cpu->blocks->recorder->begun)
        cpu_record_end(cpu, true);
}
static INLINE void cpu_record_abandon(Cpu *cpu, u64 rip)
{
    if (UNLIKELY(cpu->blocks->recorder != NULL) && cpu->blocks->recorder->begun && cpu->blocks->recorder->fetch.address == rip)
        cpu_record_end(cpu, false);
}
/* An iteration of a `rep` is done: the next one, or the look at RCX, is fetched as an instruction. For the model as well: an
 * inclusive cache may have taken the line away in between. */
void cpu_record_again(Cpu *cpu);
static INLINE void cpu_record_iteration(Cpu *cpu)
{
    if (UNLIKELY(cpu_observed(cpu)))
        cpu_record_again(cpu);
}

/* Emitted by the translator in front of each instruction: disp is its address; imm its paddr, with its length in the upper 8 bits;
 * taken the paddr of the next page where it reaches into it. */
OpHandler cpu_record_op_begin;

#endif

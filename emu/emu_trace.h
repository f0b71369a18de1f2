/* libemu's traces: every instruction and access of a run, one after the other, and the way back: a trace shown to a modelled
 * hierarchy, which counts what it would have counted live. A page of its own beside emu.h.
 *
 * Counted as cachegrind counts: a read-modify-write is one access; a `rep` is fetched once for each iteration, and once more
 * when it finds RCX zero. */
#ifndef EMU_EMU_TRACE_H
#define EMU_EMU_TRACE_H

#include "emu/emu.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum EmuTraceKind {
    EMU_TRACE_FETCH,  /* of an instruction: address, size */
    EMU_TRACE_READ, EMU_TRACE_WRITE,
    EMU_TRACE_MODIFY, /* read and written in one */
    EMU_TRACE_PAGE,   /* the page of the next access is translated so: new, or changed */
    EMU_TRACE_FLUSH,  /* the system dropped translations of [address, end) in `space` */
    EMU_TRACE_SPACE,  /* another address space runs: `space`; `renewed`: what was known of that number is void */
} EmuTraceKind;

typedef struct EmuTraced {
    EmuTraceKind kind;
    uint64_t address, end;
    uint32_t size;           /* bytes */
    uint32_t space;          /* a number per address space */
    bool renewed;
    /* PAGE; address is the page's: */
    bool dirty;              /* D is set in the leaf */
    int leaf_level;          /* 1: 4 KiB, 2: 2 MiB, 3: 1 GiB */
    uint64_t paddr;          /* of the page */
    uint64_t table_paddr[5]; /* [level] where the entries lie that a walk reads */
} EmuTraced;

/* What one instruction did, in order: its fetch, its accesses, pages in front of them; or one FLUSH or SPACE alone. */
typedef struct EmuTraceStep {
    int pid, tid;
    uint64_t number;  /* of the step; instructions that retired count, from 1 */
    bool retired;     /* false: a fault interrupted it; caches have seen it, counts have not */
    uint32_t count;
    const EmuTraced *events;
} EmuTraceStep;

/* Called for each instruction from now on (NULL: no more). Every instruction then runs some ten times slower. 0 or ENOMEM. */
typedef void EmuTracer(void *context, const EmuTraceStep *step);
int emu_trace_accesses(Emu *emu, EmuTracer *tracer, void *context);

/* Shows an event to the hierarchy of a machine that does not run: afterwards emu_hierarchy_count() has counted it. `counted`
 * false: what an abandoned instruction did. 0 or ENOMEM. */
int emu_replay(Emu *emu, const EmuTraced *event, bool counted);

#ifdef __cplusplus
}
#endif

#endif

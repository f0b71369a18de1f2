/* Time travel: a machine made with EmuConfig.record remembers its run and can go back in it.
 *
 * The idea: the machine is deterministic, so a run is a function of its inputs. What the host answers is logged; now and then
 * the whole machine is kept as a checkpoint (only the pages that changed). Going back is: restore the checkpoint before the
 * place, run forward to it with the host's answers taken from the log. Nothing reaches the host while the past is re-lived:
 * what was printed is not printed again.
 *
 *   start ──── checkpoint ──── checkpoint ──── now
 *                  └── restore ── run ──► here            emu_run() goes forward from here, as far as `now`: EMU_HISTORY_END;
 *                                                         and from there the present goes on
 *
 * Places are instruction counts: count N is behind N instructions of the whole machine, all threads together. The past cannot be
 * changed: emu_write() and emu_set_registers() fail there. At the end (not `past`) they may be used as always. */
#ifndef EMU_EMU_RECORD_H
#define EMU_EMU_RECORD_H

#include "emu/emu.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct EmuRecordInfo {
    bool recording;           /* made with EmuConfig.record: the rest means something */
    bool past;                /* now < end: what runs is a replay */
    bool from_file;           /* made by emu_replay_open(): there is no present behind the end */
    uint64_t now, start, end; /* counts; start: how far back one can go */
    uint32_t checkpoints;
    uint64_t checkpoint_bytes, log_bytes, limit; /* limit: of both together */
} EmuRecordInfo;
void emu_record_info(const Emu *emu, EmuRecordInfo *info);
/* Changes the bound on memory; the oldest history goes when it is reached, and half the checkpoints before that. */
void emu_record_limit(Emu *emu, uint64_t bytes);

/* All of these leave breakpoints and watchpoints as they are, and return why and where they stopped:
 *   EMU_BUDGET         at the place asked for
 *   EMU_BREAKPOINT     tid stands at a breakpoint, not executed
 *   EMU_WATCHPOINT     tid is about to execute the instruction that touches the watched bytes (gdb's reverse watch): address, size
 *   EMU_HISTORY_START, EMU_HISTORY_END, EMU_INTERRUPTED (then the machine is where it was before) */

/* To behind `count` instructions, back or forward; in the present, forward runs on (at most so far). Breakpoints do not count. */
EmuStop emu_goto(Emu *emu, uint64_t count);
/* Back, until thread `tid` (0: the last that ran) has `insns` instructions less behind it. */
EmuStop emu_reverse_step(Emu *emu, int tid, uint64_t insns);

/* Is this a stop that is wanted? The machine stands there: for a breakpoint at it, for a watchpoint behind the instruction.
 * `stop` NULL: time has jumped to an earlier place; what was remembered of values is void. */
typedef bool EmuStopFilter(void *context, const EmuStop *stop);
/* Back to the last breakpoint or access to a watchpoint before now; a filter (NULL: all) says which count. */
EmuStop emu_reverse_continue(Emu *emu, EmuStopFilter *filter, void *context);

/* Who wrote last to [address, address + size) of the process (0: the last that ran)? The machine stays where it is. */
typedef struct EmuWriter {
    uint64_t count;           /* instructions before it: emu_goto(count) stands at it */
    int pid, tid;
    uint64_t pc, address;     /* the instruction, and where it wrote */
    uint32_t size;
} EmuWriter;
/* false: nobody since the start of the history (or the instruction is a system call's: then pc is behind it). */
bool emu_last_write(Emu *emu, int pid, uint64_t address, uint64_t size, EmuWriter *writer);

/* The last instructions of thread `tid` before now, newest first, at most `insns` of them; stops when visit returns false. The
 * machine stays where it is. How many were visited. */
typedef struct EmuStep { uint64_t count, pc, rsp; } EmuStep; /* as they were before the instruction */
typedef bool EmuStepVisit(void *context, const EmuStep *step);
uint64_t emu_history(Emu *emu, int tid, uint64_t insns, EmuStepVisit *visit, void *context);

/* A number that two machines share when all registers of all threads and all frames of memory in use are equal. */
uint64_t emu_state_hash(Emu *emu);

/* ---- recordings as files -------------------------------------------------------------------------------------- */

/* After emu_create() with EmuConfig.record and before emu_load(): everything that the run depends on goes to `path` too, programs and
 * other inputs included. 0, or an errno. */
int emu_record_to(Emu *emu, const char *path);
/* Ends the file: its length is known and it is whole. 0, or the errno of the first write that failed. */
int emu_record_close(Emu *emu);
/* A machine that re-lives the recording, standing at its start. Output goes nowhere unless `echo`: then what the program wrote to
 * its descriptors 1 and 2 is written to ours. NULL, and one line in `why`: not a recording, damaged, another version. */
Emu *emu_replay_open(const char *path, bool echo, char *why, size_t why_size);
/* At the end of a replay: did it come out as the recorded run did, by count and state? */
bool emu_replay_faithful(Emu *emu);

#ifdef __cplusplus
}
#endif

#endif

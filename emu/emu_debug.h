/* libemu for debuggers: what ptrace(2) gives a tracer. Stops for signals, system calls, fork and exec; threads that are held,
 * stepped, or given another signal; files as a process sees them. Part of emu.h's machine; ui/gdb is a user of all of it. */
#ifndef EMU_EMU_EMU_DEBUG_H
#define EMU_EMU_EMU_DEBUG_H

#include "emu/emu.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct EmuTrace {
    uint64_t signals;         /* EMU_SIGNAL before these act: bit n - 1 is signal n */
    bool forks, execs, ends;  /* EMU_FORKED, VFORKED, VFORK_DONE; EMU_EXECED; EMU_ENDED */
    bool calls;               /* EMU_CALL_ENTRY and EMU_CALL_RETURN … */
    const uint32_t *numbers;  /* … of these; NULL: of all */
    uint32_t number_count;
} EmuTrace;
/* From now on emu_run() stops for these in processes that are traced: at first all are, and children are when forks are told of.
 * Breakpoints and watchpoints then stop traced processes only. NULL: no such stops any more, whoever is held runs again. false: no
 * memory. */
bool emu_trace(Emu *emu, const EmuTrace *trace);
/* Lets go of a process (its held threads run again, its steps are forgotten), or takes it up. false: no such process. */
bool emu_trace_process(Emu *emu, int pid, bool traced);

/* A held thread does not run. false: no such thread. */
bool emu_hold(Emu *emu, int tid, bool held);
/* EMU_STEPPED after the thread's next instruction, which with `first` is the next of all that run. */
bool emu_step(Emu *emu, int tid, bool step, bool first);
/* The thread's next instruction is executed even if a breakpoint lies at it. */
bool emu_pass_breakpoint(Emu *emu, int tid);

/* The signal that a thread is about to act on: after EMU_SIGNAL, that one. 0: none. It may be replaced by another, or by 0. */
int emu_pending_signal(Emu *emu, int tid);
bool emu_set_pending_signal(Emu *emu, int tid, int signal);
/* Its siginfo_t: 128 bytes. false: there is none. */
bool emu_signal_info(Emu *emu, int tid, void *info);
bool emu_set_signal_info(Emu *emu, int tid, const void *info);

/* The system call that a thread is in, or that a signal has interrupted; -1: none. What Linux calls orig_rax. */
int64_t emu_call(Emu *emu, int tid);
/* -1: an interrupted call is not made again. Else, with RAX -512 … -516, it is: RIP must be behind a `syscall`. */
bool emu_set_call(Emu *emu, int tid, int64_t number);
/* Ends the call that a thread waits in, as a signal would; before its registers are changed. */
bool emu_interrupt_call(Emu *emu, int tid);

/* What each byte of an instruction is for: p prefix (REX and VEX too), o opcode, m ModRM, s SIB, d displacement, i immediate. `roles`
 * gets `length` of these letters and a NUL. false: the bytes are no instruction of that length (1 … 15). */
#define EMU_INSN_ROLES "pomsdi"
bool emu_insn_roles(const uint8_t *bytes, uint32_t length, char *roles);

/* emu_watchpoint() for any process. */
bool emu_watchpoint_in(Emu *emu, int pid, uint64_t address, uint64_t size, uint32_t access, bool set);
/* Kills a process, at once. */
bool emu_kill(Emu *emu, int pid);

typedef struct EmuOpened {
    int fd;         /* a host descriptor, read-only; -1: `text` is all there is */
    const void *text; /* until emu_opened_close() */
    uint64_t size;
} EmuOpened;
/* Opens a file as the process would find it, to be read: a host file, or the present text of one of the guest's own /proc. 0 or an
 * errno. */
int emu_open(Emu *emu, int pid, const char *path, EmuOpened *opened);
void emu_opened_close(EmuOpened *opened);
/* readlink(2) in the same way: its length (at most `size`), or -errno. */
int64_t emu_readlink(Emu *emu, int pid, const char *path, char *target, uint64_t size);

#ifdef __cplusplus
}
#endif

#endif

/* Between the files that make time travel: what a recorded machine has besides (emu_record.h). Inside emu/ only. */
#ifndef EMU_EMU_RECORD_H_
#define EMU_EMU_RECORD_H_

#include "emu/checkpoint.h"
#include "emu/emu_record.h"
#include "emu/machine.h"
#include "kernel/events.h"
#include "kernel/host_log.h"

typedef struct RecordBreak { u64 address; } RecordBreak;
typedef struct RecordWatch { int pid; u64 address, size; u32 access; } RecordWatch;

typedef struct Record {
    HostLog *log;
    Heap *heap;
    Checkpoints all;
    u64 limit;
    u64 spacing;        /* instructions between checkpoints: grows when they take too much of the time */
    u64 last_ns;        /* host time when the last one was taken */
    u32 at;             /* the checkpoint that the machine was put back to last, or has passed by putting back */
    bool past;          /* the machine is before the newest checkpoint */
    bool interrupted;   /* emu_interrupt() came while the machine was on its way */
    bool changed;       /* somebody has changed it since it ran last */
    bool from_file;     /* a replay of a file: there is no present */
    bool streaming;     /* a recording to a file: nothing is kept here, and one cannot go back */
    int sink;           /* … that file; -1: none */
    u64 log_start;      /* … where in it the log begins */
    int echo[2];        /* from_file: descriptors of the recording whose output is shown, the first time through; -1 */
    u64 final_count;    /* from_file: instructions of the whole run */
    u64 final_hash;
    bool final_known;
    RecordBreak *breaks; /* set in the machine, for taking out while somebody looks around in time */
    u32 break_count, break_capacity;
    RecordWatch *watches;
    u32 watch_count, watch_capacity;
} Record;

/* record.c */
/* For emu_create(): fills in heap and log of the kernel's configuration. NULL: no memory. */
Record *record_create(u64 limit);
void record_destroy(Record *record);
/* Before the machine goes: to the present, where its descriptors are its own; a replay has none. */
void record_leave(Emu *emu);
void record_loaded(Emu *emu);                /* the program stands at its beginning */
KernelStop record_run(Emu *emu, u64 max_insns);
/* Somebody wants to change the machine: false in the past. */
bool record_may_change(Emu *emu);
void record_breakpoint(Record *record, u64 address, bool set);
void record_watchpoint(Record *record, int pid, u64 address, u64 size, u32 access, bool set);
/* Around looking at structures and memory between runs: no log, and the host is asked only about the present. */
KernelScope record_look(Emu *emu);

/* record_file.c */
/* The program is about to be loaded: the head of the file. */
void record_file_begin(Emu *emu, const char *path, const char *const *argv, const char *const *envp);
/* emu.c: a machine that remembers in `record`, which is its own from now on (freed also when it fails: NULL, errno). */
Emu *machine_make(const EmuConfig *config, Record *record);

/* record_travel.c */
/* Breakpoints, watchpoints and events are out of the machine until they are put in again. */
Events *record_suspend(Emu *emu);
void record_resume(Emu *emu, Events *events);
/* Keeps the present as the newest checkpoint, so that one can come back to it. false: no memory. */
bool record_keep_end(Emu *emu);
void record_put_back(Emu *emu, u32 index);
/* To `count`, which is not after the newest checkpoint; everything that stops is out of the machine. false: interrupted, or no
 * way there. */
bool record_move(Emu *emu, u64 count);
/* Where the machine is, to come back. */
typedef struct RecordPlace { u64 count; bool past; } RecordPlace;
RecordPlace record_place(const Emu *emu);
void record_return(Emu *emu, RecordPlace place);

static inline u64 record_now(const Emu *emu) { return emu->kernel->cpu.stats.insns; }

#endif

/* What an Emu is made of. Inside emu/ only. */
#ifndef EMU_EMU_MACHINE_H
#define EMU_EMU_MACHINE_H

#include "emu/emu.h"
#include "kernel/kernel.h"
#include "kernel/kernel_api.h"
#include "loader/dwarf.h"

/* A program file, read for its names; kept until the machine goes. */
typedef struct Program Program;
struct Program {
    Program *next;
    char *path;
    EmuFile *file;         /* NULL: could not be read */
    struct Demangler *names; /* NULL: nobody has asked yet */
    DebugInfo *dwarf; /* NULL: none, or not looked for yet */
    bool dwarf_tried;
    u32 number;            /* 1, 2 …: tells type handles of different programs apart */
};

struct Emu {
    Kernel *kernel;
    EmuConfig config;
    u64 run_ns;
    u64 changes;             /* how often it was run, or changed from outside */
    struct FrameMemory *frame_memory; /* where the last look at a frame ended (backtrace.c), or NULL */
    int last_pid, last_tid; /* who ran last */
    bool att_syntax;
    struct Record *record;   /* what it remembers of its run, or NULL */
    struct Hierarchy *model; /* the modelled hierarchy, or NULL */
    char *description;       /* its text, as last asked for */
    struct Recording *recording; /* who listens to every access (trace.c), or NULL */
    struct Replay *replay;       /* pages of a replayed trace (replay.c), or NULL */
    Program *programs;
    struct HeapWatch *heap;  /* the watched heap (heap.c), or NULL */
    struct AccessBook *accesses; /* to the page whose accesses are counted; NULL: none is */
    struct Why *why;         /* the history of one page; NULL: not kept */
    char error[512];
};

/* The process / thread with that number (0: the last that ran), or NULL. */
Process *machine_process(Emu *emu, int pid);
Task *machine_task(Emu *emu, int tid);

/* The program that the process runs, and the bias it was loaded at. NULL: no such process, or its file cannot be read. */
Program *machine_program(Emu *emu, int pid, u64 *bias);
/* Its debugging information, or NULL. */
DebugInfo *program_dwarf(Program *program);
DebugInfo *machine_dwarf(Emu *emu, int pid, u64 *bias);
/* The type of the global variable `name` of the program that runs (0: unknown), and the bytes that one of a type takes. */
u64 machine_global_type(Emu *emu, const char *name, u64 address);
u64 machine_type_size(Emu *emu, u64 type);
void machine_forget_programs(Emu *emu);
void machine_forget_frames(Emu *emu);
void machine_forget_model(Emu *emu);
void machine_forget_recording(Emu *emu);
void machine_forget_replay(Emu *emu);
void machine_forget_why(Emu *emu);
void machine_forget_accesses(Emu *emu);

/* A frame of a thread, as DWARF needs it. */
typedef struct MachineFrame {
    DwarfRegisters registers; /* cfa: of this frame, 0 when unknown */
    bool exact;               /* the pc is an instruction to be executed, not a return address */
} MachineFrame;
/* Frame `level` (0: the innermost); false: there are not so many. */
bool machine_frame(Emu *emu, int tid, u32 level, MachineFrame *frame);
/* Reads 8 bytes of the memory of the process of `context`, a MemoryOf. */
typedef struct MemoryOf { Emu *emu; int pid; } MemoryOf;
bool machine_read_word(void *context, u64 address, u64 *value);

#endif

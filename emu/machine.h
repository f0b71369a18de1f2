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
    DebugInfo *dwarf; /* NULL: none, or not looked for yet */
    bool dwarf_tried;
};

struct Emu {
    Kernel *kernel;
    EmuConfig config;
    u64 run_ns;
    int last_pid, last_tid; /* who ran last */
    bool att_syntax;
    Program *programs;
    char error[512];
};

/* The process / thread with that number (0: the last that ran), or NULL. */
Process *machine_process(Emu *emu, int pid);
Task *machine_task(Emu *emu, int tid);

/* The program that the process runs, and the bias it was loaded at. NULL: no such process, or its file cannot be read. */
Program *machine_program(Emu *emu, int pid, u64 *bias);
/* Its debugging information, or NULL. */
DebugInfo *machine_dwarf(Emu *emu, int pid, u64 *bias);
void machine_forget_programs(Emu *emu);

#endif

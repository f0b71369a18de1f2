/* What the files of the guest's /proc say (proc_process.c, proc_machine.c), for proc_fs.c. */
#ifndef EMU_KERNEL_PROC_ENTRIES_H
#define EMU_KERNEL_PROC_ENTRIES_H

#include "kernel/kernel.h"
#include "kernel/path.h"
#include "kernel/text.h"

typedef enum ProcKind {
    PROC_NONE,
    PROC_ROOT,        /* /proc */
    PROC_ROOT_FILE,   /* /proc/NAME: machine_entries[entry] */
    PROC_ROOT_LINK,   /* /proc/self, /proc/thread-self */
    PROC_PROCESS,     /* /proc/PID and /proc/PID/task/TID (node.tid != 0) */
    PROC_PROCESS_FILE,/* process_entries[entry] */
    PROC_PROCESS_LINK,/* exe, cwd, root: process_entries[entry] */
    PROC_TASKS,       /* /proc/PID/task */
    PROC_FDS,         /* /proc/PID/fd */
    PROC_FD_LINK,     /* /proc/PID/fd/N */
    PROC_FDINFOS,     /* /proc/PID/fdinfo */
    PROC_FDINFO,      /* /proc/PID/fdinfo/N */
} ProcKind;

/* Whom a node speaks of; both NULL for the machine. */
typedef struct ProcSubject {
    Kernel *kernel;
    Process *process;
    Task *task;       /* the thread, or the process's first */
} ProcSubject;

typedef void ProcText(Text *text, const ProcSubject *subject);
/* Takes what was written to the file in one call. Bytes taken, or -errno. */
typedef i64 ProcWrite(const ProcSubject *subject, const char *bytes, u64 size);

typedef struct ProcEntry {
    const char *name;
    u16 kind;        /* PROC_ROOT_FILE, PROC_PROCESS_FILE, PROC_PROCESS_LINK, PROC_TASKS, PROC_FDS, PROC_FDINFOS */
    u16 mode;        /* permission bits */
    bool per_thread; /* also below task/TID */
    ProcText *text;  /* NULL: no text (links, directories, mem) */
    ProcWrite *write; /* NULL: read-only */
} ProcEntry;

/* Whom a node speaks of; false: they are gone. */
bool proc_subject(Kernel *kernel, const ProcNode *node, ProcSubject *subject);
/* The subject's descriptor; NULL: not open. */
OpenFile *proc_subject_file(const ProcSubject *subject, i32 number);
/* The row of a file or link; NULL: a directory, a descriptor. */
const ProcEntry *proc_node_entry(const ProcNode *node);
/* /proc/PID/fdinfo/N */
void proc_fdinfo(Text *text, const ProcSubject *subject, i32 number);

extern const ProcEntry proc_process_entries[];
extern const u32 proc_process_entry_count;
extern const ProcEntry proc_machine_entries[];
extern const u32 proc_machine_entry_count;

void proc_maps(Text *text, const ProcSubject *subject);
void proc_smaps(Text *text, const ProcSubject *subject);
void proc_smaps_rollup(Text *text, const ProcSubject *subject);
/* Resident pages that no file backs. */
u64 proc_anonymous_pages(const Space *space);

#endif

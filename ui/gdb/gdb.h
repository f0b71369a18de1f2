/* The gdb remote stub: gdb's Remote Serial Protocol (gdb manual, appendix "Remote Protocol") over emu/emu_debug.h.
 *
 *   gdb ──packets── link.c ── packet.c ── serve.c ─┬─ registers.c  g G p P, target.xml
 *                                                  ├─ memory.c     m M X, Z z, qSearch, qCRC
 *                                                  ├─ resume.c     vCont and what stops it ── stops.c
 *                                                  ├─ query.c      q… Q… and qXfer objects
 *                                                  ├─ lldb.c       what lldb asks beyond that
 *                                                  ├─ launch.c     vRun, vAttach, R: programs that gdb starts or takes up
 *                                                  ├─ files.c      vFile
 *                                                  └─ monitor.c    qRcmd: the console's commands
 *
 * All-stop, multiprocess. What comes from the other side is parsed as text by an enemy: every number is bounded, every reply is made
 * in a buffer that grows. */
#ifndef EMU_UI_GDB_GDB_H
#define EMU_UI_GDB_GDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/emu_debug.h"
#include "ui/gdb/link.h"
#include "ui/gdb/packet.h"
#include "ui/gdb/serve.h"

enum { GDB_FILES = 32, GDB_CALLS = 512 };

typedef enum PointKind { POINT_SOFT, POINT_HARD, POINT_WRITE, POINT_READ, POINT_ACCESS } PointKind; /* Z0 … Z4 */

typedef struct Point {
    int pid;
    PointKind kind;
    uint64_t address, size;
    bool wanted, set; /* code: as gdb wants it; as the machine has it */
} Point;

typedef struct Thread { int pid, tid; } Thread; /* 0: any, -1: all */

/* What the next program is started with: gdb's `run`, `set environment`, `set cwd` … */
typedef struct Start {
    const GdbLaunch *launch; /* how; and what it was at first */
    char *path;              /* of the last program; NULL: the first */
    char **argv;             /* its words, NULL-terminated; NULL: the first's */
    char **edits;            /* of the environment: "NAME=VALUE" or, to unset it, "NAME"; NULL-terminated; or NULL */
    size_t edit_count;
    bool random_addresses;
    int home;                /* descriptor of the directory that emu was started in; -1: it was never left */
} Start;

typedef struct Gdb {
    Link link;
    Packet in;
    Reply out;
    Emu *emu;
    EmuStop stop;          /* the last one told */
    bool over;             /* the program has ended, or was killed: `stop` says how */
    bool detached;         /* nobody debugs, the machine runs */
    bool extended;         /* `target extended-remote`: the conversation outlives the program */
    Start start;
    bool lldb;             /* it is lldb: stops name their thread, k is replied to */
    bool short_floats;     /* gdb knows types of 16-bit floats */
    bool multiprocess, swbreak, fork_events, vfork_events, exec_events, no_resumed;
    int *attached;         /* pids that gdb debugs */
    int taken_up;          /* the last of them that gdb has attached to itself: 0 is none */
    size_t attached_count;
    Thread general;        /* Hg: whose registers and memory are meant */
    Point *points;
    size_t point_count;
    uint64_t pass_signals; /* bit n - 1: Linux's signal n is not told */
    bool catch_calls;
    uint32_t calls[GDB_CALLS], call_count; /* those; 0: all */
    uint64_t range_start, range_end;       /* vCont;r of range_tid; 0: none */
    int range_tid;
    EmuOpened files[GDB_FILES];
    bool file_open[GDB_FILES];
    struct Console *console; /* of monitor; NULL: not used yet */
    uint8_t *object;       /* the object that qXfer reads, as it was at offset 0, */
    char object_name[96];  /* and its name and annex; "": there is none */
    size_t object_size;
} Gdb;

/* ---- between the files ---- */

/* serve.c: answers the packet in gdb->in; the reply is in gdb->out. false: no reply is to be sent (now). */
bool gdb_answer(Gdb *gdb);
void gdb_init(Gdb *gdb, Emu *emu);
void gdb_done(Gdb *gdb);
void gdb_error(Gdb *gdb, unsigned number);  /* "E.." */
void gdb_ok(Gdb *gdb);
/* Kills a process that gdb debugs; 0: all of them. */
void gdb_kill(Gdb *gdb, int pid);

/* threads.c */
bool gdb_parse_thread(const Gdb *gdb, Cursor *cursor, Thread *thread);
void gdb_reply_thread(Gdb *gdb, int pid, int tid);
bool gdb_is_attached(const Gdb *gdb, int pid);
bool gdb_attach(Gdb *gdb, int pid);
void gdb_detach(Gdb *gdb, int pid);
/* The thread that `thread` means: itself, or any of its process. false: there is none. */
bool gdb_thread(Gdb *gdb, Thread thread, EmuTask *task);
/* The thread and process of Hg. */
int gdb_tid(Gdb *gdb);
int gdb_pid(Gdb *gdb);
void gdb_answer_thread_query(Gdb *gdb, bool first);
void gdb_thread_list(Gdb *gdb, Reply *xml);

/* registers.c */
void registers_read_all(Gdb *gdb);
void registers_write_all(Gdb *gdb, Cursor *cursor);
void registers_read_one(Gdb *gdb, Cursor *cursor);
void registers_write_one(Gdb *gdb, Cursor *cursor);
void registers_describe(Reply *xml, bool short_floats);
/* "NUMBER:VALUE;" of rbp, rsp and rip */
void registers_expedite(Gdb *gdb, int tid);

/* memory.c */
void remote_memory_read(Gdb *gdb, Cursor *cursor);
void remote_memory_write(Gdb *gdb, Cursor *cursor, bool binary);
void memory_search(Gdb *gdb, Cursor *cursor);
void memory_checksum(Gdb *gdb, Cursor *cursor);
void points_change(Gdb *gdb, Cursor *cursor, bool insert);
/* The machine gets what gdb wants, before it runs. */
void points_apply(Gdb *gdb);
void points_forget(Gdb *gdb, int pid);
/* fork: the child's memory has the parent's. */
void points_copy(Gdb *gdb, int parent, int child);
bool points_code_at(const Gdb *gdb, int pid, uint64_t address);
const Point *points_touched(const Gdb *gdb, const EmuStop *stop);

/* resume.c: runs the machine and replies with the stop. false: no reply (the connection has gone). */
bool resume_packet(Gdb *gdb, Cursor *cursor);
bool resume_old(Gdb *gdb, char action, Cursor *cursor);
/* "bs", "bc" */
bool resume_backwards(Gdb *gdb, Cursor *cursor);
/* Nobody debugs: runs until somebody connects, or the end. */
void resume_detached(Gdb *gdb);
/* What the machine stops for, after a change of what gdb wants. */
void resume_configure(Gdb *gdb);

/* stops.c: the reply that tells of gdb->stop. */
void stop_reply(Gdb *gdb);
/* siginfo_t of a stop that is no signal of the program's: what ptrace(2) would show. */
enum { SIGINFO_SIZE = 128 };
void stop_signal_info(const Gdb *gdb, uint8_t info[SIGINFO_SIZE]);
int signal_to_gdb(int linux_signal);
int signal_from_gdb(uint64_t gdb_signal);

/* launch.c: answers the packet behind the words that its caller has taken */
void launch_run(Gdb *gdb, Cursor *cursor);      /* vRun */
void launch_attach(Gdb *gdb, Cursor *cursor);   /* vAttach */
bool launch_restart(Gdb *gdb);                  /* R: false, as there is no reply */
bool launch_setting(Gdb *gdb, Cursor *cursor);  /* QEnvironment…, QSetWorkingDir, QDisableRandomization; false: none of them */
void launch_done(Gdb *gdb);

/* query.c */
bool query_get(Gdb *gdb, Cursor *cursor);
bool query_set(Gdb *gdb, Cursor *cursor);

/* lldb.c: qHostInfo, qProcessInfo, qThreadStopInfo, qMemoryRegionInfo; false: none of them */
bool query_lldb(Gdb *gdb, Cursor *cursor);
/* In a stop reply: "hexname:NAME;", which only lldb wants there. */
void lldb_thread_name(Gdb *gdb, const EmuTask *task);

/* files.c */
void remote_file_request(Gdb *gdb, Cursor *cursor);
void remote_files_close(Gdb *gdb);

/* monitor.c */
void monitor_command(Gdb *gdb, const char *line);
bool monitor_stops_at(const Gdb *gdb, uint64_t address);
void monitor_done(Gdb *gdb);

#endif

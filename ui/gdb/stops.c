/* Telling gdb why the program stands still: stop replies, and gdb's own numbers for signals. */
#include <string.h>

#include "ui/gdb/gdb.h"

/* gdb numbers signals in its own way, the same for every system: include/gdb/signals.def. [Linux's number] */
static const uint8_t gdb_signals[] = {
    [1] = 1, [2] = 2, [3] = 3, [4] = 4, [5] = 5, [6] = 6, [7] = 10, [8] = 8, [9] = 9, [10] = 30, [11] = 11, [12] = 31, [13] = 13,
    [14] = 14, [15] = 15, [16] = 143 /* SIGSTKFLT: unknown to gdb */, [17] = 20, [18] = 19, [19] = 17, [20] = 18, [21] = 21, [22] = 22,
    [23] = 16, [24] = 24, [25] = 25, [26] = 26, [27] = 27, [28] = 28, [29] = 23, [30] = 32, [31] = 12,
};
enum { REAL_32 = 77, REAL_33 = 45, REAL_64 = 78, UNKNOWN = 143 }; /* 33 … 63 follow each other */

int signal_to_gdb(int signal)
{
    if (signal > 0 && signal < (int)sizeof gdb_signals)
        return gdb_signals[signal];
    return signal == 32 ? REAL_32 : signal == 64 ? REAL_64 : signal > 32 && signal < 64 ? REAL_33 + signal - 33 : signal ? UNKNOWN : 0;
}

int signal_from_gdb(uint64_t number)
{
    for (int signal = 1; signal <= 64 && number; signal++)
        if ((uint64_t)signal_to_gdb(signal) == number && number != UNKNOWN)
            return signal;
    return 0;
}

void stop_signal_info(const Gdb *gdb, uint8_t info[SIGINFO_SIZE])
{
    enum { TRAP_TRACE = 2, TRAP_HARDWARE = 4, FROM_KERNEL = 0x80 };
    EmuStopKind kind = gdb->stop.kind;
    int32_t head[3] = {kind == EMU_INTERRUPTED ? 2 : 5, 0, 0}; /* si_signo, si_errno, si_code */
    head[2] = kind == EMU_INTERRUPTED ? 0 : kind == EMU_BREAKPOINT ? FROM_KERNEL : kind == EMU_WATCHPOINT ? TRAP_HARDWARE : TRAP_TRACE;
    memset(info, 0, SIGINFO_SIZE);
    memcpy(info, head, sizeof head);
}

static void reply_stopped(Gdb *gdb, int linux_signal)
{
    reply_text(&gdb->out, "T%02xthread:", (unsigned)signal_to_gdb(linux_signal));
    gdb_reply_thread(gdb, gdb->stop.pid, gdb->stop.tid);
    EmuTask task;
    reply_text(&gdb->out, ";core:0;");
    if (gdb->lldb && gdb_thread(gdb, (Thread){gdb->stop.pid, gdb->stop.tid}, &task))
        lldb_thread_name(gdb, &task);
    registers_expedite(gdb, gdb->stop.tid);
}

static void reply_ended(Gdb *gdb, char kind, unsigned code)
{
    reply_text(&gdb->out, "%c%02x", kind, code);
    if (gdb->multiprocess)
        reply_text(&gdb->out, ";process:%x", (unsigned)gdb->stop.pid);
}

static void reply_watch(Gdb *gdb)
{
    static const char *const names[] = {[POINT_WRITE] = "watch", [POINT_READ] = "rwatch", [POINT_ACCESS] = "awatch"};
    const Point *point = points_touched(gdb, &gdb->stop);
    reply_stopped(gdb, 5);
    if (!point)
        return;
    uint64_t address = gdb->stop.address > point->address ? gdb->stop.address : point->address; /* one that gdb watches */
    reply_text(&gdb->out, "%s:%llx;", names[point->kind], (unsigned long long)address);
}

static void reply_exec(Gdb *gdb)
{
    EmuTask task;
    reply_stopped(gdb, 5);
    if (!gdb_thread(gdb, (Thread){gdb->stop.pid, gdb->stop.tid}, &task))
        return;
    reply_text(&gdb->out, "exec:");
    reply_hex(&gdb->out, task.exe, strlen(task.exe));
    reply_text(&gdb->out, ";");
}

static void reply_fork(Gdb *gdb)
{
    reply_stopped(gdb, 5);
    reply_text(&gdb->out, gdb->stop.kind == EMU_FORKED ? "fork:" : "vfork:");
    gdb_reply_thread(gdb, gdb->stop.child, gdb->stop.child);
    reply_text(&gdb->out, ";");
}

void stop_reply(Gdb *gdb)
{
    const EmuStop *stop = &gdb->stop;
    bool entry = stop->kind == EMU_CALL_ENTRY;
    switch (stop->kind) {
    case EMU_EXITED: reply_ended(gdb, 'W', (unsigned)stop->status); break;
    case EMU_KILLED: reply_ended(gdb, 'X', (unsigned)signal_to_gdb(stop->signal)); break;
    case EMU_ENDED: reply_ended(gdb, stop->signal ? 'X' : 'W', (unsigned)(stop->signal ? signal_to_gdb(stop->signal) : stop->status)); break;
    case EMU_BUDGET:
    case EMU_TIMEOUT: reply_ended(gdb, 'X', 9); break; /* its time is over */
    case EMU_DEADLOCK: reply_text(&gdb->out, gdb->no_resumed ? "N" : "T00"); break;
    case EMU_INTERRUPTED: reply_stopped(gdb, 2); break;
    case EMU_SIGNAL:
    case EMU_FATAL: reply_stopped(gdb, stop->signal); break;
    case EMU_BREAKPOINT:
        reply_stopped(gdb, 5);
        if (gdb->swbreak)
            reply_text(&gdb->out, "swbreak:;");
        break;
    case EMU_WATCHPOINT: reply_watch(gdb); break;
    case EMU_CALL_ENTRY:
    case EMU_CALL_RETURN:
        reply_stopped(gdb, 5);
        reply_text(&gdb->out, "%s:%llx;", entry ? "syscall_entry" : "syscall_return", (unsigned long long)stop->number);
        break;
    case EMU_FORKED:
    case EMU_VFORKED: reply_fork(gdb); break;
    case EMU_VFORK_DONE:
        reply_stopped(gdb, 5);
        reply_text(&gdb->out, "vforkdone:;");
        break;
    case EMU_EXECED: reply_exec(gdb); break;
    case EMU_HISTORY_START:
    case EMU_HISTORY_END:
        reply_stopped(gdb, 5);
        reply_text(&gdb->out, "replaylog:%s;", stop->kind == EMU_HISTORY_START ? "begin" : "end");
        break;
    case EMU_HALTED:
    case EMU_STEPPED: reply_stopped(gdb, 5); break;
    }
}

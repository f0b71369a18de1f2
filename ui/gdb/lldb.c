/* What lldb asks beyond gdb's questions: what machine and process this is, and what lies at an address. LLDB, docs/lldb-gdb-remote.txt.
 * Without an answer it has no `memory region` and guesses the system. */
#include <string.h>

#include "ui/gdb/gdb.h"

static void put_triple(Gdb *gdb)
{
    static const char triple[] = "x86_64-unknown-linux-gnu";
    reply_text(&gdb->out, "triple:");
    reply_hex(&gdb->out, triple, sizeof triple - 1);
    reply_text(&gdb->out, ";ostype:linux;endian:little;ptrsize:8;");
}

static void host(Gdb *gdb)
{
    gdb->lldb = true; /* nobody else asks */
    put_triple(gdb);
    reply_text(&gdb->out, "watchpoint_exceptions_received:after;");
}

static void process(Gdb *gdb)
{
    EmuTask task;
    if (!gdb_thread(gdb, (Thread){0, gdb_tid(gdb)}, &task)) {
        gdb_error(gdb, 1);
        return;
    }
    reply_text(&gdb->out, "pid:%x;parent-pid:%x;", (unsigned)task.pid, (unsigned)task.parent);
    put_triple(gdb);
}

static void region(Gdb *gdb, Cursor *cursor)
{
    uint64_t address, start = 0, end = 0; /* of the gap that the address is in, when no mapping has it; 0: all addresses */
    EmuMapping m = {.end = 0};
    int pid = gdb_pid(gdb);
    if (!take_hex(cursor, &address) || cursor->at != cursor->end || pid <= 0) {
        gdb_error(gdb, 1);
        return;
    }
    bool found = false;
    for (uint32_t i = 0; !found && !end && emu_mapping(gdb->emu, pid, i, &m); i++) {
        found = address >= m.start && address < m.end;
        if (m.end <= address)
            start = m.end;
        else
            end = m.start;
    }
    if (!found) {
        reply_text(&gdb->out, "start:%llx;size:%llx;permissions:;", (unsigned long long)start,
                   (unsigned long long)(end ? end - start : UINT64_MAX - start));
        return;
    }
    reply_text(&gdb->out, "start:%llx;size:%llx;permissions:%s%s%s;", (unsigned long long)m.start, (unsigned long long)(m.end - m.start),
               m.flags & EMU_MAP_READ ? "r" : "", m.flags & EMU_MAP_WRITE ? "w" : "", m.flags & EMU_MAP_EXEC ? "x" : "");
    if (*m.name) {
        reply_text(&gdb->out, "name:");
        reply_hex(&gdb->out, m.name, strlen(m.name));
        reply_text(&gdb->out, ";");
    }
}

/* Why a thread stands still: the one that stopped, as told before; the others, because that one did. */
static void thread_stop(Gdb *gdb, Cursor *cursor)
{
    EmuTask task;
    Thread thread;
    if (!gdb_parse_thread(gdb, cursor, &thread) || !gdb_thread(gdb, thread, &task)) {
        gdb_error(gdb, 1);
    } else if (task.tid == gdb->stop.tid) {
        stop_reply(gdb);
    } else {
        reply_text(&gdb->out, "T00thread:");
        gdb_reply_thread(gdb, task.pid, task.tid);
        reply_text(&gdb->out, ";");
        lldb_thread_name(gdb, &task);
    }
}

void lldb_thread_name(Gdb *gdb, const EmuTask *task)
{
    reply_text(&gdb->out, "hexname:");
    reply_hex(&gdb->out, task->name, strlen(task->name));
    reply_text(&gdb->out, ";");
}

bool query_lldb(Gdb *gdb, Cursor *cursor)
{
    if (take_text(cursor, "HostInfo"))
        host(gdb);
    else if (take_text(cursor, "ThreadStopInfo"))
        thread_stop(gdb, cursor);
    else if (take_text(cursor, "ProcessInfo"))
        process(gdb);
    else if (take_text(cursor, "MemoryRegionInfo:"))
        region(gdb, cursor);
    else
        return false;
    return true;
}

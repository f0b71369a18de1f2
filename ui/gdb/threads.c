/* Which processes gdb debugs, and the names of their threads: "pPID.TID" (or "TID" when gdb does not speak multiprocess). */
#include <stdlib.h>
#include <string.h>

#include "ui/gdb/gdb.h"

/* -1, or a hexadecimal number that is a pid. */
static bool take_id(Cursor *cursor, int *id)
{
    uint64_t number;
    if (take_text(cursor, "-1")) {
        *id = -1;
        return true;
    }
    if (!take_hex(cursor, &number) || number > INT32_MAX)
        return false;
    *id = (int)number;
    return true;
}

bool gdb_parse_thread(const Gdb *gdb, Cursor *cursor, Thread *thread)
{
    *thread = (Thread){0, 0};
    if (!take_char(cursor, 'p')) {
        if (!take_id(cursor, &thread->tid))
            return false;
        thread->pid = gdb->multiprocess ? 0 : thread->tid < 0 ? -1 : 0;
        return true;
    }
    if (!take_id(cursor, &thread->pid))
        return false;
    thread->tid = -1; /* "pPID" alone: all of it */
    return !take_char(cursor, '.') || take_id(cursor, &thread->tid);
}

void gdb_reply_thread(Gdb *gdb, int pid, int tid)
{
    if (gdb->multiprocess)
        reply_text(&gdb->out, "p%x.%x", (unsigned)pid, (unsigned)tid);
    else
        reply_text(&gdb->out, "%x", (unsigned)tid);
}

bool gdb_is_attached(const Gdb *gdb, int pid)
{
    for (size_t i = 0; i < gdb->attached_count; i++)
        if (gdb->attached[i] == pid)
            return true;
    return false;
}

bool gdb_attach(Gdb *gdb, int pid)
{
    if (gdb_is_attached(gdb, pid))
        return true;
    int *grown = realloc(gdb->attached, (gdb->attached_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    gdb->attached = grown;
    gdb->attached[gdb->attached_count++] = pid;
    emu_trace_process(gdb->emu, pid, true);
    return true;
}

void gdb_detach(Gdb *gdb, int pid)
{
    for (size_t i = gdb->attached_count; i-- > 0;)
        if (gdb->attached[i] == pid)
            gdb->attached[i] = gdb->attached[--gdb->attached_count];
    if (gdb->taken_up == pid)
        gdb->taken_up = 0;
    points_forget(gdb, pid);
    emu_trace_process(gdb->emu, pid, false);
    if (gdb->general.pid == pid)
        gdb->general = (Thread){0, 0};
}

bool gdb_thread(Gdb *gdb, Thread thread, EmuTask *task)
{
    for (uint32_t i = 0; emu_task(gdb->emu, i, task); i++) {
        bool process = thread.pid <= 0 || task->pid == thread.pid, same = thread.tid <= 0 || task->tid == thread.tid;
        if (process && same && task->state != 'Z' && gdb_is_attached(gdb, task->pid))
            return true;
    }
    return false;
}

int gdb_tid(Gdb *gdb)
{
    EmuTask task;
    if (gdb->general.tid <= 0 && (gdb->general.pid <= 0 || gdb->general.pid == gdb->stop.pid) &&
        gdb_thread(gdb, (Thread){gdb->stop.pid, gdb->stop.tid}, &task))
        return task.tid;
    return gdb_thread(gdb, gdb->general, &task) ? task.tid : -1;
}

int gdb_pid(Gdb *gdb)
{
    EmuTask task;
    int tid = gdb_tid(gdb);
    return tid > 0 && gdb_thread(gdb, (Thread){0, tid}, &task) ? task.pid : -1;
}

/* All at once: a program has few threads, and a reply may be long. */
void gdb_answer_thread_query(Gdb *gdb, bool first)
{
    EmuTask task;
    if (!first) {
        reply_text(&gdb->out, "l");
        return;
    }
    for (uint32_t i = 0; emu_task(gdb->emu, i, &task); i++) {
        if (task.state == 'Z' || !gdb_is_attached(gdb, task.pid))
            continue;
        reply_text(&gdb->out, gdb->out.size ? "," : "m");
        gdb_reply_thread(gdb, task.pid, task.tid);
    }
    if (!gdb->out.size)
        reply_text(&gdb->out, "l");
}

static void xml_text(Reply *xml, const char *text)
{
    for (; *text; text++) {
        if (strchr("<>&\"'", *text) || (unsigned char)*text < ' ')
            reply_text(xml, "&#%d;", (unsigned char)*text < ' ' ? '?' : *text);
        else
            reply_bytes(xml, text, 1);
    }
}

void gdb_thread_list(Gdb *gdb, Reply *xml)
{
    EmuTask task;
    reply_text(xml, "<?xml version=\"1.0\"?>\n<threads>\n");
    for (uint32_t i = 0; emu_task(gdb->emu, i, &task); i++) {
        if (task.state == 'Z' || !gdb_is_attached(gdb, task.pid))
            continue;
        if (gdb->multiprocess)
            reply_text(xml, "<thread id=\"p%x.%x\" core=\"0\" name=\"", (unsigned)task.pid, (unsigned)task.tid);
        else
            reply_text(xml, "<thread id=\"%x\" core=\"0\" name=\"", (unsigned)task.tid);
        xml_text(xml, task.name);
        reply_text(xml, "\"/>\n");
    }
    reply_text(xml, "</threads>\n");
}

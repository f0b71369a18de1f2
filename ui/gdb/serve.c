/* One packet in, one reply out; and the life of the connection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/gdb/serve.h"
#include "ui/gdb/gdb.h"

void gdb_error(Gdb *gdb, unsigned number)
{
    reply_clear(&gdb->out);
    reply_text(&gdb->out, "E%02x", number);
}

void gdb_ok(Gdb *gdb) { reply_text(&gdb->out, "OK"); }

/* "Hg THREAD", "Hc THREAD": what the following packets are about. Hc is said with each vCont now, and is only checked. */
static void set_thread(Gdb *gdb, Cursor *cursor)
{
    EmuTask task;
    Thread thread;
    bool general = take_char(cursor, 'g');
    if ((!general && !take_char(cursor, 'c')) || !gdb_parse_thread(gdb, cursor, &thread) || !gdb_thread(gdb, thread, &task)) {
        gdb_error(gdb, 1);
        return;
    }
    if (general)
        gdb->general = thread;
    gdb_ok(gdb);
}

static void thread_alive(Gdb *gdb, Cursor *cursor)
{
    EmuTask task;
    Thread thread;
    if (gdb_parse_thread(gdb, cursor, &thread) && gdb_thread(gdb, thread, &task))
        gdb_ok(gdb);
    else
        gdb_error(gdb, 1);
}

/* ";PID" or nothing: whom D and vKill mean; 0: everybody. */
static bool take_pid(Cursor *cursor, int *pid)
{
    uint64_t number = 0;
    if (take_char(cursor, ';') && (!take_hex(cursor, &number) || number > INT32_MAX))
        return false;
    *pid = (int)number;
    return true;
}

static void detach(Gdb *gdb, Cursor *cursor)
{
    int pid;
    if (!take_pid(cursor, &pid) || (pid && !gdb_is_attached(gdb, pid))) {
        gdb_error(gdb, 1);
        return;
    }
    while (!pid && gdb->attached_count)
        gdb_detach(gdb, gdb->attached[0]);
    if (pid)
        gdb_detach(gdb, pid);
    gdb->detached = gdb->attached_count == 0;
    gdb_ok(gdb);
}

void gdb_kill(Gdb *gdb, int pid)
{
    for (size_t i = gdb->attached_count; i-- > 0;) {
        int each = gdb->attached[i];
        if (pid && each != pid)
            continue;
        gdb_detach(gdb, each);
        emu_kill(gdb->emu, each);
    }
    if (gdb->attached_count == 0) {
        gdb->over = true;
        gdb->stop = (EmuStop){.kind = EMU_KILLED, .signal = 9};
    }
}

/* Is there a program to go on with? If not, that is replied. */
static bool refuse(Gdb *gdb)
{
    if (gdb->over || gdb->detached)
        gdb_error(gdb, 1);
    return gdb->over || gdb->detached;
}

static bool answer_v(Gdb *gdb, Cursor *cursor)
{
    int pid;
    if (take_text(cursor, "Cont?")) {
        reply_text(&gdb->out, "vCont;c;C;s;S;t;r");
    } else if (take_text(cursor, "Cont")) {
        return refuse(gdb) || resume_packet(gdb, cursor);
    } else if (take_text(cursor, "File:")) {
        remote_file_request(gdb, cursor);
    } else if (take_text(cursor, "Run")) {
        launch_run(gdb, cursor);
    } else if (take_text(cursor, "Attach")) {
        launch_attach(gdb, cursor);
    } else if (take_text(cursor, "Kill")) {
        if (take_pid(cursor, &pid) && pid && gdb_is_attached(gdb, pid)) {
            gdb_kill(gdb, pid);
            gdb_ok(gdb);
        } else {
            gdb_error(gdb, 1);
        }
    }
    return true; /* vMustReplyEmpty and all others: an empty reply */
}

bool gdb_answer(Gdb *gdb)
{
    Cursor all = packet_cursor(&gdb->in), *cursor = &all;
    char kind = all.at < all.end ? *all.at++ : 0;
    reply_clear(&gdb->out);
    switch (kind) {
    case '?': stop_reply(gdb); break;
    case 'g': registers_read_all(gdb); break;
    case 'G': registers_write_all(gdb, cursor); break;
    case 'p': registers_read_one(gdb, cursor); break;
    case 'P': registers_write_one(gdb, cursor); break;
    case 'm': remote_memory_read(gdb, cursor); break;
    case 'M': remote_memory_write(gdb, cursor, false); break;
    case 'X': remote_memory_write(gdb, cursor, true); break;
    case 'z': points_change(gdb, cursor, false); break;
    case 'Z': points_change(gdb, cursor, true); break;
    case 'H': set_thread(gdb, cursor); break;
    case 'T': thread_alive(gdb, cursor); break;
    case 'D': detach(gdb, cursor); break;
    case 'k':
        gdb_kill(gdb, 0);
        if (gdb->lldb)
            stop_reply(gdb);
        return gdb->lldb;
    case 'c': case 'C': case 's': case 'S': return refuse(gdb) || resume_old(gdb, kind, cursor);
    case 'b': return refuse(gdb) || resume_backwards(gdb, cursor);
    case 'R': return launch_restart(gdb);
    case '!':
        gdb->extended = true;
        gdb_ok(gdb);
        break;
    case 'q': return query_get(gdb, cursor);
    case 'Q': return query_set(gdb, cursor);
    case 'v': return answer_v(gdb, cursor);
    default: break; /* an empty reply: not supported */
    }
    return true;
}

/* ---- the connection -------------------------------------------------------------------------------------------- */

void gdb_init(Gdb *gdb, Emu *emu)
{
    int pid, tid;
    *gdb = (Gdb){.emu = emu, .link = {.listener = -1, .in = -1, .out = -1}, .stop = {.kind = EMU_STEPPED}, .start = {.home = -1}};
    resume_configure(gdb);
    if (emu_last_task(emu, &pid, &tid)) {
        gdb->stop.pid = pid;
        gdb->stop.tid = tid;
    }
}

/* A new conversation begins: nothing of the last one holds. */
static void greet(Gdb *gdb)
{
    EmuTask task;
    gdb->in.no_ack = false;
    gdb->lldb = gdb->short_floats = gdb->multiprocess = gdb->swbreak = gdb->fork_events = gdb->vfork_events = gdb->exec_events = gdb->no_resumed = false;
    gdb->pass_signals = 0;
    gdb->catch_calls = false;
    gdb->general = (Thread){0, 0};
    gdb->detached = gdb->extended = false;
    for (uint32_t i = 0; emu_task(gdb->emu, i, &task) && !gdb->attached_count; i++)
        if (task.state != 'Z') /* the first process that lives: the program */
            gdb_attach(gdb, task.pid);
    resume_configure(gdb);
}

void gdb_done(Gdb *gdb)
{
    points_forget(gdb, 0);
    remote_files_close(gdb);
    monitor_done(gdb);
    launch_done(gdb);
    link_close(&gdb->link);
    reply_free(&gdb->out);
    free(gdb->points);
    free(gdb->attached);
    free(gdb->object);
}

/* Until gdb goes away; unless it is extended, until it detaches or the program is over. */
static void converse(Gdb *gdb)
{
    while (gdb->extended || (!gdb->over && !gdb->detached)) {
        if (gdb->detached)
            resume_detached(gdb);
        PacketResult result = packet_receive(&gdb->in, &gdb->link);
        if (result == PACKET_GONE)
            return;
        if (result == PACKET_INTERRUPT) /* nothing runs */
            continue;
        if (result == PACKET_TOO_LONG)
            gdb_error(gdb, 1);
        else if (!gdb_answer(gdb))
            continue;
        if (!reply_send(&gdb->out, &gdb->in, &gdb->link))
            return;
    }
}

bool gdb_serve(Emu **emu, const char *place, const GdbLaunch *launch, EmuStop *stop)
{
    Gdb *gdb = malloc(sizeof *gdb);
    if (!gdb) {
        fputs("emu: no memory for gdb\n", stderr);
        return false;
    }
    gdb_init(gdb, *emu);
    gdb->start.launch = launch->launch ? launch : NULL;
    bool good = link_open(&gdb->link, place);
    while (good && !gdb->over) {
        if (!link_accept(&gdb->link)) { /* the one conversation is over: the program is not */
            gdb_kill(gdb, 0);
            gdb->over = true;
            break;
        }
        greet(gdb);
        converse(gdb);
        link_drop(&gdb->link);
        if (gdb->detached && !gdb->over)
            resume_detached(gdb);
    }
    *stop = gdb->stop;
    *emu = gdb->emu;
    gdb_done(gdb);
    free(gdb);
    return good;
}

/* Going on: vCont, and which stops of the machine gdb is told of. */
#include <stdlib.h>
#include <string.h>

#include "emu/emu_record.h"
#include "ui/gdb/gdb.h"

enum { ACTIONS_MAX = 64 };

typedef struct Action {
    char kind;      /* c s t */
    bool has_signal;
    int signal;     /* Linux's; has_signal false: 0 */
    uint64_t start, end; /* of a range to step through; 0: one instruction */
    Thread thread;
} Action;

static uint64_t pc_of(Gdb *gdb, int tid)
{
    EmuRegisters r;
    return emu_registers(gdb->emu, tid, &r) ? r.rip : 0;
}

void resume_configure(Gdb *gdb)
{
    EmuTrace trace = {
        .signals = ~gdb->pass_signals, .forks = gdb->fork_events || gdb->vfork_events, .execs = true, .ends = true,
        .calls = gdb->catch_calls, .numbers = gdb->call_count ? gdb->calls : NULL, .number_count = gdb->call_count,
    };
    emu_trace(gdb->emu, &trace);
}

/* ---- what to do ------------------------------------------------------------------------------------------------ */

static bool take_action(const Gdb *gdb, Cursor *cursor, Action *action)
{
    uint64_t signal = 0;
    *action = (Action){.thread = {-1, -1}};
    if (cursor->at == cursor->end || !strchr("cCsStr", *cursor->at))
        return false;
    char kind = *cursor->at++;
    action->kind = kind == 'C' ? 'c' : kind == 'S' || kind == 'r' ? 's' : kind;
    if (kind == 'C' || kind == 'S') {
        action->has_signal = true;
        if (!take_hex(cursor, &signal))
            return false;
        action->signal = signal_from_gdb(signal);
    }
    if (kind == 'r' && (!take_hex(cursor, &action->start) || !take_char(cursor, ',') || !take_hex(cursor, &action->end)))
        return false;
    return !take_char(cursor, ':') || gdb_parse_thread(gdb, cursor, &action->thread);
}

static bool applies(const Action *action, const EmuTask *task)
{
    return (action->thread.pid <= 0 || action->thread.pid == task->pid) && (action->thread.tid <= 0 || action->thread.tid == task->tid);
}

/* Every thread does what the first action that fits says; without one it stands still. */
static void set_threads(Gdb *gdb, const Action *actions, size_t count)
{
    EmuTask task;
    bool first = true;
    gdb->range_start = gdb->range_end = 0;
    for (uint32_t i = 0; emu_task(gdb->emu, i, &task); i++) {
        if (task.state == 'Z' || !gdb_is_attached(gdb, task.pid))
            continue;
        size_t n = 0;
        while (n < count && !applies(&actions[n], &task))
            n++;
        bool runs = n < count && actions[n].kind != 't', steps = runs && actions[n].kind == 's';
        emu_hold(gdb->emu, task.tid, !runs);
        if (runs)
            emu_set_pending_signal(gdb->emu, task.tid, actions[n].signal);
        emu_step(gdb->emu, task.tid, steps, first);
        if (steps && first && actions[n].end > actions[n].start) {
            gdb->range_start = actions[n].start;
            gdb->range_end = actions[n].end;
            gdb->range_tid = task.tid;
        }
        first = first && !steps;
    }
}

/* ---- what is told ---------------------------------------------------------------------------------------------- */

/* Does the step end here, or does it go on through its range of code? */
static bool step_ends(Gdb *gdb)
{
    uint64_t pc = pc_of(gdb, gdb->stop.tid);
    bool inside = gdb->range_end && gdb->stop.tid == gdb->range_tid && pc >= gdb->range_start && pc < gdb->range_end;
    if (!inside || points_code_at(gdb, gdb->stop.pid, pc))
        return true;
    emu_step(gdb->emu, gdb->stop.tid, true, true);
    return false;
}

static bool code_stop(Gdb *gdb)
{
    uint64_t pc = pc_of(gdb, gdb->stop.tid);
    if (points_code_at(gdb, gdb->stop.pid, pc) || monitor_stops_at(gdb, pc))
        return true;
    emu_pass_breakpoint(gdb->emu, gdb->stop.tid);
    return false;
}

static void forked(Gdb *gdb)
{
    gdb_attach(gdb, gdb->stop.child);
    points_copy(gdb, gdb->stop.pid, gdb->stop.child);
}

/* Is there a process left that gdb debugs? */
static bool any_attached(Gdb *gdb)
{
    EmuTask task;
    for (uint32_t i = 0; emu_task(gdb->emu, i, &task); i++)
        if (task.state != 'Z' && gdb_is_attached(gdb, task.pid))
            return true;
    return false;
}

/* A process has ended, and maybe everything with it. */
static void ended(Gdb *gdb)
{
    gdb_detach(gdb, gdb->stop.pid);
    if (gdb->attached_count)
        return;
    gdb->over = gdb->stop.kind != EMU_ENDED;
    gdb->detached = !gdb->over;
}

/* Is gdb told of gdb->stop? What follows from it for us is done here. */
static bool told(Gdb *gdb)
{
    switch (gdb->stop.kind) {
    case EMU_INTERRUPTED: return false; /* whoever interrupted is looked for in take_input() */
    case EMU_STEPPED: return step_ends(gdb);
    case EMU_BREAKPOINT: return code_stop(gdb);
    case EMU_WATCHPOINT: return points_touched(gdb, &gdb->stop) || gdb->console;
    case EMU_FORKED:
    case EMU_VFORKED: forked(gdb); return true;
    case EMU_EXECED: points_forget(gdb, gdb->stop.pid); return gdb->exec_events;
    case EMU_BUDGET:
    case EMU_TIMEOUT: gdb->over = true; return true;
    case EMU_ENDED:
    case EMU_EXITED:
    case EMU_KILLED:
        if (!gdb_is_attached(gdb, gdb->stop.pid)) {
            gdb->over = gdb->stop.kind != EMU_ENDED && !any_attached(gdb);
            return gdb->over;
        }
        ended(gdb);
        return true;
    default: return true;
    }
}

typedef enum Input { INPUT_NOTHING, INPUT_INTERRUPT, INPUT_GONE } Input;

/* What has come while the machine ran: in all-stop that can only be the interrupt. */
static Input take_input(Gdb *gdb)
{
    while (link_pending(&gdb->link)) {
        int c = link_byte(&gdb->link);
        if (c < 0)
            return INPUT_GONE;
        if (c == 3)
            return INPUT_INTERRUPT;
    }
    return INPUT_NOTHING;
}

static bool any_runs(Gdb *gdb)
{
    EmuTask task;
    for (uint32_t i = 0; emu_task(gdb->emu, i, &task); i++)
        if (task.state != 'Z')
            return true;
    return false;
}

/* The stop is about a thread that exists. */
static void interrupted_at(Gdb *gdb)
{
    EmuTask task;
    if (!gdb_thread(gdb, (Thread){gdb->stop.pid, gdb->stop.tid}, &task) && !gdb_thread(gdb, (Thread){0, 0}, &task))
        return;
    gdb->stop.pid = task.pid;
    gdb->stop.tid = task.tid;
}

static void interrupted(Gdb *gdb)
{
    gdb->stop.kind = EMU_INTERRUPTED;
    interrupted_at(gdb);
}

/* Runs until there is something to tell. false: gdb has gone. */
static bool run(Gdb *gdb)
{
    Input input = INPUT_NOTHING;
    points_apply(gdb);
    link_interrupts(&gdb->link, gdb->emu);
    for (;;) {
        input = take_input(gdb);
        if (input != INPUT_NOTHING)
            break;
        int pid = gdb->stop.pid, tid = gdb->stop.tid;
        gdb->stop = emu_run(gdb->emu, EMU_FOREVER);
        if (!gdb->stop.tid) { /* nobody was running */
            gdb->stop.pid = pid;
            gdb->stop.tid = tid;
        }
        if (gdb->stop.kind == EMU_DEADLOCK && any_runs(gdb)) { /* only gdb can help: by its interrupt */
            if (!link_wait(&gdb->link)) {
                input = INPUT_GONE;
                break;
            }
            continue;
        }
        if (told(gdb))
            break;
    }
    link_interrupts(&gdb->link, NULL);
    if (input == INPUT_INTERRUPT)
        interrupted(gdb);
    return input != INPUT_GONE;
}

static bool go(Gdb *gdb, const Action *actions, size_t count)
{
    set_threads(gdb, actions, count);
    gdb->general = (Thread){0, 0};
    if (!run(gdb))
        return false;
    stop_reply(gdb);
    return true;
}

bool resume_packet(Gdb *gdb, Cursor *cursor)
{
    Action actions[ACTIONS_MAX];
    size_t count = 0;
    while (count < ACTIONS_MAX && take_char(cursor, ';') && take_action(gdb, cursor, &actions[count]))
        count++;
    if (!count || cursor->at != cursor->end) {
        gdb_error(gdb, 1);
        return true;
    }
    return go(gdb, actions, count);
}

/* "c [ADDRESS]", "C SIGNAL[;ADDRESS]", "s", "S": what vCont has replaced. An address to go on at is not taken. */
bool resume_old(Gdb *gdb, char action, Cursor *cursor)
{
    Action each[2] = {{.kind = 'c', .thread = {gdb->stop.pid, gdb->stop.tid}}, {.kind = 'c', .thread = {-1, -1}}};
    uint64_t signal = 0;
    bool good = (action != 'C' && action != 'S') || take_hex(cursor, &signal);
    if (!good || cursor->at != cursor->end) {
        gdb_error(gdb, 1);
        return true;
    }
    each[0].signal = signal_from_gdb(signal);
    each[0].kind = action == 's' || action == 'S' ? 's' : 'c';
    return go(gdb, each, 2);
}

/* ---- backwards --------------------------------------------------------------------------------------------------- */

static bool wanted(void *context, const EmuStop *stop)
{
    const Gdb *gdb = context;
    if (!stop) /* time has jumped */
        return false;
    if (stop->kind == EMU_BREAKPOINT)
        return points_code_at(gdb, stop->pid, pc_of((Gdb *)context, stop->tid));
    return stop->kind != EMU_WATCHPOINT || points_touched(gdb, stop);
}

bool resume_backwards(Gdb *gdb, Cursor *cursor)
{
    EmuRecordInfo info;
    bool step = take_char(cursor, 's');
    emu_record_info(gdb->emu, &info);
    if (!info.recording || (!step && !take_char(cursor, 'c')) || cursor->at != cursor->end) {
        gdb_error(gdb, 1);
        return true;
    }
    points_apply(gdb);
    link_interrupts(&gdb->link, gdb->emu);
    gdb->stop = step ? emu_reverse_step(gdb->emu, gdb_tid(gdb), 1) : emu_reverse_continue(gdb->emu, wanted, gdb);
    link_interrupts(&gdb->link, NULL);
    if (gdb->stop.kind == EMU_BUDGET)
        gdb->stop.kind = EMU_STEPPED;
    if (gdb->stop.kind == EMU_INTERRUPTED && take_input(gdb) == INPUT_GONE)
        return false;
    interrupted_at(gdb);
    gdb->general = (Thread){0, 0};
    stop_reply(gdb);
    return true;
}

/* ---- alone ------------------------------------------------------------------------------------------------------- */

void resume_detached(Gdb *gdb)
{
    link_interrupts(&gdb->link, gdb->emu);
    while (!gdb->over && !link_pending(&gdb->link)) {
        gdb->stop = emu_run(gdb->emu, EMU_FOREVER);
        bool waits = gdb->stop.kind == EMU_DEADLOCK && (gdb->link.listener >= 0 || gdb->link.in >= 0);
        if (waits && !link_wait(&gdb->link))
            waits = false;
        gdb->over = gdb->stop.kind == EMU_EXITED || gdb->stop.kind == EMU_KILLED || gdb->stop.kind == EMU_BUDGET ||
                    gdb->stop.kind == EMU_TIMEOUT || (gdb->stop.kind == EMU_DEADLOCK && !waits);
    }
    link_interrupts(&gdb->link, NULL);
    if (!gdb->over)
        gdb->stop.kind = EMU_STEPPED; /* nothing has happened to it but our coming */
}

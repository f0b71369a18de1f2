/* The machine's thread. Four models go round: one the machine fills and keeps (the glow remembers in it), a copy of it in
 * the making, one published, one shown. They are swapped under a lock that nobody holds for longer than that. */
#define _GNU_SOURCE
#include "ui/window/runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SLICE_NS = 8000000, /* a command waits at most so long */
    SLICE_MIN = 1000,   /* instructions */
    STEP_MS = 100,      /* model time of one step */
};

/* ---- what happened -------------------------------------------------------------------------------------------- */

static bool limit_reached(Runner *r)
{
    EmuStats stats;
    emu_stats(r->emu, &stats);
    return r->insns_limit && stats.insns >= r->insns_limit;
}

static bool is_end(Runner *r, const EmuStop *stop)
{
    switch (stop->kind) {
    case EMU_EXITED:
    case EMU_KILLED:
    case EMU_TIMEOUT:
    case EMU_DEADLOCK: return true;
    case EMU_BUDGET: return limit_reached(r);
    default: return false;
    }
}

static void describe_end(const EmuStop *stop, char status[96])
{
    switch (stop->kind) {
    case EMU_EXITED: snprintf(status, 96, "ended with exit status %d", stop->status); break;
    case EMU_KILLED: snprintf(status, 96, "killed: %s", strsignal(stop->signal)); break;
    case EMU_TIMEOUT: snprintf(status, 96, "time limit reached"); break;
    case EMU_DEADLOCK: snprintf(status, 96, "every thread waits for another"); break;
    default: snprintf(status, 96, "instruction limit reached");
    }
}

static void describe_pause(Runner *r, char status[96])
{
    EmuRegisters registers;
    char place[80] = "";
    if (emu_registers(r->emu, 0, &registers))
        model_name_address(r->emu, 0, registers.rip, place, sizeof place);
    EmuRecordInfo info;
    emu_record_info(r->emu, &info);
    snprintf(status, 96, "%s%s%s", info.past ? "in the past" : "paused", place[0] ? info.past ? ": " : " in " : "", place);
}

static void describe_hit(Runner *r, const EmuStop *stop, char status[96])
{
    char place[64] = "";
    if (stop->kind == EMU_WATCHPOINT) {
        model_name_address(r->emu, 0, stop->address, place, sizeof place);
        snprintf(status, 96, "watched: 0x%llx%s%s was %s", (unsigned long long)stop->address, place[0] ? " " : "", place,
                 stop->write ? "written" : "read");
        return;
    }
    EmuRegisters registers;
    if (emu_registers(r->emu, stop->tid, &registers))
        model_name_address(r->emu, 0, registers.rip, place, sizeof place);
    snprintf(status, 96, "breakpoint%s%s", place[0] ? " at " : "", place);
}

/* After a slice: what the window says, and whether the machine goes on. */
static void settle(Runner *r, const EmuStop *stop, bool single)
{
    char status[96] = "running";
    bool end = is_end(r, stop), fatal = stop->kind == EMU_FATAL && !r->pass_fatal;
    bool hit = stop->kind == EMU_BREAKPOINT || stop->kind == EMU_WATCHPOINT;
    if (end)
        describe_end(stop, status);
    else if (fatal)
        snprintf(status, sizeof status, "about to die: %s", strsignal(stop->signal));
    else if (hit)
        describe_hit(r, stop, status);
    else if (stop->kind == EMU_HISTORY_START)
        snprintf(status, sizeof status, "no earlier time is recorded");
    else if (single)
        describe_pause(r, status);
    if (r->hooks && (end || fatal || hit || single) && !r->hooks->stopped(r->hooks->context, stop)) {
        pthread_mutex_lock(&r->lock);
        r->resume = true; /* a breakpoint whose condition is false */
        pthread_mutex_unlock(&r->lock);
        return;
    }
    pthread_mutex_lock(&r->lock);
    if (end && !r->hooks) {
        r->ended = true;
        r->stop = *stop;
    }
    if (r->mode == RUN_PAUSED && !end && !single && !fatal && !hit)
        r->asked = true; /* paused meanwhile: wait_for_work() says where */
    else
        memcpy(r->status, status, sizeof status);
    if ((end || fatal || single || hit) && r->mode != RUN_QUIT)
        r->mode = RUN_PAUSED;
    r->asked |= end || fatal || single || hit;
    pthread_mutex_unlock(&r->lock);
}

/* ---- orders ---------------------------------------------------------------------------------------- */

/* To another time, where the run is recorded. */
static void go_to(Runner *r, uint64_t count)
{
    EmuRecordInfo info;
    emu_record_info(r->emu, &info);
    if (!info.recording)
        return;
    count = count < info.start ? info.start : count;
    EmuStop stop = emu_goto(r->emu, count);
    if (stop.kind == EMU_INTERRUPTED)
        stop = emu_goto(r->emu, count); /* by the poke that paused it */
    settle(r, &stop, true);
}

static void obey(Runner *r)
{
    Order orders[ORDERS_MAX];
    pthread_mutex_lock(&r->lock);
    uint32_t count = r->order_count;
    memcpy(orders, r->orders, sizeof orders);
    r->order_count = 0;
    pthread_mutex_unlock(&r->lock);
    for (uint32_t i = 0; i < count; i++) {
        switch (orders[i].kind) {
        case ORDER_MARK: runner_toggle_mark(r, orders[i].address, orders[i].size); break;
        case ORDER_ZERO: counters_zero(&r->counters, r->emu); break;
        case ORDER_DUMP: runner_dump_counters(r); break;
        case ORDER_GOTO: go_to(r, orders[i].address); break;
        case ORDER_COUNT: runner_count_accesses(r, orders[i].address); break;
        }
    }
}

void runner_order(Runner *r, OrderKind kind, uint64_t address, uint64_t size)
{
    pthread_mutex_lock(&r->lock);
    if (kind == ORDER_GOTO && r->order_count && r->orders[r->order_count - 1].kind == ORDER_GOTO)
        r->order_count--; /* dragging: only the last place counts */
    if (r->order_count < ORDERS_MAX)
        r->orders[r->order_count++] = (Order){kind, address, size};
    runner_hurry_locked(r);
    runner_cut_search_locked(r);
    pthread_mutex_unlock(&r->lock);
}

/* ---- running -------------------------------------------------------------------------------------------------- */

/* A stretch of the run. A breakpoint that it stands on was stopped at before: a run of one instruction does not see it. */
static EmuStop stretch(Runner *r, uint64_t insns, bool to_the_end)
{
    pthread_mutex_lock(&r->lock);
    bool resume = r->resume;
    r->resume = false;
    pthread_mutex_unlock(&r->lock);
    if (resume && r->hooks)
        r->hooks->starting(r->hooks->context);
    if (resume && insns > 1) {
        EmuStop stop = runner_go(r, 1, true);
        if (stop.kind != EMU_BUDGET || limit_reached(r))
            return stop;
        insns--;
    }
    return runner_go(r, insns, to_the_end);
}

typedef struct Destination {
    int tid;
    uint64_t address, least; /* where, with a stack pointer of at least that: deeper calls come by as well */
} Destination;

/* Is it there, or has it ended? */
static bool arrived(Runner *r, const Destination *to)
{
    EmuRegisters registers;
    return !emu_registers(r->emu, to->tid, &registers) ||
           (registers.rip == to->address && registers.r[4] >= to->least);
}

/* On the way the user may ask for other things. false: for another way to go on. */
static bool obey_on_the_way(Runner *r, RunMode mode)
{
    pthread_mutex_lock(&r->lock);
    bool same = r->mode == mode;
    pthread_mutex_unlock(&r->lock);
    if (same)
        obey(r);
    return same;
}

/* Over the breakpoint at the destination, for who is not the one that is waited for. */
static void pass(Runner *r, uint64_t address)
{
    emu_breakpoint(r->emu, address, false);
    runner_go(r, 1, true);
    emu_breakpoint(r->emu, address, true);
}

/* Until the thread is there; pictures are taken on the way. */
static EmuStop run_to(Runner *r, const Destination *to, RunMode mode)
{
    EmuStop stop;
    emu_breakpoint(r->emu, to->address, true);
    for (bool there = false, on = true; !there && on;) {
        EmuRegisters registers;
        stop = stretch(r, r->slice, false);
        bool at = stop.kind == EMU_BREAKPOINT && emu_registers(r->emu, 0, &registers) && registers.rip == to->address;
        on = (at || stop.kind == EMU_BUDGET || stop.kind == EMU_INTERRUPTED) && !limit_reached(r);
        there = on && arrived(r, to);
        on &= !there;
        if (on && !obey_on_the_way(r, mode)) {
            on = false;
            stop.kind = EMU_INTERRUPTED;
        }
        if (on && at)
            pass(r, to->address);
        if (on && runner_picture_due(r))
            runner_picture(r);
        if (there)
            stop.kind = EMU_BUDGET;
    }
    emu_breakpoint(r->emu, to->address, false);
    return stop;
}

/* One instruction; a call runs to its return. */
static EmuStop run_next(Runner *r)
{
    EmuRegisters registers;
    EmuInsn insn;
    bool call = emu_registers(r->emu, 0, &registers) && emu_disassemble(r->emu, 0, registers.rip, &insn) &&
                strncmp(insn.text, "call", 4) == 0;
    EmuStop stop = stretch(r, 1, true);
    if (!call || stop.kind != EMU_BUDGET)
        return stop;
    return run_to(r, &(Destination){stop.tid, registers.rip + insn.length, registers.r[4]}, RUN_NEXT);
}

/* Until this function has returned. */
static EmuStop run_finish(Runner *r)
{
    EmuFrame frames[2];
    if (emu_backtrace(r->emu, 0, frames, 2) < 2 || !frames[0].cfa)
        return (EmuStop){.kind = EMU_BUDGET}; /* nobody to return to: it stays */
    int pid, tid;
    emu_last_task(r->emu, &pid, &tid);
    return run_to(r, &(Destination){tid, frames[1].pc, frames[0].cfa}, RUN_FINISH);
}

static EmuStop run_back(Runner *r)
{
    EmuRecordInfo info;
    emu_record_info(r->emu, &info);
    return info.recording ? emu_reverse_step(r->emu, 0, 1) : (EmuStop){.kind = EMU_HISTORY_START};
}

/* How many instructions to run until it is worth a look at the clock: until the next picture is due, but never so long that
 * a command would wait. */
static uint64_t next_slice(const Runner *r)
{
    uint64_t insns = (uint64_t)((double)r->slice * (double)runner_until_picture(r, SLICE_NS) / SLICE_NS);
    return insns > SLICE_MIN ? insns : SLICE_MIN;
}

/* After one of `insns` instructions: how many of them take SLICE_NS. */
static void adapt_slice(Runner *r, const EmuStop *stop, uint64_t insns, uint64_t took)
{
    if (stop->kind != EMU_BUDGET && took < SLICE_NS)
        return;
    double fit = (double)insns * SLICE_NS / (double)(took ? took : 1), now = (double)r->slice;
    fit = fit > 2 * now ? 2 * now : fit < now / 2 ? now / 2 : fit;
    r->slice = fit > SLICE_MIN ? (uint64_t)fit : SLICE_MIN;
}

/* A slice at full speed. */
static EmuStop run_full(Runner *r)
{
    EmuStats before, after;
    emu_stats(r->emu, &before);
    uint64_t start = runner_now();
    EmuStop stop = stretch(r, next_slice(r), false);
    uint64_t took = runner_now() - start;
    emu_stats(r->emu, &after);
    adapt_slice(r, &stop, after.insns - before.insns, took);
    r->clock_ns += took;
    return stop;
}

/* So many instructions as the speed allows since the last time; waits a little when it allows none. */
static EmuStop run_slowly(Runner *r, uint64_t speed)
{
    EmuStop stop = {.kind = EMU_BUDGET};
    struct timespec pause = {.tv_nsec = 4000000};
    uint64_t start = runner_now(), insns = r->credit / 1000000000;
    r->credit -= insns * 1000000000;
    if (insns)
        stop = stretch(r, insns, false);
    if (runner_now() - start < 4000000)
        nanosleep(&pause, NULL);
    uint64_t took = runner_now() - start;
    r->credit += (took < 100000000 ? took : 100000000) * speed;
    r->clock_ns += took;
    if (insns && insns < 1000)
        r->pacing.savings = 0; /* each one is worth a picture */
    return stop;
}

static void run(Runner *r, RunMode mode, uint64_t speed)
{
    EmuStop stop;
    switch (mode) {
    case RUN_STEP: stop = stretch(r, 1, true); break;
    case RUN_NEXT: stop = run_next(r); break;
    case RUN_FINISH: stop = run_finish(r); break;
    case RUN_BACK: stop = run_back(r); break;
    default: stop = speed == SPEED_FULL ? run_full(r) : run_slowly(r, speed);
    }
    if (mode != RUN_FREE && stop.kind == EMU_INTERRUPTED)
        return; /* a poke from before: the step is still asked for, unless something else is by now */
    if (mode != RUN_FREE)
        r->clock_ns += STEP_MS * 1000000ull;
    settle(r, &stop, mode != RUN_FREE);
}

/* ---- the thread ----------------------------------------------------------------------------------------------- */

/* Sleeps while there is nothing to do. What to do, and what a picture should show. */
static RunMode wait_for_work(Runner *r, ModelRequest *request, uint64_t *speed, bool *asked)
{
    pthread_mutex_lock(&r->lock);
    r->working = false;
    while (!r->asked && (r->mode == RUN_PAUSED || (r->ended && r->mode != RUN_QUIT)))
        pthread_cond_wait(&r->wake, &r->lock);
    RunMode mode = r->ended && r->mode != RUN_QUIT ? RUN_PAUSED : r->mode;
    *request = r->wanted;
    *speed = r->speed;
    *asked = r->asked;
    r->asked = false;
    r->working = true;
    pthread_mutex_unlock(&r->lock);
    return mode;
}

/* The user has paused it: says where. */
static void note_pause(Runner *r)
{
    char status[96];
    pthread_mutex_lock(&r->lock);
    bool news = strcmp(r->status, "running") == 0;
    pthread_mutex_unlock(&r->lock);
    if (!news)
        return;
    describe_pause(r, status);
    EmuStop stop = {.kind = EMU_INTERRUPTED};
    if (r->hooks)
        r->hooks->stopped(r->hooks->context, &stop);
    pthread_mutex_lock(&r->lock);
    memcpy(r->status, status, sizeof r->status);
    pthread_mutex_unlock(&r->lock);
}

/* One turn with the machine. */
static void work(Runner *r, RunMode mode, uint64_t speed, bool asked, ModelRequest *request)
{
    calls_watch(&r->calls, r->emu, request->parts & PART_CALLS);
    request->calls = &r->calls;
    request->marks = &r->marks;
    request->zero = &r->counters.zero;
    request->writer = &r->writer;
    obey(r);
    if (mode == RUN_PAUSED)
        note_pause(r);
    else
        run(r, mode, speed);
    if (r->hooks)
        r->hooks->list(r->hooks->context, &r->marks);
    request->exact = mode != RUN_FREE;
    if (asked || request->exact || runner_picture_due(r))
        runner_publish(r, request);
    if (request->exact)
        runner_find_writer(r, request);
}

static void *runner_main(void *argument)
{
    Runner *r = argument;
    ModelRequest request;
    sigset_t poke;
    sigemptyset(&poke);
    sigaddset(&poke, SIGRTMIN);
    pthread_sigmask(SIG_UNBLOCK, &poke, NULL);
    uint64_t speed;
    bool asked;
    for (RunMode mode; (mode = wait_for_work(r, &request, &speed, &asked)) != RUN_QUIT;) {
        pthread_mutex_lock(&r->machine);
        pthread_mutex_lock(&r->lock);
        if (r->mode == RUN_PAUSED)
            mode = RUN_PAUSED; /* a console has had it meanwhile */
        pthread_mutex_unlock(&r->lock);
        if (r->emu)
            work(r, mode, speed, asked, &request);
        pthread_mutex_unlock(&r->machine);
    }
    return NULL;
}

static void poked(int signal) { (void)signal; }

bool runner_start(Runner *r, Emu *emu, RunMode mode, uint64_t insns_limit, bool pass_fatal, const RunnerHooks *hooks)
{
    *r = (Runner){.emu = emu, .mode = mode, .speed = SPEED_FULL, .asked = true, .slice = 100000, .tables = SWEEP_TABLES, .insns_limit = insns_limit,
                  .pass_fatal = pass_fatal, .hooks = hooks};
    snprintf(r->status, sizeof r->status, "%s", mode == RUN_PAUSED ? "not started" : "running");
    r->model = &r->models[0];
    r->spare = &r->models[1];
    r->published = &r->models[2];
    r->shown = &r->models[3];
    struct sigaction poke = {.sa_handler = poked};
    sigset_t all;
    sigaction(SIGRTMIN, &poke, NULL);
    pthread_mutex_init(&r->machine, NULL);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->wake, NULL);
    pthread_cond_init(&r->news, NULL);
    pacing_begin(&r->pacing, 0);
    pthread_mutex_lock(&r->lock);
    bool started = pthread_create(&r->thread, NULL, runner_main, r) == 0 && pthread_getcpuclockid(r->thread, &r->clock) == 0;
    pthread_mutex_unlock(&r->lock);
    if (!started)
        return false;
    sigfillset(&all); /* signals are the program's: they shall reach the thread that runs it */
    pthread_sigmask(SIG_BLOCK, &all, &r->mask);
    return true;
}

void runner_poke(Runner *r)
{
    pthread_mutex_lock(&r->lock);
    runner_poke_locked(r);
    pthread_mutex_unlock(&r->lock);
}

void runner_set_mode(Runner *r, RunMode mode)
{
    pthread_mutex_lock(&r->lock);
    if (r->lent && mode != RUN_QUIT) {
        runner_poke_locked(r); /* what the console runs stops */
    } else {
        bool on_the_way = r->mode == RUN_STEP || r->mode == RUN_NEXT || r->mode == RUN_FINISH;
        r->resume |= r->mode == RUN_PAUSED && mode != RUN_PAUSED;
        runner_cut_search_locked(r);
        r->mode = mode;
        if (mode == RUN_FREE && !r->ended)
            snprintf(r->status, sizeof r->status, "running");
        pthread_cond_signal(&r->wake);
        if (mode == RUN_PAUSED || mode == RUN_QUIT || on_the_way)
            runner_poke_locked(r);
    }
    pthread_mutex_unlock(&r->lock);
}

void runner_set_speed(Runner *r, uint64_t insns_per_second)
{
    pthread_mutex_lock(&r->lock);
    r->speed = insns_per_second;
    pthread_mutex_unlock(&r->lock);
}

void runner_stop(Runner *r)
{
    runner_set_mode(r, RUN_QUIT);
    struct timespec soon;
    for (int error = ETIMEDOUT; error == ETIMEDOUT;) { /* a poke between its last look and its sleep would be lost: once more */
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_sec += (soon.tv_nsec += 50000000) / 1000000000;
        soon.tv_nsec %= 1000000000;
        error = pthread_timedjoin_np(r->thread, NULL, &soon);
        if (error == ETIMEDOUT)
            runner_poke(r);
    }
    pthread_sigmask(SIG_SETMASK, &r->mask, NULL);
    for (int i = 0; i < 4; i++)
        model_free(&r->models[i]);
    pthread_cond_destroy(&r->wake);
    pthread_cond_destroy(&r->news);
    pthread_mutex_destroy(&r->lock);
    pthread_mutex_destroy(&r->machine);
}

/* ---- in turn with a console --------------------------------------------------------------------------------------- */

void runner_borrow(Runner *r)
{
    pthread_mutex_lock(&r->lock);
    if (r->mode != RUN_PAUSED && r->mode != RUN_QUIT) {
        r->mode = RUN_PAUSED;
        runner_poke_locked(r);
    }
    pthread_mutex_unlock(&r->lock);
    pthread_mutex_lock(&r->machine);
    runner_use_clock(r, pthread_self());
    if (r->emu)
        note_pause(r);
    pthread_mutex_lock(&r->lock);
    r->lent = true;
    r->borrower = pthread_self();
    pthread_mutex_unlock(&r->lock);
}

void runner_return(Runner *r, Emu *emu)
{
    char status[96] = "no program";
    if (emu)
        describe_pause(r, status);
    r->hooks->list(r->hooks->context, &r->marks);
    runner_use_clock(r, r->thread);
    pthread_mutex_lock(&r->lock);
    r->emu = emu;
    r->lent = false;
    r->asked = true;
    r->resume = true;
    memcpy(r->status, status, sizeof r->status);
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    pthread_mutex_unlock(&r->machine);
}

void runner_replace(Runner *r, Emu *emu)
{
    pthread_mutex_lock(&r->lock);
    r->emu = emu;
    pthread_mutex_unlock(&r->lock);
    r->calls.on = false; /* nobody has asked this one */
    r->counters = (Counters){.zero = {0}};
}

EmuStop runner_run_borrowed(Runner *r, uint64_t insns)
{
    EmuStats before, after;
    emu_stats(r->emu, &before);
    pthread_mutex_lock(&r->lock);
    snprintf(r->status, sizeof r->status, "running");
    pthread_mutex_unlock(&r->lock);
    for (;;) {
        uint64_t chunk = insns < r->slice ? insns : r->slice, start = runner_now();
        EmuStop stop = runner_go(r, chunk, true);
        emu_stats(r->emu, &after);
        uint64_t done = after.insns - before.insns, took = runner_now() - start;
        before = after;
        insns -= insns == EMU_FOREVER ? 0 : done < insns ? done : insns;
        r->clock_ns += took;
        if (stop.kind != EMU_BUDGET || insns == 0 || done < chunk)
            return stop; /* fewer than asked for: its limit is reached */
        adapt_slice(r, &stop, done, took);
        if (runner_picture_due(r))
            runner_picture(r);
    }
}

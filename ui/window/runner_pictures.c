/* When the machine's thread takes a picture, and how it reaches who draws. A program that waits (for input, for the time)
 * would keep the machine for as long as it waits: then the viewer gets it out for a moment, a *peek*, which the program
 * cannot see. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <time.h>

#include "ui/window/runner.h"

enum {
    WALK_NS = 40,         /* of a picture's cost: the walk, and the A bit set again, for each page that it has harvested */
    FAIR_NS = 500000,     /* what it may cost; more than that, and the next one looks at fewer tables … */
    TABLES_MIN = 16,      /* … but at so many */
    PEEK_NS = 4000000,    /* so late a picture may be by itself: the slice was too long, or the program waits */
    ANSWER_NS = 20000000, /* a picture that somebody waits for; an interruption that was lost */
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t runner_now(void) { return clock_ns(CLOCK_MONOTONIC); }

/* Processor time of the thread that has the machine. */
static uint64_t worked_ns(const Runner *r) { return clock_ns(r->clock); }

/* ---- on the machine's thread ------------------------------------------------------------------------------------ */

/* So many tables that a picture's cost is fair, now that it was `cost` with `tables`. */
static uint32_t fair_tables(uint32_t tables, uint64_t cost)
{
    uint64_t fit = cost > FAIR_NS ? tables * (uint64_t)FAIR_NS / cost : tables + (tables + 7) / 8;
    return fit < TABLES_MIN ? TABLES_MIN : fit > SWEEP_TABLES ? SWEEP_TABLES : (uint32_t)fit;
}

void runner_publish(Runner *r, ModelRequest *request)
{
    uint64_t start = runner_now(), worked = worked_ns(r);
    request->now = (uint32_t)(r->clock_ns / 1000000) + 1;
    request->tables = r->tables;
    bool done = model_collect(r->model, r->emu, request) && model_copy(r->spare, r->model);
    uint64_t took = worked_ns(r) - worked;
    r->pictures++;
    r->picture_ns += took;
    uint64_t cost = took + r->model->harvested * WALK_NS;
    r->tables = fair_tables(r->tables, cost);
    pacing_taken(&r->pacing, start, worked, cost);
    pthread_mutex_lock(&r->lock);
    if (done) {
        Model *old = r->published;
        r->published = r->spare;
        r->spare = old;
        r->fresh = true;
        pthread_cond_signal(&r->news);
    }
    r->expected = r->pacing;
    r->answer_at = r->asked ? r->answer_at : UINT64_MAX;
    r->peek_at = 0;
    pthread_mutex_unlock(&r->lock);
}

bool runner_picture_due(const Runner *r) { return pacing_due(&r->pacing, runner_now(), worked_ns(r)); }

uint64_t runner_until_picture(const Runner *r, uint64_t most)
{
    return pacing_wait(&r->pacing, runner_now(), worked_ns(r), most);
}

void runner_use_clock(Runner *r, pthread_t thread)
{
    uint64_t before = worked_ns(r);
    pthread_mutex_lock(&r->lock);
    if (pthread_getcpuclockid(thread, &r->clock) != 0)
        r->clock = CLOCK_THREAD_CPUTIME_ID;
    pacing_hand_over(&r->pacing, before, worked_ns(r));
    r->expected = r->pacing;
    pthread_mutex_unlock(&r->lock);
}

/* What the next picture is to show, as the viewer wants it now. */
static ModelRequest wanted(Runner *r)
{
    pthread_mutex_lock(&r->lock);
    ModelRequest request = r->wanted;
    r->asked = false;
    pthread_mutex_unlock(&r->lock);
    request.calls = &r->calls;
    request.marks = &r->marks;
    request.zero = &r->counters.zero;
    request.writer = &r->writer;
    return request;
}

void runner_picture(Runner *r)
{
    ModelRequest request = wanted(r);
    runner_publish(r, &request);
}

/* emu_run() where the viewer may peek. Was it a peek that ended it? Then it has its picture. */
static EmuStop run_peeked(Runner *r, uint64_t insns, bool *peeked)
{
    pthread_mutex_lock(&r->lock);
    r->running = true;
    pthread_mutex_unlock(&r->lock);
    EmuStop stop = calls_run(&r->calls, r->emu, insns);
    pthread_mutex_lock(&r->lock);
    r->running = false;
    *peeked = r->peeked && stop.kind == EMU_INTERRUPTED;
    r->peeked &= !*peeked;
    pthread_mutex_unlock(&r->lock);
    if (*peeked)
        runner_picture(r);
    return stop;
}

EmuStop runner_go(Runner *r, uint64_t insns, bool to_the_end)
{
    EmuStats stats;
    emu_stats(r->emu, &stats);
    uint64_t begin = stats.insns;
    for (bool peeked;;) {
        uint64_t done = stats.insns - begin;
        EmuStop stop = done < insns ? run_peeked(r, insns - done, &peeked) : (EmuStop){.kind = EMU_BUDGET};
        if (done >= insns || !peeked || !to_the_end)
            return stop;
        emu_stats(r->emu, &stats);
    }
}

/* ---- on the viewer's thread ------------------------------------------------------------------------------------- */

/* It may wait in a system call: the signal, whose handler does nothing, ends the host's wait. */
void runner_poke_locked(Runner *r)
{
    if (r->emu)
        emu_interrupt(r->emu);
    pthread_kill(r->lent ? r->borrower : r->thread, SIGRTMIN);
}

void runner_hurry_locked(Runner *r)
{
    uint64_t soon = runner_now() + ANSWER_NS;
    r->asked = true;
    r->answer_at = r->answer_at < soon ? r->answer_at : soon;
    pthread_cond_signal(&r->wake);
}

void runner_ask(Runner *r, const ModelRequest *request)
{
    pthread_mutex_lock(&r->lock);
    if (request->focus != r->wanted.focus || request->who != r->wanted.who)
        runner_cut_search_locked(r);
    r->wanted = *request;
    runner_hurry_locked(r);
    pthread_mutex_unlock(&r->lock);
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
}

void runner_wait(Runner *r, uint64_t earliest, uint64_t ns)
{
    uint64_t now = runner_now(), until = now + ns;
    struct timespec rest = timespec_of(earliest < until ? earliest : until), end = timespec_of(until);
    if (now < earliest)
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &rest, NULL);
    if (until <= earliest)
        return;
    pthread_mutex_lock(&r->lock);
    while (!r->fresh && pthread_cond_clockwait(&r->news, &r->lock, CLOCK_MONOTONIC, &end) == 0)
        ;
    pthread_mutex_unlock(&r->lock);
}

/* The program runs on although a picture is overdue: it waits, or got slower than its slice was made for. */
static bool overdue_locked(const Runner *r)
{
    uint64_t now = runner_now();
    return r->running && now >= r->peek_at &&
           (now >= r->answer_at || pacing_due(&r->expected, now - PEEK_NS, worked_ns(r)));
}

bool runner_take(Runner *r, char status[96], RunMode *mode)
{
    pthread_mutex_lock(&r->lock);
    bool fresh = r->fresh;
    if (fresh) {
        Model *old = r->shown;
        r->shown = r->published;
        r->published = old;
        r->fresh = false;
        r->taken++;
    } else if (overdue_locked(r)) {
        r->peeked = true;
        r->peek_at = runner_now() + ANSWER_NS;
        runner_poke_locked(r);
    }
    memcpy(status, r->status, sizeof r->status);
    *mode = r->lent && strcmp(r->status, "running") == 0 ? RUN_FREE : r->mode;
    pthread_mutex_unlock(&r->lock);
    return fresh;
}

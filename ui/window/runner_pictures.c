/* When the machine's thread takes a picture, and how it reaches who draws. A program that waits (for input, for the time)
 * would keep the machine for as long as it waits: then the viewer gets it out for a moment, a *peek*, which the program
 * cannot see. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <time.h>

#include "ui/window/runner.h"

enum {
    PICTURE_NS = 16666667,   /* sixty pictures a second … */
    PICTURE_SHARE = 25,      /* … as long as they take less than a twenty-fifth of the program's time, … */
    REFILL_NS = 40,          /* … the walks for what the harvest drops from the TLB included; … */
    PICTURE_LATE_NS = 100000000, /* … but ten a second */
    ANSWER_NS = 20000000,    /* a picture that somebody waits for */
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t runner_now(void) { return clock_ns(CLOCK_MONOTONIC); }

/* Processor time of this thread: what a picture costs does not depend on what else the host does. */
static uint64_t thread_ns(void) { return clock_ns(CLOCK_THREAD_CPUTIME_ID); }

/* ---- on the machine's thread ------------------------------------------------------------------------------------ */

void runner_publish(Runner *r, ModelRequest *request)
{
    uint64_t start = runner_now(), worked = thread_ns();
    request->now = (uint32_t)(r->clock_ns / 1000000) + 1;
    bool done = model_collect(r->model, r->emu, request) && model_copy(r->spare, r->model);
    pthread_mutex_lock(&r->lock);
    if (done) {
        Model *old = r->published;
        r->published = r->spare;
        r->spare = old;
        r->fresh = true;
        pthread_cond_signal(&r->news);
    }
    r->peek_at = runner_now() + PICTURE_LATE_NS;
    pthread_mutex_unlock(&r->lock);
    uint64_t took = thread_ns() - worked, in_step = r->next_picture + PICTURE_NS;
    r->pictures++;
    r->picture_ns += took;
    r->next_picture = in_step > start && in_step <= start + PICTURE_NS ? in_step : start + PICTURE_NS;
    r->late_picture = start + PICTURE_LATE_NS;
    r->earned = thread_ns() + (took + r->model->tlb_held * REFILL_NS) * PICTURE_SHARE;
}

/* A picture is due when it is time for one and the program has run long enough since the last that taking them costs it little;
 * after a tenth of a second in any case, for programs that mostly wait. */
bool runner_picture_due(const Runner *r)
{
    uint64_t now = runner_now();
    return now >= r->next_picture && (now >= r->late_picture || thread_ns() >= r->earned);
}

uint64_t runner_until_picture(const Runner *r, uint64_t most)
{
    uint64_t now = runner_now(), worked = thread_ns(), wait = r->next_picture > now ? r->next_picture - now : 0,
             earn = r->earned > worked ? r->earned - worked : 0, until = wait > earn ? wait : earn;
    return until && until < most ? until : most;
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
    r->peek_at = r->peek_at < soon ? r->peek_at : soon;
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

void runner_wait(Runner *r, uint64_t ns)
{
    uint64_t until = runner_now() + ns;
    struct timespec end = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};
    pthread_mutex_lock(&r->lock);
    while (!r->fresh && pthread_cond_clockwait(&r->news, &r->lock, CLOCK_MONOTONIC, &end) == 0)
        ;
    pthread_mutex_unlock(&r->lock);
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
    } else if (r->running && runner_now() >= r->peek_at) {
        r->peeked = true;
        r->peek_at = runner_now() + PICTURE_LATE_NS;
        runner_poke_locked(r);
    }
    memcpy(status, r->status, sizeof r->status);
    *mode = r->lent && strcmp(r->status, "running") == 0 ? RUN_FREE : r->mode;
    pthread_mutex_unlock(&r->lock);
    return fresh;
}

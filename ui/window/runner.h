/* The machine's own thread while a window shows it. It runs the program in slices, takes a picture between two of them when one
 * is due, and never waits for who looks: pictures are handed over by swapping pointers. */
#ifndef EMU_UI_WINDOW_RUNNER_H
#define EMU_UI_WINDOW_RUNNER_H

#include <pthread.h>
#include <signal.h>

#include "ui/window/counters.h"
#include "ui/window/model.h"
#include "ui/window/pacing.h"

typedef enum RunMode { RUN_PAUSED, RUN_FREE, RUN_STEP, RUN_NEXT, RUN_FINISH, RUN_BACK, RUN_QUIT } RunMode;
#define SPEED_FULL UINT64_MAX /* instructions per second */

/* What the machine's thread shall do between two slices. */
typedef enum OrderKind { ORDER_MARK, ORDER_ZERO, ORDER_DUMP, ORDER_GOTO, ORDER_COUNT } OrderKind;
typedef struct Order {
    OrderKind kind;
    uint64_t address, size; /* COUNT: accesses to the page of address, or, 0, to none any more. GOTO: address is the count of
                               instructions to go to. MARK: size 0 is a breakpoint, else a watchpoint; set, or cleared when it
                               is there */
} Order;
enum { ORDERS_MAX = 16 };

/* Who else uses the machine, in turn: a console. Called on the runner's thread, with the machine in its hands. */
typedef struct RunnerHooks {
    void *context;
    void (*starting)(void *context);                       /* it is about to run on after a pause */
    bool (*stopped)(void *context, const EmuStop *stop);   /* it has paused, or ended; false: go on. May replace the machine */
    void (*mark)(void *context, uint64_t address, uint64_t size); /* toggle a breakpoint (size 0) or a watchpoint */
    void (*list)(void *context, Marks *marks);
} RunnerHooks;

typedef struct Runner {
    pthread_t thread;
    const RunnerHooks *hooks; /* NULL: nobody else does */
    pthread_mutex_t machine;  /* held by who uses the machine; taken before `lock` */
    pthread_mutex_t lock;
    pthread_cond_t wake, news; /* of the machine's thread; of who waits for a picture */
    /* under the lock */
    RunMode mode;
    Emu *emu;               /* changed only by who holds the machine */
    bool resume;            /* running on after a pause: the breakpoint that it stands on has been stopped at */
    bool lent;              /* the console has the machine: … */
    pthread_t borrower;     /* … this thread */
    uint64_t speed;
    ModelRequest wanted;
    bool asked;             /* a picture is wanted although nothing has moved */
    bool working;           /* the thread is not waiting for work */
    bool running, peeked;   /* emu_run() runs; it was interrupted only for a picture */
    uint64_t answer_at, peek_at; /* host time from which that is done: for a picture that is asked for; at all */
    Pacing expected;        /* when the next picture was, after the last */
    bool searching, cut;    /* emu_last_write() looks back; it was interrupted for something else */
    uint64_t taken;         /* pictures that were taken to be shown */
    bool fresh;             /* `published` has not been taken yet */
    bool ended;             /* the program has */
    EmuStop stop;           /* how, when ended */
    char status[96];
    Order orders[ORDERS_MAX];
    uint32_t order_count;
    Model *published;
    /* of who holds the machine */
    Model *model, *spare;
    uint64_t slice;         /* instructions that take about SLICE_NS */
    Pacing pacing;          /* of pictures */
    uint32_t tables;        /* page tables that one of them may look at */
    clockid_t clock;        /* processor time of who holds the machine; changed with the lock, too */
    uint64_t clock_ns;      /* model time */
    uint64_t credit;        /* nanoseconds times speed not yet turned into instructions */
    uint64_t insns_limit;   /* config.max_insns, 0: none */
    uint64_t pictures, picture_ns; /* taken, and the time that took */
    CallLog calls;
    Marks marks;
    Counters counters;
    LastWriter writer;      /* of what was asked for last */
    unsigned dumps;         /* files of counters written so far */
    bool pass_fatal;        /* a program that is about to die goes on dying without a pause */
    sigset_t mask;          /* of who started it, before */
    Model *shown;           /* the viewer's */
    Model models[4];
} Runner;

/* Starts the thread, paused or running. false: no thread. */
bool runner_start(Runner *runner, Emu *emu, RunMode mode, uint64_t insns_limit, bool pass_fatal, const RunnerHooks *hooks);
/* On its thread (runner_pictures.c): takes a picture, of what `request` or the viewer wants; is one due, and in how many
 * nanoseconds, at most `most`; emu_run(), ended early by who wants to look unless it is to go on `to_the_end` nevertheless. */
void runner_publish(Runner *runner, ModelRequest *request);
void runner_picture(Runner *runner);
/* The machine has passed to that thread: what it works earns pictures now. */
void runner_use_clock(Runner *runner, pthread_t thread);
bool runner_picture_due(const Runner *runner);
uint64_t runner_until_picture(const Runner *runner, uint64_t most);
EmuStop runner_go(Runner *runner, uint64_t insns, bool to_the_end);
uint64_t runner_now(void); /* host time, ns */
/* With `lock` held: gets the machine out of a wait; wants a picture soon. */
void runner_poke_locked(Runner *runner);
void runner_hurry_locked(Runner *runner);
void runner_cut_search_locked(Runner *runner);
/* On its thread (runner_orders.c): sets a breakpoint (size 0) or a watchpoint, or takes it away; writes the counters to two
 * files; looks for who wrote last to what the request wants to know that of, if the run is recorded and stands. */
void runner_toggle_mark(Runner *runner, uint64_t address, uint64_t size);
void runner_dump_counters(Runner *runner);
void runner_count_accesses(Runner *runner, uint64_t address);
void runner_find_writer(Runner *runner, ModelRequest *request);
/* For the console: takes the machine, which pauses; and gives it back, perhaps another one. */
void runner_borrow(Runner *runner);
void runner_return(Runner *runner, Emu *emu);
/* Between the two: emu_run(), with pictures; and: the machine is another one now (NULL: there is none). */
EmuStop runner_run_borrowed(Runner *runner, uint64_t insns);
void runner_replace(Runner *runner, Emu *emu);
/* Ends the thread; the program stays where it is. */
void runner_stop(Runner *runner);
void runner_set_mode(Runner *runner, RunMode mode);
void runner_set_speed(Runner *runner, uint64_t insns_per_second);
/* Gets it out of a wait soon. To be repeated until it shows: a poke may come just before the wait begins. */
void runner_poke(Runner *runner);
void runner_order(Runner *runner, OrderKind kind, uint64_t address, uint64_t size);
void runner_ask(Runner *runner, const ModelRequest *wanted);
/* Until there is a picture to take, though not before `earliest` (host time), or for so many nanoseconds. */
void runner_wait(Runner *runner, uint64_t earliest, uint64_t ns);
/* Makes runner->shown the newest picture. false: there is no newer one than that. */
bool runner_take(Runner *runner, char status[96], RunMode *mode);

#endif

/* The machine's own thread while a window shows it. It runs the program in slices, takes a picture between two of them when one
 * is due, and never waits for who looks: pictures are handed over by swapping pointers. */
#ifndef EMU_UI_WINDOW_RUNNER_H
#define EMU_UI_WINDOW_RUNNER_H

#include <pthread.h>
#include <signal.h>

#include "ui/window/counters.h"
#include "ui/window/model.h"

typedef enum RunMode { RUN_PAUSED, RUN_FREE, RUN_STEP, RUN_NEXT, RUN_FINISH, RUN_QUIT } RunMode;
#define SPEED_FULL UINT64_MAX /* instructions per second */

/* What the machine's thread shall do between two slices. */
typedef enum OrderKind { ORDER_MARK, ORDER_ZERO, ORDER_DUMP } OrderKind;
typedef struct Order {
    OrderKind kind;
    uint64_t address, size; /* MARK: size 0 is a breakpoint, else a watchpoint; set, or cleared when it is there */
} Order;
enum { ORDERS_MAX = 16 };

typedef struct Runner {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* under the lock */
    RunMode mode;
    uint64_t speed;
    ModelRequest wanted;
    bool asked;             /* a picture is wanted although nothing has moved */
    bool working;           /* the thread is not waiting for work */
    bool fresh;             /* `published` has not been taken yet */
    bool ended;             /* the program has */
    EmuStop stop;           /* how, when ended */
    char status[96];
    Order orders[ORDERS_MAX];
    uint32_t order_count;
    Model *published;
    /* the thread's own */
    Emu *emu;
    Model *model, *spare;
    uint64_t slice;         /* instructions that take about SLICE_NS */
    uint64_t next_picture;  /* host time from which one is due */
    uint64_t clock_ns;      /* model time */
    uint64_t credit;        /* nanoseconds times speed not yet turned into instructions */
    uint64_t insns_limit;   /* config.max_insns, 0: none */
    uint64_t pictures, picture_ns; /* taken, and the time that took */
    CallLog calls;
    Marks marks;
    Counters counters;
    unsigned dumps;         /* files of counters written so far */
    bool pass_fatal;        /* a program that is about to die goes on dying without a pause */
    sigset_t mask;          /* of who started it, before */
    Model *shown;           /* the viewer's */
    Model models[4];
} Runner;

/* Starts the thread, paused or running. false: no thread. */
bool runner_start(Runner *runner, Emu *emu, RunMode mode, uint64_t insns_limit, bool pass_fatal);
/* Ends the thread; the program stays where it is. */
void runner_stop(Runner *runner);
void runner_set_mode(Runner *runner, RunMode mode);
void runner_set_speed(Runner *runner, uint64_t insns_per_second);
/* Gets it out of a wait soon. To be repeated until it shows: a poke may come just before the wait begins. */
void runner_poke(Runner *runner);
void runner_order(Runner *runner, OrderKind kind, uint64_t address, uint64_t size);
void runner_ask(Runner *runner, const ModelRequest *wanted);
/* Makes runner->shown the newest picture. false: there is no newer one than that. */
bool runner_take(Runner *runner, char status[96], RunMode *mode);

#endif

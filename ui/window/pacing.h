/* When a picture is due: sixty times a second by the clock, as long as the pictures cost the program little. What the program's
 * thread works earns the pictures their time; what is left over is saved, so that one that costs more than others (all
 * pages looked at, new mappings) delays none as long as they are cheap on average. Numbers in and out, so that it can be
 * tested. */
#ifndef EMU_UI_WINDOW_PACING_H
#define EMU_UI_WINDOW_PACING_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PACING_PERIOD_NS = 16666667, /* sixty pictures a second … */
    PACING_SHARE = 25,           /* … as long as they take less than a twenty-fifth of the program's time, … */
    PACING_SAVINGS_NS = 20000000, /* … but for what was saved (and given to begin with), at most so much; … */
    PACING_LATE_NS = 100000000,  /* … yet ten a second, for programs that mostly wait */
    PACING_REST_NS = PACING_PERIOD_NS / 2, /* between any two: one that comes late does not make the next one late */
};

/* Times are nanoseconds: `now` of the host's clock, `worked` of processor time, which is what costs are measured in, for they
 * shall not depend on what else the host does. */
typedef struct Pacing {
    uint64_t next, late; /* host time from which one is due: if it can be paid for; in any case */
    uint64_t worked;     /* earnings until then are in `savings` */
    int64_t savings;     /* for pictures, ns; below 0: owed */
} Pacing;

/* The first is due at once. */
void pacing_begin(Pacing *pacing, uint64_t worked);
bool pacing_due(const Pacing *pacing, uint64_t now, uint64_t worked);
/* How long until one is due if all that time is worked, at most `most`. */
uint64_t pacing_wait(const Pacing *pacing, uint64_t now, uint64_t worked, uint64_t most);
/* One was taken, at `start`, when so much had been worked; it has cost so much. It may not have been due. */
void pacing_taken(Pacing *pacing, uint64_t start, uint64_t worked, uint64_t cost);
/* Another thread works on; the clocks of both. */
void pacing_hand_over(Pacing *pacing, uint64_t worked, uint64_t others);

#endif

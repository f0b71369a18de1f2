/* A picture's place in time, and its price. */
#include "ui/window/pacing.h"

static int64_t savings_at(const Pacing *p, uint64_t worked)
{
    uint64_t earned = worked > p->worked ? (worked - p->worked) / PACING_SHARE : 0;
    int64_t most = PACING_SAVINGS_NS - p->savings;
    return earned < (uint64_t)most ? p->savings + (int64_t)earned : PACING_SAVINGS_NS;
}

void pacing_begin(Pacing *p, uint64_t worked) { *p = (Pacing){.worked = worked, .savings = PACING_SAVINGS_NS}; }

bool pacing_due(const Pacing *p, uint64_t now, uint64_t worked)
{
    return now >= p->next && (now >= p->late || savings_at(p, worked) >= 0);
}

uint64_t pacing_wait(const Pacing *p, uint64_t now, uint64_t worked, uint64_t most)
{
    int64_t savings = savings_at(p, worked);
    uint64_t wait = p->next > now ? p->next - now : 0, earn = savings < 0 ? (uint64_t)-savings * PACING_SHARE : 0;
    uint64_t until = wait > earn ? wait : earn;
    return until && until < most ? until : most;
}

/* Times are kept as on rails: one that is late does not delay those after it. */
void pacing_taken(Pacing *p, uint64_t start, uint64_t worked, uint64_t cost)
{
    uint64_t in_step = p->next + PACING_PERIOD_NS, least = start + PACING_REST_NS, most = start + PACING_PERIOD_NS;
    p->next = in_step < least ? least : in_step > most ? most : in_step;
    p->late = start + PACING_LATE_NS;
    int64_t left = savings_at(p, worked) - (int64_t)cost;
    p->savings = left < -(int64_t)cost ? -(int64_t)cost : left; /* those that somebody asked for are not paid off later */
    p->worked = worked + cost;
}

void pacing_hand_over(Pacing *p, uint64_t worked, uint64_t others)
{
    p->savings = savings_at(p, worked);
    p->worked = others;
}

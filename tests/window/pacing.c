/* When pictures are due, played through with a clock of our own: the host's has no say in it. */
#include <stdio.h>
#include <stdlib.h>

#include "ui/window/pacing.h"

enum { STEP_NS = 10000, MS = 1000000, SECONDS = 20 };

typedef struct Play {
    uint64_t costs[6];   /* of pictures, in turn */
    uint64_t worked_of_100; /* processor time that the program gets */
    uint64_t late;       /* a picture is taken up to so much after it was due, by chance */
    uint64_t stop_at, stop_for; /* the host stands still once */
} Play;

typedef struct Score {
    unsigned pictures;
    uint64_t shortest, longest; /* between two */
    double share; /* of what was worked, that pictures have taken */
} Score;

static int failed;

static void check(bool good, const char *what, Score s)
{
    if (!good)
        printf("%s: %u pictures in %d s, %.2f to %.2f ms apart, %.2f %% of the time\n", what, s.pictures, SECONDS,
               (double)s.shortest / MS, (double)s.longest / MS, s.share * 100);
    failed |= !good;
}

static Score play(const Play *play)
{
    Pacing pacing;
    Score score = {.shortest = UINT64_MAX};
    uint64_t now = 1000ull * MS, end = now + SECONDS * 1000ull * MS, work = 0, taken = 0, spent = 0, chance = 1, due_since = 0;
    pacing_begin(&pacing, 0);
    for (uint64_t wait = 0; now < end; now += STEP_NS, work += STEP_NS * play->worked_of_100 / 100) {
        if (play->stop_for && now - 1000ull * MS == play->stop_at)
            now += play->stop_for;
        if (!pacing_due(&pacing, now, work))
            continue;
        if (!due_since) {
            due_since = now;
            chance = chance * 6364136223846793005ull + 1;
            wait = play->late ? (chance >> 33) % play->late : 0;
        }
        if (now < due_since + wait)
            continue;
        uint64_t cost = play->costs[score.pictures % 6], gap = now - taken;
        score.shortest = taken && gap < score.shortest ? gap : score.shortest;
        score.longest = taken && gap > score.longest ? gap : score.longest;
        pacing_taken(&pacing, now, work, cost);
        taken = now;
        due_since = 0;
        spent += cost;
        work += cost;
        now += cost / STEP_NS * STEP_NS;
        score.pictures++;
    }
    score.share = (double)spent / (double)work;
    return score;
}

static bool sixty(Score s) { return s.pictures >= 60 * SECONDS - 2 && s.pictures <= 60 * SECONDS + 2; }

static void test_rate(void)
{
    const uint64_t rest = PACING_REST_NS - STEP_NS;
    Score s = play(&(Play){.costs = {400000, 400000, 400000, 400000, 400000, 400000}, .worked_of_100 = 100});
    check(sixty(s) && s.longest <= 17 * MS, "cheap pictures", s);
    s = play(&(Play){.costs = {150000, 150000, 150000, 150000, 150000, 3000000}, .worked_of_100 = 100});
    check(sixty(s) && s.longest <= 17 * MS, "every sixth is dear", s);
    s = play(&(Play){.costs = {400000, 400000, 400000, 400000, 400000, 400000}, .worked_of_100 = 90, .late = 8 * MS});
    check(sixty(s) && s.longest <= 25 * MS && s.shortest >= rest, "late ones", s);
    s = play(&(Play){.costs = {400000, 400000, 400000, 400000, 400000, 400000}, .worked_of_100 = 100, .stop_at = 5000ull * MS,
                     .stop_for = 500 * MS});
    check(s.pictures >= 60 * SECONDS - 31 && s.pictures <= 60 * SECONDS - 27 && s.shortest >= rest,
          "a host that stood still", s);
}

static void test_price(void)
{
    Score s = play(&(Play){.costs = {2000000, 2000000, 2000000, 2000000, 2000000, 2000000}, .worked_of_100 = 100});
    check(s.share < 1.0 / PACING_SHARE + 0.002 && s.pictures >= 19 * SECONDS, "dear pictures", s);
    s = play(&(Play){.costs = {50000000, 50000000, 50000000, 50000000, 50000000, 50000000}, .worked_of_100 = 100});
    check(s.pictures >= 9 * SECONDS, "very dear pictures come ten times a second", s);
    s = play(&(Play){.costs = {400000, 400000, 400000, 400000, 400000, 400000}, .worked_of_100 = 1});
    check(s.pictures >= 9 * SECONDS && s.pictures < 20 * SECONDS, "a program that mostly waits", s);
}

/* Pictures that somebody asks for, by moving the mouse, are not paid off when he has stopped; and after any the wait is as
 * told. */
static void test_asked(void)
{
    Pacing pacing;
    uint64_t now = 1000ull * MS, work = 0;
    pacing_begin(&pacing, 0);
    for (int i = 0; i < 2000; i++, now += 5 * MS, work += 5 * MS)
        pacing_taken(&pacing, now, work, 2 * MS);
    uint64_t wait = pacing_wait(&pacing, now, work, UINT64_MAX);
    check(wait <= 50ull * MS && !pacing_due(&pacing, now + wait - 1000, work + wait - 1000) &&
              pacing_due(&pacing, now + wait, work + wait), "asked for", (Score){.longest = wait});
    check(pacing_wait(&pacing, now, work, MS) == MS, "no longer than wanted", (Score){0});
    pacing_hand_over(&pacing, work, 0); /* to a thread that has worked nothing yet */
    check(pacing_wait(&pacing, now, 0, UINT64_MAX) == wait, "handed over", (Score){.longest = wait});
}

int main(void)
{
    test_rate();
    test_price();
    test_asked();
    return failed;
}

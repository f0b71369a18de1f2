/* Goes to and fro in a run and asks for equal states: travel [--virtual] [--points N] [--limit BYTES] PROGRAM [ARGS...]
 *
 * First the program runs once, in pieces of random length, and the state at the end of each piece is remembered. Then: every
 * remembered place must be found again as it was; and at random places forward N, back N, forward N must end in one state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu_record.h"

typedef struct Place { uint64_t count, hash; } Place;

enum { PLACES = 200 };

static uint64_t seed = 1;
static int failures;

static uint64_t random_below(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return n ? seed % n : 0;
}

/* What whoever embeds the machine computes must not show in it: the processor's flags (inexact, here) are shared. */
static void compute(void)
{
    static volatile double third = 1;
    if (random_below(2))
        third = third / 3 + 1;
}

static uint64_t now(Emu *emu)
{
    EmuRecordInfo info;
    emu_record_info(emu, &info);
    return info.now;
}

static void expect(uint64_t got, uint64_t wanted, const char *what, uint64_t at)
{
    if (got == wanted)
        return;
    if (++failures <= 10)
        printf("%s at %llu: %016llx, not %016llx\n", what, (unsigned long long)at, (unsigned long long)got,
               (unsigned long long)wanted);
}

/* Once through the program; how many places were remembered. */
static uint32_t live(Emu *emu, Place *places, uint64_t piece)
{
    uint32_t n = 0;
    for (;;) {
        compute();
        EmuStop stop = emu_run(emu, 1 + random_below(piece));
        if (stop.kind != EMU_BUDGET)
            return n;
        Place place = {now(emu), emu_state_hash(emu)};
        if (n < PLACES)
            places[n++] = place;
        else
            places[random_below(PLACES)] = place;
    }
}

static void find_again(Emu *emu, const Place *places, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const Place *place = &places[random_below(count)];
        EmuStop stop = emu_goto(emu, place->count);
        expect(stop.kind, EMU_BUDGET, "goto's stop", place->count);
        expect(now(emu), place->count, "goto's count", place->count);
        expect(emu_state_hash(emu), place->hash, "state on return", place->count);
    }
}

static void to_and_fro(Emu *emu, uint64_t end, uint32_t points)
{
    for (uint32_t i = 0; i < points; i++) {
        uint64_t at = random_below(end), n = 1 + random_below(random_below(2) ? 50 : 20000);
        if (at + n >= end)
            continue;
        emu_goto(emu, at);
        uint64_t here = emu_state_hash(emu);
        compute();
        emu_run(emu, n);
        expect(now(emu), at + n, "forward", at);
        uint64_t there = emu_state_hash(emu);
        emu_goto(emu, at);
        expect(emu_state_hash(emu), here, "back", at);
        emu_run(emu, n);
        expect(emu_state_hash(emu), there, "forward again", at);
    }
}

int main(int argc, char **argv)
{
    EmuConfig config;
    emu_config_init(&config);
    config.record = true;
    uint32_t points = 1000;
    uint64_t piece = 20000;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (!strcmp(argv[i], "--virtual"))
            config.deterministic = true;
        else if (!strcmp(argv[i], "--points") && i + 1 < argc)
            points = (uint32_t)atoi(argv[++i]);
        else if (!strcmp(argv[i], "--limit") && i + 1 < argc)
            config.record_limit = strtoull(argv[++i], NULL, 0);
        else if (!strcmp(argv[i], "--piece") && i + 1 < argc)
            piece = strtoull(argv[++i], NULL, 0);
    }
    Emu *emu = emu_create(&config);
    const char *environment[] = {"PATH=/usr/bin:/bin", NULL};
    static Place places[PLACES];
    EmuRecordInfo info;
    if (!emu || i >= argc || emu_load(emu, argv[i], (const char *const *)argv + i, environment)) {
        printf("cannot load: %s\n", emu ? emu_error(emu) : "no memory");
        return 1;
    }
    uint32_t count = live(emu, places, piece);
    emu_record_info(emu, &info);
    uint64_t end = info.end, last = emu_state_hash(emu);
    find_again(emu, places, count);
    to_and_fro(emu, end, points);
    emu_goto(emu, end);
    expect(emu_state_hash(emu), last, "the end", end);
    emu_record_info(emu, &info);
    fprintf(stderr, "%llu instructions, %u places, %u points, %u checkpoints of %llu bytes, log %llu\n", (unsigned long long)end,
            count, points, info.checkpoints, (unsigned long long)info.checkpoint_bytes, (unsigned long long)info.log_bytes);
    printf("%d failures\n", failures);
    emu_destroy(emu);
    return failures != 0;
}

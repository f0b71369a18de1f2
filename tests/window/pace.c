/* What the window costs the program, and how many pictures a second there are:
 *
 *     window_pace [-w WIDTHxHEIGHT] [-t TAB] [-r ROUNDS] INSTRUCTIONS PROGRAM [ARGUMENTS]
 *
 * The same program runs so many instructions, in turn without a window and with one (its machine's thread and the one that draws;
 * no screen). Compared is the processor time of the machine's thread, which other programs on the host change little. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ui/window/picture.h"
#include "ui/window/runner.h"

typedef struct Pace {
    int width, height, rounds;
    uint64_t insns;
    char **program;
    Tab tab;
} Pace;

typedef struct Result {
    double machine, wall, draw, collect; /* seconds */
    unsigned pictures;
} Result;

static double clock_now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static Emu *load(const Pace *pace)
{
    EmuConfig config;
    emu_config_init(&config);
    config.deterministic = true;
    config.max_insns = pace->insns;
    Emu *emu = emu_create(&config);
    const char *environment[] = {NULL};
    if (emu && emu_load(emu, pace->program[0], (const char *const *)pace->program, environment) == 0)
        return emu;
    fprintf(stderr, "window_pace: %s\n", emu ? emu_error(emu) : "no memory");
    exit(2);
}

static Result plain(const Pace *pace)
{
    Emu *emu = load(pace);
    double start = clock_now(CLOCK_THREAD_CPUTIME_ID), wall = clock_now(CLOCK_MONOTONIC);
    emu_run(emu, EMU_FOREVER);
    Result result = {.machine = clock_now(CLOCK_THREAD_CPUTIME_ID) - start, .wall = clock_now(CLOCK_MONOTONIC) - wall};
    emu_destroy(emu);
    return result;
}

static Result windowed(const Pace *pace)
{
    Emu *emu = load(pace);
    Runner runner;
    Canvas canvas = {0};
    View view = {.tab = pace->tab};
    Result result = {.wall = clock_now(CLOCK_MONOTONIC)};
    clockid_t clock;
    RunMode mode = RUN_FREE;
    ModelRequest wanted = {.parts = view_tab_parts(pace->tab)};
    if (!runner_start(&runner, emu, RUN_FREE, pace->insns, true) || pthread_getcpuclockid(runner.thread, &clock) != 0)
        exit(2);
    runner_ask(&runner, &wanted);
    for (bool ended = false; !ended;) {
        double begin = clock_now(CLOCK_MONOTONIC), cpu = clock_now(CLOCK_THREAD_CPUTIME_ID);
        if (runner_take(&runner, view.status, &mode)) {
            picture_draw(&canvas, &view, runner.shown, pace->width, pace->height);
            result.pictures++;
            result.draw += clock_now(CLOCK_THREAD_CPUTIME_ID) - cpu;
        }
        double left = begin + 0.016 - clock_now(CLOCK_MONOTONIC);
        if (left > 0)
            usleep((useconds_t)(left * 1e6));
        pthread_mutex_lock(&runner.lock);
        ended = runner.ended;
        result.machine = clock_now(clock);
        pthread_mutex_unlock(&runner.lock);
    }
    result.wall = clock_now(CLOCK_MONOTONIC) - result.wall;
    result.collect = (double)runner.picture_ns * 1e-9 / (double)(runner.pictures ? runner.pictures : 1);
    runner_stop(&runner);
    canvas_free(&canvas);
    view_free(&view);
    emu_destroy(emu);
    return result;
}

static void compare(const Pace *pace)
{
    for (int i = 0; i < pace->rounds; i++) {
        Result without = plain(pace), with = windowed(pace);
        printf("%-16.16s without %.3f s, with %.3f s: %+.1f %%; %.1f pictures a second; taking one %.2f ms, drawing %.2f ms\n",
               strrchr(pace->program[0], '/') ? strrchr(pace->program[0], '/') + 1 : pace->program[0], without.machine, with.machine,
               (with.machine / without.machine - 1) * 100, with.pictures / with.wall, with.collect * 1e3,
               with.pictures ? with.draw / with.pictures * 1e3 : 0);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    Pace pace = {.width = 1280, .height = 800, .rounds = 1, .tab = TAB_TRANSLATION};
    for (int option; (option = getopt(argc, argv, "+w:t:r:")) != -1;) {
        if (option == 'w' && sscanf(optarg, "%dx%d", &pace.width, &pace.height) == 2)
            continue;
        if (option == 't' && (pace.tab = picture_tab(optarg)) != TABS)
            continue;
        if (option == 'r' && (pace.rounds = atoi(optarg)) > 0)
            continue;
        optind = argc;
    }
    if (argc - optind < 2) {
        fprintf(stderr, "usage: window_pace [-w WIDTHxHEIGHT] [-t TAB] [-r ROUNDS] INSTRUCTIONS PROGRAM [ARGUMENTS]\n");
        return 2;
    }
    pace.insns = strtoull(argv[optind], NULL, 0);
    pace.program = argv + optind + 1;
    compare(&pace);
    return 0;
}

/* What the window costs the program, and how many pictures a second there are (overlay.py runs it over the bench set):
 *
 *     window_pace [-w WIDTHxHEIGHT] [-t TAB] [-r ROUNDS] INSTRUCTIONS PROGRAM [ARGUMENTS]
 *     window_pace -s MINUTES PROGRAM [ARGUMENTS]      everything the window can show, for so long; memory is told every minute
 *
 * The same program runs so many instructions, in turn without a window and with one (its machine's thread and the one that
 * draws; no screen). Compared is the processor time of the machine's thread, which other programs on the host change little. */
#define _GNU_SOURCE
#include <fcntl.h>
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
    double machine, wall, draw, collect, gap; /* seconds; gap: the longest between two pictures */
    unsigned pictures, missed; /* missed: sixtieths of a second without one */
} Result;

static double clock_now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int nowhere(void)
{
    static int fd;
    if (!fd)
        fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return fd;
}

static Emu *load(const Pace *pace)
{
    EmuConfig config;
    emu_config_init(&config);
    config.deterministic = true;
    config.max_insns = pace->insns;
    config.stdio[1] = nowhere(); /* what it prints is not ours */
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

static void count_picture(Result *result, uint64_t last, uint64_t now)
{
    double gap = (double)(now - last) * 1e-9;
    result->pictures++;
    result->gap = gap > result->gap ? gap : result->gap;
    result->missed += gap > 1.5 / 60 ? (unsigned)(gap * 60 + 0.5) - 1 : 0;
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
    if (!runner_start(&runner, emu, RUN_FREE, pace->insns, true, NULL) || pthread_getcpuclockid(runner.thread, &clock) != 0)
        exit(2);
    runner_ask(&runner, &wanted);
    uint64_t drawn = runner_now();
    for (bool ended = false; !ended;) {
        double cpu = clock_now(CLOCK_THREAD_CPUTIME_ID);
        if (runner_take(&runner, view.status, &mode)) {
            count_picture(&result, drawn, runner_now());
            drawn = runner_now();
            picture_draw(&canvas, &view, runner.shown, pace->width, pace->height);
            result.draw += clock_now(CLOCK_THREAD_CPUTIME_ID) - cpu;
        }
        runner_wait(&runner, drawn + PACING_REST_NS, 4000000); /* as window.c does it */
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

/* ---- for long: built with the sanitizers, by hand ------------------------------------------------------------------ */

static long resident_mib(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fscanf(file, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return resident / 256;
}

/* Another view, another zoom, another address, another speed, as somebody who plays with it would choose. */
static void play(Runner *runner, View *view, ModelRequest *wanted, unsigned n)
{
    const Model *model = runner->shown;
    view->tab = (Tab)(n % TABS);
    view->hilbert = n / 7 & 1;
    uint64_t address = model->band_count ? model->bands[n % model->band_count].start : 0;
    view->focus = wanted->focus = n % 3 ? address : 0;
    view_zoom(view, model, (int)(n % (ZOOM_MAX - ZOOM_MIN + 1)) + ZOOM_MIN, 300, n % 3, address);
    view_request(view, wanted);
    runner_ask(runner, wanted);
    runner_set_speed(runner, n % 5 == 4 ? 100000 : SPEED_FULL);
    runner_set_mode(runner, n % 11 == 10 ? RUN_STEP : n % 11 == 9 ? RUN_NEXT : RUN_FREE);
    if (n % 13 == 0)
        runner_order(runner, ORDER_ZERO, 0, 0);
    view->help = n % 17 == 0;
}

static int soak(const Pace *pace, double minutes)
{
    Runner runner;
    Canvas canvas = {0};
    View view = {.tab = TAB_TRANSLATION};
    ModelRequest wanted = {.follow = true};
    RunMode mode;
    double start = clock_now(CLOCK_MONOTONIC), told = start - 60, now;
    unsigned pictures = 0, turns = 0;
    Emu *emu = load(pace);
    if (!runner_start(&runner, emu, RUN_FREE, 0, true, NULL))
        return 2;
    while ((now = clock_now(CLOCK_MONOTONIC)) < start + minutes * 60) {
        if (runner_take(&runner, view.status, &mode)) {
            picture_draw(&canvas, &view, runner.shown, pictures / 500 % 2 ? 2560 : 1280, pictures / 500 % 2 ? 1600 : 800);
            pictures++;
        }
        if (turns++ % 60 == 0)
            play(&runner, &view, &wanted, turns / 60);
        usleep(4000);
        if (now >= told + 60) {
            told = now;
            printf("%3.0f min: %u pictures, %ld MiB resident, %s\n", (now - start) / 60, pictures, resident_mib(), view.status);
            fflush(stdout);
        }
    }
    runner_stop(&runner);
    canvas_free(&canvas);
    view_free(&view);
    emu_destroy(emu);
    return 0;
}

static void compare(const Pace *pace)
{
    for (int i = 0; i < pace->rounds; i++) {
        Result with = {0}, without;
        if (i & 1) /* who comes second finds a warmer host */
            with = windowed(pace);
        without = plain(pace);
        if (!(i & 1))
            with = windowed(pace);
        printf("%-16.16s without %.3f s, with %.3f s: %+.1f %%; %.1f pictures a second; taking one %.2f ms, drawing %.2f ms; "
               "%u sixtieths missed, at most %.0f ms without a new picture\n",
               strrchr(pace->program[0], '/') ? strrchr(pace->program[0], '/') + 1 : pace->program[0], without.machine,
               with.machine, (with.machine / without.machine - 1) * 100, with.pictures / with.wall, with.collect * 1e3,
               with.pictures ? with.draw / with.pictures * 1e3 : 0, with.missed, with.gap * 1e3);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    double minutes = 0;
    Pace pace = {.width = 1280, .height = 800, .rounds = 1, .tab = TAB_TRANSLATION};
    for (int option; (option = getopt(argc, argv, "+w:t:r:s:")) != -1;) {
        if (option == 'w' && sscanf(optarg, "%dx%d", &pace.width, &pace.height) == 2)
            continue;
        if (option == 't' && (pace.tab = picture_tab(optarg)) != TABS)
            continue;
        if (option == 'r' && (pace.rounds = atoi(optarg)) > 0)
            continue;
        if (option == 's' && (minutes = atof(optarg)) > 0)
            continue;
        optind = argc;
    }
    if (minutes > 0 && optind < argc) {
        pace.program = argv + optind;
        return soak(&pace, minutes);
    }
    if (argc - optind < 2) {
        fprintf(stderr, "usage: window_pace [-w WIDTHxHEIGHT] [-t TAB] [-r ROUNDS] INSTRUCTIONS PROGRAM [ARGUMENTS]\n"
                        "       window_pace -s MINUTES PROGRAM [ARGUMENTS]\n");
        return 2;
    }
    pace.insns = strtoull(argv[optind], NULL, 0);
    pace.program = argv + optind + 1;
    compare(&pace);
    return 0;
}

/* The live window: keys and mouse in, pictures out, sixty times a second, while the machine runs on its own thread (runner.c).
 * The same loop without a screen is --window=headless. */
#include "ui/window/window.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ui/window/picture.h"
#include "ui/window/runner.h"
#include "ui/window/screen.h"

enum {
    TICK_NS = 4000000, /* how late an event may be seen */
    DRAG_START = 4,    /* pixels */
};

struct Window {
    const Options *options;
    Screen *screen;    /* NULL: headless */
    Canvas canvas;
    View view;
    Runner runner;
    RunMode mode;
    ModelRequest wanted;
    int width, height; /* pixels */
    int speed;         /* index into speeds */
    bool changed;      /* must be drawn again */
    atomic_bool leaving;
    bool beside;       /* a console uses the machine, too */
    pthread_t thread;  /* beside: of the window */
    bool pressed, dragging, scrubbing, sliding; /* scrubbing: through time; sliding: the map's scroll bar */
    uint64_t press_close;
    int press_y, press_scroll, mouse_x, mouse_y; /* logical pixels */
    uint64_t drawn; /* host time, ns */
    unsigned shots, frames;
    bool failed;       /* a frame could not be written: said once */
};

static const uint64_t speeds[] = {1, 3, 10, 30, 100, 1000, 10000, 100000, 1000000, 10000000, SPEED_FULL};
enum { SPEEDS = sizeof speeds / sizeof *speeds };

#ifndef HAVE_SDL2 /* built without it: sdl.c is not there, and windows are headless */
Screen *screen_open(int width, int height)
{
    (void)width, (void)height;
    fprintf(stderr, "emu: this emu was built without SDL 2: there is no --window, only --window=headless\n");
    return NULL;
}
void screen_close(Screen *screen) { (void)screen; }
bool screen_next(Screen *screen, Event *event) { (void)screen, (void)event; return false; }
void screen_size(Screen *screen, int *width, int *height) { (void)screen, (void)width, (void)height; }
void screen_title(Screen *screen, const char *title) { (void)screen, (void)title; }
bool screen_show(Screen *s, const uint32_t *pixels, int width, int height)
{
    (void)s, (void)pixels, (void)width, (void)height;
    return false;
}
#endif

Window *window_open(const Options *options)
{
    Window *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->options = options;
    w->width = options->width ? options->width : 1280;
    w->height = options->height ? options->height : 800;
    w->speed = SPEEDS - 1;
    if (options->frames && mkdir(options->frames, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "emu: --frames: cannot make '%s': %s\n", options->frames, strerror(errno));
        free(w);
        return NULL;
    }
    if (!options->headless && !(w->screen = screen_open(w->width, w->height))) {
        free(w);
        return NULL;
    }
    return w;
}

void window_close(Window *w)
{
    if (!w)
        return;
    screen_close(w->screen);
    canvas_free(&w->canvas);
    view_free(&w->view);
    free(w);
}

/* ---- pictures ------------------------------------------------------------------------------------------------- */

static void save(Window *w, const char *path)
{
    if (!picture_save_png(&w->canvas, path) && !w->failed) {
        fprintf(stderr, "emu: cannot write '%s': %s\n", path, strerror(errno));
        w->failed = true;
    }
}

static void screenshot(Window *w)
{
    char path[64];
    do
        snprintf(path, sizeof path, "emu-window-%03u.png", ++w->shots);
    while (access(path, F_OK) == 0);
    save(w, path);
    fprintf(stderr, "emu: %s\n", path);
}

static void name_speed(Window *w)
{
    static const char *const units[] = {"", "k", "M"};
    uint64_t n = speeds[w->speed];
    int unit = 0;
    for (; n >= 1000 && n != SPEED_FULL; n /= 1000)
        unit++;
    w->view.speed_step = w->speed;
    w->view.speed_steps = SPEEDS;
    w->view.speed[0] = 0;
    if (n != SPEED_FULL)
        snprintf(w->view.speed, sizeof w->view.speed, "%llu%s instruction%s/s", (unsigned long long)n, units[unit],
                 n == 1 && !unit ? "" : "s");
}

static void draw(Window *w, const Model *model)
{
    if (w->screen)
        screen_size(w->screen, &w->width, &w->height);
    name_speed(w);
    if (!picture_draw(&w->canvas, &w->view, model, w->width, w->height))
        return;
    w->changed = false;
    if (w->screen)
        w->changed = !screen_show(w->screen, w->canvas.pixels, w->canvas.stride, w->canvas.height * w->canvas.scale);
}

static void draw_if_needed(Window *w)
{
    RunMode mode;
    bool fresh = runner_take(&w->runner, w->view.status, &mode);
    w->mode = mode;
    w->view.paused = strcmp(w->view.status, "running") != 0;
    if (mode == RUN_PAUSED && !w->view.paused)
        runner_poke(&w->runner); /* it has not come out of its wait yet */
    uint64_t now = runner_now();
    if (!fresh && (!w->changed || now < w->drawn + PACING_PERIOD_NS))
        return; /* a mouse that moves may come more often than pictures */
    w->drawn = now;
    draw(w, w->runner.shown);
    if (fresh && w->options->frames) {
        char path[4096];
        snprintf(path, sizeof path, "%s/frame-%06u.png", w->options->frames, ++w->frames);
        save(w, path);
    }
}

/* ---- what the user does --------------------------------------------------------------------------------------- */

static void ask(Window *w)
{
    view_request(&w->view, &w->wanted);
    w->wanted.who = !w->view.pinned ? 0 : w->view.zoom > ZOOM_PAGES ? view_close_shape(&w->view).unit : PAGE_BYTES;
    runner_ask(&w->runner, &w->wanted);
    w->changed = true;
}

static void focus(Window *w, uint64_t address)
{
    if (address != w->view.focus) {
        w->view.focus = w->wanted.focus = address;
        ask(w);
    }
}

/* The process after the one that is shown, in order of creation. */
static void next_process(Window *w)
{
    const Model *m = w->runner.shown;
    uint32_t i = 0;
    while (i < m->task_count && m->tasks[i].task.pid != m->pid)
        i++;
    for (uint32_t k = 1; k <= m->task_count; k++) {
        const EmuTask *task = &m->tasks[(i + k) % m->task_count].task;
        if (task->pid != m->pid && task->state != 'Z') {
            w->wanted.pid = task->pid;
            break;
        }
    }
    ask(w);
}

/* Moves the map by so many pixels: its picture up, for positive ones. */
static void scroll(Window *w, int from, uint64_t close_from, int by)
{
    View *v = &w->view;
    if (v->zoom > ZOOM_PAGES) {
        CloseShape s = view_close_shape(v);
        int64_t rows = by / s.h, bytes = rows * (int64_t)s.columns * (int64_t)s.unit;
        v->close_at = bytes < 0 && (uint64_t)-bytes > close_from ? 0 : close_from + (uint64_t)bytes;
    }
    v->scroll = from + by;
}

/* Zooms, and keeps what is under the mouse there. */
static void zoom(Window *w, int by)
{
    uint64_t address = 0;
    bool over_cell = view_address_at(&w->view, w->runner.shown, w->mouse_x, w->mouse_y, &address);
    view_zoom(&w->view, w->runner.shown, w->view.zoom + by, w->mouse_y, over_cell, address);
    ask(w);
}

/* Over the cells it zooms, over the mappings' names it moves the map, over a list of threads that. */
static void turn_wheel(Window *w, int up)
{
    const View *v = &w->view;
    if (v->tab == TAB_PROCESSES && w->mouse_x >= v->side.x && w->mouse_y < v->side.y + v->side.h) {
        uint32_t by = 4, first = v->first_task, most = w->runner.shown->task_count;
        w->view.first_task = up > 0 ? first < by ? 0 : first - by : first + by > most ? most : first + by;
        w->changed = true;
        return;
    }
    if (!view_over_names(&w->view, w->mouse_x, w->mouse_y)) {
        zoom(w, up);
        return;
    }
    scroll(w, w->view.scroll, w->view.close_at, up * -w->view.map.h / 8);
    ask(w);
}

static void key_view(Window *w, int key)
{
    int page = w->view.map.h / 2, row = w->view.zoom > ZOOM_PAGES ? view_close_shape(&w->view).h : 24;
    switch (key) {
    case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': w->view.tab = (Tab)(key - '1'); break;
    case '\t': w->view.tab = (Tab)((w->view.tab + 1) % TABS); break;
    case KEY_UP: scroll(w, w->view.scroll, w->view.close_at, -row); break;
    case KEY_DOWN: scroll(w, w->view.scroll, w->view.close_at, row); break;
    case KEY_PAGE_UP: scroll(w, w->view.scroll, w->view.close_at, -page); break;
    case KEY_PAGE_DOWN: scroll(w, w->view.scroll, w->view.close_at, page); break;
    case 'i': zoom(w, 1); break;
    case 'o': zoom(w, -1); break;
    case 'h': w->view.hilbert = !w->view.hilbert; break;
    case KEY_END: scroll(w, view_scroll_max(&w->view), w->view.close_at, 0); break;
    case KEY_HOME:
    case '0': w->view.scroll = w->view.zoom = 0; break;
    case '?': w->view.help = !w->view.help; break;
    case KEY_F12: screenshot(w); break;
    }
    ask(w); /* another view may need more */
}

static void set_speed(Window *w, int speed)
{
    w->speed = speed < 0 ? 0 : speed >= SPEEDS ? SPEEDS - 1 : speed;
    runner_set_speed(&w->runner, speeds[w->speed]);
    w->changed = true;
}

/* Of the page that is looked at, or, when it is counted already, of none. */
static void count_accesses(Window *w)
{
    const Focus *f = &w->runner.shown->focus;
    runner_order(&w->runner, ORDER_COUNT, f->counted ? 0 : f->address, 0);
}

static void key(Window *w, int key)
{
    if (w->view.help && key == 'q') {
        w->view.help = false;
        w->changed = true;
        return;
    }
    switch (key) {
    case 'q': w->leaving = true; break;
    case ' ': runner_set_mode(&w->runner, w->mode == RUN_FREE ? RUN_PAUSED : RUN_FREE); break;
    case 'c': runner_set_mode(&w->runner, RUN_FREE); break;
    case 'b': runner_set_mode(&w->runner, w->mode == RUN_FREE ? RUN_PAUSED : RUN_BACK); break;
    case 'f': runner_set_mode(&w->runner, w->mode == RUN_FREE ? RUN_PAUSED : RUN_FINISH); break;
    case 'a': count_accesses(w); break;
    case 'D': runner_order(&w->runner, ORDER_DUMP, 0, 0); break;
    case 'Z': runner_order(&w->runner, ORDER_ZERO, 0, 0); break;
    case 's': runner_set_mode(&w->runner, w->mode == RUN_FREE ? RUN_PAUSED : RUN_STEP); break;
    case 'n': runner_set_mode(&w->runner, w->mode == RUN_FREE ? RUN_PAUSED : RUN_NEXT); break;
    case '+': set_speed(w, w->speed + 1); break;
    case '-': set_speed(w, w->speed - 1); break;
    case 'p': next_process(w); break;
    default: key_view(w, key);
    }
}

/* Through time, where the run is recorded. */
static bool scrub(Window *w, int x, int y)
{
    uint64_t insns;
    const Model *model = w->runner.shown;
    if (!model->record.recording || !view_time_at(&w->view, model, x, y, &insns))
        return false;
    if (w->mode != RUN_PAUSED)
        runner_set_mode(&w->runner, RUN_PAUSED);
    runner_order(&w->runner, ORDER_GOTO, insns, 0);
    return true;
}

static void moved(Window *w, int x, int y)
{
    uint64_t address;
    w->mouse_x = x;
    w->mouse_y = y;
    if (w->pressed && (abs(y - w->press_y) >= DRAG_START || w->scrubbing))
        w->dragging = true;
    if (w->scrubbing) {
        scrub(w, x, w->press_y);
        return;
    }
    if (w->sliding) {
        view_scroll_at(&w->view, x, y, true, &w->view.scroll);
        ask(w);
        return;
    }
    if (w->dragging) {
        scroll(w, w->press_scroll, w->press_close, w->press_y - y);
        ask(w);
    } else if (!w->view.pinned) {
        focus(w, view_address_at(&w->view, w->runner.shown, x, y, &address) ? address : 0);
    }
}

/* A click that did not drag: a tab, or a cell to pin. */
static void clicked(Window *w, int x, int y)
{
    uint64_t address;
    Tab tab = view_tab_at(&w->view, x, y);
    int speed = view_slider_at(&w->view, x, y);
    if (speed >= 0) {
        set_speed(w, speed);
        return;
    }
    bool cell = view_address_at(&w->view, w->runner.shown, x, y, &address);
    if (tab != TABS)
        w->view.tab = tab;
    else if (cell && !(w->view.pinned && address == w->view.focus)) {
        focus(w, address);
        w->view.pinned = true;
    } else {
        w->view.pinned = false;
    }
    ask(w);
}

/* The right button: a breakpoint at an instruction, a watchpoint on a cell; again: not any more. */
static void mark(Window *w, int x, int y)
{
    const View *v = &w->view;
    uint64_t address;
    if (view_code_at(v, w->runner.shown, x, y, &address))
        runner_order(&w->runner, ORDER_MARK, address, 0);
    else if (view_address_at(v, w->runner.shown, x, y, &address))
        runner_order(&w->runner, ORDER_MARK, address, v->zoom > ZOOM_PAGES ? view_close_shape(v).unit : PAGE_BYTES);
}

static void handle(Window *w, const Event *event)
{
    int scale = w->canvas.scale ? w->canvas.scale : 1, x = event->x / scale, y = event->y / scale;
    switch (event->kind) {
    case EVENT_QUIT: w->leaving = true; break;
    case EVENT_KEY: key(w, event->key); break;
    case EVENT_MOVE: moved(w, x, y); break;
    case EVENT_PRESS:
        w->pressed = event->amount == 1;
        if (event->amount == 3)
            mark(w, x, y);
        w->dragging = false;
        w->press_y = y;
        w->press_scroll = w->view.scroll;
        w->press_close = w->view.close_at;
        w->scrubbing = w->pressed && scrub(w, x, y);
        w->sliding = w->pressed && view_scroll_at(&w->view, x, y, false, &w->view.scroll);
        w->changed |= w->sliding;
        break;
    case EVENT_RELEASE:
        if (w->pressed && !w->dragging && !w->scrubbing && !w->sliding)
            clicked(w, x, y);
        w->pressed = w->dragging = w->scrubbing = w->sliding = false;
        break;
    case EVENT_WHEEL: turn_wheel(w, event->amount > 0 ? 1 : -1); break;
    case EVENT_SIZE: w->changed = true; break;
    case EVENT_OTHER: break;
    }
}

/* ---- the loop ------------------------------------------------------------------------------------------------- */

/* What the user has done; then a short wait for the next picture. */
static void wait_tick(Window *w)
{
    Event event;
    while (w->screen && !w->leaving && screen_next(w->screen, &event))
        handle(w, &event);
    runner_wait(&w->runner, w->drawn + PACING_REST_NS, TICK_NS);
}

/* Without a screen there is nobody to leave: the end of the program is the end, its last picture included. */
static bool over(Window *w)
{
    pthread_mutex_lock(&w->runner.lock);
    bool over = !w->beside && w->runner.ended && !w->screen && !w->runner.working && !w->runner.asked && !w->runner.fresh;
    pthread_mutex_unlock(&w->runner.lock);
    return over || w->leaving;
}

static void loop(Window *w)
{
    char title[128];
    snprintf(title, sizeof title, "emu: %.100s", w->options->program[0]);
    if (w->screen)
        screen_title(w->screen, title);
    while (!over(w)) {
        if (runner_now() >= w->drawn + PACING_REST_NS)
            draw_if_needed(w);
        wait_tick(w);
    }
}

EmuStop window_run(Window *w, Emu *emu)
{
    EmuStop stop = {.kind = EMU_INTERRUPTED};
    if (!runner_start(&w->runner, emu, RUN_FREE, w->options->config.max_insns, w->options->headless, NULL)) {
        fprintf(stderr, "emu: --window: no thread for the machine: %s\n", strerror(errno));
        return stop;
    }
    w->mode = RUN_FREE;
    loop(w);
    pthread_mutex_lock(&w->runner.lock);
    if (w->runner.ended)
        stop = w->runner.stop;
    pthread_mutex_unlock(&w->runner.lock);
    runner_stop(&w->runner);
    return stop;
}

/* ---- beside a console ------------------------------------------------------------------------------------------- */

typedef struct Opening {
    const Options *options;
    Emu *emu;
    const RunnerHooks *hooks;
    Window *window;
    sem_t done;
} Opening;

/* SDL wants everything of a window on one thread. */
static void *beside_main(void *argument)
{
    Opening *opening = argument;
    Window *w = window_open(opening->options);
    bool started =
        w && runner_start(&w->runner, opening->emu, RUN_PAUSED, opening->options->config.max_insns, false, opening->hooks);
    if (w && !started) {
        fprintf(stderr, "emu: --window: no thread for the machine: %s\n", strerror(errno));
        window_close(w);
        w = NULL;
    }
    if (w)
        w->beside = true;
    opening->window = w;
    sem_post(&opening->done); /* from here on `opening` may be gone */
    if (!w)
        return NULL;
    loop(w);
    screen_close(w->screen);
    w->screen = NULL;
    return NULL;
}

Window *window_open_beside(const Options *options, Emu *emu, const RunnerHooks *hooks)
{
    Opening opening = {.options = options, .emu = emu, .hooks = hooks};
    pthread_t thread;
    sigset_t all, before;
    sem_init(&opening.done, 0, 0);
    sigfillset(&all); /* signals are the console's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, NULL, beside_main, &opening);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        fprintf(stderr, "emu: --window: no thread for the window: %s\n", strerror(error));
        return NULL;
    }
    while (sem_wait(&opening.done) != 0)
        ;
    sem_destroy(&opening.done);
    if (opening.window)
        opening.window->thread = thread;
    else
        pthread_join(thread, NULL);
    return opening.window;
}

Runner *window_runner(Window *window) { return &window->runner; }

void window_close_beside(Window *w)
{
    w->leaving = true;
    pthread_join(w->thread, NULL);
    runner_stop(&w->runner);
    window_close(w);
}

/* emu snapshot: the program runs up to a place; there its memory is drawn. The glow shows what the last instructions touched:
 * time is counted in instructions, so a --deterministic picture is the same on every machine. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ui/window/picture.h"
#include "ui/window/window.h"

enum { SLICE_MIN = 2000, LOOKS = 200 }; /* instructions between two looks: at least so many, and 1/LOOKS of what has run */

typedef struct Place {
    enum { AT_END, AT_COUNT, AT_ADDRESS } kind;
    uint64_t value;        /* instructions, or an address */
    uint64_t times;        /* which arrival there */
    char text[80];
} Place;

static bool parse_number(const char *text, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && !*end && !errno;
}

/* A symbol or 0xADDRESS. */
static bool find_address(Emu *emu, const char *text, uint64_t *address)
{
    EmuSymbol symbol;
    if (strncmp(text, "0x", 2) == 0)
        return parse_number(text, address);
    if (emu_symbol_named(emu, 0, text, &symbol)) {
        *address = symbol.address;
        return true;
    }
    return false;
}

static bool find_place(Emu *emu, const char *text, Place *place)
{
    *place = (Place){.kind = AT_END, .times = 1};
    snprintf(place->text, sizeof place->text, "%s", text ? text : "exit");
    if (!text || strcmp(text, "exit") == 0)
        return true;
    char name[256];
    const char *sharp = strrchr(text, '#');
    snprintf(name, sizeof name, "%.*s", sharp ? (int)(sharp - text) : 255, text);
    if (sharp && (!parse_number(sharp + 1, &place->times) || place->times == 0))
        return false;
    place->kind = AT_COUNT;
    if (strncmp(name, "0x", 2) != 0 && parse_number(name, &place->value))
        return !sharp;
    place->kind = AT_ADDRESS;
    return find_address(emu, name, &place->value);
}

static uint32_t now_of(Emu *emu)
{
    EmuStats stats;
    emu_stats(emu, &stats);
    return (uint32_t)(stats.insns / INSNS_PER_MS) + 1;
}

/* One more look, with times of instructions and without the host's. */
static bool look(Emu *emu, Model *model, ModelRequest *request)
{
    request->now = now_of(emu);
    return model_collect(model, emu, request);
}

/* Runs up to the place, looking again and again. */
static EmuStop run_to(Emu *emu, const Place *place, Model *model, ModelRequest *request, CallLog *calls)
{
    EmuStop stop = {.kind = EMU_BUDGET};
    uint64_t arrivals = 0, done = 0, wanted = place->kind == AT_COUNT ? place->value : EMU_FOREVER;
    if (place->kind == AT_ADDRESS)
        emu_breakpoint(emu, place->value, true);
    while (done < wanted && (stop.kind == EMU_BUDGET || stop.kind == EMU_BREAKPOINT || stop.kind == EMU_FATAL)) {
        EmuStats stats;
        uint64_t slice = done / LOOKS > SLICE_MIN ? done / LOOKS : SLICE_MIN;
        look(emu, model, request);
        stop = calls_run(calls, emu, wanted - done < slice ? wanted - done : slice);
        if (stop.kind == EMU_BREAKPOINT && ++arrivals < place->times) {
            emu_breakpoint(emu, place->value, false);
            stop = calls_run(calls, emu, 1);
            emu_breakpoint(emu, place->value, true);
        } else if (stop.kind == EMU_BREAKPOINT) {
            break;
        }
        emu_stats(emu, &stats);
        done = stats.insns;
    }
    if (place->kind == AT_ADDRESS)
        emu_breakpoint(emu, place->value, false);
    return stop;
}

static bool ends_in(const char *path, const char *end)
{
    size_t length = strlen(path), n = strlen(end);
    return length > n && strcasecmp(path + length - n, end) == 0;
}

/* What has no ending (/dev/stdout) becomes a PNG; another one would promise what the file is not. */
static bool is_picture(const char *path)
{
    const char *slash = strrchr(path, '/');
    return ends_in(path, ".png") || ends_in(path, ".svg") || !strchr(slash ? slash + 1 : path, '.');
}

static int save(Canvas *canvas, View *view, const Model *model, const char *path)
{
    bool saved = ends_in(path, ".svg") ? picture_save_svg(canvas, view, model, path) : picture_save_png(canvas, path);
    if (saved)
        return 0;
    fprintf(stderr, "emu: cannot write '%s': %s\n", path, strerror(errno));
    return EXIT_FAILED;
}

static bool find_zoom(const char *text, int *zoom)
{
    static const struct { const char *name; int step; } names[] = {{"pages", 0}, {"lines", ZOOM_LINES}, {"bytes", ZOOM_MAX}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, text) == 0) {
            *zoom = names[i].step;
            return true;
        }
    char *end;
    long step = strtol(text, &end, 10);
    *zoom = (int)step;
    return *text && !*end && step >= ZOOM_MIN && step <= ZOOM_MAX;
}

/* 0, or the exit code when the options do not fit together, all said. */
static int understand(Emu *emu, const Options *options, Place *place, ModelRequest *request, View *view)
{
    if (!options->output)
        fprintf(stderr, "emu: snapshot: where to? (-o FILE.png or -o FILE.svg)\n");
    else if (!is_picture(options->output))
        fprintf(stderr, "emu: snapshot: '%s' is no .png and no .svg\n", options->output);
    else if (!find_place(emu, options->at, place))
        fprintf(stderr, "emu: --at: '%s' is no symbol, address or count of this program\n", options->at);
    else if (options->focus && !find_address(emu, options->focus, &request->focus))
        fprintf(stderr, "emu: --focus: '%s' is no symbol or address of this program\n", options->focus);
    else if (options->view && (view->tab = picture_tab(options->view)) == TABS)
        fprintf(stderr, "emu: --view: '%s' is not translation, stack, code, ram, processes, calls, tlb or caches\n",
                options->view);
    else if (options->zoom && !find_zoom(options->zoom, &view->zoom))
        fprintf(stderr, "emu: --zoom: '%s' is not pages, lines, bytes, or a step from %d to %d\n", options->zoom, ZOOM_MIN,
                ZOOM_MAX);
    else
        return 0;
    return EXIT_FAILED;
}

/* The last look, with what the view shows of it: that depends on where things are. */
static bool look_closely(Emu *emu, Model *model, ModelRequest *request, View *view, const Options *options)
{
    int width = options->width ? options->width : 1280, height = options->height ? options->height : 800;
    view->focus = request->focus;
    if (!look(emu, model, request) || !picture_layout(view, model, width, height))
        return false;
    if (view->zoom > ZOOM_PAGES)
        view_close_centre(view, model->focus.address, view->map.y + view->map.h / 2);
    view_request(view, request);
    return look(emu, model, request);
}

int snapshot_take(Emu *emu, const Options *options)
{
    Place place;
    Model model = {.by_count = true};
    View view = {.paused = true};
    Canvas canvas = {0};
    ModelRequest request = {.exact = true, .follow = true};
    int code = understand(emu, options, &place, &request, &view);
    if (code)
        return code;
    view.hilbert = options->hilbert;
    request.parts = view_tab_parts(view.tab);
    CallLog calls = {.on = false};
    calls_watch(&calls, emu, request.parts & PART_CALLS);
    request.calls = &calls;
    EmuStop stop = run_to(emu, &place, &model, &request, &calls);
    bool reached = place.kind == AT_END ? stop.kind == EMU_EXITED || stop.kind == EMU_KILLED
                                        : stop.kind == (place.kind == AT_COUNT ? EMU_BUDGET : EMU_BREAKPOINT);
    if (reached && !look_closely(emu, &model, &request, &view, options))
        reached = false;
    snprintf(view.status, sizeof view.status, place.kind == AT_COUNT ? "after %.70s instructions" : "at %s", place.text);
    if (!reached) {
        fprintf(stderr, "emu: '%s' was not reached: the program ended first\n", place.text);
        code = EXIT_LIMIT;
    } else if (!picture_draw(&canvas, &view, &model, options->width ? options->width : 1280,
                             options->height ? options->height : 800)) {
        fprintf(stderr, "emu: no memory for the picture\n");
        code = EXIT_FAILED;
    } else {
        code = save(&canvas, &view, &model, options->output);
    }
    canvas_free(&canvas);
    view_free(&view);
    model_free(&model);
    return code;
}

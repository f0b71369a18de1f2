/* What belongs to the machine as a whole: RAM frame by frame, the timeline, the page of help. */
#include "ui/window/view.h"

/* ---- physical memory ------------------------------------------------------------------------------------------ */

static Colour owner_ink(unsigned owner)
{
    static const Colour processes[OWNERS_MAX] = {0xffe69f00u, 0xff56b4e9u, 0xff009e73u, 0xfff0e442u,
                                                 0xff0072b2u, 0xffd55e00u, 0xffcc79a7u, 0xff999999u};
    switch (owner) {
    case OWNER_FREE: return INK_LINE;
    case OWNER_TABLE: return 0xffdde4ecu;
    case OWNER_FILE: return 0xff60666eu;
    case OWNER_SHARED: return 0xffb06ad0u;
    case OWNER_OTHER: return 0xff7a4a3au;
    default: return processes[owner - OWNER_PROCESS];
    }
}

static void owner_name(const Model *model, unsigned owner, char text[48])
{
    static const char *const names[] = {"free again", "page tables", "file pages, cached", "shared, zero page",
                                        "kept by the kernel"};
    if (owner < OWNER_PROCESS)
        snprintf(text, 48, "%s", names[owner]);
    else
        snprintf(text, 48, "process %d", model->ram_pid[owner - OWNER_PROCESS]);
}

/* Owners differ in shape too: free is hollow, tables have a cross line, shared is striped. */
static void draw_owner(Canvas *canvas, Rect r, unsigned owner)
{
    if (owner == OWNER_FREE) {
        canvas_frame(canvas, r, owner_ink(owner));
        return;
    }
    canvas_fill(canvas, r, owner_ink(owner));
    if (r.w >= 5 && owner == OWNER_TABLE)
        canvas_fill(canvas, (Rect){r.x, r.y + r.h / 2, r.w, 1}, INK_BACK);
    if (r.w >= 5 && owner == OWNER_SHARED)
        canvas_hatch(canvas, r, 3, INK_BACK);
}

static int draw_owners(const Model *model, Canvas *canvas, Rect area, int y)
{
    int column = 0, step = (area.w - 16) / 2;
    for (unsigned owner = 0; owner < OWNER_PROCESS + model->ram_pids; owner++) {
        char name[48], size[32];
        if (!model->ram_owned[owner])
            continue;
        int x = area.x + 8 + column * step;
        owner_name(model, owner, name);
        draw_owner(canvas, (Rect){x, y + 1, 11, 11}, owner);
        view_print(canvas, FONT_SMALL, x + 18, y, step - 20, INK_TEXT, "%-18s %5llu frames, %s", name,
                   (unsigned long long)model->ram_owned[owner], view_size(model->ram_owned[owner] * PAGE_BYTES, size));
        column = !column;
        y += column ? 0 : 16;
    }
    return y + (column ? 16 : 0) + 6;
}

void draw_ram(const Model *model, Canvas *canvas, Rect area)
{
    char cell[32];
    int y = area.y + 8, x = area.x + 8;
    view_print(canvas, FONT_SMALL, x, y, area.w - 16, INK_DIM,
               "RAM from physical address 0 up to the highest frame ever used; a cell is %s",
               view_size((uint64_t)PAGE_BYTES << model->ram_shift, cell));
    y = draw_owners(model, canvas, area, y + 20);
    int px = 18, room = area.y + area.h - y;
    while (px > 2 && ((int)model->ram_count * px / (area.w - 16) + 1) * px > room)
        px--;
    int columns = (area.w - 16) / px;
    for (uint32_t i = 0; i < model->ram_count; i++) {
        int top = y + (int)i / columns * px;
        if (top + px > area.y + area.h)
            break;
        draw_owner(canvas, (Rect){x + (int)i % columns * px, top, px - 1, px - 1}, model->ram[i]);
    }
}

/* ---- timeline ------------------------------------------------------------------------------------------------- */

enum { TIMELINE_LABEL = 194, TIMELINE_TOP = 110 }; /* beside the lanes: names on the left, the highest value on the right */

typedef struct Lane {
    const char *name;
    Colour ink;
    uint64_t (*value)(const Sample *before, const Sample *now);
    const char *unit;
    bool size; /* frames: shown as bytes */
} Lane;

/* After a few steps there is no rate to speak of; without the host's clock, in snapshots, a little is all there is. */
static bool enough(const Sample *before, const Sample *now)
{
    return now->insns > before->insns + (now->run_ns ? 10000 : 16);
}

static uint64_t per_million(uint64_t amount, const Sample *before, const Sample *now)
{
    return enough(before, now) ? amount * 1000000 / (now->insns - before->insns) : 0;
}
static uint64_t value_frames(const Sample *before, const Sample *now)
{
    (void)before;
    return now->frames * PAGE_BYTES;
}
static uint64_t value_faults(const Sample *b, const Sample *n) { return per_million(n->faults - b->faults, b, n); }
static uint64_t value_misses(const Sample *b, const Sample *n) { return per_million(n->misses - b->misses, b, n); }
static uint64_t value_cache(const Sample *b, const Sample *n) { return per_million(n->cache_misses - b->cache_misses, b, n); }
static uint64_t value_speed(const Sample *b, const Sample *n)
{
    return n->run_ns > b->run_ns && enough(b, n) ? (n->insns - b->insns) * 1000000000 / (n->run_ns - b->run_ns) : 0;
}

static int height_at(const Model *model, const Lane *lane, uint64_t highest, Rect r, int x)
{
    uint32_t i = 1 + (uint32_t)((uint64_t)x * (model->sample_count - 1) / (uint64_t)r.w);
    return (int)((double)lane->value(&model->samples[i - 1], &model->samples[i]) / (double)highest * (r.h - 2));
}

static void draw_lane(const Model *model, Canvas *canvas, Rect r, const Lane *lane)
{
    uint64_t highest = 1, last = 0;
    char text[32], top[32];
    uint32_t count = model->sample_count;
    for (uint32_t i = 0; i < count; i++) {
        last = lane->value(&model->samples[i ? i - 1 : 0], &model->samples[i]);
        highest = last > highest ? last : highest;
    }
    canvas_fill(canvas, (Rect){r.x, r.y + r.h, r.w, 1}, INK_LINE);
    for (int x = 0, next; count > 1 && x < r.w; x = next) { /* columns of one height together */
        int h = height_at(model, lane, highest, r, x);
        for (next = x + 1; next < r.w && height_at(model, lane, highest, r, next) == h; next++)
            ;
        canvas_fill(canvas, (Rect){r.x + x, r.y + r.h - h, next - x, h}, colour_fade(lane->ink, 110));
        canvas_fill(canvas, (Rect){r.x + x, r.y + r.h - h, next - x, 1}, lane->ink);
    }
    lane->size ? view_size(last, text) : view_count(last, text);
    bool large = !lane->size && highest >= 1000000000; /* too long for its place */
    lane->size ? view_size(highest, top) : view_count(large ? highest / 1000000 : highest, top);
    int x = r.x - TIMELINE_LABEL + 4, y = r.y + 2;
    int width = view_print(canvas, FONT_SMALL, x, y, TIMELINE_LABEL - 8, lane->ink, "%s", lane->name);
    if (r.h < 24) /* on one line */
        view_print(canvas, FONT_SMALL, x + width + 6, y, TIMELINE_LABEL - width - 14, INK_TEXT, "%s%s", text, lane->unit);
    else
        view_print(canvas, FONT_SMALL, x, y + 12, TIMELINE_LABEL - 8, INK_TEXT, "%s%s", text, lane->unit);
    view_print(canvas, FONT_SMALL, r.x + r.w + 6, r.y, TIMELINE_TOP - 10, INK_DIM, "max %s%s", top, large ? " M" : "");
}

/* Where the past that is looked at lies. */
static void draw_cursor(const Model *model, Canvas *canvas, Rect r)
{
    char count[32];
    uint32_t i = 0;
    if (!model->record.past || model->sample_count < 2)
        return;
    while (i + 1 < model->sample_count && model->samples[i + 1].insns <= model->record.now)
        i++;
    int x = r.x + (int)((uint64_t)i * (uint64_t)r.w / (model->sample_count - 1));
    canvas_fill(canvas, (Rect){x - 1, r.y, 2, r.h}, INK_MARK);
    view_count(model->record.end - model->record.now, count);
    int width = canvas_text_width(FONT_SMALL, count) + 150, left = x + 6 + width > r.x + r.w ? x - 6 - width : x + 6;
    canvas_fill(canvas, (Rect){left - 2, r.y, width + 4, 14}, INK_PANEL);
    view_print(canvas, FONT_SMALL, left, r.y + 1, width, INK_ACCENT, "%s instructions in the past", count);
}

static Rect lanes_of(Rect area)
{
    return (Rect){area.x + TIMELINE_LABEL, area.y + 17, area.w - TIMELINE_LABEL - TIMELINE_TOP, area.h - 17};
}

/* What it shows, and whether one can go back in it. */
static void draw_timeline_title(const Model *model, Canvas *canvas, Rect area, Rect lanes)
{
    const EmuRecordInfo *record = &model->record;
    char back[32];
    canvas_text(canvas, FONT_SMALL, area.x + 4, area.y + 3, TIMELINE_LABEL, INK_DIM, "Timeline, up to now");
    if (model->by_count)
        return;
    if (record->recording)
        view_print(canvas, FONT_SMALL, lanes.x, area.y + 3, lanes.w, INK_ACCENT,
                   "recorded: click or draw the mouse along it to go back, up to %s instructions; b: back by one",
                   view_count(record->end - record->start, back));
    else
        canvas_text(canvas, FONT_SMALL, lanes.x, area.y + 3, lanes.w, INK_DIM,
                    "not recorded: with emu --record --window (or emu debug --window) one can go back in it");
}

void draw_timeline(const Model *model, Canvas *canvas, Rect area)
{
    static const Lane lanes[] = {
        {"RAM in use", 0xffcc79a7u, value_frames, "", true},
        {"page faults", INK_WRITE, value_faults, " / M insns", false},
        {"TLB misses", INK_READ, value_misses, " / M insns", false},
        {"L1 misses", INK_ACCENT, value_cache, " / M insns", false},
        {"speed", INK_EXEC, value_speed, " insns/s", false},
    };
    bool shown[] = {true, true, true, model->modelled, model->stats.run_ns != 0};
    int count = 0, at = 0;
    for (int i = 0; i < 5; i++)
        count += shown[i];
    Rect all = lanes_of(area);
    int height = all.h / count;
    canvas_fill(canvas, (Rect){area.x, area.y, area.w, 1}, INK_LINE);
    draw_timeline_title(model, canvas, area, all);
    for (int i = 0; i < 5; i++)
        if (shown[i])
            draw_lane(model, canvas, (Rect){all.x, all.y + at++ * height, all.w, height - 4}, &lanes[i]);
    draw_cursor(model, canvas, all);
}

bool view_time_at(const View *view, const Model *model, int x, int y, uint64_t *insns)
{
    Rect r = lanes_of(view->timeline);
    if (x < r.x || x > r.x + r.w || y < r.y || y >= r.y + r.h || model->sample_count < 2)
        return false;
    double at = (double)(x - r.x) * (model->sample_count - 1) / r.w;
    uint32_t i = (uint32_t)at < model->sample_count - 1 ? (uint32_t)at : model->sample_count - 2;
    uint64_t from = model->samples[i].insns, to = model->samples[i + 1].insns;
    *insns = from + (uint64_t)((at - i) * (double)(to - from));
    return true;
}

/* ---- help ----------------------------------------------------------------------------------------------------- */

void draw_help(Canvas *canvas)
{
    static const char *const lines[][2] = {
        {"space", "run, or pause (c: run)"},
        {"s", "step: one instruction"},
        {"n", "next: one instruction, a call as a whole"},
        {"f", "finish: until this function returns"},
        {"b", "back by one instruction; timeline: to that time (with --record)"},
        {"+  -", "faster, slower, from one instruction a second; or click the steps above"},
        {"1 .. 8, tab", "the view on the right"},
        {"p", "memory of the next process"},
        {"mouse", "the inspector and Translation show what is under it"},
        {"click", "pin that address; again: let it go"},
        {"right click", "on code: breakpoint; on the map: stop at writes to it; again: no more"},
        {"wheel, i o", "zoom at the mouse: pages, lines of 64 bytes, bytes"},
        {"a", "count the accesses to the page that is looked at; again: no more"},
        {"drag, arrows, bar", "move the map, as the wheel does over its names; 0: everything fits again"},
        {"h", "pages in rows, or along Hilbert's curve"},
        {"D", "dump the counters into emu-counters-NNN.json and .csv"},
        {"Z", "zero them: count from here"},
        {"F12", "screenshot, as emu-window-NNN.png"},
        {"?", "this page"},
        {"q, escape", "leave: the program ends too"},
    };
    int count = (int)(sizeof lines / sizeof *lines), width = 800, height = count * 22 + 64;
    Rect r = {(canvas->width - width) / 2, (canvas->height - height) / 2, width, height};
    canvas_fill(canvas, (Rect){0, 0, canvas->width, canvas->height}, 0xb0000000u);
    canvas_fill(canvas, r, INK_PANEL);
    canvas_frame(canvas, r, INK_ACCENT);
    canvas_text(canvas, FONT_NORMAL, r.x + 20, r.y + 16, width, INK_TEXT, "Keys and mouse");
    for (int i = 0; i < count; i++) {
        canvas_text(canvas, FONT_NORMAL, r.x + 20, r.y + 48 + i * 22, 180, INK_ACCENT, lines[i][0]);
        canvas_text(canvas, FONT_NORMAL, r.x + 200, r.y + 48 + i * 22, width - 210, INK_TEXT, lines[i][1]);
    }
}

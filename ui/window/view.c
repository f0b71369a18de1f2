/* The frame of the picture: header, tabs, what goes where; and the words that every part uses. */
#include <stdarg.h>
#include <stdlib.h>

#include "ui/window/view.h"

const char *view_count(uint64_t n, char text[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), out = 0;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            text[out++] = ',';
        text[out++] = digits[i];
    }
    text[out] = 0;
    return text;
}

const char *view_size(uint64_t bytes, char text[32])
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    unsigned unit = 0;
    uint64_t whole = bytes, tenths = 0;
    for (; whole >= 1024 && unit < 5; unit++, whole /= 1024)
        tenths = whole % 1024 * 10 / 1024;
    if (whole < 100 && tenths)
        snprintf(text, 32, "%llu.%llu %s", (unsigned long long)whole, (unsigned long long)tenths, units[unit]);
    else
        snprintf(text, 32, "%llu %s", (unsigned long long)whole, units[unit]);
    return text;
}

int view_print(Canvas *canvas, FontSize size, int x, int y, int max_width, Colour colour, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return canvas_text(canvas, size, x, y, max_width, colour, text);
}

Colour view_kind_colour(BandKind kind)
{
    static const Colour colours[BAND_KINDS] = {
        [BAND_CODE] = 0xff3f6b5cu, [BAND_RODATA] = 0xff4a5f80u, [BAND_DATA] = 0xff8a7434u, [BAND_BSS] = 0xff6e6247u,
        [BAND_HEAP] = 0xff6c55a0u, [BAND_STACK] = 0xff94525eu, [BAND_THREAD_STACK] = 0xff94626eu, [BAND_MMAP] = 0xff4c7284u,
        [BAND_FILE] = 0xff60666eu, [BAND_SHARED] = 0xff76783cu, [BAND_RESERVED] = 0xff3a434eu, [BAND_RWX] = 0xffcc2f92u,
    };
    return colours[kind];
}

/* ---- tabs ----------------------------------------------------------------------------------------------------- */

const char *view_tab_name(Tab tab)
{
    static const char *const names[TABS] = {"1 Translation", "2 Stack", "3 Code", "4 Physical memory", "5 Processes",
                                             "6 System calls", "7 TLB", "8 Caches"};
    return names[tab];
}

unsigned view_tab_parts(Tab tab)
{
    static const unsigned parts[TABS] = {[TAB_STACK] = PART_STACK, [TAB_CODE] = PART_CODE, [TAB_RAM] = PART_RAM,
                                           [TAB_CALLS] = PART_CALLS, [TAB_TLB] = PART_TLB, [TAB_CACHES] = PART_CACHES};
    return parts[tab];
}

Rect view_tab_rect(const View *view, Tab tab)
{
    int x = view->tabs.x;
    for (Tab t = 0; t < tab; t++)
        x += canvas_text_width(FONT_SMALL, view_tab_name(t)) + 10;
    return (Rect){x, view->tabs.y, canvas_text_width(FONT_SMALL, view_tab_name(tab)) + 9, view->tabs.h};
}

Tab view_tab_at(const View *view, int x, int y)
{
    for (Tab t = 0; t < TABS; t++) {
        Rect r = view_tab_rect(view, t);
        if (x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h)
            return t;
    }
    return TABS;
}

static void draw_tabs(const View *view, Canvas *canvas)
{
    canvas_fill(canvas, (Rect){view->tabs.x, view->tabs.y + view->tabs.h - 1, view->tabs.w, 1}, INK_LINE);
    for (Tab t = 0; t < TABS; t++) {
        Rect r = view_tab_rect(view, t);
        bool chosen = t == view->tab;
        if (chosen) {
            canvas_fill(canvas, r, INK_PANEL);
            canvas_fill(canvas, (Rect){r.x, r.y, r.w, 2}, INK_ACCENT);
        }
        canvas_text(canvas, FONT_SMALL, r.x + 5, r.y + 8, r.w, chosen ? INK_TEXT : INK_DIM, view_tab_name(t));
    }
}

/* ---- the whole ------------------------------------------------------------------------------------------------ */

/* A step for each speed, the higher the faster; what it says stands before it. Where it begins. */
static int draw_slider(const View *view, Canvas *canvas)
{
    Rect r = view->slider;
    const char *name = view->speed[0] ? view->speed : "full speed";
    int width = canvas_text_width(FONT_SMALL, name), begin = r.x - width - 8;
    canvas_text(canvas, FONT_SMALL, begin, r.y + 4, width, view->speed[0] ? INK_ACCENT : INK_DIM, name);
    for (int i = 0; i < view->speed_steps; i++) {
        int h = 4 + (r.h - 4) * (i + 1) / view->speed_steps;
        canvas_fill(canvas, (Rect){r.x + i * 10, r.y + r.h - h, 7, h}, i <= view->speed_step ? INK_ACCENT : INK_LINE);
    }
    return begin;
}

static void draw_header(const View *view, const Model *model, Canvas *canvas)
{
    char insns[32], calls[32];
    Rect r = view->header;
    canvas_fill(canvas, r, INK_PANEL);
    int x = r.x + 10, y = r.y + 6;
    x += canvas_text(canvas, FONT_NORMAL, x, y, 300, INK_TEXT, model->program) + 16;
    x += view_print(canvas, FONT_NORMAL, x, y, 240, INK_DIM, "process %d, thread %d", model->pid, model->tid) + 16;
    int state = canvas_text_width(FONT_NORMAL, view->status) + 16;
    canvas_fill(canvas, (Rect){x, y - 2, state, 20}, view->paused ? 0xff6b5a1eu : 0xff1e5a49u);
    x += 8 + canvas_text(canvas, FONT_NORMAL, x + 8, y, 500, INK_TEXT, view->status) + 24;
    int help = r.x + r.w - 8 * 8, end = view->speed_steps ? draw_slider(view, canvas) : help;
    uint64_t system_calls = model->stats.system_calls - model->zero.system_calls;
    view_print(canvas, FONT_NORMAL, x, y, end - x - 8, INK_DIM, "%s instructions   %s system call%s",
               view_count(model->stats.insns - model->zero.insns, insns), view_count(system_calls, calls),
               system_calls == 1 ? "" : "s");
    canvas_text(canvas, FONT_NORMAL, help, y, 64, INK_DIM, "? help");
}

void view_draw(const View *view, const Model *model, Canvas *canvas)
{
    Rect all = {0, 0, canvas->width, canvas->height};
    canvas->clip = all;
    canvas_fill(canvas, all, INK_BACK);
    draw_map(view, model, canvas);
    draw_legend(view, model, canvas);
    draw_header(view, model, canvas);
    draw_tabs(view, canvas);
    Rect side = canvas_clip(canvas, view->side);
    switch (view->tab) {
    case TAB_STACK: draw_stack(model, canvas, view->side); break;
    case TAB_CODE: draw_code(model, canvas, view->side); break;
    case TAB_RAM: draw_ram(model, canvas, view->side); break;
    case TAB_PROCESSES: draw_processes(model, canvas, view->side, view->first_task); break;
    case TAB_CALLS: draw_calls(model, canvas, view->side); break;
    case TAB_TLB: draw_tlb_view(model, canvas, view->side); break;
    case TAB_CACHES: draw_caches(model, canvas, view->side); break;
    default: draw_translation(model, canvas, view->side);
    }
    canvas->clip = side;
    draw_inspector(model, canvas, view->inspector, view->pinned, view->paused);
    draw_timeline(model, canvas, view->timeline);
    if (view->help)
        draw_help(canvas);
}

void view_free(View *view)
{
    free(view->places);
    *view = (View){0};
}

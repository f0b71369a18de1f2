/* The views that are lists: stack, code, processes. */
#define _GNU_SOURCE
#include <string.h>

#include "ui/window/view.h"

/* ---- stack ---------------------------------------------------------------------------------------------------- */

static const Colour frame_ink[4] = {0xff56b4e9u, 0xffe69f00u, 0xff24d6a0u, 0xffcc79a7u};

static void draw_word(const Model *model, const StackWord *word, Canvas *canvas, Rect area, int y)
{
    int x = area.x + 8;
    bool is_return = strncmp(word->note, "return to", 9) == 0;
    if (word->frame >= 0)
        canvas_fill(canvas, (Rect){x, y, 4, 16}, frame_ink[word->frame % 4]);
    unsigned glow = model_glow(model->now, word->changed);
    if (glow >= 16) { /* changed: a bar before it, and the value lit */
        canvas_fill(canvas, (Rect){x + 5, y, 3, 16}, colour_fade(INK_WRITE, glow));
        canvas_fill(canvas, (Rect){x + 116, y, 130, 16}, colour_fade(INK_WRITE, glow / 2));
    }
    x += 10 + view_print(canvas, FONT_NORMAL, x + 10, y, 120, INK_DIM, "%12llx", (unsigned long long)word->address) + 10;
    x += view_print(canvas, FONT_NORMAL, x, y, 140, is_return ? INK_ACCENT : word->value ? INK_TEXT : INK_DIM, "%016llx",
                    (unsigned long long)word->value) + 10;
    if (word->address == (model->registers.r[4] & ~7ull))
        x += canvas_text(canvas, FONT_NORMAL, x, y, 60, INK_MARK, "RSP ");
    if (word->address == model->registers.r[5])
        x += canvas_text(canvas, FONT_NORMAL, x, y, 60, INK_MARK, "RBP ");
    canvas_text(canvas, FONT_NORMAL, x, y, area.x + area.w - x,
                is_return     ? INK_ACCENT
                : word->named ? INK_TEXT
                              : INK_DIM,
                word->note);
}

/* High addresses on top, as on the map: what is pushed next comes below RSP. Words go from RSP at the bottom upwards. */
void draw_stack(const Model *model, Canvas *canvas, Rect area)
{
    int y = area.y + area.h - 26, frame = -2;
    if (!model->stack_count)
        canvas_text(canvas, FONT_NORMAL, area.x + 8, area.y + 32, area.w - 16, INK_DIM,
                    "Nothing: the program had ended before.");
    canvas_text(canvas, FONT_SMALL, area.x + 8, area.y + 6, area.w - 16, INK_DIM,
                "It grows down: RSP is at the bottom, callers are above. A colour per call; orange: changed");
    for (uint32_t i = 0; i < model->stack_count && y >= area.y + 24; i++) {
        const StackWord *word = &model->stack[i];
        if (word->frame != frame && word->frame >= 0) {
            frame = word->frame;
            canvas_fill(canvas, (Rect){area.x + 8, y + 16, area.w - 16, 1}, INK_LINE);
            view_print(canvas, FONT_SMALL, area.x + 12, y + 4, area.w - 20, frame_ink[frame % 4], "%s%s",
                       model->frames[frame].name[0] ? model->frames[frame].name : "(no symbol)", frame ? "" : "  <- running");
            y -= 17;
            if (y < area.y + 24)
                return;
        }
        draw_word(model, word, canvas, area, y);
        y -= 17;
    }
}

/* ---- source ---------------------------------------------------------------------------------------------------- */

/* The lines around the one that runs. */
static void draw_source(const Model *model, Canvas *canvas, Rect area, int y, int bottom)
{
    for (uint32_t i = 0; i < model->text_count && y + 13 <= bottom; i++, y += 13) {
        const SourceRow *row = &model->text[i];
        if (row->here)
            canvas_fill(canvas, (Rect){area.x + 4, y, area.w - 8, 13}, colour_mix(INK_BACK, INK_EXEC, 80));
        view_print(canvas, FONT_SMALL, area.x + 8, y, 36, INK_DIM, "%s%4d", row->here ? ">" : " ", row->line);
        canvas_text(canvas, FONT_SMALL, area.x + 48, y, area.w - 56, row->here ? INK_MARK : INK_TEXT, row->text);
    }
    canvas_fill(canvas, (Rect){area.x + 8, bottom + 4, area.w - 16, 1}, INK_LINE);
}

/* ---- code ----------------------------------------------------------------------------------------------------- */

/* Where to begin so that RIP is seen: in the upper half, where there are enough lines. */
static uint32_t first_line(const Model *model, int room)
{
    uint32_t here = 0, before = room > 4 ? (uint32_t)room / 2 - 1 : 0;
    while (here < model->code_count && model->code[here].address != model->registers.rip)
        here++;
    return here < model->code_count && here > before ? here - before : 0;
}

static bool has_breakpoint(const Model *model, uint64_t address)
{
    bool found = false;
    for (uint32_t i = 0; i < model->marks.count; i++)
        found |= model->marks.mark[i].size == 0 && model->marks.mark[i].address == address;
    return found;
}

static void draw_instruction(const Model *model, const CodeLine *line, Canvas *canvas, Rect area, int y)
{
    bool here = line->address == model->registers.rip;
    if (here) {
        canvas_fill(canvas, (Rect){area.x + 4, y, area.w - 8, 17}, colour_mix(INK_BACK, INK_EXEC, 80));
        canvas_text(canvas, FONT_NORMAL, area.x + 8, y, 16, INK_MARK, ">");
    }
    if (has_breakpoint(model, line->address)) {
        canvas_fill(canvas, (Rect){area.x + 18, y + 2, 13, 13}, INK_WRITE);
        canvas_text(canvas, FONT_SMALL, area.x + 22, y + 3, 8, INK_BACK, "B");
    }
    view_print(canvas, FONT_NORMAL, area.x + 34, y, 110, INK_DIM, "%8llx", (unsigned long long)line->address);
    char bytes[32] = "";
    for (int k = 0; k < line->length && k < 7; k++)
        snprintf(bytes + 2 * k, 5, k == 6 && line->length > 7 ? ".." : "%02x", line->bytes[k]);
    int x = area.x + 34 + (line->address > 0xffffffffu ? 112 : 76);
    canvas_text(canvas, FONT_SMALL, x, y + 2, 96, here ? INK_DIM : colour_mix(INK_DIM, INK_LINE, 100), bytes);
    canvas_text(canvas, FONT_NORMAL, x + 98, y, area.x + area.w - x - 100, here ? INK_MARK : INK_TEXT, line->text);
}

/* Draws the instructions, or, without a canvas, finds the one at height `find`. */
static const CodeLine *list_code(const Model *model, Canvas *canvas, Rect area, int y, int find)
{
    int bottom = area.y + area.h;
    for (uint32_t i = first_line(model, (bottom - y) / 17); i < model->code_count && y + 16 <= bottom; i++, y += 17) {
        const CodeLine *line = &model->code[i];
        if (line->label[0] && y + 34 <= bottom) {
            if (canvas)
                view_print(canvas, FONT_NORMAL, area.x + 8, y, area.w - 16, INK_EXEC, "%s:", line->label);
            y += 17;
        }
        if (!canvas && find >= y && find < y + 17)
            return line;
        if (canvas)
            draw_instruction(model, line, canvas, area, y);
    }
    return NULL;
}

static int code_top(const Model *model, Rect area)
{
    int rows = (int)model->text_count, most = (area.h / 2 - 26) / 13;
    return area.y + 26 + (rows ? 13 * (rows < most ? rows : most) + 10 : 0);
}

void draw_code(const Model *model, Canvas *canvas, Rect area)
{
    view_print(canvas, FONT_SMALL, area.x + 8, area.y + 8, area.w - 16, INK_DIM, "Instructions around RIP%s%s",
               model->source[0] ? " · source " : "", model->source);
    if (model->text_count)
        draw_source(model, canvas, area, area.y + 26, code_top(model, area) - 10);
    list_code(model, canvas, area, code_top(model, area), 0);
}

bool view_code_at(const View *view, const Model *model, int x, int y, uint64_t *address)
{
    Rect r = view->side;
    bool inside = view->tab == TAB_CODE && x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;
    const CodeLine *line = inside ? list_code(model, NULL, r, code_top(model, r), y) : NULL;
    *address = line ? line->address : 0;
    return line;
}

/* ---- processes ------------------------------------------------------------------------------------------------ */

static const char *state_name(char state)
{
    switch (state) {
    case 'R': return "can run";
    case 'S': return "waits";
    case 'T': return "stopped";
    default: return "ended";
    }
}

static void draw_task(const Model *model, const TaskRow *row, Canvas *canvas, Rect area, int y)
{
    char insns[32], size[32] = "";
    bool last = row->task.tid == model->tid;
    if (last)
        canvas_fill(canvas, (Rect){area.x + 4, y - 1, area.w - 8, 15}, INK_PANEL);
    if (row->resident)
        view_size(row->resident, size);
    view_print(canvas, FONT_SMALL, area.x + 8, y, area.w - 16,
               row->task.state == 'Z' ? INK_DIM : last ? INK_MARK : INK_TEXT, "%s %-7d %-7d %-16.16s %-9s %18s %12s",
               last ? " > " : "   ", row->task.pid, row->task.tid, row->task.name, state_name(row->task.state),
               view_count(row->task.insns, insns), size);
}

/* From the row `first` on, as far as there are enough. */
void draw_processes(const Model *model, Canvas *canvas, Rect area, uint32_t first)
{
    int y = area.y + 8, x = area.x + 8;
    canvas_text(canvas, FONT_SMALL, x, y, area.w - 16, INK_DIM,
                "Processes, and below each its threads; > ran last. p: show the next process's memory");
    y += 20;
    view_print(canvas, FONT_SMALL, x, y, area.w - 16, INK_DIM, "    %-7s %-7s %-16s %-9s %18s %12s", "process", "thread",
               "name", "state", "instructions", "in RAM");
    y += 16;
    uint32_t room = (uint32_t)(area.y + area.h - y) / 16, shown = model->task_count > room ? room - 1 : model->task_count;
    first = first < model->task_count - shown ? first : model->task_count - shown;
    for (uint32_t i = first; i < first + shown; i++, y += 16)
        draw_task(model, &model->tasks[i], canvas, area, y);
    if (shown < model->task_count)
        view_print(canvas, FONT_SMALL, x, y, area.w - 16, INK_ACCENT,
                   "    %u before these, %u%s after: turn the wheel here", first, model->task_count - shown - first, model->more_tasks ? " or more" : "");
}

/* ---- system calls ------------------------------------------------------------------------------------------------ */

static void draw_most(const CallLog *calls, Canvas *canvas, Rect area, int y)
{
    bool done[CALL_NUMBERS] = {false};
    int x = area.x + 8;
    for (int rank = 0; rank < 8 && x + 120 < area.x + area.w; rank++) {
        uint32_t most = 0;
        for (uint32_t i = 1; i < CALL_NUMBERS; i++)
            most = !done[i] && (done[most] || calls->counts[i] > calls->counts[most]) ? i : most;
        if (done[most] || !calls->counts[most])
            break;
        done[most] = true;
        char count[32];
        x += view_print(canvas, FONT_SMALL, x, y, 150, INK_TEXT, "%s %s", calls_name(most),
                        view_count(calls->counts[most], count)) +
             14;
    }
}

static void draw_result(const CallRow *row, Canvas *canvas, int x, int y, int width)
{
    if (!row->returned)
        view_print(canvas, FONT_SMALL, x, y, width, INK_ACCENT,
                   strncmp(row->text, "exit", 4) == 0 ? "does not return" : "has not returned");
    else if (row->result < 0 && row->result > -4096)
        view_print(canvas, FONT_SMALL, x, y, width, INK_WRITE, "= -1 %s",
                   strerrorname_np((int)-row->result) ? strerrorname_np((int)-row->result) : "");
    else
        view_print(canvas, FONT_SMALL, x, y, width, INK_EXEC,
                   row->result > -65536 && row->result < 65536 ? "= %lld" : "= 0x%llx", (long long)row->result);
}

void draw_calls(const Model *model, Canvas *canvas, Rect area)
{
    const CallLog *calls = &model->calls;
    int x = area.x + 8, y = area.y + 8, right = area.x + area.w - 118;
    char count[32];
    view_print(canvas, FONT_SMALL, x, y, area.w - 16, INK_DIM,
               "System calls since this view was opened: %s; the newest below. Most often:", view_count(calls->count, count));
    draw_most(calls, canvas, area, y + 16);
    y += 36;
    uint64_t room = (uint64_t)(area.y + area.h - y) / 14, kept = calls->count < CALLS_KEPT ? calls->count : CALLS_KEPT,
             shown = kept < room ? kept : room;
    for (uint64_t n = calls->count - shown + 1; n <= calls->count; n++, y += 14) {
        const CallRow *row = &calls->rows[n % CALLS_KEPT];
        view_print(canvas, FONT_SMALL, x, y, 60, row->tid == model->tid ? INK_TEXT : INK_DIM, "%6d", row->tid);
        canvas_text(canvas, FONT_SMALL, x + 46, y, right - x - 52, INK_TEXT, row->text);
        draw_result(row, canvas, right, y, 112);
    }
    if (!calls->count)
        canvas_text(canvas, FONT_NORMAL, x, y, area.w - 16, INK_DIM, "None yet.");
}

/* The views that are lists: stack, code, processes. */
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
    x += 10 + view_print(canvas, FONT_NORMAL, x + 10, y, 120, INK_DIM, "%12llx", (unsigned long long)word->address) + 10;
    x += view_print(canvas, FONT_NORMAL, x, y, 140, is_return ? INK_ACCENT : word->value ? INK_TEXT : INK_DIM, "%016llx",
                    (unsigned long long)word->value) + 10;
    if (word->address == (model->registers.r[4] & ~7ull))
        x += canvas_text(canvas, FONT_NORMAL, x, y, 60, INK_MARK, "RSP ");
    if (word->address == model->registers.r[5])
        x += canvas_text(canvas, FONT_NORMAL, x, y, 60, INK_MARK, "RBP ");
    canvas_text(canvas, FONT_NORMAL, x, y, area.x + area.w - x, is_return ? INK_ACCENT : INK_DIM, word->note);
}

/* High addresses on top, as on the map: what is pushed next comes below RSP. Words go from RSP at the bottom upwards. */
void draw_stack(const Model *model, Canvas *canvas, Rect area)
{
    int y = area.y + area.h - 26, frame = -2;
    canvas_text(canvas, FONT_SMALL, area.x + 8, area.y + 6, area.w - 16, INK_DIM,
                "The stack grows down: RSP is at the bottom, callers are above it. A colour per call.");
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

/* ---- code ----------------------------------------------------------------------------------------------------- */

void draw_code(const Model *model, Canvas *canvas, Rect area)
{
    int y = area.y + 8, bottom = area.y + area.h;
    view_print(canvas, FONT_SMALL, area.x + 8, y, area.w - 16, INK_DIM, "Instructions around RIP%s%s", model->source[0] ? " · source " : "", model->source);
    y += 18;
    for (uint32_t i = 0; i < model->code_count && y + 16 <= bottom; i++) {
        const CodeLine *line = &model->code[i];
        bool here = line->address == model->registers.rip;
        if (line->label[0] && y + 34 <= bottom) {
            view_print(canvas, FONT_NORMAL, area.x + 8, y, area.w - 16, INK_EXEC, "%s:", line->label);
            y += 17;
        }
        if (here) {
            canvas_fill(canvas, (Rect){area.x + 4, y, area.w - 8, 17}, colour_mix(INK_BACK, INK_EXEC, 80));
            canvas_text(canvas, FONT_NORMAL, area.x + 8, y, 16, INK_MARK, ">");
        }
        view_print(canvas, FONT_NORMAL, area.x + 22, y, 110, INK_DIM, "%8llx", (unsigned long long)line->address);
        char bytes[32] = "";
        for (int k = 0; k < line->length && k < 7; k++)
            snprintf(bytes + 2 * k, 5, k == 6 && line->length > 7 ? ".." : "%02x", line->bytes[k]);
        int x = area.x + 22 + (line->address > 0xffffffffu ? 112 : 76);
        canvas_text(canvas, FONT_SMALL, x, y + 2, 96, here ? INK_DIM : colour_mix(INK_DIM, INK_LINE, 100), bytes);
        canvas_text(canvas, FONT_NORMAL, x + 98, y, area.x + area.w - x - 100, here ? INK_MARK : INK_TEXT, line->text);
        y += 17;
    }
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

void draw_processes(const Model *model, Canvas *canvas, Rect area)
{
    int y = area.y + 8, x = area.x + 8;
    canvas_text(canvas, FONT_SMALL, x, y, area.w - 16, INK_DIM, "Processes, and below each its threads; > ran last. p: show the next process's memory");
    y += 20;
    view_print(canvas, FONT_SMALL, x, y, area.w - 16, INK_DIM, "    %-7s %-7s %-16s %-9s %18s %12s", "process", "thread", "name", "state", "instructions", "in RAM");
    y += 16;
    for (uint32_t i = 0; i < model->task_count && y + 16 <= area.y + area.h; i++, y += 16) {
        const TaskRow *row = &model->tasks[i];
        char insns[32], size[32] = "";
        bool leader = row->task.pid == row->task.tid, last = row->task.tid == model->tid;
        if (last)
            canvas_fill(canvas, (Rect){x - 4, y - 1, area.w - 8, 15}, INK_PANEL);
        if (row->resident)
            view_size(row->resident, size);
        view_print(canvas, FONT_SMALL, x, y, area.w - 16, row->task.state == 'Z' ? INK_DIM : last ? INK_MARK : INK_TEXT,
                   "%s %-7d %-7d %-16.16s %-9s %18s %12s", last ? " > " : leader ? "   " : "   ", row->task.pid, row->task.tid,
                   row->task.name, state_name(row->task.state), view_count(row->task.insns, insns), size);
    }
}

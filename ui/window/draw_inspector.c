/* The inspector: everything that is known of one address, a line for each kind of knowledge, and the bytes there. */
#include <ctype.h>
#include <string.h>

#include "ui/window/view.h"

enum { LINE = 13, NAME = 48 }; /* pixels: of a line; of its name, before it */

typedef struct Pen { /* where the next line goes */
    const Model *model;
    const Focus *f;
    Canvas *canvas;
    int x, y, width;
} Pen;

static void draw_line(Pen *pen, const char *name, Colour ink, const char *text)
{
    canvas_text(pen->canvas, FONT_SMALL, pen->x, pen->y, NAME, 0xff5d7088u, name);
    canvas_text(pen->canvas, FONT_SMALL, pen->x + NAME, pen->y, pen->width - NAME, ink, text);
    pen->y += LINE;
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

static void draw_page(Pen *pen, const Band *band)
{
    const Focus *f = pen->f;
    char text[160], flags[8];
    const char *rights = band->map_flags & EMU_MAP_WRITE  ? band->map_flags & EMU_MAP_EXEC ? "rwx" : "rw-"
                         : band->map_flags & EMU_MAP_EXEC ? "r-x"
                         : band->map_flags & EMU_MAP_READ ? "r--"
                                                          : "---";
    if (f->mapped) {
        view_entry_flags(f->walk.entry[f->walk.leaf_level], flags);
        snprintf(text, sizeof text, "%s · PTE %llx %s · frame %llx, %u owner%s%s%s%s", rights,
                 (unsigned long long)f->walk.entry[f->walk.leaf_level], flags, (unsigned long long)(f->walk.paddr & ~4095ull),
                 f->frame.owners, f->frame.owners == 1 ? "" : "s", f->flags & EMU_PAGE_DIRTY ? " · dirty" : " · clean",
                 f->flags & EMU_PAGE_COW ? " · copy on write" : "", f->flags & EMU_PAGE_ZERO ? " · zero page" : "");
    } else {
        snprintf(text, sizeof text, "%s · %s", rights,
                 f->flags & EMU_PAGE_SWAPPED ? "swapped out"
                                             : "never touched: no frame; the bytes are those it would begin with");
    }
    draw_line(pen, "page", INK_DIM, text);
}

static const char *since(const Model *model, uint32_t stamp, char text[48])
{
    uint32_t age = model->now - stamp;
    char count[32];
    if (!stamp)
        return "never";
    if (model->by_count)
        snprintf(text, 48, "%s insns ago", view_count((uint64_t)age * INSNS_PER_MS, count));
    else
        snprintf(text, 48, "%u.%u s ago", age / 1000, age / 100 % 10);
    return age < 100 ? "now" : text;
}

static void draw_use(Pen *pen)
{
    const Cell *cell = model_cell_at(pen->model, pen->f->address);
    uint32_t flags = pen->f->flags, tlb = EMU_PAGE_TLB_READ | EMU_PAGE_TLB_WRITE | EMU_PAGE_TLB_EXEC;
    char times[3][48], text[220];
    snprintf(text, sizeof text, "read %s · written %s · executed %s · %s%s%s%s", since(pen->model, cell->read, times[0]),
             since(pen->model, cell->written, times[1]), since(pen->model, cell->executed, times[2]),
             flags & tlb ? "in the TLB:" : "not in the TLB", flags & EMU_PAGE_TLB_READ ? " reads" : "",
             flags & EMU_PAGE_TLB_WRITE ? " writes" : "", flags & EMU_PAGE_TLB_EXEC ? " fetches" : "");
    draw_line(pen, "use", INK_DIM, text);
}

/* Which modelled caches hold its line. */
static void draw_caches_of(Pen *pen)
{
    const Focus *f = pen->f;
    char text[200] = "";
    for (uint32_t i = 0; i < f->caches; i++) {
        size_t used = strlen(text);
        if (f->cache[i].sets && f->held >> i & 1)
            snprintf(text + used, sizeof text - used, "%s%s set %u way %u%s", used ? " · " : "", f->cache[i].name,
                     f->cache[i].set, f->cache[i].way, f->dirty >> i & 1 ? " dirty" : "");
    }
    if (f->caches)
        draw_line(pen, "cache", text[0] ? INK_TEXT : INK_DIM, text[0] ? text : "no modelled cache holds its line");
}

static void draw_block(Pen *pen)
{
    const EmuHeapPlace *b = &pen->f->block;
    char text[200], size[32], serial[32];
    if (!pen->f->in_heap)
        return;
    size_t used = (size_t)snprintf(text, sizeof text, "%s block at %llx of %s bytes, here its byte %llu",
                                   b->live ? "a" : "a FREED", (unsigned long long)b->address, view_count(b->size, size),
                                   (unsigned long long)(pen->f->address - b->address));
    if (b->watched)
        snprintf(text + used, sizeof text - used, " · allocation %s%s%s", view_count(b->serial, serial),
                 pen->f->allocated[0] ? " by " : "", pen->f->allocated);
    draw_line(pen, "heap", b->live ? INK_TEXT : INK_WRITE, text);
}

/* How often it is accessed: counted for one page when asked for, since all its accesses get slower by that. */
static void draw_counts(Pen *pen, bool pinned)
{
    const EmuAccessCounts *c = &pen->f->accesses;
    unsigned line = (unsigned)(pen->f->address - c->page) / LINE_BYTES;
    char text[200], n[4][32];
    if (!pen->f->counted && (!pinned || pen->model->record.recording || pen->model->by_count))
        return;
    if (pen->f->counted)
        snprintf(text, sizeof text, "page %s reads, %s writes · its line %s reads, %s writes (a: no more)",
                 view_count(c->reads, n[0]), view_count(c->writes, n[1]), view_count(c->line_reads[line], n[2]),
                 view_count(c->line_writes[line], n[3]));
    draw_line(pen, "counts", pen->f->counted ? INK_TEXT : INK_DIM,
              pen->f->counted ? text : "a counts the accesses to this page from now on (they get slower)");
}

static void draw_writer(Pen *pen, bool pinned, bool paused)
{
    const LastWriter *w = &pen->f->writer;
    char text[240], ago[32];
    if (!pinned || pen->model->by_count)
        return;
    if (!pen->model->record.recording)
        snprintf(text, sizeof text, "who wrote it last is known of recorded runs: emu --record --window");
    else if (w->state == WRITER_FOUND)
        snprintf(text, sizeof text, "last by %s%sthread %d, %s instructions ago", w->place[0] ? w->place : "unknown code", ", ",
                 w->writer.tid, view_count(w->count - w->writer.count, ago));
    else if (w->state == WRITER_NOBODY)
        snprintf(text, sizeof text, "by nobody since the recording began");
    else
        snprintf(text, sizeof text, "%s",
                 paused ? "looking for who wrote last ..." : "pause, and it is found out who wrote last");
    draw_line(pen, "writer", w->state == WRITER_FOUND ? INK_TEXT : INK_DIM, text);
}

/* By DWARF, or the eight bytes there as a number. */
static void draw_value(Pen *pen)
{
    const Focus *f = pen->f;
    uint64_t value, at = f->address - f->bytes_at;
    if (f->object[0]) {
        canvas_text(pen->canvas, FONT_NORMAL, pen->x, pen->y + 2, pen->width, INK_EXEC, f->object);
        pen->y += 20;
    } else if (at + 8 <= f->bytes_size) {
        char text[200], decimal[32];
        memcpy(&value, f->bytes + at, sizeof value);
        snprintf(text, sizeof text, "8 bytes 0x%llx = %s%s%s", (unsigned long long)value, view_count(value, decimal),
                 f->points_to[0] ? ", points to " : "", f->points_to);
        draw_line(pen, "value", INK_TEXT, text);
    }
}

/* ---- bytes ------------------------------------------------------------------------------------------------------ */

static void draw_bytes(Pen *pen, int lines)
{
    const Focus *f = pen->f;
    Canvas *canvas = pen->canvas;
    for (int line = 0; line < lines && line * 16 < (int)f->bytes_size; line++, pen->y += LINE) {
        int y = pen->y, at = pen->x + 12 + view_print(canvas, FONT_SMALL, pen->x, y, 100, INK_DIM, "%12llx",
                                                      (unsigned long long)(f->bytes_at + 16u * (unsigned)line));
        for (int i = 0; i < 16; i++) {
            int n = line * 16 + i;
            unsigned glow = model_glow(pen->model->now, f->changed[n]);
            int left = at + i * 18 + (i >= 8 ? 6 : 0), text = at + 16 * 18 + 18 + i * 6;
            Colour ink = f->bytes[n] == 0 ? INK_LINE : isprint(f->bytes[n]) ? INK_TEXT : INK_DIM;
            if (glow >= 16)
                canvas_fill(canvas, (Rect){left - 2, y, 16, 12}, colour_fade(INK_WRITE, glow));
            if (f->bytes_at + (unsigned)n == f->address)
                canvas_frame(canvas, (Rect){left - 3, y - 1, 18, 14}, INK_ACCENT);
            view_print(canvas, FONT_SMALL, left, y, 12,
                       glow >= 16 || f->bytes[n] == 0 ? colour_mix(INK_DIM, INK_LINE, glow >= 16 ? 0 : 120) : ink, "%02x",
                       f->bytes[n]);
            view_print(canvas, FONT_SMALL, text, y, 18, ink, "%c", f->bytes[n] >= 32 && f->bytes[n] < 127 ? f->bytes[n] : '.');
        }
    }
}

void draw_inspector(const Model *model, Canvas *canvas, Rect area, bool pinned, bool paused)
{
    const Focus *f = &model->focus;
    const Band *band = model_band_at(model, f->address);
    Pen pen = {model, f, canvas, area.x + 8, area.y + 6, area.w - 16};
    canvas_fill(canvas, area, INK_PANEL);
    canvas_fill(canvas, (Rect){area.x, area.y, area.w, 1}, pinned ? INK_ACCENT : INK_LINE);
    int end = pen.x + 12 + view_print(canvas, FONT_NORMAL, pen.x, pen.y, pen.width, INK_ACCENT, "0x%llx",
                                      (unsigned long long)f->address);
    view_print(canvas, FONT_NORMAL, end, pen.y, area.x + area.w - end - 8, INK_TEXT, "%s%s%s%s",
               band ? model_kind_name(band->kind) : "nothing is mapped", f->symbol[0] ? " · " : "", f->symbol,
               pinned ? " · pinned" : "");
    pen.y += 20;
    if (!band)
        return;
    draw_page(&pen, band);
    draw_use(&pen);
    draw_caches_of(&pen);
    draw_block(&pen);
    draw_counts(&pen, pinned);
    draw_writer(&pen, pinned, paused);
    draw_value(&pen);
    pen.y += 4;
    draw_bytes(&pen, (area.y + area.h - pen.y) / LINE);
}

/* The Translation view: one address, taken apart, becomes a place in RAM. */
#include "ui/window/view.h"

#define WAS_DIRTY (1ull << 55) /* where emu_harvest() keeps D */

/* Entry bits that are shown, as the SDM names them. SDM Vol. 3A, "4-Level Paging". */
void view_entry_flags(uint64_t entry, char text[8])
{
    static const struct {
        uint64_t bit;
        char letter;
    } bits[] = {{1, 'P'}, {2, 'W'}, {4, 'U'}, {32, 'A'}, {64 | WAS_DIRTY, 'D'}};
    for (int i = 0; i < 5; i++)
        text[i] = entry & bits[i].bit ? bits[i].letter : '-';
    text[5] = entry >> 63 ? 'N' : 'x';
    text[6] = 0;
}

static const Colour level_ink[5] = {INK_TEXT, 0xffe69f00u, 0xff56b4e9u, 0xff24d6a0u, 0xffcc79a7u}; /* [level]; 0: the offset */

/* ---- translation ---------------------------------------------------------------------------------------------- */

/* The address cut into the parts that index the four tables. */
static int draw_parts(const Focus *f, Canvas *canvas, Rect area, int y)
{
    static const char *const names[] = {"offset", "PT", "PD", "PDPT", "PML4"};
    int width = (area.w - 20) / 5;
    for (int i = 0; i < 5; i++) {
        int level = 4 - i, x = area.x + 8 + i * width;
        unsigned value = level ? (unsigned)(f->address >> (3 + 9 * level) & 511) : (unsigned)(f->address & 4095);
        Rect box = {x, y, width - 4, 38};
        canvas_fill(canvas, box, INK_PANEL);
        canvas_fill(canvas, (Rect){x, y, width - 4, 3}, level_ink[level]);
        view_print(canvas, FONT_SMALL, x + 6, y + 6, width - 8, INK_DIM, "%s%s", names[level],
                   level ? ", 9 bits" : ", 12 bits");
        view_print(canvas, FONT_NORMAL, x + 6, y + 19, width - 8, level_ink[level], level ? "%u" : "0x%03x", value);
    }
    return y + 48;
}

static int draw_tlb(const Focus *f, Canvas *canvas, Rect area, int y)
{
    static const struct { uint32_t flag; const char *text; Colour ink;
    } kinds[] = {{EMU_PAGE_TLB_READ, "reads", INK_READ},
                 {EMU_PAGE_TLB_WRITE, "writes", INK_WRITE},
                 {EMU_PAGE_TLB_EXEC, "fetches", INK_EXEC}};
    int x = area.x + 8, held = 0;
    x += canvas_text(canvas, FONT_NORMAL, x, y, 400, INK_TEXT, "TLB") + 12;
    for (int i = 0; i < 3; i++) {
        bool hit = f->flags & kinds[i].flag;
        held += hit;
        Rect box = {x, y - 1, 84, 18};
        if (hit)
            canvas_fill(canvas, box, colour_mix(INK_BACK, kinds[i].ink, 110));
        canvas_frame(canvas, box, hit ? kinds[i].ink : INK_LINE);
        canvas_text(canvas, FONT_NORMAL, x + 8, y, 80, hit ? INK_TEXT : INK_DIM, kinds[i].text);
        x += 90;
    }
    canvas_text(canvas, FONT_SMALL, x + 4, y + 2, area.x + area.w - x - 8, INK_DIM,
                held ? "marked: known without a walk" : "not held: the next access walks");
    return y + 26;
}

/* Of the rows of a table those that are seen: all, or, where the view is low, those around the entry used. */
typedef struct Rows {
    unsigned first, count;
} Rows;

static Rows rows_seen(const Focus *f, int level, Rect area)
{
    unsigned index = (unsigned)(f->walk.entry_paddr[level] % PAGE_BYTES) / 8 - f->row_first[level], few = TABLE_ROWS / 2 + 1;
    if (area.h >= 390)
        return (Rows){0, TABLE_ROWS};
    unsigned first = index > few / 2 ? index - few / 2 : 0;
    return (Rows){first > TABLE_ROWS - few ? TABLE_ROWS - few : first, few};
}

/* One table: its neighbourhood of the entry that was used. */
static void draw_table(const Focus *f, Canvas *canvas, int level, Rows rows, int x, int y, int width)
{
    static const char *const names[] = {"", "page table", "page directory", "PDPT", "PML4"};
    uint64_t used = f->walk.entry_paddr[level], table = used & ~(uint64_t)(PAGE_BYTES - 1);
    unsigned index = (unsigned)(used - table) / 8;
    view_print(canvas, FONT_SMALL, x, y, width, level_ink[level], "%s", names[level]);
    view_print(canvas, FONT_SMALL, x, y + 12, width, INK_DIM, "at %llx", (unsigned long long)table);
    canvas_frame(canvas, (Rect){x - 3, y + 25, width - 2, (int)rows.count * 13 + 4}, INK_LINE);
    for (unsigned i = 0; i < rows.count; i++) {
        unsigned number = f->row_first[level] + rows.first + i;
        uint64_t entry = f->row[level][rows.first + i];
        int top = y + 27 + (int)i * 13;
        char flags[8];
        view_entry_flags(entry, flags);
        if (number == index)
            canvas_fill(canvas, (Rect){x - 2, top, width - 4, 13}, colour_mix(INK_BACK, level_ink[level], 100));
        Colour ink = number == index ? INK_TEXT : entry & 1 ? INK_DIM : INK_LINE;
        if (entry)
            view_print(canvas, FONT_SMALL, x, top, width - 4, ink, "%3u %8llx %s", number,
                       (unsigned long long)(entry & 0xffffffffff000ull), flags);
        else
            view_print(canvas, FONT_SMALL, x, top, width - 4, ink, "%3u        0", number);
    }
}

static int draw_tables(const Focus *f, Canvas *canvas, Rect area, int y)
{
    int width = (area.w - 12) / 4;
    for (int i = 0; i < f->walk.levels_read; i++) {
        int level = 4 - i, x = area.x + 11 + i * width;
        Rows rows = rows_seen(f, level, area);
        draw_table(f, canvas, level, rows, x, y, width - 8);
        if (i + 1 >= f->walk.levels_read)
            break;
        /* from the entry used to the table it names */
        unsigned index = (unsigned)(f->walk.entry_paddr[level] % PAGE_BYTES) / 8;
        int from = y + 33 + (int)(index - f->row_first[level] - rows.first) * 13, right = x + width - 13;
        canvas_line(canvas, right, from, right + 5, from, level_ink[level]);
        canvas_line(canvas, right + 5, from, right + 5, y + 18, level_ink[level]);
        canvas_line(canvas, right + 5, y + 18, right + 8, y + 18, level_ink[level]);
    }
    return y + 37 + 13 * (int)rows_seen(f, 4, area).count;
}

const char *view_frame_kind(const EmuFrameInfo *frame)
{
    switch (frame->kind) {
    case EMU_FRAME_TABLE: return "a page table";
    case EMU_FRAME_ANON: return "program memory";
    case EMU_FRAME_FILE: return "a page of a file";
    case EMU_FRAME_ZERO: return "the shared page of zeroes";
    default: return "not in use";
    }
}

/* The modelled caches' answer: where its line lies. */
static void draw_in_caches(const Focus *f, Canvas *canvas, int x, int y, int width)
{
    for (uint32_t i = 0; i < f->caches; i++) {
        bool held = f->held >> i & 1;
        int box = (width - 8) / 4;
        if (!f->cache[i].sets)
            continue;
        canvas_frame(canvas, (Rect){x, y, box - 6, 34}, held ? INK_EXEC : INK_LINE);
        view_print(canvas, FONT_NORMAL, x + 6, y + 2, box - 14, held ? INK_TEXT : INK_DIM, "%s %s", f->cache[i].name,
                   held ? f->dirty >> i & 1 ? "dirty" : "holds it" : "");
        if (held)
            view_print(canvas, FONT_SMALL, x + 6, y + 19, box - 14, INK_DIM, "set %u, way %u", f->cache[i].set,
                       f->cache[i].way);
        else
            view_print(canvas, FONT_SMALL, x + 6, y + 19, box - 14, INK_DIM, "not held");
        x += box;
    }
}

static void draw_result(const Focus *f, Canvas *canvas, Rect area, int y)
{
    int x = area.x + 8, width = area.w - 16;
    unsigned long long offset = f->address & (PAGE_BYTES - 1);
    if (!f->mapped) {
        view_print(canvas, FONT_NORMAL, x, y, width, INK_WRITE, "The walk ends here: no entry is present. The first access is");
        view_print(canvas, FONT_NORMAL, x, y + 18, width, INK_WRITE,
                   "a page fault (#PF); the kernel then finds a frame, if it may.");
        return;
    }
    int end = x + view_print(canvas, FONT_NORMAL, x, y, width, INK_TEXT, "frame ");
    end += view_print(canvas, FONT_NORMAL, end, y, width, level_ink[1], "0x%llx", (unsigned long long)(f->walk.paddr - offset));
    end += view_print(canvas, FONT_NORMAL, end, y, width, INK_TEXT, " + offset 0x%llx = physical ", offset);
    view_print(canvas, FONT_NORMAL, end, y, area.x + area.w - end, INK_ACCENT, "0x%llx", (unsigned long long)f->walk.paddr);
    view_print(canvas, FONT_NORMAL, x, y + 20, width, INK_DIM, "It holds %s%s; rights: read%s%s.", view_frame_kind(&f->frame),
               f->frame.owners > 1 && f->frame.kind != EMU_FRAME_ZERO ? ", shared" : "",
               f->walk.writable ? ", write" : "", f->walk.executable ? ", execute" : "");
    draw_in_caches(f, canvas, x, y + (f->flags & EMU_PAGE_COW ? 58 : 42), width);
    if (f->flags & EMU_PAGE_COW)
        view_print(canvas, FONT_NORMAL, x, y + 38, width, INK_DIM,
                   "Copy on write: the next write gives this process its own copy.");
    view_print(canvas, FONT_SMALL, x, area.y + area.h - 14, width, INK_DIM,
               "P present W writable U user A accessed since the last picture D dirty N no execute");
}

void draw_translation(const Model *model, Canvas *canvas, Rect area)
{
    const Focus *f = &model->focus;
    int y = area.y + 8, x = area.x + 8;
    x += canvas_text(canvas, FONT_NORMAL, x, y, area.w, INK_TEXT, "How ");
    x += view_print(canvas, FONT_NORMAL, x, y, area.w, INK_ACCENT, "0x%llx", (unsigned long long)f->address);
    if (f->address == model->registers.r[4])
        x += canvas_text(canvas, FONT_NORMAL, x, y, area.w, INK_DIM, " (RSP)");
    canvas_text(canvas, FONT_NORMAL, x, y, area.w, INK_TEXT, " becomes a place in RAM");
    y = draw_parts(f, canvas, area, y + 24);
    y = draw_tlb(f, canvas, area, y);
    view_print(canvas, FONT_SMALL, area.x + 8, y, area.w - 16, INK_DIM,
               "CR3 = %llx names the first table; each entry names the next one:", (unsigned long long)f->walk.cr3);
    y = draw_tables(f, canvas, area, y + 18);
    draw_result(f, canvas, area, y);
}

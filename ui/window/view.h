/* From a Model to a picture: where everything lies, how it is drawn, and what lies under the mouse. Knows neither SDL nor the
 * machine: the same pictures come to the screen, into PNG files and into SVG. */
#ifndef EMU_UI_WINDOW_VIEW_H
#define EMU_UI_WINDOW_VIEW_H

#include "ui/window/canvas.h"
#include "ui/window/model.h"

typedef enum Tab { TAB_TRANSLATION, TAB_STACK, TAB_CODE, TAB_RAM, TAB_PROCESSES, TAB_CALLS, TAB_TLB, TAB_CACHES, TABS } Tab;

typedef struct BandPlace {
    int y, h;      /* of its cells, logical pixels; y without scrolling */
    int rows;
    int side;      /* of the squares that Hilbert's curve fills; 1: cells in rows */
    unsigned fold; /* one drawn cell is 1 << fold cells of the model */
    bool strip, guard; /* without cells: nobody may touch it; and it is small */
    int gap;       /* height of the gap above it: nothing is mapped there */
} BandPlace;

enum {
    ZOOM_MIN = -4,
    ZOOM_PAGES = 4,
    ZOOM_LINES = 5,
    ZOOM_BYTES = 8,
    ZOOM_MAX = 9, /* up to ZOOM_PAGES cells are pages, then lines, then bytes */
    VIEW_WIDTH_MIN = 1000,
    VIEW_HEIGHT_MIN = 600,
    VIEW_NARROW = 560 /* a map that has less shortens its words */
};

typedef struct View {
    Tab tab;
    int zoom;              /* steps of two from what fits */
    bool hilbert;          /* pages that are neighbours lie near each other: along Hilbert's curve; else in rows */
    uint64_t close_at;     /* below the page: the first address shown */
    int scroll;            /* pixels that the map is moved up by */
    uint32_t first_task;   /* of the Processes view: rows that it is moved up by */
    bool help, pinned, paused;
    uint64_t focus;        /* hovered or pinned address, 0: the stack pointer */
    char status[96];       /* "running", "paused at main+4" … */
    char speed[40];
    int speed_step, speed_steps; /* where the slider stands; 0 steps: there is none */
    /* filled by view_layout() */
    Rect header, slider, map, legend, side, tabs, inspector, timeline;
    int px, columns, content; /* of a cell; cells per row; height of all bands */
    BandPlace *places;        /* one per band */
    uint32_t place_count, place_capacity;
} View;

/* Decides where everything is for a canvas of this size. false: no memory. */
bool view_layout(View *view, const Model *model, int width, int height);
/* Draws the whole picture; view_layout() has run for this model and size. */
void view_draw(const View *view, const Model *model, Canvas *canvas);
void view_free(View *view);

/* The address of the cell at x, y; false: there is none. */
bool view_address_at(const View *view, const Model *model, int x, int y, uint64_t *address);
/* Where the cell of an address is drawn; false: nowhere. */
bool view_cell_rect(const View *view, const Model *model, uint64_t address, Rect *rect);
/* Zooms to this step so that the address (of the cell under the mouse; else the focus) stays at that height. */
void view_zoom(View *view, const Model *model, int zoom, int y, bool over_cell, uint64_t address);
/* The instruction whose line in the Code view is at x, y. */
bool view_code_at(const View *view, const Model *model, int x, int y, uint64_t *address);
/* The step of the speed slider at x, y; -1: it is not there. */
int view_slider_at(const View *view, int x, int y);
/* How many instructions had run at the time shown at x, y of the timeline. */
bool view_time_at(const View *view, const Model *model, int x, int y, uint64_t *insns);
/* What the view needs of the next picture. */
void view_request(const View *view, ModelRequest *request);

/* Below the page (draw_close.c). */
typedef struct CloseShape {
    uint32_t unit, columns; /* bytes of a cell, cells per row */
    int w, h;               /* of a cell */
    bool letters;           /* characters beside the bytes */
    uint32_t rows;
} CloseShape;
CloseShape view_close_shape(const View *view);
/* Where an address is drawn when `start` is the first one; empty when nowhere. */
Rect view_close_rect(const View *view, uint64_t start, uint64_t address);
bool view_close_address(const View *view, uint64_t start, int x, int y, uint64_t *address);
/* Chooses close_at so that the address's row is drawn at y. */
void view_close_centre(View *view, uint64_t address, int y);
/* The cell (folded) of a band at that column and row, rows counted from its lowest address. */
uint64_t view_cell_number(const View *view, const BandPlace *place, int column, int row);
/* The tab whose title is at x, y, or TABS. */
Tab view_tab_at(const View *view, int x, int y);
Rect view_tab_rect(const View *view, Tab tab);
const char *view_tab_name(Tab tab);
unsigned view_tab_parts(Tab tab); /* PART_…: what it shows of the model */
int view_scroll_max(const View *view);
/* Where the map's scroll bar is; false: all is seen. What a press there, or a move with the button held, scrolls to. */
bool view_scroll_bar(const View *view, Rect *bar, Rect *thumb);
bool view_scroll_at(const View *view, int x, int y, bool held, int *scroll);
/* Is that left of the cells, where mappings are named? */
bool view_over_names(const View *view, int x, int y);

/* ---- the parts, each in its file -------------------------------------------------------------------------------- */

void draw_map(const View *view, const Model *model, Canvas *canvas);
void draw_close(const View *view, const Model *model, Canvas *canvas);
void draw_close_legend(const View *view, const Model *model, Canvas *canvas);
void draw_legend(const View *view, const Model *model, Canvas *canvas);
void draw_translation(const Model *model, Canvas *canvas, Rect area);
void draw_stack(const Model *model, Canvas *canvas, Rect area);
void draw_code(const Model *model, Canvas *canvas, Rect area);
void draw_ram(const Model *model, Canvas *canvas, Rect area);
void draw_processes(const Model *model, Canvas *canvas, Rect area, uint32_t first);
void draw_calls(const Model *model, Canvas *canvas, Rect area);
void draw_tlb_view(const Model *model, Canvas *canvas, Rect area);
void draw_caches(const Model *model, Canvas *canvas, Rect area);
void draw_inspector(const Model *model, Canvas *canvas, Rect area, bool pinned, bool paused);
void draw_timeline(const Model *model, Canvas *canvas, Rect area);
void draw_help(Canvas *canvas);

/* "PWUA-x": the bits of a table's entry; "program memory": what a frame holds. */
void view_entry_flags(uint64_t entry, char text[8]);
const char *view_frame_kind(const EmuFrameInfo *frame);
/* "1,234,567"; "132 KiB", "1.5 GiB" */
const char *view_count(uint64_t n, char text[32]);
const char *view_size(uint64_t bytes, char text[32]);
/* printf into a line of text on the canvas; returns the width drawn. */
__attribute__((format(printf, 7, 8))) int view_print(Canvas *canvas, FontSize size, int x, int y, int max_width, Colour colour,
                                                      const char *format, ...);

/* ---- colours: after Okabe and Ito, distinguishable with every kind of colour blindness ---------------------------- */

#define INK_BACK 0xff10151bu
#define INK_PANEL 0xff171e27u
#define INK_LINE 0xff2c3744u
#define INK_TEXT 0xffdde4ecu
#define INK_DIM 0xff8e9cacu
#define INK_READ 0xff56b4e9u
#define INK_WRITE 0xffff6a30u
#define INK_EXEC 0xff24d6a0u
#define INK_MARK 0xffffffffu
#define INK_ACCENT 0xfff0e442u
Colour view_kind_colour(BandKind kind);

#endif

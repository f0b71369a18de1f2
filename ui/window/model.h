/* What the window shows, as plain data: one picture of the machine, taken between two slices of its run. No SDL, no drawing.
 *
 * model_collect() fills it through emu/emu.h on the machine's thread; a copy goes to whoever draws. Times are milliseconds of
 * the model's own clock: the host's while the program runs freely, instructions (INSNS_PER_MS) where pictures must repeat. */
#ifndef EMU_UI_WINDOW_MODEL_H
#define EMU_UI_WINDOW_MODEL_H

#include "emu/emu_record.h"
#include "emu/emu_view.h"
#include "ui/window/calls.h"

enum {
    PAGE_BYTES = 4096,
    HEAP_LOOK_MS = 250,        /* how late it may be seen that a heap block has become another one */
    HALF_LIFE_MS = 500,        /* of the glow */
    INSNS_PER_MS = 20,         /* so the glow halves every 10,000 instructions */
    BAND_CELLS_MAX = 1 << 16,  /* larger mappings get cells of 2, 4, 8 … pages */
    TASKS_MAX = 512, CODE_MAX = 64, STACK_MAX = 128, SOURCE_ROWS = 15, FRAMES_MAX = 24, TABLE_ROWS = 9, FOCUS_BYTES = 256,
    FULL_SWEEP_MS = 250,       /* how late pages may be seen that came or went without being accessed */
    SWEEP_TABLES = 192,        /* page tables that a picture looks at at most: more memory takes several pictures to look at */
    LINE_BYTES = 64, CLOSE_CELLS_MAX = 8192, CLOSE_BYTES_MAX = 32768,
    SAMPLES_MAX = 600, OWNERS_MAX = 8, RAM_CELLS_MAX = 1 << 16,
};

typedef enum BandKind {
    BAND_CODE, BAND_RODATA, BAND_DATA, BAND_BSS, BAND_HEAP, BAND_STACK, BAND_THREAD_STACK, BAND_MMAP, BAND_FILE, BAND_SHARED,
    BAND_RESERVED, BAND_RWX, BAND_KINDS
} BandKind;

typedef struct Cell {
    uint32_t read, written, executed; /* model time of the last, 0: never seen */
    uint32_t pages;                   /* how many have a frame */
    uint16_t flags;                   /* EMU_PAGE_… of its pages together, without the harvested three */
} Cell;

typedef struct Band { /* a mapping */
    uint64_t start, end, resident; /* bytes */
    uint32_t map_flags;            /* EMU_MAP_… */
    BandKind kind;
    int tid;                       /* of a thread's stack */
    uint32_t threads;              /* how many have their stacks in here */
    char name[64];                 /* file name without its folder, "[heap]" … */
    unsigned shift;                /* a cell is PAGE_BYTES << shift */
    uint32_t first, count;         /* of its cells */
} Band;

/* From close up: a stretch of memory whose cells are lines or bytes. */
typedef enum CloseKind { CLOSE_NOTHING, CLOSE_UNTOUCHED, CLOSE_DATA } CloseKind; /* not mapped, without a frame, with one */
typedef struct CloseCell {
    uint32_t changed, used; /* model time when it was last seen to have changed; when a modelled cache last used it */
    uint32_t hash;          /* of its bytes; of a byte its value */
    uint8_t kind;           /* CloseKind */
    uint8_t held;           /* bit n: modelled cache n holds the line */
    bool dirty, zero;
} CloseCell;
typedef struct Close {
    uint64_t start;
    uint32_t unit, count;   /* bytes of a cell: LINE_BYTES or 1; cells */
    bool caches;            /* a hierarchy is modelled */
    uint64_t clock;         /* newest time of use in the modelled caches so far */
    CloseCell cells[CLOSE_CELLS_MAX];
    uint8_t bytes[CLOSE_BYTES_MAX]; /* the first of them */
} Close;

typedef struct CodeLine {
    uint64_t address;
    uint8_t bytes[15], length;
    char text[120];
    char label[64]; /* the symbol that begins here, or "" */
} CodeLine;

typedef struct SourceRow {
    int line;
    bool here;
    char text[100];
} SourceRow;

typedef struct StackWord {
    uint64_t address, value;
    char note[96];  /* what the value is, if it can be told */
    bool named;     /* the note names variables */
    uint32_t changed; /* model time when it was last seen to change; 0: not since it is looked at */
    int frame;      /* index of the frame it belongs to, -1: unknown */
} StackWord;

typedef struct StackFrame {
    uint64_t pc, cfa;
    char name[64];
} StackFrame;

typedef struct TaskRow {
    EmuTask task;
    uint64_t resident; /* bytes of its process, on its first thread's row; else 0 */
    uint64_t rip, rsp;
} TaskRow;

/* Who wrote last to what is pinned: of recorded runs. */
typedef enum WriterState { WRITER_UNKNOWN, WRITER_NOBODY, WRITER_FOUND } WriterState;
typedef struct LastWriter {
    WriterState state;
    uint64_t address, size, count; /* of what, after how many instructions */
    EmuWriter writer;
    char place[96];                /* "main+0x12, file.c:7" */
} LastWriter;

typedef struct Focus { /* one address, taken apart */
    uint64_t address;
    bool mapped;             /* a present entry */
    EmuWalk walk;
    uint32_t flags;          /* EMU_PAGE_… */
    EmuFrameInfo frame;
    uint32_t row_first[5];   /* [level] index of the first entry in rows */
    uint64_t row[5][TABLE_ROWS];
    uint64_t bytes_at;       /* address of bytes[0]: 16-aligned, in the same page */
    uint32_t bytes_size;
    uint8_t bytes[FOCUS_BYTES];
    uint32_t changed[FOCUS_BYTES]; /* model time when a byte was last seen to change; 0: not since it is looked at */
    char symbol[80];         /* "main+0x12" or "" */
    char object[128];        /* "struct node *table[3].next = 0x4c2000", by DWARF, or "" */
    char points_to[64];      /* where the eight bytes there lead, if anywhere: "table+0x10" */
    bool in_heap;            /* in a block of it: … */
    EmuHeapPlace block;
    char allocated[80];      /* … made by "list_append+0x12", or "" */
    uint32_t heap_looked;    /* model time when that was found out */
    bool counted;            /* accesses to its page are: */
    EmuAccessCounts accesses;
    LastWriter writer;
    uint32_t caches;         /* how many are modelled; bit n of … */
    uint8_t held, dirty;     /* … modelled cache n holds its line; and has it dirty */
    struct { char name[8]; uint32_t set, sets, way; } cache[4];
} Focus;

/* A structure of sets and ways: a TLB, a cache. Large ones are shown by groups of sets. */
enum { GRID_CELLS = 2048, GRIDS_MAX = 8 };
typedef struct GridCell {
    uint32_t came, used;  /* model time when something came in here; when it was used */
    uint64_t key;         /* what is in here; of a group: of all of it together */
    uint32_t held, dirty; /* entries */
    uint8_t kind;         /* of a TLB: BandKind + 1 of its page, 0: not of this process */
} GridCell;
typedef struct Grid {
    char name[48];
    uint32_t sets, ways, group; /* a cell is one entry, or, when group is not 0, all ways of so many sets */
    uint32_t count;       /* cells: set by set, all ways of a set behind each other */
    uint64_t clock;       /* newest time of use so far */
    uint64_t accesses, misses; /* 0: not counted */
    uint32_t held, dirty;
    GridCell cells[GRID_CELLS];
} Grid;
enum { TLB_SHOWN = 1024 };
#define TLB_EMPTY UINT64_MAX
typedef struct Grids {
    uint32_t count;
    bool modelled;        /* of the hierarchy; else the machine's own */
    Grid grid[GRIDS_MAX];
} Grids;

typedef struct RamCell { uint8_t owner; } RamCell; /* Owner */
enum { OWNER_FREE, OWNER_TABLE, OWNER_FILE, OWNER_SHARED, OWNER_OTHER, OWNER_PROCESS }; /* then one per process */

typedef struct Sample {
    uint32_t ms;
    uint64_t insns, faults, frames, misses, cache_misses, run_ns;
} Sample;

/* Breakpoints and watchpoints that were set in the window. */
typedef struct Mark { uint64_t address, size; } Mark; /* size 0: a breakpoint */
enum { MARKS_MAX = 32 };
typedef struct Marks {
    uint32_t count;
    Mark mark[MARKS_MAX];
} Marks;

enum { PART_CODE = 1, PART_STACK = 2, PART_RAM = 4, PART_TLB = 8, PART_CACHES = 16, PART_CALLS = 32 };

typedef struct ModelRequest {
    int pid;            /* whose memory; 0: the process shown before, while it lives */
    uint64_t focus;     /* 0: the stack pointer */
    bool follow;        /* with pid 0: whoever ran last, not who was shown before */
    uint64_t who;       /* so many bytes at the focus: who wrote them last? 0: nobody wants to know */
    const LastWriter *writer; /* what was found out; NULL: nothing */
    unsigned parts;     /* PART_…: what is looked at; the rest stays as it was */
    bool exact;         /* look at every page, also where nothing was accessed */
    uint32_t tables;    /* else so many page tables at most, the next picture goes on from there; 0: SWEEP_TABLES */
    uint32_t now;       /* model time, ms, from 1 */
    const CallLog *calls; /* NULL: none are noted */
    const Marks *marks;   /* NULL: none */
    const EmuStats *zero; /* counted from there; NULL: from the start */
    uint64_t close_start; /* what is seen from close up, aligned to its unit */
    uint32_t close_unit, close_count; /* bytes of a cell; how many cells, 0: nothing is */
} ModelRequest;

typedef struct Model {
    bool by_count;          /* times are instructions: nothing of the host's clock may show */
    uint32_t now;
    int pid, tid;
    char program[64];
    EmuRegisters registers;
    EmuStats stats;
    Band *bands;            /* by address */
    uint32_t band_count, band_capacity;
    int bands_pid;          /* whose they are */
    uint64_t bands_insns;   /* when they were last looked at */
    uint32_t harvested;     /* pages whose A bit this picture has cleared: each costs the program a walk */
    uint64_t hand;          /* of the clock: where the sweep over the pages is; 0: the next picture begins one */
    bool sweep_all;         /* it looks at all pages, not only where something was accessed */
    uint32_t sweep_now, sweep_last, sweep_full; /* model time when it began; the one before; the last of all pages */
    Cell *cells;
    uint32_t cell_count, cell_capacity;
    TaskRow tasks[TASKS_MAX];
    bool more_tasks; /* than these */
    uint32_t task_count;
    CodeLine code[CODE_MAX];
    uint32_t code_count;
    char source[128];       /* "file.c:12" of RIP, or "" */
    SourceRow text[SOURCE_ROWS]; /* lines of it around that one */
    uint32_t text_count;
    CallLog calls;
    Marks marks;
    EmuRecordInfo record;
    bool modelled;          /* a hierarchy is */
    EmuStats zero;
    Grids *grids;           /* TLBs or caches, NULL: not asked for */
    uint64_t grids_insns;   /* when they were last looked at */
    unsigned grids_parts;   /* which of the two */
    uint64_t tlb[3][TLB_SHOWN]; /* the machine's own (EMU_TLB_…) before the last harvest: pages, TLB_EMPTY */
    StackWord stack[STACK_MAX];
    uint32_t stack_count;
    StackFrame frames[FRAMES_MAX];
    uint32_t frame_count;
    Focus focus;
    Close *close;           /* NULL: not asked for */
    uint8_t *ram;           /* Owner of each cell of RAM up to the highest frame ever used; NULL when not asked for */
    uint32_t ram_count, ram_shift; /* a cell is 1 << ram_shift frames */
    uint64_t ram_owned[OWNER_PROCESS + OWNERS_MAX]; /* frames */
    int ram_pid[OWNERS_MAX];
    uint32_t ram_pids;
    Sample samples[SAMPLES_MAX]; /* oldest first */
    uint32_t sample_count;
    uint32_t sample_every;  /* ms */
} Model;

/* Takes a picture. The previous one, in the same Model, gives the glow its memory. false: no memory (the picture is
 * incomplete). */
bool model_collect(Model *model, Emu *emu, const ModelRequest *request);
/* A deep copy into `to`, whose buffers are used again. false: no memory. */
bool model_copy(Model *to, const Model *from);
void model_free(Model *model);

/* What kind of mapping this is. `exe` is the program's path; `above_exe`: it lies right behind the program's own file mappings;
 * `tid`: not 0 when that thread's stack pointer is inside. */
BandKind model_band_kind(const EmuMapping *mapping, const char *exe, bool above_exe, int tid);
const char *model_kind_name(BandKind kind);
/* NULL: nothing is mapped there. */
const Band *model_band_at(const Model *model, uint64_t address);
const Cell *model_cell_at(const Model *model, uint64_t address);
/* The cell's flags; those of the TLB only if they are still true. */
uint32_t model_cell_flags(const Model *model, const Cell *cell);
/* How much a stamp still glows, 255 (now) to 0. */
unsigned model_glow(uint32_t now, uint32_t stamp);

/* Parts of model_collect(), each in its file. */
bool model_collect_bands(Model *model, Emu *emu, const ModelRequest *request);
void model_collect_code(Model *model, Emu *emu);
void model_collect_stack(Model *model, Emu *emu);
/* The machine's own TLB, before a harvest empties it. */
void model_collect_tlb(Model *model, Emu *emu);
/* TLBs or caches, as sets and ways. */
bool model_collect_grids(Model *model, Emu *emu, const ModelRequest *request);
/* The variable at an address, by DWARF: "int table[3] = 7", or "" */
void model_describe_object(const Model *model, Emu *emu, uint64_t address, char *text, size_t size);
/* Notes on the words of model->stack which variables of which frame they hold. */
void model_name_locals(Model *model, Emu *emu, const EmuFrame *frames);
void model_collect_source(Model *model, Emu *emu);
void model_collect_focus(Model *model, Emu *emu, uint64_t address, const ModelRequest *request);
bool model_collect_ram(Model *model, Emu *emu);
bool model_collect_close(Model *model, Emu *emu, const ModelRequest *request);
/* "main+0x12", or "" */
void model_name_address(Emu *emu, int pid, uint64_t address, char *text, size_t size);

#endif

/* libemu's profiles: which instruction, function and line caused what the counters counted, and which data. A page of its own beside emu.h. */
#ifndef EMU_EMU_PROFILE_H
#define EMU_EMU_PROFILE_H

#include "emu/emu.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    EMU_PROFILE_CODE = 1,    /* by instruction: emu_profile_line */
    EMU_PROFILE_DATA = 2,    /* misses by what the data is: emu_profile_object */
    EMU_PROFILE_SHARING = 4, /* lines that threads share by accident: emu_profile_shared */
};
/* Keeps books from now on. To be called before the program is loaded, after emu_hierarchy(). 0 or ENOMEM. */
int emu_profile(Emu *emu, uint32_t what);

enum { EMU_PROFILE_COLUMNS = 32 };
/* The columns' names in order: Ir I1mr ILmr Dr D1mr DLmr Dw D1mw DLmw, as far as the model has them, and more. How many. */
uint32_t emu_profile_columns(Emu *emu, const char *names[EMU_PROFILE_COLUMNS]);

typedef struct EmuProfileLine {
    const char *program, *file, *function; /* file absolute; NULL: unknown */
    int line;                              /* 0: unknown */
    uint64_t line_straddles, page_straddles; /* accesses that lay in two lines, in two pages */
    uint64_t counts[EMU_PROFILE_COLUMNS];
} EmuProfileLine;
/* Lines by file, function, line; their sums are the run's counters. false behind the last. */
bool emu_profile_line(Emu *emu, uint32_t index, EmuProfileLine *line);

typedef struct EmuProfileObject {
    const char *kind; /* "static", "heap", "stack", "mapping", "unknown" */
    const char *name; /* "table"; "list_append (list.c:12)": who allocated it; "main: buffer (rbp-0x40)". Valid until the next call */
    uint64_t type;    /* handle for emu_type(); 0: unknown */
    uint64_t address, size; /* of the first such block, when there are several; address 0: a place in a stack frame */
    bool several;
    uint64_t counts[EMU_PROFILE_COLUMNS];
} EmuProfileObject;
/* Objects, those with most misses first. Only accesses that missed somewhere are attributed: refs columns are 0. */
bool emu_profile_object(Emu *emu, uint32_t index, EmuProfileObject *object);

enum { EMU_SHARERS = 4 };
typedef struct EmuSharedLine {
    uint64_t address;       /* of the line */
    const char *name;       /* of a symbol that lies in it; NULL: none */
    uint32_t size, threads; /* bytes; how many threads touched it; of more than four the first four: */
    struct {
        int tid;
        uint64_t read, written;     /* which bytes: bit 0 is the line's first (of lines over 64 bytes, of each 64th part) */
        uint64_t accesses, takes;   /* how often, and how often after another thread had written there */
    } sharer[EMU_SHARERS];
    bool is_false;          /* no byte that one writes is touched by another */
} EmuSharedLine;
/* Lines that more than one thread touched and at least one wrote, most takes first. */
bool emu_profile_shared(Emu *emu, uint32_t index, EmuSharedLine *line);

#ifdef __cplusplus
}
#endif

#endif

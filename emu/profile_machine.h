/* A profile's books as its own files see them. Inside emu/ only. */
#ifndef EMU_EMU_PROFILE_MACHINE_H
#define EMU_EMU_PROFILE_MACHINE_H

#include "emu/machine.h"
#include "emu/recording.h"

/* Columns: the three kinds of references, the model's events, faults. */
enum { COLUMN_IR, COLUMN_DR, COLUMN_DW, COLUMN_MINOR, COLUMN_MAJOR, COLUMN_SWAP_IN, COLUMN_SWAP_OUT, COLUMN_EVENTS,
       BOOK_COLUMNS = COLUMN_EVENTS + HIERARCHY_DETAILS };

/* A program as loaded: what its addresses mean. */
typedef struct Image {
    Program *program; /* NULL: unknown */
    u64 bias;
} Image;

/* One instruction's account. */
typedef struct SiteBook {
    u64 rip;
    u32 image;        /* index + 1; 0: this slot is free */
    u64 line_straddles, page_straddles;
    u64 counts[BOOK_COLUMNS];
} SiteBook;

typedef struct SourcePath {
    const char *file, *directory; /* as DWARF has them */
    char *path;
} SourcePath;

typedef struct DataBook DataBook;
typedef struct SharingBook SharingBook;

struct Profile {
    Emu *emu;
    u32 what;
    u32 line_shift, fetch_shift;
    bool split;            /* straddling references count once for each line */
    SiteBook *sites;       /* open addressing */
    u64 site_capacity, site_count;
    Image *images;
    u32 image_count, image;     /* how many; the running one's index + 1 */
    const void *image_space;    /* whose it is */
    u64 image_entry;
    u64 rip;               /* the instruction that has begun */
    SiteBook *site;        /* its account; NULL: no memory for one */
    u32 pending_reads, pending_writes; /* its references, counted when it retires */
    u64 minor, major;      /* of the running task when last seen */
    u64 swap_ins, swap_outs; /* of the machine */
    const Task *task;      /* who ran last; it may be gone */
    i32 tid;
    u32 learned;           /* the image whose allocators the heap has looked for last */
    DataBook *data;
    SharingBook *sharing;
    EmuProfileLine *lines; /* the result, once asked for */
    u32 line_count;
    SourcePath *paths;     /* of sources, put together */
    u32 path_count;
};

/* profile_data.c */
DataBook *data_create(Profile *profile);
void data_destroy(DataBook *data);
void data_begin(DataBook *data, u64 rip);
void data_miss(DataBook *data, const ProfileReference *seen);
/* profile_sharing.c */
SharingBook *sharing_create(u32 line_shift);
void sharing_destroy(SharingBook *sharing);
void sharing_see(SharingBook *sharing, u32 space, u32 image, int tid, const ProfileReference *seen);

/* Which of the book's columns exist with this model, in the order that they are shown, and their names. */
u32 profile_columns(const Profile *profile, u8 columns[EMU_PROFILE_COLUMNS], const char *names[EMU_PROFILE_COLUMNS]);

#endif

/* Transfers between guest memory and open files (file.c). */
#ifndef EMU_KERNEL_FILE_H
#define EMU_KERNEL_FILE_H

#include "kernel/guest_io.h"

typedef struct Transfer {
    GuestCursor *cursor;
    i64 offset; /* -1: the file's own position */
    bool write; /* from the guest to the file */
    u32 flags;  /* RWF_… of preadv2(2), or TRANSFER_NOWAIT */
} Transfer;
enum { TRANSFER_NOWAIT = 1u << 30 }; /* -EAGAIN instead of parking; the host does not hear of it */

/* Moves the cursor's bytes to or from a host file with the blocking rules of read(2) and write(2). Bytes moved, -errno,
 * or what a parked call returns. */
i64 file_transfer(Task *task, OpenFile *file, const Transfer *transfer);

/* RLIMIT_FSIZE: may a regular file reach `end` bytes? 0, or -EFBIG with SIGXFSZ sent. */
i64 file_size_allowed(Task *task, const OpenFile *file, u64 end);

/* Does the file have a position? Others are ESPIPE. */
bool file_can_seek(const OpenFile *file);

#endif

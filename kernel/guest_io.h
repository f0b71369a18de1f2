/* Scatter-gather between guest memory and host calls without copying: a GuestCursor walks the guest's buffers, and
 * host_vectors() turns the next stretch of them into a host iovec, page by page.
 *
 * A part that the guest may not touch becomes an iovec of *unmapped host memory* (vfs->poison), so the host kernel itself
 * decides whether the call is short, fails with EFAULT, or never looks there: exactly as it would natively. */
#ifndef EMU_KERNEL_GUEST_IO_H
#define EMU_KERNEL_GUEST_IO_H

#include <sys/uio.h>

#include "kernel/fd.h"

enum {
    HOST_VECTORS = 256,          /* pages in one host call */
    GUEST_VECTORS_MAX = 1024,    /* UIO_MAXIOV */
    TRANSFER_MAX = 0x7ffff000,   /* MAX_RW_COUNT: one call moves no more */
    POISON_SIZE = 1 << 20,
};

typedef struct GuestVector { u64 address, size; } GuestVector; /* struct iovec */
_Static_assert(sizeof(GuestVector) == 16, "struct iovec");

typedef struct GuestCursor {
    const GuestVector *vector; /* the present one */
    u32 count;                 /* how many are left, with the present one */
    u64 offset;                /* into it */
    u64 left;                  /* bytes in all */
    GuestVector single;        /* for calls with one buffer */
} GuestCursor;

typedef struct HostVectors {
    struct iovec v[HOST_VECTORS];
    u32 count;
    u64 size; /* bytes in all */
} HostVectors;

/* One buffer. -EFAULT when the range leaves user space. Cut to TRANSFER_MAX. */
i64 cursor_single(GuestCursor *cursor, u64 address, u64 size);
/* An iovec array at `address`, copied to `vectors` (GUEST_VECTORS_MAX). -EINVAL, -EFAULT as readv(2). */
i64 cursor_vectors(Task *task, GuestCursor *cursor, GuestVector *vectors, u64 address, u64 count);
void cursor_skip(GuestCursor *cursor, u64 size);

/* The next at most `limit` bytes as host memory; the cursor stays. */
void host_vectors(Task *task, HostVectors *host, const GuestCursor *cursor, u64 limit, Access access);
/* After the host stored `size` bytes through them. */
void host_vectors_wrote(Task *task, const HostVectors *host, u64 size);

/* Copies between a buffer of ours and the guest, and moves the cursor; bytes moved before the first fault. */
u64 cursor_write(Task *task, GuestCursor *cursor, const void *from, u64 size);
u64 cursor_read(Task *task, GuestCursor *cursor, void *to, u64 size);

#endif

/* The guest's struct stat. */
#ifndef EMU_KERNEL_STAT_H
#define EMU_KERNEL_STAT_H

#include "kernel/fd.h"

typedef struct GuestStat { /* x86-64 struct stat: arch/x86/include/uapi/asm/stat.h */
    u64 device, inode, links;
    u32 mode, uid, gid, pad;
    u64 rdevice;
    i64 size, block_size, blocks;
    u64 atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
    i64 unused[3];
} GuestStat;
_Static_assert(sizeof(GuestStat) == 144, "struct stat");

/* Stores a host's stat result for the guest: 0 or -EFAULT. */
i64 stat_to_guest(Task *task, u64 address, const struct stat *st);
/* fstat(2) of any open file. */
i64 file_stat(Task *task, OpenFile *file, struct stat *st);

#endif

/* File locks: flock(2), POSIX record locks and open-file-description locks (fcntl_locking(2)). */
#ifndef EMU_KERNEL_LOCK_H
#define EMU_KERNEL_LOCK_H

#include "kernel/fd.h"

/* fcntl's F_GETLK, F_SETLK, F_SETLKW and their OFD forms; `address` of a struct flock. */
i64 lock_fcntl(Task *task, OpenFile *file, u32 command, u64 address);

/* A number of this table was closed: all POSIX locks that its owner has on the file are gone (fcntl_locking(2)). */
void lock_closed(Kernel *kernel, const Files *owner, const OpenFile *file);
/* Locks on this file may have been dropped: those that wait for one look again. */
void lock_wake(Kernel *kernel, const OpenFile *file);

#endif

/* Readiness (poll.c). */
#ifndef EMU_KERNEL_POLL_H
#define EMU_KERNEL_POLL_H

#include "kernel/fd.h"

/* What is ready of `events` (POLLIN …; POLLERR, POLLHUP always) now. */
u32 file_poll(Task *task, OpenFile *file, u32 events);
/* Notes that the parking task waits for `events` of the file. */
void file_poll_wait(Task *task, OpenFile *file, u32 events);
/* Is readiness something that only the emulator knows (FileOps.poll)? Else the host does. */
static inline bool file_poll_soft(const OpenFile *file) { return file->ops && file->ops->poll; }

#endif

/* Descriptors of processes: pidfd_open(2), CLONE_PIDFD. */
#ifndef EMU_KERNEL_PIDFD_H
#define EMU_KERNEL_PIDFD_H

#include "kernel/fd.h"

/* A new descriptor of `process` (always close-on-exec), or -errno. flags: O_NONBLOCK. */
i64 pidfd_create(Task *task, Process *process, u32 flags);
/* Is the file such a descriptor? Its data is the process then. */
bool pidfd_is(const OpenFile *file);
/* The process that a descriptor of the caller stands for, NULL: it is not a pidfd. May be dead or reaped. */
Process *pidfd_process(Task *task, u64 fd);

#endif

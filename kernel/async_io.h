/* Signal-driven I/O: O_ASYNC, F_SETOWN, F_SETSIG. fcntl(2), "Managing signals". */
#ifndef EMU_KERNEL_ASYNC_IO_H
#define EMU_KERNEL_ASYNC_IO_H

#include "kernel/fd.h"

/* F_SETOWN, F_GETOWN, F_SETOWN_EX, F_GETOWN_EX, F_SETSIG, F_GETSIG. */
i64 async_fcntl(Task *task, OpenFile *file, u32 command, u64 argument);
/* O_ASYNC on or off. -ENOMEM and what epoll_ctl(2) says when the host is short of something. */
i64 async_arm(Kernel *kernel, OpenFile *file, bool on);
/* The descriptor that is readable when owners have news; -1: no file is armed. */
int async_events(const Kernel *kernel);
/* Sends the signals for what has happened. */
void async_deliver(Kernel *kernel);
/* The description goes. */
void async_gone(Kernel *kernel, OpenFile *file);

#endif

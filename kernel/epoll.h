/* epoll(7). */
#ifndef EMU_KERNEL_EPOLL_H
#define EMU_KERNEL_EPOLL_H

#include "kernel/fd.h"

/* An open file description ends: every epoll instance forgets it. */
void epoll_file_gone(Kernel *kernel, OpenFile *file);

#endif

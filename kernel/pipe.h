/* Pairs of descriptors (pipe.c). */
#ifndef EMU_KERNEL_PIPE_H
#define EMU_KERNEL_PIPE_H

#include "kernel/fd.h"

/* Installs both files and stores their numbers as two ints at `address`; takes over the references (either may be NULL:
 * -ENOMEM). On failure neither number stays. */
i64 file_install_pair(Task *task, OpenFile *a, OpenFile *b, u64 address, bool cloexec);

#endif

/* Stopping the machine. */
#ifndef EMU_KERNEL_RUN_H
#define EMU_KERNEL_RUN_H

#include "kernel/kernel.h"

/* kernel_run() returns with this, about the current task. */
void kernel_stop(Kernel *kernel, KernelStopKind kind);
/* Nanoseconds of host time since the machine started, whatever the guest's clock says. */
u64 host_elapsed(Kernel *kernel);

#endif

/* Starting the clocks; reading them is kernel.h's. */
#ifndef EMU_KERNEL_CLOCK_H
#define EMU_KERNEL_CLOCK_H

#include "kernel/kernel.h"

/* Sets time zero and seeds randomness from kernel->config. */
void clock_start(Kernel *kernel);

#endif

/* Character devices whose behaviour depends on the guest (devices.c). */
#ifndef EMU_KERNEL_DEVICES_H
#define EMU_KERNEL_DEVICES_H

#include "kernel/fd.h"

/* A character device has just been opened on the host: where the guest's machine answers differently (random numbers of a
 * deterministic machine), it does from now on; a terminal may become the session's. */
void device_opened(Task *task, OpenFile *file, u32 flags);

#endif

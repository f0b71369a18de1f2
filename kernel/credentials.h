/* The guest's identity towards the host: see credentials.c. */
#ifndef EMU_KERNEL_CREDENTIALS_H
#define EMU_KERNEL_CREDENTIALS_H

#include "kernel/kernel.h"

/* After every change of task->credentials (the current task's). */
void credentials_changed(Task *task);
/* From now on the host is asked as this task. */
void credentials_use(Task *task);
/* … with its real ids, as access(2) does, until credentials_use(). */
void credentials_use_real(Task *task);
/* The emulator is itself again. */
void credentials_leave(Kernel *kernel);

#endif

/* The guest's identity towards the host: see credentials.c. */
#ifndef EMU_KERNEL_CREDENTIALS_H
#define EMU_KERNEL_CREDENTIALS_H

#include "kernel/kernel.h"

enum { LAST_CAPABILITY = 40 };
#define ALL_CAPABILITIES ((1ull << (LAST_CAPABILITY + 1)) - 1)
/* The capabilities of who has these credentials: root's all, others none. */
static inline u64 credentials_capabilities(const Kernel *kernel, const Credentials *c)
{
    return c->euid ? 0 : kernel->root_capabilities;
}

/* May the task look into the process: ptrace(2), "Ptrace access mode checking", with real ids? */
bool credentials_may_inspect(const Task *task, const Process *process);

/* After every change of task->credentials (the current task's). */
void credentials_changed(Task *task);
/* From now on the host is asked as this task. */
void credentials_use(Task *task);
/* … with its real ids, as access(2) does, until credentials_use(). */
void credentials_use_real(Task *task);
/* The emulator is itself again. */
void credentials_leave(Kernel *kernel);

#endif

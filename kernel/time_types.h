/* Times in guest memory, as nanoseconds here. */
#ifndef EMU_KERNEL_TIME_TYPES_H
#define EMU_KERNEL_TIME_TYPES_H

#include "kernel/kernel.h"

#define SECOND 1000000000ull

/* struct timespec, struct timeval at `address`: nanoseconds (saturating), 0; -EFAULT, or -EINVAL when out of range. */
i64 timespec_read(Task *task, u64 address, u64 *ns);
i64 timeval_read(Task *task, u64 address, u64 *ns);
i64 timespec_write(Task *task, u64 address, u64 ns);
i64 timeval_write(Task *task, u64 address, u64 ns);

/* What a clock shows, or -EINVAL. Processor-time clocks of other tasks too (negative numbers). clock_gettime(2). */
i64 clock_read(Task *task, i32 clock, u64 *ns);
/* The moment on kernel_now()'s scale when a wall or monotonic clock shows `ns`; -EINVAL for processor-time clocks. */
i64 clock_to_deadline(Task *task, i32 clock, u64 ns, u64 *deadline);

#endif

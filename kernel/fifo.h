/* FIFOs opened without O_NONBLOCK wait for their other side (fifo(7)); the task does, the host does not. */
#ifndef EMU_KERNEL_FIFO_H
#define EMU_KERNEL_FIFO_H

#include "kernel/path.h"

/* The host said ENXIO to an open for writing: no reader yet (or no FIFO: then that is the answer). Parks. */
i64 fifo_open_writer(Task *task, const Path *path);
/* *file, just opened for reading, waits until somebody has the FIFO open for writing: 0, or parks (and takes *file over). */
i64 fifo_opened_reader(Task *task, OpenFile **file);
/* Is this the rerun of an open parked by fifo_opened_reader? Then *file is it, with a reference for the caller. */
bool fifo_reopening(Task *task, OpenFile **file);

#endif

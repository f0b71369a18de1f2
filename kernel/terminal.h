/* Controlling terminals, as guest sessions and process groups see them. tty_ioctl(4), credentials(7). */
#ifndef EMU_KERNEL_TERMINAL_H
#define EMU_KERNEL_TERMINAL_H

#include "kernel/fd.h"

/* TIOCGPGRP, TIOCSPGRP, TIOCSCTTY, TIOCNOTTY, TIOCGSID: what the host cannot know. */
i64 terminal_ioctl(Task *task, OpenFile *file, u32 request, u64 argument);

/* May the task read (SIGTTIN) or change or, with TOSTOP, write (SIGTTOU) its controlling terminal now? 0, or what the
 * call returns: a background group is stopped by `signo` or gets -EIO. tcsetpgrp(3). */
i64 terminal_access(Task *task, OpenFile *file, i32 signo);

/* A session leader without a terminal has opened one without O_NOCTTY: it becomes the session's. */
void terminal_opened(Task *task, OpenFile *file);

/* At the end of the machine. */
void terminals_destroy(Kernel *kernel);

#endif

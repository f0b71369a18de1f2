/* Controlling terminals, as guest sessions and process groups see them. tty_ioctl(4), credentials(7). */
#ifndef EMU_KERNEL_TERMINAL_H
#define EMU_KERNEL_TERMINAL_H

#include "kernel/fd.h"

/* TIOCGPGRP, TIOCSPGRP, TIOCSCTTY, TIOCNOTTY, TIOCGSID: what the host cannot know. */
i64 terminal_ioctl(Task *task, OpenFile *file, u32 request, u64 argument);

/* open("/dev/tty"): the session's terminal, whatever its device. -ENXIO: it has none. */
i64 terminal_open_own(Task *task, u32 flags, OpenFile **file);

/* After the host took `size` bytes written to a pty's master side: the characters that its line discipline makes signals. */
void terminal_typed(Task *task, OpenFile *master, const u8 *bytes, u64 size);
/* TIOCSWINSZ has been done: SIGWINCH for the foreground group. */
void terminal_resized(Task *task, OpenFile *file);
/* A master side has been closed for good (SIGHUP), or a session's leader has ended. */
void terminal_hung_up(Kernel *kernel, OpenFile *master);
void terminal_session_ended(Kernel *kernel, i32 sid);

/* May the task read (SIGTTIN), change (SIGTTOU) or `write` to (SIGTTOU, if TOSTOP is set) its controlling terminal now? 0, or
 * what the call returns: a background group is stopped by `signo` or gets -EIO. tcsetpgrp(3). */
i64 terminal_access(Task *task, OpenFile *file, i32 signo, bool write);

/* A session leader without a terminal has opened one without O_NOCTTY: it becomes the session's. */
void terminal_opened(Task *task, OpenFile *file);

/* At the end of the machine. */
void terminals_destroy(Kernel *kernel);

#endif

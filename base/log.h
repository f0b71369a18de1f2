/* Messages of four kinds; each kind of trouble keeps to its own. All go to stderr, one line, "emu: " first.
 * The guest's own trouble is never logged: it becomes a signal or an errno (see kernel/). */
#ifndef EMU_BASE_LOG_H
#define EMU_BASE_LOG_H

#include "base/types.h"

typedef enum LogKind {
    LOG_GUEST,         /* what the user asked to be told about the guest (crash report, OOM kill) */
    LOG_UNIMPLEMENTED, /* ours, unwritten: an instruction or a system call; once per place */
    LOG_HOST,          /* the host refused: no memory, no file */
    LOG_BUG,           /* an impossible state: never reachable from guest bytes */
} LogKind;

/* Prints one line "emu: …\n" to the log stream (stderr unless redirected by log_set_fd). Never fails, keeps errno. */
void log_message(LogKind kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As log_message(LOG_UNIMPLEMENTED, …), but only the first time for this `key` in the process. */
void log_unimplemented(u64 key, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where messages go: a host file descriptor (default 2). */
void log_set_fd(int fd);

#endif

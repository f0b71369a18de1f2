/* One line per message, written with a single write(2) so that lines of guest and emulator do not interleave. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { MAX_KEYS = 1024 };

static int log_fd = 2;
static u64 seen_keys[MAX_KEYS];
static u32 seen_count;

void log_set_fd(int fd) { log_fd = fd; }

static void log_line(LogKind kind, const char *format, va_list arguments)
{
    int saved = errno;
    char line[1024];
    int n = snprintf(line, sizeof line, "emu: %s", kind == LOG_BUG ? "bug: " : "");
    errno = saved; /* for %m */
    int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, arguments);
    if (m < 0)
        m = 0;
    size_t length = (size_t)(n + m);
    if (length > sizeof line - 2)
        length = sizeof line - 2;
    line[length++] = '\n';
    for (size_t done = 0; done < length;) {
        ssize_t wrote = write(log_fd, line + done, length - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            break;
        done += (size_t)wrote;
    }
    errno = saved;
}

void log_message(LogKind kind, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(kind, format, arguments);
    va_end(arguments);
}

void log_unimplemented(u64 key, const char *format, ...)
{
    for (u32 i = 0; i < seen_count; i++)
        if (seen_keys[i] == key)
            return;
    if (seen_count == MAX_KEYS)
        return;
    seen_keys[seen_count++] = key;
    va_list arguments;
    va_start(arguments, format);
    log_line(LOG_UNIMPLEMENTED, format, arguments);
    va_end(arguments);
}

/* Character devices that a deterministic machine must answer itself: /dev/random and /dev/urandom come from its seed.
 * All other devices are the host's. */
#include "kernel/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include "kernel/guest_io.h"
#include "kernel/host.h"
#include "kernel/terminal.h"

static i64 random_read(Task *task, OpenFile *file, GuestCursor *to, i64 offset)
{
    (void)file, (void)offset;
    u8 bytes[256];
    u64 done = 0;
    while (to->left) {
        u64 part = to->left < sizeof bytes ? to->left : sizeof bytes;
        kernel_random(task->kernel, bytes, part);
        u64 moved = cursor_write(task, to, bytes, part);
        done += moved;
        if (moved < part)
            return done ? (i64)done : -EFAULT;
    }
    return (i64)done;
}

/* Writing to the host's pool is harmless; a seeded one stays as it is. */
static i64 random_write(Task *task, OpenFile *file, GuestCursor *from, i64 offset)
{
    (void)task, (void)file, (void)offset;
    return (i64)from->left;
}

static i64 random_seek(Task *task, OpenFile *file, i64 offset, int whence)
{
    (void)task, (void)file, (void)offset, (void)whence;
    return 0; /* noop_llseek */
}

static const FileOps random_ops = {.name = "/dev/urandom", .read = random_read, .write = random_write, .seek = random_seek};

void device_opened(Task *task, OpenFile *file, u32 flags)
{
    struct stat st;
    if (task->kernel->config.deterministic && host_fstat(file->host_fd, &st) == 0 &&
        (st.st_rdev == makedev(1, 8) || st.st_rdev == makedev(1, 9)))
        file->ops = &random_ops;
    if (file->terminal && !(flags & O_NOCTTY))
        terminal_opened(task, file);
}

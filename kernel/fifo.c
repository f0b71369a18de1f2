/* Blocking opens of FIFOs (fifo.h). The host's FIFO is the truth, so programs outside the emulator can be the other side.
 *
 * Whether a writer exists is asked with tee(2), which looks without taking: 0 says no writer, EAGAIN says one that has
 * written nothing yet. That one has come is announced by inotify's IN_OPEN. A reader outside the emulator that waits in its
 * own open(2) is announced by nothing: hence the slow second look for writers. */
#include "kernel/fifo.h"
#include "kernel/host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { SECOND_LOOK_NS = 100 * 1000 * 1000 };

static void fifo_wait_release(Kernel *kernel, OpenFile *wait)
{
    if (wait->data)
        file_unref(kernel, wait->data);
}
static const FileOps fifo_wait_ops = {.name = "fifo", .release = fifo_wait_release};

/* What a parked open keeps: an inotify descriptor that tells of opens, and the reader's side once it is open. */
static OpenFile *fifo_wait(Task *task, const char *name, OpenFile *reader)
{
    if (task->call.file && task->call.file->ops == &fifo_wait_ops)
        return task->call.file;
    int notify = host_inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (notify < 0)
        return NULL;
    host_inotify_add_watch(notify, name, IN_OPEN);
    OpenFile *wait = file_new(task->kernel, &fifo_wait_ops, notify, O_RDONLY);
    if (!wait)
        return NULL;
    wait->data = reader;
    file_hold(task, wait);
    file_unref(task->kernel, wait); /* the call's reference is the only one */
    return wait;
}

static i64 fifo_park(Task *task, OpenFile *wait, bool second_look)
{
    if (task->woken == WOKEN_SIGNAL)
        return SYS_RESTARTSYS;
    char events[512];
    while (host_read(wait->host_fd, events, sizeof events) > 0)
        ;
    if (second_look)
        wait_deadline(task, kernel_now(task->kernel) + SECOND_LOOK_NS);
    return wait_host_fd(task, wait->host_fd, POLLIN);
}

i64 fifo_open_writer(Task *task, const Path *path)
{
    struct stat st;
    if (host_fstatat(path->dir, path->name, &st, 0) < 0 || !S_ISFIFO(st.st_mode))
        return -ENXIO;
    char link[PATH_MAX + 128];
    OpenFile *wait = fifo_wait(task, path_link(path, link, sizeof link), NULL);
    return wait ? fifo_park(task, wait, true) : -ENOMEM;
}

/* Has the FIFO a writer now, or has it had one since it was opened? */
static bool fifo_has_writer(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (host_poll(&ready, 1, 0) > 0)
        return true;
    int scratch[2];
    if (host_pipe2(scratch, O_NONBLOCK | O_CLOEXEC) < 0)
        return true;
    ssize_t seen = host_tee(fd, scratch[1], 1, SPLICE_F_NONBLOCK);
    bool writer = seen > 0 || (seen < 0 && errno == EAGAIN);
    host_close(scratch[0]);
    host_close(scratch[1]);
    return writer;
}

static i64 fifo_wait_writer(Task *task, OpenFile *reader)
{
    if (fifo_has_writer(reader->host_fd))
        return 0;
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", reader->host_fd);
    OpenFile *wait = fifo_wait(task, link, reader);
    if (!wait) {
        file_unref(task->kernel, reader);
        return -ENOMEM;
    }
    if (fifo_has_writer(reader->host_fd)) /* one may have come before the watch was set */
        return 0;
    wait_host_fd(task, reader->host_fd, POLLIN);
    return fifo_park(task, wait, false);
}

i64 fifo_opened_reader(Task *task, OpenFile **file)
{
    OpenFile *reader = *file;
    i64 result = fifo_wait_writer(task, reader);
    if (!result && task->call.file && task->call.file->data == reader)
        file_ref(reader); /* the wait object keeps its own */
    return result;
}

bool fifo_reopening(Task *task, OpenFile **file)
{
    OpenFile *wait = task->call.file;
    if (!wait || wait->ops != &fifo_wait_ops || !wait->data)
        return false;
    *file = wait->data;
    return true;
}

/* Descriptor tables and open file descriptions: their lives, and the calls that only move numbers (close, dup …).
 *
 * The lowest free number is what Linux promises, so the table keeps a bound below which nothing is free and scans from
 * there. What a descriptor *is* lies in the OpenFile; reading and writing are file.c's. */
#include "kernel/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/heap.h"
#include "kernel/async_io.h"
#include "kernel/epoll.h"
#include "kernel/host.h"
#include "kernel/lock.h"
#include "kernel/syscalls.h"
#include "kernel/terminal.h"

enum { FIRST_CAPACITY = 64, TABLE_MAX = 1 << 20 };

i64 host_result(i64 result)
{
    return result < 0 ? -errno : result;
}

/* ---- open file descriptions --------------------------------------------------------------------------------------- */

OpenFile *file_new(Kernel *kernel, const FileOps *ops, int host_fd, u32 flags)
{
    Vfs *vfs = kernel->vfs;
    if (host_fd < 0)
        host_fd = host_eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    OpenFile *file = host_fd < 0 ? NULL : heap_calloc(1, sizeof *file);
    if (!file) {
        if (host_fd >= 0)
            host_close(host_fd);
        return NULL;
    }
    file->inode = vfs->next_inode++;
    file->ops = ops;
    file->host_fd = host_fd;
    file->refs = 1;
    file->flags = flags & ~(u32)(O_CLOEXEC | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
    file->wait = WAIT_NEVER;
    file->last_number = -1;
    file->next = vfs->open_files;
    if (file->next)
        file->next->previous = file;
    vfs->open_files = file;
    return file;
}

/* Memory devices (null, zero, full, random) are always ready. */
static bool device_may_block(const struct stat *st)
{
    return major(st->st_rdev) != 1;
}

OpenFile *file_from_host(Kernel *kernel, int host_fd, u32 flags)
{
    OpenFile *file = file_new(kernel, NULL, host_fd, flags);
    struct stat st;
    if (!file || host_fstat(host_fd, &st) < 0)
        return file;
    file->mode = st.st_mode & S_IFMT;
    file->device = st.st_dev;
    file->inode = st.st_ino;
    if (flags & O_PATH)
        return file;
    if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || (S_ISCHR(st.st_mode) && device_may_block(&st)) || !file->mode)
        file->wait = WAIT_NONBLOCK;
    file->terminal = S_ISCHR(st.st_mode) && device_may_block(&st) && host_isatty(host_fd);
    file->pty_master = file->terminal && st.st_rdev == makedev(5, 2);
    return file;
}

void file_unref(Kernel *kernel, OpenFile *file)
{
    if (--file->refs)
        return;
    epoll_file_gone(kernel, file);
    async_gone(kernel, file);
    if (UNLIKELY(file->pty_master))
        terminal_hung_up(kernel, file);
    if (file->ops && file->ops->release)
        file->ops->release(kernel, file);
    host_close(file->host_fd);
    if (file->mail)
        host_close(file->mail);
    lock_wake(kernel, file); /* closing dropped flock(2) and OFD locks */
    Vfs *vfs = kernel->vfs;
    if (file->next)
        file->next->previous = file->previous;
    if (file->previous)
        file->previous->next = file->next;
    else
        vfs->open_files = file->next;
    heap_free(file->path);
    heap_free(file);
}

/* Keeps the description of a parked call open until the call ends (file_call_ended), and findable by its number. */
void file_hold(Task *task, OpenFile *file)
{
    if (task->call.file == file)
        return;
    file_call_ended(task);
    task->call.file = file_ref(file);
    task->call.file_number = file->last_number;
}

void file_call_ended(Task *task)
{
    OpenFile *file = task->call.file;
    task->call.file = NULL;
    if (file)
        file_unref(task->kernel, file);
}

i64 file_park(Task *task, OpenFile *file, short events, i64 restart)
{
    if (task->woken == WOKEN_SIGNAL)
        return restart;
    file_hold(task, file);
    return wait_host_fd(task, file->host_fd, events);
}

bool file_host_ready(const OpenFile *file, short events)
{
    if (LIKELY(file->wait != WAIT_POLL))
        return true;
    struct pollfd fd = {.fd = file->host_fd, .events = events};
    return host_poll(&fd, 1, 0) != 0;
}

/* ---- tables ------------------------------------------------------------------------------------------------------- */

static bool files_grow(Files *files, u32 number)
{
    u32 capacity = files->capacity ? files->capacity : FIRST_CAPACITY;
    while (capacity <= number)
        capacity *= 2;
    if (capacity == files->capacity)
        return true;
    FdSlot *slots = heap_realloc(files->slots, capacity * sizeof *slots);
    if (!slots)
        return false;
    memset(slots + files->capacity, 0, (capacity - files->capacity) * sizeof *slots);
    files->slots = slots;
    files->capacity = capacity;
    return true;
}

OpenFile *file_get(Task *task, u64 fd)
{
    Files *files = task->files;
    u32 number = (u32)fd;
    if (UNLIKELY(task->call.file && task->call.file_number == (i32)number))
        return task->call.file;
    if (UNLIKELY(number >= files->capacity || !files->slots[number].file))
        return NULL;
    files->slots[number].file->last_number = (i32)number;
    return files->slots[number].file;
}

OpenFile *file_get_usable(Task *task, u64 fd)
{
    OpenFile *file = file_get(task, fd);
    return file && !(file->flags & O_PATH) ? file : NULL;
}

static u32 files_limit(const Task *task)
{
    u64 limit = task->process->limits[LIMIT_NOFILE].soft;
    return limit < TABLE_MAX ? (u32)limit : TABLE_MAX;
}

static u32 files_lowest_free(Files *files, u32 minimum)
{
    u32 number = minimum > files->lowest ? minimum : files->lowest;
    while (number < files->capacity && files->slots[number].file)
        number++;
    if (minimum <= files->lowest)
        files->lowest = number;
    return number;
}

bool files_have_room(Task *task)
{
    return files_lowest_free(task->files, 0) < files_limit(task);
}

static void files_put(Files *files, u32 number, OpenFile *file, bool cloexec)
{
    files->slots[number] = (FdSlot){file, cloexec};
    files->count++;
}

i64 file_install(Task *task, OpenFile *file, u32 minimum, bool cloexec)
{
    Files *files = task->files;
    u32 number = files_lowest_free(files, minimum);
    if (number >= files_limit(task) || !files_grow(files, number)) {
        file_unref(task->kernel, file);
        return -EMFILE;
    }
    files_put(files, number, file, cloexec);
    return number;
}

static OpenFile *files_take(Files *files, u32 number)
{
    OpenFile *file = files->slots[number].file;
    files->slots[number] = (FdSlot){NULL, false};
    files->count--;
    if (number < files->lowest)
        files->lowest = number;
    return file;
}

static void close_number(Task *task, Files *files, u32 number)
{
    OpenFile *file = files_take(files, number);
    lock_closed(task->kernel, files, file);
    if (file->ops && file->ops->closed)
        file->ops->closed(task, file);
    file_unref(task->kernel, file);
}

i64 files_close(Task *task, u32 fd)
{
    Files *files = task->files;
    if (fd >= files->capacity || !files->slots[fd].file)
        return -EBADF;
    close_number(task, files, fd);
    return 0;
}

Files *files_copy(Files *files)
{
    Files *copy = heap_calloc(1, sizeof *copy);
    if (!copy || !files_grow(copy, files->capacity ? files->capacity - 1 : 0)) {
        heap_free(copy);
        return NULL;
    }
    copy->refs = 1;
    copy->lowest = files->lowest;
    copy->count = files->count;
    for (u32 i = 0; i < files->capacity; i++)
        if (files->slots[i].file) {
            copy->slots[i] = files->slots[i];
            file_ref(copy->slots[i].file);
        }
    return copy;
}

void files_ref(Files *files)
{
    files->refs++;
}

void files_unref(Task *task, Files *files)
{
    if (--files->refs)
        return;
    for (u32 i = 0; i < files->capacity && files->count; i++)
        if (files->slots[i].file)
            close_number(task, files, i);
    heap_free(files->slots);
    heap_free(files);
}

void files_close_on_exec(Task *task, Files *files)
{
    for (u32 i = 0; i < files->capacity; i++)
        if (files->slots[i].file && files->slots[i].cloexec)
            close_number(task, files, i);
}

/* ---- close, dup --------------------------------------------------------------------------------------------------- */

i64 sys_close(Task *task, const u64 *arg)
{
    return files_close(task, (u32)arg[0]);
}

i64 sys_dup(Task *task, const u64 *arg)
{
    OpenFile *file = file_get(task, arg[0]);
    return file ? file_install(task, file_ref(file), 0, false) : -EBADF;
}

/* `number` becomes another name of `file`; what it named before is closed without a word, as dup2(2) says. */
static i64 files_replace(Task *task, OpenFile *file, u32 number, bool cloexec)
{
    if (number >= files_limit(task))
        return -EBADF;
    if (!files_grow(task->files, number))
        return -ENOMEM;
    file_ref(file);
    files_close(task, number);
    files_put(task->files, number, file, cloexec);
    return number;
}

i64 sys_dup2(Task *task, const u64 *arg)
{
    OpenFile *file = file_get(task, arg[0]);
    if (!file)
        return -EBADF;
    if ((u32)arg[0] == (u32)arg[1])
        return (u32)arg[1];
    return files_replace(task, file, (u32)arg[1], false);
}

i64 sys_dup3(Task *task, const u64 *arg)
{
    u32 flags = (u32)arg[2];
    if ((flags & ~(u32)O_CLOEXEC) || (u32)arg[0] == (u32)arg[1])
        return -EINVAL;
    if ((u32)arg[1] >= files_limit(task))
        return -EBADF;
    OpenFile *file = file_get(task, arg[0]);
    return file ? files_replace(task, file, (u32)arg[1], flags != 0) : -EBADF;
}

/* close_range(2). CLOSE_RANGE_UNSHARE gives the caller its own table first. */
i64 sys_close_range(Task *task, const u64 *arg)
{
    enum { UNSHARE = 2, CLOEXEC = 4 };
    u32 first = (u32)arg[0], last = (u32)arg[1], flags = (u32)arg[2];
    if ((flags & ~(u32)(UNSHARE | CLOEXEC)) || first > last)
        return -EINVAL;
    if ((flags & UNSHARE) && task->files->refs > 1) {
        Files *copy = files_copy(task->files);
        if (!copy)
            return -ENOMEM;
        files_unref(task, task->files);
        task->files = copy;
    }
    Files *files = task->files;
    for (u64 i = first; i <= last && i < files->capacity; i++) {
        if (!files->slots[i].file)
            continue;
        if (flags & CLOEXEC)
            files->slots[i].cloexec = true;
        else
            files_close(task, (u32)i);
    }
    return 0;
}

/* Files as a guest process finds them, for debuggers on the other side (emu_debug.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/heap.h"
#include "emu/emu_debug.h"
#include "emu/machine.h"
#include "kernel/proc_entries.h"
#include "kernel/proc_fs.h"

/* Who looks: names like "self" and relative ones are its. */
static Task *looker(Emu *emu, int pid)
{
    Process *process = machine_process(emu, pid);
    return process ? process->threads : NULL;
}

static int open_text(Task *task, const ProcNode *node, EmuOpened *opened)
{
    ProcSubject subject;
    const ProcEntry *entry = proc_node_entry(node);
    Text text = {0};
    if (!proc_subject(task->kernel, node, &subject))
        return ENOENT;
    if (!entry || !entry->text)
        return node->kind == PROC_FDINFO || entry ? EACCES : EISDIR;
    entry->text(&text, &subject);
    if (text.failed) {
        text_free(&text);
        return ENOMEM;
    }
    opened->text = text.bytes;
    opened->size = text.size;
    return 0;
}

static int open_host(const Path *path, EmuOpened *opened)
{
    struct stat st;
    int fd = openat(path->dir, path->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno;
    if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode)) {
        close(fd);
        return EISDIR;
    }
    opened->fd = fd;
    opened->size = (uint64_t)st.st_size;
    return 0;
}

int emu_open(Emu *emu, int pid, const char *name, EmuOpened *opened)
{
    Path path;
    Task *task = looker(emu, pid);
    *opened = (EmuOpened){.fd = -1};
    if (!task || !task->fs)
        return ESRCH;
    i64 error = path_from_name(task, &path, (u64)AT_FDCWD, name, 0);
    if (error)
        return (int)-error;
    int result = path.proc.kind ? open_text(task, &path.proc, opened) : open_host(&path, opened);
    path_done(&path);
    return result;
}

void emu_opened_close(EmuOpened *opened)
{
    if (opened->fd >= 0)
        close(opened->fd);
    heap_free((void *)opened->text);
    *opened = (EmuOpened){.fd = -1};
}

int64_t emu_readlink(Emu *emu, int pid, const char *name, char *target, uint64_t size)
{
    Path path;
    Task *task = looker(emu, pid);
    if (!task || !task->fs)
        return -ESRCH;
    i64 result = path_from_name(task, &path, (u64)AT_FDCWD, name, PATH_NOFOLLOW);
    if (result)
        return result;
    if (path.proc.kind) {
        result = proc_readlink(task, &path.proc, target, size);
    } else {
        ssize_t got = readlinkat(path.dir, path.name, target, size);
        result = got < 0 ? -errno : got;
    }
    path_done(&path);
    return result;
}

/* Open files of the guest's /proc: text made afresh whenever it is read from its start, so that a descriptor kept open
 * shows the present, as Linux's do; directories; and /proc/PID/mem, which is memory and not text. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/heap.h"
#include "kernel/frames.h"
#include "kernel/guest_io.h"
#include "kernel/host.h"
#include "kernel/proc_entries.h"
#include "kernel/proc_fs.h"
#include "mmu/swap.h"

typedef struct ProcFile {
    ProcNode node;
    Text text;    /* of a directory: one (type, name, NUL) after the other */
    i64 position; /* of a directory: the entry's number */
} ProcFile;

static const FileOps proc_file_ops, proc_directory_ops, proc_memory_ops, proc_pagemap_ops;

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static i64 open_allowed(const Task *task, const ProcEntry *entry, const struct stat *st, u32 flags)
{
    bool write = (flags & O_ACCMODE) != O_RDONLY;
    if (S_ISLNK(st->st_mode))
        return flags & O_PATH ? 0 : -ELOOP;
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return -EEXIST;
    if (flags & O_PATH)
        return 0;
    if (S_ISDIR(st->st_mode))
        return write || (flags & O_CREAT) ? -EISDIR : 0;
    if (flags & O_DIRECTORY)
        return -ENOTDIR;
    return write && entry && !(entry->mode & 0222) && task->credentials.euid ? -EACCES : 0;
}

i64 proc_open(Task *task, const Path *path, u32 flags, OpenFile **file)
{
    struct stat st;
    i64 error = proc_stat(task, &path->proc, &st);
    const ProcEntry *entry = proc_node_entry(&path->proc);
    if (!error)
        error = open_allowed(task, entry, &st, flags);
    if (error)
        return error;
    bool memory = entry && entry->kind == PROC_PROCESS_FILE && !entry->text && !entry->write;
    const FileOps *ops = S_ISDIR(st.st_mode) ? &proc_directory_ops : !memory ? &proc_file_ops :
                         strcmp(entry->name, "pagemap") == 0 ? &proc_pagemap_ops : &proc_memory_ops;
    ProcFile *data = heap_calloc(1, sizeof *data);
    OpenFile *opened = data ? file_new(task->kernel, ops, -1, flags) : NULL;
    char canonical[PATH_MAX];
    proc_name(&path->proc, canonical, sizeof canonical);
    char *name = opened ? heap_strdup(canonical) : NULL;
    if (!name) {
        heap_free(data);
        if (opened) {
            opened->ops = NULL;
            file_unref(task->kernel, opened);
        }
        return -ENOMEM;
    }
    data->node = path->proc;
    opened->data = data;
    opened->path = name;
    opened->mode = st.st_mode & S_IFMT;
    *file = opened;
    return 0;
}

static void proc_release(Kernel *kernel, OpenFile *file)
{
    (void)kernel;
    ProcFile *data = file->data;
    text_free(&data->text);
    heap_free(data);
}

static i64 proc_file_stat(Task *task, OpenFile *file, struct stat *st)
{
    return proc_stat(task, &((ProcFile *)file->data)->node, st);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static i64 text_make(Task *task, ProcFile *data)
{
    ProcSubject subject;
    if (!proc_subject(task->kernel, &data->node, &subject))
        return -ESRCH;
    text_free(&data->text);
    const ProcEntry *entry = proc_node_entry(&data->node);
    if (!entry)
        proc_fdinfo(&data->text, &subject, data->node.number);
    else if (entry->text)
        entry->text(&data->text, &subject);
    return data->text.failed ? -ENOMEM : 0;
}

static i64 proc_read(Task *task, OpenFile *file, GuestCursor *to, i64 offset)
{
    ProcFile *data = file->data;
    i64 at = offset < 0 ? data->position : offset;
    if (at == 0) {
        i64 error = text_make(task, data);
        if (error)
            return error;
    }
    if (at >= (i64)data->text.size)
        return 0;
    u64 size = data->text.size - (u64)at;
    if (size > to->left)
        size = to->left;
    u64 moved = cursor_write(task, to, data->text.bytes + at, size);
    if (size && !moved)
        return -EFAULT;
    if (offset < 0)
        data->position += (i64)moved;
    return (i64)moved;
}

static i64 proc_write(Task *task, OpenFile *file, GuestCursor *from, i64 offset)
{
    (void)offset;
    ProcFile *data = file->data;
    const ProcEntry *entry = proc_node_entry(&data->node);
    ProcSubject subject;
    char bytes[128];
    u64 size = from->left < sizeof bytes ? from->left : sizeof bytes;
    if (!entry || !entry->write)
        return -EINVAL;
    if (!proc_subject(task->kernel, &data->node, &subject))
        return -ESRCH;
    return cursor_read(task, from, bytes, size) == size ? entry->write(&subject, bytes, size) : -EFAULT;
}

static i64 proc_seek(Task *task, OpenFile *file, i64 offset, int whence)
{
    (void)task;
    ProcFile *data = file->data;
    if (whence == SEEK_CUR)
        offset += data->position;
    else if (whence != SEEK_SET)
        return -EINVAL;
    if (offset < 0)
        return -EINVAL;
    return data->position = offset;
}

static u32 proc_poll(Task *task, OpenFile *file)
{
    (void)task, (void)file;
    return 0x145; /* DEFAULT_POLLMASK: EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM */
}

static const FileOps proc_file_ops = {.name = "proc", .read = proc_read, .write = proc_write, .seek = proc_seek,
                                      .stat = proc_file_stat, .poll = proc_poll, .release = proc_release};

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* One page's worth at most; -EIO where nothing is mapped. The debugger's view: rights do not matter, frames are made. */
static i64 memory_move(Task *task, Space *space, u64 address, u8 *buffer, u64 size, bool write)
{
    if (address >= USER_LIMIT || !space_find(space, address))
        return -EIO;
    Walk walk;
    Phys *phys = &task->kernel->phys;
    if (!pt_walk(phys, space->cr3, address, &walk) || write)
        if (space_fault(space, address, write ? ACCESS_WRITE : ACCESS_READ) != FAULT_RESOLVED && write)
            return -EIO;
    if (write)
        frames_wrote(space, address);
    u64 moved = write ? mmu_poke(&task->kernel->cpu.mmu, space->cr3, address, buffer, size)
                      : mmu_peek(phys, space->cr3, address, buffer, size);
    return moved ? (i64)moved : -EIO;
}

static i64 memory_transfer(Task *task, OpenFile *file, GuestCursor *cursor, i64 offset, bool write)
{
    ProcFile *data = file->data;
    ProcSubject subject;
    if (!proc_subject(task->kernel, &data->node, &subject))
        return -ESRCH;
    Space *space = subject.process->space;
    u64 at = offset < 0 ? (u64)data->position : (u64)offset, done = 0;
    i64 error = 0;
    while (space && cursor->left && !error) {
        u8 page[PAGE_SIZE];
        u64 size = PAGE_SIZE - (at & (PAGE_SIZE - 1));
        if (size > cursor->left)
            size = cursor->left;
        if (write && cursor_read(task, cursor, page, size) != size)
            error = -EFAULT;
        if (!error) {
            i64 moved = memory_move(task, space, at, page, size, write);
            error = moved < (i64)size ? -EIO : 0;
        }
        if (!error && !write && cursor_write(task, cursor, page, size) != size)
            error = -EFAULT;
        if (!error)
            done += size, at += size;
    }
    if (offset < 0)
        data->position += (i64)done;
    return done ? (i64)done : error;
}

static i64 memory_read(Task *task, OpenFile *file, GuestCursor *to, i64 offset)
{
    return memory_transfer(task, file, to, offset, false);
}

static i64 memory_write(Task *task, OpenFile *file, GuestCursor *from, i64 offset)
{
    return memory_transfer(task, file, from, offset, true);
}

static const FileOps proc_memory_ops = {.name = "mem", .read = memory_read, .write = memory_write, .seek = proc_seek,
                                        .stat = proc_file_stat, .poll = proc_poll, .release = proc_release};

/* What pagemap says of a page. Linux's Documentation/admin-guide/mm/pagemap.rst; frame numbers are for the superuser. */
static u64 pagemap_entry(const Task *task, const Space *space, u64 address)
{
    const Phys *phys = &task->kernel->phys;
    const u64 *entry = address < USER_LIMIT ? pt_entry(&task->kernel->phys, space->cr3, address, false) : NULL;
    if (!entry || !*entry)
        return 0;
    if (swap_is_entry(*entry))
        return 1ull << 62 | (u64)swap_slot(*entry) << 5;
    u64 frame = pte_frame(*entry) >> PAGE_SHIFT;
    const Frame *f = &phys->frames[frame];
    return 1ull << 63 | (u64)(f->kind == FRAME_FILE) << 61 | (u64)(f->refs == 1) << 56 | (task->credentials.euid ? 0 : frame);
}

static i64 pagemap_read(Task *task, OpenFile *file, GuestCursor *to, i64 offset)
{
    ProcFile *data = file->data;
    ProcSubject subject;
    if (!proc_subject(task->kernel, &data->node, &subject))
        return -ESRCH;
    u64 at = offset < 0 ? (u64)data->position : (u64)offset, done = 0;
    if (at % sizeof(u64) || to->left % sizeof(u64))
        return -EINVAL;
    for (; subject.process->space && to->left && at < USER_LIMIT / PAGE_SIZE * sizeof(u64); at += sizeof(u64),
        done += sizeof(u64)) {
        u64 value = pagemap_entry(task, subject.process->space, at / sizeof(u64) * PAGE_SIZE);
        if (cursor_write(task, to, &value, sizeof value) != sizeof value)
            return done ? (i64)done : -EFAULT;
    }
    if (offset < 0)
        data->position = (i64)at;
    return (i64)done;
}

static const FileOps proc_pagemap_ops = {.name = "pagemap", .read = pagemap_read, .seek = proc_seek, .stat = proc_file_stat,
                                         .poll = proc_poll, .release = proc_release};

/* ---- directories ------------------------------------------------------------------------------------------------- */

static void list_add(Text *list, u8 type, const char *name)
{
    text_add_bytes(list, &type, 1);
    text_add_bytes(list, name, strlen(name) + 1);
}

static void list_number(Text *list, u8 type, i32 number)
{
    char name[16];
    snprintf(name, sizeof name, "%d", number);
    list_add(list, type, name);
}

static void list_host_name(void *context, const char *name, u8 type)
{
    if ((name[0] < '0' || name[0] > '9') && name[0] != '.')
        list_add(context, type, name);
}

/* The host's entries that are not processes, then the guest's processes. */
static void list_root(Text *list, Kernel *kernel)
{
    host_directory("/proc", list_host_name, list);
    for (Process *process = kernel->processes; process; process = process->next)
        list_number(list, DT_DIR, process->pid);
}

static void list_process(Text *list, bool thread)
{
    for (u32 i = 0; i < proc_process_entry_count; i++) {
        const ProcEntry *entry = &proc_process_entries[i];
        if (thread && !entry->per_thread)
            continue;
        u8 type = entry->kind == PROC_PROCESS_FILE ? DT_REG : entry->kind == PROC_PROCESS_LINK ? DT_LNK : DT_DIR;
        list_add(list, type, entry->name);
    }
}

static void list_descriptors(Text *list, const ProcSubject *subject, u8 type)
{
    Files *files = subject->task ? subject->task->files : NULL;
    for (u32 i = 0; files && i < files->capacity; i++)
        if (files->slots[i].file)
            list_number(list, type, (i32)i);
}

static i64 list_make(Task *task, ProcFile *data)
{
    ProcSubject subject;
    if (!proc_subject(task->kernel, &data->node, &subject))
        return -ENOENT;
    text_free(&data->text);
    list_add(&data->text, DT_DIR, ".");
    list_add(&data->text, DT_DIR, "..");
    switch (data->node.kind) {
    case PROC_ROOT:
        list_root(&data->text, task->kernel);
        break;
    case PROC_PROCESS:
        list_process(&data->text, data->node.tid != 0);
        break;
    case PROC_TASKS:
        for (Task *thread = subject.process->threads; thread; thread = thread->next_thread)
            list_number(&data->text, DT_DIR, thread->tid);
        break;
    default:
        list_descriptors(&data->text, &subject, data->node.kind == PROC_FDS ? DT_LNK : DT_REG);
    }
    return data->text.failed ? -ENOMEM : 0;
}

/* One struct linux_dirent(64). Its size; 0: no room. */
static u64 entry_store(u8 *to, u64 room, u64 number, u8 type, const char *name, bool wide)
{
    u64 length = strlen(name), head = wide ? 19 : 18;
    u64 size = bits_align_up(head + length + (wide ? 1 : 2), 8);
    if (size > room)
        return 0;
    memset(to, 0, size);
    store64(to, 0x20000000ull + number);
    store64(to + 8, number + 1);
    store16(to + 16, (u16)size);
    if (wide)
        to[18] = type;
    else
        to[size - 1] = type;
    memcpy(to + head, name, length);
    return size;
}

static i64 directory_entries(Task *task, OpenFile *file, u64 address, u64 size, bool wide)
{
    ProcFile *data = file->data;
    i64 error = data->position == 0 ? list_make(task, data) : 0;
    if (error)
        return error;
    u8 entries[PAGE_SIZE];
    u64 used = 0, room = size < sizeof entries ? size : sizeof entries;
    i64 number = 0, stored = 0;
    bool room_lacks = false;
    for (u64 at = 0; at < data->text.size; number++) {
        u8 type = (u8)data->text.bytes[at];
        const char *name = data->text.bytes + at + 1;
        at += strlen(name) + 2;
        if (number < data->position)
            continue;
        u64 part = entry_store(entries + used, room - used, (u64)number, type, name, wide);
        if (!part) {
            room_lacks = true;
            break;
        }
        used += part;
        stored++;
    }
    if (!used) /* the end, or an entry for which there is no room */
        return room_lacks ? -EINVAL : 0;
    if (!copy_to_guest(task, address, entries, used))
        return -EFAULT;
    data->position += stored;
    return (i64)used;
}

static const FileOps proc_directory_ops = {.name = "proc", .getdents = directory_entries, .seek = proc_seek,
                                           .stat = proc_file_stat, .poll = proc_poll, .release = proc_release};

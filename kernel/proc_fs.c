/* The tree of the guest's /proc: which names exist, what they are, and where its links lead. Opening and reading is
 * proc_file.c's; what the files say is in proc_process.c, proc_maps.c and proc_machine.c.
 *
 * A name resolves, component by component, to a ProcNode: a few numbers that say whom and what it speaks of. Nothing is
 * kept between calls, so a process that ends takes its entries along. */
#include "kernel/proc_fs.h"
#include "kernel/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "kernel/proc_entries.h"

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* Entries below the host's /proc/self that say nothing of processes' memory or descriptors. */
static const char *const passed_through[] = {"mounts", "mountinfo", "mountstats", "cgroup", "net", "ns", "attr"};

static i32 parse_number(const char *name, size_t length)
{
    i64 value = 0;
    if (!length || length > 9 || (name[0] == '0' && length > 1))
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9')
            return -1;
        value = value * 10 + (name[i] - '0');
    }
    return (i32)value;
}

static const ProcEntry *entry_find(const ProcEntry *entries, u32 count, const char *name, size_t length)
{
    for (u32 i = 0; i < count; i++)
        if (strlen(entries[i].name) == length && !memcmp(entries[i].name, name, length))
            return &entries[i];
    return NULL;
}

bool proc_subject(Kernel *kernel, const ProcNode *node, ProcSubject *subject)
{
    *subject = (ProcSubject){kernel, NULL, NULL};
    if (!node->pid)
        return true;
    subject->process = process_find(kernel, node->pid);
    if (!subject->process)
        return false;
    subject->task = node->tid ? task_find(kernel, node->tid) : subject->process->threads;
    return !node->tid || (subject->task && subject->task->process == subject->process);
}

/* The path becomes what a link leads to, with the rest of the name behind it. */
static i64 follow_name(Path *path, const char *target, const char *rest)
{
    char name[sizeof path->name];
    if ((size_t)snprintf(name, sizeof name, "%s%s", target, rest) >= sizeof name)
        return -ENAMETOOLONG;
    memcpy(path->name, name, strlen(name) + 1);
    path->proc = (ProcNode){0};
    return 0;
}

static i64 follow_descriptor(Path *path, int fd, const char *rest)
{
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    path->dir = AT_FDCWD;
    return follow_name(path, link, rest);
}

OpenFile *proc_subject_file(const ProcSubject *subject, i32 number)
{
    Files *files = subject->task ? subject->task->files : NULL;
    return files && (u32)number < files->capacity ? files->slots[number].file : NULL;
}

/* A link in the middle of a name, or at its end when it is to be followed. */
static i64 follow_link(Task *task, Path *path, const ProcSubject *subject, const char *rest, u32 how)
{
    ProcNode node = path->proc;
    if (node.kind == PROC_FD_LINK) {
        OpenFile *file = proc_subject_file(subject, node.number);
        if (!file->path)
            return follow_descriptor(path, file->host_fd, rest);
        i64 error = follow_name(path, file->path, rest);
        return error ? error : proc_resolve(task, path, how);
    }
    const char *name = proc_process_entries[node.entry].name;
    FsInfo *fs = subject->task ? subject->task->fs : NULL;
    if (!strcmp(name, "exe"))
        return subject->process->exe_path ? follow_name(path, subject->process->exe_path, rest) : -ENOENT;
    if (!fs)
        return -ENOENT;
    if (!strcmp(name, "cwd") && fs->proc_cwd) {
        i64 error = follow_name(path, fs->proc_cwd, rest);
        return error ? error : proc_resolve(task, path, how);
    }
    int fd = !strcmp(name, "cwd") ? fs->cwd_fd : fs->root_fd;
    if (fd >= 0)
        return follow_descriptor(path, fd, rest);
    return follow_name(path, !strcmp(name, "cwd") ? "/proc/self/cwd" : "", *rest ? rest : "/");
}

/* One component below /proc/PID, or below /proc/PID/task/TID. */
static i64 resolve_in_process(Path *path, const char *name, size_t length)
{
    const ProcEntry *entry = entry_find(proc_process_entries, proc_process_entry_count, name, length);
    if (entry && (!path->proc.tid || entry->per_thread)) {
        path->proc.kind = entry->kind;
        path->proc.entry = (u16)(entry - proc_process_entries);
        return 0;
    }
    for (u32 i = 0; i < ARRAY_LEN(passed_through); i++)
        if (strlen(passed_through[i]) == length && !memcmp(passed_through[i], name, length)) {
            path->proc = (ProcNode){0};
            path->dir = AT_FDCWD;
            char rest[sizeof path->name];
            memcpy(rest, name, strlen(name) + 1);
            return follow_name(path, "/proc/self/", rest);
        }
    return -ENOENT;
}

static i64 resolve_component(Kernel *kernel, Path *path, const char *name, size_t length)
{
    ProcSubject subject;
    i32 number = parse_number(name, length);
    if (!proc_subject(kernel, &path->proc, &subject))
        return -ENOENT;
    switch (path->proc.kind) {
    case PROC_PROCESS:
        return resolve_in_process(path, name, length);
    case PROC_TASKS: {
        Task *thread = number > 0 ? task_find(kernel, number) : NULL;
        if (!thread || thread->process != subject.process)
            return -ENOENT;
        path->proc = (ProcNode){.kind = PROC_PROCESS, .pid = path->proc.pid, .tid = number};
        return 0;
    }
    case PROC_FDS:
    case PROC_FDINFOS:
        if (number < 0 || !proc_subject_file(&subject, number))
            return -ENOENT;
        path->proc.number = number;
        path->proc.kind = path->proc.kind == PROC_FDS ? PROC_FD_LINK : PROC_FDINFO;
        return 0;
    default:
        return -ENOTDIR;
    }
}

/* The first component: a process, one of ours, or the host's. */
static i64 resolve_first(Task *task, Path *path, const char *name, size_t length, bool last, u32 how)
{
    i32 number = parse_number(name, length);
    bool self = length == 4 && !memcmp(name, "self", 4), thread_self = length == 11 && !memcmp(name, "thread-self", 11);
    if (self || thread_self) {
        path->proc.kind = last && (how & PATH_NOFOLLOW) ? PROC_ROOT_LINK : PROC_PROCESS;
        path->proc.pid = task->process->pid;
        path->proc.tid = thread_self ? task->tid : 0;
        path->proc.entry = thread_self;
        return 0;
    }
    if (number >= 0) {
        Task *named = number ? task_find(task->kernel, number) : NULL; /* a thread's number works too, unlisted */
        Process *process = number ? process_find(task->kernel, number) : NULL;
        if (!process && !named)
            return -ENOENT;
        path->proc.kind = PROC_PROCESS;
        path->proc.pid = process ? process->pid : named->process->pid;
        path->proc.tid = process ? 0 : number;
        return 0;
    }
    const ProcEntry *entry = NULL;
    size_t whole = strlen(name);
    entry = entry_find(proc_machine_entries, proc_machine_entry_count, name, whole);
    if (entry)
        path->proc = (ProcNode){.kind = PROC_ROOT_FILE, .entry = (u16)(entry - proc_machine_entries)};
    return 0;
}

i64 proc_resolve_cpu(Path *path)
{
    const char *name = path->name + strlen(PROC_CPU_DIRECTORY), *number = name + strlen("/cpu");
    const ProcEntry *entry = entry_find(proc_machine_entries, proc_machine_entry_count, path->name, strlen(path->name));
    if (entry)
        path->proc = (ProcNode){.kind = PROC_ROOT_FILE, .entry = (u16)(entry - proc_machine_entries)};
    return !strncmp(name, "/cpu", 4) && parse_number(number, strcspn(number, "/")) > 0 ? -ENOENT : 0;
}

i64 proc_resolve(Task *task, Path *path, u32 how)
{
    char name[sizeof path->name];
    memcpy(name, path->name, strlen(path->name) + 1);
    path->proc = (ProcNode){.kind = PROC_ROOT};
    path->dir = AT_FDCWD;
    const char *p = name + strlen("/proc");
    bool first = true;
    while (*p == '/' && p[1]) {
        size_t length = strcspn(++p, "/");
        const char *rest = p + length;
        i64 error;
        if (first) {
            path->proc.kind = PROC_NONE;
            error = resolve_first(task, path, p, length, !*rest, how);
            if (!error && (path->proc.kind == PROC_NONE || path->proc.kind == PROC_ROOT_FILE))
                return 0;
        } else {
            error = resolve_component(task->kernel, path, p, length);
            if (!error && path->proc.kind == PROC_NONE)
                return 0;
        }
        if (error)
            return error;
        ProcSubject subject;
        bool link = path->proc.kind == PROC_PROCESS_LINK || path->proc.kind == PROC_FD_LINK;
        if (link && (*rest || !(how & PATH_NOFOLLOW)))
            return proc_subject(task->kernel, &path->proc, &subject) ? follow_link(task, path, &subject, rest, how) : -ENOENT;
        first = false;
        p = rest;
    }
    return 0;
}

/* ---- stat, access, readlink -------------------------------------------------------------------------------------- */

const ProcEntry *proc_node_entry(const ProcNode *node)
{
    if (node->kind == PROC_ROOT_FILE)
        return &proc_machine_entries[node->entry];
    return node->kind == PROC_PROCESS_FILE || node->kind == PROC_PROCESS_LINK ? &proc_process_entries[node->entry] : NULL;
}

void proc_name(const ProcNode *node, char *name, u64 size)
{
    const ProcEntry *entry = proc_node_entry(node);
    char process[48] = "";
    if (node->pid && node->tid)
        snprintf(process, sizeof process, "/%d/task/%d", node->pid, node->tid);
    else if (node->pid)
        snprintf(process, sizeof process, "/%d", node->pid);
    const char *directory = node->kind == PROC_TASKS ? "/task" : node->kind == PROC_FDS ? "/fd" :
                            node->kind == PROC_FDINFOS || node->kind == PROC_FDINFO ? "/fdinfo" : "";
    if (node->kind == PROC_FDINFO)
        snprintf(name, size, "/proc%s%s/%d", process, directory, node->number);
    else if (entry && entry->name[0] == '/')
        snprintf(name, size, "%s", entry->name);
    else
        snprintf(name, size, "/proc%s%s%s%s", process, directory, entry ? "/" : "", entry ? entry->name : "");
}

static u32 node_mode(const ProcNode *node, const ProcSubject *subject)
{
    const ProcEntry *entry = proc_node_entry(node);
    switch (node->kind) {
    case PROC_ROOT_FILE:
    case PROC_PROCESS_FILE:
        return S_IFREG | entry->mode;
    case PROC_FDINFO:
        return S_IFREG | 0444;
    case PROC_FD_LINK: {
        OpenFile *file = proc_subject_file(subject, node->number);
        return S_IFLNK | (file && file_readable(file) ? 0500 : 0) | (file && file_writable(file) ? 0300 : 0);
    }
    case PROC_ROOT_LINK:
    case PROC_PROCESS_LINK:
        return S_IFLNK | 0777;
    default:
        return S_IFDIR | 0555;
    }
}

i64 proc_stat(Task *task, const ProcNode *node, struct stat *st)
{
    ProcSubject subject;
    if (!proc_subject(task->kernel, node, &subject))
        return -ENOENT;
    *st = (struct stat){
        .st_dev = task->kernel->vfs->proc_device, .st_mode = node_mode(node, &subject), .st_nlink = 1, .st_blksize = 1024,
        .st_ino = 0x10000000ull + ((u64)node->pid << 24) + ((u64)node->tid << 40) + ((u64)node->kind << 16) + node->entry +
                  ((u64)node->number << 4),
    };
    if (S_ISDIR(st->st_mode))
        st->st_nlink = node->kind == PROC_PROCESS ? 9 : 2;
    if (S_ISLNK(st->st_mode) && node->kind == PROC_FD_LINK)
        st->st_size = 64;
    if (node->kind == PROC_ROOT)
        st->st_ino = 1;
    if (subject.process) {
        st->st_uid = subject.process->credentials.euid;
        st->st_gid = subject.process->credentials.egid;
    }
    host_clock_gettime(CLOCK_REALTIME, &st->st_mtim);
    st->st_atim = st->st_ctim = st->st_mtim;
    return 0;
}

i64 proc_access(Task *task, const ProcNode *node, u32 mode)
{
    struct stat st;
    i64 error = proc_stat(task, node, &st);
    if (error)
        return error;
    u32 bits = st.st_mode | st.st_mode >> 3 | st.st_mode >> 6;
    if (!task->credentials.euid)
        bits |= 6;
    return (mode & ~bits & 7) ? -EACCES : 0;
}

static i64 descriptor_link(Task *task, const OpenFile *file, char *target, u64 size)
{
    char buffer[PATH_MAX];
    i64 length;
    if (file->path || (file->ops && !file->mode)) {
        length = snprintf(target, size, "%s", file->path ? file->path : file->ops->name);
        return length < (i64)size ? length : (i64)size - 1;
    }
    length = path_of_descriptor(task, file->host_fd, buffer, sizeof buffer);
    if (length < 0)
        return length;
    if ((u64)--length > size)
        length = (i64)size;
    memcpy(target, buffer, (size_t)length);
    return length;
}

static i64 process_link(const ProcSubject *subject, const char *name, char *target, u64 size)
{
    char buffer[PATH_MAX];
    bool outside;
    i64 length = 0;
    Task *other = subject->task;
    if (!strcmp(name, "exe")) {
        if (!subject->process->exe_path)
            return -ENOENT;
        length = snprintf(buffer, sizeof buffer, "%s", subject->process->exe_path) + 1;
    } else if (!other || !other->fs) {
        return -ENOENT;
    } else if (!strcmp(name, "cwd")) {
        length = path_cwd(other, buffer, sizeof buffer, &outside);
    } else {
        length = snprintf(buffer, sizeof buffer, "%s",
                          other->fs->root_fd >= 0 && other->fs->root_path[0] ? other->fs->root_path : "/") +
                 1;
    }
    if (length < 0)
        return length;
    if ((u64)--length > size)
        length = (i64)size;
    memcpy(target, buffer, (size_t)length);
    return length;
}

i64 proc_readlink(Task *task, const ProcNode *node, char *target, u64 size)
{
    ProcSubject subject;
    if (!proc_subject(task->kernel, node, &subject))
        return -ENOENT;
    switch (node->kind) {
    case PROC_ROOT_LINK: {
        i64 length =
            node->entry ? snprintf(target, size, "%d/task/%d", node->pid, node->tid) : snprintf(target, size, "%d", node->pid);
        return length < (i64)size ? length : (i64)size;
    }
    case PROC_PROCESS_LINK:
        return process_link(&subject, proc_process_entries[node->entry].name, target, size);
    case PROC_FD_LINK: {
        OpenFile *file = proc_subject_file(&subject, node->number);
        return file ? descriptor_link(task, file, target, size) : -ENOENT;
    }
    default:
        return -EINVAL;
    }
}

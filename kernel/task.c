/* Tasks and processes come into being: numbers, lists, inheritance, clone(2) and its family. How they end is in exit.c. */
#include "kernel/task.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/heap.h"
#include "kernel/events.h"
#include "kernel/exec.h"
#include "kernel/page_cache.h"
#include "kernel/pidfd.h"
#include "kernel/sched.h"
#include "kernel/seccomp.h"
#include "kernel/signal_internal.h"
#include "kernel/space.h"
#include "kernel/syscalls.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ull
#endif
enum { MAX_PID = 4194304 };

/* ---- numbers and lists ---------------------------------------------------------------------------------------------- */

static Task **tid_bucket(Kernel *kernel, i32 tid) { return &kernel->tid_hash[(u32)tid % TASK_BUCKETS]; }

Task *task_find(Kernel *kernel, i32 tid)
{
    for (Task *task = *tid_bucket(kernel, tid); task; task = task->next_of_hash)
        if (task->tid == tid && task->state != TASK_DEAD)
            return task;
    return NULL;
}

Process *process_find(Kernel *kernel, i32 pid)
{
    Task *leader = task_find(kernel, pid);
    if (leader && leader->process->pid == pid)
        return leader->process;
    for (Process *process = kernel->processes; process; process = process->next)
        if (process->pid == pid)
            return process;
    return NULL;
}

bool task_pid_taken(Kernel *kernel, i32 pid)
{
    for (Task *task = *tid_bucket(kernel, pid); task; task = task->next_of_hash)
        if (task->tid == pid)
            return true;
    for (Process *process = kernel->processes; process; process = process->next)
        if (process->pid == pid || process->pgid == pid || process->sid == pid)
            return true;
    return false;
}

i32 task_new_pid(Kernel *kernel)
{
    for (u32 tries = 0; tries < MAX_PID; tries++) {
        i32 pid = kernel->next_pid++;
        if (kernel->next_pid >= MAX_PID) {
            kernel->next_pid = FIRST_PID;
            kernel->pids_wrapped = true;
        }
        if (!kernel->pids_wrapped || !task_pid_taken(kernel, pid))
            return pid;
    }
    return 0;
}

static void task_link(Task *task)
{
    Kernel *kernel = task->kernel;
    Process *process = task->process;
    task->previous = kernel->last_task;
    if (kernel->last_task)
        kernel->last_task->next = task;
    else
        kernel->tasks = task;
    kernel->last_task = task;
    Task **bucket = tid_bucket(kernel, task->tid);
    task->next_of_hash = *bucket;
    *bucket = task;
    Task **end = &process->threads;
    while (*end)
        end = &(*end)->next_thread;
    *end = task;
    process->thread_count++;
    kernel->task_count++;
}

Task *task_create(Process *process)
{
    Task *task = heap_alloc(sizeof *task);
    if (!task)
        return NULL;
    memset(task, 0, sizeof *task);
    task->kernel = process->kernel;
    task->process = process;
    task->tid = process->thread_count ? task_new_pid(process->kernel) : process->pid;
    task->state = TASK_RUNNABLE;
    task->wait.deadline = NO_DEADLINE;
    task->altstack.flags = SS_DISABLE;
    task->affinity = 1;
    task->timer_slack = 50000;
    cpu_state_init(&task->registers);
    if (!task->tid) {
        heap_free(task);
        return NULL;
    }
    task_link(task);
    if (!process->leader && task->tid == process->pid)
        process->leader = task;
    return task;
}

static void tid_unhash(Task *task)
{
    Task **link = tid_bucket(task->kernel, task->tid);
    while (*link != task)
        link = &(*link)->next_of_hash;
    *link = task->next_of_hash;
}

void task_renumber(Task *task, i32 tid)
{
    tid_unhash(task);
    task->tid = tid;
    Task **bucket = tid_bucket(task->kernel, tid);
    task->next_of_hash = *bucket;
    *bucket = task;
}

void task_destroy(Task *task)
{
    Kernel *kernel = task->kernel;
    if (task->previous)
        task->previous->next = task->next;
    else
        kernel->tasks = task->next;
    if (task->next)
        task->next->previous = task->previous;
    else
        kernel->last_task = task->previous;
    tid_unhash(task);
    seccomp_release(task);
    heap_free(task->wait.fds);
    heap_free(task);
    kernel->task_count--;
}

static void process_link(Process *process)
{
    Kernel *kernel = process->kernel;
    process->previous = kernel->last_process;
    if (kernel->last_process)
        kernel->last_process->next = process;
    else
        kernel->processes = process;
    kernel->last_process = process;
    kernel->process_count++;
    if (process->parent) {
        process->next_sibling = process->parent->children;
        process->parent->children = process;
    }
}

Process *process_create(Kernel *kernel, Process *parent, const Process *model)
{
    Process *process = heap_calloc(1, sizeof *process);
    i32 pid = task_new_pid(kernel);
    if (!process || !pid) {
        heap_free(process);
        return NULL;
    }
    process->kernel = kernel;
    process->pid = pid;
    process->dumpable = true;
    process->start_time = kernel_now(kernel);
    process->refs = 1;
    process->parent = parent;
    if (model) {
        process->pgid = model->pgid;
        process->sid = model->sid;
        memcpy(process->limits, model->limits, sizeof process->limits);
        process->nice = model->nice;
        process->oom_score_adjust = model->oom_score_adjust;
        process->no_new_privs = model->no_new_privs;
        process->dumpable = model->dumpable;
        process->exe_path = model->exe_path ? heap_strdup(model->exe_path) : NULL;
        process->exe_file = model->exe_file;
        if (process->exe_file)
            cached_file_ref(process->exe_file);
    }
    process_link(process);
    return process;
}

/* ---- clone ---------------------------------------------------------------------------------------------------------- */

typedef struct CloneRequest {
    u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, tls;
} CloneRequest;

static i64 check_flags(Task *task, const CloneRequest *request)
{
    u64 flags = request->flags;
    if ((flags & CLONE_THREAD && !(flags & CLONE_SIGHAND)) || (flags & CLONE_SIGHAND && !(flags & CLONE_VM)))
        return -EINVAL;
    if ((flags & (CLONE_NEWNS | CLONE_FS)) == (CLONE_NEWNS | CLONE_FS) ||
        (flags & (CLONE_NEWUSER | CLONE_FS)) == (CLONE_NEWUSER | CLONE_FS))
        return -EINVAL;
    if ((flags & CLONE_CLEAR_SIGHAND) && (flags & CLONE_SIGHAND))
        return -EINVAL;
    if (flags & (CLONE_PIDFD) && flags & (CLONE_THREAD | CLONE_DETACHED))
        return -EINVAL;
    if (flags & (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET))
        return -EPERM; /* namespaces are not emulated; this is what an unprivileged caller sees */
    if ((flags & CLONE_SETTLS) && request->tls >= USER_LIMIT)
        return -EPERM;
    Kernel *kernel = task->kernel;
    const Process *process = task->process;
    u64 threads_max = kernel->phys.size >> 17; /* kernel/fork.c, set_max_threads(): an eighth of RAM in 16 KiB stacks */
    if (kernel->task_count >= (threads_max < 20 ? 20 : threads_max))
        return -EAGAIN;
    if (task->credentials.uid && kernel->task_count >= process->limits[LIMIT_NPROC].soft)
        return -EAGAIN;
    return 0;
}

static bool share_memory(Process *child, Task *parent, u64 flags)
{
    Space *space = parent->process->space;
    if (flags & CLONE_VM) {
        space_ref(space);
        child->space = space;
    } else {
        child->space = space_copy(space);
    }
    if (flags & CLONE_SIGHAND) {
        parent->process->handlers->refs++;
        child->handlers = parent->process->handlers;
    } else {
        child->handlers = handlers_copy(parent->process->handlers);
        if (child->handlers && (flags & CLONE_CLEAR_SIGHAND))
            handlers_reset(child->handlers, true);
    }
    return child->space && child->handlers;
}

static bool share_files(Task *child, Task *parent, u64 flags)
{
    if (flags & CLONE_FILES) {
        files_ref(parent->files);
        child->files = parent->files;
    } else {
        child->files = files_copy(parent->files);
    }
    if (flags & CLONE_FS) {
        fs_ref(parent->fs);
        child->fs = parent->fs;
    } else {
        child->fs = fs_copy(parent->fs);
    }
    return child->files && child->fs;
}

/* What a thread inherits that is its own. */
static void inherit(Task *child, Task *parent, const CloneRequest *request)
{
    u64 flags = request->flags;
    child->registers = *task_registers(parent);
    child->registers.r[RAX] = 0;
    if (request->stack)
        child->registers.r[RSP] = request->stack;
    if (flags & CLONE_SETTLS)
        child->registers.r[SLOT_FS / 8] = request->tls;
    child->blocked = parent->restore_mask ? parent->saved_mask : parent->blocked;
    if (!(flags & CLONE_VM) || (flags & CLONE_VFORK))
        child->altstack = parent->altstack; /* sigaltstack(2): a thread starts without */
    child->altstack_flags = child->altstack.flags == SS_DISABLE ? SS_DISABLE : parent->altstack_flags;
    child->credentials = parent->credentials;
    if (child->process->leader == child)
        child->process->credentials = parent->credentials;
    memcpy(child->comm, parent->comm, sizeof child->comm);
    child->personality = parent->personality;
    child->affinity = parent->affinity;
    child->timer_slack = parent->timer_slack;
    seccomp_inherit(child, parent);
    if (!(flags & CLONE_THREAD))
        child->process->exit_signal = flags & CLONE_PARENT ? parent->process->exit_signal : (i32)request->exit_signal;
    if (!(flags & CLONE_VM)) {
        child->rseq = parent->rseq;
        child->rseq_size = parent->rseq_size;
        child->rseq_signature = parent->rseq_signature;
    }
    if (flags & CLONE_CHILD_CLEARTID)
        child->clear_child_tid = request->child_tid;
    if (flags & CLONE_CHILD_SETTID) {
        child->set_child_tid = request->child_tid;
        child->fresh = true;
    }
}

/* Takes back a half-made process or thread: nobody has seen it. */
static void abandon(Task *child, Process *process, bool new_process)
{
    if (child) {
        if (child->files)
            files_unref(child, child->files);
        if (child->fs)
            fs_unref(child->fs);
        child->files = NULL;
        child->fs = NULL;
        task_unlink_thread(child);
        task_destroy(child);
    }
    if (!new_process || !process)
        return;
    if (process->space)
        space_unref(process->space);
    process->space = NULL;
    if (process->handlers)
        handlers_unref(process->handlers);
    process->handlers = NULL;
    process_reap(process);
}

static i64 clone_task(Task *task, const CloneRequest *request)
{
    u64 flags = request->flags;
    i64 result = check_flags(task, request);
    if (result)
        return result;
    bool thread = flags & CLONE_THREAD;
    Process *parent = flags & CLONE_PARENT ? task->process->parent : task->process;
    if (!parent && !thread)
        return -EINVAL; /* CLONE_PARENT by the first process */
    Process *process = thread ? task->process : process_create(task->kernel, parent, task->process);
    Task *child = process ? task_create(process) : NULL;
    if (!child || (!thread && !share_memory(process, task, flags)) || !share_files(child, task, flags)) {
        abandon(child, process, !thread);
        return process ? -ENOMEM : -EAGAIN;
    }
    inherit(child, task, request);
    if (flags & CLONE_PIDFD) {
        i64 fd = pidfd_create(task, process, 0);
        i32 number = (i32)fd;
        if (fd < 0 || !copy_to_guest(task, request->pidfd, &number, 4)) {
            if (fd >= 0)
                files_close(task, (u32)number);
            abandon(child, process, true);
            return fd < 0 ? fd : -EFAULT;
        }
    }
    if (flags & CLONE_PARENT_SETTID)
        copy_to_guest(task, request->parent_tid, &child->tid, 4); /* Linux ignores the fault too */
    if (flags & CLONE_VFORK)
        child->vfork_parent = task->tid;
    if (UNLIKELY(task->kernel->events != NULL))
        event_forked(task, child, flags & CLONE_VFORK);
    sched_enqueue(child);
    return child->tid;
}

/* clone, and for CLONE_VFORK the wait for the child's exec or exit. */
static i64 clone_and_wait(Task *task, const CloneRequest *request)
{
    u64 *child = &task->call.scratch[0];
    if (!*child) {
        i64 result = clone_task(task, request);
        if (result < 0 || !(request->flags & CLONE_VFORK))
            return result;
        *child = (u64)result;
    } else if (task->woken == WOKEN_READY) {
        return (i64)*child;
    }
    return wait_killable(task, task);
}

i64 sys_fork(Task *task, const u64 *arg)
{
    (void)arg;
    return clone_and_wait(task, &(CloneRequest){.exit_signal = SIGCHLD});
}

i64 sys_vfork(Task *task, const u64 *arg)
{
    (void)arg;
    return clone_and_wait(task, &(CloneRequest){.flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD});
}

i64 sys_clone(Task *task, const u64 *arg)
{
    CloneRequest request = {.flags = arg[0] & 0xffffff00, .exit_signal = arg[0] & CSIGNAL, .stack = arg[1],
                            .parent_tid = arg[2], .child_tid = arg[3], .tls = arg[4], .pidfd = arg[2]};
    if ((request.flags & CLONE_PIDFD) && (request.flags & CLONE_PARENT_SETTID))
        return -EINVAL;
    return clone_and_wait(task, &request);
}

/* clone3(2): struct clone_args, versions of 64, 80 and 88 bytes. */
i64 sys_clone3(Task *task, const u64 *arg)
{
    struct { u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; } a;
    u64 size = arg[1];
    memset(&a, 0, sizeof a);
    if (size > PAGE_SIZE)
        return -E2BIG;
    if (size < 64)
        return -EINVAL;
    if (!copy_from_guest(task, &a, arg[0], size < sizeof a ? size : sizeof a))
        return -EFAULT;
    for (u64 at = sizeof a; at < size; at++) {
        u8 byte;
        if (!copy_from_guest(task, &byte, arg[0] + at, 1))
            return -EFAULT;
        if (byte)
            return -E2BIG;
    }
    if (a.set_tid_size || a.set_tid || (a.flags & 0x200000000ull /* CLONE_INTO_CGROUP */))
        return a.set_tid_size > 32 || !a.set_tid != !a.set_tid_size ? -EINVAL : -EPERM;
    if (a.exit_signal > SIGNALS || (a.flags & (CLONE_DETACHED | CSIGNAL)) || (a.flags >> 34))
        return -EINVAL;
    if ((a.flags & (CLONE_THREAD | CLONE_PARENT)) && a.exit_signal)
        return -EINVAL;
    if (!a.stack != !a.stack_size || (a.stack && !guest_range_ok(a.stack, a.stack_size)))
        return -EINVAL;
    CloneRequest request = {.flags = a.flags, .pidfd = a.pidfd, .child_tid = a.child_tid, .parent_tid = a.parent_tid,
                            .exit_signal = a.exit_signal, .stack = a.stack + a.stack_size, .tls = a.tls};
    return clone_and_wait(task, &request);
}

i64 sys_set_tid_address(Task *task, const u64 *arg)
{
    task->clear_child_tid = arg[0];
    return task->tid;
}

i64 sys_gettid(Task *task, const u64 *arg) { (void)arg; return task->tid; }

/* unshare(2) without namespaces: what clone shared becomes the caller's own. */
i64 sys_unshare(Task *task, const u64 *arg)
{
    u64 flags = arg[0];
    if (flags & ~(u64)(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWNS |
                       CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET))
        return -EINVAL;
    if ((flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)) && task->process->thread_count > 1)
        return -EINVAL;
    if (flags & (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET))
        return -EPERM;
    if (flags & CLONE_FILES) {
        Files *copy = files_copy(task->files);
        if (!copy)
            return -ENOMEM;
        files_unref(task, task->files);
        task->files = copy;
    }
    if (flags & CLONE_FS) {
        FsInfo *copy = fs_copy(task->fs);
        if (!copy)
            return -ENOMEM;
        fs_unref(task->fs);
        task->fs = copy;
    }
    return 0;
}

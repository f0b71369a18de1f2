/* The life of tasks and processes. */
#ifndef EMU_KERNEL_TASK_H
#define EMU_KERNEL_TASK_H

#include "kernel/kernel.h"

/* A new thread of `process`, not yet runnable, registers as for a new program, no Files and FsInfo. NULL: no host memory. */
Task *task_create(Process *process);
/* A new process without threads, child of `parent` (NULL: the first). What fork inherits, except Space and Handlers, is that
 * of `model` (with CLONE_PARENT another than the parent). NULL: no host memory, no pid. */
Process *process_create(Kernel *kernel, Process *parent, const Process *model);
/* Takes a dead task out of the world. Not the current one. */
void task_destroy(Task *task);

/* Ends a thread; the process too if it was the last. `status` as wait4(2) reports it. The structure stays, TASK_DEAD, until
 * task_destroy. Its process's Space must be loaded. */
void task_exit(Task *task, i32 status);
/* Ends all threads of the process of `task` (which must be current) with this status. */
void process_exit_group(Task *task, i32 status);
/* Ends the other threads (exec). */
void task_kill_siblings(Task *task);
/* Ends a process from outside: its Space is loaded for it and the current one's again after. */
void process_kill(Process *process, i32 status);
/* Frees a zombie; its figures go to the parent. */
void process_reap(Process *process);
void process_unref(Process *process);
/* Takes the thread out of its process's list. */
void task_unlink_thread(Task *task);
/* Tells the parent that a child stopped, continued or died (SIGCHLD, wait4). `code`: CLD_… */
void process_notify_parent(Process *process, i32 signo, i32 code, i32 status);
/* Is there nobody in the session but outside the group who is parent of a member, and could continue it? Then terminals do
 * not stop it. `leaving`: a member that does not count any more, or NULL. setpgid(2) */
bool group_orphaned(const Kernel *kernel, i32 pgid, const Process *leaving);
/* Lets the vfork parent go on. */
void task_release_vfork(Task *task);
/* *clear_child_tid = 0 and its futex wake, robust futexes: what the user-space side of a thread hears of its end. */
void task_release_memory(Task *task);
/* A number that no task, process, group or session has; 0: all are taken. */
i32 task_new_pid(Kernel *kernel);
bool task_pid_taken(Kernel *kernel, i32 pid);
/* Exit status word of wait4(2). */
static inline i32 status_exited(i32 code) { return (code & 255) << 8; }
static inline i32 status_killed(i32 signo, bool core) { return signo | (core ? 0x80 : 0); }

/* execve(2) on an open program: 0, or -errno with the old program untouched. What Linux finds too late gives 0, too, and a
 * SIGSEGV that kills the new program before its first instruction. */
typedef struct ExecRequest {
    const char *execfn;            /* as given: AT_EXECFN */
    const char *script;            /* the name by which this file is known to its interpreter, if it is a script; NULL: execfn */
    const char *const *argv, *const *envp;
    char *why;                     /* a line for people when it fails; NULL: not wanted */
    u64 why_size;
    u32 depth;                     /* of scripts that run scripts */
} ExecRequest;
i64 exec_program(Task *task, int host_fd, const char *real_path, const ExecRequest *request);

/* Futexes on behalf of dying tasks (futex.c). */
void futex_exit(Task *task);    /* robust list */
void futex_forget(Task *task);  /* out of any queue */
u32 futex_wake_address(Task *task, u64 address, u32 count); /* FUTEX_WAKE */

#endif

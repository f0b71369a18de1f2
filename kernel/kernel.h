/* The Linux personality's structures: machine, processes, tasks. Shared by the files of this room only; emu/ sees the
 * functions at the end.
 *
 *   Kernel ──┬─ Task (thread): registers, signal mask, what it waits for ─┐
 *            ├─ Task                                                      ├─► Process: pids, Space, Files, Handlers
 *            └─ …  one runs at a time on the one Cpu                      ┘
 *
 * Everything a clone(2) flag can share is its own counted object: Space (CLONE_VM), Files (CLONE_FILES), FsInfo (CLONE_FS),
 * Handlers (CLONE_SIGHAND). */
#ifndef EMU_KERNEL_KERNEL_H
#define EMU_KERNEL_KERNEL_H

#include "cpu/cpu.h"
#include "mmu/mmu.h"

typedef struct Kernel Kernel;
typedef struct Task Task;
typedef struct Process Process;
typedef struct Space Space;       /* space.h: VMAs, brk, page tables (CR3), page-fault resolution */
typedef struct Files Files;       /* fd.h: guest descriptors → open file descriptions */
typedef struct FsInfo FsInfo;     /* fd.h: cwd, umask, root */
typedef struct Handlers Handlers; /* signal.h: sigaction table */

/* What a system call returns to dispatch: 0 or more, -errno, or one of these. */
#define SYS_BLOCK (-4096ll)   /* the task was parked by a wait_* call; the handler runs again when it wakes */
#define SYS_NORETURN (-4097ll) /* registers were replaced (execve, rt_sigreturn, exit): leave RAX alone */
#define SYS_RESTARTNOINTR (-513ll)
#define SYS_RESTARTSYS (-512ll)     /* ERESTARTSYS: restart when SA_RESTART, else EINTR */
#define SYS_RESTARTNOHAND (-514ll)
#define SYS_RESTART_BLOCK (-516ll)

typedef i64 SyscallFunction(Task *task, const u64 *arg); /* arg[0..5] */

/* Guest memory from a system call's side (uaccess.c). Faults are resolved as the program's own would be (demand paging,
 * stack growth, copy-on-write); false means -EFAULT. Nothing is moved unless everything can be, except copy_*_partial. */
bool copy_from_guest(Task *task, void *to, u64 address, u64 size);
bool copy_to_guest(Task *task, u64 address, const void *from, u64 size);
/* Bytes moved before the first fault. */
u64 copy_from_guest_partial(Task *task, void *to, u64 address, u64 size);
u64 copy_to_guest_partial(Task *task, u64 address, const void *from, u64 size);
/* A NUL-terminated string of at most `capacity` bytes with the NUL. Length, -EFAULT or -ENAMETOOLONG. */
i64 string_from_guest(Task *task, char *to, u64 address, u64 capacity);
/* Host pointer to guest bytes for zero-copy I/O: at most to the end of the page, `*size` shortened accordingly. NULL: fault. */
u8 *guest_pages(Task *task, u64 address, u64 *size, Access access);

/* Parking (sched.c). Each returns SYS_BLOCK after noting what wakes the task; several may be combined before returning.
 * When the handler runs again task->woken says why. A signal that is not blocked wakes it with WOKEN_SIGNAL. */
typedef enum Woken { WOKEN_NOT, WOKEN_READY, WOKEN_TIMEOUT, WOKEN_SIGNAL } Woken;
i64 wait_host_fd(Task *task, int host_fd, short poll_events);
i64 wait_deadline(Task *task, u64 monotonic_ns);
i64 wait_event(Task *task, const void *event); /* until wake_event(kernel, event) */
void wake_event(Kernel *kernel, const void *event, u32 count);

#endif

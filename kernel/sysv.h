/* System V IPC: what its three kinds of objects have in common. sysvipc(7). They live in the machine, nothing is the host's. */
#ifndef EMU_KERNEL_SYSV_H
#define EMU_KERNEL_SYSV_H

#include <sys/ipc.h>

#include "kernel/kernel.h"

typedef enum IpcKind { IPC_SHM, IPC_SEM, IPC_MSG } IpcKind;

typedef struct IpcObject {
    struct IpcObject *next; /* of kernel->ipc_objects */
    IpcKind kind;
    i32 id;
    bool removed;           /* a segment that lives until it is detached */
    struct ipc_perm permissions;
    u64 change_time;        /* seconds */
    void (*destroy)(Kernel *kernel, struct IpcObject *object); /* frees it, after it has been unlinked */
} IpcObject;

/* The …get calls: the object of `key`, or 0 with *create set: a new one is to be made; -EEXIST, -ENOENT, -EACCES. */
i64 ipc_get(Task *task, IpcKind kind, u64 key, u64 flags, IpcObject **found);
/* Gives a new object its id and puts it in the list. The id. */
i64 ipc_add(Task *task, IpcObject *object, IpcKind kind, u64 key, u64 flags);
/* The object with this id: -EINVAL; with `wanted` rights (04 read, 02 write) not granted -EACCES. */
i64 ipc_find(Task *task, IpcKind kind, i32 id, u32 wanted, IpcObject **found);
/* The …_STAT commands name an object by its place in the kernel's table: from 0 in order of creation. -EINVAL: none there. */
i64 ipc_at(Task *task, IpcKind kind, i32 index, u32 wanted, IpcObject **found);
/* How many objects of a kind there are, and what …_INFO commands return: the highest place. */
u32 ipc_count(const Kernel *kernel, IpcKind kind);
static inline i64 ipc_highest(u32 count) { return count ? count - 1 : 0; }
/* IPC_SET and IPC_RMID are the owner's and creator's: 0 or -EPERM. */
i64 ipc_owner(const Task *task, const IpcObject *object);
/* IPC_SET's part about permissions. */
void ipc_set(Task *task, IpcObject *object, const struct ipc_perm *new);
void ipc_remove(Kernel *kernel, IpcObject *object);
u64 ipc_now(Kernel *kernel);

/* End of a process: its SEM_UNDO adjustments are made. End of the machine: everything goes. */
void sysv_process_exit(Process *process);
void sysv_destroy(Kernel *kernel);

#endif

/* Keys, ids and rights of System V IPC objects (sysv.h). */
#include "kernel/sysv.h"

#include <errno.h>

enum { IPC_RIGHT_READ = 4, IPC_RIGHT_WRITE = 2 };

u64 ipc_now(Kernel *kernel) { return kernel_realtime(kernel) / 1000000000; }

static bool granted(const Task *task, const IpcObject *object, u32 wanted)
{
    const Credentials *c = &task->credentials;
    const struct ipc_perm *p = &object->permissions;
    u32 bits = p->mode;
    if (c->euid == p->cuid || c->euid == p->uid)
        bits >>= 6;
    else if (c->egid == p->cgid || c->egid == p->gid)
        bits >>= 3;
    return c->euid == 0 || (bits & wanted) == wanted;
}

i64 ipc_get(Task *task, IpcKind kind, u64 key, u64 flags, IpcObject **found)
{
    *found = NULL;
    for (IpcObject *object = task->kernel->ipc_objects; object && (i32)key != IPC_PRIVATE; object = object->next) {
        if (object->kind != kind || object->removed || object->permissions.__key != (i32)key)
            continue;
        if ((flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL))
            return -EEXIST;
        u32 wanted = (u32)(flags | flags >> 3 | flags >> 6) & 7;
        if (!granted(task, object, wanted & 6))
            return -EACCES;
        *found = object;
        return object->id;
    }
    return (i32)key == IPC_PRIVATE || (flags & IPC_CREAT) ? 0 : -ENOENT;
}

i64 ipc_add(Task *task, IpcObject *object, IpcKind kind, u64 key, u64 flags)
{
    Kernel *kernel = task->kernel;
    const Credentials *c = &task->credentials;
    object->kind = kind;
    object->id = kernel->next_ipc_id++ & INT32_MAX;
    object->permissions = (struct ipc_perm){.__key = (key_t)key, .uid = c->euid, .cuid = c->euid, .gid = c->egid,
        .cgid = c->egid,
                                            .mode = (u16)(flags & 0777)};
    object->change_time = ipc_now(kernel);
    object->next = kernel->ipc_objects;
    kernel->ipc_objects = object;
    return object->id;
}

i64 ipc_find(Task *task, IpcKind kind, i32 id, u32 wanted, IpcObject **found)
{
    for (IpcObject *object = task->kernel->ipc_objects; object; object = object->next)
        if (object->kind == kind && object->id == id) {
            *found = object;
            return granted(task, object, wanted) ? 0 : -EACCES;
        }
    return -EINVAL;
}

u32 ipc_count(const Kernel *kernel, IpcKind kind)
{
    u32 count = 0;
    for (const IpcObject *object = kernel->ipc_objects; object; object = object->next)
        count += object->kind == kind;
    return count;
}

i64 ipc_at(Task *task, IpcKind kind, i32 index, u32 wanted, IpcObject **found)
{
    i32 place = (i32)ipc_count(task->kernel, kind); /* the list has the newest first */
    for (IpcObject *object = task->kernel->ipc_objects; object; object = object->next)
        if (object->kind == kind && --place == index) {
            *found = object;
            return granted(task, object, wanted) ? 0 : -EACCES;
        }
    return -EINVAL;
}

i64 ipc_owner(const Task *task, const IpcObject *object)
{
    u32 euid = task->credentials.euid;
    return euid == 0 || euid == object->permissions.uid || euid == object->permissions.cuid ? 0 : -EPERM;
}

void ipc_set(Task *task, IpcObject *object, const struct ipc_perm *new)
{
    object->permissions.uid = new->uid;
    object->permissions.gid = new->gid;
    object->permissions.mode = (object->permissions.mode & ~0777) | (new->mode & 0777);
    object->change_time = ipc_now(task->kernel);
}

void ipc_remove(Kernel *kernel, IpcObject *object)
{
    for (IpcObject **link = &kernel->ipc_objects; *link; link = &(*link)->next)
        if (*link == object) {
            *link = object->next;
            break;
        }
    object->destroy(kernel, object);
}

void sysv_destroy(Kernel *kernel)
{
    while (kernel->ipc_objects)
        ipc_remove(kernel, kernel->ipc_objects);
}

/* Shared memory segments: shmget(2), shmat(2), shmdt(2), shmctl(2). A segment is shared anonymous memory with a name; how
 * often it is attached is read from the address spaces, so that fork, exec and exit need not tell. */
#include <errno.h>
#include <limits.h>
#include <sys/shm.h>

#include "base/bits.h"
#include "base/heap.h"
#include "kernel/page_cache.h"
#include "kernel/space.h"
#include "kernel/syscalls.h"
#include "kernel/sysv.h"

typedef struct Segment {
    IpcObject object;
    CachedFile *file;
    u64 size, attach_time, detach_time;
    i32 creator, last;
} Segment;

static u64 attachments(Kernel *kernel, const CachedFile *file)
{
    u64 count = 0;
    for (const Process *process = kernel->processes; process; process = process->next)
        for (u32 i = 0; process->space && i < process->space->count; i++)
            count += process->space->vmas[i].file == file && process->space->vmas[i].offset == 0;
    return count;
}

static void segment_destroy(Kernel *kernel, IpcObject *object)
{
    (void)kernel;
    cached_file_unref(((Segment *)object)->file);
    heap_free(object);
}

/* Segments that were removed while attached, and are not any more. */
static void bury(Kernel *kernel)
{
    for (IpcObject *object = kernel->ipc_objects, *next; object; object = next) {
        next = object->next;
        if (object->kind == IPC_SHM && object->removed && !attachments(kernel, ((Segment *)object)->file))
            ipc_remove(kernel, object);
    }
}

i64 sys_shmget(Task *task, const u64 *arg)
{
    IpcObject *found;
    bury(task->kernel);
    i64 id = ipc_get(task, IPC_SHM, arg[0], arg[2], &found);
    if (id < 0)
        return id;
    if (found)
        return arg[1] > ((Segment *)found)->size ? -EINVAL : id;
    u64 size = bits_align_up(arg[1], PAGE_SIZE);
    if (!arg[1] || size < arg[1])
        return -EINVAL;
    if (arg[2] & SHM_HUGETLB) /* pages of 2 MiB and 1 GiB exist, and none is set aside */
        return (arg[2] >> 26 & 63) == 0 || (arg[2] >> 26 & 63) == 21 || (arg[2] >> 26 & 63) == 30 ? -ENOMEM : -EINVAL;
    if (size > task->kernel->phys.size)
        return -ENOMEM;
    Segment *segment = heap_calloc(1, sizeof *segment);
    char name[32] = "/SYSV00000000 (deleted)";
    static const char digits[] = "0123456789abcdef";
    for (u32 i = 0; i < 8; i++)
        name[5 + i] = digits[arg[0] >> (28 - 4 * i) & 15];
    if (segment)
        segment->file = cached_file_anonymous(task->kernel, size, name);
    if (!segment || !segment->file) {
        heap_free(segment);
        return -ENOMEM;
    }
    segment->object.destroy = segment_destroy;
    segment->size = arg[1];
    segment->creator = task->process->pid;
    return ipc_add(task, &segment->object, IPC_SHM, arg[0], arg[2]);
}

static i64 attach_address(Task *task, const u64 *arg, u64 size)
{
    Space *space = task->process->space;
    u64 address = arg[1];
    if (!address) {
        address = arg[2] & SHM_REMAP ? 0 : space_find_free(space, 0, size, MMAP_MIN);
        return address ? (i64)address : arg[2] & SHM_REMAP ? -EINVAL : -ENOMEM;
    }
    address = bits_align_down(address, PAGE_SIZE); /* only with SHM_RND is it another */
    if (address + size < address)
        return -EINVAL;
    if (size > USER_LIMIT || address > USER_LIMIT - size)
        return -ENOMEM;
    u32 index = space_index(space, address);
    bool taken = index < space->count && space->vmas[index].start < address + size;
    return taken && !(arg[2] & SHM_REMAP) ? -EINVAL : (i64)address;
}

i64 sys_shmat(Task *task, const u64 *arg)
{
    IpcObject *object;
    bool read_only = arg[2] & SHM_RDONLY;
    bury(task->kernel);
    if ((arg[1] & (PAGE_SIZE - 1)) && !(arg[2] & SHM_RND))
        return -EINVAL;
    i64 result = ipc_find(task, IPC_SHM, (i32)arg[0], read_only ? 4 : 6, &object);
    if (result)
        return result;
    Segment *segment = (Segment *)object;
    u64 size = bits_align_up(segment->size, PAGE_SIZE);
    i64 address = attach_address(task, arg, size);
    if (address < 0)
        return address;
    u32 flags = VMA_READ | VMA_SHARED | (read_only ? 0 : VMA_WRITE | VMA_MAY_WRITE) | (arg[2] & SHM_EXEC ? VMA_EXEC : 0);
    if (!space_may_map(task->process->space, size, flags))
        return -ENOMEM;
    result = space_map(task->process->space, (u64)address, size, flags, VMA_ANON, segment->file, 0);
    if (result)
        return result;
    segment->attach_time = ipc_now(task->kernel);
    segment->last = task->process->pid;
    return address;
}

i64 sys_shmdt(Task *task, const u64 *arg)
{
    Space *space = task->process->space;
    const Vma *vma = (arg[0] & (PAGE_SIZE - 1)) ? NULL : space_find(space, arg[0]);
    for (IpcObject *object = task->kernel->ipc_objects; object && vma; object = object->next) {
        Segment *segment = (Segment *)object;
        if (object->kind != IPC_SHM || vma->file != segment->file || vma->start != arg[0] || vma->offset)
            continue;
        segment->detach_time = ipc_now(task->kernel);
        segment->last = task->process->pid;
        space_unmap(space, arg[0], arg[0] + bits_align_up(segment->size, PAGE_SIZE));
        bury(task->kernel);
        return 0;
    }
    return -EINVAL;
}

static i64 segment_stat(Task *task, u64 address, const Segment *segment)
{
    struct shmid_ds st = {.shm_perm = segment->object.permissions, .shm_segsz = segment->size,
                          .shm_atime = (time_t)segment->attach_time, .shm_dtime = (time_t)segment->detach_time,
                          .shm_ctime = (time_t)segment->object.change_time, .shm_cpid = segment->creator,
                          .shm_lpid = segment->last, .shm_nattch = attachments(task->kernel, segment->file)};
    if (segment->object.removed)
        st.shm_perm.mode |= SHM_DEST;
    return copy_to_guest(task, address, &st, sizeof st) ? 0 : -EFAULT;
}

/* IPC_INFO: the limits; SHM_INFO: what is in use. */
static i64 segments_info(Task *task, u64 address, bool used)
{
    u32 count = ipc_count(task->kernel, IPC_SHM);
    struct shminfo limits = {.shmmax = ULONG_MAX - (1ul << 24), .shmmin = 1, .shmmni = 4096, .shmseg = 4096,
                             .shmall = ULONG_MAX - (1ul << 24)};
    struct shm_info now = {.used_ids = (int)count};
    for (IpcObject *object = task->kernel->ipc_objects; object; object = object->next) {
        const Segment *segment = (Segment *)object;
        u64 pages = object->kind == IPC_SHM ? bits_align_up(segment->size, PAGE_SIZE) >> PAGE_SHIFT : 0;
        now.shm_tot += pages;
        for (u64 i = 0; i < pages; i++)
            now.shm_rss += cached_file_has_page(segment->file, i);
    }
    bool ok = used ? copy_to_guest(task, address, &now, sizeof now) : copy_to_guest(task, address, &limits, sizeof limits);
    return ok ? ipc_highest(count) : -EFAULT;
}

i64 sys_shmctl(Task *task, const u64 *arg)
{
    IpcObject *object;
    struct shmid_ds new;
    u32 command = (u32)arg[1];
    bool by_place = command == SHM_STAT || command == SHM_STAT_ANY;
    bury(task->kernel);
    if (command == IPC_INFO || command == SHM_INFO)
        return segments_info(task, arg[2], command == SHM_INFO);
    i64 result = by_place ? ipc_at(task, IPC_SHM, (i32)arg[0], command == SHM_STAT ? 4 : 0, &object)
                          : ipc_find(task, IPC_SHM, (i32)arg[0], command == IPC_STAT ? 4 : 0, &object);
    if (result)
        return result;
    switch (command) {
    case SHM_STAT:
    case SHM_STAT_ANY: result = segment_stat(task, arg[2], (Segment *)object); return result ? result : object->id;
    case IPC_STAT: return segment_stat(task, arg[2], (Segment *)object);
    case IPC_SET:
        if (!copy_from_guest(task, &new, arg[2], sizeof new))
            return -EFAULT;
        result = ipc_owner(task, object);
        if (!result)
            ipc_set(task, object, &new.shm_perm);
        return result;
    case IPC_RMID:
        result = ipc_owner(task, object);
        if (!result) {
            object->removed = true;
            object->permissions.__key = IPC_PRIVATE;
            bury(task->kernel);
        }
        return result;
    case SHM_LOCK:
    case SHM_UNLOCK: return ipc_owner(task, object);
    default: return -EINVAL;
    }
}

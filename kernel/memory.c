/* mmap(2), munmap(2), mprotect(2), brk(2), mremap(2): arguments judged as Linux judges them, then space.c. The advisory
 * calls are in memory_advice.c. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "kernel/frames.h"
#include "kernel/host.h"
#include "kernel/page_cache.h"
#include "kernel/syscalls.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

enum { PROTS = PROT_READ | PROT_WRITE | PROT_EXEC };

bool space_may_map(const Space *space, u64 size, u32 flags)
{
    const Task *task = space->kernel->current;
    u64 pages = size >> PAGE_SHIFT;
    bool data = (flags & (VMA_WRITE | VMA_SHARED | VMA_GROWSDOWN)) == VMA_WRITE;
    if (task) {
        const Limit *limits = task->process->limits;
        if (space->total_pages + pages > limits[LIMIT_AS].soft >> PAGE_SHIFT)
            return false;
        if (data && space->data_pages + pages > limits[LIMIT_DATA].soft >> PAGE_SHIFT)
            return false;
    }
    /* vm.overcommit_memory = 0: only the obvious is refused. proc(5). */
    return !data || (flags & VMA_NORESERVE) || size <= space->kernel->commit_limit;
}

/* ---- mmap --------------------------------------------------------------------------------------------------------- */

typedef struct MapRequest {
    u64 address, size, prot, flags, offset;
    u32 vma_flags;
    CachedFile *file; /* one reference, or NULL */
} MapRequest;

/* The file side of a request: request->file and the VMA_MAY_WRITE right. */
static i64 open_mapping(Task *task, i32 fd, MapRequest *request)
{
    char path[PATH_MAX];
    bool shared = request->vma_flags & VMA_SHARED, zero = false;
    i64 host_fd = file_for_mapping(task, fd, shared && (request->prot & PROT_WRITE), path, &zero);
    if (host_fd < 0)
        return host_fd;
    if (zero)
        return 0;
    request->file = cached_file_open(task->kernel, (int)host_fd, path);
    if (!request->file)
        return -errno;
    cached_file_watch(request->file);
    int seals = shared ? host_fcntl((int)host_fd, F_GET_SEALS, 0) : 0; /* of a memfd; -1: no such file */
    bool sealed = seals > 0 && seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE);
    if (sealed && request->prot & PROT_WRITE)
        return -EPERM;
    if (shared && (sealed || !cached_file_writable(request->file, (int)host_fd)))
        request->vma_flags &= ~(u32)VMA_MAY_WRITE;
    return 0;
}

static i64 choose_address(Task *task, const MapRequest *request)
{
    Space *space = task->process->space;
    if (!(request->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))) {
        u64 low = request->flags & MAP_32BIT ? 0x40000000 : MMAP_MIN;
        if (request->flags & MAP_32BIT) {
            u64 found = space_find_low(space, request->size, low, 0x80000000);
            return found ? (i64)found : -ENOMEM;
        }
        u64 found = space_find_free(space, bits_align_down(request->address, PAGE_SIZE), request->size, low);
        return found ? (i64)found : -ENOMEM;
    }
    u64 address = request->address;
    if (request->size > USER_LIMIT || address > USER_LIMIT - request->size)
        return -ENOMEM;
    if (address & (PAGE_SIZE - 1))
        return -EINVAL;
    if (address < MMAP_MIN && task->credentials.euid)
        return -EPERM; /* else CAP_SYS_RAWIO */
    if (request->flags & MAP_FIXED_NOREPLACE) {
        u32 index = space_index(space, address);
        if (index < space->count && space->vmas[index].start < address + request->size)
            return -EEXIST;
    }
    return (i64)address;
}

static i64 map_request(Task *task, MapRequest *request)
{
    Space *space = task->process->space;
    i64 address = choose_address(task, request);
    if (address < 0)
        return address;
    u32 flags = request->vma_flags;
    if (!space_may_map(space, request->size, flags))
        return -ENOMEM;
    if (flags & VMA_LOCKED) {
        u64 limit = task->process->limits[LIMIT_MEMLOCK].soft >> PAGE_SHIFT;
        if (space->locked_pages + (request->size >> PAGE_SHIFT) > limit && task->credentials.euid)
            return -EAGAIN;
    }
    CachedFile *file = request->file;
    if (!file && (flags & VMA_SHARED)) {
        file = request->file = cached_file_anonymous(task->kernel, request->size, "/dev/zero (deleted)");
        if (!file)
            return -ENOMEM;
    }
    i64 result = space_map(space, (u64)address, request->size, flags, VMA_ANON, file, file ? request->offset : 0);
    if (result)
        return result;
    bool locked_now = flags & VMA_LOCKED && !space->lock_on_fault;
    if (request->flags & (MAP_POPULATE | MAP_LOCKED) || locked_now)
        space_populate(space, (u64)address, (u64)address + request->size);
    return address;
}

/* mmap(2). The order of checks is do_mmap()'s: what is wrong with several arguments gives Linux's error. */
i64 sys_mmap(Task *task, const u64 *arg)
{
    u64 flags = arg[3], type = flags & MAP_TYPE;
    if (arg[5] & (PAGE_SIZE - 1))
        return -EINVAL;
    MapRequest request = {.address = arg[0], .prot = arg[2] & PROTS, .flags = flags, .offset = arg[5]};
    request.vma_flags = (u32)request.prot | VMA_MAY_WRITE;
    if (type == MAP_SHARED || type == MAP_SHARED_VALIDATE)
        request.vma_flags |= VMA_SHARED;
    i64 result = 0;
    if (!(flags & MAP_ANONYMOUS)) {
        result = open_mapping(task, (i32)arg[4], &request);
        if (result == -EBADF)
            return result;
    } else {
        request.offset = 0;
    }
    request.size = bits_align_up(arg[1], PAGE_SIZE);
    if (!arg[1])
        result = -EINVAL;
    else if (!request.size || request.size > USER_LIMIT)
        result = -ENOMEM;
    else if (request.offset + request.size < request.offset)
        result = -EOVERFLOW;
    else if (!result && (type == 0 || type > MAP_SHARED_VALIDATE))
        result = -EINVAL;
    if (flags & MAP_NORESERVE)
        request.vma_flags |= VMA_NORESERVE;
    if (flags & MAP_LOCKED)
        request.vma_flags |= VMA_LOCKED;
    request.vma_flags |= task->process->space->lock_future;
    if ((flags & MAP_GROWSDOWN) && !(request.vma_flags & VMA_SHARED))
        request.vma_flags |= VMA_GROWSDOWN;
    if (!result)
        result = map_request(task, &request);
    if (request.file)
        cached_file_unref(request.file); /* the VMA has its own */
    return result;
}

/* munmap(2) */
i64 sys_munmap(Task *task, const u64 *arg)
{
    u64 size = bits_align_up(arg[1], PAGE_SIZE);
    if ((arg[0] & (PAGE_SIZE - 1)) || !size || size > USER_LIMIT || arg[0] > USER_LIMIT - size)
        return -EINVAL;
    return space_unmap(task->process->space, arg[0], arg[0] + size);
}

/* mprotect(2) */
i64 sys_mprotect(Task *task, const u64 *arg)
{
    u64 prot = arg[2] & ~(u64)(PROT_GROWSDOWN | PROT_GROWSUP);
    u64 size = bits_align_up(arg[1], PAGE_SIZE), start = arg[0];
    if ((arg[2] & (PROT_GROWSDOWN | PROT_GROWSUP)) == (PROT_GROWSDOWN | PROT_GROWSUP))
        return -EINVAL;
    if (start & (PAGE_SIZE - 1))
        return -EINVAL;
    if (!arg[1])
        return 0;
    if (start + size <= start)
        return -ENOMEM;
    if (prot & ~(u64)(PROTS | 8 /* PROT_SEM */))
        return -EINVAL;
    if (start >= USER_LIMIT)
        return -ENOMEM;
    /* the hole up there gives ENOMEM, after the rest is done */
    u64 end = size > USER_LIMIT - start ? USER_LIMIT : start + size;
    Space *space = task->process->space;
    if (arg[2] & PROT_GROWSDOWN) {
        Vma *vma = space_find(space, start);
        if (!vma)
            return -ENOMEM;
        if (!(vma->flags & VMA_GROWSDOWN))
            return -EINVAL;
        start = vma->start;
    }
    i64 result = space_protect(space, start, end, (u32)prot & PROTS);
    return !result && end - arg[0] < size ? -ENOMEM : result;
}

/* brk(2): returns the new break, or the old one when it cannot be had. */
i64 sys_brk(Task *task, const u64 *arg)
{
    Space *space = task->process->space;
    u64 wanted = arg[0], old_end = bits_align_up(space->brk, PAGE_SIZE), new_end = bits_align_up(wanted, PAGE_SIZE);
    if (wanted < space->brk_start || wanted >= USER_LIMIT)
        return (i64)space->brk;
    u64 used = (wanted - space->brk_start) + (space->data_end - space->data_start);
    if (used > task->process->limits[LIMIT_DATA].soft)
        return (i64)space->brk;
    if (new_end < old_end) {
        if (space_unmap(space, new_end, old_end))
            return (i64)space->brk;
    } else if (new_end > old_end) {
        u32 index = space_index(space, old_end);
        u64 gap = index < space->count && (space->vmas[index].flags & VMA_GROWSDOWN) ? STACK_GUARD_GAP : 0;
        if (index < space->count && space->vmas[index].start < new_end + gap)
            return (i64)space->brk;
        u32 flags = VMA_READ | VMA_WRITE | VMA_MAY_WRITE | space->lock_future;
        if (!space_may_map(space, new_end - old_end, flags) ||
            space_map(space, old_end, new_end - old_end, flags, VMA_HEAP, NULL, 0))
            return (i64)space->brk;
    }
    space->brk = wanted;
    return (i64)wanted;
}

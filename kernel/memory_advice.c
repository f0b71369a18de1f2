/* Calls about memory that is mapped already: madvise, msync, mincore, mlock and its family, membarrier. */
#include <errno.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "kernel/frames.h"
#include "kernel/page_cache.h"
#include "kernel/syscalls.h"
#include "mmu/pte.h"

void space_populate(Space *space, u64 start, u64 end)
{
    for (u64 at = start; at < end;) {
        u32 index = space_index(space, at);
        if (index == space->count)
            return;
        const Vma *vma = &space->vmas[index];
        u64 stop = vma->end < end ? vma->end : end;
        Access access = (vma->flags & (VMA_WRITE | VMA_SHARED)) == VMA_WRITE ? ACCESS_WRITE : ACCESS_READ;
        bool accessible = vma->flags & (VMA_READ | VMA_WRITE | VMA_EXEC);
        for (at = vma->start > at ? vma->start : at; accessible && at < stop; at += PAGE_SIZE) {
            const u64 *entry = pt_entry(&space->kernel->phys, space->cr3, at, false);
            if ((!entry || !pte_frame(*entry)) && space_fault(space, at, access) != FAULT_RESOLVED)
                return;
        }
        at = stop;
    }
}

/* Does [start, end) have a page without a mapping? */
static bool has_hole(const Space *space, u64 start, u64 end)
{
    u32 i = space_index(space, start);
    for (u64 at = start; at < end; at = space->vmas[i++].end)
        if (i >= space->count || space->vmas[i].start > at)
            return true;
    return false;
}

/* Sets and clears flags over the mapped parts of a range. */
static i64 change_flags(Space *space, u64 start, u64 end, u32 set, u32 clear)
{
    if (!space_isolate(space, start, end))
        return -ENOMEM;
    for (u32 i = space_index(space, start); i < space->count && space->vmas[i].start < end; i++)
        space_set_flags(space, &space->vmas[i], (space->vmas[i].flags & ~clear) | set);
    space_merge(space, start, end);
    return 0;
}

/* The first VMA in the range for which `refuse` flags are set; `file`: or that has a file. */
static bool any_vma(const Space *space, u64 start, u64 end, u32 flags)
{
    for (u32 i = space_index(space, start); i < space->count && space->vmas[i].start < end; i++)
        if (space->vmas[i].flags & flags)
            return true;
    return false;
}

static bool any_file(const Space *space, u64 start, u64 end)
{
    for (u32 i = space_index(space, start); i < space->count && space->vmas[i].start < end; i++)
        if (space->vmas[i].file)
            return true;
    return false;
}

/* MADV_POPULATE_READ and _WRITE: as if the program touched every page, up to the first that it may not touch. */
static i64 populate(Space *space, u64 start, u64 end, Access access)
{
    const u64 wanted = PTE_P | (access == ACCESS_WRITE ? PTE_W : 0);
    for (u64 at = start; at < end; at += PAGE_SIZE) {
        const Vma *vma = space_find(space, at);
        if (!vma || !(vma->flags & (access == ACCESS_WRITE ? VMA_WRITE : VMA_READ)))
            return vma ? -EINVAL : -ENOMEM;
        const u64 *entry = pt_entry(&space->kernel->phys, space->cr3, at, false);
        if (entry && (*entry & wanted) == wanted)
            continue;
        FaultResult fault = space_fault(space, at, access);
        if (fault != FAULT_RESOLVED)
            return fault == FAULT_OOM ? -ENOMEM : -EFAULT;
    }
    return 0;
}

static i64 advise(Space *space, u64 start, u64 end, u64 advice)
{
    switch (advice) {
    case MADV_DONTNEED:
        if (any_vma(space, start, end, VMA_LOCKED))
            return -EINVAL;
        space_discard(space, start, end);
        return 0;
    case MADV_FREE:
        if (any_vma(space, start, end, VMA_SHARED) || any_file(space, start, end))
            return -EINVAL;
        return 0; /* keeping the contents is allowed: there is no pressure to free them */
    case MADV_REMOVE:
        return any_vma(space, start, end, VMA_LOCKED) ? -EINVAL : -EOPNOTSUPP;
    case MADV_DONTFORK: return change_flags(space, start, end, VMA_DONTFORK, 0);
    case MADV_DOFORK: return change_flags(space, start, end, 0, VMA_DONTFORK);
    case MADV_WIPEONFORK:
        if (any_vma(space, start, end, VMA_SHARED) || any_file(space, start, end))
            return -EINVAL;
        return change_flags(space, start, end, VMA_WIPEONFORK, 0);
    case MADV_KEEPONFORK: return change_flags(space, start, end, 0, VMA_WIPEONFORK);
    case MADV_DONTDUMP: return change_flags(space, start, end, VMA_DONTDUMP, 0);
    case MADV_DODUMP: return change_flags(space, start, end, 0, VMA_DONTDUMP);
    case MADV_POPULATE_READ: return populate(space, start, end, ACCESS_READ);
    case MADV_POPULATE_WRITE: return populate(space, start, end, ACCESS_WRITE);
    default: return 0; /* hints about order, huge pages, reclaim: nothing to do here */
    }
}

static bool advice_known(u64 advice)
{
    return advice <= MADV_WILLNEED || advice == MADV_DONTNEED || (advice >= MADV_FREE && advice <= MADV_DOFORK) ||
           (advice >= MADV_MERGEABLE && advice <= 25);
}

/* madvise(2) */
i64 sys_madvise(Task *task, const u64 *arg)
{
    u64 start = arg[0], size = bits_align_up(arg[1], PAGE_SIZE);
    u64 advice = (u32)arg[2];
    if (!advice_known(advice) || (start & (PAGE_SIZE - 1)) || (arg[1] && !size) || start + size < start)
        return -EINVAL;
    if (!size)
        return 0;
    Space *space = task->process->space;
    if (start >= USER_LIMIT)
        return -ENOMEM;
    u64 end = start + size < USER_LIMIT ? start + size : USER_LIMIT;
    i64 result = advise(space, start, end, advice);
    /* The mapped parts have been advised all the same. madvise(2), ENOMEM. */
    return result ? result : end < start + size || has_hole(space, start, end) ? -ENOMEM : 0;
}

/* msync(2) */
i64 sys_msync(Task *task, const u64 *arg)
{
    u64 start = arg[0], end = start + bits_align_up(arg[1], PAGE_SIZE), flags = arg[2];
    if (flags & ~(u64)(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || (start & (PAGE_SIZE - 1)) ||
        (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
        return -EINVAL;
    if (end < start)
        return -ENOMEM;
    Space *space = task->process->space;
    bool hole = has_hole(space, start, end);
    for (u32 i = space_index(space, start); i < space->count && space->vmas[i].start < end; i++) {
        const Vma *vma = &space->vmas[i];
        if ((flags & MS_INVALIDATE) && (vma->flags & VMA_LOCKED))
            return -EBUSY;
        if (!(flags & MS_SYNC) || !vma->file || !(vma->flags & VMA_SHARED))
            continue;
        u64 from = vma->start > start ? vma->start : start, to = vma->end < end ? vma->end : end;
        i64 result = cached_file_write_back(vma->file, vma->offset + (from - vma->start), to - from);
        if (result)
            return result;
    }
    return hole ? -ENOMEM : 0;
}

/* mincore(2): a page of a private mapping is in core when it has a frame here; of a file, when the cache has it. */
i64 sys_mincore(Task *task, const u64 *arg)
{
    u64 start = arg[0], pages = bits_align_up(arg[1], PAGE_SIZE) >> PAGE_SHIFT;
    Space *space = task->process->space;
    if (start & (PAGE_SIZE - 1))
        return -EINVAL;
    if (!guest_range_ok(start, arg[1]))
        return -ENOMEM;
    if (!guest_range_ok(arg[2], pages))
        return -EFAULT;
    for (u64 i = 0; i < pages; i++) {
        u64 address = start + (i << PAGE_SHIFT);
        const Vma *vma = space_find(space, address);
        if (!vma)
            return -ENOMEM;
        const u64 *entry = pt_entry(&space->kernel->phys, space->cr3, address, false);
        u8 in_core = entry && pte_frame(*entry) && pte_frame(*entry) != space->kernel->phys.zero_page;
        if (!in_core && vma->file)
            in_core = cached_file_has_page(vma->file, (vma->offset + (address - vma->start)) >> PAGE_SHIFT);
        if (!copy_to_guest(task, arg[2] + i, &in_core, 1))
            return -EFAULT;
    }
    return 0;
}

/* ---- locking: accounted, and populated --------------------------------------------------------------------------- */

static i64 lock_range(Task *task, u64 address, u64 length, bool populate)
{
    Space *space = task->process->space;
    u64 start = bits_align_down(address, PAGE_SIZE);
    u64 size = bits_align_up(length + (address - start), PAGE_SIZE);
    u64 limit = task->process->limits[LIMIT_MEMLOCK].soft >> PAGE_SHIFT;
    if (start + size < start)
        return -EINVAL;
    if (!size)
        return 0;
    if (task->credentials.euid && limit == 0)
        return -EPERM;
    if (task->credentials.euid && space->locked_pages + (size >> PAGE_SHIFT) > limit)
        return -ENOMEM;
    if (has_hole(space, start, start + size))
        return -ENOMEM;
    i64 result = change_flags(space, start, start + size, VMA_LOCKED, 0);
    if (!result && populate)
        space_populate(space, start, start + size);
    return result;
}

i64 sys_mlock(Task *task, const u64 *arg) { return lock_range(task, arg[0], arg[1], true); }

i64 sys_mlock2(Task *task, const u64 *arg)
{
    if (arg[2] & ~1ull /* MLOCK_ONFAULT */)
        return -EINVAL;
    return lock_range(task, arg[0], arg[1], !arg[2]);
}

i64 sys_munlock(Task *task, const u64 *arg)
{
    Space *space = task->process->space;
    u64 start = bits_align_down(arg[0], PAGE_SIZE), size = bits_align_up(arg[1] + (arg[0] - start), PAGE_SIZE);
    if (start + size < start)
        return -EINVAL;
    if (!size)
        return 0;
    if (has_hole(space, start, start + size))
        return -ENOMEM;
    return change_flags(space, start, start + size, 0, VMA_LOCKED);
}

/* mlockall(2) */
i64 sys_mlockall(Task *task, const u64 *arg)
{
    Space *space = task->process->space;
    u64 limit = task->process->limits[LIMIT_MEMLOCK].soft >> PAGE_SHIFT;
    if (!arg[0] || (arg[0] & ~(u64)(MCL_CURRENT | MCL_FUTURE | 4 /* MCL_ONFAULT */)) || arg[0] == 4)
        return -EINVAL;
    if (task->credentials.euid && !limit)
        return -EPERM;
    if ((arg[0] & MCL_CURRENT) && task->credentials.euid && space->total_pages > limit)
        return -ENOMEM;
    space->lock_future = arg[0] & MCL_FUTURE ? VMA_LOCKED : 0;
    space->lock_on_fault = arg[0] & 4;
    if (!(arg[0] & MCL_CURRENT))
        return 0;
    i64 result = change_flags(space, 0, USER_LIMIT, VMA_LOCKED, 0);
    if (!result && !(arg[0] & 4))
        space_populate(space, 0, USER_LIMIT);
    return result;
}

i64 sys_munlockall(Task *task, const u64 *arg)
{
    (void)arg;
    task->process->space->lock_future = 0;
    return change_flags(task->process->space, 0, USER_LIMIT, 0, VMA_LOCKED);
}

/* membarrier(2): one task runs at a time and in order, so every barrier has happened already. */
i64 sys_membarrier(Task *task, const u64 *arg)
{
    enum { QUERY = 0, GLOBAL = 1, GLOBAL_EXPEDITED = 2, REGISTER_GLOBAL = 4, PRIVATE = 8, REGISTER_PRIVATE = 16,
           PRIVATE_CORE = 32, REGISTER_CORE = 64 };
    Space *space = task->process->space;
    u32 command = (u32)arg[0];
    if (arg[1])
        return -EINVAL;
    switch (command) {
    case QUERY: return GLOBAL | GLOBAL_EXPEDITED | REGISTER_GLOBAL | PRIVATE | REGISTER_PRIVATE | PRIVATE_CORE | REGISTER_CORE;
    case GLOBAL:
    case GLOBAL_EXPEDITED: return 0;
    case REGISTER_GLOBAL:
    case REGISTER_PRIVATE:
    case REGISTER_CORE: space->membarrier |= command; return 0;
    case PRIVATE: return space->membarrier & REGISTER_PRIVATE ? 0 : -EPERM;
    case PRIVATE_CORE: return space->membarrier & REGISTER_CORE ? 0 : -EPERM;
    default: return -EINVAL;
    }
}

/* mremap(2). */
#include <errno.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "kernel/frames.h"
#include "kernel/page_cache.h"
#include "kernel/syscalls.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

typedef struct Remap {
    Space *space;
    u64 address, old_size, new_size, flags, target;
} Remap;

/* Moves the mapping of `vma` (which holds all of it) to `target`, old_size of it with its pages, as new_size. */
static i64 move_mapping(Remap *remap, u64 target)
{
    Space *space = remap->space;
    Vma vma = *space_find(space, remap->address);
    bool keep = remap->flags & MREMAP_DONTUNMAP;
    u64 offset = vma.offset + (remap->address - vma.start);
    u64 moved = remap->old_size < remap->new_size ? remap->old_size : remap->new_size;
    if (vma.file)
        cached_file_ref(vma.file); /* space_unmap below may drop the last of the VMA's own */
    i64 result = space_map(space, target, remap->new_size, vma.flags, vma.kind == VMA_STACK ? VMA_ANON : vma.kind, vma.file,
                           vma.file ? offset : 0);
    if (!result && moved && !frames_move(space, remap->address, target, moved)) {
        space_unmap(space, target, target + remap->new_size);
        result = -ENOMEM;
    }
    if (!result && !keep)
        space_unmap(space, remap->address, remap->address + remap->old_size);
    if (vma.file)
        cached_file_unref(vma.file);
    return result ? result : (i64)target;
}

/* The VMA that holds [address, address + old_size), or why Linux refuses (vma_to_resize). */
static i64 check_source(Task *task, const Remap *remap, Vma **found)
{
    Vma *vma = space_find(remap->space, remap->address);
    if (!vma)
        return -EFAULT;
    if (!remap->old_size && !(vma->flags & VMA_SHARED))
        return -EINVAL;
    if ((remap->flags & MREMAP_DONTUNMAP) && vma->kind == VMA_STACK)
        return -EINVAL;
    if (remap->old_size > vma->end - remap->address)
        return -EFAULT;
    u64 growth = remap->new_size > remap->old_size ? remap->new_size - remap->old_size : 0;
    if (remap->flags & MREMAP_DONTUNMAP)
        growth = remap->new_size;
    if (vma->flags & VMA_LOCKED && growth && task->credentials.euid &&
        remap->space->locked_pages + (growth >> PAGE_SHIFT) > task->process->limits[LIMIT_MEMLOCK].soft >> PAGE_SHIFT)
        return -EAGAIN;
    if (growth && !space_may_map(remap->space, growth, vma->flags))
        return -ENOMEM;
    *found = vma;
    return 0;
}

static i64 remap_fixed(Task *task, Remap *remap)
{
    u64 target = remap->target;
    if (target & (PAGE_SIZE - 1) || remap->new_size > USER_LIMIT || target > USER_LIMIT - remap->new_size)
        return -EINVAL;
    if (target < remap->address + remap->old_size && remap->address < target + remap->new_size)
        return -EINVAL;
    if (target < MMAP_MIN && task->credentials.euid)
        return -EPERM;
    i64 result = (remap->flags & MREMAP_FIXED) ? space_unmap(remap->space, target, target + remap->new_size) : 0;
    if (result)
        return result;
    if (remap->old_size > remap->new_size) {
        result = space_unmap(remap->space, remap->address + remap->new_size, remap->address + remap->old_size);
        remap->old_size = remap->new_size;
    }
    Vma *vma;
    if (!result)
        result = check_source(task, remap, &vma);
    if (result)
        return result;
    if (!(remap->flags & MREMAP_FIXED)) { /* DONTUNMAP: the address is a hint */
        target = space_find_free(remap->space, target, remap->new_size, MMAP_MIN);
        if (!target)
            return -ENOMEM;
    }
    return move_mapping(remap, target);
}

/* Grows in place when what follows is free. */
static bool grow_in_place(Remap *remap, const Vma *vma)
{
    Space *space = remap->space;
    u64 end = remap->address + remap->old_size, new_end = remap->address + remap->new_size;
    if (vma->end != end || new_end > USER_LIMIT || new_end < end)
        return false;
    u32 index = space_index(space, end);
    if (index < space->count) {
        u64 gap = space->vmas[index].flags & VMA_GROWSDOWN ? STACK_GUARD_GAP : 0;
        if (space->vmas[index].start < new_end + gap)
            return false;
    }
    Vma copy = *vma;
    u64 offset = copy.file ? copy.offset + (copy.end - copy.start) : 0;
    return !space_map(space, end, new_end - end, copy.flags, copy.kind, copy.file, offset);
}

static i64 remap_grow(Task *task, Remap *remap)
{
    Vma *vma;
    i64 result = check_source(task, remap, &vma);
    if (result)
        return result;
    if (remap->old_size && grow_in_place(remap, vma))
        return (i64)remap->address;
    if (!(remap->flags & MREMAP_MAYMOVE))
        return -ENOMEM;
    u64 target = space_find_free(remap->space, 0, remap->new_size, MMAP_MIN);
    return target ? move_mapping(remap, target) : -ENOMEM;
}

i64 sys_mremap(Task *task, const u64 *arg)
{
    Remap remap = {.space = task->process->space, .address = arg[0], .old_size = bits_align_up(arg[1], PAGE_SIZE),
                   .new_size = bits_align_up(arg[2], PAGE_SIZE), .flags = arg[3], .target = arg[4]};
    u64 flags = arg[3];
    if (flags & ~(u64)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
        return -EINVAL;
    if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
        return -EINVAL;
    if ((flags & MREMAP_DONTUNMAP) && (!(flags & MREMAP_MAYMOVE) || remap.old_size != remap.new_size))
        return -EINVAL;
    if ((arg[0] & (PAGE_SIZE - 1)) || !remap.new_size || remap.new_size > USER_LIMIT || remap.old_size > USER_LIMIT)
        return -EINVAL;
    if (!space_find(remap.space, remap.address))
        return -EFAULT;
    i64 result;
    if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) {
        result = remap_fixed(task, &remap);
    } else if (remap.old_size >= remap.new_size) {
        result = 0;
        if (remap.old_size > remap.new_size)
            result = space_unmap(remap.space, arg[0] + remap.new_size, arg[0] + remap.old_size);
        result = result ? result : (i64)arg[0];
    } else {
        result = remap_grow(task, &remap);
    }
    Vma *vma = result > 0 && remap.new_size > remap.old_size ? space_find(remap.space, (u64)result) : NULL;
    if (vma && (vma->flags & VMA_LOCKED))
        space_populate(remap.space, (u64)result, (u64)result + remap.new_size);
    return result;
}

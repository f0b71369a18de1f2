/* Pokes: writes from outside that ignore rights, as ptrace(2)'s do, and leave everything else as it was. */
#include "kernel/debug.h"

#include "kernel/frames.h"

bool space_poke_prepare(Space *space, u64 address)
{
    Vma *vma = space_find(space, address);
    u32 flags = vma ? vma->flags : 0;
    if (!vma || (flags & (VMA_SHARED | VMA_WRITE)) == VMA_SHARED)
        return false;
    Task *task = space->kernel->current;
    u64 minor = task ? task->minor_faults : 0, major = task ? task->major_faults : 0;
    vma->flags |= VMA_WRITE;
    bool done = space_fault(space, address, ACCESS_WRITE) == FAULT_RESOLVED;
    vma = space_find(space, address);
    vma->flags = flags;
    if (!(flags & VMA_WRITE))
        frames_protect(space, vma);
    if (task) {
        task->minor_faults = minor;
        task->major_faults = major;
    }
    return done;
}

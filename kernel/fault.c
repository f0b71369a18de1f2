/* Page faults: what a touch of memory means under the mappings. Linux's mm/memory.c in one screen:
 *
 *   no VMA             grow the stack into it, or SEGV_MAPERR
 *   right not granted  SEGV_ACCERR
 *   nothing there yet  zero page (read), zeroed frame (write), page of the file, or a private copy of it
 *   there, read-only   copy on write, or simply ours alone again                                                     */
#include "kernel/frames.h"
#include "kernel/page_cache.h"
#include "kernel/paging.h"
#include "mmu/pte.h"

static u64 stack_limit(const Space *space)
{
    const Task *task = space->kernel->current;
    return task ? task->process->limits[LIMIT_STACK].soft : space->kernel->config.stack_size;
}

/* The stack VMA above `address`, extended down to it, if the limit and the guard gap allow; else NULL. */
static Vma *grow_stack(Space *space, u64 address)
{
    u32 index = space_index(space, address);
    if (index == space->count)
        return NULL;
    Vma *vma = &space->vmas[index];
    u64 start = address & PAGE_MASK;
    if (!(vma->flags & VMA_GROWSDOWN) || start < MMAP_MIN || vma->end - start > stack_limit(space))
        return NULL;
    if (index > 0) {
        const Vma *below = &space->vmas[index - 1];
        bool accessible = below->flags & (VMA_READ | VMA_WRITE | VMA_EXEC);
        if (accessible && !(below->flags & VMA_GROWSDOWN) && start - below->end < STACK_GUARD_GAP)
            return NULL;
    }
    if (!space_may_map(space, vma->start - start, vma->flags))
        return NULL;
    space_grow_down(space, vma, start);
    return vma;
}

/* On x86 whatever is accessible at all is readable: only the rights for writing and for fetching stand alone. */
static bool allowed(const Vma *vma, Access access)
{
    switch (access) {
    case ACCESS_READ: return vma->flags & (VMA_READ | VMA_WRITE | VMA_EXEC);
    case ACCESS_WRITE: return vma->flags & VMA_WRITE;
    default: return vma->flags & VMA_EXEC;
    }
}

static FaultResult install(Space *space, const Vma *vma, u64 address, u64 paddr, bool write)
{
    return frames_install(space, vma, address, paddr, write) ? FAULT_RESOLVED : FAULT_OOM;
}

/* A private copy of the frame `from`, writable. */
static FaultResult copy_frame(Space *space, const Vma *vma, u64 address, u64 from)
{
    Kernel *kernel = space->kernel;
    phys_ref(&kernel->phys, from); /* it must not leave to make room for its own copy */
    u64 paddr = frames_alloc(kernel, FRAME_ANON, address >> PAGE_SHIFT);
    if (paddr && from != kernel->phys.zero_page)
        memcpy(phys_host(&kernel->phys, paddr), phys_host(&kernel->phys, from), PAGE_SIZE);
    frames_put(kernel, from);
    if (!paddr)
        return FAULT_OOM;
    paging_tell(kernel, PAGE_COPIED, space, address, paddr, SWAP_NONE, false);
    return install(space, vma, address, paddr, true);
}

static FaultResult fill_file(Space *space, const Vma *vma, u64 address, Access access, bool *major)
{
    bool beyond = false;
    u64 index = (vma->offset + (address - vma->start)) >> PAGE_SHIFT;
    u64 paddr = cached_file_page(vma->file, index, &beyond, major);
    if (!paddr)
        return beyond ? FAULT_ADRERR : FAULT_OOM;
    if (vma->flags & VMA_SHARED)
        return install(space, vma, address, paddr, vma->flags & VMA_WRITE);
    if (access != ACCESS_WRITE)
        return install(space, vma, address, paddr, false);
    FaultResult result = copy_frame(space, vma, address, paddr);
    frames_put(space->kernel, paddr);
    return result;
}

static FaultResult fill(Space *space, const Vma *vma, u64 address, Access access, bool *major)
{
    Kernel *kernel = space->kernel;
    if (vma->file)
        return fill_file(space, vma, address, access, major);
    bool own_frame = kernel->paging && kernel->paging->limit; /* --user-frames: the textbook's machine, a frame for each page */
    if (access != ACCESS_WRITE && !own_frame)
        return install(space, vma, address, kernel->phys.zero_page, false);
    u64 paddr = frames_alloc(kernel, FRAME_ANON, address >> PAGE_SHIFT);
    return paddr ? install(space, vma, address, paddr, true) : FAULT_OOM;
}

static FaultResult resolve(Space *space, const Vma *vma, u64 address, Access access, bool *major)
{
    Kernel *kernel = space->kernel;
    u64 *entry = pt_entry(&kernel->phys, space->cr3, address, false);
    u64 paddr = entry ? pte_frame(*entry) : 0;
    if (entry && swap_is_entry(*entry)) {
        *major = true;
        return frames_swap_in(space, vma, address);
    }
    if (!paddr)
        return fill(space, vma, address, access, major);
    if (access == ACCESS_WRITE && !(*entry & PTE_W)) {
        Frame *frame = phys_frame(&kernel->phys, paddr);
        bool alone = frame->kind == FRAME_ANON && frame->refs == 1 && paddr != kernel->phys.zero_page;
        if (!alone && !(vma->flags & VMA_SHARED))
            return copy_frame(space, vma, address, paddr);
        *entry = (*entry | PTE_W) & ~PTE_COW;
    }
    frames_flush(space, address, address + PAGE_SIZE); /* or the TLB was behind the table */
    return FAULT_RESOLVED;
}

/* Does a fetch fault as a read first? Linux looks at VM_EXEC only when a page is there (access_error() in mm/fault.c): the
 * page is brought in, and the fetch faults again, with P set. */
static bool fetch_brings_in(Space *space, const Vma *vma, u64 address)
{
    const u64 *entry = pt_entry(&space->kernel->phys, space->cr3, address, false);
    return allowed(vma, ACCESS_READ) && (!entry || !pte_frame(*entry));
}

/* Faults in a space that does not run are not the program's: execve(2) builds the new one with the old one loaded. */
static void account(Space *space, u64 address, bool major)
{
    Task *task = space->kernel->current;
    if (task && space->cr3 == space->kernel->cpu.mmu.cr3) {
        task->minor_faults += !major;
        task->major_faults += major;
    }
    if (UNLIKELY(space->kernel->page_event != NULL)) {
        const u64 *entry = pt_entry(&space->kernel->phys, space->cr3, address, false);
        paging_tell(space->kernel, major ? PAGE_MAJOR : PAGE_MINOR, space, address, entry ? pte_frame(*entry) : 0, SWAP_NONE, false);
    }
}

FaultResult space_fault(Space *space, u64 address, Access access)
{
    if (address >= USER_LIMIT)
        return FAULT_MAPERR;
    Vma *vma = space_find(space, address);
    if (!vma)
        vma = grow_stack(space, address);
    if (!vma)
        return FAULT_MAPERR;
    if (access == ACCESS_FETCH && !allowed(vma, access) && fetch_brings_in(space, vma, address))
        access = ACCESS_READ;
    if (!allowed(vma, access))
        return FAULT_ACCERR;
    bool major = false;
    FaultResult result = resolve(space, vma, address & PAGE_MASK, access, &major);
    if (result == FAULT_RESOLVED)
        account(space, address, major);
    return result;
}

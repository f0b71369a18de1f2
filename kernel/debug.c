/* What debuggers ask of address spaces (debug.h). */
#include "kernel/debug.h"

#include "kernel/frames.h"
#include "mmu/pte.h"

/* The frame of a page, made to exist if need be; 0: RAM full or beyond the file. `*shared` as the entry will be. */
static u64 present_frame(Space *space, const Vma *vma, u64 page)
{
    const u64 *entry = pt_entry(&space->kernel->phys, space->cr3, page, false);
    if (entry && (*entry & PTE_FRAME))
        return *entry & PTE_FRAME;
    bool beyond = false, major = false;
    u64 paddr = vma->file ? cached_file_page(vma->file, (vma->offset + (page - vma->start)) >> PAGE_SHIFT, &beyond, &major)
                          : frames_alloc(space->kernel, FRAME_ANON);
    if (!paddr || !frames_install(space, vma, page, paddr, false))
        return 0;
    return paddr;
}

bool space_poke_prepare(Space *space, u64 address)
{
    Kernel *kernel = space->kernel;
    const Vma *vma = space_find(space, address);
    u64 page = address & PAGE_MASK;
    if (!vma || ((vma->flags & VMA_SHARED) && !(vma->flags & VMA_WRITE)))
        return false;
    u64 paddr = present_frame(space, vma, page);
    if (!paddr || (vma->flags & VMA_SHARED))
        return paddr != 0;
    const Frame *frame = phys_frame(&kernel->phys, paddr);
    if (frame->kind == FRAME_ANON && frame->refs == 1 && paddr != kernel->phys.zero_page)
        return true;
    u64 copy = frames_alloc(kernel, FRAME_ANON);
    if (!copy)
        return false;
    memcpy(phys_host(&kernel->phys, copy), phys_host(&kernel->phys, paddr), PAGE_SIZE);
    return frames_install(space, vma, page, copy, vma->flags & VMA_WRITE);
}

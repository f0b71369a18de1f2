/* What lies behind VMAs: page-table entries and the frames they name. The only file that writes user entries is frames.c. */
#ifndef EMU_KERNEL_FRAMES_H
#define EMU_KERNEL_FRAMES_H

#include "kernel/space.h"

/* Beside PTE_WAS_DIRTY of pte.h, available to software: A was set and has been harvested (emu/pages.c); who asks whether a page was
 * accessed, or forgets it, means both. */
#define PTE_WAS_ACCESSED (1ull << 54)

/* A frame for the page with this number (of an address or a file), after making room if RAM is full; 0: really full. */
u64 frames_alloc(Kernel *kernel, FrameKind kind, u64 page);
/* The same for shared anonymous memory, which is cached like a file and counts like private memory. */
u64 frames_alloc_shared(Kernel *kernel, u64 page);
/* A page of `vma` that lies in swap comes back; FAULT_OOM, or FAULT_ADRERR: the host could not read it. */
FaultResult frames_swap_in(Space *space, const Vma *vma, u64 address);
/* The page was written without an MMU that sets D (by a debugger, the loader): what swap holds of it is out of date. */
void frames_wrote(Space *space, u64 address);
/* Bytes of a page that lies in swap, without bringing it in; false: it does not. For debuggers. */
bool frames_peek_swapped(Space *space, u64 address, void *to, u64 size);
/* Drops a reference. */
void frames_put(Kernel *kernel, u64 paddr);

u64 frames_new_root(Kernel *kernel);
/* Before pt_destroy: the core must not stay on that CR3. */
void frames_forget_root(Space *space);

/* Unmaps and releases the pages of [start, end), which lies in `vma`; dirty shared pages are noted in their file. */
void frames_drop(Space *space, Vma *vma, u64 start, u64 end);
/* Brings the entries of `vma` in line with its flags. */
void frames_protect(Space *space, Vma *vma);
/* fork: `to` gets what `from` has of `vma`, read-only on both sides where private. false: RAM full. */
bool frames_share(Space *from, Space *to, Vma *vma);
/* mremap: moves the entries of [from, from + size) to `to` unchanged. false: RAM full (nothing moved). */
bool frames_move(Space *space, u64 from, u64 to, u64 size);
/* TLB shoot-down, whether or not the space is the current one. */
void frames_flush(Space *space, u64 start, u64 end);
/* Clears D in every entry that maps pages [first, last] of `file`, telling cached_file_dirty() of those that were set;
 * with `drop`, unmaps them. For write-back and truncation. */
void frames_harvest(Kernel *kernel, CachedFile *file, u64 first, u64 last, bool drop);
/* Puts a frame at `address` of `vma`: entry with the rights of the VMA; `write`: may be writable now. Takes over the
 * caller's reference. false: no frame for a table (the reference is dropped). */
bool frames_install(Space *space, const Vma *vma, u64 address, u64 paddr, bool write);

/* Used by space users that change VMAs in place (space.c). */
bool space_isolate(Space *space, u64 start, u64 end); /* splits so that no VMA straddles start or end; false: ENOMEM */
void space_merge(Space *space, u64 start, u64 end);   /* merges like neighbours in and around the range */
void space_set_flags(Space *space, Vma *vma, u32 flags);
void space_grow_down(Space *space, Vma *vma, u64 start);

#endif

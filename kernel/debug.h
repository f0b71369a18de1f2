/* What debuggers ask of address spaces and files that a program never does. For emu/. */
#ifndef EMU_KERNEL_DEBUG_H
#define EMU_KERNEL_DEBUG_H

#include "kernel/page_cache.h"
#include "kernel/space.h"

/* Makes the page of `address` one that may be written behind the program's back, whatever its rights: a page that is shared
 * copy-on-write gets its private copy, one without a frame gets it. Rights stay as they are, and so do the counts of
 * faults. false: nothing is mapped there, it is shared and read-only (as ptrace(2) refuses), or RAM is full. */
bool space_poke_prepare(Space *space, u64 address);

/* Watches: kernel_run() stops (KERNEL_WATCH) behind the instruction that accesses [address, address + size) of the space in
 * one of the ways of `access` (VMA_READ, VMA_WRITE). The frames behind are kept out of the TLB's fast path, those that come
 * later too: nothing else is slower. Setting twice counts twice. What a system call writes is noticed behind the call.
 * false: no memory, or (when clearing) there is no such watch. */
bool watch_set(Space *space, u64 address, u64 size, u32 access, bool set);
/* Somebody who sees every access of a space to the pages that `covers` names, before it happens; what calls copy is not seen.
 * Pages that come later are asked for as they come; watch_refresh() asks anew for those of a range. false: no memory. */
typedef struct AccessObserver {
    const Space *space;
    bool (*covers)(void *context, u64 page);
    void (*accessed)(void *context, u64 address, u32 size, Access access);
    void *context;
} AccessObserver;
bool watch_observe(Kernel *kernel, const AccessObserver *observer);
void watch_refresh(Space *space, u64 start, u64 end);
void watch_destroy(Kernel *kernel);
/* The space is about to go. */
void watch_forget(Space *space);

/* For frames.c: a frame has come to `address`. */
void watch_installed(Space *space, u64 address, u64 paddr);
/* For uaccess.c: a system call of the task has written [host, host + size), inside one page. */
void watch_wrote(Task *task, const u8 *host, u64 size);
/* For uaccess.c: a system call of the task has read it. */
void watch_read(Task *task, u64 address, u64 size);
/* For run.c: has a call touched what is watched, since the last look? */
bool watch_from_call(Kernel *kernel);
/* For run.c: fills in what was touched. */
void watch_report(Kernel *kernel);

#endif

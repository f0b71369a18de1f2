/* How often one page is read and written (emu_view.h). It is kept out of the TLB, as a watched page is; so every access to it
 * is seen, and no other one is slower. */
#include <stdlib.h>

#include "emu/emu_view.h"
#include "emu/machine.h"
#include "kernel/debug.h"

typedef struct AccessBook {
    const Space *space;
    EmuAccessCounts counts;
} AccessBook;

/* AccessObserver.covers */
static bool covers(void *context, u64 page)
{
    const AccessBook *book = context;
    return page == book->counts.page;
}

/* AccessObserver.accessed: the bytes that lie in the page, by the lines they lie in. */
static void accessed(void *context, u64 address, u32 size, Access access)
{
    AccessBook *book = context;
    EmuAccessCounts *c = &book->counts;
    u64 from = address < c->page ? c->page : address, end = address + size, page_end = c->page + PAGE_SIZE;
    if (end <= c->page || from >= page_end)
        return;
    c->reads += access != ACCESS_WRITE;
    c->writes += access != ACCESS_READ;
    for (u64 line = (from - c->page) / 64; c->page + line * 64 < (end < page_end ? end : page_end); line++) {
        c->line_reads[line] += access != ACCESS_WRITE;
        c->line_writes[line] += access != ACCESS_READ;
    }
}

void machine_forget_accesses(Emu *emu)
{
    free(emu->accesses);
    emu->accesses = NULL;
}

/* The page is an ordinary one again, if its space still lives. */
static void stop_counting(Emu *emu)
{
    AccessBook *book = emu->accesses;
    const Process *process = book ? machine_process(emu, book->counts.pid) : NULL;
    if (!book)
        return;
    watch_observe(emu->kernel, &(AccessObserver){0});
    if (process && process->space == book->space)
        watch_refresh(process->space, book->counts.page, book->counts.page + PAGE_SIZE);
    machine_forget_accesses(emu);
}

bool emu_count_accesses(Emu *emu, int pid, uint64_t address)
{
    Process *process = machine_process(emu, pid);
    stop_counting(emu);
    if (!address)
        return true;
    AccessBook *book = emu->record || emu->heap || !process || !process->space ? NULL : calloc(1, sizeof *book);
    if (!book)
        return false;
    *book = (AccessBook){.space = process->space, .counts = {.pid = process->pid, .page = address & PAGE_MASK}};
    if (!watch_observe(emu->kernel, &(AccessObserver){process->space, covers, accessed, book})) {
        free(book);
        return false;
    }
    emu->accesses = book;
    watch_refresh(process->space, book->counts.page, book->counts.page + PAGE_SIZE);
    return true;
}

bool emu_access_counts(Emu *emu, EmuAccessCounts *counts)
{
    if (emu->accesses)
        *counts = emu->accesses->counts;
    return emu->accesses != NULL;
}

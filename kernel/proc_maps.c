/* /proc/PID/maps, smaps and smaps_rollup. proc_pid_maps(5) */
#include <stdio.h>
#include <sys/sysmacros.h>

#include "kernel/frames.h"
#include "kernel/page_cache.h"
#include "kernel/proc_entries.h"
#include "kernel/space.h"
#include "mmu/swap.h"

enum { NAME_COLUMN = 73 };

static const char *vma_name(const Vma *vma)
{
    if (vma->kind == VMA_HEAP)
        return "[heap]";
    if (vma->kind == VMA_STACK)
        return "[stack]";
    return vma->file ? cached_file_name(vma->file) : NULL;
}

static void add_line(Text *text, const Vma *vma)
{
    u64 device = vma->file ? cached_file_device(vma->file) : 0, before = text->size;
    text_add(text, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu ", (unsigned long long)vma->start,
             (unsigned long long)vma->end, vma->flags & VMA_READ ? 'r' : '-', vma->flags & VMA_WRITE ? 'w' : '-',
             vma->flags & VMA_EXEC ? 'x' : '-', vma->flags & VMA_SHARED ? 's' : 'p',
             (unsigned long long)(vma->file ? vma->offset : 0), major(device), minor(device),
             (unsigned long long)(vma->file ? cached_file_inode(vma->file) : 0));
    const char *name = vma_name(vma);
    u64 width = text->size - before;
    if (name)
        text_add(text, "%*s%s", width < NAME_COLUMN ? (int)(NAME_COLUMN - width) : 0, "", name);
    text_add(text, "\n");
}

void proc_maps(Text *text, const ProcSubject *subject)
{
    const Space *space = subject->process->space;
    for (u32 i = 0; space && i < space->count; i++)
        add_line(text, &space->vmas[i]);
}

/* ---- smaps ------------------------------------------------------------------------------------------------------- */

typedef struct Counts {
    Phys *phys;
    u64 size, resident, proportional_4096, shared_clean, shared_dirty, private_clean, private_dirty, referenced, anonymous,
        locked, swapped;
} Counts;

static bool count_page(void *context, u64 address, u64 *entry)
{
    (void)address;
    Counts *c = context;
    c->swapped += swap_is_entry(*entry) ? PAGE_SIZE / 1024 : 0;
    if (!(*entry & PTE_P))
        return true;
    const Frame *frame = phys_frame(c->phys, *entry & PTE_FRAME);
    u64 page = PAGE_SIZE / 1024;
    if (frame->kind == FRAME_ZERO) /* not counted as resident by Linux either */
        return true;
    bool dirty = *entry & (PTE_D | PTE_WAS_DIRTY), shared = frame->refs > (frame->kind == FRAME_FILE ? 2 : 1);
    c->resident += page;
    c->proportional_4096 += page * 4096 / (frame->refs ? frame->refs : 1);
    c->anonymous += frame->kind == FRAME_ANON ? page : 0;
    c->referenced += *entry & (PTE_A | PTE_WAS_ACCESSED) ? page : 0;
    *(shared ? dirty ? &c->shared_dirty : &c->shared_clean : dirty ? &c->private_dirty : &c->private_clean) += page;
    return true;
}

static void count_vma(Counts *c, const Space *space, const Vma *vma)
{
    c->phys = &space->kernel->phys;
    c->size += (vma->end - vma->start) / 1024;
    u64 before = c->resident;
    pt_visit(c->phys, space->cr3, vma->start, vma->end, count_page, c);
    if (vma->flags & VMA_LOCKED)
        c->locked += c->resident - before;
}

u64 proc_anonymous_pages(const Space *space)
{
    Counts counts = {0};
    for (u32 i = 0; i < space->count; i++)
        count_vma(&counts, space, &space->vmas[i]);
    return counts.anonymous / (PAGE_SIZE / 1024) < space->resident ? counts.anonymous / (PAGE_SIZE / 1024) : space->resident;
}

static void add_counts(Text *text, const Counts *c, bool rollup)
{
    const struct { const char *name; u64 kib;
    } rows[] = {
        {"Rss", c->resident},
        {"Pss", c->proportional_4096 / 4096},
        {"Pss_Dirty", c->private_dirty},
        {"Shared_Clean", c->shared_clean},
        {"Shared_Dirty", c->shared_dirty},
        {"Private_Clean", c->private_clean},
        {"Private_Dirty", c->private_dirty},
        {"Referenced", c->referenced},
        {"Anonymous", c->anonymous},
        {"KSM", 0},
        {"LazyFree", 0},
        {"AnonHugePages", 0},
        {"ShmemPmdMapped", 0},
        {"FilePmdMapped", 0},
        {"Shared_Hugetlb", 0},
        {"Private_Hugetlb", 0},
        {"Swap", c->swapped},
        {"SwapPss", c->swapped},
        {"Locked", c->locked},
    };
    if (!rollup)
        text_add(text, "Size:           %8llu kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\n",
                 (unsigned long long)c->size);
    for (u32 i = 0; i < ARRAY_LEN(rows); i++) {
        char label[24];
        snprintf(label, sizeof label, "%s:", rows[i].name);
        text_add(text, "%-16s%8llu kB\n", label, (unsigned long long)rows[i].kib);
    }
}

static void add_flags(Text *text, const Vma *vma)
{
    const struct { u32 flag; const char *name; } names[] = {
        {VMA_READ, "rd"}, {VMA_WRITE, "wr"}, {VMA_EXEC, "ex"}, {VMA_SHARED, "sh"}, {VMA_GROWSDOWN, "gd"}, {VMA_LOCKED, "lo"},
        {VMA_NORESERVE, "nr"}, {VMA_DONTFORK, "dc"}, {VMA_WIPEONFORK, "wf"}, {VMA_DONTDUMP, "dd"},
    };
    text_add(text, "THPeligible:           0\nVmFlags:");
    for (u32 i = 0; i < ARRAY_LEN(names); i++)
        if (vma->flags & names[i].flag)
            text_add(text, " %s", names[i].name);
    text_add(text, " \n");
}

void proc_smaps(Text *text, const ProcSubject *subject)
{
    const Space *space = subject->process->space;
    for (u32 i = 0; space && i < space->count; i++) {
        Counts counts = {0};
        add_line(text, &space->vmas[i]);
        count_vma(&counts, space, &space->vmas[i]);
        add_counts(text, &counts, false);
        add_flags(text, &space->vmas[i]);
    }
}

void proc_smaps_rollup(Text *text, const ProcSubject *subject)
{
    const Space *space = subject->process->space;
    if (!space || !space->count)
        return;
    Counts counts = {0};
    for (u32 i = 0; i < space->count; i++)
        count_vma(&counts, space, &space->vmas[i]);
    text_add(text, "%08llx-%08llx ---p 00000000 00:00 0 %*s[rollup]\n", (unsigned long long)space->vmas[0].start,
             (unsigned long long)space->vmas[space->count - 1].end, 28, "");
    add_counts(text, &counts, true);
}

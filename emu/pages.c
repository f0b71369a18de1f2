/* Pages and frames for those who draw memory: what each page is, and what was done to it since somebody last looked.
 *
 * * The idea is the clock algorithm's: the MMU sets A and D as it walks, we collect and clear them, and drop the translations
 * so that the next access walks again. Entries of page directories have A bits too: a page table whose entry was not accessed
 * need not be read, so looking again costs by what was used, not by what is mapped. D matters to the kernel where a shared
 * mapping of a file is written back; there it stays, and the TLB tells instead (its write entries are made by stores, and
 * were all dropped at the last harvest). */
#include "emu/emu_view.h"
#include "emu/machine.h"
#include "kernel/frames.h"
#include "kernel/space.h"
#include "mmu/pte.h"

typedef struct Look {
    Mmu *mmu;
    Phys *phys;
    Space *space;
    const Vma *vma; /* of the last shared page */
    bool running;   /* the TLB is this space's */
    EmuPageVisit *visit;
    EmuTableVisit *visit_table;
    void *context;
    bool accessed_only;
    u64 from;       /* of a harvest: where it is */
    u32 left;       /* page tables that may still be read */
} Look;

static bool tlb_holds(const TlbEntry *sets, u64 page)
{
    const TlbEntry *entry = &sets[page >> PAGE_SHIFT & (TLB_SETS - 1)];
    return entry->host && (entry->tag == page || entry->tag == (page ^ PAGE_SIZE));
}

static u32 tlb_flags(const Look *look, u64 page)
{
    const Tlb *tlb = &look->mmu->tlb;
    if (!look->running)
        return 0;
    return (tlb_holds(tlb->read, page) ? EMU_PAGE_TLB_READ : 0) | (tlb_holds(tlb->write, page) ? EMU_PAGE_TLB_WRITE : 0) |
           (tlb_exec_entry(tlb, page)->tag == page ? EMU_PAGE_TLB_EXEC : 0);
}

static bool written_back(Look *look, u64 page)
{
    if (!look->vma || page < look->vma->start || page >= look->vma->end)
        look->vma = space_find(look->space, page);
    return look->vma && look->vma->file && look->vma->flags & VMA_SHARED;
}

/* A says that something was accessed; who reads, writes or executes is told by D, by the TLB, and by the right to execute
 * (code that was accessed and not read was fetched). */
static u32 activity(u64 entry, u32 tlb, bool keeps_dirty)
{
    bool written =
        keeps_dirty ? tlb & EMU_PAGE_TLB_WRITE : entry & PTE_D && !(entry & PTE_COW); /* written before it was shared */
    bool code = !(entry & PTE_NX);
    bool fetched = tlb & EMU_PAGE_TLB_EXEC || (code && !(tlb & EMU_PAGE_TLB_READ) && !written);
    bool read = tlb & EMU_PAGE_TLB_READ || (!code && !written);
    return (read ? EMU_PAGE_READ : 0) | (written ? EMU_PAGE_WRITTEN : 0) | (fetched ? EMU_PAGE_EXECUTED : 0);
}

/* The EMU_PAGE_… of an entry but for EMU_PAGE_SHARED; *after: what it is to be once it is harvested. A translation in the TLB
 * has its A bit set. */
static INLINE u32 describe(Look *look, u64 address, u64 entry, u64 *after)
{
    u64 paddr = entry & PTE_FRAME;
    *after = entry;
    if (!(entry & PTE_P))
        return entry & PTE_SWAP ? EMU_PAGE_SWAPPED : 0;
    if (paddr >= look->phys->size)
        return 0;
    u32 flags = EMU_PAGE_PRESENT | (entry & PTE_W ? EMU_PAGE_WRITABLE : 0) | (entry & PTE_NX ? 0 : EMU_PAGE_EXECUTABLE) |
                (entry & (PTE_D | PTE_WAS_DIRTY) ? EMU_PAGE_DIRTY : 0) | (entry & PTE_COW ? EMU_PAGE_COW : 0) |
                (paddr == look->phys->zero_page ? EMU_PAGE_ZERO : 0);
    if (!(entry & (PTE_A | PTE_D)))
        return flags;
    u32 tlb = tlb_flags(look, address);
    bool keeps_dirty = entry & PTE_SOFT_SHARED && written_back(look, address);
    u64 dirty = keeps_dirty ? entry & PTE_D : 0;
    u64 kept = (entry & PTE_D && !dirty ? PTE_WAS_DIRTY : 0) | (entry & PTE_A ? PTE_WAS_ACCESSED : 0);
    *after = (entry & ~(PTE_A | PTE_D)) | dirty | kept;
    return flags | tlb | (entry & PTE_A ? activity(entry, tlb, keeps_dirty) : 0);
}

static bool look_for(Emu *emu, int pid, Look *look)
{
    Process *process = machine_process(emu, pid);
    if (!process || !process->space)
        return false;
    look->mmu = &emu->kernel->cpu.mmu;
    look->phys = look->mmu->phys;
    look->space = process->space;
    look->running = look->mmu->cr3 == look->space->cr3;
    return true;
}

/* ---- looking -------------------------------------------------------------------------------------------------- */

static bool look_at(void *context, u64 address, u64 *entry)
{
    Look *look = context;
    u64 after;
    u32 flags = describe(look, address, *entry, &after);
    u64 paddr = flags & EMU_PAGE_PRESENT ? *entry & PTE_FRAME : 0;
    if (paddr && !(flags & EMU_PAGE_ZERO) && phys_frame(look->phys, paddr)->refs > 1)
        flags |= EMU_PAGE_SHARED;
    if (flags)
        look->visit(look->context, address, paddr, flags);
    return true;
}

void emu_pages(Emu *emu, int pid, uint64_t start, uint64_t end, EmuPageVisit *visit, void *context)
{
    Look look = {.visit = visit, .context = context};
    if (look_for(emu, pid, &look))
        pt_visit(look.phys, look.space->cr3, start, end, look_at, &look);
}

/* ---- harvesting ----------------------------------------------------------------------------------------------- */

static void harvest_page_table(Look *look, u64 address, u64 *table)
{
    u16 flags[EMU_TABLE_PAGES];
    for (u32 i = 0; i < EMU_TABLE_PAGES; i++) {
        u64 after;
        flags[i] = 0;
        if (!table[i])
            continue;
        flags[i] = (u16)describe(look, address + (u64)i * PAGE_SIZE, table[i], &after);
        if (after != table[i])
            table[i] = after;
    }
    look->visit_table(look->context, address, flags);
}

/* The table at paddr, which maps from `address` on, and those that it names, from look->from on; level 4 is the PML4. */
static void harvest_table(Look *look, u64 paddr, u64 address, int level)
{
    u64 *table = (u64 *)phys_host(look->phys, paddr), size = 1ull << (3 + 9 * level);
    u32 first = look->from > address ? (u32)((look->from - address) / size) : 0;
    u32 count = level == 4 ? EMU_TABLE_PAGES / 2 : EMU_TABLE_PAGES; /* the upper half of addresses is not the program's */
    for (u32 i = first; table && i < count && look->left; i++) {
        u64 entry = table[i], *leaves = (u64 *)phys_host(look->phys, entry & PTE_FRAME);
        if (!(entry & PTE_P) || entry & PTE_PS || !leaves)
            continue;
        if (level > 2) {
            harvest_table(look, entry & PTE_FRAME, address + i * size, level - 1);
        } else if (!look->accessed_only || entry & PTE_A) {
            table[i] = entry & ~PTE_A;
            harvest_page_table(look, address + i * size, leaves);
            look->from = address + (i + 1) * size;
            look->left--;
        }
    }
}

uint64_t emu_harvest(Emu *emu, int pid, uint64_t from, uint32_t most, bool accessed_only, EmuTableVisit *visit, void *context)
{
    Look look = {.visit_table = visit, .context = context, .accessed_only = accessed_only, .from = from, .left = most};
    if (!look_for(emu, pid, &look))
        return EMU_SWEEP_END;
    Mmu *mmu = look.mmu;
    harvest_table(&look, look.space->cr3 & PTE_FRAME, 0, 4);
    u64 end = look.left ? EMU_SWEEP_END : look.from;
    void (*model_flush)(void *, u64, u64, u64) = mmu->model_flush;
    mmu->model_flush = NULL; /* the modelled TLBs have not been looked at */
    mmu_flush_space(mmu, look.space->cr3, from, end);
    mmu->model_flush = model_flush;
    return end;
}

/* ---- frames --------------------------------------------------------------------------------------------------- */

bool emu_frame(Emu *emu, uint64_t paddr, EmuFrameInfo *out)
{
    static const u8 kinds[FRAME_KINDS] = {
        [FRAME_FREE] = EMU_FRAME_FREE, [FRAME_RESERVED] = EMU_FRAME_RESERVED, [FRAME_TABLE] = EMU_FRAME_TABLE,
        [FRAME_ANON] = EMU_FRAME_ANON, [FRAME_FILE] = EMU_FRAME_FILE, [FRAME_ZERO] = EMU_FRAME_ZERO,
    };
    Phys *phys = &emu->kernel->phys;
    if (paddr >> PAGE_SHIFT >= phys->fresh)
        return false;
    const Frame *frame = phys_frame(phys, paddr);
    *out = (EmuFrameInfo){.kind = (EmuFrameKind)kinds[frame->kind], .owners = frame->refs};
    return true;
}

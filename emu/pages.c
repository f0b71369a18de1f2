/* Pages and frames for those who draw memory: what each page is, and what was done to it since somebody last looked.
 *
 * The idea is the clock algorithm's: the MMU sets A and D as it walks, we collect and clear them, and drop the translations so
 * that the next access walks again. D matters to the kernel where a shared mapping of a file is written back; there it stays,
 * and the TLB tells instead (its write entries are made by stores, and were all dropped at the last harvest). */
#include "emu/machine.h"
#include "kernel/space.h"
#include "mmu/pte.h"

typedef struct Look {
    Mmu *mmu;
    Space *space;
    const Vma *vma; /* of the last page */
    EmuPageVisit *visit;
    void *context;
    bool harvest, running; /* running: the TLB is this space's */
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
    bool written = keeps_dirty ? tlb & EMU_PAGE_TLB_WRITE : entry & PTE_D && !(entry & PTE_COW); /* written before it was shared */
    bool code = !(entry & PTE_NX);
    bool fetched = tlb & EMU_PAGE_TLB_EXEC || (code && !(tlb & EMU_PAGE_TLB_READ) && !written);
    bool read = tlb & EMU_PAGE_TLB_READ || (!code && !written);
    if (!(entry & PTE_A))
        return 0;
    return (read ? EMU_PAGE_READ : 0) | (written ? EMU_PAGE_WRITTEN : 0) | (fetched ? EMU_PAGE_EXECUTED : 0);
}

static bool look_at(void *context, u64 address, u64 *entry)
{
    Look *look = context;
    Phys *phys = look->mmu->phys;
    u64 e = *entry, paddr = e & PTE_FRAME;
    if (!(e & PTE_P)) {
        if (e & PTE_SWAP)
            look->visit(look->context, address, 0, EMU_PAGE_SWAPPED);
        return true;
    }
    if (paddr >= phys->size)
        return true;
    u32 tlb = tlb_flags(look, address);
    bool keeps_dirty = written_back(look, address), zero = paddr == phys->zero_page;
    u32 flags = EMU_PAGE_PRESENT | tlb | activity(e, tlb, keeps_dirty);
    flags |= (e & PTE_W ? EMU_PAGE_WRITABLE : 0) | (e & PTE_NX ? 0 : EMU_PAGE_EXECUTABLE) |
             (e & (PTE_D | PTE_WAS_DIRTY) ? EMU_PAGE_DIRTY : 0) | (e & PTE_COW ? EMU_PAGE_COW : 0) |
             (zero ? EMU_PAGE_ZERO : phys_frame(phys, paddr)->refs > 1 ? EMU_PAGE_SHARED : 0);
    if (look->harvest && e & (PTE_A | PTE_D)) {
        u64 dirty = keeps_dirty ? e & PTE_D : 0;
        *entry = (e & ~(PTE_A | PTE_D)) | dirty | (e & PTE_D && !dirty ? PTE_WAS_DIRTY : 0);
    }
    look->visit(look->context, address, paddr, flags);
    return true;
}

void emu_pages(Emu *emu, int pid, uint64_t start, uint64_t end, bool harvest, EmuPageVisit *visit, void *context)
{
    Process *process = machine_process(emu, pid);
    if (!process || !process->space)
        return;
    Mmu *mmu = &emu->kernel->cpu.mmu;
    Look look = {.mmu = mmu, .space = process->space, .visit = visit, .context = context, .harvest = harvest,
                 .running = mmu->cr3 == process->space->cr3};
    pt_visit(mmu->phys, process->space->cr3, start, end, look_at, &look);
    if (harvest)
        mmu_flush_space(mmu, process->space->cr3, start, end);
}

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

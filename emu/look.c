/* What lies in the machine's TLBs and in the modelled caches and TLBs, and what system calls take, for those who draw them. */
#include "emu/emu_view.h"
#include "emu/machine.h"
#include "kernel/syscalls.h"
#include "mmu/hierarchy/hierarchy.h"

uint32_t emu_tlb_sets(int tlb)
{
    return tlb == EMU_TLB_FETCH ? TLB_EXEC_SETS : tlb == EMU_TLB_READ || tlb == EMU_TLB_WRITE ? TLB_SETS : 0;
}

/* An entry's tag is its page, or has bit 12 flipped when it must stay out of the fast path (tlb.h). */
bool emu_tlb_entry(Emu *emu, int tlb, uint32_t set, uint64_t *page)
{
    const Tlb *t = &emu->kernel->cpu.mmu.tlb;
    if (set >= emu_tlb_sets(tlb))
        return false;
    if (tlb == EMU_TLB_FETCH) {
        *page = t->exec[set].tag;
        return (*page >> PAGE_SHIFT & (TLB_EXEC_SETS - 1)) == set;
    }
    const TlbEntry *entry = tlb == EMU_TLB_READ ? &t->read[set] : &t->write[set];
    *page = (entry->tag >> PAGE_SHIFT & (TLB_SETS - 1)) == set ? entry->tag : entry->tag ^ PAGE_SIZE;
    return entry->host != NULL;
}

static bool tell(const HeldEntry *from, EmuHeld *to)
{
    *to = (EmuHeld){.valid = from->valid, .dirty = from->dirty, .prefetched = from->prefetched, .set = from->set};
    to->way = from->way;
    to->start = from->start;
    to->key = from->key;
    to->stamp = from->stamp;
    return true;
}

bool emu_hierarchy_entry(Emu *emu, uint32_t cache, uint32_t set, uint32_t way, EmuHeld *held)
{
    HeldEntry entry;
    return emu->model && cache < CACHES && hierarchy_cache_entry(emu->model, (CacheId)cache, set, way, &entry) &&
           tell(&entry, held);
}

bool emu_hierarchy_holds(Emu *emu, uint32_t cache, uint64_t address, uint64_t paddr, EmuHeld *held)
{
    HeldEntry entry;
    return emu->model && cache < CACHES && hierarchy_holds(emu->model, (CacheId)cache, address, paddr, &entry) &&
           tell(&entry, held);
}

bool emu_hierarchy_tlb(Emu *emu, uint32_t index, EmuTlbGeometry *geometry)
{
    if (!emu->model || index >= hierarchy_config(emu->model)->tlb_count)
        return false;
    const TlbConfig *t = &hierarchy_config(emu->model)->tlb[index];
    *geometry = (EmuTlbGeometry){.level = t->level,
                                 .entries = t->entries,
                                 .ways = t->ways ? t->ways : t->entries,
                                 .fetches = t->serves & SERVES_FETCH,
                                 .loads = t->serves & SERVES_LOAD,
                                 .stores = t->serves & SERVES_STORE,
                                 .small_pages = t->pages & PAGES_4K};
    return true;
}

bool emu_hierarchy_tlb_entry(Emu *emu, uint32_t index, uint32_t set, uint32_t way, EmuHeld *held)
{
    HeldEntry entry;
    return emu->model && hierarchy_tlb_entry(emu->model, index, set, way, &entry) && tell(&entry, held);
}

uint32_t emu_syscall_arguments(uint32_t number, EmuArgument types[6])
{
    const Syscall *row = syscall_row(number);
    uint32_t count = 0;
    for (; row && count < 6 && row->args[count] != NOTHING && row->args[count] != RETURNS_ADDRESS; count++) {
        switch (row->args[count]) {
        case INT:
        case FD:
        case DIRFD:
        case PID:
        case ID:
        case SIGNAL:
        case CLOCK:
        case WHENCE: types[count] = EMU_ARGUMENT_INT; break;
        case UINT: case LONG: case SIZE: case OFFSET: types[count] = EMU_ARGUMENT_NUMBER; break;
        case PATH: case STRING: types[count] = EMU_ARGUMENT_STRING; break;
        default: types[count] = EMU_ARGUMENT_HEX;
        }
    }
    return count;
}

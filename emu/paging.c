/* Paging's public face: counts, the working set, and the future that OPT asks for. */
#include "emu/emu_paging.h"

#include <stdlib.h>

#include "emu/machine.h"
#include "kernel/paging.h"
#include "kernel/working_set.h"

bool emu_paging(Emu *emu, EmuPagingStats *out)
{
    const Paging *p = emu->kernel->paging;
    if (!p)
        return false;
    const Swap *swap = &p->swap;
    *out = (EmuPagingStats){
        .user_frames = p->limit, .replacement = (EmuReplacement)p->replace.policy,
        .arrivals = p->stats.arrivals, .evictions = p->stats.evictions, .swap_outs = swap->stats.outs,
            .swap_ins = swap->stats.ins,
        .write_backs = p->stats.write_backs, .clean_drops = p->stats.clean_drops, .over_limit = p->stats.over_limit,
        .resident = p->replace.count, .resident_peak = p->stats.resident_peak, .touches = p->stats.touches, .strayed = p->replace.strayed,
        .swap_size = (u64)swap->slot_count << PAGE_SHIFT, .swap_used = (u64)swap->used << PAGE_SHIFT,
        .swap_peak = (u64)swap->peak << PAGE_SHIFT,
    };
    return true;
}

static const WorkingSet *working_set_of(const Emu *emu) { return emu->kernel->paging ? emu->kernel->paging->working_set
    : NULL; }

bool emu_working_set(Emu *emu, uint32_t window, uint64_t *pages_milli)
{
    const WorkingSet *set = working_set_of(emu);
    if (!set || window >= WINDOWS)
        return false;
    *pages_milli = working_set_average(set, window, emu->kernel->cpu.stats.insns);
    return true;
}

uint64_t emu_lru_faults(Emu *emu, uint64_t frames)
{
    const WorkingSet *set = working_set_of(emu);
    return set ? working_set_faults(set, frames) : 0;
}

uint64_t emu_pages_used(Emu *emu)
{
    const WorkingSet *set = working_set_of(emu);
    return set ? working_set_pages(set) : 0;
}

uint64_t *emu_future(Emu *emu, uint64_t *count)
{
    const Paging *p = emu->kernel->paging;
    if (!p || !p->recording || p->string_failed)
        return NULL;
    u64 *future = malloc((p->string_count + 1) * sizeof *future);
    if (!future)
        return NULL;
    memcpy(future, p->string, p->string_count * sizeof *future);
    *count = p->string_count;
    if (replace_future(future, p->string_count))
        return future;
    free(future);
    return NULL;
}

/* DRAM behind the last cache: banks that each keep one row open. Open-page policy; consecutive rows lie in consecutive
 * banks, so a stream meets an open row for its whole length and a new bank after it. */
#include "mmu/hierarchy/internal.h"

void dram_access(Hierarchy *h, u64 address, bool write)
{
    Dram *dram = &h->dram;
    if (write)
        dram->writes++;
    else
        dram->reads++;
    Step step = {.step = STEP_MEMORY, .unit = "DRAM", .key = address, .level = 1};
    if (h->config.dram.banks) {
        u64 row = address / h->config.dram.row + 1;
        u64 *open = &dram->open_row[row % h->config.dram.banks];
        step.set = (u32)(row % h->config.dram.banks);
        step.level = *open == row ? 0 : *open ? 2 : 1;
        *open = row;
    }
    step.hit = step.level == 0;
    dram->hits += step.level == 0;
    dram->misses += step.level == 1;
    dram->conflicts += step.level == 2;
    observe(h, &step);
}

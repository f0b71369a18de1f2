/* The working set (Denning): how many pages were used in a window of time before now, averaged over the run, for every window
 * at once; and the faults that LRU would have with any number of frames. From the changes of page that the MMU tells. */
#ifndef EMU_KERNEL_WORKING_SET_H
#define EMU_KERNEL_WORKING_SET_H

#include "base/types.h"

enum { WINDOWS = 40 }; /* 2^0 … 2^39 instructions */

typedef struct WorkingSet WorkingSet;

/* NULL: no host memory. */
WorkingSet *working_set_create(void);
void working_set_destroy(WorkingSet *set); /* NULL is fine */

/* The page at `page` of the space `cr3` is used at the time `now` (instructions). */
void working_set_touch(WorkingSet *set, u64 cr3, u64 page, u64 now);

/* Pages used in a window of 2^window instructions, on average over the run up to `now`, in thousandths. */
u64 working_set_average(const WorkingSet *set, u32 window, u64 now);
/* Page faults of LRU with so many frames, first touches with them: exact. */
u64 working_set_faults(const WorkingSet *set, u64 frames);
/* Different pages, in all. */
u64 working_set_pages(const WorkingSet *set);

#endif

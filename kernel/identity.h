/* Resource usage, for getrusage(2), wait4(2), times(2). */
#ifndef EMU_KERNEL_IDENTITY_H
#define EMU_KERNEL_IDENTITY_H

#include "kernel/kernel.h"

typedef struct GuestRusage { /* struct rusage. getrusage(2) */
    i64 user_seconds, user_microseconds, system_seconds, system_microseconds;
    i64 max_rss, shared_text, unshared_data, unshared_stack, minor_faults, major_faults, swaps, blocks_in, blocks_out;
    i64 messages_sent, messages_received, signals, voluntary_switches, involuntary_switches;
} GuestRusage;
_Static_assert(sizeof(GuestRusage) == 144, "struct rusage");

typedef enum RusageWho { RUSAGE_OWN, RUSAGE_DEAD_CHILDREN, RUSAGE_BOTH } RusageWho;
GuestRusage rusage_of(Process *process, RusageWho who);
u64 rusage_user_ns(const GuestRusage *usage);
u64 rusage_system_ns(const GuestRusage *usage);

#endif

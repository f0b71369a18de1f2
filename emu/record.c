/* Remembering a run while it goes on: the log, checkpoints as often as they are cheap, and the bound on memory. Going back is in
 * record_travel.c, files are in record_file.c. */
#include "emu/record.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "kernel/debug.h"

#define DEFAULT_LIMIT (1ull << 30)
#define HEAP_ADDRESSES (64ull << 30) /* reserved, not used */

enum {
    LEAST_SPACING = 10000000, /* instructions: some 10 ms */
    SHARE = 25,               /* checkpoints take at most one part in so many of the time … */
    SMALL_SHARE = 200,        /* … and come more often when they take less than one in so many */
    MOST_CHECKPOINTS = 400,
};

static u64 host_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

Record *record_create(u64 limit)
{
    Record *record = calloc(1, sizeof *record);
    if (!record)
        return NULL;
    record->heap = heap_create(HEAP_ADDRESSES);
    record->log = host_log_create();
    record->limit = limit ? limit : DEFAULT_LIMIT;
    record->spacing = LEAST_SPACING;
    if (!record->heap || !record->log) {
        record_destroy(record);
        errno = ENOMEM;
        return NULL;
    }
    record->log->mode = HOST_RECORD;
    record->log->keep_files = true;
    record->sink = record->echo[0] = record->echo[1] = -1;
    return record;
}

void record_destroy(Record *record)
{
    if (!record)
        return;
    checkpoints_free(&record->all);
    heap_destroy(record->heap);
    host_log_destroy(record->log);
    free(record->breaks);
    free(record->watches);
    free(record);
}

/* ---- the bound -------------------------------------------------------------------------------------------------- */

static u64 bytes_used(const Record *record) { return record->all.bytes + host_log_bytes(record->log); }

/* The history begins at the second checkpoint from now on. */
static bool forget_oldest(Record *record)
{
    Checkpoints *all = &record->all;
    u32 before = all->count;
    if (before > 2)
        checkpoint_drop(all, 0);
    if (all->count == before)
        return false;
    host_log_forget(record->log, all->list[0].log_offset);
    return true;
}

static void keep_bound(Record *record)
{
    while (record->all.count > MOST_CHECKPOINTS && checkpoints_thin(&record->all))
        ;
    while (bytes_used(record) > record->limit) {
        bool long_log = host_log_bytes(record->log) > record->limit / 2;
        if ((long_log || !checkpoints_thin(&record->all)) && !forget_oldest(record))
            break;
    }
}

static void take(Record *record, bool fixed)
{
    u64 started = host_now(), ran = started - record->last_ns;
    if (!checkpoint_take(&record->all, record->log->mode == HOST_REPLAY ? record->log->position : record->log->end, fixed))
        return;
    keep_bound(record);
    record->at = record->all.count - 1;
    record->last_ns = host_now();
    u64 took = record->last_ns - started;
    if (took > ran / SHARE)
        record->spacing *= 2;
    else if (took < ran / SMALL_SHARE && record->spacing > LEAST_SPACING)
        record->spacing /= 2;
}

void record_leave(Emu *emu)
{
    Record *record = emu->record;
    if (record->past && !record->from_file)
        record_put_back(emu, record->all.count - 1);
    record->log->mode = record->from_file ? HOST_MUTE : HOST_DIRECT;
}

/* ---- running ---------------------------------------------------------------------------------------------------- */

void record_loaded(Emu *emu)
{
    Record *record = emu->record;
    checkpoints_init(&record->all, emu->kernel, record->heap);
    if (!record->streaming)
        take(record, true);
}

/* In the present, or for the first time through a recorded file: checkpoints are taken on the way. */
static KernelStop run_on(Emu *emu, u64 max_insns)
{
    Record *record = emu->record;
    Checkpoints *all = &record->all;
    KernelStop stop = {.kind = KERNEL_INSN_LIMIT};
    if (record->changed)
        take(record, true);
    record->changed = false;
    if (!record->last_ns)
        record->last_ns = host_now();
    for (bool more = true; more;) {
        u64 now = record_now(emu), due = all->count ? all->list[all->count - 1].count + record->spacing : EMU_FOREVER;
        u64 piece = due > now ? due - now : 1;
        if (piece > max_insns)
            piece = max_insns;
        emu->kernel->strict_breakpoints = max_insns != 1;
        stop = kernel_run(emu->kernel, piece);
        u64 ran = record_now(emu) - now;
        max_insns -= max_insns == EMU_FOREVER ? 0 : ran;
        more = stop.kind == KERNEL_INSN_LIMIT && ran == piece && max_insns;
        if (record_now(emu) >= due && stop.kind == KERNEL_INSN_LIMIT)
            take(record, false);
    }
    emu->kernel->strict_breakpoints = false;
    return stop;
}

/* The next place where the past must be put back instead of run into: a change that somebody made, or the newest. */
static u32 next_fixed(const Record *record)
{
    u32 index = record->at + 1;
    while (index + 1 < record->all.count && !record->all.list[index].fixed)
        index++;
    return index;
}

static KernelStop run_past(Emu *emu, u64 max_insns)
{
    Record *record = emu->record;
    u64 target = max_insns > EMU_FOREVER - record_now(emu) ? EMU_FOREVER : record_now(emu) + max_insns;
    for (;;) {
        u32 next = next_fixed(record);
        u64 end = record->all.list[next].count, now = record_now(emu);
        u64 piece = (end < target ? end : target) - now;
        emu->kernel->strict_breakpoints = max_insns != 1;
        KernelStop stop = now < end ? kernel_run(emu->kernel, piece) : (KernelStop){.kind = KERNEL_INSN_LIMIT};
        emu->kernel->strict_breakpoints = false;
        now = record_now(emu);
        if (stop.kind == KERNEL_WATCH || (now < end && !(stop.kind == KERNEL_LOG_END)))
            return stop; /* a watched write may be the last instruction of the past */
        Events *events = record_suspend(emu);
        record_put_back(emu, next);
        record_resume(emu, events);
        if (!record->past && record->from_file && now < target)
            return run_on(emu, target == EMU_FOREVER ? EMU_FOREVER : target - now);
        if (!record->past && now < target)
            return (KernelStop){.kind = KERNEL_LOG_END, .pid = emu->last_pid, .tid = emu->last_tid};
        if (now >= target)
            return (KernelStop){.kind = KERNEL_INSN_LIMIT, .pid = emu->last_pid, .tid = emu->last_tid};
    }
}

KernelStop record_run(Emu *emu, u64 max_insns)
{
    return emu->record->past ? run_past(emu, max_insns) : run_on(emu, max_insns);
}

bool record_may_change(Emu *emu)
{
    Record *record = emu->record;
    if (!record)
        return true;
    if (record->past || record->from_file)
        return false;
    record->changed = true;
    return true;
}

KernelScope record_look(Emu *emu)
{
    static HostLog mute = {.mode = HOST_MUTE, .sink = -1};
    Record *record = emu->record;
    KernelScope before = kernel_enter(&emu->kernel->config);
    if (record)
        host_log_use(record->past || record->from_file ? &mute : NULL);
    return before;
}

/* ---- what stops ------------------------------------------------------------------------------------------------- */

void record_breakpoint(Record *record, u64 address, bool set)
{
    if (!set) {
        for (u32 i = 0; i < record->break_count; i++)
            if (record->breaks[i].address == address) {
                record->breaks[i] = record->breaks[--record->break_count];
                return;
            }
        return;
    }
    if (record->break_count == record->break_capacity) {
        u32 capacity = record->break_capacity * 2 + 16;
        RecordBreak *grown = realloc(record->breaks, capacity * sizeof *grown);
        if (!grown)
            return;
        record->breaks = grown;
        record->break_capacity = capacity;
    }
    record->breaks[record->break_count++] = (RecordBreak){address};
}

void record_watchpoint(Record *record, int pid, u64 address, u64 size, u32 access, bool set)
{
    RecordWatch watch = {pid, address, size, access};
    if (!set) {
        for (u32 i = 0; i < record->watch_count; i++)
            if (record->watches[i].pid == pid && record->watches[i].address == address && record->watches[i].size == size &&
                record->watches[i].access == access) {
                record->watches[i] = record->watches[--record->watch_count];
                return;
            }
        return;
    }
    if (record->watch_count == record->watch_capacity) {
        u32 capacity = record->watch_capacity * 2 + 16;
        RecordWatch *grown = realloc(record->watches, capacity * sizeof *grown);
        if (!grown)
            return;
        record->watches = grown;
        record->watch_capacity = capacity;
    }
    record->watches[record->watch_count++] = watch;
}

/* ---- what users ask --------------------------------------------------------------------------------------------- */

void emu_record_info(const Emu *emu, EmuRecordInfo *info)
{
    const Record *record = emu->record;
    *info = (EmuRecordInfo){.now = record_now(emu)};
    if (!record)
        return;
    const Checkpoints *all = &record->all;
    u64 newest = all->count ? all->list[all->count - 1].count : 0;
    info->recording = !record->streaming;
    info->past = record->past;
    info->from_file = record->from_file;
    info->start = all->count ? all->list[0].count : info->now;
    info->end = record->final_known ? record->final_count : record->past ? newest : info->now;
    info->checkpoints = all->count;
    info->checkpoint_bytes = all->bytes;
    info->log_bytes = host_log_bytes(record->log);
    info->limit = record->limit;
}

void emu_record_limit(Emu *emu, uint64_t bytes)
{
    Record *record = emu->record;
    if (!record)
        return;
    record->limit = bytes;
    if (!record->past)
        keep_bound(record);
}

/* Going to other times: putting checkpoints back, running from them with everything out of the way, looking for the last stop
 * before now by running through the past piece by piece, newest piece first. */
#include <stdlib.h>

#include "emu/record.h"
#include "kernel/debug.h"
#include "kernel/events.h"

/* ---- out of the way --------------------------------------------------------------------------------------------- */

Events *record_suspend(Emu *emu)
{
    Record *record = emu->record;
    Events *events = emu->kernel->events;
    record->interrupted = false;
    for (u32 i = 0; i < record->break_count; i++)
        cpu_breakpoint(&emu->kernel->cpu, record->breaks[i].address, false);
    watch_destroy(emu->kernel);
    emu->kernel->events = NULL;
    return events;
}

static void set_watch(Emu *emu, const RecordWatch *watch)
{
    Process *process = process_find(emu->kernel, watch->pid);
    if (process && process->space)
        watch_set(process->space, watch->address, watch->size, watch->access, true);
}

/* Breakpoints and watchpoints alone: for looking for them. */
static void resume_stops(Emu *emu)
{
    Record *record = emu->record;
    for (u32 i = 0; i < record->break_count; i++)
        cpu_breakpoint(&emu->kernel->cpu, record->breaks[i].address, true);
    for (u32 i = 0; i < record->watch_count; i++)
        set_watch(emu, &record->watches[i]);
}

void record_resume(Emu *emu, Events *events)
{
    resume_stops(emu);
    emu->kernel->events = events;
}

/* ---- moving ------------------------------------------------------------------------------------------------------- */

bool record_keep_end(Emu *emu)
{
    Record *record = emu->record;
    const Checkpoints *all = &record->all;
    if (record->past)
        return true;
    const Checkpoint *newest = all->count ? &all->list[all->count - 1] : NULL;
    u64 offset = record->from_file ? record->log->position : record->log->end;
    if (newest && !record->changed && newest->count == record_now(emu) && newest->log_offset == offset)
        return true;
    if (!checkpoint_take(&record->all, offset, record->changed))
        return false;
    record->changed = false;
    record->at = all->count - 1;
    return true;
}

void record_put_back(Emu *emu, u32 index)
{
    Record *record = emu->record;
    checkpoint_put_back(&record->all, index);
    record->at = index;
    record->past = index + 1 < record->all.count;
    record->log->broken = false;
    record->log->position = record->all.list[index].log_offset;
    record->log->mode = record->past || record->from_file ? HOST_REPLAY : HOST_RECORD;
    for (u32 i = 0; i < 2; i++)
        record->log->echo[i] = record->past ? -1 : record->echo[i];
    for (Task *task = record->past ? emu->kernel->tasks : NULL; task; task = task->next)
        task->step = task->pass_breakpoint = false;
}

/* Runs to `count` through whatever would stop it. */
static bool run_exactly(Emu *emu, u64 count)
{
    while (record_now(emu) < count) {
        KernelStop stop = kernel_run(emu->kernel, count - record_now(emu));
        emu->record->interrupted |= stop.kind == KERNEL_INTERRUPTED;
        if (stop.kind == KERNEL_INTERRUPTED || stop.kind == KERNEL_LOG_END || stop.kind == KERNEL_DEADLOCK)
            return false;
        if ((stop.kind == KERNEL_EXITED || stop.kind == KERNEL_KILLED) && !kernel_orphans(emu->kernel))
            return record_now(emu) >= count;
    }
    return true;
}

bool record_move(Emu *emu, u64 count)
{
    Record *record = emu->record;
    u32 best = checkpoint_before(&record->all, count);
    bool onwards = record->past && record->at == best && record_now(emu) <= count;
    if (!onwards)
        record_put_back(emu, best);
    return run_exactly(emu, count);
}

RecordPlace record_place(const Emu *emu) { return (RecordPlace){record_now(emu), emu->record->past}; }

void record_return(Emu *emu, RecordPlace place)
{
    emu->record->interrupted = false; /* what it was for has ended */
    emu->kernel->interrupted = 0;
    if (place.past)
        record_move(emu, place.count);
    else
        record_put_back(emu, emu->record->all.count - 1);
}

static EmuStop stop_here(Emu *emu, EmuStopKind kind)
{
    const Task *task = emu->kernel->current;
    if (task) {
        emu->last_pid = task->process->pid;
        emu->last_tid = task->tid;
    }
    return (EmuStop){.kind = kind, .pid = emu->last_pid, .tid = emu->last_tid};
}

/* The end of every journey: back in order, and told. */
static EmuStop arrived(Emu *emu, Events *events, EmuStopKind kind)
{
    record_resume(emu, events);
    return stop_here(emu, kind);
}

EmuStop emu_goto(Emu *emu, uint64_t count)
{
    Record *record = emu->record;
    if (!record || record->streaming)
        return stop_here(emu, EMU_HISTORY_START);
    Events *events = record_suspend(emu);
    const Checkpoints *all = &record->all;
    RecordPlace before = record_place(emu);
    bool kept = record_keep_end(emu), there = true;
    EmuStopKind kind = EMU_BUDGET;
    if (!kept)
        return arrived(emu, events, EMU_HISTORY_START);
    if (count < all->list[0].count) {
        count = all->list[0].count;
        kind = EMU_HISTORY_START;
    }
    if (count < all->list[all->count - 1].count)
        there = record_move(emu, count);
    else if (record->past)
        record_put_back(emu, all->count - 1);
    if (count > record_now(emu) && !record->past) {
        EmuStop stop = emu_run(emu, count - record_now(emu));
        record_resume(emu, events);
        return stop;
    }
    if (!there) {
        record_return(emu, before);
        kind = EMU_INTERRUPTED;
    }
    return arrived(emu, events, kind);
}

/* ---- back by instructions of one thread ------------------------------------------------------------------------- */

static bool stands_at(Emu *emu, int tid, u64 insns)
{
    const Task *task = emu->kernel->current;
    return task && task->tid == tid && task->insns == insns && task->state == TASK_RUNNABLE;
}

/* From the machine's place up to `limit`, turn by turn, to where the thread is about to execute with so many behind it. */
static bool find_turn(Emu *emu, int tid, u64 insns, u64 limit)
{
    while (record_now(emu) <= limit) {
        const Kernel *kernel = emu->kernel;
        const Task *task = kernel->current;
        u64 piece = kernel->slice_left ? kernel->slice_left : 1, left = limit - record_now(emu);
        if (stands_at(emu, tid, insns))
            return true;
        if (task && task->tid == tid && task->insns < insns && insns - task->insns < piece)
            piece = insns - task->insns;
        if (!left || !run_exactly(emu, record_now(emu) + (piece < left ? piece : left)))
            return false;
    }
    return false;
}

EmuStop emu_reverse_step(Emu *emu, int tid, uint64_t insns)
{
    Record *record = emu->record;
    const Task *task = machine_task(emu, tid);
    if (!record || record->streaming)
        return stop_here(emu, EMU_HISTORY_START);
    if (!task) /* all have ended */
        return emu_goto(emu, record_now(emu) > insns ? record_now(emu) - insns : 0);
    Events *events = record_suspend(emu);
    RecordPlace before = record_place(emu);
    const Checkpoints *all = &record->all;
    u64 wanted = task->insns - insns, now = before.count, first;
    bool kept = record_keep_end(emu), found = false, too_far = insns > task->insns || insns > now;
    tid = task->tid;
    if (!kept)
        return arrived(emu, events, EMU_HISTORY_START);
    first = all->list[0].count;
    if (!too_far && now - insns >= first && record_move(emu, now - insns)) /* nobody else ran in between? */
        found = stands_at(emu, tid, wanted);
    u32 index = checkpoint_before(all, now > insns ? now - insns : 0) + 1;
    while (!found && !too_far && index-- > 0) {
        record_put_back(emu, index);
        task = task_find(emu->kernel, tid);
        u64 end = index + 1 < all->count && all->list[index + 1].count < now ? all->list[index + 1].count : now;
        if (task && task->insns <= wanted)
            found = find_turn(emu, tid, wanted, end) || find_turn(emu, tid, wanted, now);
        if (task && task->insns <= wanted)
            break;
    }
    if (found)
        return arrived(emu, events, EMU_BUDGET);
    if (record->interrupted) {
        record_return(emu, before);
        return arrived(emu, events, EMU_INTERRUPTED);
    }
    record_put_back(emu, 0);
    return arrived(emu, events, EMU_HISTORY_START);
}

/* ---- back to a stop ------------------------------------------------------------------------------------------------ */

typedef struct Search {
    EmuStopFilter *filter;
    void *context;
    u64 limit;       /* breakpoints count before it, watchpoints also at it */
    bool found, interrupted;
    KernelStop stop;
    u64 count;       /* where the machine stood at it */
    u64 pc;
} Search;

static EmuStop told(const KernelStop *stop)
{
    return (EmuStop){.kind = stop->kind == KERNEL_WATCH ? EMU_WATCHPOINT : EMU_BREAKPOINT, .pid = stop->pid, .tid = stop->tid,
                     .address = stop->watch_address, .size = stop->watch_size, .write = stop->watch_write};
}

static void consider(Emu *emu, Search *search, const KernelStop *stop)
{
    EmuStop public = told(stop);
    u64 count = record_now(emu);
    if (stop->kind == KERNEL_BREAKPOINT && count >= search->limit)
        return;
    emu->last_pid = stop->pid;
    emu->last_tid = stop->tid;
    if (search->filter && !search->filter(search->context, &public))
        return;
    search->found = true;
    search->stop = *stop;
    search->count = count;
    const Task *task = task_find(emu->kernel, stop->tid);
    search->pc = task ? task_registers((Task *)(uintptr_t)task)->rip : 0;
}

/* Through one piece of the past, from the machine's place to `end`; remembers the last stop that counts. */
static void search_piece(Emu *emu, Search *search, u64 end)
{
    Kernel *kernel = emu->kernel;
    bool standing = false;
    while (record_now(emu) < end) {
        kernel->strict_breakpoints = !standing;
        KernelStop stop = kernel_run(kernel, standing ? 1 : end - record_now(emu));
        kernel->strict_breakpoints = false;
        standing = stop.kind == KERNEL_BREAKPOINT;
        if (stop.kind == KERNEL_BREAKPOINT || stop.kind == KERNEL_WATCH)
            consider(emu, search, &stop);
        search->interrupted = stop.kind == KERNEL_INTERRUPTED;
        if (search->interrupted || stop.kind == KERNEL_LOG_END || stop.kind == KERNEL_DEADLOCK || stop.kind == KERNEL_EXITED ||
            stop.kind == KERNEL_KILLED)
            return;
    }
}

/* From the newest piece to the oldest; `prepare` puts in what is to stop. */
static void search_back(Emu *emu, Search *search, void (*prepare)(Emu *emu, void *context), void *context)
{
    const Checkpoints *all = &emu->record->all;
    u64 end = search->limit;
    for (u32 index = checkpoint_before(all, end ? end - 1 : 0) + 1; index-- > 0 && !search->found && !search->interrupted;) {
        u64 piece_end = index + 1 < all->count && all->list[index + 1].count < end ? all->list[index + 1].count : end;
        record_put_back(emu, index);
        prepare(emu, context);
        if (search->filter)
            search->filter(search->context, NULL);
        if (record_now(emu) < piece_end)
            search_piece(emu, search, piece_end);
        record_suspend(emu);
    }
}

static void prepare_stops(Emu *emu, void *context)
{
    (void)context;
    resume_stops(emu);
}

/* The machine goes to the stop: at a breakpoint; in front of the instruction that touched what is watched. */
static EmuStop go_to_found(Emu *emu, const Search *search, Events *events)
{
    EmuStop stop = told(&search->stop);
    if (search->stop.kind == KERNEL_WATCH) {
        record_move(emu, search->count - 1);
    } else {
        record_move(emu, search->count);
        const Task *task = emu->kernel->current;
        if (!task || task->tid != stop.tid || emu->kernel->cpu.state.rip != search->pc) { /* others wait for the host first */
            emu->kernel->strict_breakpoints = true;
            resume_stops(emu);
            kernel_run(emu->kernel, 1);
            emu->kernel->strict_breakpoints = false;
            record_suspend(emu);
        }
    }
    arrived(emu, events, stop.kind);
    return stop;
}

EmuStop emu_reverse_continue(Emu *emu, EmuStopFilter *filter, void *context)
{
    Record *record = emu->record;
    if (!record || record->streaming)
        return stop_here(emu, EMU_HISTORY_START);
    Events *events = record_suspend(emu);
    RecordPlace before = record_place(emu);
    Search search = {.filter = filter, .context = context, .limit = before.count};
    if (!record_keep_end(emu))
        return arrived(emu, events, EMU_HISTORY_START);
    search_back(emu, &search, prepare_stops, NULL);
    if (search.found)
        return go_to_found(emu, &search, events);
    if (search.interrupted) {
        record_return(emu, before);
        return arrived(emu, events, EMU_INTERRUPTED);
    }
    record_put_back(emu, 0);
    return arrived(emu, events, EMU_HISTORY_START);
}

/* ---- who wrote ----------------------------------------------------------------------------------------------------- */

static void prepare_writer(Emu *emu, void *context) { set_watch(emu, context); }

bool emu_last_write(Emu *emu, int pid, uint64_t address, uint64_t size, EmuWriter *writer)
{
    Record *record = emu->record;
    const Process *process = machine_process(emu, pid);
    if (!record || record->streaming || !process || !record_keep_end(emu))
        return false;
    Events *events = record_suspend(emu);
    RecordPlace before = record_place(emu);
    RecordWatch watch = {process->pid, address, size, VMA_WRITE};
    Search search = {.limit = before.count};
    int last_pid = emu->last_pid, last_tid = emu->last_tid;
    search_back(emu, &search, prepare_writer, &watch);
    bool found = search.found && search.count && record_move(emu, search.count - 1);
    if (found) {
        Task *task = task_find(emu->kernel, search.stop.tid);
        *writer = (EmuWriter){.count = search.count - 1, .pid = search.stop.pid, .tid = search.stop.tid,
                              .pc = task ? task_registers(task)->rip : search.pc, .address = search.stop.watch_address,
                              .size = search.stop.watch_size};
    }
    record_return(emu, before);
    record_resume(emu, events);
    emu->last_pid = last_pid;
    emu->last_tid = last_tid;
    return found;
}

/* ---- what has been executed ---------------------------------------------------------------------------------------- */

/* The steps of the thread from `from` to `end`, in order; how many. */
static u64 walk_steps(Emu *emu, int tid, u64 from, u64 end, EmuStep *steps)
{
    u64 n = 0;
    if (!record_move(emu, from))
        return 0;
    while (record_now(emu) < end) {
        const Task *task = emu->kernel->current;
        u64 now = record_now(emu);
        EmuStep step = {now, 0, 0};
        bool ours = task && task->tid == tid;
        if (ours) {
            step.pc = emu->kernel->cpu.state.rip;
            step.rsp = emu->kernel->cpu.state.r[RSP];
        }
        if (!run_exactly(emu, now + 1))
            break;
        if (ours)
            steps[n++] = step;
    }
    return n;
}

uint64_t emu_history(Emu *emu, int tid, uint64_t insns, EmuStepVisit *visit, void *context)
{
    enum { FIRST_PIECE = 128, LARGEST_PIECE = 1 << 18 };
    Record *record = emu->record;
    const Task *task = machine_task(emu, tid);
    if (!record || record->streaming || !task || !record_keep_end(emu))
        return 0;
    tid = task->tid;
    Events *events = record_suspend(emu);
    RecordPlace before = record_place(emu);
    EmuStep *steps = malloc(LARGEST_PIECE * sizeof *steps);
    u64 end = before.count, first = record->all.list[0].count, seen = 0, piece = FIRST_PIECE;
    for (bool more = steps; more && end > first && seen < insns; piece *= piece < LARGEST_PIECE ? 8 : 1) {
        if (piece > LARGEST_PIECE)
            piece = LARGEST_PIECE;
        u64 from = end - first > piece ? end - piece : first;
        u64 n = walk_steps(emu, tid, from, end, steps);
        more = !record->interrupted;
        while (more && n-- > 0 && seen < insns) {
            seen++;
            more = visit(context, &steps[n]);
        }
        end = from;
    }
    free(steps);
    record_return(emu, before);
    record_resume(emu, events);
    return seen;
}

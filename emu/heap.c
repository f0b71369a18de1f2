/* Watching a heap (emu_heap.h). Breakpoints at the allocators' first instructions and at their callers tell of calls; an
 * allocator that calls another is one call, the outer. The MMU tells of accesses to the pages that blocks lie in
 * (kernel/debug.h).
 *
 * An access is reported where nothing else can be meant: it begins in a block that was freed and has not been handed out
 * again, or within the few bytes next to a block that no other block can have: allocators keep 8-byte alignment and at least
 * four bytes of their own in front of a block. String routines look past a string's end, in aligned words, in whole loops of
 * vectors: loads of vectors are let be, and of aligned words when they begin in the block. */
#include "emu/heap.h"

#include <errno.h>
#include <stdlib.h>

#include "cpu/block.h"
#include "cpu/exec.h"
#include "kernel/debug.h"

enum { MOST_ERRORS = 1000, HEADER = 4, FINGERPRINT = 4096 };

/* ---- call stacks ------------------------------------------------------------------------------------------------ */

static u64 hash_stack(const HeapStack *stack)
{
    u64 h = stack->depth;
    for (u32 i = 0; i < stack->depth; i++)
        h = (h ^ stack->pc[i]) * 0x9e3779b97f4a7c15ull;
    return h >> 20;
}

static void walk_stack(HeapWatch *heap, int tid, HeapStack *stack)
{
    EmuFrame frames[STACK_DEPTH];
    stack->depth = emu_backtrace(heap->emu, tid, frames, STACK_DEPTH);
    u64 rsp = task_registers(task_find(heap->emu->kernel, tid))->r[RSP];
    heap->walked = 0;
    for (u32 i = 0; i < stack->depth; i++) {
        stack->pc[i] = frames[i].pc;
        if (frames[i].cfa >= rsp && frames[i].cfa - rsp > heap->walked)
            heap->walked = frames[i].cfa - rsp;
    }
}

static bool grow_stacks(HeapWatch *heap)
{
    u32 capacity = heap->stack_capacity * 2 + 256;
    HeapStack *stacks = realloc(heap->stacks, capacity * sizeof *stacks);
    u32 *table = stacks ? calloc(2ull * capacity, sizeof *table) : NULL;
    heap->stacks = stacks ? stacks : heap->stacks;
    if (!table)
        return false;
    for (u32 i = 0; i < heap->stack_count; i++) {
        u64 at = hash_stack(&stacks[i]) % (2 * capacity);
        while (table[at])
            at = (at + 1) % (2 * capacity);
        table[at] = i + 1;
    }
    free(heap->stack_table);
    heap->stack_table = table;
    heap->stack_capacity = capacity;
    return true;
}

/* The number of a stack, a new one if it is new; there is room for it. */
static u32 intern(HeapWatch *heap, const HeapStack *stack)
{
    u64 slots = 2ull * heap->stack_capacity, at = hash_stack(stack) % slots;
    for (; heap->stack_table[at]; at = (at + 1) % slots) {
        const HeapStack *known = &heap->stacks[heap->stack_table[at] - 1];
        if (known->depth == stack->depth && memcmp(known->pc, stack->pc, stack->depth * sizeof *stack->pc) == 0)
            return heap->stack_table[at] - 1;
    }
    heap->stacks[heap->stack_count] = *stack;
    heap->stack_table[at] = heap->stack_count + 1;
    return heap->stack_count++;
}

/* What tells call stacks apart without unwinding them: the words of the stack that look like return addresses, and where they
 * lie. */
static u64 fingerprint(HeapWatch *heap, int tid, u64 *length)
{
    u64 words[FINGERPRINT / sizeof(u64)], low = heap->space->code_start, size = heap->space->code_end - low;
    const u64 *r = task_registers(task_find(heap->emu->kernel, tid))->r;
    *length = emu_read(heap->emu, heap->pid, r[RSP], words, sizeof words);
    u64 h = r[RSP] ^ task_registers(task_find(heap->emu->kernel, tid))->rip;
    for (u64 i = 0; i < *length / sizeof(u64); i++)
        if (words[i] - low < size)
            h = (h ^ words[i] ^ i << 48) * 0x9e3779b97f4a7c15ull, h ^= h >> 29;
    return h;
}

/* The number of the thread's present call stack; 0 (an empty one) when there is no memory. */
static u32 stack_number(HeapWatch *heap, int tid)
{
    HeapStack stack;
    u64 length, print = fingerprint(heap, tid, &length);
    HeapPrint *known_print = &heap->prints[print % PRINTS];
    if (known_print->print == print)
        return known_print->stack;
    if (heap->stack_count == heap->stack_capacity && !grow_stacks(heap))
        return 0;
    walk_stack(heap, tid, &stack);
    u32 number = intern(heap, &stack);
    if (heap->walked < length) /* else the words do not tell all of it */
        *known_print = (HeapPrint){print, number};
    return number;
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

/* The same mistake at the same place is one error that happened several times. */
static void report(HeapWatch *heap, int tid, HeapErrorKind kind, u64 address, u32 size, bool write, const HeapBlock *block)
{
    HeapError error = {.kind = kind, .address = address, .size = size, .write = write, .count = 1, .block = *block};
    walk_stack(heap, tid, &error.stack);
    heap->stats.errors++;
    for (u32 i = 0; i < heap->error_count; i++) {
        HeapError *known = &heap->errors[i];
        if (known->kind == kind && known->write == write && known->stack.depth == error.stack.depth &&
            memcmp(known->stack.pc, error.stack.pc, error.stack.depth * sizeof(u64)) == 0) {
            known->count++;
            return;
        }
    }
    HeapError *grown = heap->error_count < MOST_ERRORS ? realloc(heap->errors, (heap->error_count + 1) * sizeof *grown) : NULL;
    if (!grown)
        return;
    heap->errors = grown;
    grown[heap->error_count++] = error;
    heap->stats.error_contexts++;
}

static HeapCall *call_of(HeapWatch *heap, int tid)
{
    for (u32 i = 0; i < CALLS; i++)
        if (heap->calls[i].tid == tid)
            return &heap->calls[i];
    return NULL;
}

/* Reports with the instruction that accesses as the innermost frame: inside a block RIP is only known by the op. */
static void report_access(HeapWatch *heap, HeapErrorKind kind, u64 address, u32 size, Access access, const HeapBlock *block)
{
    Cpu *cpu = &heap->emu->kernel->cpu;
    u64 rip = cpu->rip;
    cpu->rip = cpu_op_cold(cpu, cpu->op)->rip;
    report(heap, heap->emu->kernel->current->tid, kind, address, size, access != ACCESS_READ, block);
    cpu->rip = rip;
}

static u64 end_of(const HeapBlock *block) { return block->address + block->size; }

/* The bytes behind a block that no other one can have. */
static u64 slack_end(const HeapBlock *block)
{
    u64 end = end_of(block), aligned = (end + 7) & ~7ull;
    return aligned > end + HEADER ? aligned : end + HEADER;
}

/* AccessObserver.accessed */
static void accessed(void *context, u64 address, u32 size, Access access)
{
    HeapWatch *heap = context;
    if (call_of(heap, heap->emu->kernel->current->tid)) /* allocators may */
        return;
    if (access == ACCESS_READ && size >= 16)
        return;
    const HeapBlock *below = heap_blocks_below(&heap->blocks, address);
    bool word = access == ACCESS_READ && size == 8 && address % size == 0;
    if (below && address < end_of(below) && !below->live && (!word || address + size <= end_of(below))) {
        report_access(heap, ERROR_FREED, address, size, access, below);
        return;
    }
    if (below && below->live && address + size > end_of(below) && address < slack_end(below) && !(word &&
        address < end_of(below))) {
        report_access(heap, ERROR_OVERRUN, address, size, access, below);
        return;
    }
    if (below && address < end_of(below))
        return;
    const HeapBlock *above = heap_blocks_above(&heap->blocks, address);
    if (above && above->live && address + size > above->address - HEADER && !word && above->address > address)
        report_access(heap, ERROR_UNDERRUN, address, size, access, above);
}

/* AccessObserver.covers: does a block, live or freed, reach into the page? */
static bool covers(void *context, u64 page)
{
    const HeapWatch *heap = context;
    const HeapBlock *below = heap_blocks_below(&heap->blocks, page + PAGE_SIZE - 1);
    return below && slack_end(below) > page;
}

/* ---- calls -------------------------------------------------------------------------------------------------------- */

static void block_appears(HeapWatch *heap, u64 address, u64 size, u32 stack)
{
    HeapBlock *block = address ? heap_blocks_add(&heap->blocks, address, size) : NULL;
    EmuHeapStats *s = &heap->stats;
    s->allocations++;
    if (!block)
        return;
    block->stack = stack;
    block->serial = s->allocations;
    s->allocated += size;
    s->live_blocks++;
    s->live_bytes += size;
    if (s->live_bytes > s->peak_bytes) {
        s->peak_bytes = s->live_bytes;
        s->peak_blocks = s->live_blocks;
    }
    watch_refresh(heap->space, address, slack_end(block));
}

static void block_goes(HeapWatch *heap, u64 address, u32 stack)
{
    HeapBlock *block = heap_blocks_below(&heap->blocks, address);
    if (!block || block->address != address || !block->live)
        return;
    block->live = false;
    block->freed_stack = stack;
    heap->stats.frees++;
    heap->stats.live_blocks--;
    heap->stats.live_bytes -= block->size;
}

/* What free(3) must not be given, as far as it is known for certain. */
static void check_free(HeapWatch *heap, int tid, u64 address)
{
    const HeapBlock *block = address ? heap_blocks_below(&heap->blocks, address) : NULL;
    if (!block || address >= end_of(block) + !block->size)
        return;
    if (block->address == address && !block->live)
        report(heap, tid, ERROR_DOUBLE_FREE, address, 0, true, block);
    else if (block->address != address && block->live)
        report(heap, tid, ERROR_INNER_FREE, address, 0, true, block);
}

static u64 word_at(HeapWatch *heap, u64 address)
{
    u64 word = 0;
    emu_read(heap->emu, heap->pid, address, &word, sizeof word);
    return word;
}

/* The places that allocators return to keep their breakpoints, once set: they are few, and each change costs decoded code. */
static u64 *return_slot(HeapWatch *heap, u64 address)
{
    u64 at = address * 0x9e3779b97f4a7c15ull >> 32 & (heap->return_capacity - 1);
    while (heap->returns[at] && heap->returns[at] != address)
        at = (at + 1) & (heap->return_capacity - 1);
    return &heap->returns[at];
}

static bool is_return(HeapWatch *heap, u64 address) { return heap->return_capacity && *return_slot(heap, address) == address; }

static void keep_return(HeapWatch *heap, u64 address)
{
    if (is_return(heap, address))
        return;
    if (2 * heap->return_count >= heap->return_capacity) {
        u64 old = heap->return_capacity, *returns = heap->returns;
        u64 *grown = calloc(old ? 2 * old : 256, sizeof *grown);
        if (!grown)
            return;
        heap->returns = grown;
        heap->return_capacity = old ? 2 * old : 256;
        for (u64 i = 0; i < old; i++)
            if (returns[i])
                *return_slot(heap, returns[i]) = returns[i];
        free(returns);
    }
    *return_slot(heap, address) = address;
    heap->return_count++;
    cpu_breakpoint(&heap->emu->kernel->cpu, address, true);
}

static void call_begins(HeapWatch *heap, Task *task, const Allocator *allocator)
{
    const u64 *r = task_registers(task)->r;
    HeapCall *call = call_of(heap, task->tid);
    if (call && r[RSP] < call->rsp) /* inside another allocator */
        return;
    if (call)
        call->tid = 0; /* that one was left by a longjmp */
    if (!(call = call_of(heap, 0)))
        return;
    *call = (HeapCall){.tid = task->tid, .allocator = allocator, .back = word_at(heap, r[RSP]), .rsp = r[RSP] + 8,
                       .brk = heap->space->brk,
                       .mapped = heap->space->total_pages << PAGE_SHIFT};
    call->stack = stack_number(heap, task->tid);
    switch (allocator->shape) {
    case SIZE_FIRST: call->size = r[RDI]; break;
    case SIZE_SECOND: call->size = r[RSI]; break;
    case COUNT_TIMES_SIZE: call->size = r[RDI] * r[RSI]; break;
    case RESIZE: call->old = r[RDI], call->size = r[RSI]; break;
    case RUST_RESIZE: call->old = r[RDI], call->size = r[RCX]; break;
    case STORES_RESULT: call->where = r[RDI], call->size = r[RDX]; break;
    case FREES: call->old = r[RDI]; break;
    }
    if (call->old)
        check_free(heap, task->tid, call->old);
    if (allocator->shape == FREES)
        block_goes(heap, call->old, call->stack);
    keep_return(heap, call->back);
}

/* What the allocator itself got from the system or gave back. */
static void note_traffic(HeapWatch *heap, const HeapCall *call)
{
    EmuHeapStats *s = &heap->stats;
    i64 grown = (i64)(heap->space->brk - call->brk), all = (i64)((heap->space->total_pages << PAGE_SHIFT) - call->mapped);
    i64 mapped = all - (i64)(((heap->space->brk + PAGE_SIZE - 1) & PAGE_MASK) - ((call->brk + PAGE_SIZE - 1) & PAGE_MASK));
    s->brk_grown += grown > 0 ? (u64)grown : 0;
    s->brk_shrunk += grown < 0 ? (u64)-grown : 0;
    s->mapped += mapped > 0 ? (u64)mapped : 0;
    s->unmapped += mapped < 0 ? (u64)-mapped : 0;
}

static void call_ends(HeapWatch *heap, HeapCall *call, u64 result)
{
    const Allocator *allocator = call->allocator;
    note_traffic(heap, call);
    if (allocator->shape == STORES_RESULT)
        result = result ? 0 : word_at(heap, call->where);
    bool resizes = allocator->shape == RESIZE || allocator->shape == RUST_RESIZE;
    if (resizes && call->old && (result || !call->size))
        block_goes(heap, call->old, call->stack);
    if (allocator->shape != FREES && result)
        block_appears(heap, result, call->size, call->stack);
    call->tid = 0;
}

/* A breakpoint of ours (true) or not. */
static bool handle_stop(HeapWatch *heap, Task *task)
{
    u64 rip = task_registers(task)->rip;
    bool ours = is_return(heap, rip), watched = task->process->pid == heap->pid && task->process->space == heap->space;
    for (u32 i = 0; i < CALLS; i++) {
        HeapCall *call = &heap->calls[i];
        if (watched && call->tid == task->tid && call->back == rip && task_registers(task)->r[RSP] == call->rsp)
            call_ends(heap, call, task_registers(task)->r[RAX]);
    }
    for (u32 i = 0; i < heap->hook_count; i++)
        if (heap->hooks[i].address == rip) {
            ours = true;
            if (watched)
                call_begins(heap, task, heap->hooks[i].allocator);
            break;
        }
    for (u32 i = 0; i < heap->exit_count; i++)
        if (heap->exits[i] == rip) {
            ours = true;
            if (watched)
                heap_search_leaks(heap);
        }
    return ours;
}

/* Counts a breakpoint of the user's at the address (change +1, -1), which may be at one of ours. How many there are. */
u32 heap_user_stops(HeapWatch *heap, u64 address, i32 change)
{
    for (u32 i = 0; i < heap->user_count; i++)
        if (heap->users[i].address == address)
            return heap->users[i].count += (u32)change;
    if (change > 0 && heap->user_count < ARRAY_LEN(heap->users))
        heap->users[heap->user_count++] = (HeapUser){address, 1};
    return change > 0;
}

KernelStop heap_run(HeapWatch *heap, u64 max_insns)
{
    Kernel *kernel = heap->emu->kernel;
    u64 end = max_insns > UINT64_MAX - kernel->cpu.stats.insns ? UINT64_MAX : kernel->cpu.stats.insns + max_insns;
    KernelStop stop = kernel_run(kernel, max_insns);
    while (stop.kind == KERNEL_BREAKPOINT) {
        Task *task = task_find(kernel, stop.tid);
        if (!task || !handle_stop(heap, task) || heap_user_stops(heap, task_registers(task)->rip, 0))
            return stop;
        stop = kernel_run(kernel, 1); /* its instruction; a run of one does not stop at breakpoints */
        if (stop.kind == KERNEL_INSN_LIMIT && kernel->cpu.stats.insns < end)
            stop = kernel_run(kernel, end == UINT64_MAX ? UINT64_MAX : end - kernel->cpu.stats.insns);
    }
    if (stop.kind == KERNEL_FATAL && stop.pid == heap->pid) /* the last look */
        heap_search_leaks(heap);
    return stop;
}

/* ---- life ---------------------------------------------------------------------------------------------------------- */

static bool is_exit(const char *name) { return strcmp(name, "_exit") == 0 || strcmp(name, "_Exit") == 0; }

static void add_hook(HeapWatch *heap, u64 address, const Allocator *allocator)
{
    for (u32 i = 0; i < heap->hook_count; i++)
        if (heap->hooks[i].address == address)
            return; /* another name of the same function */
    if (heap->hook_count == HOOKS)
        return;
    heap->hooks[heap->hook_count++] = (HeapHook){address, allocator};
    cpu_breakpoint(&heap->emu->kernel->cpu, address, true);
}

static void find_hooks(HeapWatch *heap)
{
    EmuSymbol symbol;
    for (u32 i = 0; emu_symbol(heap->emu, heap->pid, i, &symbol); i++) {
        if (!symbol.function)
            continue;
        for (u32 k = 0; k < allocator_count; k++)
            if (allocator_is(&allocators[k], symbol.name))
                add_hook(heap, symbol.address, &allocators[k]);
        bool known = false;
        for (u32 k = 0; k < heap->exit_count; k++)
            known |= heap->exits[k] == symbol.address;
        if (is_exit(symbol.name) && !known && heap->exit_count < ARRAY_LEN(heap->exits)) {
            heap->exits[heap->exit_count++] = symbol.address;
            cpu_breakpoint(&heap->emu->kernel->cpu, symbol.address, true);
        }
    }
}

int emu_heap_watch(Emu *emu)
{
    Process *process = machine_process(emu, 0);
    if (emu->record)
        return ENOTSUP;
    HeapWatch *heap = emu->heap ? NULL : calloc(1, sizeof *heap);
    if (!heap || !process || !process->space)
        return ENOMEM;
    emu->heap = heap;
    *heap = (HeapWatch){.emu = emu, .pid = process->pid, .space = process->space};
    heap->program = machine_program(emu, heap->pid, &heap->bias);
    find_hooks(heap);
    if (!heap->hook_count) {
        machine_forget_heap(emu);
        return ENOENT;
    }
    AccessObserver observer = {.space = heap->space, .covers = covers, .accessed = accessed, .context = heap};
    return watch_observe(emu->kernel, &observer) ? 0 : ENOMEM;
}

void machine_forget_heap(Emu *emu)
{
    HeapWatch *heap = emu->heap;
    if (!heap)
        return;
    heap_blocks_destroy(&heap->blocks);
    free(heap->stacks);
    free(heap->stack_table);
    free(heap->errors);
    free(heap->returns);
    free(heap);
    emu->heap = NULL;
}

bool emu_heap_stats(Emu *emu, EmuHeapStats *stats)
{
    if (emu->heap)
        *stats = emu->heap->stats;
    return emu->heap;
}

typedef struct Nth { u32 left; const HeapBlock *found; } Nth;

static bool count_live(void *context, HeapBlock *block)
{
    Nth *nth = context;
    if (!block->live || nth->left--)
        return true;
    nth->found = block;
    return false;
}

bool emu_heap_block(Emu *emu, uint32_t index, EmuHeapBlock *out)
{
    Nth nth = {.left = index};
    if (emu->heap)
        heap_blocks_visit(emu->heap->blocks.root, count_live, &nth);
    if (!nth.found)
        return false;
    *out = (EmuHeapBlock){.address = nth.found->address, .size = nth.found->size, .serial = nth.found->serial};
    const HeapStack *stack = nth.found->stack < emu->heap->stack_count ? &emu->heap->stacks[nth.found->stack] : NULL;
    out->stack_depth = stack ? stack->depth : 0;
    if (stack)
        memcpy(out->stack, stack->pc, sizeof stack->pc);
    return true;
}

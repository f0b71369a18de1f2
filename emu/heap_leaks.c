/* Which blocks can still be reached when the program leaves: whatever looks like a pointer in registers, stacks and data is taken
 * for one, and so are the words of blocks found that way (Valgrind's Memcheck manual, "Memory leak detection"). */
#include <stdlib.h>

#include "emu/heap.h"
#include "kernel/space.h"

enum { UNSEEN = LEAK_DEFINITE, CHUNK = 65536 };

typedef struct Search {
    HeapWatch *heap;
    HeapBlock **work; /* blocks whose words are still to be looked at */
    u64 count, capacity;
    bool from_leak;   /* what is found now is reached from a lost block only */
} Search;

static void push(Search *search, HeapBlock *block)
{
    if (search->count == search->capacity) {
        u64 capacity = search->capacity * 2 + 256;
        HeapBlock **grown = realloc(search->work, capacity * sizeof *grown);
        if (!grown)
            return;
        search->work = grown;
        search->capacity = capacity;
    }
    search->work[search->count++] = block;
}

/* A word that may be a pointer, found in something of that kind. */
static void consider(Search *search, u64 word, LeakKind from)
{
    HeapBlock *block = heap_blocks_below(&search->heap->blocks, word);
    if (!block || !block->live || word >= block->address + block->size + !block->size)
        return;
    LeakKind kind = from == LEAK_REACHABLE && word != block->address ? LEAK_POSSIBLE : from;
    if (kind <= block->mark)
        return;
    block->mark = (u8)kind;
    push(search, block);
}

static void scan(Search *search, u64 start, u64 end, LeakKind from)
{
    u64 words[CHUNK / sizeof(u64)];
    for (u64 at = (start + 7) & ~7ull; at < end; at += CHUNK) {
        u64 size = end - at < CHUNK ? end - at : CHUNK;
        u64 got = emu_read(search->heap->emu, search->heap->pid, at, words, size);
        for (u64 i = 0; i < got / sizeof(u64); i++)
            consider(search, words[i], from);
    }
}

static void work_off(Search *search)
{
    while (search->count) {
        HeapBlock *block = search->work[--search->count];
        scan(search, block->address, block->address + block->size, (LeakKind)block->mark);
    }
}

/* Does the mapping hold blocks? Then it is the allocator's: what is in it but in no block is its own books. */
static bool is_heap(const HeapWatch *heap, const EmuMapping *m)
{
    const HeapBlock *below = heap_blocks_below(&heap->blocks, m->end - 1);
    return below && below->address >= m->start;
}

/* What lies below a thread's stack pointer (and its red zone) is over. */
static u64 live_start(const HeapWatch *heap, const EmuMapping *m)
{
    enum { RED_ZONE = 128 };
    u64 start = m->end;
    for (const Task *task = heap->emu->kernel->tasks; task; task = task->next) {
        u64 rsp = task_registers((Task *)(uintptr_t)task)->r[RSP] - RED_ZONE;
        if (task->process->pid == heap->pid && rsp >= m->start && rsp < start)
            start = rsp;
    }
    return start < m->end ? start : m->start;
}

static bool reset(void *context, HeapBlock *block)
{
    (void)context;
    block->mark = UNSEEN;
    return true;
}

/* Blocks that only lost blocks lead to are lost with them. */
static bool mark_indirect(void *context, HeapBlock *block)
{
    Search *search = context;
    if (block->live && block->mark == UNSEEN) {
        u64 words[CHUNK / sizeof(u64)];
        u64 got = emu_read(search->heap->emu, search->heap->pid, block->address, words, block->size < CHUNK ? block->size : CHUNK);
        for (u64 i = 0; i < got / sizeof(u64); i++) {
            HeapBlock *other = heap_blocks_below(&search->heap->blocks, words[i]);
            if (other && other != block && other->live && other->mark == UNSEEN && words[i] == other->address)
                other->mark = LEAK_INDIRECT;
        }
    }
    return true;
}

void heap_search_leaks(HeapWatch *heap)
{
    Search search = {.heap = heap};
    EmuMapping m;
    heap_blocks_visit(heap->blocks.root, reset, NULL);
    for (const Task *task = heap->emu->kernel->tasks; task; task = task->next)
        if (task->process->pid == heap->pid)
            for (u32 i = 0; i < 16; i++)
                consider(&search, task_registers((Task *)(uintptr_t)task)->r[i], LEAK_REACHABLE);
    for (u32 i = 0; emu_mapping(heap->emu, heap->pid, i, &m); i++)
        if (m.flags & EMU_MAP_READ && !(m.flags & (EMU_MAP_EXEC | EMU_MAP_SHARED)) && m.resident && !is_heap(heap, &m))
            scan(&search, live_start(heap, &m), m.end, LEAK_REACHABLE);
    work_off(&search);
    heap_blocks_visit(heap->blocks.root, mark_indirect, &search);
    free(search.work);
    heap->searched = true;
}

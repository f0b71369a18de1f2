/* What was found in a heap, in the words of Valgrind's Memcheck, whose readers (people and scripts) know them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "emu/demangle.h"
#include "emu/file.h"
#include "emu/heap.h"

typedef unsigned long long ull;

typedef struct Out {
    HeapWatch *heap;
    EmuLine *line;
    void *context;
} Out;

static __attribute__((format(printf, 2, 3))) void say(const Out *o, const char *format, ...)
{
    char text[400], whole[440];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(whole, sizeof whole, "==%d== %s", o->heap->pid, text);
    o->line(o->context, whole);
}

static void say_frame(const Out *o, u64 pc, bool innermost, bool exact)
{
    HeapWatch *heap = o->heap;
    u64 look = pc - heap->bias - !exact;
    const Symbol *symbol = heap->program && heap->program->file ? symbols_at(file_symbols(heap->program->file), look) : NULL;
    DebugInfo *dwarf = heap->program ? program_dwarf(heap->program) : NULL;
    DwarfSource source;
    char place[200] = "";
    if (dwarf && dwarf_source_at(dwarf, look, &source))
        snprintf(place, sizeof place, " (%.150s:%d)", strrchr(source.file, '/') ? strrchr(source.file, '/') + 1
            : source.file, source.line);
    say(o, "   %s 0x%llX: %s%s", innermost ? "at" : "by", (ull)pc, symbol ? demangle(&heap->program->names, symbol->name) : "???", place);
}

static void say_stack(const Out *o, const HeapStack *stack)
{
    for (u32 i = 0; i < stack->depth; i++)
        say_frame(o, stack->pc[i], i == 0, i == 0);
}

static void say_numbered_stack(const Out *o, u32 number)
{
    if (number < o->heap->stack_count)
        say_stack(o, &o->heap->stacks[number]);
}

static void say_block(const Out *o, const HeapError *e)
{
    const HeapBlock *b = &e->block;
    i64 offset = (i64)(e->address - b->address);
    if (offset < 0)
        say(o, " Address 0x%llx is %lld bytes before a block of size %llu alloc'd", (ull)e->address, (long long)-offset,
            (ull)b->size);
    else if ((u64)offset >= b->size)
        say(o, " Address 0x%llx is %lld bytes after a block of size %llu alloc'd", (ull)e->address,
            (long long)(offset - (i64)b->size), (ull)b->size);
    else
        say(o, " Address 0x%llx is %lld bytes inside a block of size %llu %s", (ull)e->address, (long long)offset,
            (ull)b->size, b->live ? "alloc'd" : "free'd");
    if (!b->live) {
        say_numbered_stack(o, b->freed_stack);
        say(o, " Block was alloc'd at");
    }
    say_numbered_stack(o, b->stack);
}

static void say_error(const Out *o, const HeapError *e)
{
    if (e->kind == ERROR_DOUBLE_FREE || e->kind == ERROR_INNER_FREE)
        say(o, "Invalid free() / delete / delete[] / realloc()");
    else
        say(o, "Invalid %s of size %u", e->write ? "write" : "read", e->size);
    say_stack(o, &e->stack);
    say_block(o, e);
    if (e->count > 1)
        say(o, " (%llu times)", (ull)e->count);
    say(o, "%s", "");
}

/* ---- leaks ------------------------------------------------------------------------------------------------------- */

typedef struct Loss { u32 stack; u64 bytes, blocks; LeakKind kind; } Loss;
typedef struct Losses {
    Loss *loss;
    u32 count, capacity;
    u64 bytes[LEAK_KINDS], blocks[LEAK_KINDS];
} Losses;

static bool gather(void *context, HeapBlock *block)
{
    Losses *l = context;
    if (!block->live)
        return true;
    l->bytes[block->mark] += block->size;
    l->blocks[block->mark]++;
    for (u32 i = 0; i < l->count; i++)
        if (l->loss[i].stack == block->stack && l->loss[i].kind == block->mark) {
            l->loss[i].bytes += block->size;
            l->loss[i].blocks++;
            return true;
        }
    if (l->count == l->capacity) {
        u32 capacity = l->capacity * 2 + 64;
        Loss *grown = realloc(l->loss, capacity * sizeof *grown);
        if (!grown)
            return true;
        l->loss = grown;
        l->capacity = capacity;
    }
    l->loss[l->count++] = (Loss){block->stack, block->size, 1, (LeakKind)block->mark};
    return true;
}

static int by_size(const void *a, const void *b)
{
    const Loss *x = a, *y = b;
    return x->bytes != y->bytes ? (x->bytes > y->bytes ? 1 : -1) : (int)x->stack - (int)y->stack;
}

static void say_leaks(const Out *o)
{
    static const char *const names[] = {"definitely lost", "indirectly lost", "possibly lost", "still reachable"};
    Losses l = {0};
    heap_blocks_visit(o->heap->blocks.root, gather, &l);
    if (l.count)
        qsort(l.loss, l.count, sizeof *l.loss, by_size);
    for (u32 i = 0; i < l.count; i++) {
        if (l.loss[i].kind == LEAK_REACHABLE)
            continue;
        say(o, "%llu bytes in %llu blocks are %s in loss record %u of %u", (ull)l.loss[i].bytes, (ull)l.loss[i].blocks,
            names[l.loss[i].kind], i + 1, l.count);
        say_numbered_stack(o, l.loss[i].stack);
        say(o, "%s", "");
    }
    say(o, "LEAK SUMMARY:");
    for (u32 kind = 0; kind < LEAK_KINDS; kind++)
        say(o, "   %s: %llu bytes in %llu blocks", names[kind], (ull)l.bytes[kind], (ull)l.blocks[kind]);
    say(o, "%s", "");
    free(l.loss);
}

void emu_heap_report(Emu *emu, bool at_end, EmuLine *line, void *context)
{
    HeapWatch *heap = emu->heap;
    if (!heap)
        return;
    Out o = {.heap = heap, .line = line, .context = context};
    const EmuHeapStats *s = &heap->stats;
    for (u32 i = 0; i < heap->error_count; i++)
        say_error(&o, &heap->errors[i]);
    say(&o, "HEAP SUMMARY:");
    say(&o, "    in use%s: %llu bytes in %llu blocks", at_end ? " at exit" : " now", (ull)s->live_bytes, (ull)s->live_blocks);
    say(&o, "  total heap usage: %llu allocs, %llu frees, %llu bytes allocated", (ull)s->allocations, (ull)s->frees,
        (ull)s->allocated);
    say(&o, "    at most: %llu bytes in %llu blocks", (ull)s->peak_bytes, (ull)s->peak_blocks);
    say(&o, "  from the system: brk +%llu -%llu, mmap +%llu -%llu bytes", (ull)s->brk_grown, (ull)s->brk_shrunk,
        (ull)s->mapped, (ull)s->unmapped);
    say(&o, "%s", "");
    if (!at_end)
        heap_search_leaks(heap);
    if (heap->searched)
        say_leaks(&o);
    else
        say(&o, "What can still be reached is not known: the program did not leave through _exit, nor by a fault of its own.");
    say(&o, "ERROR SUMMARY: %llu errors from %llu contexts", (ull)s->errors, (ull)s->error_contexts);
}

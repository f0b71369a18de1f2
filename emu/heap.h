/* A watched heap's books, for heap.c (calls and accesses), heap_leaks.c and heap_report.c. Inside emu/ only. */
#ifndef EMU_EMU_HEAP_H_
#define EMU_EMU_HEAP_H_

#include "emu/allocators.h"
#include "emu/emu_heap.h"
#include "emu/heap_blocks.h"
#include "emu/machine.h"

enum { STACK_DEPTH = 12, HOOKS = 64, CALLS = 64, PRINTS = 1 << 14 };

typedef struct HeapStack {
    u32 depth;
    u64 pc[STACK_DEPTH]; /* the first may be exact, the others are return addresses */
} HeapStack;

typedef struct HeapHook { /* the first instruction of an allocator */
    u64 address;
    const Allocator *allocator;
} HeapHook;

typedef struct HeapCall { /* one that has not come back */
    int tid;               /* 0: free */
    const Allocator *allocator;
    u64 back, rsp;         /* where it returns to, and RSP there */
    u64 size, old, where;
    u32 stack;
    u64 brk, mapped;       /* of the space, when it began */
} HeapCall;

typedef enum HeapErrorKind { ERROR_OVERRUN, ERROR_UNDERRUN, ERROR_FREED, ERROR_DOUBLE_FREE, ERROR_INNER_FREE } HeapErrorKind;

typedef struct HeapError {
    HeapErrorKind kind;
    bool write;
    u32 size;
    u64 address, count;
    HeapStack stack;
    HeapBlock block;       /* as it was */
} HeapError;

typedef enum LeakKind { LEAK_DEFINITE, LEAK_INDIRECT, LEAK_POSSIBLE, LEAK_REACHABLE, LEAK_KINDS } LeakKind;

typedef struct HeapPrint { u64 print; u32 stack; } HeapPrint; /* a fingerprint of stack words, and the call stack it stands for */

typedef struct HeapUser { u64 address; u32 count; } HeapUser; /* a breakpoint of the user's */

typedef struct HeapWatch {
    Emu *emu;
    int pid;
    Space *space;
    Program *program;      /* for names, which are asked for when the process may be gone */
    u64 bias;
    HeapBlocks blocks;
    EmuHeapStats stats;
    HeapHook hooks[HOOKS];
    u32 hook_count;
    u64 exits[4];          /* where the program leaves for good: the last look at its memory */
    u32 exit_count;
    HeapCall calls[CALLS];
    u64 *returns;          /* [return_capacity] addresses that allocators return to: a hash table */
    u64 return_count, return_capacity;
    HeapStack *stacks;
    u32 stack_count, stack_capacity;
    HeapPrint prints[PRINTS];
    u64 walked;            /* bytes from RSP to the last frame of the stack walked last */
    u32 *stack_table;      /* [stack_capacity * 2] hash: number + 1 */
    HeapError *errors;
    u32 error_count;
    HeapUser users[256];
    u32 user_count;
    bool searched;         /* blocks carry LeakKind in `mark` */
} HeapWatch;

/* emu_run with the heap watched. */
KernelStop heap_run(HeapWatch *heap, u64 max_insns);
/* The user sets (+1) or clears (-1) a breakpoint, or only asks (0): how many are at the address. */
u32 heap_user_stops(HeapWatch *heap, u64 address, i32 change);
/* Marks every live block with its LeakKind. */
void heap_search_leaks(HeapWatch *heap);
void machine_forget_heap(Emu *emu);

#endif

/* Allocations blocks of the running program, by allocation site. Inside emu/ only. */
#ifndef EMU_EMU_PROFILE_HEAP_H
#define EMU_EMU_PROFILE_HEAP_H

#include "emu/profile_machine.h"

typedef struct Allocations Allocations;

typedef struct Allocation {
    u64 address, size; /* bytes */
    u64 site;          /* where the allocator returned to */
    u32 image, space;  /* whose address that is; which address space the block lies in */
} Allocation;

Allocations *allocations_create(Emu *emu);
void allocations_destroy(Allocations *heap);
/* Looks for allocators in a program that runs; again and again is fine. */
void allocations_learn(Allocations *heap, const Image *image, u32 number);
/* An instruction begins, with the registers as they are. */
void allocations_begin(Allocations *heap, i32 tid, u32 space, u32 image, u64 rip);
/* The live block that holds the address; NULL: none that is known of. */
const Allocation *allocations_find(Allocations *heap, u32 space, u64 address);

#endif

/* The table of allocators (allocators.h): C's, C++'s and Rust's, and the names by which the C libraries call their own. */
#include "emu/allocators.h"

#include <string.h>

const Allocator allocators[] = {
    {"malloc", SIZE_FIRST, false}, {"calloc", COUNT_TIMES_SIZE, false}, {"realloc", RESIZE, false},
    {"aligned_alloc", SIZE_SECOND, false}, {"memalign", SIZE_SECOND, false}, {"valloc", SIZE_FIRST, false},
    {"posix_memalign", STORES_RESULT, false}, {"free", FREES, false},
    {"_Znwm", SIZE_FIRST, true}, {"_Znam", SIZE_FIRST, true}, {"_ZnwmRKSt9nothrow_t", SIZE_FIRST, true},
    {"_ZnamRKSt9nothrow_t", SIZE_FIRST, true}, {"_ZnwmSt11align_val_t", SIZE_FIRST, true},
    {"_ZdlPv", FREES, true}, {"_ZdlPvm", FREES, true}, {"_ZdaPv", FREES, true}, {"_ZdaPvm", FREES, true},
    {"__rust_alloc", SIZE_FIRST, true}, {"__rust_alloc_zeroed", SIZE_FIRST, true}, {"__rust_realloc", RUST_RESIZE, true},
    {"__rust_dealloc", FREES, true},
    {"__libc_malloc", SIZE_FIRST, false}, {"__libc_calloc", COUNT_TIMES_SIZE, false}, {"__libc_realloc", RESIZE, false},
    {"__libc_free", FREES, false}, {"__libc_memalign", SIZE_SECOND, false}, {"default_malloc", SIZE_FIRST, false},
    {"__libc_malloc_impl", SIZE_FIRST, false}, {"__simple_malloc", SIZE_FIRST, false},
};
const u32 allocator_count = ARRAY_LEN(allocators);

bool allocator_is(const Allocator *allocator, const char *symbol)
{
    u64 length = strlen(allocator->name), has = strlen(symbol);
    if (strcmp(symbol, allocator->name) == 0)
        return true;
    bool rust = strncmp(allocator->name, "__rust_", 7) == 0 && strncmp(symbol, "_R", 2) == 0;
    return rust && has > length && strcmp(symbol + has - length, allocator->name) == 0;
}

/* The allocator through brk and mmap: many sizes, realloc that moves, calloc that is zero, aligned blocks, giving back. */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static unsigned seed = 7;
static unsigned rnd(void) { return seed = seed * 1664525 + 1013904223, seed >> 8; }
int main(void)
{
    enum { N = 2000 };
    static struct { unsigned char *p; size_t size; unsigned char fill; } block[N];
    unsigned long sum = 0, moved = 0, wrong = 0;
    for (int round = 0; round < 20000; round++) {
        unsigned i = rnd() % N;
        if (block[i].p && rnd() % 3 == 0) {
            for (size_t k = 0; k < block[i].size; k += 61)
                wrong += block[i].p[k] != block[i].fill;
            free(block[i].p);
            block[i].p = NULL;
        } else {
            size_t size = rnd() % 100 == 0 ? rnd() % 400000 : rnd() % 700 + 1, old = block[i].p ? block[i].size : 0;
            unsigned char *p = realloc(block[i].p, size);
            moved += p != block[i].p;
            for (size_t k = 0; k < old && k < size; k += 61)
                wrong += p[k] != block[i].fill;
            block[i].fill = rnd();
            memset(p, block[i].fill, size);
            block[i].p = p;
            block[i].size = size;
            sum += size;
        }
    }
    printf("asked for %lu bytes, wrong bytes %lu\n", sum, wrong);
    char *zero = calloc(1000, 1000);
    unsigned long nonzero = 0;
    for (int i = 0; i < 1000000; i++)
        nonzero += zero[i] != 0;
    void *aligned[4] = {aligned_alloc(64, 128), memalign(4096, 10), valloc(100), NULL};
    posix_memalign(&aligned[3], 1 << 16, 1 << 16);
    printf("calloc non-zero %lu; aligned %d %d %d %d\n", nonzero, (int)((uintptr_t)aligned[0] & 63), (int)((uintptr_t)aligned[1] & 4095),
           (int)((uintptr_t)aligned[2] & 4095), (int)((uintptr_t)aligned[3] & 65535));
    printf("too much: %p\n", malloc(PTRDIFF_MAX));
    void *big = malloc(256u << 20);
    memset(big, 1, 1 << 20);
    free(big);
    puts("done");
}

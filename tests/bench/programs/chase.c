/* A random walk through 128 MiB: every load misses the TLB.
 * class: pointer */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    enum { N = 1 << 24 };
    uint64_t *next = malloc((size_t)N * sizeof *next), x = 0;
    for (uint64_t i = 0; i < N; i++)
        next[i] = (i * 5 + 12345) % N; /* a full cycle; multiplied steps land far apart */
    for (int i = 0; i < 1500000; i++)
        x = next[(x * 2654435761u + 1) % N];
    printf("%lu\n", x);
}

/* Allocation and freeing in random order and sizes.
 * class: malloc */
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    enum { N = 4096 };
    static char *block[N];
    unsigned x = 1;
    unsigned long sum = 0;
    for (int i = 0; i < 15000000; i++) {
        x = x * 1664525 + 1013904223;
        unsigned k = x >> 8 & (N - 1);
        if (block[k]) {
            sum += *block[k];
            free(block[k]);
            block[k] = NULL;
        } else {
            block[k] = malloc((x >> 20) % 600 + 1);
            *block[k] = i;
        }
    }
    printf("%lu\n", sum);
}

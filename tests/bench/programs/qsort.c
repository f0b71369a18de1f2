/* Sorting through a callback.
 * class: calls */
#include <stdio.h>
#include <stdlib.h>
static int compare(const void *a, const void *b) { unsigned x = *(const unsigned *)a, y = *(const unsigned *)b; return (x > y) - (x < y); }
int main(void)
{
    enum { N = 300000 };
    static unsigned data[N];
    unsigned long sum = 0;
    for (int round = 0; round < 8; round++) {
        unsigned x = round + 1;
        for (int i = 0; i < N; i++)
            data[i] = x = x * 1664525 + 1013904223;
        qsort(data, N, sizeof *data, compare);
        sum += data[N / 3];
    }
    printf("%lu\n", sum);
}

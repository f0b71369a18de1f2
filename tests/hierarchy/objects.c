/* Data of every kind, each touched so that it must miss: a static table, heap blocks of two sites, a local array; and accesses
 * that lie in two lines and two pages. */
#include <stdlib.h>
#include <string.h>

struct point { long x, y; };
struct point table[4096] __attribute__((aligned(64)));
static char straddled[3 * 4096] __attribute__((aligned(4096)));

static volatile char *make_left(void) { return malloc(65536); }
static volatile char *make_right(void) { return calloc(16, 8192); }

static long walk_local(void)
{
    volatile long local[2048];
    long sum = 0;
    for (int i = 0; i < 2048; i++)
        local[i] = i;
    for (int i = 0; i < 2048; i++)
        sum += local[i];
    return sum;
}

static long straddle(void)
{
    long sum = 0;
    for (int i = 0; i < 100; i++) {
        volatile long *line = (volatile long *)(straddled + 60), *page = (volatile long *)(straddled + 4092);
        sum += *line + *page;
    }
    return sum;
}

int main(void)
{
    volatile char *left = make_left(), *right = make_right();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4096; i++)
            table[i].x += i;
        for (int i = 0; i < 65536; i += 64)
            left[i] = 1;
        for (int i = 0; i < 131072; i += 64)
            right[i]++;
    }
    return walk_local() + straddle() == 0;
}

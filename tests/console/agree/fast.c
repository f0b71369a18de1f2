/* -O2: inlined functions, values in registers and nowhere, frames without rbp. */
#include <stdio.h>
#include <stdlib.h>

struct item { long key; struct item *next; };
static struct item *list;
volatile long sink;

static inline long mix(long a, long b) { return a * 31 + b; }

__attribute__((noinline)) static void insert(long key)
{
    struct item *item = malloc(sizeof *item);
    item->key = key;
    item->next = list;
    list = item;
}

__attribute__((noinline)) static long sum(const struct item *item, long by)
{
    long total = 0;
    for (; item; item = item->next)
        total = mix(total, item->key * by);
    return total;
}

__attribute__((noinline)) static long middle(long n)
{
    long r = sum(list, n);
    sink = r;
    return r + n;
}

int main(void)
{
    for (long i = 0; i < 5; i++)
        insert(i * i);
    long r = middle(3);
    printf("%ld\n", r);
    return r & 63;
}

/* qsort and bsearch with callbacks, stable for equal keys only by what the program adds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef struct { unsigned key; int order; char name[12]; } Item;
static int by_key(const void *a, const void *b)
{
    const Item *x = a, *y = b;
    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : x->order - y->order;
}
static int by_text(const void *a, const void *b) { return strcmp(((const Item *)a)->name, ((const Item *)b)->name); }
int main(void)
{
    enum { N = 5000 };
    Item *items = malloc(N * sizeof *items);
    unsigned seed = 12345;
    for (int i = 0; i < N; i++) {
        seed = seed * 1103515245 + 12345;
        items[i].key = seed >> 20;
        items[i].order = i;
        snprintf(items[i].name, sizeof items[i].name, "n%08x", seed ^ 0x5a5a5a5a);
    }
    qsort(items, N, sizeof *items, by_key);
    for (int i = 0; i < N; i += 500)
        printf("%u %d %s\n", items[i].key, items[i].order, items[i].name);
    Item wanted = items[1234], *found = bsearch(&wanted, items, N, sizeof *items, by_key);
    printf("found at %td\n", found - items);
    qsort(items, N, sizeof *items, by_text);
    for (int i = 0; i < N; i += 500)
        puts(items[i].name);
}

/* -O1: a crash in a function that is inlined into one that calls itself. */
#include <stdio.h>
#include <string.h>

struct list { struct list *next; int value; };

static int sum(struct list *l)
{
    int s = 0;
    while (l->value != 99) {
        s += l->value;
        l = l->next;
    }
    return s;
}

static int wrap(int depth, struct list *l)
{
    char buffer[64];
    memset(buffer, depth, sizeof buffer);
    if (depth)
        return wrap(depth - 1, l) + buffer[3];
    return sum(l);
}

int main(void)
{
    struct list b = {NULL, 2}, a = {&b, 1};
    printf("%d\n", wrap(3, &a));
    return 0;
}

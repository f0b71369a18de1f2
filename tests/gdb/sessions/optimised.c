/* flags: -O2 */
#include <stdlib.h>
#include <string.h>

volatile int depth_reached;

static __attribute__((noinline)) int leaf(const char *name, int depth)
{
    depth_reached = depth;
    return (int)strlen(name) + depth;
}

static __attribute__((noinline)) int middle(const char *name, int depth)
{
    int result = leaf(name, depth + 1);
    return result * 3 + (int)strlen(name);
}

static __attribute__((noinline)) int outer(int count)
{
    int total = 0;
    for (int i = 0; i < count; i++)
        total += middle("name", i);
    return total;
}

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int main(void)
{
    int numbers[] = {5, 3, 9, 1};
    int total = outer(3);
    qsort(numbers, 4, sizeof numbers[0], compare);
    return total + numbers[0];
}

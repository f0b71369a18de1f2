#include <stdlib.h>
#include <string.h>
int numbers[1000];
static int deep(int n) { numbers[n] = n; return n ? deep(n - 1) + 1 : 0; }
int main(void)
{
    char *heap = malloc(100);
    strcpy(heap, "on the heap");
    int d = deep(5);
    free(heap);
    return d;
}

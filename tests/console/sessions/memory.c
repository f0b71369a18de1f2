#include <stdlib.h>
#include <string.h>
struct node { int value; struct node *next; unsigned flag : 3; char name[6]; };
enum colour { RED, GREEN = 5, BLUE };
union both { int i; float f; };
long table[40];
unsigned char bytes[16] = {1, 2, 3, 4, 1, 2, 3, 4, 'a', 'b', 'c', 'd'};
int (*operation)(const char *);
enum colour shade = BLUE;
union both u = {7};
static struct node first = {1, NULL, 5, "first"};
struct node *list = &first;
static void fill(long *to, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = i * i;
}
int main(void)
{
    struct node second = {2, &first, 1, "two"};
    list = &second;
    operation = atoi;
    fill(table, 40);
    table[30] = 0;
    bytes[3] = 9;
    return list->value;
}

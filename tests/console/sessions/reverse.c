/* For going backwards: calls, a loop, a global that is written in several places. */
#include <stdio.h>

static int counter;
static int table[8];

static int leaf(int x)
{
    counter += x;
    return counter;
}

static int middle(int x)
{
    int sum = 0;
    for (int i = 0; i < x; i++)
        sum += leaf(i);
    return sum;
}

int main(void)
{
    int a = middle(3);
    int b = leaf(10);
    table[2] = a + b;
    printf("%d %d %d\n", a, b, counter);
    table[2]++;
    return table[2] & 1;
}

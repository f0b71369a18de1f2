/* Deep recursion: the stack is the data.
 * class: calls */
#include <stdio.h>
__attribute__((noinline)) static int ack(int m, int n)
{
    if (m == 0)
        return n + 1;
    if (n == 0)
        return ack(m - 1, 1);
    volatile int inner = ack(m, n - 1);
    return ack(m - 1, inner) + 0;
}
int main(void)
{
    long sum = 0;
    for (int i = 0; i < 14; i++)
        sum += ack(3, 9);
    printf("%ld\n", sum);
}

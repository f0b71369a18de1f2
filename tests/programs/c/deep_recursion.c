/* Recursion until the stack has grown by megabytes; Ackermann; mutual recursion. */
#include <stdio.h>
static int ackermann(int m, int n) { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
static int odd(unsigned n);
static int even(unsigned n) { return n == 0 ? 1 : odd(n - 1); }
static int odd(unsigned n) { return n == 0 ? 0 : even(n - 1); }
__attribute__((noinline)) static long deep(int n)
{
    volatile long room[32];
    room[n & 31] = n;
    return n == 0 ? 0 : deep(n - 1) + room[n & 31];
}
int main(void)
{
    printf("%d %d\n", ackermann(2, 300), ackermann(3, 6));
    printf("%d %d\n", even(10000), odd(10000));
    printf("%ld\n", deep(20000));
}

/* Nothing but calls and returns.
 * class: calls */
#include <stdio.h>
#include <stdlib.h>
__attribute__((noinline, optimize("no-optimize-sibling-calls"))) static long fib(long n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int main(void)
{
    printf("%ld\n", fib(40));
}

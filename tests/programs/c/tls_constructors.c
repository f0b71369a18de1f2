/* Thread-local storage in a static program, constructors in order, weak symbols, IFUNC of the program's own.
 * variants: gcc-O0 gcc-O2 gcc-pie clang-O2 */
#include <stdio.h>
static __thread int counter = 5;
static __thread char zeroes[1000];
static __thread double value = 2.5;
extern int missing(void) __attribute__((weak));
static int fast(int x) { return x * 2; }
static int slow(int x) { return x + x; }
static int (*resolve(void))(int) { __builtin_cpu_init(); return __builtin_cpu_supports("sse2") ? fast : slow; }
int twice(int) __attribute__((ifunc("resolve")));
__attribute__((constructor(102))) static void second(void) { printf("second %d\n", counter++); }
__attribute__((constructor(101))) static void first(void) { printf("first %d\n", counter++); }
__attribute__((destructor)) static void last(void) { printf("last %d\n", counter); }
int main(void)
{
    long sum = 0;
    for (int i = 0; i < 1000; i++)
        sum += zeroes[i];
    zeroes[999] = 9;
    value *= 2;
    printf("%d %ld %d %g missing %d twice %d\n", counter, sum, zeroes[999], value, missing != 0, twice(21));
}

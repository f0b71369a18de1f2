/* A bytecode machine with computed gotos, jump tables and function pointers. */
#include <stdio.h>
typedef long Operation(long, long);
static long add(long a, long b) { return a + b; }
static long subtract(long a, long b) { return a - b; }
static long multiply(long a, long b) { return a * b; }
static long modulo(long a, long b) { return b ? a % b : 0; }
static Operation *const operations[] = {add, subtract, multiply, modulo};
static long run(const unsigned char *code)
{
    static void *const labels[] = {&&push, &&apply, &&duplicate, &&loop, &&halt};
    long stack[64], *top = stack, counter = 1000;
    const unsigned char *start = code;
#define NEXT goto *labels[*code++]
    NEXT;
push: *top++ = *code++; NEXT;
apply: top--; top[-1] = operations[*code++](top[-1], top[0]); NEXT;
duplicate: *top = top[-1]; top++; NEXT;
loop: if (--counter) code = start + *code; else code++; NEXT;
halt: return top[-1];
}
static const char *day(int n)
{
    switch (n) {
    case 0: return "mon"; case 1: return "tue"; case 2: return "wed"; case 3: return "thu"; case 4: return "fri";
    case 5: return "sat"; case 6: return "sun"; case 100: return "hundred"; case -7: return "minus"; default: return "none";
    }
}
int main(void)
{
    static const unsigned char program[] = {0, 3, 2, 1, 2, 0, 7, 1, 0, 0, 251, 1, 3, 3, 2, 4};
    printf("%ld\n", run(program));
    for (int i = -8; i < 10; i++)
        printf("%s ", day(i));
    puts(day(100));
}

/* What inspected.c looks at. */
#include <stdlib.h>
#include <unistd.h>

enum { COUNT = 1000 };
void *hundred, *small, *large, *last;
volatile unsigned char page[4096] __attribute__((aligned(4096)));

__attribute__((noinline)) void allocated(void) { __asm__ volatile(""); }
__attribute__((noinline)) void count_from_here(void) { __asm__ volatile(""); }
__attribute__((noinline)) void count_to_here(void) { __asm__ volatile(""); }

__attribute__((noinline)) static void write_much(void)
{
    for (int i = 0; i < 700; i++)
        page[63 * 64] = (unsigned char)i;
}

int main(void)
{
    unsigned sum = 0;
    char byte;
    hundred = malloc(100);
    small = malloc(24);
    large = malloc(5000);
    last = malloc(10);
    free(small);
    free(large);
    allocated();
    count_from_here();
    for (int i = 0; i < COUNT; i++)
        sum += page[8];
    for (int i = 0; i < 300; i++)
        __asm__ volatile("incb %0" : "+m"(page[64]));
    write_much();
    count_to_here();
    if (read(0, &byte, 1) != 1)
        return 1;
    return sum ? 2 : 7;
}

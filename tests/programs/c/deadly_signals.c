/* A program that dies of a signal dies of the same signal under emu.
 * variants: gcc-O2 musl-O2
 * args: abort
 * args: null-read
 * args: null-write
 * args: rodata-write
 * args: divide
 * args: overflow
 * args: illegal
 * args: trap
 * args: kill-term
 * args: stack
 * args: execute-data
 * args: non-canonical
 * args: privileged
 * args: fpe-assert */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static const char text[] = "read-only";
static volatile int zero, minimum = 0x80000000, sink;
__attribute__((noinline)) static int deep(int n)
{
    volatile char room[4096];
    room[0] = n;
    return deep(n + 1) + room[0];
}
int main(int argc, char **argv)
{
    const char *how = argv[1];
    puts(how);
    fflush(stdout);
    if (!strcmp(how, "abort")) abort();
    if (!strcmp(how, "null-read")) sink = *(volatile int *)0;
    if (!strcmp(how, "null-write")) *(volatile int *)8 = 1;
    if (!strcmp(how, "rodata-write")) *(volatile char *)text = 1;
    if (!strcmp(how, "divide")) sink = 1 / zero;
    if (!strcmp(how, "overflow")) asm volatile("cltd\n idivl %1" : : "a"(minimum), "r"(-1) : "edx");
    if (!strcmp(how, "illegal")) asm volatile("ud2");
    if (!strcmp(how, "trap")) asm volatile("int3");
    if (!strcmp(how, "kill-term")) raise(SIGTERM);
    if (!strcmp(how, "stack")) sink = deep(0);
    if (!strcmp(how, "execute-data")) { static char code[] = {0xc3}; ((void (*)(void))code)(); }
    if (!strcmp(how, "non-canonical")) sink = *(volatile int *)0x1234567890abcdef;
    if (!strcmp(how, "privileged")) asm volatile("hlt");
    if (!strcmp(how, "fpe-assert")) assert(!"an assertion that fails");
    puts("survived");
}

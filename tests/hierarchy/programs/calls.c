#include "start.h"
/* Recursion, indirect calls, push and pop of memory, enter and leave, and code that spreads over many lines. */
static long depth;
static unsigned long order[512];
__attribute__((noinline)) static long fib(long n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
#define F(n) __attribute__((noinline, aligned(256))) static long f##n(long x) { depth += x ^ n; return depth * 3 + n; }
F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) F(16) F(17) F(18) F(19)
static long (*const table[])(long) = {f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19};
static long program_main(void)
{
    long sum = fib(16);
    for (unsigned i = 0; i < 5000; i++)
        sum += table[i * 7 % 20](i);
    for (unsigned i = 0; i < 512; i++) {
        __asm__ volatile("pushq %0\n\tpopq %1" : : "m"(order[i]), "m"(order[511 - i]) : "memory");
        __asm__ volatile("enter $32, $0\n\tleave" : : : "memory");
        __asm__ volatile("addq $1, %0\n\tnotq %1\n\tbtsq $5, %1\n\tnegl %k1" : "+m"(order[i]), "+m"(order[i / 2]) : : "cc");
        __asm__ volatile("cmpxchgq %1, %0" : "+m"(order[i]) : "r"(sum) : "rax", "cc");
    }
    return sum;
}

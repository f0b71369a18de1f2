#include "start.h"
/* The string instructions with and without prefixes, ending in every way. */
static unsigned char a[20000], b[20000];
static long scan(const unsigned char *p, unsigned long n, unsigned char c)
{
    long found;
    __asm__ volatile("repne scasb" : "=c"(found), "+D"(p) : "0"(n), "a"(c) : "cc", "memory");
    return found;
}
static long compare(const unsigned char *p, const unsigned char *q, unsigned long n)
{
    long left;
    __asm__ volatile("repe cmpsb" : "=c"(left), "+D"(p), "+S"(q) : "0"(n) : "cc", "memory");
    return left;
}
static void copy(void *to, const void *from, unsigned long n)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}
static void fill(void *to, unsigned long value, unsigned long n)
{
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(n) : "a"(value) : "memory");
}
static long program_main(void)
{
    long sum = 0;
    fill(a, 0x0101010101010101, sizeof a / 8);
    fill(a, 7, 0);
    a[19990] = 9;
    sum += scan(a, sizeof a, 9) + scan(a, sizeof a, 3) + scan(a, 0, 3) + scan(a, 19991, 9);
    copy(b, a, sizeof b);
    copy(b + 1, a, 0);
    sum += compare(a, b, sizeof a);
    b[5000] = 3;
    sum += compare(a, b, sizeof a) + compare(a, b, 5001) + compare(a, b, 0);
    unsigned char *d = b, *s = a;
    __asm__ volatile("movsq\n\tlodsb\n\tstosw\n\tscasl" : "+D"(d), "+S"(s) : : "rax", "cc", "memory");
    unsigned long n = 500;
    d = b + 9000, s = a + 9000;
    __asm__ volatile("std\n\trep movsw\n\tcld" : "+D"(d), "+S"(s), "+c"(n) : : "cc", "memory");
    return sum;
}

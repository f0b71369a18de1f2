/* Rep movs, stos, scas and cmps as written by hand.
 * class: rep */
#include <stdio.h>
static char a[1 << 18], b[1 << 18];
int main(void)
{
    unsigned long sum = 0;
    for (int i = 0; i < 90000; i++) {
        void *d = b, *s = a;
        unsigned long n = sizeof a / 8;
        asm volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
        d = a, n = 4096 + (i & 16383);
        asm volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(i) : "memory");
        if (i % 8 == 0) {
            d = b, n = sizeof b / 4;
            asm volatile("repne scasb" : "+D"(d), "+c"(n) : "a"(i + 1) : "memory", "cc");
            sum += n;
            d = a, s = b, n = sizeof b / 16;
            asm volatile("repe cmpsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory", "cc");
            sum += n;
        }
    }
    printf("%lu %d\n", sum, b[5]);
}

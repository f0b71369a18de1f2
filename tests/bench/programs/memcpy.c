/* Memcpy, memmove, memset, memcmp, strlen from the library, short and long.
 * class: copy */
#include <stdio.h>
#include <string.h>
static char a[1 << 20], b[1 << 20];
int main(void)
{
    unsigned long sum = 0;
    memset(a, 'x', sizeof a - 1);
    for (int i = 0; i < 1500; i++) {
        memcpy(b, a, sizeof a);
        memmove(b + 64, b, sizeof b - 64);
        memset(b, i, sizeof b / 2);
        sum += memcmp(a, b, sizeof a) > 0;
        sum += strlen(a);
    }
    for (int i = 0; i < 12000000; i++) {
        size_t n = (i * 7 & 127) + 1;
        memcpy(b + (i & 4095), a + (i * 3 & 4095), n);
        memset(b + (i * 5 & 4095), i, n);
        sum += b[i & 4095];
    }
    printf("%lu\n", sum);
}

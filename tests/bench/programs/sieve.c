/* The sieve of Eratosthenes over bytes.
 * class: integer */
#include <stdio.h>
#include <string.h>
enum { N = 4000000 };
static char composite[N];
int main(void)
{
    int count = 0;
    for (int round = 0; round < 30; round++) {
        memset(composite, 0, sizeof composite);
        count = 0;
        for (int i = 2; i < N; i++)
            if (!composite[i]) {
                count++;
                for (long k = (long)i * i; k < N; k += i)
                    composite[k] = 1;
            }
    }
    printf("%d\n", count);
}

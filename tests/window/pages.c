/* A program that uses 2 GiB and 100,000 pages of them at random, for as long as it is left: what the window's pace is
 * measured with.
 * argv[1]: rounds of 100,000 accesses (0: for ever). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PAGES = 100000, EVERY = 5 };

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, sum = 0;
    size_t size = 2ul << 30;
    unsigned char *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED)
        return 1;
    for (size_t page = 0; page < PAGES; page++)
        area[page * EVERY * 4096] = (unsigned char)page;
    unsigned state = 1;
    for (unsigned long n = 0; rounds == 0 || n < rounds; n++)
        for (int i = 0; i < 100000; i++) {
            state = state * 1103515245 + 12345;
            size_t page = (state >> 8) % PAGES;
            if (state & 1u << 30)
                area[page * EVERY * 4096 + 64]++;
            else
                sum += area[page * EVERY * 4096];
        }
    printf("%lu\n", sum);
    return 0;
}

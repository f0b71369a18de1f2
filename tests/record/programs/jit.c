/* Code that is made and changed while it runs: in place between calls, by its own thread's stores just ahead, and in pages that take
 * turns at being writable and executable. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

typedef long Made(long);

/* lea rax, [rdi + number]; ret */
static void make(uint8_t *code, int32_t number)
{
    static const uint8_t lea[] = {0x48, 0x8d, 0x87};
    memcpy(code, lea, 3);
    memcpy(code + 3, &number, 4);
    code[7] = 0xc3;
}

/* mov byte [rip + 1], dil; mov eax, 0 (whose immediate was just written); ret */
static const uint8_t ahead[] = {0x40, 0x88, 0x3d, 1, 0, 0, 0, 0xb8, 0, 0, 0, 0, 0xc3};

int main(void)
{
    uint8_t *rwx = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *turns = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct timespec now;
    long sum = 0;
    memcpy(rwx + 4096, ahead, sizeof ahead);
    clock_gettime(CLOCK_REALTIME, &now);
    srand((unsigned)now.tv_nsec); /* an input: a replay must see it again */
    for (int i = 0; i < 3000; i++) {
        make(rwx + (i & 63) * 16, i * 3 + rand() % 5);
        sum += ((Made *)(rwx + (i & 63) * 16))(sum & 0xff);
        sum += ((Made *)(rwx + 4096))(i & 0x7f);
        if (i % 50 == 0) {
            mprotect(turns, 4096, PROT_READ | PROT_WRITE);
            make(turns, i);
            mprotect(turns, 4096, PROT_READ | PROT_EXEC);
        }
        sum += ((Made *)turns)(1);
    }
    printf("%ld\n", sum & 1 ? sum : sum + 1);
    return 0;
}

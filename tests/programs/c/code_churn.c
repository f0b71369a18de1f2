/* More functions than any cache of decoded code holds, made, called and made anew: what was thrown away comes back right.
 * variants: gcc-O2 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { FUNCTIONS = 1300000, SIZE = 16, ROUNDS = 2 };

static void make(unsigned char *at, unsigned value)
{
    static const unsigned char code[SIZE] = { 0xb8, 0, 0, 0, 0, 0x01, 0xf8, 0xc3 }; /* mov eax, value; add eax, edi; ret */
    memcpy(at, code, SIZE);
    memcpy(at + 1, &value, 4);
}

int main(void)
{
    unsigned char *code = mmap(NULL, (size_t)FUNCTIONS * SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED)
        return 1;
    unsigned sum = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < FUNCTIONS; i++)
            make(code + (size_t)i * SIZE, i * 2654435761u + round);
        for (unsigned i = 0; i < FUNCTIONS; i++)
            sum = sum * 31 + ((unsigned (*)(unsigned))(void *)(code + (size_t)i * SIZE))(i);
        for (unsigned i = 0; i < 300; i++) /* often enough to be worth more effort */
            for (unsigned k = 0; k < 1000; k++)
                sum += ((unsigned (*)(unsigned))(void *)(code + (size_t)k * SIZE))(i);
    }
    printf("%u\n", sum);
}

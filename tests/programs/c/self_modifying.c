/* Code made at run time, changed in place, in pages that change between writable and executable; changed by itself. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
typedef int Function(int);
int main(void)
{
    unsigned char *code = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static const unsigned char add[] = {0x8d, 0x47, 0x05, 0xc3}; /* lea eax, [rdi+5]; ret */
    memcpy(code, add, sizeof add);
    Function *f = (Function *)code;
    long sum = 0;
    for (int i = 0; i < 200; i++) {
        code[2] = i;
        sum += f(i) * (i & 3);
    }
    printf("%ld\n", sum);
    memcpy(code + 4094, add, sizeof add); /* across the page boundary */
    f = (Function *)(code + 4094);
    printf("%d ", f(1));
    code[4096] = 77;
    printf("%d\n", f(1));
    for (int i = 0; i < 50; i++) {
        mprotect(code, 4096, PROT_READ | PROT_WRITE);
        code[2] = i * 2;
        mprotect(code, 4096, PROT_READ | PROT_EXEC);
        sum += ((Function *)code)(1);
    }
    printf("%ld\n", sum);
    mprotect(code, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
    /* loop: inc eax; add byte [rip+1], 1 (the immediate of the next); sub edi, imm8 … ; jg loop; ret */
    static const unsigned char itself[] = {0x31, 0xc0, 0xff, 0xc0, 0x80, 0x05, 0x02, 0, 0, 0, 1, 0x83, 0xef, 0x00, 0x7f, 0xf2, 0xc3};
    memcpy(code, itself, sizeof itself);
    printf("%d ", ((Function *)code)(1000));
    printf("%d\n", code[13]);
    unsigned char *second = mmap(code, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memcpy(second, add, sizeof add);
    printf("%d\n", ((Function *)code)(10));
}

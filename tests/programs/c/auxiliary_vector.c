/* The auxiliary vector tells the truth: page size, program headers, entry, random bytes, file name.
 * variants: gcc-O2 gcc-pie clang-O2 musl-O2 */
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
extern char _start[];
int main(int argc, char **argv)
{
    const Elf64_Phdr *header = (const Elf64_Phdr *)getauxval(AT_PHDR);
    printf("page %lu, clock ticks %lu, header size %lu\n", getauxval(AT_PAGESZ), getauxval(AT_CLKTCK), getauxval(AT_PHENT));
    printf("entry is _start %d\n", getauxval(AT_ENTRY) == (unsigned long)_start);
    printf("secure %lu, flags %lu, base %lu\n", getauxval(AT_SECURE), getauxval(AT_FLAGS), getauxval(AT_BASE));
    for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
        printf("header %lu: type %x flags %x memory %lx\n", i, header[i].p_type, header[i].p_flags, (long)header[i].p_memsz);
    printf("name %d\n", strcmp((char *)getauxval(AT_EXECFN), argv[0]) == 0);
    printf("platform %s\n", (char *)getauxval(AT_PLATFORM));
    unsigned char zero[16] = {0};
    printf("random %d\n", memcmp((void *)getauxval(AT_RANDOM), zero, 16) != 0);
    printf("ids %d %d\n", getauxval(AT_UID) == getuid(), getauxval(AT_EGID) == getegid());
}

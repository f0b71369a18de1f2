/* SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGTRAP with their siginfo and ucontext: code, address, trap number, error code, RIP; and
 * going on by changing the saved registers. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
static char *base;
static volatile int expected_skip;
static void handler(int number, siginfo_t *info, void *context)
{
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *code = (unsigned char *)r[REG_RIP];
    char *address = info->si_addr;
    long offset = number == SIGSEGV || number == SIGBUS ? (info->si_code == SI_KERNEL ? (long)address : address - base) : address - (char *)code;
    printf("signal %d code %d address %ld trap %lld error %lld", number, info->si_code, offset, (long long)r[REG_TRAPNO], (long long)r[REG_ERR]);
    printf(" rax %llx rdx %llx r15 %llx flags %llx\n", (long long)r[REG_RAX] & 0xfff, (long long)r[REG_RDX], (long long)r[REG_R15], (long long)r[REG_EFL] & 0xcd5);
    r[REG_RIP] = r[REG_RBX]; /* every probe leaves its continuation in RBX */
    r[REG_EFL] &= ~0x100ll;
}
#define PROBE(name, code, a, d)                                                                                     \
    do {                                                                                                            \
        printf("%-14s", name);                                                                                      \
        fflush(stdout);                                                                                             \
        register long r15 asm("r15") = 0x1515;                                                                      \
        long rax = (long)(a), rdx = (long)(d);                                                                      \
        asm volatile("lea 1f(%%rip), %%rbx\n xor %%ecx, %%ecx\n" code "\n1:"                                         \
                     : "+a"(rax), "+d"(rdx), "+r"(r15) : : "rbx", "rcx", "memory", "cc");                            \
    } while (0)
int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    for (int number = 1; number < 32; number++)
        if (number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL || number == SIGTRAP)
            sigaction(number, &action, NULL);
    base = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(base + 4096, 4096, PROT_READ);
    mprotect(base + 8192, 4096, PROT_NONE);
    munmap(base + 3 * 4096, 4096);
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    if (write(fd, "x", 1) != 1)
        return 1;
    volatile int zero = 0;
    PROBE("read none", "mov (%%rax), %%edx", base + 8192 + 100, 1);
    PROBE("write none", "movl $5, (%%rax)", base + 8192 + 8, 0);
    PROBE("write r--", "addl $5, 16(%%rax)", base + 4096, 0);
    PROBE("unmapped", "mov (%%rax), %%rdx", base + 3 * 4096 + 24, 3);
    PROBE("straddle", "mov %%rdx, (%%rax)", base + 4096 - 3, 0x1122334455667788);
    PROBE("straddle read", "mov (%%rax), %%rdx", base + 8192 - 3, 7);
    printf("untouched %d %d\n", base[4093], base[4095]);
    base[4] = (char)0xc3;
    printf("%-14s", "execute data");
    fflush(stdout);
    long target = (long)base + 4;
    asm volatile("lea 1f(%%rip), %%rbx\n jmp *%0\n1:" : "+a"(target) : : "rbx", "rdx", "r15", "memory");
    PROBE("non-canonical", "mov (%%rax), %%edx", 0x8000000000000000, 1);
    PROBE("stack segment", "mov (%%rsp,%%rax), %%edx", 0x4000000000000000, 1);
    PROBE("divide by 0", "xor %%ecx, %%ecx\n div %%ecx", 100, 0);
    PROBE("divide big", "mov $1, %%ecx\n div %%ecx", 100, 5);
    PROBE("idiv overflow", "mov $-1, %%rcx\n idiv %%rcx", 0x8000000000000000, -1);
    PROBE("ud2", "ud2", 1, 2);
    PROBE("int3", "int3", 1, 2);
    PROBE("hlt", "hlt", 1, 2);
    PROBE("in", "in %%dx, %%al", 1, 2);
    PROBE("movaps", "movaps 4(%%rax), %%xmm0", base, 2);
    PROBE("int 0x55", "int $0x55", base, 2);
    PROBE("rep partial", "mov %%rax, %%rdi\n mov $4096, %%ecx\n mov $7, %%eax\n rep stosb", base + 4096 - 64, 0);
    printf("filled %d\n", base[4095]);
    char *file = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    base = file;
    PROBE("behind file", "mov 5000(%%rax), %%edx", file, 9);
    PROBE("within file", "mov 5(%%rax), %%edx", file, 9);
    printf("edx %d\n", 0);
    base = NULL;
    PROBE("null", "mov 8(%%rax), %%edx", 0, 9);
    PROBE("trap flag", "pushfq\n orl $0x100, (%%rsp)\n popfq\n nop\n nop", 0, 9);
    unlink("file");
}

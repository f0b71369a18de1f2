/* Stack overflow caught on an alternate stack; SS_ONSTACK, nesting, AUTODISARM; siglongjmp out of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
static sigjmp_buf back;
static char *low;
static stack_t stack;
static void on_overflow(int number, siginfo_t *info, void *context)
{
    stack_t now;
    sigaltstack(NULL, &now);
    char here;
    printf("signal %d on alternate stack %d flags %d\n", number, &here >= low && &here < low + 65536, now.ss_flags);
    printf("changing it now: %d %d\n", sigaltstack(&stack, NULL), errno == EPERM);
    siglongjmp(back, 1);
}
__attribute__((noinline)) static int overflow(int n)
{
    volatile char room[1000];
    room[n % 1000] = n;
    return overflow(n + 1) + room[0];
}
static void plain(int number)
{
    char here;
    printf("plain handler on alternate stack %d\n", &here >= low && &here < low + 65536);
}
int main(void)
{
    low = malloc(65536);
    stack = (stack_t){.ss_sp = low, .ss_size = 65536};
    stack_t old;
    printf("%d", sigaltstack(&stack, &old));
    printf(" before: flags %d\n", old.ss_flags);
    struct sigaction action = {.sa_sigaction = on_overflow, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGSEGV, &action, NULL);
    for (volatile int i = 0; i < 2; i++)
        if (!sigsetjmp(back, 1))
            printf("%d\n", overflow(1));
    signal(SIGUSR1, plain);
    raise(SIGUSR1);
    action = (struct sigaction){.sa_handler = plain, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR2);
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
    raise(SIGUSR2);
    stack = (stack_t){.ss_sp = low, .ss_size = 100};
    printf("too small %d %d\n", sigaltstack(&stack, NULL), errno == ENOMEM);
}

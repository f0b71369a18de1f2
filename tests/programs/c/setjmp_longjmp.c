/* setjmp and longjmp over many frames, sigsetjmp with the mask, and locals that survive. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
static jmp_buf out;
static sigjmp_buf again;
__attribute__((noinline)) static void fall(int depth)
{
    volatile char frame[128];
    frame[depth & 127] = depth;
    if (depth == 200)
        longjmp(out, depth);
    fall(depth + 1);
    frame[0]++;
}
static void handler(int number) { siglongjmp(again, number); }
int main(void)
{
    volatile int times = 0;
    int value = setjmp(out);
    printf("setjmp gave %d after %d\n", value, times);
    if (times++ < 3)
        fall(times * 10);
    if (setjmp(out) == 0)
        longjmp(out, 0);
    else
        puts("longjmp(0) gives 1");
    signal(SIGUSR1, handler);
    volatile int rounds = 0;
    int number = sigsetjmp(again, 1);
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    printf("signal %d, blocked %d\n", number, sigismember(&mask, SIGUSR1));
    if (rounds++ < 3)
        raise(SIGUSR1);
    puts("end");
}

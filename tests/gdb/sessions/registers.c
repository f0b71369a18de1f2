#include <math.h>
volatile double d = 2.25;
volatile long double l = 1.5L;
int main(void)
{
    double root = __builtin_sqrt(d);
    long double x = l * 2;
    __asm__ volatile ("vpcmpeqd %%ymm3, %%ymm3, %%ymm3\n\tfld1\n\tfldpi\n\tnop"
        ::: "xmm3", "rax");
    __asm__ volatile ("fstp %%st(0)\n\tfstp %%st(0)" ::: "rax");
    return (int)root + (int)x;
}

/* x87 by hand: the stack, transcendental instructions, control word precision and rounding, status flags, conversions, BCD, state. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
static void show(const char *what, long double x)
{
    unsigned char b[16] = {0};
    memcpy(b, &x, 10);
    printf("%-8s", what);
    for (int i = 9; i >= 0; i--)
        printf("%02x", b[i]);
    printf(" %.20Lg\n", x);
}
#define UNARY(op, x) ({ long double r; asm volatile(op : "=t"(r) : "0"((long double)(x))); r; })
#define BINARY(op, x, y) ({ long double r; asm volatile(op : "=t"(r) : "0"((long double)(x)), "u"((long double)(y)) : "st(1)"); r; })
int main(void)
{
    show("fsqrt", UNARY("fsqrt", 2));
    show("fsin", UNARY("fsin", 0.5L));
    show("fcos", UNARY("fcos", 0.5L));
    show("f2xm1", UNARY("f2xm1", 0.3L));
    show("frndint", UNARY("frndint", 2.5L));
    show("fabs", UNARY("fabs", -7));
    show("fpatan", BINARY("fpatan", 2, 1));
    show("fyl2x", BINARY("fyl2x", 10, 3));
    show("fyl2xp1", BINARY("fyl2xp1", 0.1L, 3));
    long double r;
    asm volatile("fprem" : "=t"(r) : "0"(17.5L), "u"(5.0L));
    show("fprem", r);
    asm volatile("fscale" : "=t"(r) : "0"(1.25L), "u"(7.9L));
    show("fscale", r);
    asm volatile("fldpi" : "=t"(r)); show("fldpi", r);
    asm volatile("fldl2e" : "=t"(r)); show("fldl2e", r);
    asm volatile("fldlg2" : "=t"(r)); show("fldlg2", r);
    for (int precision = 0; precision < 4; precision++)
        for (int rounding = 0; rounding < 4 && precision != 1; rounding++) {
            uint16_t control = 0x3f | precision << 8 | rounding << 10, old, status;
            long double third;
            int integer;
            asm volatile("fnstcw %0" : "=m"(old));
            asm volatile("fldcw %0" : : "m"(control));
            asm volatile("fnclex");
            asm volatile("fdivrp %%st, %%st(1)" : "=t"(third) : "0"(3.0L), "u"(-1.0L) : "st(1)");
            asm volatile("fistpl %0" : "=m"(integer) : "t"(2.5L) : "st");
            asm volatile("fnstsw %0" : "=a"(status));
            asm volatile("fldcw %0" : : "m"(old));
            printf("%x %d %x ", control, integer, status);
            show("third", third);
        }
    unsigned char bcd[10];
    asm volatile("fbstp %0" : "=m"(bcd) : "t"(-123456789012345678.0L) : "st");
    for (int i = 9; i >= 0; i--)
        printf("%02x", bcd[i]);
    asm volatile("fbld %1" : "=t"(r) : "m"(bcd));
    show(" fbld", r);
    uint16_t status;
    asm volatile("fnclex\n fld1\n fldz\n fdivrp\n fnstsw %0\n fstp %%st(0)" : "=a"(status));
    printf("one by zero: %x\n", status);
    struct { uint32_t control, status, tag, ip, cs, dp, ds; } env;
    asm volatile("fninit\n fld1\n fldpi\n fldz\n fnstenv %0\n fninit" : "=m"(env));
    printf("control %x status %x tag %x\n", env.control & 0xffff, env.status & 0xffff, env.tag & 0xffff);
    short s; int i; long l; float f; double d;
    asm volatile("fistps %0" : "=m"(s) : "t"(-1234.5L) : "st");
    asm volatile("fistpl %0" : "=m"(i) : "t"(1e20L) : "st");
    asm volatile("fistpll %0" : "=m"(l) : "t"(-9e17L) : "st");
    asm volatile("fisttpll %0" : "=m"(l) : "t"(-9.9L) : "st");
    f = (float)1.1L; d = (double)1.1L;
    printf("%d %d %ld %.9g %.17g\n", s, i, l, f, d);
    int compare = 0;
    for (int a = -1; a <= 1; a++)
        for (int b = -1; b <= 1; b++) {
            volatile long double x = a, y = b;
            compare = compare * 8 + (x < y) + 2 * (x == y) + 4 * (x >= y);
        }
    printf("%o\n", compare);
}

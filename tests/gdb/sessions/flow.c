/* Functions of many kinds, a signal, arrays: what is looked at and called. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct pair { int a; double b; };
int counter, arr[8];
char result[64];
char text[] = "hello, gdb";
static struct pair make(int a, double b) { struct pair p = {a, b}; counter++; return p; }
static double half(double x) { return x / 2; }
static const char *name(int i) { return i ? "one" : "zero"; }
static long add(int a, int b) { return (long)a + b; }
static void handler(int s) { counter += s; }
static int crash_call(int *p) { return *p; }
static void locals(int n)
{
    int here = n;
    for (int i = 0; i < 3; i++)
        here += i;
    counter += here;
}
int main(void)
{
    signal(SIGUSR1, handler);
    struct pair p = make(3, 2.5);
    double h = half(p.b);
    const char *s = name(1);
    locals(4);
    for (int i = 0; i < 8; i++)
        arr[i] = i * i;
    long t = add(arr[3], arr[4]);
    raise(SIGUSR1);
    t += add(1, 2);
    if (counter == -1)
        crash_call(0);
    sprintf(result, "%ld %s %g", t, s, h);
    return 0;
}

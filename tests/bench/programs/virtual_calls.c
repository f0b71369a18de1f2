/* Objects with function tables, and a switch that becomes a jump table.
 * class: indirect */
#include <stdio.h>
#include <stdlib.h>
typedef struct Shape Shape;
typedef struct { long (*area)(const Shape *); void (*grow)(Shape *, int); } Methods;
struct Shape { const Methods *methods; int a, b; };
static long square(const Shape *s) { return (long)s->a * s->a; }
static long rectangle(const Shape *s) { return (long)s->a * s->b; }
static long triangle(const Shape *s) { return (long)s->a * s->b / 2; }
static long nothing(const Shape *s) { return s->b; }
static void grow_a(Shape *s, int by) { s->a = (s->a + by) & 1023; }
static void grow_b(Shape *s, int by) { s->b = (s->b + by) & 1023; }
static const Methods methods[] = {{square, grow_a}, {rectangle, grow_b}, {triangle, grow_a}, {nothing, grow_b}};
static int step(int op, int x)
{
    switch (op) {
    case 0: return x + 1; case 1: return x ^ 55; case 2: return x * 3; case 3: return x - 7; case 4: return x >> 1; case 5: return x << 1; case 6: return ~x; case 7: return x | 1;
    }
    return x;
}
int main(void)
{
    enum { N = 1024 };
    static Shape shape[N];
    unsigned x = 1;
    for (int i = 0; i < N; i++)
        shape[i] = (Shape){&methods[(x = x * 1103515245 + 12345) >> 16 & 3], i & 255, i >> 2};
    long sum = 0;
    int y = 1;
    for (int round = 0; round < 16000; round++)
        for (int i = 0; i < N; i++) {
            sum += shape[i].methods->area(&shape[i]);
            shape[i].methods->grow(&shape[i], i);
            y = step(shape[i].a & 7, y);
        }
    printf("%ld %d\n", sum, y);
}

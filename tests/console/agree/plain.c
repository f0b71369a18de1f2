/* What people debug first: a loop, structs, arrays, pointers, floats, a recursive function. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum colour { RED, GREEN = 5, BLUE };
struct point { int x, y; };
struct shape { const char *name; enum colour colour; struct point corner[2]; double area; unsigned small : 3, wide : 9; union { int i; float f; } u; struct shape *next; };
typedef unsigned long word;

int total = 7;
static short steps[6] = {1, -2, 3, -4, 5, -6};
char text[16] = "some text";
double ratio = 0.75;
float third = 1.0f / 3;
word big = 0xfedcba9876543210ul;
signed char letters[4] = {'a', '\n', 0, -1};
int grid[2][3] = {{1, 2, 3}, {4, 5, 6}};
struct shape square = {"square", BLUE, {{1, 2}, {3, 4}}, 2.5, 5, 300, {9}, NULL};
struct shape *shapes = &square;
int (*operation)(int, int);
void *nothing;

int add(int a, int b)
{
    int sum = a + b;
    total += sum;
    return sum;
}

static int depth(int n)
{
    if (n == 0)
        return total;
    int below = depth(n - 1);
    return below + 1;
}

double scale(double by)
{
    return ratio * by;
}

int main(int argc, char **argv)
{
    int x = 3, i;
    struct point here = {10, 20};
    operation = add;
    for (i = 0; i < 4; i++) {
        x += add(i, x);
        here.x += x;
    }
    text[0] = 'S';
    int d = depth(3);
    double s = scale(4.0);
    shapes->next = &square;
    printf("%d %d %g %d\n", x, d, s, here.x);
    return x & 7;
}

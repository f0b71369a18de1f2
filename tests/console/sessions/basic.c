#include <stdio.h>
int total = 7;
int arr[5] = {1, 2, 3, 4, 5};
const char *msg = "hi there";

int add(int a, int b)
{
    int c = a + b;
    total += c;
    return c;
}

int main(int argc, char **argv)
{
    int x = 3;
    for (int i = 0; i < 3; i++)
        x += add(i, x);
    printf("%d\n", x);
    return x & 7;
}

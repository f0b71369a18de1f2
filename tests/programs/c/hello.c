/* The smallest program of all: one line, exit 0. */
#include <stdio.h>
int main(void)
{
    puts("hello, world");
}

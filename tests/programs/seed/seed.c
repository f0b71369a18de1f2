/* The course notes' first program: two variables on the stack, one byte and four. */
#include <stdint.h>
#include <stdio.h>

int main(void)
{
    uint8_t x = 42;
    uint32_t y = 100;
    printf("x = %u, y = %u, sum = %u\n", x, y, x + y);
    printf("x lies in %zu byte, y in %zu\n", sizeof x, sizeof y);
    return 0;
}

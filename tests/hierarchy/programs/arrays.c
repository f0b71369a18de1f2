#include "start.h"
/* Strides, columns, and a table that fits nowhere. */
static int matrix[300][300];
static unsigned char table[1 << 20];
static long program_main(void)
{
    long sum = 0;
    for (int i = 0; i < 300; i++)
        for (int j = 0; j < 300; j++)
            matrix[i][j] = i ^ j;
    for (int j = 0; j < 300; j++)
        for (int i = 0; i < 300; i++)
            sum += matrix[i][j];
    for (int stride = 1; stride <= 4096; stride *= 2)
        for (unsigned i = 0; i < sizeof table; i += (unsigned)stride * 3)
            table[i] += (unsigned char)stride;
    for (unsigned i = 0; i < sizeof table; i += 61)
        sum += table[i];
    return sum;
}

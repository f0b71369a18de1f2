#include "start.h"
/* Matrix product and stencil in double and float (SSE2), long double (x87), vectors. */
enum { N = 60 };
static double a[N][N], b[N][N], c[N][N];
static float f[4096];
static long double l[500];
static long program_main(void)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            a[i][j] = i + j, b[i][j] = i - j;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++)
                c[i][j] += a[i][k] * b[k][j];
    for (int round = 0; round < 5; round++)
        for (int i = 1; i < 4095; i++)
            f[i] = (f[i - 1] + f[i + 1]) * 0.5f + (float)i;
    for (int i = 1; i < 500; i++)
        l[i] = l[i - 1] * 0.5L + i;
    return (long)c[5][7] + (long)f[100] + (long)l[499];
}

/* Matrix multiplication in doubles with AVX2 and FMA.
 * class: float
 * flags: -O3 -march=x86-64-v3 */
#include <stdio.h>
enum { N = 400 };
static double a[N][N], b[N][N], c[N][N];
int main(void)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) { a[i][j] = i + j * 0.5; b[i][j] = i - j * 0.25; }
    for (int round = 0; round < 24; round++)
        for (int i = 0; i < N; i++)
            for (int k = 0; k < N; k++) {
                double x = a[i][k];
                for (int j = 0; j < N; j++)
                    c[i][j] += x * b[k][j];
            }
    printf("%.6g\n", c[123][45]);
}

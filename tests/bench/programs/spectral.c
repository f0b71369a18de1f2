/* Spectral norm: scalar divisions and sums.
 * class: float
 * flags: -lm */
#include <math.h>
#include <stdio.h>
enum { N = 700 };
static double u[N], v[N], t[N];
static double a(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }
static void times(const double *x, double *y) { for (int i = 0; i < N; i++) { y[i] = 0; for (int j = 0; j < N; j++) y[i] += a(i, j) * x[j]; } }
static void transposed(const double *x, double *y) { for (int i = 0; i < N; i++) { y[i] = 0; for (int j = 0; j < N; j++) y[i] += a(j, i) * x[j]; } }
int main(void)
{
    for (int i = 0; i < N; i++)
        u[i] = 1;
    for (int i = 0; i < 100; i++) {
        times(u, t); transposed(t, v);
        times(v, t); transposed(t, u);
    }
    double x = 0, y = 0;
    for (int i = 0; i < N; i++) { x += u[i] * v[i]; y += v[i] * v[i]; }
    printf("%.9f\n", sqrt(x / y));
}

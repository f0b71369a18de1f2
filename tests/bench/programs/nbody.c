/* Planets: scalar double arithmetic with square roots.
 * class: float
 * flags: -lm -ffast-math -fno-tree-vectorize */
#include <math.h>
#include <stdio.h>
typedef struct { double x, y, z, vx, vy, vz, m; } Body;
int main(void)
{
    Body b[5];
    for (int i = 0; i < 5; i++)
        b[i] = (Body){i * 3.1 + 0.1, i * i * 0.7, i * 0.3 - 1, 0.01 * i, 0.2 - 0.03 * i, 0.05, i ? 0.001 * i : 39};
    for (int step = 0; step < 4000000; step++) {
        for (int i = 0; i < 5; i++)
            for (int j = i + 1; j < 5; j++) {
                double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
                double d2 = dx * dx + dy * dy + dz * dz + 0.01, mag = 0.001 / (d2 * sqrt(d2));
                b[i].vx -= dx * b[j].m * mag; b[i].vy -= dy * b[j].m * mag; b[i].vz -= dz * b[j].m * mag;
                b[j].vx += dx * b[i].m * mag; b[j].vy += dy * b[i].m * mag; b[j].vz += dz * b[i].m * mag;
            }
        for (int i = 0; i < 5; i++) { b[i].x += 0.001 * b[i].vx; b[i].y += 0.001 * b[i].vy; b[i].z += 0.001 * b[i].vz; }
    }
    printf("%.9f %.9f\n", b[0].x, b[4].vy);
}

/* The planets, a thousand steps: double arithmetic whose every bit is printed.
 * flags: -lm -ffp-contract=off */
#include <math.h>
#include <stdio.h>
typedef struct { double x[3], v[3], mass; } Body;
static Body body[5] = {
    {{0, 0, 0}, {0, 0, 0}, 39.47841760435743},
    {{4.84143144246472090, -1.16032004402742839, -0.10362204447112311}, {0.60632639299583202, 2.81198684491626, -0.02521836165988763}, 0.03769367487038949},
    {{8.34336671824457987, 4.12479856412430479, -0.40352341711432138}, {-1.01077434617879236, 1.82566237123041186, 0.00841576137658415}, 0.01128632613196877},
    {{12.8943695621391310, -15.1111514016986312, -0.22330757889265573}, {1.08279100644153536, 0.86871301816960822, -0.01083263740136364}, 0.00172372405705971},
    {{15.3796971148509165, -25.9193146099879641, 0.17925877295037118}, {0.97909073224389798, 0.59469899864767617, -0.03475595555078105}, 0.00203368686992463}};
static double energy(void)
{
    double e = 0;
    for (int i = 0; i < 5; i++) {
        e += 0.5 * body[i].mass * (body[i].v[0] * body[i].v[0] + body[i].v[1] * body[i].v[1] + body[i].v[2] * body[i].v[2]);
        for (int j = i + 1; j < 5; j++) {
            double d[3];
            for (int k = 0; k < 3; k++)
                d[k] = body[i].x[k] - body[j].x[k];
            e -= body[i].mass * body[j].mass / sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
        }
    }
    return e;
}
int main(void)
{
    printf("%a\n", energy());
    for (int step = 0; step < 1000; step++) {
        for (int i = 0; i < 5; i++)
            for (int j = i + 1; j < 5; j++) {
                double d[3], square = 0;
                for (int k = 0; k < 3; k++) {
                    d[k] = body[i].x[k] - body[j].x[k];
                    square += d[k] * d[k];
                }
                double mag = 0.01 / (square * sqrt(square));
                for (int k = 0; k < 3; k++) {
                    body[i].v[k] -= d[k] * body[j].mass * mag;
                    body[j].v[k] += d[k] * body[i].mass * mag;
                }
            }
        for (int i = 0; i < 5; i++)
            for (int k = 0; k < 3; k++)
                body[i].x[k] += 0.01 * body[i].v[k];
    }
    printf("%a\n", energy());
}

/* Reading numbers and words out of text: strtod, strtol, strtok, strstr.
 * class: text */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void)
{
    static char text[1 << 16], copy[1 << 16];
    int n = 0;
    for (int i = 0; n < (1 << 16) - 100; i++)
        n += sprintf(text + n, "%d,%g,word%d;", i * 37, i * 0.37, i % 100);
    double sum = 0;
    long count = 0;
    for (int round = 0; round < 450; round++) {
        memcpy(copy, text, n + 1);
        char *save, *inner;
        for (char *item = strtok_r(copy, ";", &save); item; item = strtok_r(NULL, ";", &save)) {
            sum += strtol(strtok_r(item, ",", &inner), NULL, 10);
            sum += strtod(strtok_r(NULL, ",", &inner), NULL);
            count += strstr(strtok_r(NULL, ",", &inner), "d7") != NULL;
        }
    }
    printf("%.3f %ld\n", sum, count);
}

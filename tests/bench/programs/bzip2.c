/* Bzip2, compressing and decompressing.
 * class: real
 * needs: libbz2.a
 * flags: -lbz2 */
#include <bzlib.h>
#include <stdio.h>
enum { SIZE = 1500000 };
static char data[SIZE], packed[SIZE + SIZE / 8 + 4096], back[SIZE];
int main(void)
{
    unsigned x = 1;
    for (int i = 0; i < SIZE; i++) {
        x = x * 1664525 + 1013904223;
        data[i] = i % 100 < 60 ? "memory page table walk "[(i + (x >> 30)) % 23] : x >> 29;
    }
    unsigned n = sizeof packed, m = SIZE;
    BZ2_bzBuffToBuffCompress(packed, &n, data, SIZE, 9, 0, 0);
    BZ2_bzBuffToBuffDecompress(back, &m, packed, n, 0, 0);
    printf("%u %d\n", n, back[12345] == data[12345]);
}

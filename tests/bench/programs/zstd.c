/* Zstd, compressing and decompressing.
 * class: real
 * needs: libzstd.a
 * flags: -lzstd -lpthread */
#include <stdio.h>
#include <zstd.h>
enum { SIZE = 1 << 21 };
static unsigned char data[SIZE], packed[SIZE + SIZE / 8 + 4096], back[SIZE];
int main(void)
{
    unsigned x = 1;
    for (int i = 0; i < SIZE; i++) {
        x = x * 1664525 + 1013904223;
        data[i] = i % 100 < 60 ? "memory page table walk "[i % 23] : x >> 29;
    }
    size_t n = 0;
    for (int level = 1; level <= 7; level += 2)
        for (int k = 0; k < 3; k++) {
            n = ZSTD_compress(packed, sizeof packed, data, SIZE, level);
            ZSTD_decompress(back, SIZE, packed, n);
        }
    printf("%zu %d\n", n, back[12345] == data[12345]);
}

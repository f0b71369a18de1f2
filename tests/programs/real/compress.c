/* zlib, bzip2, zstd, xz and lz4: compress, print the checksum of what came out, decompress, compare; damaged input is refused.
 * variants: gcc-O2 clang-O2
 * needs: libz.a libbz2.a libzstd.a liblzma.a liblz4.a
 * flags: -lz -lbz2 -lzstd -llzma -llz4 -lpthread */
#include <bzlib.h>
#include <lz4.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
enum { SIZE = 300000, ROOM = 400000 };
static unsigned char data[SIZE], packed[ROOM], back[SIZE];
static void report(const char *name, size_t size, int ok)
{
    printf("%s: %zu bytes, crc %08lx, the same again %d\n", name, size, crc32(0, packed, size), ok && !memcmp(data, back, SIZE));
    memset(back, 0, SIZE);
}
int main(void)
{
    unsigned x = 1;
    for (int i = 0; i < SIZE; i++) {
        x = x * 1664525 + 1013904223;
        data[i] = i % 1000 < 300 ? "memory page table "[i % 18] : i % 1000 < 900 ? x >> 28 : x >> 24;
    }
    for (int level = 1; level <= 9; level += 4) {
        uLongf size = ROOM, length = SIZE;
        compress2(packed, &size, data, SIZE, level);
        report("zlib", size, uncompress(back, &length, packed, size) == Z_OK);
        unsigned bsize = ROOM, blength = SIZE;
        BZ2_bzBuffToBuffCompress((char *)packed, &bsize, (char *)data, SIZE, level, 0, 0);
        report("bzip2", bsize, BZ2_bzBuffToBuffDecompress((char *)back, &blength, (char *)packed, bsize, 0, 0) == BZ_OK);
        size_t zsize = ZSTD_compress(packed, ROOM, data, SIZE, level * 2);
        report("zstd", zsize, ZSTD_decompress(back, SIZE, packed, zsize) == SIZE);
    }
    size_t out = 0, in = 0, pos = 0;
    uint64_t limit = UINT64_MAX;
    lzma_easy_buffer_encode(3, LZMA_CHECK_CRC64, NULL, data, SIZE, packed, &out, ROOM);
    report("xz", out, lzma_stream_buffer_decode(&limit, 0, NULL, packed, &in, out, back, &pos, SIZE) == LZMA_OK);
    int lz = LZ4_compress_default((char *)data, (char *)packed, SIZE, ROOM);
    report("lz4", lz, LZ4_decompress_safe((char *)packed, (char *)back, lz, SIZE) == SIZE);
    size_t zsize = ZSTD_compress(packed, ROOM, data, SIZE, 3);
    packed[zsize / 2] ^= 0xff;
    size_t bad = ZSTD_decompress(back, SIZE, packed, zsize);
    printf("damaged: %s\n", ZSTD_isError(bad) ? "refused" : memcmp(data, back, SIZE) ? "different" : "unnoticed");
}

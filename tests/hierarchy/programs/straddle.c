#include "start.h"
/* References over two lines and two pages, of every size. */
static unsigned char bytes[1 << 16] __attribute__((aligned(4096)));
typedef unsigned short u16 __attribute__((aligned(1), may_alias));
typedef unsigned u32 __attribute__((aligned(1), may_alias));
typedef unsigned long u64 __attribute__((aligned(1), may_alias));
typedef float v4 __attribute__((vector_size(16), aligned(1), may_alias));
static long program_main(void)
{
    long sum = 0;
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i + 16 < sizeof bytes; i += 13) {
            *(u16 *)(bytes + i) += 1;
            *(u32 *)(bytes + i) ^= i;
            *(u64 *)(bytes + i) = *(u64 *)(bytes + (i * 7 & 0x7fff)) + 3;
            v4 v = *(v4 *)(bytes + (i * 5 & 0x7fff));
            *(v4 *)(bytes + i) = v;
            sum += bytes[i];
        }
    return sum;
}

/* CRC-32 by table: dependent loads and shifts.
 * class: integer */
#include <stdint.h>
#include <stdio.h>
static uint32_t table[256];
static unsigned char data[1 << 20];
int main(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++)
            c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
        table[i] = c;
    }
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = i * i >> 3;
    uint32_t c = ~0u;
    for (int round = 0; round < 120; round++)
        for (unsigned i = 0; i < sizeof data; i++)
            c = table[(c ^ data[i]) & 255] ^ c >> 8;
    printf("%08x\n", ~c);
}
